//! Delivering an execution that was recorded in a directory.
//!
//! It may be interrupted anywhere and repeated: what is appended at the server is compared with what
//! is there, the rest replaces. What the server will never take is set aside, and does not stand in the
//! way of what is behind it. Where an interrupted start may have opened an execution that nothing can
//! find again, somebody is asked.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::api::{
    ApiError, Applied, BadLine, BatchProblem, Execution, Extent, Record, Retry, Scope, Server,
    Target,
};
use crate::delivery::Progress;
use crate::delivery::batch_size::BatchSize;
use crate::delivery::changes::{self, Maker};
use crate::delivery::outbox::Outbox;
use crate::delivery::sender::BatchSender;
use crate::delivery::state_dir::{RefusedFile, StateDirectory};
use crate::delivery::state_error::StateError;
use crate::model::encoded::EncodedResult;
use crate::model::execution::{COMPLETED, ENDED_PREMATURELY, ExecutionId, ExecutionRef};
use crate::model::limits::Limits;
use crate::model::start_request::{Draft, InvalidRequest, StartRequest};
use crate::model::tally::{RefusedResult, Tally};
use crate::model::update::{Change, StatusUpdate};
use crate::reports::error::Severity;
use crate::reports::format::ReportReader;
use crate::reports::json::lines::Reader;
use crate::util::signals::Interrupt;
use crate::util::text::describe;

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
    pub limits: Limits,
    /// Open an execution again where an interrupted start may have opened one.
    pub start_again: bool,
}

/// What came of a directory.
#[derive(Debug, Default)]
pub struct ReplayReport {
    pub tally: Tally,
    /// Changes that the server will never make, each with its reason.
    pub refused: Vec<String>,
    /// Lines and files that cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Those of them that may be results.
    unread_results: u64,
    /// The file that holds lines which were cut short, and how many it does.
    pub torn: Option<(PathBuf, usize)>,
    /// It was delivered before, and so many results and changes were refused then which nobody has
    /// dealt with.
    pub refused_before: usize,
}

/// Something that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unreadable {
    /// Its place and the reason.
    pub said: String,
    #[serde(skip)]
    line: Option<BadLine>,
}

impl From<BadLine> for Unreadable {
    fn from(line: BadLine) -> Self {
        Self { said: line.to_string(), line: Some(line) }
    }
}

/// An execution that was recorded and cannot be delivered.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A push was killed while it opened an execution without a CI link.
    #[error("{directory} was being started when `to` was killed: the execution may exist")]
    MayBeStarted { directory: String },
    #[error("{directory} belongs to an execution of {url}")]
    OtherServer { directory: String, url: String },
    #[error("{place} is missing")]
    NoRequest { place: String },
    #[error("{place}")]
    NotJson { place: String, source: serde_json::Error },
    #[error("{place}")]
    Request { place: String, source: InvalidRequest },
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// An execution of which something is delivered.
struct Delivery<'a> {
    replay: &'a Replay<'a>,
    record: &'a Record,
    home: &'a ExecutionRef,
    refused: RefusedFile,
    report: &'a mut ReplayReport,
}

impl ReplayReport {
    /// Tells whether results were refused or could not be read.
    pub fn lacks_results(&self) -> bool {
        self.unread_results > 0 || !self.tally.refused.is_empty() || self.torn.is_some()
    }

    /// Has the files of `record` end with whole lines. Those that were cut short, now or before, are
    /// never sent.
    fn mend(&mut self, record: &Record) -> Result<(), ApiError> {
        record.mend()?;
        let count = record.torn_lines()?.len();
        self.torn = (count > 0).then(|| (record.torn_path(), count));
        Ok(())
    }
}

