//! Errors of reading, each with what it costs.

use std::fmt;
use std::io;

use crate::util::text::os_message;

/// The reason why a report, or a part of it, cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadError {
    /// Counted from 1; absent where the error is in no line (a file that cannot be opened).
    pub line: Option<u64>,
    /// Lower case, no full stop: it is shown after `FILE:LINE: `.
    pub reason: String,
    pub severity: Severity,
}

/// The part of a report that an error costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// One result, which the reason names; reading goes on behind it.
    One,
    /// All that follows: what was read before is the beginning of a broken document, and is sent
    /// with `--salvage` only.
    Remainder,
    /// All: nothing of it is in a format that is read.
    All,
    /// Nothing: the document is whole, but it is not one of results.
    NoResults,
}

impl ReadError {
    /// An error that costs one result.
    pub fn one(line: u64, reason: impl Into<String>) -> Self {
        Self { line: Some(line), reason: reason.into(), severity: Severity::One }
    }

    /// An error that ends the reading. Without a line it is one of the whole file.
    pub fn remainder(line: Option<u64>, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into(), severity: Severity::Remainder }
    }

    /// An error of a document that holds something else than results.
    pub fn no_results(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into(), severity: Severity::NoResults }
    }

    /// Returns the message that names its file: `FILE:LINE: reason`.
    pub fn with_source(&self, source: &impl fmt::Display) -> String {
        let separator = if self.line.is_some() { ":" } else { ": " };
        format!("{source}{separator}{self}")
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::remainder(None, os_message(&error))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{line}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for ReadError {}
