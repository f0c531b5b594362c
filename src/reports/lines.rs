//! The lines of a report in plain text.

use std::io::{BufRead, Read, Seek};

use super::decode::{Decoded, unreadable};
use super::error::ReadError;
use crate::model::warnings::Warnings;
use crate::util::clip::Clipped;

/// Bytes that are held at least of a line, at either end.
const LONGEST: usize = 64 << 10;

/// Lines of a text in any encoding that its bytes tell.
pub struct Lines<R> {
    source: Decoded<R>,
    line: Clipped,
    /// The number of the last line, from 1.
    number: u64,
    /// The last line has its line feed.
    pub is_ended: bool,
}

impl<R: Read + Seek> Lines<R> {
    /// Reads the first bytes of `source`.
    ///
    /// # Errors
    /// A source that cannot be read, or is in UTF-32.
    pub fn new(source: R) -> Result<Self, ReadError> {
        let (source, line) = (Decoded::new(source)?, Clipped::new(LONGEST));
        Ok(Self { source, line, number: 0, is_ended: true })
    }

    /// Returns the number of the last line, from 1.
    pub fn number(&self) -> u64 {
        self.number.max(1)
    }

    /// Returns the next line without its end.
    pub fn next(&mut self) -> Result<Option<String>, ReadError> {
        self.line.clear();
        let mut is_any = false;
        loop {
            self.source.mark();
            let piece = self.source.fill_buf().map_err(|error| unreadable(&error))?;
            if piece.is_empty() {
                break;
            }
            is_any = true;
            let end = memchr::memchr(b'\n', piece);
            let length = end.unwrap_or(piece.len());
            self.line.push_str(&String::from_utf8_lossy(&piece[..length]));
            self.source.consume(length + usize::from(end.is_some()));
            self.is_ended = end.is_some();
            if self.is_ended {
                break;
            }
        }
        self.number += u64::from(is_any);
        let line = self.line.to_text();
        Ok(is_any.then(|| line.strip_suffix('\r').unwrap_or(&line).to_owned()))
    }

    /// Counts what was changed or guessed so far.
    pub fn note(&self, warnings: &mut Warnings) {
        self.source.note(warnings);
    }
}