impl Replay<'_> {
    /// Returns the server's address as directories note it.
    fn url(&self) -> Result<String, ReplayError> {
        let absolute = self.target.absolute();
        Ok(absolute.map_err(ApiError::at(Path::new(&self.target.to_string())))?.to_string())
    }

    /// Opens the execution of `record` at the server, or finds the one that was opened before.
    ///
    /// # Errors
    /// A record of another server, a request that is not right, a server that does not take it.
    fn open(&self, record: &Record) -> Result<ExecutionRef, ReplayError> {
        let directory = record.path.display().to_string();
        let url = self.url()?;
        if let Some(url) = record.server()?.filter(|server| *server != url) {
            return Err(ReplayError::OtherServer { directory, url });
        }
        if let Some(home) = record.home()? {
            return Ok(home);
        }
        let (request, _) = read_request(record)?;
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
        let home = ExecutionRef { url, execution: started? };
        // The marker stays until the execution is noted: a kill in between must not start another.
        record.write_home(&home)?;
        record.remove_starting()?;
        Ok(home)
    }

    /// Delivers a directory and marks it, unless it was delivered before: then there is no
    /// execution to tell.
    ///
    /// # Errors
    /// What the server does not take; a directory that cannot be written.
    pub fn spooled(
        &self,
        record: &Record,
        report: &mut ReplayReport,
    ) -> Result<Option<ExecutionId>, ReplayError> {
        let Some(_alone) = record.lock(self.interrupt)? else { return Ok(None) };
        report.mend(record)?;
        let refused = RefusedFile::beside(&record.path);
        if let Some(mark) = record.read_json::<Mark>(DELIVERED)? {
            if mark.home.url != self.url()? {
                let directory = record.path.display().to_string();
                return Err(ReplayError::OtherServer { directory, url: mark.home.url });
            }
            if mark.extent == record.extent()? {
                if refused.is_open() {
                    report.refused_before = mark.refused;
                }
                report.unreadable = mark.unreadable;
                return Ok(None);
            }
        }
        let home = self.open(record)?;
        let extent = record.extent()?;
        Delivery { replay: self, record, home: &home, refused, report }.run()?;
        let execution = home.execution;
        let refused = report.tally.refused.len() + report.refused.len();
        let unreadable = report.unreadable.clone();
        record.write_json(DELIVERED, &Mark { home, extent, refused, unreadable })?;
        Ok(Some(execution))
    }
}

