//! Errors of the state directory and of the notes in it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::model::execution::ExecutionId;

/// A state directory that is of no use.
#[derive(Debug, Error)]
pub enum StateError {
    #[error("the state directory cannot be written: {}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("{}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// Somebody else may have put anything into it.
    #[error("the state directory {} belongs to another user", path.display())]
    Foreign { path: PathBuf },
    /// A checkout may lead anywhere.
    #[error("the state directory {} is a symbolic link", path.display())]
    Link { path: PathBuf },
    #[error("{} is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    /// Nothing was started here.
    #[error("no execution is given, and {} notes none", path.display())]
    NoNote { path: PathBuf },
    /// The last start failed, and what was started before it is not what is meant.
    #[error("the last `to start` here did not end well, as {} notes", path.display())]
    NoStart { path: PathBuf },
    /// The executions that were started here are another server's.
    #[error(
        "{} notes execution {execution} of {noted}, which is another server", path.display()
    )]
    OtherServer { path: PathBuf, execution: ExecutionId, noted: String },
    /// The executions that were started here are those of other jobs.
    #[error(
        "no execution that was started here has {variable}={value}: execution {execution} was \
         started with {started}"
    )]
    OtherStart { variable: String, value: String, execution: ExecutionId, started: String },
}

impl StateError {
    /// Makes one of an I/O error in writing at `path`.
    pub fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Unwritable { path, source }
    }
}
