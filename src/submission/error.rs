//! Errors of reading reports again that were read through before.

use std::io;

use crate::util::text::os_message;

/// A second reading that did not give what the first one promised.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// A report is not what it was in the first reading.
    #[error("{report} changed while it was read: repeat the command")]
    Changed { report: String },
    /// Results of one name lie there until they are merged.
    #[error("the temporary file for results of the same name cannot be used: {}", os_message(.0))]
    TempStore(#[source] io::Error),
    /// Hashes of 64 bits are seeded anew in each run: for a million names this happens once in forty
    /// million runs, and a result must not be lost even then.
    #[error("`{known}` and `{name}` have the same hash in this run: repeat the command")]
    SameHash { known: String, name: String },
    /// Nobody takes any more results.
    #[error("the reading was stopped")]
    Stopped,
}

impl From<serde_json::Error> for SubmissionError {
    fn from(error: serde_json::Error) -> Self {
        Self::TempStore(error.into())
    }
}