impl Delivery<'_> {
    /// Delivers all that the record holds to its execution, but for what the server will never take: that
    /// is written down in `refused`.
    ///
    /// # Errors
    /// What the server does not take now; what it has taken is told with `report`.
    fn run(&mut self) -> Result<(), ReplayError> {
        let patch = self.record.patch()?.unwrap_or_default();
        let mut unknown = self.record.unknown_in_patch()?;
        let mut problem = None;
        let of_start = match read_request(self.record) {
            Ok((request, more)) => {
                unknown.extend(more);
                let directory = self.record.path.display().to_string();
                for note in &request.notes {
                    self.report.tally.warnings.add(note.clone(), &directory);
                }
                request.links
            }
            Err(ReplayError::NoRequest { .. }) => Vec::new(),
            // It was opened before, and what else the request asked for is not known.
            Err(error) => {
                problem = Some(Unreadable { said: describe(&error), line: None });
                Vec::new()
            }
        };
        for name in unknown {
            let warning = "unknown field of start.json or patch.json, not sent";
            self.report.tally.warnings.add(warning, &name);
        }
        let is_completed = patch.status.as_deref() == Some(COMPLETED);
        let (metadata, rest) = changes::split(patch);
        self.make(metadata)?;
        self.results()?;
        let mut bad_lines = Vec::new();
        let mut links = self.record.links(&mut bad_lines)?;
        links.extend(of_start);
        let events = self.record.status_updates(&mut bad_lines)?;
        self.report.unreadable.extend(problem);
        self.report.unreadable.extend(bad_lines.into_iter().map(Unreadable::from));
        self.make(links.into_iter().map(Change::Link).collect())?;
        self.events(events)?;
        let now = self.make(rest)?;
        if is_completed && now.is_some_and(|now| now.status == "PASSED") {
            self.end_lacking()?;
        }
        Ok(())
    }

    /// Has an execution that seems to be PASSED ended early where results of it are missing.
    fn end_lacking(&mut self) -> Result<(), ReplayError> {
        if self.report.lacks_results() {
            self.make(vec![Change::status(ENDED_PREMATURELY)])?;
            let directory = self.record.path.display().to_string();
            let said = "results are missing: the execution is ENDED_PREMATURELY, not PASSED";
            self.report.tally.warnings.add(said, &directory);
        }
        Ok(())
    }

    /// Makes changes, and sets those aside that the server will never make. Returns the execution as it
    /// was told last.
    fn make(&mut self, changes: Vec<Change>) -> Result<Option<Execution>, ReplayError> {
        let mut maker = Maker::new(self.replay.server, self.home.execution);
        for change in changes {
            self.make_one(&change, &mut maker)?;
        }
        Ok(maker.execution)
    }

    fn make_one(&mut self, change: &Change, maker: &mut Maker<'_>) -> Result<(), ReplayError> {
        if let Some(problem) = change.problem() {
            return self.set_aside(change, &problem);
        }
        match maker.make(change) {
            Err(error) if changes::is_refused(change, &error, maker) => {
                self.set_aside(change, &error.reason())
            }
            made => Ok(made?),
        }
    }

    fn set_aside(&mut self, change: &Change, reason: &str) -> Result<(), ReplayError> {
        self.refused.add_change(self.home, reason, change.kind(), &change.to_json())?;
        self.report.refused.push(format!("{} was refused: {reason}", change.describe()));
        Ok(())
    }

    fn results(&mut self) -> Result<(), ReplayError> {
        let Replay { server, batch_size, progress, .. } = *self.replay;
        let mut sender = BatchSender::new(server, self.home.execution, batch_size, progress);
        let sent = self.send_all(&mut sender);
        let rest: Vec<EncodedResult> = sender.take_rest().collect();
        let mut tally = sender.into_tally();
        let sent = match sent {
            // Each of them was refused by the API itself, alone: no later try would be another.
            Err(ReplayError::Api(error))
                if error.scope() == Scope::Batch(BatchProblem::Invalid)
                    && error.retry() == Retry::Never =>
            {
                let refuse = |result| RefusedResult::new(result, error.reason());
                tally.refused.extend(rest.iter().map(refuse));
                Ok(())
            }
            sent => sent,
        };
        // Written down before the directory that holds them is removed or marked.
        let written = self.refused.add(self.home, &tally.refused);
        self.report.tally.append(tally);
        sent.and(written.map_err(Into::into))
    }

    /// Hands over each result, through the gate that all pass.
    fn send_all(&mut self, sender: &mut BatchSender<'_>) -> Result<(), ReplayError> {
        let extent = self.record.extent()?;
        let limits = &self.replay.limits;
        let mut reader = Reader::new(self.record.results(&extent)?, limits.max_log);
        let warnings = &mut self.report.tally.warnings;
        loop {
            match reader.next(warnings) {
                Ok(Some(result)) => {
                    sender.push(EncodedResult::new(result, limits, warnings))?;
                }
                Ok(None) => break,
                Err(error) => {
                    let path = self.record.results_path();
                    let said = error.with_source(&path.display());
                    let bad = |number| BadLine { path, number, reason: error.reason.clone() };
                    self.report.unreadable.push(Unreadable { said, line: error.line.map(bad) });
                    self.report.unread_results += 1;
                    if error.severity != Severity::One {
                        break;
                    }
                }
            }
        }
        Ok(sender.finish()?)
    }

    /// Adds the events that the server lacks; where it does not tell, those that were not sent before.
    fn events(&mut self, events: Vec<StatusUpdate>) -> Result<(), ReplayError> {
        if events.is_empty() {
            return Ok(());
        }
        let known = self.replay.server.status_updates(self.home.execution)?;
        let sent = if known.is_some() { 0 } else { self.record.sent_events()? };
        let known = known.unwrap_or_default();
        for (number, event) in events.into_iter().enumerate().skip(sent) {
            if known.iter().any(|known| is_same(known, &event)) {
                continue;
            }
            self.make(vec![Change::Event(event)])?;
            self.record.note_sent_events(number + 1)?;
        }
        Ok(())
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
        replay: &Replay<'_>,
        report: &mut ReplayReport,
    ) -> Result<Option<ExecutionId>, ReplayError> {
        let Some(_alone) = record.lock(replay.interrupt)? else { return Ok(None) };
        report.mend(record)?;
        let home = replay.open(record)?;
        loop {
            let extent = record.extent()?;
            let (refused, unreadable) = (replay.state.refused(), report.unreadable.len());
            Delivery { replay, record, home: &home, refused: refused.clone(), report }.run()?;
            let _lock = self.lock()?;
            if record.extent()? == extent {
                for Unreadable { said, line } in &report.unreadable[unreadable..] {
                    let text = line.as_ref().map(BadLine::text).unwrap_or_default();
                    refused.add_change(&home, said, "line", &text.into())?;
                }
                for torn in record.torn_lines()? {
                    refused.add_change(&home, "cut short", "line", &torn.into())?;
                }
                report.torn = report.torn.take().map(|(_, count)| (refused.changes_path(), count));
                record.clone().remove()?;
                return Ok(Some(home.execution));
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
    /// Results and changes that the server refused.
    #[serde(default)]
    refused: usize,
    /// What could not be read.
    #[serde(default)]
    unreadable: Vec<Unreadable>,
}

/// Reads the request of a start, and the names in it that are none of its fields.
fn read_request(record: &Record) -> Result<(StartRequest, Vec<String>), ReplayError> {
    let place = format!("{}/start.json", record.path.display());
    let Some(text) = record.start()? else { return Err(ReplayError::NoRequest { place }) };
    let draft = match Draft::from_json(&text) {
        Ok(draft) => draft,
        Err(source) => return Err(ReplayError::NotJson { place, source }),
    };
    let unknown = draft.unknown.clone();
    let request = draft.check().map_err(|source| ReplayError::Request { place, source })?;
    Ok((request, unknown))
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

#[cfg(test)]
mod tests;
