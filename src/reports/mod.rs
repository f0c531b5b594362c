//! Reading reports: from paths to results, one by one.
//!
//! Nothing here knows what becomes of a result. A report is opened by its content; each reader
//! yields the results before a fault, and says what the fault costs.

pub mod checkbox;
pub mod json;
pub mod junit;
pub mod paths;
#[cfg(test)]
mod trial;
mod xml;

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, Write};
use std::path::PathBuf;
use std::str::FromStr;

use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::util::text::os_message;
use paths::Source;

/// As much of a report is looked at to tell its format, unless its first line ends before.
const HEAD: usize = 64 << 10;

/// Why a report, or a part of it, cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadError {
    /// Counted from 1; absent where the fault is in no line (a file that cannot be opened).
    pub line: Option<u64>,
    /// Lower case, no full stop: what is shown after `FILE:LINE: `.
    pub reason: String,
    pub loss: Severity,
}

/// How much of a report a fault costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// One result, which the reason names; reading goes on behind it.
    One,
    /// All that follows: what was read before is the beginning of a broken document, and is sent
    /// with `--salvage` only.
    Remainder,
    /// All: nothing of it is in a format that is read.
    All,
    /// Nothing: the document is whole, but it is not one of results.
    NoResults,
}

impl ReadError {
    /// A fault that costs one result.
    pub fn one(line: u64, reason: impl Into<String>) -> Self {
        Self { line: Some(line), reason: reason.into(), loss: Severity::One }
    }

    /// A fault that ends the reading.
    pub fn rest(line: Option<u64>, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into(), loss: Severity::Remainder }
    }

    /// A file of which nothing can be read.
    pub fn of_file(reason: impl Into<String>) -> Self {
        Self::rest(None, reason)
    }

    /// Where the document holds something else than results.
    pub fn no_results(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into(), loss: Severity::NoResults }
    }

    /// What is shown of it: `FILE:LINE: reason`.
    pub fn with_source(&self, source: &impl fmt::Display) -> String {
        let separator = if self.line.is_some() { ":" } else { ": " };
        format!("{source}{separator}{self}")
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{line}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// What a report is written in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Junit,
    Json,
    Jsonl,
    Checkbox,
}

impl Format {
    pub const ALL: [(&'static str, Self); 4] = [
        ("junit", Self::Junit),
        ("json", Self::Json),
        ("jsonl", Self::Jsonl),
        ("checkbox", Self::Checkbox),
    ];

    /// Tells a format by the beginning of a report. What is neither JSON nor an archive is left to
    /// the JUnit reader, which says what it is.
    fn of(head: &[u8]) -> Self {
        if checkbox::is_archive(head) {
            return Self::Checkbox;
        }
        match json::recognise(head) {
            Some(json::Shape::Document) => Self::Json,
            Some(json::Shape::Lines) => Self::Jsonl,
            Some(json::Shape::Checkbox) => Self::Checkbox,
            None => Self::Junit,
        }
    }
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or("none of junit, json, jsonl, checkbox")
    }
}

/// Standard input, of which the beginning has been read to tell its format.
pub struct Piped {
    head: Vec<u8>,
    pub format: Format,
}

impl Piped {
    /// Waits for the beginning of standard input.
    ///
    /// # Errors
    /// A standard input that cannot be read.
    pub fn open(format: Option<Format>) -> io::Result<Self> {
        let head = read_head(&mut io::stdin().lock())?;
        let format = format.unwrap_or_else(|| Format::of(&head));
        Ok(Self { head, format })
    }

    /// All of it from the beginning.
    pub fn into_reader(self) -> impl Read {
        Cursor::new(self.head).chain(io::stdin())
    }
}

