//! JSON from a stream: moves over values, and copies those that are wanted.
//!
//! Only brackets, quotes and commas are looked at, so that an element with a bad escape, bad UTF-8 or too
//! deep a nesting costs no other. Of a long string head and tail are copied: a log may be longer than
//! memory.

use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};

use super::document::{EXCERPT, cut_short};
use crate::reports::error::ReadError;
use crate::util::clip::mark;
use crate::util::text::excerpt;

/// The member of an object that holds a list of results.
const LIST: &str = "results";

/// Bytes of the longest copy of a value, beside those of its longest string.
const LONGEST_VALUE: usize = 4 << 20;

/// A place in a stream.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    at: u64,
    pub line: u64,
    /// Counted in bytes from 1.
    pub column: u64,
}

/// A stream that can go back.
pub struct Scanner<R> {
    source: BufReader<R>,
    pub place: Place,
    /// Bytes of a string that are copied at least, at either end.
    longest: usize,
}

/// A value as it was copied.
#[derive(Debug, Default)]
pub struct Copied {
    pub json: Vec<u8>,
    /// It is too long to be copied.
    pub is_cut: bool,
}

impl<R: Read + Seek> Scanner<R> {
    /// Begins at the place where `source` is.
    pub fn new(source: R, longest: usize) -> Self {
        let source = BufReader::with_capacity(64 << 10, source);
        let place = Place { at: 0, line: 1, column: 1 };
        Self { source, place, longest: longest.max(1024) }
    }

    /// Goes back to a place where it was before.
    pub fn go_back(&mut self, to: Place) -> Result<(), ReadError> {
        let back = i64::try_from(self.place.at - to.at).unwrap_or(i64::MAX);
        let line = Some(self.place.line);
        let went = self.source.seek_relative(-back);
        went.map_err(|error| ReadError { line, ..error.into() })?;
        self.place = to;
        // What was seen there before is at hand again.
        self.ahead().map(drop)
    }

    /// Returns the next byte that is not white space.
    pub fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            let ahead = self.ahead()?;
            let blank = ahead.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
            let next = ahead.get(blank).copied();
            let is_end = ahead.is_empty();
            self.pass(blank);
            if next.is_some() || is_end {
                return Ok(next);
            }
        }
    }

    /// Passes the byte that was seen.
    pub fn bump(&mut self) {
        self.pass(1);
    }

    fn ahead(&mut self) -> Result<&[u8], ReadError> {
        let line = Some(self.place.line);
        self.source.fill_buf().map_err(|error| ReadError { line, ..error.into() })
    }

    fn pass(&mut self, length: usize) {
        let passed = &self.source.buffer()[..length.min(self.source.buffer().len())];
        if let Some(last) = memchr::memrchr(b'\n', passed) {
            self.place.line += memchr::memchr_iter(b'\n', passed).count() as u64;
            self.place.column = (passed.len() - last) as u64;
        } else {
            self.place.column += passed.len() as u64;
        }
        self.place.at += passed.len() as u64;
        self.source.consume(length);
    }

    /// Passes one value, and copies it to `copy` where it is wanted.
    ///
    /// # Errors
    /// A source that cannot be read, or ends within the value.
    pub fn value(&mut self, copy: Option<&mut Copied>) -> Result<(), ReadError> {
        self.peek()?;
        let is_wanted = copy.is_some();
        let mut nothing = Copied::default();
        let mut copier = Copier::new(copy.unwrap_or(&mut nothing), self.longest);
        // Where no copy is wanted, nothing is held.
        copier.to.is_cut = !is_wanted;
        let mut shape = Shape::default();
        loop {
            let ahead = self.ahead()?;
            if ahead.is_empty() {
                let is_scalar = shape.is_begun && shape.depth == 0 && !shape.in_string;
                return if is_scalar { Ok(()) } else { Err(cut_short(self.place.line)) };
            }
            let (mut length, mut is_over) = (0, false);
            while length < ahead.len() && !is_over {
                let (piece, is_last) = shape.take(&ahead[length..], &mut copier);
                length += piece;
                is_over = is_last;
            }
            self.pass(length);
            if is_over {
                return Ok(());
            }
        }
    }

    /// Passes a member's key and its colon. A key that cannot be decoded is none that anybody looks for.
    pub fn key(&mut self) -> Result<String, ReadError> {
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected("a key in quotes"));
        }
        let mut quoted = Copied::default();
        self.value(Some(&mut quoted))?;
        let key = serde_json::from_slice(&quoted.json)
            .unwrap_or_else(|_| String::from_utf8_lossy(&quoted.json).into_owned());
        if self.peek()? != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.bump();
        Ok(key)
    }

    /// Tells whether one more follows behind `count` others up to the bracket `close`; passes the comma
    /// before it, or the bracket behind the last.
    pub fn follows(&mut self, count: u64, close: u8) -> Result<bool, ReadError> {
        match self.peek()? {
            Some(byte) if byte == close => {
                self.bump();
                return Ok(false);
            }
            Some(b',') if count > 0 => self.bump(),
            Some(_) if count == 0 => {}
            _ => return Err(self.unexpected(&format!("`,` or `{}`", char::from(close)))),
        }
        Ok(true)
    }

    /// Goes to the value of the first member that is wanted by its key, the first byte of its value and the
    /// line of that, and tells whether there is one. What is no object has none.
    ///
    /// # Errors
    /// A source that cannot be read, an object that is broken before that member.
    pub fn find_member(
        &mut self,
        mut is_wanted: impl FnMut(&str, Option<u8>, u64) -> bool,
    ) -> Result<bool, ReadError> {
        if self.peek()? != Some(b'{') {
            return Ok(false);
        }
        self.bump();
        let mut count = 0;
        while self.follows(count, b'}')? {
            let key = self.key()?;
            let first = self.peek()?;
            if is_wanted(&key, first, self.place.line) {
                return Ok(true);
            }
            self.value(None)?;
            count += 1;
        }
        Ok(false)
    }

    /// Goes to the list of results of the object here, and tells whether it has one.
    pub fn find_list(&mut self) -> Result<bool, ReadError> {
        self.find_member(|key, first, _| key == LIST && first == Some(b'['))
    }

    /// Returns the keys of the object here, as far as it can be read.
    pub fn keys(&mut self) -> Vec<String> {
        let mut keys = Vec::new();
        let take = |key: &str, _, _| {
            keys.push(key.to_owned());
            false
        };
        _ = self.find_member(take);
        keys
    }

    /// Makes an error of the byte that was seen.
    fn unexpected(&mut self, wanted: &str) -> ReadError {
        let Place { line, column, .. } = self.place;
        let found = match self.ahead() {
            Err(error) => return error,
            Ok([]) => return cut_short(line),
            Ok(ahead) => String::from_utf8_lossy(&ahead[..ahead.len().min(4)]).chars().next(),
        };
        let found = found.map(String::from).unwrap_or_default();
        let reason = format!("not JSON: expected {wanted}, not `{}`", excerpt(&found, EXCERPT));
        ReadError::remainder(Some(line), format!("{reason} (column {column})"))
    }
}

