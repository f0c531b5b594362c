//! A suite of a JUnit report, while it is open; and facts of whole suites, kept from the first reading of a
//! report for the second.
//!
//! A suite's output usually follows its cases, and which of them failed is known only then; so it is with
//! a suite that was skipped as a whole. This module owns what is kept of it, and where: not in memory,
//! which must not go with the size of the report.

use std::collections::HashMap;
use std::io;

use super::case::{Stream, without_blank_ends};
use crate::util::clip::{Clipped, MARK, truncate_middle};
use crate::util::temp_file::{Span, TempStore};

/// Bytes that one case gets of the output of its suites at most: enough for what explains a failure.
pub const LIMIT: usize = 64 * 1024;

/// Failed cases that get the output of their suite: where a thousand failed, one tells as much as all.
pub const CASES: usize = 20;

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
        let text = without_blank_ends(text);
        if text.is_empty() {
            return;
        }
        match output {
            None => output.insert(Clipped::new(LIMIT)).push_str(text),
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

/// Suites by their place among all suites of the file.
#[derive(Debug, Default)]
pub struct SuiteFacts {
    kept: HashMap<u64, Kept>,
    store: TempStore,
    /// The report was read through.
    complete: bool,
}

/// Output of one suite, and who is to get it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    out: Span,
    err: Span,
    skipped: Option<Span>,
    /// The suite has one case, which gets the output whatever its status.
    pub for_any: bool,
}

impl SuiteFacts {
    /// Tells whether this was filled by an earlier reading.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Ends the filling.
    pub fn complete(mut self) -> Self {
        self.complete = true;
        self
    }

    /// Keeps what is to be known of a suite; its output only where a case is to get it.
    pub fn keep(&mut self, suite: &Suite) -> io::Result<()> {
        let for_any = suite.cases == 1;
        let has_both = [Stream::Out, Stream::Err].map(|stream| suite.output(stream).is_some());
        let limit = if has_both == [true; 2] { LIMIT / 2 } else { LIMIT } - MARK;
        let mut put = |stream| match suite.output(stream) {
            Some(text) if suite.failed > 0 || for_any => {
                self.store.put(truncate_middle(&text.to_text(), limit).as_bytes())
            }
            _ => Ok(Span::default()),
        };
        let (out, err) = (put(Stream::Out)?, put(Stream::Err)?);
        let skipped = suite.skipped.as_ref().map(|reason| self.store.put(reason.as_bytes()));
        let kept = Kept { out, err, skipped: skipped.transpose()?, for_any };
        self.kept.insert(suite.ordinal, kept);
        Ok(())
    }

    /// Returns what was kept of the suite `ordinal`.
    pub fn find(&self, ordinal: u64) -> Option<Kept> {
        self.kept.get(&ordinal).copied()
    }

    /// Returns the text that `kept` has of `stream`.
    pub fn output(&mut self, kept: Kept, stream: Stream) -> io::Result<String> {
        self.text(match stream {
            Stream::Out => kept.out,
            Stream::Err => kept.err,
        })
    }

    /// Returns the reason why the suite was skipped.
    pub fn skipped(&mut self, kept: Kept) -> io::Result<Option<String>> {
        kept.skipped.map(|span| self.text(span)).transpose()
    }

    fn text(&mut self, span: Span) -> io::Result<String> {
        let bytes = self.store.get(span)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(ordinal: u64, outputs: &[(Stream, usize)]) -> Suite {
        let mut suite = Suite { ordinal, cases: 2, failed: 1, ..Suite::default() };
        for (stream, length) in outputs {
            suite.push_output(*stream, &"x".repeat(*length));
        }
        suite
    }

    #[test]
    fn both_streams_share_the_limit() {
        let mut facts = SuiteFacts::default();
        facts.keep(&suite(1, &[(Stream::Out, 4 * LIMIT), (Stream::Err, 4 * LIMIT)])).unwrap();
        facts.keep(&suite(2, &[(Stream::Err, 4 * LIMIT)])).unwrap();
        facts.keep(&suite(3, &[(Stream::Out, 10), (Stream::Out, 10)])).unwrap();
        let mut length = |ordinal, stream| {
            let kept = facts.find(ordinal).unwrap();
            facts.output(kept, stream).unwrap().len()
        };
        let halves = [Stream::Out, Stream::Err].map(|stream| length(1, stream));
        assert!(
            halves.iter().all(|half| (LIMIT / 2 - 50..=LIMIT / 2).contains(half)),
            "{halves:?}"
        );
        assert!((LIMIT - 50..=LIMIT).contains(&length(2, Stream::Err)));
        assert_eq!((length(2, Stream::Out), length(3, Stream::Out)), (0, 21));
        assert!(facts.find(4).is_none());
    }
}
