//! The bytes of a report as UTF-8.
//!
//! This module owns encodings and the count of lines; it must not know XML beyond the first bytes that
//! tell UTF-16 from what resembles ASCII. Text that is UTF-8 already, as nearly all of it is, is checked
//! and passed on where it lies, since copying it would be the dearest step of reading. Decoding begins
//! only where a byte order mark, a declaration or a byte that is no UTF-8 asks for it.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::reports::error::ReadError;

/// What is read at once: larger pieces gain nothing, smaller ones cost calls.
const PIECE: usize = 64 * 1024;

/// The bytes that tell UTF-32.
const LONGEST_MARK: usize = 4;

/// What becomes of bytes that their encoding does not know.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// Space in which any decoder can go on: its longest character and a replacement.
const DECODER_ROOM: usize = 32;

/// A [`BufRead`] that holds UTF-8 only.
pub struct Decoded<R> {
    source: R,
    /// `pos..ready` is text not yet consumed, `ready..filled` are bytes not yet known to be text.
    window: Vec<u8>,
    pos: usize,
    ready: usize,
    filled: usize,
    transcoder: Option<Transcoder>,
    encoding: &'static Encoding,
    /// The bytes themselves told the encoding, so that a declaration has no say.
    certain: bool,
    /// Line feeds in what left the window, and in the window before `counted`.
    lines: u64,
    counted: usize,
    /// The last byte that was counted is a line feed.
    ended_line: bool,
    malformed: u64,
}

/// Decodes bytes of its own into the window.
struct Transcoder {
    decoder: Decoder,
    raw: Vec<u8>,
    /// `at..end` of it is not yet decoded.
    at: usize,
    end: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    /// Reads the first bytes of `source` to see how it is encoded.
    pub fn new(source: R) -> Result<Self, ReadError> {
        let mut decoded = Self {
            source,
            window: vec![0; PIECE],
            pos: 0,
            ready: 0,
            filled: 0,
            transcoder: None,
            encoding: UTF_8,
            certain: false,
            lines: 0,
            counted: 0,
            ended_line: false,
            malformed: 0,
        };
        while decoded.filled < LONGEST_MARK
            && decoded.read_piece().map_err(|error| unreadable(&error))? > 0
        {}
        decoded.recognise()?;
        Ok(decoded)
    }

    /// UTF-32 would pass for UTF-16 full of NULs, so it is told apart first.
    fn recognise(&mut self) -> Result<(), ReadError> {
        let (encoding, mark) = match self.window[..self.filled] {
            [0xFF, 0xFE, 0, 0, ..]
            | [0, 0, 0xFE, 0xFF, ..]
            | [b'<', 0, 0, 0, ..]
            | [0, 0, 0, b'<', ..] => {
                let reason = "encoded in UTF-32, which `to` does not read".to_owned();
                return Err(ReadError::remainder(Some(1), reason));
            }
            [0xEF, 0xBB, 0xBF, ..] => (UTF_8, 3),
            [0xFF, 0xFE, ..] => (UTF_16LE, 2),
            [0xFE, 0xFF, ..] => (UTF_16BE, 2),
            [b'<', 0, ..] => (UTF_16LE, 0),
            [0, b'<', ..] => (UTF_16BE, 0),
            _ => return Ok(()),
        };
        (self.pos, self.ready, self.counted) = (mark, mark, mark);
        self.certain = true;
        self.encoding = encoding;
        if encoding != UTF_8 {
            self.transcode();
        }
        Ok(())
    }