impl<'a> Scanner<Cursor<&'a [u8]>> {
    /// Begins a text that is held, of which the end may be cut.
    pub fn of(text: &'a [u8]) -> Self {
        Self::new(Cursor::new(text), 0)
    }
}

/// The shape of the value that is passed.
#[derive(Default)]
pub struct Shape {
    depth: u64,
    is_begun: bool,
    in_string: bool,
    is_escaped: bool,
}

impl Shape {
    /// Takes a piece of the value: one of a string, or up to the next mark. Returns its length, and whether
    /// it is the last.
    fn take(&mut self, ahead: &[u8], copier: &mut Copier<'_>) -> (usize, bool) {
        if self.in_string {
            let (length, is_over) = self.take_string(ahead);
            copier.push_string(&ahead[..length], is_over);
            return (length, is_over && self.depth == 0);
        }
        let plain = ahead.iter().take_while(|byte| !b"\"{}[],: \t\r\n".contains(byte)).count();
        self.is_begun |= plain > 0;
        let Some(&mark) = ahead.get(plain) else {
            copier.push(ahead);
            return (plain, false);
        };
        match mark {
            b'"' if self.depth > 0 || !self.is_begun => self.in_string = true,
            b'{' | b'[' if self.depth > 0 || !self.is_begun => self.depth += 1,
            b'}' | b']' if self.depth > 0 => self.depth -= 1,
            // At the top these end a number or a word, or stand where a value is missing.
            _ if self.depth == 0 => {
                copier.push(&ahead[..plain]);
                return (plain, true);
            }
            _ => {}
        }
        self.is_begun = true;
        copier.push(&ahead[..=plain]);
        (plain + 1, self.depth == 0 && !self.in_string)
    }

    /// Takes a piece of a string, and tells whether it ends there.
    fn take_string(&mut self, ahead: &[u8]) -> (usize, bool) {
        let mut at = usize::from(std::mem::take(&mut self.is_escaped));
        while let Some(found) = memchr::memchr2(b'"', b'\\', ahead.get(at..).unwrap_or_default()) {
            at += found + 1;
            if ahead[at - 1] == b'"' {
                self.in_string = false;
                return (at, true);
            }
            if at == ahead.len() {
                self.is_escaped = true;
                return (at, false);
            }
            at += 1;
        }
        (ahead.len(), false)
    }
}

