//! Sources of reports: files and standard input.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

/// A place to read a report from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    StandardInput,
    File {
        path: PathBuf,
        /// The file itself was named, rather than found in a directory or by a glob: what was found
        /// may be another tool's.
        named: bool,
    },
}

impl Source {
    /// Counts what was found as named where it is named too.
    pub fn set_named(&mut self, now: bool) {
        if let Self::File { named, .. } = self {
            *named |= now;
        }
    }

    /// Tells whether it was last written before `moment`.
    pub fn is_older_than(&self, moment: Option<SystemTime>) -> bool {
        let (Self::File { path, .. }, Some(moment)) = (self, moment) else { return false };
        let written = fs::metadata(path).and_then(|metadata| metadata.modified());
        written.is_ok_and(|written| written < moment)
    }

    /// Tells whether whoever runs the command said that this is a report.
    pub fn is_named(&self) -> bool {
        match self {
            Self::StandardInput => true,
            Self::File { named, .. } => *named,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardInput => f.write_str("standard input"),
            Self::File { path, .. } => path.display().fmt(f),
        }
    }
}