    /// Obeys a declaration: what follows the bytes that were consumed is encoded as `label` says.
    ///
    /// A declaration that could be read as ASCII is wrong where it names UTF-16: something converted
    /// the document and left the declaration alone, so it is read as UTF-8. Labels that the encoding
    /// standard answers with a single replacement character for the whole document count as unknown.
    pub fn declare(&mut self, label: &str) -> Result<(), ReadError> {
        if self.certain {
            return Ok(());
        }
        let encoding = Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
            ReadError::remainder(None, format!("encoding `{label}`, which `to` does not know"))
        })?;
        let differs = ![UTF_8, UTF_16LE, UTF_16BE].contains(&encoding);
        if differs && self.transcoder.is_none() {
            self.encoding = encoding;
            self.transcode();
        }
        self.certain = true;
        Ok(())
    }

    /// From here on decodes everything that was not consumed.
    fn transcode(&mut self) {
        self.count_lines();
        let window_len = self.window.len();
        self.transcoder = Some(Transcoder {
            decoder: self.encoding.new_decoder_without_bom_handling(),
            raw: std::mem::replace(&mut self.window, vec![0; window_len]),
            at: self.pos,
            end: self.filled,
            ended: false,
        });
        (self.pos, self.ready, self.filled, self.counted) = (0, 0, 0, 0);
    }

    /// Moves what was not consumed to the front of the window.
    fn compact(&mut self) {
        self.count_lines();
        self.window.copy_within(self.pos..self.filled, 0);
        self.ready -= self.pos;
        self.filled -= self.pos;
        (self.pos, self.counted) = (0, 0);
    }

    fn count_lines(&mut self) {
        let consumed = &self.window[self.counted..self.pos];
        self.lines += line_feeds(consumed);
        self.ended_line = consumed.last().map_or(self.ended_line, |&byte| byte == b'\n');
        self.counted = self.pos;
    }

    /// The line of the first byte that was not consumed, from 1.
    pub fn line(&self) -> u64 {
        self.lines + line_feeds(&self.window[self.counted..self.pos]) + 1
    }

    /// The line of the last byte, once all were consumed.
    pub fn last_line(&self) -> u64 {
        (self.line() - u64::from(self.ended_line)).max(1)
    }

    /// How often bytes were replaced because the encoding does not know them.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    /// The name of the encoding that is in force.
    pub fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    /// The next bytes of text without consuming them: `count` of them, or all where there are fewer.
    pub fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.ready - self.pos < count && self.extend()? {}
        let end = self.ready.min(self.pos + count);
        Ok(&self.window[self.pos..end])
    }

    /// Makes more text ready, if there is any.
    fn extend(&mut self) -> io::Result<bool> {
        self.compact();
        let before = self.ready;
        while self.ready == before {
            let goes_on = match self.transcoder {
                None => self.check_piece()?,
                Some(_) => self.decode_piece()?,
            };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Finds text in the bytes at hand, or gets more of them. Bytes that are no UTF-8 are left to a
    /// decoder, but only once all text before them was consumed: it may hold a declaration.
    fn check_piece(&mut self) -> io::Result<bool> {
        let piece = &self.window[self.ready..self.filled];
        // Most are ASCII, which is found out faster.
        let error = if piece.is_ascii() { None } else { std::str::from_utf8(piece).err() };
        match error {
            None if !piece.is_empty() => self.ready = self.filled,
            Some(error) if error.valid_up_to() > 0 => self.ready += error.valid_up_to(),
            Some(error) if error.error_len().is_some() => self.transcode(),
            _ => return self.read_or_end(),
        }
        Ok(true)
    }

    /// At the end, the start of a character that never came is left to a decoder.
    fn read_or_end(&mut self) -> io::Result<bool> {
        if self.read_piece()? > 0 {
            return Ok(true);
        }
        let cut = self.ready < self.filled;
        if cut {
            self.transcode();
        }
        Ok(cut)
    }

    fn read_piece(&mut self) -> io::Result<usize> {
        if self.filled == self.window.len() {
            self.window.resize(self.filled + PIECE, 0);
        }
        let count = read_some(&mut self.source, &mut self.window[self.filled..])?;
        self.filled += count;
        Ok(count)
    }

    /// Decodes more bytes into the window.
    fn decode_piece(&mut self) -> io::Result<bool> {
        let Some(transcoder) = &mut self.transcoder else { return Ok(false) };
        if transcoder.ended {
            return Ok(false);
        }
        let used_up = transcoder.at == transcoder.end;
        let last = used_up && !transcoder.read_piece(&mut self.source)?;
        if self.window.len() - self.ready < DECODER_ROOM {
            self.window.resize(self.ready + PIECE, 0);
        }
        let (result, written) = transcoder.decode(&mut self.window[self.ready..], last);
        self.ready += written;
        if let DecoderResult::Malformed(..) = result {
            self.window[self.ready..][..REPLACEMENT.len()].copy_from_slice(REPLACEMENT);
            self.ready += REPLACEMENT.len();
            self.malformed += 1;
        }
        self.filled = self.ready;
        Ok(true)
    }
}

impl Transcoder {
    fn read_piece(&mut self, source: &mut impl Read) -> io::Result<bool> {
        self.at = 0;
        self.end = read_some(source, &mut self.raw)?;
        Ok(self.end > 0)
    }

    /// Leaves room for a replacement.
    fn decode(&mut self, to: &mut [u8], last: bool) -> (DecoderResult, usize) {
        let room = to.len() - REPLACEMENT.len();
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.raw[self.at..self.end],
            &mut to[..room],
            last,
        );
        self.at += read;
        self.ended = last && result == DecoderResult::InputEmpty;
        (result, written)
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(to)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Decoded<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.pos == self.ready {
            self.extend()?;
        }
        Ok(&self.window[self.pos..self.ready])
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        self.pos += count;
    }
}

/// What is said of a source that fails.
pub fn unreadable(error: &io::Error) -> ReadError {
    ReadError::remainder(None, format!("cannot be read: {error}"))
}

fn line_feeds(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

fn read_some(source: &mut impl Read, to: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(to) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
