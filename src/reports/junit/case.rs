//! A test case as JUnit reports have it: the words of the format, and what its outcomes add up to.

use std::borrow::Cow;
use std::ops::Range;

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
    /// It says `executed="false"` or `disabled="true"`.
    pub is_disabled: bool,
    pub outcomes: Vec<Outcome>,
    /// By their [`Stream`]s.
    pub outputs: [String; 2],
    /// Text that is in none of its elements.
    pub text: String,
    pub warning: String,
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
    /// Output that was written during this attempt, as Surefire has it.
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

/// The verdict of a word.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Verdict {
    Nothing,
    Skipped,
    Failed,
}

impl Verdict {
    /// Returns the verdict of a word, and whether the word is known: one that is not understood is never
    /// taken for passed.
    fn of(word: &str) -> (Self, bool) {
        // Most cases have no such attribute.
        if word.is_empty() {
            return (Self::Nothing, true);
        }
        match &*plain(word) {
            "" | "pass" | "passed" | "success" | "successful" | "succeeded" | "ok" | "run"
            | "executed" | "completed" | "complete" | "finished" | "done" | "fixed" => {
                (Self::Nothing, true)
            }
            "fail" | "failed" | "failure" | "error" | "errored" | "broken" | "crash"
            | "crashed" | "timeout" | "timedout" | "aborted" | "killed" | "interrupted"
            | "hookerror" | "regression" => (Self::Failed, true),
            "skipped" | "skip" | "ignored" | "ignore" | "disabled" | "notrun" | "suppressed"
            | "pending" | "untested" | "inconclusive" | "cancelled" | "canceled"
            | "notrunnable" | "notexecuted" | "notapplicable" | "blocked" | "excluded"
            | "undefined" | "todo" => (Self::Skipped, true),
            _ => (Self::Skipped, false),
        }
    }
}

/// Returns a word without case, blanks, `_` and `-`, which tools use as they like.
fn plain(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.into();
    }
    let is_filler = |char: &char| char.is_whitespace() || matches!(char, '_' | '-');
    word.chars().filter(|char| !is_filler(char)).flat_map(char::to_lowercase).collect()
}

impl Kind {
    /// The kinds in their order, each with the name of its element.
    const NAMES: [(Self, &str); 7] = [
        (Self::Failure, "failure"),
        (Self::Error, "error"),
        (Self::Skipped, "skipped"),
        (Self::FlakyFailure, "flakyFailure"),
        (Self::FlakyError, "flakyError"),
        (Self::RerunFailure, "rerunFailure"),
        (Self::RerunError, "rerunError"),
    ];

    /// Returns the element's name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Returns the kind of an element of this name, or of one that is named like a status.
    pub fn of_element(name: &str) -> Option<Self> {
        let mut own = Self::NAMES.into_iter();
        if let Some((kind, _)) = own.find(|(_, own)| own.eq_ignore_ascii_case(name)) {
            return Some(kind);
        }
        let word = &*plain(name);
        match Verdict::of(word) {
            _ if word == "error" || word == "errored" => Some(Self::Error),
            (Verdict::Failed, _) => Some(Self::Failure),
            (Verdict::Skipped, true) => Some(Self::Skipped),
            _ => None,
        }
    }

    /// Tells whether the name of an element says no more than the kind: `fail`, `skip`.
    pub fn is_said_by(self, element: &str) -> bool {
        let begin = |name: &str| name.get(..4).map(str::to_ascii_lowercase);
        begin(element) == begin(self.name())
    }

    /// Tells whether this alone makes a case fail.
    pub fn fails(self) -> bool {
        matches!(self, Self::Failure | Self::Error)
    }

    /// Tells whether this is one attempt of several.
    pub fn is_attempt(self) -> bool {
        self.is_flaky() || self.is_rerun()
    }

    fn is_flaky(self) -> bool {
        matches!(self, Self::FlakyFailure | Self::FlakyError)
    }

    fn is_rerun(self) -> bool {
        matches!(self, Self::RerunFailure | Self::RerunError)
    }
}

impl Stream {
    pub const ALL: [Self; 2] = [Self::Out, Self::Err];

