//! A directory in place of a server: one directory an execution, named by its number.
//!
//! Answers follow the server's rules.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use super::record::{self, Record};
use crate::api::{
    Access, ApiError, Artefact, ArtefactSearch, Execution, Key, Repeat, RerunFilter, Server,
};
use crate::model::encoded::Batch;
use crate::model::execution::{ExecutionId, JsonObject, Link};
use crate::model::start_request::StartRequest;
use crate::model::update::{Patch, StatusUpdate};
use crate::util::files::{self, Readers};
use crate::util::text::describe;

/// The file whose lock is that of the outbox.
const LOCK: &str = ".lock";

/// Executions in a directory. Whoever changes one holds the lock.
#[derive(Clone, Debug)]
pub struct Spool {
    directory: PathBuf,
    readers: Readers,
}

/// The executions of a spool, and what keeps others from being read.
#[derive(Debug, Default)]
pub struct Records {
    pub records: Vec<Record>,
    pub problems: Vec<ApiError>,
}

impl Server for Spool {
    fn start(&self, request: &StartRequest) -> Result<ExecutionId, ApiError> {
        // Held while the execution is looked for and made: others may start with the same CI link.
        let _lock = self.lock()?;
        if let Some((id, _)) = self.find(request.ci_link(), None)? {
            return Ok(id);
        }
        let (id, record) = self.create()?;
        record.write_start(request)?;
        Ok(id)
    }

    fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, ApiError> {
        self.record(id)?.execution().map(Some)
    }

    fn add_link(&self, id: ExecutionId, link: &Link) -> Result<(), ApiError> {
        let (record, _lock) = self.record_to_change(id)?;
        record.append_link(link)
    }

    fn submit(&self, id: ExecutionId, batch: &Batch, _: Repeat) -> Result<Duration, ApiError> {
        let start = Instant::now();
        let (record, _lock) = self.record_to_change(id)?;
        record.append_results(batch)?;
        Ok(start.elapsed())
    }

    /// A directory needs no time.
    fn pause(&self, _: &ApiError) -> Result<(), ApiError> {
        Ok(())
    }

    fn update(&self, id: ExecutionId, patch: &Patch) -> Result<Execution, ApiError> {
        let (record, _lock) = self.record_to_change(id)?;
        record.merge_patch(patch)?;
        record.execution()
    }

    fn status_updates(&self, id: ExecutionId) -> Result<Option<Vec<StatusUpdate>>, ApiError> {
        let record = self.record(id)?;
        record::whole(|problems| record.status_updates(problems)).map(Some)
    }

    fn add_status_update(&self, id: ExecutionId, update: &StatusUpdate) -> Result<(), ApiError> {
        let (record, _lock) = self.record_to_change(id)?;
        record.append_status_update(update)
    }

    fn details(&self, id: ExecutionId) -> Result<JsonObject, ApiError> {
        self.record(id)?.told()
    }

    fn results(
        &self,
        id: ExecutionId,
        each: &mut dyn FnMut(String) -> bool,
    ) -> Result<bool, ApiError> {
        for result in self.record(id)?.last_results()? {
            each(json!(result).to_string());
        }
        Ok(true)
    }

    fn artefact(&self, id: ExecutionId, _: &ArtefactSearch) -> Result<Option<Artefact>, ApiError> {
        self.record(id)?.artefact()
    }

    /// Fails: nobody looks for what is to be run again in a directory.
    fn request_rerun(&self, id: ExecutionId, _: Option<i32>) -> Result<bool, ApiError> {
        let reason = "a spool directory has no list of reruns".to_owned();
        Err(ApiError::SpoolContent { path: self.path_of(id), reason })
    }

    /// Lists none: nobody can have requested any.
    fn reruns(&self, _: &RerunFilter) -> Result<Vec<JsonObject>, ApiError> {
        Ok(Vec::new())
    }

    fn remove_rerun(&self, id: ExecutionId) -> Result<bool, ApiError> {
        Ok(self.record(id).is_ok())
    }

    /// A directory that is missing is made by the first start, in the one that is there.
    fn access(&self) -> Result<Access, ApiError> {
        let directory =
            std::path::absolute(&self.directory).map_err(ApiError::at(&self.directory))?;
        let existing = directory.ancestors().find(|path| path.exists()).unwrap_or(&directory);
        tempfile::tempfile_in(existing).map_err(ApiError::at(existing))?;
        Ok(Access { key: Key::None, writes: true, reads: true })
    }
}

