//! A report that can be read several times, whatever it comes from.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, Write};
use std::path::PathBuf;

use super::format::{Findings, Format, Input, Opened, ReadOptions};
use super::source::Source;

/// Bytes of a report that are looked at to tell its format, unless its first line ends before.
const HEAD: usize = 64 << 10;

/// Standard input, of which the beginning has been read to tell its format.
pub struct Piped {
    head: Vec<u8>,
    pub format: &'static Format,
}

impl Piped {
    /// Waits for the beginning of standard input.
    ///
    /// # Errors
    /// A standard input that cannot be read.
    pub fn open(format: Option<&'static Format>) -> io::Result<Self> {
        let head = read_head(&mut io::stdin().lock())?;
        let format = format.unwrap_or_else(|| Format::of(&head));
        Ok(Self { head, format })
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
    /// to an unnamed temporary file.
    ///
    /// # Errors
    /// A source that cannot be read, a temporary file that cannot be written.
    pub fn new(source: Source, format: Option<&'static Format>) -> io::Result<Self> {
        let content = match &source {
            Source::StandardInput => return Self::of_pipe(Piped::open(format)?),
            Source::File { path, .. } if path.metadata()?.is_file() => {
                Content::Path { path: path.clone(), length: path.metadata()?.len() }
            }
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
    /// A standard input that cannot be read, a temporary file that cannot be written.
    pub fn of_pipe(piped: Piped) -> io::Result<Self> {
        let format = piped.format;
        let content = Content::Copy(copy(piped.into_reader())?);
        Ok(Self { source: Source::StandardInput, content, format })
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
        (self.format.open)(input, options, findings)
    }
}

impl Content {
    fn open(&self) -> io::Result<File> {
        match self {
            Self::Path { path, .. } => File::open(path),
            Self::Copy(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Ok(file)
            }
        }
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

fn copy(mut from: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    file.flush()?;
    Ok(file)
}
