//! A suite of a JUnit report, while it is open.

use super::case::Stream;
use super::suite_facts::{self, Kept};
use crate::util::clip::Clipped;

/// An open `testsuite` or `testsuites`.
#[derive(Debug, Default)]
pub struct Suite {
    pub name: String,
    /// It is a `testsuites`, whose name is that of the whole run.
    pub is_run: bool,
    /// Its place among all suites of the file.
    pub ordinal: u64,
    /// Cases in it, those of nested suites included.
    pub cases: u64,
    pub failed: u64,
    /// Failures and errors that its attributes count.
    pub claimed: u64,
    /// Failures and errors that its cases show.
    pub shown: u64,
    /// The reason why it was skipped as a whole.
    pub skipped: Option<String>,
    pub out: Option<Clipped>,
    pub err: Option<Clipped>,
    /// Facts that an earlier reading kept of it.
    pub kept: Option<Kept>,
    /// Failed cases that got its output, and the first of them.
    pub given: usize,
    pub first_given: String,
}

impl Suite {
    /// Appends to its output.
    pub fn push_output(&mut self, stream: Stream, text: &str) {
        let output = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        let text = super::case::without_blank_ends(text);
        if text.is_empty() {
            return;
        }
        match output {
            None => output.insert(Clipped::new(suite_facts::LIMIT)).push_str(text),
            Some(output) => {
                output.push_str("\n");
                output.push_str(text);
            }
        }
    }

    /// Returns its output.
    pub fn output(&self, stream: Stream) -> Option<&Clipped> {
        match stream {
            Stream::Out => self.out.as_ref(),
            Stream::Err => self.err.as_ref(),
        }
    }

    /// Tells whether anything was written by it as a whole.
    pub fn has_output(&self) -> bool {
        self.out.is_some() || self.err.is_some()
    }

    /// Tells how many failures it counts that nothing in it shows.
    pub fn missing(&self) -> u64 {
        self.claimed.saturating_sub(self.shown)
    }

    /// Counts in what a nested suite held. What is missing there is said there.
    pub fn add_inner(&mut self, inner: &Self) {
        self.cases += inner.cases;
        self.failed += inner.failed;
        self.shown += inner.shown.max(inner.claimed);
    }
}
