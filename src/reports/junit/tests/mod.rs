//! Tests of the reader as a whole. Those of its parts stand beside them.

mod edge;
mod fuzz;
mod model;
mod reading;
mod shapes;

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::case::Case;
use super::{Mapping, Results, SuiteFacts};
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::reports::error::ReadError;
use crate::reports::format::{ReadOptions, ReportReader};

/// What a first reading gives: the cases before they are mapped.
#[derive(Debug, Default)]
struct Reading {
    cases: Vec<(Vec<String>, Case)>,
    error: Option<ReadError>,
    warnings: Warnings,
}

fn options(mapping: &Mapping) -> ReadOptions {
    ReadOptions { mapping: mapping.clone(), max_log: 1 << 20, properties: false }
}

fn read_cases(source: impl Read + Seek) -> Reading {
    let mut reading = Reading::default();
    let results = Results::new(source, &options(&Mapping::default()), SuiteFacts::default());
    match results.and_then(|mut results| collect_cases(&mut results, &mut reading)) {
        Ok(()) => {}
        Err(error) => reading.error = Some(error),
    }
    reading
}

fn collect_cases<R: Read + Seek>(
    results: &mut Results<R>,
    reading: &mut Reading,
) -> Result<(), ReadError> {
    loop {
        // A step of `Results::next`, but for the mapping.
        match results.read_case(&mut reading.warnings) {
            Ok(true) => {}
            Ok(false) => {
                results.xml.source().note(&mut reading.warnings);
                return Ok(());
            }
            Err(error) => {
                let line = error.line.or(Some(results.xml.line()));
                return Err(ReadError { line, ..error });
            }
        }
        let suites = results.document.suites.iter().filter(|suite| !suite.is_run);
        let path = suites.map(|suite| suite.name.clone()).collect();
        reading.cases.push((path, results.document.case.clone()));
        results.document.leave_case();
    }
}

/// Both readings, as `to submit` does them: the first has the warnings, and the names of the second.
fn read_twice(bytes: &[u8], mapping: &Mapping) -> (Vec<TestResult>, Option<ReadError>, Warnings) {
    let open = |facts| Results::new(Cursor::new(bytes), &options(mapping), facts);
    let (mut warnings, mut ignored) = (Warnings::default(), Warnings::default());
    let mut first = match open(SuiteFacts::default()) {
        Ok(results) => results,
        Err(error) => return (Vec::new(), Some(error), warnings),
    };
    let (names, first_error) = drain(|| first.next_name(&mut warnings));
    let facts = Box::new(first).finish(&mut warnings).unwrap().suite_facts;
    let mut second = open(facts).unwrap();
    let (results, error) = drain(|| second.next(&mut ignored));
    assert!(names.iter().eq(results.iter().map(|result| &result.name)), "{names:?}");
    assert_eq!(first_error, error);
    (results, error, warnings)
}

fn drain<T>(mut next: impl FnMut() -> Result<Option<T>, ReadError>) -> (Vec<T>, Option<ReadError>) {
    let mut all = Vec::new();
    loop {
        match next() {
            Ok(Some(item)) => all.push(item),
            Ok(None) => return (all, None),
            Err(error) => {
                assert!(matches!(next(), Ok(None)), "more came after {error}");
                return (all, Some(error));
            }
        }
    }
}

fn read(text: &str) -> Vec<TestResult> {
    let (results, error, _) = read_twice(text.as_bytes(), &Mapping::default());
    assert!(error.is_none(), "{error:?}");
    results
}

fn error(text: &str) -> String {
    let (_, error, _) = read_twice(text.as_bytes(), &Mapping::default());
    error.expect("an error").to_string()
}

/// Gives at most `piece` bytes at once.
struct Slow<'a> {
    bytes: Cursor<&'a [u8]>,
    piece: usize,
}

impl<'a> Slow<'a> {
    fn new(bytes: &'a [u8], piece: usize) -> Self {
        Self { bytes: Cursor::new(bytes), piece }
    }
}

impl Read for Slow<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = to.len().min(self.piece);
        self.bytes.read(&mut to[..count])
    }
}

impl Seek for Slow<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}