/// Copies a value, but for the middle of long strings.
pub struct Copier<'a> {
    to: &'a mut Copied,
    longest: usize,
    /// The beginning of the string that is copied, and where it was cut.
    string: Option<CutString>,
}

struct CutString {
    start: usize,
    /// The end of its head, once something was cut.
    head_end: Option<usize>,
    cut: u64,
}

impl<'a> Copier<'a> {
    pub fn new(to: &'a mut Copied, longest: usize) -> Self {
        to.json.clear();
        to.is_cut = false;
        Self { to, longest, string: None }
    }

    fn push(&mut self, bytes: &[u8]) {
        let most = LONGEST_VALUE.saturating_add(self.longest.saturating_mul(8));
        if self.to.is_cut || self.to.json.len() + bytes.len() > most {
            *self.to = Copied { json: Vec::new(), is_cut: true };
        } else {
            self.to.json.extend_from_slice(bytes);
        }
    }

    fn push_string(&mut self, bytes: &[u8], is_over: bool) {
        if self.to.is_cut {
            return;
        }
        let start = self.to.json.len();
        let string = self.string.get_or_insert(CutString { start, head_end: None, cut: 0 });
        let held = start - string.head_end.unwrap_or(string.start);
        if held > self.longest.saturating_mul(4) {
            string.cut_middle(&mut self.to.json, self.longest);
        }
        self.push(bytes);
        if is_over
            && !self.to.is_cut
            && let Some(string) = self.string.take()
        {
            string.finish(&mut self.to.json);
        }
    }
}

impl CutString {
    /// Cuts what is behind the head, but for the last `longest` bytes.
    fn cut_middle(&mut self, json: &mut Vec<u8>, longest: usize) {
        let head_end = self.head_end.unwrap_or_else(|| {
            let limit = self.start.saturating_add(longest.saturating_mul(2));
            units(json, self.start)
                .map(|(end, _)| end)
                .find(|end| *end >= limit)
                .unwrap_or(json.len())
        });
        self.head_end = Some(head_end);
        let limit = json.len() - longest;
        let mut tail = head_end;
        for (end, decoded) in units(json, head_end) {
            if end > limit {
                break;
            }
            tail = end;
            self.cut += decoded;
        }
        json.drain(head_end..tail);
    }

    /// Puts the line that says what was cut in its place.
    fn finish(self, json: &mut Vec<u8>) {
        if let Some(head_end) = self.head_end.filter(|_| self.cut > 0) {
            let line = mark(self.cut).replace('\n', "\\n");
            json.splice(head_end..head_end, line.into_bytes());
        }
    }
}

/// Walks over the characters and escapes of a string from `from` on: where each ends, and its bytes once
/// it is decoded.
fn units(json: &[u8], from: usize) -> impl Iterator<Item = (usize, u64)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let (length, decoded) = match json.get(at..)? {
            [] => return None,
            [b'\\', b'u', hex @ ..] => (6, decoded_length(hex)),
            [b'\\', ..] => (2, 1),
            [0xC0..=0xDF, ..] => (2, 2),
            [0xE0..=0xEF, ..] => (3, 3),
            [0xF0..=0xFF, ..] => (4, 4),
            _ => (1, 1),
        };
        at += length;
        (at <= json.len()).then_some((at, decoded))
    })
}

/// Returns the bytes of the character behind `\u`; each half of a pair is half of its four.
fn decoded_length(hex: &[u8]) -> u64 {
    let digits = hex.get(..4).and_then(|digits| std::str::from_utf8(digits).ok());
    match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
        Some(0..0x80) => 1,
        Some(0x80..0x800 | 0xD800..0xE000) => 2,
        _ => 3,
    }
}

/// Copies one line of JSON without holding long strings whole. Returns false at the end of the source.
pub fn read_line(source: &mut impl BufRead, copy: &mut Copied, longest: usize) -> io::Result<bool> {
    let mut copier = Copier::new(copy, longest.max(1024));
    let mut shape = Shape::default();
    let mut is_any = false;
    loop {
        let ahead = source.fill_buf()?;
        if ahead.is_empty() {
            return Ok(is_any);
        }
        is_any = true;
        let end = memchr::memchr(b'\n', ahead).map(|end| end + 1);
        let length = end.unwrap_or(ahead.len());
        let mut rest = &ahead[..length];
        while !rest.is_empty() {
            let taken = if shape.in_string {
                let (taken, is_over) = shape.take_string(rest);
                copier.push_string(&rest[..taken], is_over || taken == rest.len() && end.is_some());
                taken
            } else {
                let quote = memchr::memchr(b'"', rest);
                shape.in_string = quote.is_some();
                let taken = quote.map_or(rest.len(), |at| at + 1);
                copier.push(&rest[..taken]);
                taken
            };
            rest = &rest[taken..];
        }
        source.consume(length);
        if end.is_some() {
            return Ok(true);
        }
    }
}
