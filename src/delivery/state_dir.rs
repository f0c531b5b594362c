//! The state directory: what `to start` notes, so that the commands after it need no id.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::api::Target;
use crate::model::execution::ExecutionId;
use crate::model::execution::ExecutionRef;
use crate::model::tally::RefusedResult;
use crate::util::files;
use crate::util::text::os_message;

const NOTE: &str = "current.json";
const REFUSED: &str = "refused.jsonl";

/// The directory of `--state-dir`.
#[derive(Debug)]
pub struct StateDirectory {
    path: PathBuf,
}

/// The execution that commands work on unless told otherwise.
#[derive(Debug, Serialize, Deserialize)]
struct CurrentExecution {
    /// The server, in the form of [`Target`]'s `Display`.
    url: String,
    execution: ExecutionId,
}

/// A line of `refused.jsonl`.
#[derive(Serialize)]
struct RefusedLine<'a> {
    #[serde(flatten)]
    home: &'a ExecutionRef,
    reason: &'a str,
    result: &'a RawValue,
}

/// Why the state directory does not help.
#[derive(Debug)]
pub enum StateError {
    Unwritable {
        path: PathBuf,
        source: io::Error,
    },
    Unreadable {
        path: PathBuf,
        source: io::Error,
    },
    Damaged {
        path: PathBuf,
        reason: String,
    },
    /// Nothing was started here.
    NoNote {
        path: PathBuf,
    },
    /// What was started here is another server's.
    OtherServer {
        path: PathBuf,
        execution: ExecutionId,
        noted: String,
    },
}

impl StateDirectory {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where what cannot be delivered is kept.
    pub fn outbox(&self) -> PathBuf {
        self.path.join("outbox")
    }

    /// Where results are written down that a server refused.
    pub fn refused(&self) -> PathBuf {
        self.path.join(REFUSED)
    }

    /// Writes down results that a server refused, with its reasons, one a line.
    ///
    /// # Errors
    /// [`StateError::Unwritable`].
    pub fn write_refused(
        &self,
        home: &ExecutionRef,
        refused: &[RefusedResult],
    ) -> Result<(), StateError> {
        if refused.is_empty() {
            return Ok(());
        }
        let path = self.refused();
        let write = || {
            let mut lines = Vec::new();
            for RefusedResult { result, reason } in refused {
                let result: &RawValue = serde_json::from_slice(result.json())?;
                serde_json::to_writer(&mut lines, &RefusedLine { home, reason, result })?;
                lines.push(b'\n');
            }
            File::options().create(true).append(true).open(&path)?.write_all(&lines)
        };
        write().map_err(|source| StateError::Unwritable { path: path.clone(), source })
    }

    /// Makes the directory where it is missing, and finds out whether it takes files.
    ///
    /// # Errors
    /// [`StateError::Unwritable`].
    pub fn prepare(&self) -> Result<(), StateError> {
        let unwritable = |source| StateError::Unwritable { path: self.path.clone(), source };
        fs::create_dir_all(&self.path).map_err(unwritable)?;
        tempfile::tempfile_in(&self.path).map_err(unwritable)?;
        let ignored = self.path.join(".gitignore");
        // One that is there may be the user's own.
        if ignored.exists() { Ok(()) } else { files::replace(&ignored, b"*\n").map_err(unwritable) }
    }

    /// The present, by the clock that files are stamped with: it may lag behind the system's.
    ///
    /// # Errors
    /// [`StateError::Unwritable`].
    pub fn now(&self) -> Result<SystemTime, StateError> {
        tempfile::tempfile_in(&self.path)
            .and_then(|file| file.metadata()?.modified())
            .map_err(|source| StateError::Unwritable { path: self.path.clone(), source })
    }

    /// Warnings the execution for the commands to come.
    ///
    /// # Errors
    /// [`StateError::Unwritable`].
    pub fn save(&self, target: &Target, execution: ExecutionId) -> Result<(), StateError> {
        let path = self.path.join(NOTE);
        let unwritable = |source| StateError::Unwritable { path: path.clone(), source };
        let url = target.absolute().map_err(unwritable)?.to_string();
        let note = serde_json::to_vec(&CurrentExecution { url, execution })
            .map_err(|error| unwritable(io::Error::from(error)))?;
        files::replace(&path, &note).map_err(unwritable)
    }

    /// Warnings the execution that the server gave to the noted one, which waited in `directory`.
    ///
    /// # Errors
    /// [`StateError::Unwritable`].
    pub fn rename(
        &self,
        target: &Target,
        directory: &Path,
        execution: ExecutionId,
    ) -> Result<(), StateError> {
        match self.load(target) {
            Ok(ExecutionId::Outbox(number)) if directory.ends_with(number.to_string()) => {
                self.save(target, execution)
            }
            _ => Ok(()),
        }
    }

    /// The noted execution, if it is one of `target`'s.
    ///
    /// # Errors
    /// Any but [`StateError::Unwritable`].
    pub fn load(&self, target: &Target) -> Result<ExecutionId, StateError> {
        let path = self.path.join(NOTE);
        let note = read(&path)?;
        let unreadable = |source| StateError::Unreadable { path: path.clone(), source };
        if note.url == target.absolute().map_err(unreadable)?.to_string() {
            Ok(note.execution)
        } else {
            Err(StateError::OtherServer { path, execution: note.execution, noted: note.url })
        }
    }
}

fn read(path: &Path) -> Result<CurrentExecution, StateError> {
    let path = path.to_path_buf();
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(StateError::NoNote { path });
        }
        Err(source) => return Err(StateError::Unreadable { path, source }),
        Ok(bytes) => bytes,
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| StateError::Damaged { path, reason: error.to_string() })
}

impl std::fmt::Display for StateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unwritable { path, source } => {
                write!(
                    f,
                    "the state directory cannot be written: {}: {}",
                    path.display(),
                    os_message(source)
                )
            }
            Self::Unreadable { path, source } => {
                write!(f, "{}: {}", path.display(), os_message(source))
            }
            Self::Damaged { path, reason } => {
                write!(f, "{} is damaged: {reason}", path.display())
            }
            Self::NoNote { path } => {
                write!(f, "no execution is given, and {} notes none", path.display())
            }
            Self::OtherServer { path, execution, noted } => write!(
                f,
                "{} notes execution {execution} of {noted}, which is another server",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StateError {}
