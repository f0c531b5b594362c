//! Delivering an execution that was recorded in a directory.
//!
//! It may be interrupted anywhere and repeated: what is appended at the server is compared with what
//! is there, the rest replaces. Where an interrupted start may have opened an execution that nothing
//! can find again, somebody is asked.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::delivery::{Delivery, Rejected, Sent};
use crate::execution::{ExecutionId, Link};
use crate::files;
use crate::notes::Notes;
use crate::outbox::Outbox;
use crate::pace::Pace;
use crate::progress::Progress;
use crate::request::{Draft, StartRequest};
use crate::server::{self, Home, Patch, Record, Server, StatusUpdate, Target};

/// Is there once all is delivered; it holds the server's execution.
const DELIVERED: &str = "delivered.json";

/// What came of a directory.
#[derive(Debug, Default)]
pub struct Pushed {
    pub sent: Sent,
    pub rejected: Vec<Rejected>,
    pub notes: Notes,
}

/// A server to deliver to.
pub struct Push<'a> {
    pub server: &'a dyn Server,
    pub target: &'a Target,
    pub pace: Pace,
    pub progress: &'a Progress,
    /// Open an execution again where an interrupted start may have opened one.
    pub start_again: bool,
}

/// A push was killed while it opened an execution without a CI link.
#[derive(Debug)]
pub struct MayBeStarted {
    directory: String,
}

/// A directory belongs to an execution of another server.
#[derive(Debug)]
pub struct OtherServer {
    directory: String,
    url: String,
}

impl Push<'_> {
    /// Opens the execution of `record` at the server, or finds the one that was opened before.
    ///
    /// # Errors
    /// A record of another server, a request that is not right, a server that does not take it.
    pub fn open(&self, record: &Record) -> anyhow::Result<ExecutionId> {
        let directory = record.path.display().to_string();
        let url = self.target.absolute()?.to_string();
        if let Some(home) = record.home()? {
            anyhow::ensure!(home.url == url, OtherServer { directory, url: home.url });
            return Ok(home.execution);
        }
        let request = read_request(record)?;
        if request.ci_link().is_none() {
            anyhow::ensure!(self.start_again || !record.is_starting(), MayBeStarted { directory });
            record.write_starting()?;
        }
        let started = self.server.start(&request);
        if !matches!(&started, Err(error) if error.leaves_fate_unknown() || is_interruption(error))
        {
            record.remove_starting()?;
        }
        let execution = started?;
        record.write_home(&Home { url, execution })?;
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
        pushed: &mut Pushed,
    ) -> anyhow::Result<Option<ExecutionId>> {
        let path = record.path.join(DELIVERED);
        if let Some(mark) = files::read_json::<Mark>(&path)?
            && !record.has_grown(mark.results_end)?
        {
            return Ok(None);
        }
        let execution = self.open(record)?;
        let results_end = self.deliver(record, execution, pushed)?;
        let home = Home { url: self.target.absolute()?.to_string(), execution };
        files::replace(&path, &serde_json::to_vec(&Mark { home, results_end })?)
            .with_context(|| path.display().to_string())?;
        Ok(Some(execution))
    }

    /// Delivers all that `record` holds to its execution.
    ///
    /// # Errors
    /// What the server does not take; what it has taken is told with `pushed`.
    pub fn deliver(
        &self,
        record: &Record,
        execution: ExecutionId,
        pushed: &mut Pushed,
    ) -> Result<u64, server::Error> {
        let patch = record.patch()?.unwrap_or_default();
        if patch.execution_metadata.is_some() {
            let metadata =
                Patch { execution_metadata: patch.execution_metadata, ..Patch::default() };
            self.server.update(execution, &metadata)?;
        }
        let end = self.deliver_results(record, execution, pushed)?;
        self.deliver_links(record, execution)?;
        self.deliver_status_updates(record, execution)?;
        let rest = Patch { execution_metadata: None, ..patch };
        if rest.status.is_some() || rest.ci_link.is_some() || rest.c3_link.is_some() {
            self.server.update(execution, &rest)?;
        }
        Ok(end)
    }

    fn deliver_results(
        &self,
        record: &Record,
        execution: ExecutionId,
        pushed: &mut Pushed,
    ) -> Result<u64, server::Error> {
        let mut delivery = Delivery::new(self.server, execution, self.pace, self.progress);
        let outcome = record
            .each_result(0, |result| delivery.push(result))
            .and_then(|end| delivery.flush().map(|()| end));
        pushed.sent.add(delivery.sent);
        pushed.rejected.append(&mut delivery.rejected);
        pushed.notes.append(delivery.notes);
        outcome
    }

    fn deliver_links(&self, record: &Record, execution: ExecutionId) -> Result<(), server::Error> {
        let mut links = record.links()?;
        links.extend(read_request(record).map(|request| request.links).unwrap_or_default());
        if links.is_empty() {
            return Ok(());
        }
        let known = self.server.execution(execution)?.map(|execution| execution.relevant_links);
        let known = known.unwrap_or_default();
        let lacking = |link: &&Link| !known.iter().any(|known| known.same_as(link));
        links.iter().filter(lacking).try_for_each(|link| self.server.add_link(execution, link))
    }

    fn deliver_status_updates(
        &self,
        record: &Record,
        execution: ExecutionId,
    ) -> Result<(), server::Error> {
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
    /// Delivers what is kept in `record` and takes it away, also what was added meanwhile.
    ///
    /// # Errors
    /// What the server does not take, which stays.
    pub fn empty(
        &self,
        record: &Record,
        push: &Push<'_>,
        pushed: &mut Pushed,
    ) -> anyhow::Result<ExecutionId> {
        let execution = push.open(record)?;
        loop {
            let end = push.deliver(record, execution, pushed)?;
            let _lock = self.lock()?;
            if !record.has_grown(end)? {
                record.clone().remove()?;
                return Ok(execution);
            }
        }
    }
}

/// What was delivered of a directory.
#[derive(Serialize, Deserialize)]
struct Mark {
    #[serde(flatten)]
    home: Home,
    /// Where the results ended that were delivered, in bytes: more may be added.
    results_end: u64,
}

fn read_request(record: &Record) -> anyhow::Result<StartRequest> {
    let place = || format!("{}/start.json", record.path.display());
    let text = record.start()?.with_context(|| format!("{} is missing", place()))?;
    let draft = Draft::from_json(&text).with_context(place)?;
    draft.check().with_context(place)
}

fn is_interruption(error: &server::Error) -> bool {
    matches!(error, server::Error::Interrupted { .. })
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

impl std::fmt::Display for MayBeStarted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let directory = &self.directory;
        write!(f, "{directory} was being started when `to` was killed: the execution may exist")
    }
}

impl std::error::Error for MayBeStarted {}

impl std::fmt::Display for OtherServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} belongs to an execution of {}", self.directory, self.url)
    }
}

impl std::error::Error for OtherServer {}