impl Spool {
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, readers: Readers::Usual }
    }

    /// A spool that its user alone may read.
    pub fn private(directory: PathBuf) -> Self {
        Self { directory, readers: Readers::Owner }
    }

    /// Makes the directory where it is missing. One that the user names may be a link, the outbox not.
    fn make(&self) -> Result<(), ApiError> {
        let made = match self.readers {
            Readers::Usual => fs::create_dir_all(&self.directory),
            Readers::Owner => files::require_directory(&self.directory, self.readers),
        };
        made.map_err(ApiError::at(&self.directory))
    }

    /// Waits until no other process changes an execution, and keeps others from it until the file is dropped.
    pub fn lock(&self) -> Result<File, ApiError> {
        self.make()?;
        let (path, opened) = match self.readers {
            Readers::Usual => (self.directory.clone(), File::open(&self.directory)),
            Readers::Owner => {
                let path = self.directory.join(LOCK);
                let opened = files::open_to_write(&path, self.readers);
                (path, opened)
            }
        };
        let file = opened.map_err(ApiError::at(&path))?;
        files::lock(&file).map_err(ApiError::at(&path))?;
        Ok(file)
    }

    /// Returns an execution with the lock: meanwhile nobody else changes it or takes it away.
    ///
    /// # Errors
    /// There is no such execution.
    fn record_to_change(&self, id: ExecutionId) -> Result<(Record, File), ApiError> {
        // For one that was never there no lock is made.
        self.record(id)?;
        let lock = self.lock()?;
        Ok((self.record(id)?, lock))
    }

    /// # Errors
    /// There is no such execution.
    pub fn record(&self, id: ExecutionId) -> Result<Record, ApiError> {
        Record::open(self.path_of(id), self.readers)
    }

    /// The directory of an execution, whether it is there or not.
    pub fn path_of(&self, id: ExecutionId) -> PathBuf {
        self.directory.join(id.number().to_string())
    }

    /// The execution with this CI link, which is its identity at a server too; where `server` is given, one
    /// that is noted for it. A damaged one is named, and stands in nobody's way.
    pub fn find(
        &self,
        ci_link: Option<&str>,
        server: Option<&str>,
    ) -> Result<Option<(ExecutionId, Record)>, ApiError> {
        let Some(ci_link) = ci_link else { return Ok(None) };
        let is_right = |record: &Record| -> Result<bool, ApiError> {
            let is_others = server.is_some() && record.server()?.as_deref() != server;
            Ok(!is_others && record.ci_link()?.as_deref() == Some(ci_link))
        };
        for id in self.ids()? {
            let Ok(record) = self.record(id) else { continue };
            match is_right(&record) {
                Ok(true) => return Ok(Some((id, record))),
                Ok(false) => {}
                Err(error) => files::warn(describe(&error)),
            }
        }
        Ok(None)
    }

    /// The numbers in use, in order.
    pub fn ids(&self) -> Result<Vec<ExecutionId>, ApiError> {
        let names = self.names()?;
        let numbers = names.iter().filter_map(|name| name.to_str()?.parse().ok());
        let mut ids: Vec<ExecutionId> = numbers.collect();
        ids.sort_by_key(|id| id.number());
        Ok(ids)
    }

    /// The directories, whatever another tool named them: numbers first, in order, then by name.
    pub fn records(&self) -> Result<Records, ApiError> {
        let mut names = self.names()?;
        let number = |name: &OsString| name.to_str().and_then(|name| name.parse::<u64>().ok());
        names.sort_by_cached_key(|name| (number(name).unwrap_or(u64::MAX), name.clone()));
        let mut found = Records::default();
        for path in names.into_iter().map(|name| self.directory.join(name)) {
            // A link that leads nowhere may have been one to an execution.
            if fs::metadata(&path).is_ok_and(|found| !found.is_dir()) {
                continue;
            }
            let record = Record::open(path, self.readers);
            match record.and_then(|record| Ok((record.is_begun()?, record))) {
                Ok((true, record)) => found.records.push(record),
                // Another process may take one away.
                Ok((false, _)) | Err(ApiError::NoSuchExecution { .. }) => {}
                Err(error) => found.problems.push(error),
            }
        }
        Ok(found)
    }

    /// Returns what is in the directory, but for hidden files. One that is missing holds nothing.
    fn names(&self) -> Result<Vec<OsString>, ApiError> {
        let paths = files::list(&self.directory).map_err(ApiError::at(&self.directory))?;
        let names = paths.iter().filter_map(|path| path.file_name());
        let shown = names.filter(|name| !name.as_encoded_bytes().starts_with(b"."));
        Ok(shown.map(OsStr::to_owned).collect())
    }

    /// Makes the next directory. Whoever makes it has it: several processes may start at once.
    pub fn create(&self) -> Result<(ExecutionId, Record), ApiError> {
        self.make()?;
        let last = self.ids()?.last().map_or(0, |last| last.number());
        for id in (last..i32::MAX).map(|before| ExecutionId::Server(before + 1)) {
            let path = self.path_of(id);
            match files::create_directory(&path, self.readers) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(ApiError::at(&path)(error)),
                Ok(()) => return Ok((id, Record::of(path, self.readers))),
            }
        }
        let reason = "no number is left for another execution".to_owned();
        Err(ApiError::SpoolContent { path: self.directory.clone(), reason })
    }
}
