//! Test results as Test Observer takes them.
//!
//! This module owns the words of the API's test results and knows nothing of the formats that they are
//! read from, nor of the server that they are sent to.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The outcome of one test, in the API's spelling.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Passed,
    Failed,
    Skipped,
}

/// One element of `POST /v1/test-executions/{id}/test-results`.
///
/// Empty fields are left out of the JSON: the server's default for each is the empty string, and a
/// null is a 422.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    pub name: String,
    pub status: Status,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub template_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub io_log: String,
}

impl TestResult {
    /// Makes a result that says how a test went, and nothing else.
    pub fn new(name: impl Into<String>, status: Status) -> Self {
        Self {
            name: name.into(),
            status,
            category: String::new(),
            template_id: String::new(),
            comment: String::new(),
            io_log: String::new(),
        }
    }
}

impl Status {
    /// Returns the API's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Skipped => "SKIPPED",
        }
    }

    /// Reads a status in any case, also as `pass`, `fail` or `skip`. Words of other tools are not
    /// guessed at: what is taken for passed must have been called so.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "pass" | "passed" => Some(Self::Passed),
            "fail" | "failed" => Some(Self::Failed),
            "skip" | "skipped" => Some(Self::Skipped),
            _ => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A text and what stands above it.
pub type Section<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Joins texts, each with its heading, into one: a single text stands as it is.
pub fn join_sections(mut sections: Vec<Section<'_>>) -> String {
    match &mut *sections {
        [(_, text)] => std::mem::take(text).into_owned(),
        several => under_headings(several),
    }
}

/// Joins texts into one, each under its heading.
pub fn under_headings(sections: &[Section<'_>]) -> String {
    let mut joined = String::new();
    for (heading, text) in sections {
        let separator = if joined.is_empty() { "" } else { "\n\n" };
        joined.extend([separator, "--- ", heading, " ---\n", text]);
    }
    joined
}
