//! What the tests of the JSON readers share: generated results, the many ways to write them, and
//! damaged texts.

use std::{
    env,
    time::{Duration, Instant},
};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::error::ReadError;
use crate::model::result::{Status, TestResult};
use crate::model::warnings::{Warning, Warnings};

/// How long damaged texts are tried where `TO_FUZZ_SECONDS` says nothing.
const FUZZ_TIME: Duration = Duration::from_millis(250);

/// All that a reader gave.
#[derive(Debug, Default)]
pub struct Given {
    pub results: Vec<TestResult>,
    pub errors: Vec<ReadError>,
    pub warnings: Warnings,
}

impl Given {
    /// Calls a reader's `next` to the end.
    pub fn by(
        mut next: impl FnMut(&mut Warnings) -> Result<Option<TestResult>, ReadError>,
    ) -> Self {
        let mut given = Self::default();
        loop {
            match next(&mut given.warnings) {
                Ok(Some(result)) => given.results.push(result),
                Ok(None) => return given,
                Err(error) => given.errors.push(error),
            }
        }
    }

    /// What a reader gives that could not be opened.
    pub fn error(error: ReadError) -> Self {
        Self { errors: vec![error], ..Self::default() }
    }

    /// The errors as an error shows them behind the file's name.
    pub fn words(&self) -> Vec<String> {
        self.errors.iter().map(ToString::to_string).collect()
    }

    pub fn names(&self) -> Vec<&str> {
        self.results.iter().map(|result| result.name.as_str()).collect()
    }
}

/// A note as the summary gets it.
pub fn note(text: &'static str, count: u64, names: &[&str]) -> Warning {
    Warning { text: text.into(), count, names: names.iter().map(ToString::to_string).collect() }
}

/// One way to write a result: what of JSON and of the API leaves a choice.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one choice, and they are independent")]
pub struct Style {
    pub is_pretty: bool,
    is_ascii: bool,
    is_reversed: bool,
    has_nulls: bool,
    has_unknown_fields: bool,
    is_doubled: bool,
    spelling: usize,
}

pub fn styles() -> impl Strategy<Value = Style> {
    (any::<[bool; 6]>(), 0..6_usize).prop_map(|(choices, spelling)| Style {
        is_pretty: choices[0],
        is_ascii: choices[1],
        is_reversed: choices[2],
        has_nulls: choices[3],
        has_unknown_fields: choices[4],
        is_doubled: choices[5],
        spelling,
    })
}

/// Results with any text in them: control characters, astral ones, quotes, brackets.
pub fn results() -> impl Strategy<Value = Vec<TestResult>> {
    let text =
        || prop_oneof![Just(String::new()), any::<String>(), "[\\[\\]{}\",:\\\\ \n\t€😀]{0,12}"];
    let status = prop_oneof![Just(Status::Passed), Just(Status::Failed), Just(Status::Skipped)];
    let name = any::<String>().prop_filter("a blank name is none", |name| !name.trim().is_empty());
    let fields = (name, status, text(), text(), text(), text());
    let result = fields.prop_map(|(name, status, category, template_id, comment, io_log)| {
        TestResult { name, status, category, template_id, comment, io_log }
    });
    prop::collection::vec(result, 0..8)
}

/// Writes a result in a style; pretty ones go over several lines.
pub fn written(result: &TestResult, style: Style) -> String {
    let texts = [
        ("name", &result.name),
        ("category", &result.category),
        ("template_id", &result.template_id),
        ("comment", &result.comment),
        ("io_log", &result.io_log),
    ];
    let mut members = vec![("status", quoted(spelt(result.status, style.spelling), style))];
    for (key, text) in texts {
        match (text.is_empty(), style.has_nulls) {
            (true, true) => members.push((key, "null".to_owned())),
            (true, false) => {}
            (false, _) => members.push((key, quoted(text, style))),
        }
    }
    if style.is_reversed {
        members.reverse();
    }
    if style.has_unknown_fields {
        members.insert(0, ("seconds", "[1.5e3, {\"a\": [true, null]}]".to_owned()));
    }
    if style.is_doubled {
        members.insert(0, ("status", "17".to_owned()));
    }
    let (space, line) = if style.is_pretty { (" ", "\n\t") } else { ("", "") };
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("{line}\"{key}\"{space}:{space}{value}"))
        .collect();
    format!("{{{}{space}}}", members.join(","))
}

fn spelt(status: Status, spelling: usize) -> &'static str {
    let spellings = match status {
        Status::Passed => ["PASSED", "passed", "Passed", "pass", "PASS", "Pass"],
        Status::Failed => ["FAILED", "failed", "Failed", "fail", "FAIL", "Fail"],
        Status::Skipped => ["SKIPPED", "skipped", "Skipped", "skip", "SKIP", "Skip"],
    };
    spellings[spelling]
}

fn quoted(text: &str, style: Style) -> String {
    if !style.is_ascii {
        return json!(text).to_string();
    }
    let escapes: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{}\"", escapes.concat())
}

/// What `serde_json` alone makes of an array, or nothing where it is none of good results.
pub fn by_value(text: &[u8]) -> Option<Vec<TestResult>> {
    let values: Vec<Value> = serde_json::from_slice(text).ok()?;
    values.into_iter().map(|value| serde_json::from_value(value).ok()).collect()
}

/// Gives damaged copies of the seeds to `read`, for as long as `TO_FUZZ_SECONDS` says.
///
/// `read` must end, not panic, and give no more than the text can hold.
pub fn fuzz(seeds: &[Vec<u8>], mut read: impl FnMut(&[u8]) -> Given) {
    let seconds = env::var("TO_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let time = seconds.map_or(FUZZ_TIME, Duration::from_secs);
    let begun = Instant::now();
    let mut dice = Dice(u64::from(std::process::id()) << 20 | 1);
    println!("fuzzed from {:#x}", dice.0);
    let mut tried = 0_u64;
    while begun.elapsed() < time {
        let text = dice.damage(seeds);
        let given = read(&text);
        let parts = given.results.len() + given.errors.len();
        assert!(parts <= text.len() + 2, "{parts} parts of {:?}", String::from_utf8_lossy(&text));
        tried += 1;
    }
    println!("{tried} texts");
}

/// Bytes that mean something in JSON, in UTF-8 or to this project.
const MARKS: &[u8] = b"[]{}\",:\\ \n0-e\0\xFF\xEF\xBB\xBFntu";

/// A small xorshift: its numbers need not be good, only many.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }

    fn damage(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut text = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let (at, other) = (self.below(text.len() + 1), self.below(text.len() + 1));
            let piece = text[at.min(other)..at.max(other)].to_vec();
            match self.below(7) {
                0 => text.truncate(at),
                1 => drop(text.drain(at.min(other)..at.max(other))),
                2 if text.len() < 10_000 => drop(text.splice(at..at, piece)),
                3 => text.insert(at, MARKS[self.below(MARKS.len())]),
                4 if at < text.len() => text[at] = self.below(256).to_le_bytes()[0],
                5 if at < text.len() => text[at] ^= 1 << self.below(8),
                _ => drop(text.splice(at..at, vec![b"[{\"\\"[self.below(4)]; self.below(300)])),
            }
        }
        text
    }
}
