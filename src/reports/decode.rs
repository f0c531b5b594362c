//! The bytes of a report as UTF-8.
//!
//! Text that is UTF-8 already, as nearly all of it is, is checked and passed on where it lies, since copying
//! it would be the dearest step of reading. Decoding begins only where a byte order mark, a declaration or a
//! byte that is no UTF-8 asks for it.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::model::warnings::Warnings;
use crate::reports::error::ReadError;
use crate::util::text::os_message;

/// Bytes that are read at once of a source that may be small.
const PIECE: usize = 64 * 1024;

/// Bytes that are read at once of a source that has filled a piece: more gain nothing, fewer cost calls.
const LARGE_PIECE: usize = 4 * PIECE;

/// Bytes that tell UTF-32.
const LONGEST_MARK: usize = 4;

/// Stands for bytes that their encoding does not know.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// Space in which any decoder can go on: its longest character and a replacement.
const DECODER_ROOM: usize = 32;

/// The most bytes of one tag or comment: it is held whole, and no tool writes one a hundredth of this.
const LONGEST_UNIT: u64 = 8 << 20;

/// Bytes of a piece that are held while the next one is decoded, so that a broken character which began in
/// it can be read.
const HISTORY: usize = 8;

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
    /// Sequences of bytes that are none of the encoding.
    pub malformed: u64,
    /// Sequences of bytes that were read as windows-1252.
    guessed: u64,
    /// A label that the bytes belie.
    wrong_label: Option<String>,
    /// Bytes that were consumed since the last mark.
    unit: u64,
}

/// The encoding that some bytes are in, as far as they tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Content {
    Ascii,
    Utf8,
    Other,
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

impl<R: Read + Seek> Decoded<R> {
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
            guessed: 0,
            wrong_label: None,
            unit: 0,
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
                let reason = "encoded in UTF-32, which `to` does not read";
                return Err(ReadError::remainder(Some(1), reason));
            }
            [b'<', 0, ..] => (UTF_16LE, 0),
            [0, b'<', ..] => (UTF_16BE, 0),
            ref bytes => match Encoding::for_bom(bytes) {
                Some(found) => found,
                None => return Ok(()),
            },
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
    /// A label that names no encoding, or another than that of the bytes, is wrong where all of them are
    /// UTF-8: something converted the document and left its declaration alone. Labels that the encoding
    /// standard answers with a single replacement character for the whole document count as unknown.
    pub fn declare(&mut self, label: &str) -> Result<(), ReadError> {
        if self.certain || label.trim().is_empty() {
            return Ok(());
        }
        let plain: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
        let encoding = [label, &plain]
            .into_iter()
            .find_map(|label| Encoding::for_label_no_replacement(label.as_bytes()));
        match encoding {
            _ if self.transcoder.is_some() => return Ok(()),
            Some(encoding) if [UTF_8, UTF_16LE, UTF_16BE].contains(&encoding) => {}
            _ => match (self.rest_is(), encoding) {
                (Content::Utf8, _) | (Content::Ascii, None) => {
                    self.wrong_label = Some(label.to_owned());
                }
                (_, Some(encoding)) => {
                    self.encoding = encoding;
                    self.transcode();
                }
                (Content::Other, None) => {
                    let reason = format!("encoding `{label}`, which `to` does not know");
                    return Err(ReadError::remainder(None, reason));
                }
            },
        }
        self.certain = true;
        Ok(())
    }

    /// Tells what all that was not consumed is encoded in.
    fn rest_is(&mut self) -> Content {
        let mut content = Content::Ascii;
        let mut bytes = self.window[self.pos..self.filled].to_vec();
        let Ok(here) = self.source.stream_position() else { return Content::Other };
        loop {
            let whole = match std::str::from_utf8(&bytes) {
                Ok(_) => bytes.len(),
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                Err(_) => break content = Content::Other,
            };
            if !bytes.is_ascii() {
                content = Content::Utf8;
            }
            bytes.drain(..whole);
            match (&mut self.source).take(PIECE as u64).read_to_end(&mut bytes) {
                Ok(0) if bytes.is_empty() => break,
                Ok(0) | Err(_) => break content = Content::Other,
                Ok(_) => {}
            }
        }
        if self.source.seek(SeekFrom::Start(here)).is_err() { Content::Other } else { content }
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
        if self.filled == self.window.len() && self.filled < LARGE_PIECE {
            self.window.resize(LARGE_PIECE, 0);
        }
        if self.pos > 0 {
            self.window.copy_within(self.pos..self.filled, 0);
        }
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

    /// Returns the line of the first byte that was not consumed, from 1.
    pub fn line(&self) -> u64 {
        self.lines + line_feeds(&self.window[self.counted..self.pos]) + 1
    }

    /// Returns the line of the last byte, once all were consumed.
    pub fn last_line(&self) -> u64 {
        (self.line() - u64::from(self.ended_line)).max(1)
    }

    /// Counts what was changed or guessed so far.
    pub fn note(&self, warnings: &mut Warnings) {
        warnings.add_many(MALFORMED, self.encoding.name(), self.malformed);
        warnings.add_many(GUESSED, WINDOWS_1252.name(), self.guessed);
        if let Some(label) = &self.wrong_label {
            warnings.add(WRONG_LABEL, label);
        }
    }

    /// Begins a unit of text that must not be longer than [`LONGEST_UNIT`].
    pub fn mark(&mut self) {
        self.unit = 0;
    }

    /// Returns the next bytes of text without consuming them: `count` of them, or all where there are fewer.
    pub fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.ready - self.pos < count {
            match self.extend() {
                Ok(true) => {}
                // A source that fails is asked again, once what it gave is used up.
                Err(error) if self.ready == self.pos => return Err(error),
                Ok(false) | Err(_) => break,
            }
        }
        let end = self.ready.min(self.pos + count);
        Ok(&self.window[self.pos..end])
    }

    /// Makes more text ready behind what is ready, and tells whether there was any.
    ///
    /// # Errors
    /// A source that fails; what is ready is longer than any tag or comment.
    pub fn fill_more(&mut self) -> io::Result<bool> {
        check_unit((self.ready - self.pos) as u64)?;
        self.extend()
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
        if let DecoderResult::Malformed(length, after) = result {
            let is_guess = self.encoding == UTF_8 && !self.certain;
            let bytes = transcoder.malformed(length, after).filter(|_| is_guess);
            let guess = bytes.map(|bytes| WINDOWS_1252.decode_without_bom_handling(bytes).0);
            let text = guess.as_deref().map_or(REPLACEMENT, str::as_bytes);
            self.window[self.ready..][..text.len()].copy_from_slice(text);
            self.ready += text.len();
            *(if guess.is_some() { &mut self.guessed } else { &mut self.malformed }) += 1;
        }
        self.filled = self.ready;
        Ok(true)
    }
}

