//! Tests of the reader as a whole. Those of its parts stand beside them.

mod edge;
mod fuzz;
mod model;
mod reading;
mod shapes;

use std::io::{self, Read};

use super::case::Case;
use super::{Mapping, Results, SuiteOutputs};
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::reports::error::ReadError;
use crate::reports::format::ReportReader;
use crate::reports::xml::LeadingText;

/// What a first reading gives: the cases before they are mapped.
#[derive(Debug, Default)]
struct Reading {
    cases: Vec<(Vec<String>, Case)>,
    error: Option<ReadError>,
    warnings: Warnings,
}

fn read_cases(source: impl Read, leading_text: LeadingText) -> Reading {
    let mut reading = Reading::default();
    let outputs = SuiteOutputs::default();
    let results = Results::new(source, Mapping::default(), outputs, leading_text);
    match results.and_then(|mut results| collect_cases(&mut results, &mut reading)) {
        Ok(()) => {}
        Err(error) => reading.error = Some(error),
    }
    reading
}

fn collect_cases<R: Read>(
    results: &mut Results<R>,
    reading: &mut Reading,
) -> Result<(), ReadError> {
    loop {
        // A step of `Results::next`, but for the mapping.
        match results.read_case(&mut reading.warnings) {
            Ok(true) => {}
            Ok(false) => {
                results.note_malformed(&mut reading.warnings);
                return Ok(());
            }
            Err(error) => {
                let line = error.line.or(Some(results.xml.line()));
                return Err(ReadError { line, ..error });
            }
        }
        let suites = results.document.suites().iter().filter(|suite| !suite.is_run);
        let path = suites.map(|suite| suite.name.clone()).collect();
        reading.cases.push((path, results.document.case().clone()));
        results.document.leave_case();
    }
}

/// Both readings, as `to submit` does them: the first has the warnings, and the names of the second.
fn read_twice(
    bytes: &[u8],
    mapping: &Mapping,
    leading_text: LeadingText,
) -> (Vec<TestResult>, Option<ReadError>, Warnings) {
    let open = |outputs| Results::new(bytes, mapping.clone(), outputs, leading_text);
    let (mut warnings, mut ignored) = (Warnings::default(), Warnings::default());
    let mut first = match open(SuiteOutputs::default()) {
        Ok(results) => results,
        Err(error) => return (Vec::new(), Some(error), warnings),
    };
    let (names, first_error) = drain(|| first.next_name(&mut warnings));
    let outputs = Box::new(first).finish(&mut warnings).unwrap().suite_outputs;
    let mut second = open(outputs).unwrap();
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
    let (results, error, _) = read_twice(text.as_bytes(), &Mapping::default(), LeadingText::Strict);
    assert!(error.is_none(), "{error:?}");
    results
}

fn error(text: &str) -> String {
    let (_, error, _) = read_twice(text.as_bytes(), &Mapping::default(), LeadingText::Strict);
    error.expect("a error").to_string()
}

/// Gives at most `piece` bytes at once.
struct Slow<'a> {
    bytes: &'a [u8],
    piece: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = to.len().min(self.piece);
        self.bytes.read(&mut to[..count])
    }
}
