//! The outbox: what could not be delivered, kept in the state directory until it is.
//!
//! It is a spool with `execution.json` in place of `start.json` for an execution that the server
//! has, and `server.json` beside `start.json` for one that it does not have yet. Whoever looks for an
//! execution's directory, makes one, writes to it or takes it away, holds the lock: results must not be
//! added to a directory that is just being removed.

use std::fs::{self, File};
use std::path::PathBuf;

use crate::api::{ApiError, Record, Records, Spool, Target};
use crate::model::encoded::Batch;
use crate::model::execution::ExecutionId;
use crate::model::execution::ExecutionRef;
use crate::model::start_request::StartRequest;
use crate::model::update::Change;
use crate::util::files::{self, Readers};
use crate::util::text::describe;

/// The outbox of a state directory.
#[derive(Clone, Debug)]
pub struct Outbox {
    directory: PathBuf,
    pub spool: Spool,
}

/// Entries that are not delivered unasked, and what there is to say of each.
#[derive(Debug, Default)]
pub struct Left {
    /// Those of the execution, which a checkout may have brought.
    pub own: Vec<String>,
    /// Damaged ones, which may be any execution's.
    pub others: Vec<String>,
}

impl Outbox {
    pub fn new(directory: PathBuf) -> Self {
        Self { spool: Spool::private(directory.clone()), directory }
    }

    /// Returns what is kept for the execution, if anything, and what is left.
    pub fn find(&self, home: &ExecutionRef) -> Result<(Option<Record>, Left), ApiError> {
        let (mut found, mut left) = (None, Left::default());
        if matches!(home.execution, ExecutionId::Outbox(_)) {
            return Ok((found, left));
        }
        let Records { records, problems } = self.records()?;
        left.others.extend(problems.iter().map(|problem| describe(problem)));
        for record in records {
            match record.home() {
                Ok(of) if of.as_ref() != Some(home) => {}
                Ok(_) if !record.is_private() => left.own.push(format!(
                    "{} is left: it was not made by this user's `to`, or its mode was changed; \
                     `to push {}` sends it",
                    record.path.display(),
                    self.directory.display()
                )),
                Ok(_) => found = found.or(Some(record)),
                Err(error) => {
                    left.others.push(format!("left in the outbox: {}", describe(&error)));
                }
            }
        }
        Ok((found, left))
    }

    /// Returns all that is kept.
    pub fn records(&self) -> Result<Records, ApiError> {
        if fs::symlink_metadata(&self.directory).is_err_and(|error| files::is_absence(&error)) {
            return Ok(Records::default());
        }
        files::check_directory(&self.directory).map_err(ApiError::at(&self.directory))?;
        self.finish_removals();
        self.spool.records()
    }

    /// Keeps results behind those that are kept already.
    pub fn keep(&self, home: &ExecutionRef, batch: &Batch) -> Result<PathBuf, ApiError> {
        let _lock = self.lock()?;
        let record = self.record(home)?;
        record.append_results(batch)?;
        Ok(record.path)
    }

    /// Keeps what else the execution was to be told.
    pub fn keep_changes(
        &self,
        home: &ExecutionRef,
        changes: &[Change],
    ) -> Result<PathBuf, ApiError> {
        let _lock = self.lock()?;
        let record = self.record(home)?;
        for change in changes {
            match change {
                Change::Patch(patch) => record.merge_patch(patch)?,
                Change::Link(link) => record.append_link(link)?,
                Change::Event(event) => record.append_status_update(event)?,
            }
        }
        Ok(record.path)
    }

    /// Opens an execution that the server at `url` does not have yet, or perhaps has: then `to push` will ask.
    pub fn start(
        &self,
        url: &str,
        request: &StartRequest,
        is_open_perhaps: bool,
    ) -> Result<(ExecutionId, PathBuf), ApiError> {
        let _lock = self.lock()?;
        let (id, record) = match self.spool.find(request.ci_link(), Some(url))? {
            Some(found) => found,
            None => self.create(url, request)?,
        };
        for link in &request.links {
            record.append_link(link)?;
        }
        if is_open_perhaps {
            record.write_starting()?;
        }
        Ok((ExecutionId::Outbox(id.number()), record.path))
    }

    fn create(&self, url: &str, request: &StartRequest) -> Result<(ExecutionId, Record), ApiError> {
        let (id, record) = self.spool.create()?;
        // First: one that names no server goes to any.
        record.write_server(url)?;
        record.write_start(request)?;
        Ok((id, record))
    }

    /// # Errors
    /// An execution that waits in the outbox itself, and is there no more: it has no other home.
    fn record(&self, home: &ExecutionRef) -> Result<Record, ApiError> {
        if matches!(home.execution, ExecutionId::Outbox(_)) {
            return Err(ApiError::NoSuchExecution { path: self.spool.path_of(home.execution) });
        }
        if let (Some(record), _) = self.find(home)? {
            return Ok(record);
        }
        let (_, record) = self.spool.create()?;
        record.write_home(home)?;
        Ok(record)
    }

    /// The execution that the server gave to one that waited here.
    pub fn delivered(&self, execution: ExecutionId, target: &Target) -> Option<ExecutionId> {
        let ExecutionId::Outbox(_) = execution else { return None };
        let path = self.spool.path_of(execution);
        self.finish_removals();
        // One that came with a checkout names whatever somebody wanted.
        fs::symlink_metadata(&path).ok().filter(files::is_private)?;
        let home = files::read_json::<ExecutionRef>(&path).ok()??;
        (home.url == target.absolute().ok()?.to_string()).then_some(home.execution)
    }

    /// Returns the directories that are being taken away, each with its former place. Where nobody holds
    /// the lock, a process was killed while it did that.
    fn removals(&self) -> Vec<(Record, PathBuf)> {
        let removal = |path: PathBuf| {
            let number = path.file_name()?.to_str()?.strip_prefix('.')?.parse::<i32>().ok()?;
            let found = fs::symlink_metadata(&path).ok()?;
            let place = self.directory.join(number.to_string());
            (found.is_dir() && files::is_private(&found))
                .then(|| (Record::of(path, Readers::Owner), place))
        };
        files::list(&self.directory).unwrap_or_default().into_iter().filter_map(removal).collect()
    }

    /// Has the removals ended in which a process was killed. Where they cannot be, they stand in nobody's
    /// way.
    fn finish_removals(&self) {
        if !self.removals().is_empty() {
            drop(self.lock());
        }
    }

    /// Held until it is dropped; a killed process lets it go.
    pub fn lock(&self) -> Result<File, ApiError> {
        let file = self.spool.lock()?;
        for (record, place) in self.removals() {
            record.finish_removal(&place)?;
        }
        Ok(file)
    }
}