impl Transcoder {
    fn read_piece(&mut self, source: &mut impl Read) -> io::Result<bool> {
        let held = self.end.min(HISTORY);
        self.raw.copy_within(self.end - held..self.end, 0);
        let count = read_some(source, &mut self.raw[held..])?;
        (self.at, self.end) = (held, held + count);
        Ok(count > 0)
    }

    /// Returns the `length` bytes that `after` others follow before what is not decoded yet.
    fn malformed(&self, length: u8, after: u8) -> Option<&[u8]> {
        let end = self.at.checked_sub(usize::from(after))?;
        self.raw.get(end.checked_sub(usize::from(length))?..end)
    }

    /// Decodes some bytes, and leaves room for what stands for others.
    fn decode(&mut self, to: &mut [u8], last: bool) -> (DecoderResult, usize) {
        let room = to.len() - DECODER_ROOM / 2;
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

impl<R: Read + Seek> Read for Decoded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(to)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read + Seek> BufRead for Decoded<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.pos == self.ready {
            check_unit(self.unit)?;
            self.extend()?;
        }
        Ok(&self.window[self.pos..self.ready])
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        self.pos += count;
        self.unit += count as u64;
    }
}

fn check_unit(bytes: u64) -> io::Result<()> {
    if bytes > LONGEST_UNIT {
        return Err(io::Error::other("a tag or comment is longer than 8 MiB"));
    }
    Ok(())
}

const MALFORMED: &str = "bytes that are not valid in the report's encoding became U+FFFD";
const GUESSED: &str = "bytes that are not UTF-8 were read as another encoding";
const WRONG_LABEL: &str = "the report is UTF-8, whatever encoding it says it is in";

/// Makes an error of a source that fails.
pub fn unreadable(error: &io::Error) -> ReadError {
    ReadError::remainder(None, format!("cannot be read: {}", os_message(error)))
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