    /// Returns the element's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Out => "system-out",
            Self::Err => "system-err",
        }
    }

    /// Returns the stream of an element: `system-out`, also as `system.out` or `systemOut`.
    pub fn of_element(name: &str) -> Option<Self> {
        let is_like = |stream: Self| {
            let letters = name.bytes().filter(u8::is_ascii_alphabetic);
            let own = stream.name().bytes().filter(u8::is_ascii_alphabetic);
            letters.map(|byte| byte.to_ascii_lowercase()).eq(own)
        };
        Self::ALL.into_iter().find(|stream| stream.name() == name || is_like(*stream))
    }
}

impl Case {
    /// Forgets the last case but keeps its memory.
    pub fn clear(&mut self) {
        let Self { name, class_name, file, states, outputs, text, warning, .. } = self;
        let ([status, result], [out, err]) = (states, outputs);
        for text in [name, class_name, file, status, result, out, err, text, warning] {
            text.clear();
        }
        self.outcomes.clear();
        self.is_disabled = false;
        self.is_suite = false;
    }

    /// Returns the status that its elements and attributes give. Reruns of a test that failed stand
    /// beside its failure: alone they tell of one all the same.
    pub fn status(&self) -> Status {
        let has = |is: fn(Kind) -> bool| self.outcomes.iter().any(|outcome| is(outcome.kind));
        match () {
            () if has(Kind::fails) || has(Kind::is_rerun) => Status::Failed,
            () if has(|kind| kind == Kind::Skipped) => Status::Skipped,
            () => match self.verdict() {
                Verdict::Failed => Status::Failed,
                Verdict::Skipped => Status::Skipped,
                Verdict::Nothing => Status::Passed,
            },
        }
    }

    /// Tells whether it says nothing of how it went: then its suite can.
    pub fn is_silent(&self) -> bool {
        self.outcomes.is_empty() && self.verdict() == Verdict::Nothing
    }

    /// Returns the worse verdict of its attributes.
    fn verdict(&self) -> Verdict {
        let words = self.states.iter().map(|state| Verdict::of(state).0);
        let worst = words.max().unwrap_or(Verdict::Nothing);
        if self.is_disabled { worst.max(Verdict::Skipped) } else { worst }
    }

    /// Returns the word of an attribute that is not known.
    pub fn unknown_state(&self) -> Option<&str> {
        self.states.iter().find(|state| !Verdict::of(state).1).map(String::as_str)
    }

    /// Returns the attribute that alone says that the case failed.
    pub fn claimed_failure(&self) -> Option<String> {
        let fails = |outcome: &Outcome| outcome.kind.fails() || outcome.kind.is_rerun();
        if self.outcomes.iter().any(fails) || self.status() != Status::Failed {
            return None;
        }
        let pairs = ["status", "result"].into_iter().zip(&self.states);
        let mut failed = pairs.filter(|(_, state)| Verdict::of(state).0 == Verdict::Failed);
        failed.next().map(|(attribute, state)| format!("{attribute}=\"{state}\""))
    }

    /// Counts failures as a suite does: each `failure` and `error`, and a case that only says so.
    pub fn failures(&self) -> u64 {
        let failing = self.outcomes.iter().filter(|outcome| outcome.kind.fails()).count() as u64;
        failing.max(u64::from(self.status() == Status::Failed))
    }

    /// Counts the attempts that failed before the one that counts.
    pub fn flaky_attempts(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.kind.is_flaky()).count()
    }
}

/// Appends `text` below what is there, without the blank lines around it.
pub fn push_below(to: &mut String, mut text: String) {
    let kept = visible(&text);
    if to.is_empty() && kept.start == 0 {
        text.truncate(kept.end);
        *to = text;
    } else {
        if !to.is_empty() && !kept.is_empty() {
            to.push('\n');
        }
        to.push_str(&text[kept]);
    }
}

/// Returns `text` without blank lines at either end; the first line keeps its indentation.
pub fn without_blank_ends(text: &str) -> &str {
    &text[visible(text)]
}

fn visible(text: &str) -> Range<usize> {
    let visible_end = text.trim_end_matches(is_white).len();
    let visible_start = text.len() - text.trim_start_matches(is_white).len();
    if visible_start >= visible_end {
        return 0..0;
    }
    let end = text[visible_end..].find('\n').map_or(text.len(), |at| visible_end + at);
    let start = text[..visible_start].rfind('\n').map_or(0, |at| at + 1);
    start..end
}

/// Tells white space as XML knows it: form feeds and the like are kept.
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
            push_below(&mut text, part.to_owned());
        }
        assert_eq!(text, "one\n two");
    }
}
