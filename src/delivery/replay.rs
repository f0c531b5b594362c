//! Delivering an execution that was recorded in a directory.
//!
//! It may be interrupted anywhere and repeated: what is appended at the server is compared with what
//! is there, the rest replaces. Where an interrupted start may have opened an execution that nothing
//! can find again, somebody is asked.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::api::{ApiError, Applied, Extent, Record, Server, Target};
use crate::delivery::Progress;
use crate::delivery::batch_size::BatchSize;
use crate::delivery::outbox::Outbox;
use crate::delivery::sender::BatchSender;
use crate::delivery::state_dir::StateDirectory;
use crate::model::execution::ExecutionId;
use crate::model::execution::ExecutionRef;
use crate::model::start_request::{Draft, InvalidRequest, StartRequest};
use crate::model::tally::{RefusedResult, Tally};
use crate::model::update::Patch;
use crate::model::update::StatusUpdate;
use crate::util::files;
use crate::util::signals::Interrupt;

/// Is there once all is delivered; it holds the server's execution.
const DELIVERED: &str = "delivered.json";

/// A server to deliver to.
pub struct Replay<'a> {
    pub server: &'a dyn Server,
    pub target: &'a Target,
    pub batch_size: BatchSize,
    pub progress: Progress<'a>,
    pub interrupt: &'a Interrupt,
    pub state: &'a StateDirectory,
    /// Open an execution again where an interrupted start may have opened one.
    pub start_again: bool,
}

/// An execution that was recorded and cannot be delivered.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A push was killed while it opened an execution without a CI link.
    #[error("{directory} was being started when `to` was killed: the execution may exist")]
    MayBeStarted { directory: String },
    /// The directory belongs to an execution of another server.
    #[error("{directory} belongs to an execution of {url}")]
    OtherServer { directory: String, url: String },
    #[error("{place} is missing")]
    NoRequest { place: String },
    #[error("{place}")]
    NotJson { place: String, source: serde_json::Error },
    #[error("{place}")]
    Request { place: String, source: InvalidRequest },
    #[error("{}", .path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl Replay<'_> {
    /// Returns the server's address as directories note it.
    fn url(&self) -> Result<String, ReplayError> {
        let url = self.target.absolute();
        let path = || PathBuf::from(self.target.to_string());
        Ok(url.map_err(|source| ReplayError::Directory { path: path(), source })?.to_string())
    }

    /// Opens the execution of `record` at the server, or finds the one that was opened before.
    ///
    /// # Errors
    /// A record of another server, a request that is not right, a server that does not take it.
    pub fn open(&self, record: &Record) -> Result<ExecutionId, ReplayError> {
        let directory = record.path.display().to_string();
        let url = self.url()?;
        if let Some(home) = record.home()? {
            return if home.url == url {
                Ok(home.execution)
            } else {
                Err(ReplayError::OtherServer { directory, url: home.url })
            };
        }
        let request = read_request(record)?;
        if request.ci_link().is_none() {
            if record.is_starting() && !self.start_again {
                return Err(ReplayError::MayBeStarted { directory });
            }
            record.write_starting()?;
        }
        let started = self.server.start(&request);
        if matches!(&started, Err(error) if error.applied() == Applied::No) {
            record.remove_starting()?;
        }
        let execution = started?;
        // The marker stays until the execution is noted: a kill in between must not start another.
        record.write_home(&ExecutionRef { url, execution })?;
        record.remove_starting()?;
        Ok(execution)
    }

    /// Delivers a directory and marks it, unless it was delivered before: then there is no
    /// execution to tell.
    ///
    /// # Errors
    /// What the server does not take; a directory that cannot be written.
    pub fn spooled(
        &self,
        record: &Record,
        tally: &mut Tally,
    ) -> Result<Option<ExecutionId>, ReplayError> {
        let Some(_alone) = record.lock(self.interrupt)? else { return Ok(None) };
        let path = record.path.join(DELIVERED);
        let mark = files::read_json::<Mark>(&path)
            .map_err(|source| ReplayError::Directory { path: path.clone(), source })?;
        if let Some(mark) = mark
            && mark.extent == record.extent()?
        {
            return Ok(None);
        }
        let execution = self.open(record)?;
        let extent = record.extent()?;
        self.deliver(record, execution, tally)?;
        let home = ExecutionRef { url: self.url()?, execution };
        let mark = serde_json::to_vec(&Mark { home, extent }).map_err(io::Error::from);
        mark.and_then(|mark| files::replace(&path, &mark))
            .map_err(|source| ReplayError::Directory { path, source })?;
        Ok(Some(execution))
    }

    /// Delivers all that `record` holds to its execution.
    ///
    /// # Errors
    /// What the server does not take; what it has taken is told with `tally`.
    pub fn deliver(
        &self,
        record: &Record,
        execution: ExecutionId,
        tally: &mut Tally,
    ) -> Result<(), ApiError> {
        let patch = record.patch()?.unwrap_or_default();
        if patch.execution_metadata.is_some() {
            let metadata =
                Patch { execution_metadata: patch.execution_metadata, ..Patch::default() };
            self.server.update(execution, &metadata)?;
        }
        self.deliver_results(record, execution, tally)?;
        self.deliver_links(record, execution)?;
        self.deliver_status_updates(record, execution)?;
        let rest = Patch { execution_metadata: None, ..patch };
        if rest.status.is_some() || rest.ci_link.is_some() || rest.c3_link.is_some() {
            self.server.update(execution, &rest)?;
        }
        Ok(())
    }

    fn deliver_results(
        &self,
        record: &Record,
        execution: ExecutionId,
        tally: &mut Tally,
    ) -> Result<(), ApiError> {
        let mut delivery = BatchSender::new(self.server, execution, self.batch_size, self.progress);
        let outcome =
            record.each_result(0, |result| delivery.push(result)).and_then(|_| delivery.finish());
        let delivered = delivery.into_tally();
        // Written down before the directory that holds them is removed or marked.
        let written = self.write_refused(execution, &delivered.refused);
        tally.append(delivered);
        outcome.and(written)
    }

    fn write_refused(
        &self,
        execution: ExecutionId,
        rejected: &[RefusedResult],
    ) -> Result<(), ApiError> {
        let path = self.state.refused();
        let fail = |source| ApiError::Spool { path: path.clone(), source };
        let url = self.target.absolute().map_err(fail)?.to_string();
        let written = self.state.write_refused(&ExecutionRef { url, execution }, rejected);
        written.map_err(|error| fail(io::Error::other(error.to_string())))
    }

    fn deliver_links(&self, record: &Record, execution: ExecutionId) -> Result<(), ApiError> {
        let mut links = record.links()?;
        links.extend(read_request(record).map(|request| request.links).unwrap_or_default());
        if links.is_empty() {
            return Ok(());
        }
        let known = self.server.execution(execution)?.map(|execution| execution.relevant_links);
        let mut known = known.unwrap_or_default();
        for link in links {
            if !known.iter().any(|known| known.same_as(&link)) {
                self.server.add_link(execution, &link)?;
                known.push(link);
            }
        }
        Ok(())
    }

    fn deliver_status_updates(
        &self,
        record: &Record,
        execution: ExecutionId,
    ) -> Result<(), ApiError> {
        let updates = record.status_updates()?;
        if updates.is_empty() {
            return Ok(());
        }
        let known = self.server.status_updates(execution)?.unwrap_or_default();
        let lacking = |update: &&StatusUpdate| !known.iter().any(|known| is_same(known, update));
        updates
            .iter()
            .filter(lacking)
            .try_for_each(|update| self.server.add_status_update(execution, update))
    }
}

