//! A test case as JUnit reports have it.
//!
//! This module owns the words of the format (outcomes, streams, states) and what a case's outcomes add
//! up to. It knows nothing of XML, nor of what Test Observer makes of a case.

use crate::model::result::Status;

/// One `testcase`, or what stands in for one where a suite failed outside of its cases. Absent
/// attributes are empty: no mapping tells the two apart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Case {
    pub name: String,
    pub class_name: String,
    pub file: String,
    /// Its `status` and `result` attributes.
    pub states: [String; 2],
    pub outcomes: Vec<Outcome>,
    pub out: String,
    pub err: String,
    /// The outcomes are those of a suite.
    pub is_suite: bool,
}

/// One element that says how a case, or an attempt at it, went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    pub kind: Kind,
    pub type_name: String,
    pub message: String,
    pub text: String,
    /// What was written during this attempt, as Surefire has it.
    pub outputs: Vec<(Stream, String)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Failure,
    Error,
    Skipped,
    FlakyFailure,
    FlakyError,
    RerunFailure,
    RerunError,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    Out,
    Err,
}

/// Values of `status` and `result` that say that a case did not run: gtest's and Surefire's.
const NOT_RUN: [&str; 4] = ["disabled", "notrun", "suppressed", "skipped"];

/// Values that say that a case failed, for which its elements ought to have the reason.
const FAILED: [&str; 5] = ["failed", "failure", "fail", "error", "errored"];

impl Kind {
    const ALL: [Self; 7] = [
        Self::Failure,
        Self::Error,
        Self::Skipped,
        Self::FlakyFailure,
        Self::FlakyError,
        Self::RerunFailure,
        Self::RerunError,
    ];

    /// The element's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::FlakyFailure => "flakyFailure",
            Self::FlakyError => "flakyError",
            Self::RerunFailure => "rerunFailure",
            Self::RerunError => "rerunError",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether this alone makes a case fail.
    pub fn fails(self) -> bool {
        matches!(self, Self::Failure | Self::Error)
    }

    /// Whether this tells of one attempt of several.
    pub fn is_attempt(self) -> bool {
        !matches!(self, Self::Failure | Self::Error | Self::Skipped)
    }

    fn is_flaky(self) -> bool {
        matches!(self, Self::FlakyFailure | Self::FlakyError)
    }
}

impl Stream {
    /// The element's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Out => "system-out",
            Self::Err => "system-err",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Out, Self::Err].into_iter().find(|stream| stream.name() == name)
    }
}

impl Case {
    /// Forgets the last case but keeps its memory.
    pub fn clear(&mut self) {
        self.name.clear();
        self.class_name.clear();
        self.file.clear();
        self.states.iter_mut().for_each(String::clear);
        self.outcomes.clear();
        self.out.clear();
        self.err.clear();
        self.is_suite = false;
    }

    pub fn status(&self) -> Status {
        if self.outcomes.iter().any(|outcome| outcome.kind.fails()) {
            Status::Failed
        } else if self.outcomes.iter().any(|outcome| outcome.kind == Kind::Skipped)
            || self.says(&NOT_RUN)
        {
            Status::Skipped
        } else {
            Status::Passed
        }
    }

    /// Whether an attribute claims a failure of which no element tells.
    pub fn only_says_failed(&self) -> bool {
        self.says(&FAILED) && self.status() == Status::Passed
    }

    fn says(&self, words: &[&str]) -> bool {
        let states = self.states.iter().filter(|state| !state.is_empty());
        states.into_iter().any(|state| words.iter().any(|word| state.eq_ignore_ascii_case(word)))
    }

    /// How many attempts failed before the one that counts.
    pub fn flaky_attempts(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.kind.is_flaky()).count()
    }

    /// The text of `stream`.
    pub fn output_mut(&mut self, stream: Stream) -> &mut String {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }
}

/// Appends `text` below what is there, without the blank lines around it.
pub fn push_below(to: &mut String, text: &str) {
    let text = without_blank_ends(text);
    if !to.is_empty() && !text.is_empty() {
        to.push('\n');
    }
    to.push_str(text);
}

/// `text` without blank lines at either end; the first line keeps its indentation.
pub fn without_blank_ends(text: &str) -> &str {
    let visible_end = text.trim_end_matches(is_white).len();
    let end = text[visible_end..].find('\n').map_or(text.len(), |at| visible_end + at);
    let visible_start = text.len() - text.trim_start_matches(is_white).len();
    if visible_start >= visible_end {
        return "";
    }
    let start = text[..visible_start].rfind('\n').map_or(0, |at| at + 1);
    &text[start..end]
}

/// White space as XML knows it: form feeds and the like are kept.
fn is_white(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::{push_below, without_blank_ends};

    #[test]
    fn only_blank_lines_at_the_ends_go() {
        for (text, kept) in [
            ("", ""),
            (" \n\t\r\n ", ""),
            ("a", "a"),
            ("\n    at foo\n      at bar\n", "    at foo\n      at bar"),
            ("  \n \n  a \n\n b  \n  \n ", "  a \n\n b  "),
            ("\u{c}\n", "\u{c}"),
            ("a\r\n\r\n", "a\r"),
        ] {
            assert_eq!(without_blank_ends(text), kept, "{text:?}");
        }
    }

    #[test]
    fn several_texts_stand_below_each_other() {
        let mut text = String::new();
        for part in ["\n", "one\n", "", " two"] {
            push_below(&mut text, part);
        }
        assert_eq!(text, "one\n two");
    }
}