/// Reads a source's beginning, enough to tell its format.
fn read_head(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 8 << 10];
    while head.len() < HEAD && !head.trim_ascii_start().contains(&b'\n') {
        match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => head.extend_from_slice(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(head)
}

/// A report that can be read several times.
#[derive(Debug)]
pub struct Report {
    pub source: Source,
    content: Content,
    pub format: Format,
}

#[derive(Debug)]
enum Content {
    Path(PathBuf),
    /// A copy of what can be read once only.
    Copy(File),
}

impl Report {
    /// Finds out what a source is. What is no regular file (standard input, a named pipe) is copied
    /// to an unnamed temporary file.
    ///
    /// # Errors
    /// A source that cannot be read, a temporary file that cannot be written.
    pub fn new(source: Source, format: Option<Format>) -> io::Result<Self> {
        let content = match &source {
            Source::StandardInput => return Self::of_pipe(Piped::open(format)?),
            Source::File { path, .. } if path.metadata()?.is_file() => Content::Path(path.clone()),
            Source::File { path, .. } => Content::Copy(copy(File::open(path)?)?),
        };
        let format = match format {
            Some(format) => format,
            None => Format::of(&read_head(&mut content.open()?)?),
        };
        Ok(Self { source, content, format })
    }

    /// Copies standard input to an unnamed temporary file.
    ///
    /// # Errors
    /// As those of [`Report::new`].
    pub fn of_pipe(piped: Piped) -> io::Result<Self> {
        let format = piped.format;
        let content = Content::Copy(copy(piped.into_reader())?);
        Ok(Self { source: Source::StandardInput, content, format })
    }

    /// Reads it from the start.
    ///
    /// # Errors
    /// A report of which nothing can be read.
    pub fn read(
        &self,
        mapping: &junit::Mapping,
        outputs: junit::SuiteOutputs,
    ) -> Result<Reader, ReadError> {
        // What tells an archive comes first: the readings of a copy share its place in it.
        let is_archive = self.format == Format::Checkbox && self.is_archive()?;
        let file = self.open()?;
        Ok(match self.format {
            Format::Junit => {
                let surroundings = match self.source {
                    Source::StandardInput => junit::LeadingText::Skip,
                    Source::File { .. } => junit::LeadingText::Strict,
                };
                let results = junit::Results::new(file, mapping.clone(), outputs, surroundings)?;
                Reader::Junit(Box::new(results))
            }
            Format::Json => Reader::Json(json::Reader::new(file)?),
            Format::Jsonl => Reader::Lines(json::lines::Reader::new(BufReader::new(file))),
            Format::Checkbox => {
                let reader = if is_archive {
                    checkbox::Reader::unpack(file)
                } else {
                    checkbox::Reader::new(file)
                };
                Reader::Checkbox(Box::new(reader?))
            }
        })
    }
}

impl Report {
    fn open(&self) -> Result<File, ReadError> {
        self.content.open().map_err(|error| ReadError::of_file(os_message(&error)))
    }

    fn is_archive(&self) -> Result<bool, ReadError> {
        let head =
            read_head(&mut self.open()?).map_err(|error| ReadError::of_file(os_message(&error)))?;
        Ok(checkbox::is_archive(&head))
    }
}

impl Content {
    fn open(&self) -> io::Result<File> {
        match self {
            Self::Path(path) => File::open(path),
            Self::Copy(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Ok(file)
            }
        }
    }
}

fn copy(mut from: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    file.flush()?;
    Ok(file)
}

/// The results of one report.
pub enum Reader {
    Junit(Box<junit::Results<File>>),
    Json(json::Reader),
    Lines(json::lines::Reader<BufReader<File>>),
    Checkbox(Box<checkbox::Reader>),
}

impl Reader {
    /// The next result; none after the last, nor after a fault that costs the rest.
    ///
    /// # Errors
    /// A fault of one result, behind which reading goes on, or of the report, which ends it.
    pub fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        match self {
            Self::Junit(results) => results.next(warnings),
            Self::Json(reader) => reader.next(warnings),
            Self::Lines(reader) => reader.next(warnings),
            Self::Checkbox(reader) => reader.next(warnings),
        }
    }

    /// The name of the next result alone, where that is cheaper.
    ///
    /// # Errors
    /// As those of [`Reader::next`].
    pub fn next_name(&mut self, warnings: &mut Warnings) -> Result<Option<String>, ReadError> {
        match self {
            Self::Junit(results) => results.next_name(warnings),
            _ => Ok(self.next(warnings)?.map(|result| result.name)),
        }
    }
}

impl Reader {
    /// What this reading kept of the output of suites, for the next one.
    ///
    /// # Errors
    /// A temporary file that cannot be written.
    pub fn into_suite_outputs(
        self,
        warnings: &mut Warnings,
    ) -> Result<junit::SuiteOutputs, ReadError> {
        match self {
            Self::Junit(results) => results.into_suite_outputs(warnings),
            _ => Ok(junit::SuiteOutputs::default()),
        }
    }

    /// Flags for `to start` that the report suggests, once all of it is read.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Checkbox(reader) => reader.hint(),
            _ => None,
        }
    }
}
