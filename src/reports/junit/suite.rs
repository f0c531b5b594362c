//! A suite of a JUnit report, while it is open; and facts of whole suites, kept from the first reading of a
//! report for the second.
//!
//! A suite's output usually follows its cases, and which of them failed is known only then; so it is with
//! a suite that was skipped as a whole. What is kept is not held in memory, which must not go with the size
//! of the report.

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
    /// What was written by it as a whole, by the [`Stream`]s.
    pub outputs: [Option<Clipped>; 2],
    /// Facts that an earlier reading kept of it.
    pub kept: Option<Kept>,
    /// Failed cases that got its output, and the first of them.
    pub given: usize,
    pub first_given: String,
}

impl Suite {
    /// Appends to its output.
    pub fn push_output(&mut self, stream: Stream, text: &str) {
        let text = without_blank_ends(text);
        if text.is_empty() {
            return;
        }
        let output = self.outputs[stream as usize].get_or_insert_with(|| Clipped::new(LIMIT));
        if !output.is_empty() {
            output.push_str("\n");
        }
        output.push_str(text);
    }

    /// Tells whether anything was written by it as a whole.
    pub fn has_output(&self) -> bool {
        self.outputs.iter().any(Option::is_some)
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
    /// A report was read through to fill this.
    pub is_complete: bool,
}

/// Output of one suite, and who is to get it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    /// By their [`Stream`]s.
    pub outputs: [Span; 2],
    /// The reason why it was skipped.
    pub skipped: Option<Span>,
    /// The suite has one case, which gets the output whatever its status.
    pub for_any: bool,
}

impl SuiteFacts {
    /// Keeps what is to be known of a suite; its output only where a case is to get it.
    pub fn keep(&mut self, suite: &Suite) -> io::Result<()> {
        let mut kept = Kept { for_any: suite.cases == 1, ..Kept::default() };
        if suite.failed > 0 || kept.for_any {
            let has_both = suite.outputs.iter().all(Option::is_some);
            let limit = if has_both { LIMIT / 2 } else { LIMIT } - MARK;
            for (output, span) in suite.outputs.iter().zip(&mut kept.outputs) {
                let text = output.as_ref().map(Clipped::to_text).unwrap_or_default();
                *span = self.store.put(truncate_middle(&text, limit).as_bytes())?;
            }
        }
        if let Some(reason) = &suite.skipped {
            kept.skipped = Some(self.store.put(reason.as_bytes())?);
        }
        self.kept.insert(suite.ordinal, kept);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Returns what was kept of the suite `ordinal`.
    pub fn find(&self, ordinal: u64) -> Option<Kept> {
        self.kept.get(&ordinal).copied()
    }

    /// Returns a text that was kept.
    pub fn text(&mut self, span: Span) -> io::Result<String> {
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
            facts.text(kept.outputs[stream as usize]).unwrap().len()
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
