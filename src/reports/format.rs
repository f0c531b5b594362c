//! The formats of reports, each a row of one table.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;

use encoding_rs::UTF_8;

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

/// All formats, in the order in which a report is tried for each, but that JUnit is the last.
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
    /// Tells a format by the beginning of a report. The JUnit reader takes what no other format claims: a
    /// tag of JUnit may stand in what those quote, and of what is none it says what that is.
    pub fn of(head: &[u8]) -> &'static Self {
        // In UTF-8, or in what its byte order mark says.
        let (text, ..) = UTF_8.decode(head);
        let mut others = FORMATS.into_iter().filter(|format| format.name != junit::FORMAT.name);
        others.find(|format| (format.detect)(text.as_bytes())).unwrap_or(&junit::FORMAT)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn a_format_is_told_by_the_beginning() {
        const TAG: &str = "<testsuite name=\"x\" tests=\"1\">";
        for (head, expected) in [
            (format!("TAP version 14\n1..1\nnot ok 1 - a\n  ---\n  {TAG}\n  ...\n"), "tap"),
            (format!("\n# talk {TAG}\n1..1\nnot ok 1 - a\n"), "tap"),
            (format!("    # Subtest: a\n    ok 1 - b\n    # {TAG}\n"), "tap"),
            (format!("not ok 1 - a\n{TAG}\n"), "tap"),
            ("ok 1\n".to_owned(), "tap"),
            ("ok - a\n1..1\n".to_owned(), "tap"),
            ("building\n1..1\n".to_owned(), "tap"),
            ("[    1.100000] KTAP version 1\n".to_owned(), "tap"),
            ("[    0.900000] Booting\n[    1.100000] TAP version 14\n".to_owned(), "tap"),
            (format!("building\n1..1\n{TAG}\n"), "junit"),
            (format!("ok - a\n{TAG}\n"), "junit"),
            (format!("okay 1\n{TAG}\n"), "junit"),
            (format!("[INFO] building\n{TAG}\n"), "junit"),
            (format!("[ 10%] building\n{TAG}\n"), "junit"),
            ("[\"<testsuite>\"]".to_owned(), "json"),
            (format!("a PASS\nb FAIL {TAG}\n"), "autopkgtest"),
            ("blame: apt\nbadpkg: test dependencies\n".to_owned(), "autopkgtest"),
            ("blame: apt\nand more\n".to_owned(), "junit"),
            ("talk\n".to_owned(), "junit"),
        ] {
            assert_eq!(Format::of(head.as_bytes()).name, expected, "{head}");
            let marked = format!("\u{feff}{head}");
            assert_eq!(Format::of(marked.as_bytes()).name, expected, "marked {head}");
            for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                assert_eq!(Format::of(&utf16(&head, bytes)).name, expected, "UTF-16 {head}");
            }
        }
    }
}
