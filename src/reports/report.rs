//! A report that can be read several times, whatever it comes from.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::PathBuf;

use super::archive::Packing;
use super::checkbox;
use super::error::{ReadError, Severity};
use super::foreign;
use super::format::{Findings, Format, Input, Opened, Origin, ReadOptions, ReportReader};
use super::json::lines;
use super::source::Source;
use crate::model::limits::MAX_COMMENT;
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::util::files;
use crate::util::temp_file::TempFile;

/// Bytes of a report that are looked at to tell its format.
const HEAD: usize = 64 << 10;

/// Standard input, of which the first line has been read to tell its format.
pub struct Piped {
    head: Vec<u8>,
    pub format: &'static Format,
    /// The format was chosen by the user.
    is_chosen: bool,
    /// Bytes of a string that are held at least, at either end.
    pub longest: usize,
}

impl Piped {
    /// Waits for the first line of standard input.
    pub fn open(format: Option<&'static Format>) -> io::Result<Self> {
        let (mut head, mut chunk) = (Vec::new(), [0; 8 << 10]);
        let mut stdin = io::stdin().lock();
        while head.len() < HEAD && !head.trim_ascii_start().contains(&b'\n') {
            match stdin.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => head.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let is_chosen = format.is_some();
        // Where nothing comes there may have been nothing to say, line by line.
        let is_empty = head.len() < HEAD && head.trim_ascii().is_empty();
        let found = || if is_empty { &lines::FORMAT } else { Format::of(&head) };
        Ok(Self { format: format.unwrap_or_else(found), head, is_chosen, longest: MAX_COMMENT })
    }

    /// Returns all of it from the beginning.
    pub fn into_reader(self) -> impl Read {
        Cursor::new(self.head).chain(io::stdin())
    }
}

/// A report of a known format.
#[derive(Debug)]
pub struct Report {
    pub source: Source,
    content: Content,
    pub format: &'static Format,
    /// The error behind what could be unpacked of it.
    error: Option<ReadError>,
}

#[derive(Debug)]
enum Content {
    Path {
        path: PathBuf,
        length: u64,
    },
    /// A copy of what can be read once only.
    Copy(File),
}

impl Report {
    /// Finds the format of a source. What is no regular file (standard input, a named pipe) is copied
    /// to an unnamed temporary file, and so is what is packed.
    ///
    /// # Errors
    /// A source that cannot be read, a temporary file that cannot be written.
    pub fn new(source: Source, format: Option<&'static Format>) -> io::Result<Self> {
        let Source::File { path, .. } = &source else {
            return Self::of_pipe(Piped::open(format)?);
        };
        let metadata = path.metadata()?;
        let content = if metadata.is_file() {
            Content::Path { path: path.clone(), length: metadata.len() }
        } else {
            Content::Copy(copy(File::open(path)?)?)
        };
        Self::of_content(source, content, format)
    }

    /// Copies standard input to an unnamed temporary file.
    pub fn of_pipe(piped: Piped) -> io::Result<Self> {
        let format = piped.is_chosen.then_some(piped.format);
        let content = Content::Copy(copy(piped.into_reader())?);
        Self::of_content(Source::StandardInput, content, format)
    }

    fn of_content(
        source: Source,
        mut content: Content,
        format: Option<&'static Format>,
    ) -> io::Result<Self> {
        let mut head = content.head()?;
        let (mut error, mut is_submission) = (None, false);
        if let Some(packing) = Packing::of(&head) {
            let unpacked = packing.unpack(content.open()?)?;
            content = Content::Copy(unpacked.file);
            (error, is_submission) = (unpacked.error, unpacked.is_submission);
            head = content.head()?;
        }
        if format.is_none() && foreign::is_zip(&head) {
            error = Some(ReadError::no_results("a zip archive, not a report"));
        }
        let found = || if is_submission { &checkbox::FORMAT } else { Format::of(&head) };
        Ok(Self { source, content, format: format.unwrap_or_else(found), error })
    }

    /// Returns a hint at what may be done with a file that is no report.
    pub fn hint(&self) -> Option<&'static str> {
        foreign::hint(&self.content.head().ok()?)
    }

    /// Reads it from the start, with the findings of the reading before.
    ///
    /// # Errors
    /// A report of which nothing can be read.
    pub fn read(&self, options: &ReadOptions, findings: Findings) -> Opened {
        let length = match self.content {
            Content::Path { length, .. } => length,
            Content::Copy(_) => u64::MAX,
        };
        let input = Input { file: self.content.open()?, length, source: &self.source };
        let opened = (self.format.open)(input, options, findings);
        match (&self.error, opened) {
            (None, opened) => opened,
            (Some(error), Ok(_)) if error.severity == Severity::NoResults => Err(error.clone()),
            (Some(error), Ok(reader)) => {
                Ok(Box::new(Truncated { reader, error: Some(error.clone()) }))
            }
            // A second submission in an archive does not explain what is wrong with the first.
            (Some(error), Err(own)) if error.severity == Severity::One => Err(own),
            (Some(error), Err(_)) => Err(error.clone()),
        }
    }
}

impl Content {
    /// Returns its beginning.
    fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open()?.take(HEAD as u64).read_to_end(&mut head)?;
        Ok(head)
    }

    fn open(&self) -> io::Result<File> {
        match self {
            Self::Path { path, .. } => files::open_without_waiting(path),
            Self::Copy(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Ok(file)
            }
        }
    }
}

/// A report that was not unpacked to its end: its own errors have that as their cause.
struct Truncated {
    reader: Box<dyn ReportReader>,
    error: Option<ReadError>,
}

impl Truncated {
    fn with_error<T>(
        &mut self,
        read: Result<Option<T>, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        match read {
            Ok(None) => self.error.take().map_or(Ok(None), Err),
            Err(own) if own.severity != Severity::One => {
                let is_cause = |error: &mut ReadError| error.severity != Severity::One;
                Err(self.error.take_if(is_cause).unwrap_or(own))
            }
            read => read,
        }
    }
}

impl ReportReader for Truncated {
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        let read = self.reader.next(warnings);
        self.with_error(read)
    }

    fn next_name(&mut self, warnings: &mut Warnings) -> Result<Option<String>, ReadError> {
        let read = self.reader.next_name(warnings);
        self.with_error(read)
    }

    fn origin(&self) -> Option<Origin> {
        self.reader.origin()
    }

    fn finish(self: Box<Self>, warnings: &mut Warnings) -> Result<Findings, ReadError> {
        self.reader.finish(warnings)
    }
}

fn copy(mut from: impl Read) -> io::Result<File> {
    let mut file = TempFile::new()?;
    io::copy(&mut from, &mut file)?;
    file.into_file()
}
