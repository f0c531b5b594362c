//! What whole suites wrote, kept from the first reading of a report for the second.
//!
//! A suite's output usually follows its cases, and which of them failed is known only then. This module
//! owns what is kept of it, and where: not in memory, which must not go with the size of the report.

use std::collections::HashMap;
use std::io;

use super::case::{Stream, without_blank_ends};
use crate::util::temp_store::{Span, TempStore};

/// The most that one case gets of the output of its suites, in bytes: enough for what explains a
/// failure, and harmless where a thousand cases of a suite failed.
pub const LIMIT: usize = 64 * 1024;

/// The output of suites by their place among all suites of the document.
#[derive(Debug, Default)]
pub struct SuiteOutputs {
    kept: HashMap<u64, Kept>,
    spill: TempStore,
    /// The report was read through.
    complete: bool,
}

/// Room for the line that says what was cut.
const MARK: usize = 96;

/// What one suite wrote, and who is to get it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    out: Span,
    err: Span,
    /// The suite has one case, which gets the output whatever its status.
    pub for_any: bool,
}

impl SuiteOutputs {
    /// Whether this was filled by an earlier reading.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Ends the filling.
    pub fn complete(mut self) -> Self {
        self.complete = true;
        self
    }

    /// Keeps what the suite `ordinal` wrote.
    pub fn keep(
        &mut self,
        ordinal: u64,
        out: &Clipped,
        err: &Clipped,
        for_any: bool,
    ) -> io::Result<()> {
        let limit = if out.is_empty() || err.is_empty() { LIMIT } else { LIMIT / 2 };
        let out = self.spill.put(out.to_text(limit).as_bytes())?;
        let err = self.spill.put(err.to_text(limit).as_bytes())?;
        self.kept.insert(ordinal, Kept { out, err, for_any });
        Ok(())
    }

    /// What was kept of the suite `ordinal`.
    pub fn find(&self, ordinal: u64) -> Option<Kept> {
        self.kept.get(&ordinal).copied()
    }

    /// The text that `kept` has of `stream`.
    pub fn text(&mut self, kept: Kept, stream: Stream) -> io::Result<String> {
        let span = match stream {
            Stream::Out => kept.out,
            Stream::Err => kept.err,
        };
        let bytes = self.spill.get(span)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A text of which only head and tail are kept once it exceeds what can be needed of it.
#[derive(Debug, Default)]
pub struct Clipped {
    head: String,
    tail: String,
    cut: usize,
}

impl Clipped {
    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    /// Appends `text` in a line of its own, without the blank lines around it.
    pub fn push_below(&mut self, text: &str) {
        let text = without_blank_ends(text);
        if !self.is_empty() && !text.is_empty() {
            self.push("\n");
        }
        self.push(text);
    }

    fn push(&mut self, text: &str) {
        let room = if self.tail.is_empty() { LIMIT - self.head.len() } else { 0 };
        let (head, rest) = text.split_at(boundary_at_most(text, room));
        self.head.push_str(head);
        self.tail.push_str(rest);
        if self.tail.len() > 2 * LIMIT {
            let end = boundary_at_most(&self.tail, self.tail.len() - LIMIT);
            self.tail.drain(..end);
            self.cut += end;
        }
    }

    /// At most `limit` bytes of it: head and tail, with a line between them that says what was cut.
    pub fn to_text(&self, limit: usize) -> String {
        let whole = [&*self.head, &*self.tail].concat();
        if whole.len() + self.cut <= limit {
            return whole;
        }
        let half = limit.saturating_sub(MARK) / 2;
        let head = &whole[..boundary_at_most(&whole, half)];
        let tail = &whole[boundary_at_least(&whole, whole.len().saturating_sub(half))..];
        let cut = whole.len() + self.cut - head.len() - tail.len();
        format!("{head}\n[… {cut} bytes of the suite's output were cut here …]\n{tail}")
    }
}

fn boundary_at_most(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn boundary_at_least(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_whole() {
        let mut text = Clipped::default();
        assert!(text.is_empty());
        text.push_below("one\n");
        text.push_below("\n");
        text.push_below("two");
        assert_eq!(text.to_text(LIMIT), "one\ntwo");
    }

    #[test]
    fn what_does_not_fit_keeps_head_and_tail_and_says_how_much_is_missing() {
        for pieces in [1, 7, 3000, 40_000] {
            let mut text = Clipped::default();
            let mut len = 0;
            for piece in 0..pieces {
                let line = format!("{piece:06} é {}\n", "x".repeat(200_000 / pieces));
                len += line.len();
                text.push(&line);
            }
            let clipped = text.to_text(LIMIT);
            assert!(clipped.len() <= LIMIT && clipped.len() > LIMIT - 200, "{}", clipped.len());
            assert!(clipped.starts_with("000000 é x") && clipped.ends_with("x\n"));
            let (head, rest) = clipped.split_once("\n[… ").unwrap();
            let (mark, tail) = rest.split_once(" …]\n").unwrap();
            let cut = len - head.len() - tail.len();
            assert_eq!(mark, format!("{cut} bytes of the suite's output were cut here"));
        }
    }

    #[test]
    fn characters_are_not_cut_in_two() {
        for shift in 0..4 {
            let mut text = Clipped::default();
            text.push(&"x".repeat(shift));
            text.push(&"😀".repeat(100_000));
            assert!(text.to_text(LIMIT).len() <= LIMIT);
        }
    }

    #[test]
    fn both_streams_share_the_limit() {
        let mut long = Clipped::default();
        long.push(&"x".repeat(LIMIT + 1));
        let mut outputs = SuiteOutputs::default();
        outputs.keep(1, &long, &long, false).unwrap();
        outputs.keep(2, &long, &Clipped::default(), true).unwrap();
        let both = outputs.find(1).unwrap();
        assert!(outputs.text(both, Stream::Out).unwrap().len() <= LIMIT / 2);
        let one = outputs.find(2).unwrap();
        let alone = outputs.text(one, Stream::Out).unwrap();
        assert!(alone.len() > LIMIT / 2 && alone.len() <= LIMIT);
        assert!(outputs.find(3).is_none());
    }
}