impl Outbox {
    /// Delivers what is kept in `record` and takes it away, also what was added meanwhile. There is
    /// no execution to tell where another process did.
    ///
    /// # Errors
    /// What the server does not take, which stays.
    pub fn empty(
        &self,
        record: &Record,
        push: &Replay<'_>,
        tally: &mut Tally,
    ) -> Result<Option<ExecutionId>, ReplayError> {
        let Some(_alone) = record.lock(push.interrupt)? else { return Ok(None) };
        let execution = push.open(record)?;
        loop {
            let extent = record.extent()?;
            push.deliver(record, execution, tally)?;
            let _lock = self.lock()?;
            if record.extent()? == extent {
                let has_waited = record.start()?.is_some();
                record.clone().remove()?;
                if has_waited {
                    let url = push.url()?;
                    record.leave(&ExecutionRef { url, execution })?;
                }
                return Ok(Some(execution));
            }
        }
    }
}

/// What was delivered of a directory.
#[derive(Serialize, Deserialize)]
struct Mark {
    #[serde(flatten)]
    home: ExecutionRef,
    /// More may be added.
    extent: Extent,
}

fn read_request(record: &Record) -> Result<StartRequest, ReplayError> {
    let place = format!("{}/start.json", record.path.display());
    let Some(text) = record.start()? else { return Err(ReplayError::NoRequest { place }) };
    match Draft::from_json(&text) {
        Err(source) => Err(ReplayError::NotJson { place, source }),
        Ok(draft) => draft.check().map_err(|source| ReplayError::Request { place, source }),
    }
}

/// The server gives a time back in its own form: to the second, without a zone.
fn is_same(known: &StatusUpdate, update: &StatusUpdate) -> bool {
    const TO_THE_SECOND: usize = "2026-01-01T00:00:00".len();
    let text = |update: &StatusUpdate, field| {
        update.get(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    let time = |update| text(update, "timestamp").chars().take(TO_THE_SECOND).collect::<String>();
    ["event_name", "detail"].iter().all(|field| text(known, field) == text(update, field))
        && time(known) == time(update)
}
