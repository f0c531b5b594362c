//! Tests of the reader as a whole. Those of its parts stand beside them.

mod edge;
mod fuzz;
mod model;
mod reading;
mod shapes;

use std::io::{self, Read};

use super::case::Case;
use super::{LeadingText, Mapping, Results, SuiteOutputs};
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::reports::ReadError;

/// What a first reading gives: the cases before they are mapped.
#[derive(Debug, Default)]
struct Reading {
    cases: Vec<(Vec<String>, Case)>,
    fault: Option<ReadError>,
    warnings: Warnings,
}

fn read_cases(source: impl Read, surroundings: LeadingText) -> Reading {
    let mut reading = Reading::default();
    let outputs = SuiteOutputs::default();
    let results = Results::new(source, Mapping::default(), outputs, surroundings);
    match results.and_then(|mut results| collect_cases(&mut results, &mut reading)) {
        Ok(()) => {}
        Err(fault) => reading.fault = Some(fault),
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
            Err(fault) => {
                let line = fault.line.or(Some(results.xml.line()));
                return Err(ReadError { line, ..fault });
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
    surroundings: LeadingText,
) -> (Vec<TestResult>, Option<ReadError>, Warnings) {
    let open = |outputs| Results::new(bytes, mapping.clone(), outputs, surroundings);
    let (mut warnings, mut ignored) = (Warnings::default(), Warnings::default());
    let mut first = match open(SuiteOutputs::default()) {
        Ok(results) => results,
        Err(fault) => return (Vec::new(), Some(fault), warnings),
    };
    let (names, first_fault) = drain(|| first.next_name(&mut warnings));
    let outputs = first.into_suite_outputs(&mut warnings).unwrap();
    let mut second = open(outputs).unwrap();
    let (results, fault) = drain(|| second.next(&mut ignored));
    assert!(names.iter().eq(results.iter().map(|result| &result.name)), "{names:?}");
    assert_eq!(first_fault, fault);
    (results, fault, warnings)
}

fn drain<T>(mut next: impl FnMut() -> Result<Option<T>, ReadError>) -> (Vec<T>, Option<ReadError>) {
    let mut all = Vec::new();
    loop {
        match next() {
            Ok(Some(item)) => all.push(item),
            Ok(None) => return (all, None),
            Err(fault) => {
                assert!(matches!(next(), Ok(None)), "more came after {fault}");
                return (all, Some(fault));
            }
        }
    }
}

fn read(text: &str) -> Vec<TestResult> {
    let (results, fault, _) = read_twice(text.as_bytes(), &Mapping::default(), LeadingText::Strict);
    assert!(fault.is_none(), "{fault:?}");
    results
}

fn fault(text: &str) -> String {
    let (_, fault, _) = read_twice(text.as_bytes(), &Mapping::default(), LeadingText::Strict);
    fault.expect("a fault").to_string()
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
