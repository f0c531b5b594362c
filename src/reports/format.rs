//! The formats of reports, each a row of one table.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;

use super::error::ReadError;
use super::junit::{self, Mapping, Property, SuiteFacts};
use super::source::Source;
use super::{autopkgtest, checkbox, json, tap, tss};
use crate::model::limits::MAX_COMMENT;
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;

/// A format of reports.
pub struct Format {
    /// Its word in `--format` and in summaries.
    pub name: &'static str,
    /// Tells a report of this format by its beginning.
    pub detect: fn(&[u8]) -> bool,
    /// Begins to read a report of this format.
    pub open: fn(Input<'_>, &ReadOptions, Findings) -> Opened,
    /// From a pipe, results are sent as they come in.
    pub is_live: bool,
}

/// A report's reader.
pub type Opened = Result<Box<dyn ReportReader>, ReadError>;

/// A report that is to be read.
pub struct Input<'a> {
    /// At its beginning.
    pub file: File,
    /// Its bytes when it was found: it may be added to while it is read.
    pub length: u64,
    pub source: &'a Source,
}

/// All formats, in the order in which a report is tried for each.
pub static FORMATS: [&Format; 7] = [
    &checkbox::FORMAT,
    &tss::FORMAT,
    &json::FORMAT,
    &json::lines::FORMAT,
    &junit::FORMAT,
    &tap::FORMAT,
    &autopkgtest::FORMAT,
];

impl Format {
    /// Tells a format by the beginning of a report. The JUnit reader takes what no format claims: it
    /// says what that is.
    pub fn of(head: &[u8]) -> &'static Self {
        FORMATS.into_iter().find(|format| (format.detect)(head)).unwrap_or(&junit::FORMAT)
    }

    /// Returns the format of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.into_iter().find(|format| format.name == name)
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Options of reading, of which each format takes those that it knows.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    pub mapping: Mapping,
    /// Bytes of a log that are sent at most.
    pub max_log: usize,
    /// Properties of cases and suites are wanted.
    pub properties: bool,
}

impl ReadOptions {
    /// Returns how many bytes of a text must be held at either end, so that what is sent of it can be cut
    /// from them.
    pub fn longest(&self) -> usize {
        self.max_log.max(MAX_COMMENT)
    }
}

/// Results of one report, in its order.
pub trait ReportReader {
    /// Returns the next result; none after the last, nor after an error that costs the rest.
    ///
    /// # Errors
    /// An error of one result, behind which reading goes on, or of the report, which ends it.
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError>;

    /// Returns the name of the next result alone, for where that is cheaper.
    fn next_name(&mut self, warnings: &mut Warnings) -> Result<Option<String>, ReadError> {
        Ok(self.next(warnings)?.map(|result| result.name))
    }

    /// Tells where in the report the last result was, in a format whose names can be chosen by it.
    fn origin(&self) -> Option<Origin> {
        None
    }

    /// Ends the reading, also where an error did.
    ///
    /// # Errors
    /// A temporary file that cannot be written.
    fn finish(self: Box<Self>, _: &mut Warnings) -> Result<Findings, ReadError> {
        Ok(Findings::default())
    }
}

/// The place of a result in its report. It tells results of one name apart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origin {
    pub suites: String,
    pub class: String,
    pub file: String,
}

/// Findings of one reading of a report, which the next one needs or a person wants to know.
#[derive(Debug, Default)]
pub struct Findings {
    pub suite_facts: SuiteFacts,
    /// A hint at the flags for `to start` that the report suggests.
    pub hint: Option<String>,
    pub properties: BTreeSet<Property>,
    /// It is JUnit that Checkbox wrote beside its submission.
    pub is_from_checkbox: bool,
}
