//! A JSON text as its elements, each with its line.
//!
//! This module splits a text into the elements of its arrays and the members of its objects, and knows
//! nothing of what makes a result. It splits before it decodes: the splitting looks at brackets, quotes
//! and commas only, so that an element with a bad escape, bad UTF-8 or too deep a nesting costs no
//! other. The text is held whole, because JSON is written as one value; what is decoded of it is never
//! more than one element.

use std::{borrow::Cow, char, fmt, io::Read, ops::ControlFlow};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, error::Category};

use crate::model::warnings::Warnings;
use crate::reports::error::ReadError;
use crate::util::text::excerpt;

/// Characters of what was read that an error repeats: enough to find it, few enough that the error stays
/// one line at a terminal.
pub const EXCERPT: usize = 60;

/// What is said of JSON that ends before its last bracket.
const CUT_SHORT: &str = "cut short: the JSON ends too early";

/// The member of an object that holds a list of results.
const LIST: &str = "results";

/// One part of a document.
pub enum Item<'a> {
    /// An element of a top-level array or of `results`, or a top-level value that is neither.
    Element(Element<'a>),
    /// A member beside `results`, with its undecoded value.
    Member(String, &'a [u8]),
}

/// One value that may be a result, undecoded.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Its text, without white space at either end.
    pub json: &'a [u8],
    /// The line in which it begins.
    pub line: u64,
    /// Its place in its array, counted from 1.
    pub index: Option<u64>,
}

/// How a result is known before its fields are looked at.
pub struct ResultShape {
    /// Whether an object with these keys is meant to be a result.
    pub matches: fn(&[String]) -> bool,
    /// What a document lacks in which nothing is alike.
    pub lacking: &'static str,
}

/// A whole text and how far it has been read.
pub struct Document {
    text: Vec<u8>,
    walk: Walk,
}

/// A place in a text.
#[derive(Clone)]
struct Walk {
    at: usize,
    line: u64,
    /// The brackets that are open: none between top-level values, at most an object and its `results`.
    levels: Vec<Level>,
    ended: bool,
}

/// An open bracket, and how much of what is in it has been read.
#[derive(Clone)]
struct Level {
    close: u8,
    count: u64,
}

impl Document {
    /// Reads all of `source`, in UTF-8 or, with a byte order mark, UTF-16.
    ///
    /// It is an error if nothing in it is `alike`: such a document is about something else, and naming
    /// each of its elements would help nobody. So it is if the text breaks before anything alike.
    pub fn open(mut source: impl Read, alike: &ResultShape) -> Result<Self, ReadError> {
        let mut bytes = Vec::new();
        source
            .read_to_end(&mut bytes)
            .map_err(|error| ReadError::remainder(None, error.to_string()))?;
        Self::new(bytes, alike)
    }

    /// As [`Document::open`], of what has been read.
    pub fn new(bytes: Vec<u8>, alike: &ResultShape) -> Result<Self, ReadError> {
        let text = utf8(bytes)?;
        if text.trim_ascii().is_empty() {
            return Err(ReadError::remainder(Some(1), "empty: there is no JSON in it"));
        }
        let walk = Walk::new();
        if !walk.clone().finds(&text, alike.matches)? {
            return Err(ReadError::no_results(format!("holds no results: {}", alike.lacking)));
        }
        Ok(Self { text, walk })
    }

    /// Goes back to the beginning.
    pub fn rewind(&mut self) {
        self.walk = Walk::new();
    }

    /// Returns the next part; none after the last, nor after an error.
    pub fn next(&mut self) -> Result<Option<Item<'_>>, ReadError> {
        self.walk.next(&self.text)
    }
}

impl Walk {
    fn new() -> Self {
        Self { at: 0, line: 1, levels: Vec::new(), ended: false }
    }

    fn next<'a>(&mut self, text: &'a [u8]) -> Result<Option<Item<'a>>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let mut cursor = Cursor { text, at: self.at, line: self.line };
        let item = self.step(&mut cursor);
        (self.at, self.line) = (cursor.at, cursor.line);
        self.ended = !matches!(item, Ok(Some(_)));
        item
    }

    fn step<'a>(&mut self, cursor: &mut Cursor<'a>) -> Result<Option<Item<'a>>, ReadError> {
        loop {
            let Some(level) = self.levels.last_mut() else {
                match cursor.peek() {
                    None => return Ok(None),
                    Some(b'[') => self.open(cursor, b']'),
                    Some(b'{') if cursor.has_list() => self.open(cursor, b'}'),
                    Some(_) => return cursor.element(None).map(Some),
                }
                continue;
            };
            if !cursor.follows(level)? {
                self.levels.pop();
            } else if level.close == b']' {
                return cursor.element(Some(level.count)).map(Some);
            } else {
                let key = cursor.key()?;
                if key != LIST || cursor.peek() != Some(b'[') {
                    return Ok(Some(Item::Member(key, cursor.value()?)));
                }
                self.open(cursor, b']');
            }
        }
    }

    fn open(&mut self, cursor: &mut Cursor<'_>, close: u8) {
        cursor.at += 1;
        self.levels.push(Level { close, count: 0 });
    }

    /// Whether an element is alike, or there is none at all: an empty list.
    fn finds(mut self, text: &[u8], matches: fn(&[String]) -> bool) -> Result<bool, ReadError> {
        let mut is_empty = true;
        while let Some(item) = self.next(text)? {
            if let Item::Element(element) = item {
                if matches(&element.cursor().keys()) {
                    return Ok(true);
                }
                is_empty = false;
            }
        }
        Ok(is_empty)
    }
}

/// A place in a text that may be cut short: moves over values without decoding them.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Cursor<'a> {
    /// The beginning of `text`.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The next byte that is not white space.
    pub fn peek(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        let blank = rest.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
        self.pass(blank);
        self.text.get(self.at).copied()
    }

    fn pass(&mut self, length: usize) -> &'a [u8] {
        let passed = &self.text[self.at..self.at + length];
        self.line += line_feeds(passed);
        self.at += length;
        passed
    }

    /// Passes one value of any kind.
    fn skip(&mut self) -> serde_json::Result<&'a [u8]> {
        let mut values =
            serde_json::Deserializer::from_slice(&self.text[self.at..]).into_iter::<IgnoredAny>();
        // Where nothing is left there is no value: the deserializer itself words that error.
        values.next().unwrap_or_else(|| serde_json::from_slice(b""))?;
        Ok(self.pass(values.byte_offset()))
    }

    fn value(&mut self) -> Result<&'a [u8], ReadError> {
        self.peek();
        let before = *self;
        self.skip().map_err(|error| before.broken(&error))
    }

    fn element(&mut self, index: Option<u64>) -> Result<Item<'a>, ReadError> {
        self.peek();
        let line = self.line;
        Ok(Item::Element(Element { json: self.value()?, line, index }))
    }

    /// A member's key and its colon. A key that cannot be decoded is none that anybody looks for: it is
    /// as good as written, and a error only where its object is decoded.
    fn key(&mut self) -> Result<String, ReadError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in quotes"));
        }
        let quoted = self.value()?;
        let key = serde_json::from_slice(quoted)
            .unwrap_or_else(|_| String::from_utf8_lossy(quoted).into_owned());
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        Ok(key)
    }

    /// Whether one more follows in `level`; passes the comma before it, or the bracket behind the last.
    fn follows(&mut self, level: &mut Level) -> Result<bool, ReadError> {
        match self.peek() {
            Some(byte) if byte == level.close => {
                self.at += 1;
                return Ok(false);
            }
            Some(b',') if level.count > 0 => self.at += 1,
            Some(_) if level.count == 0 => {}
            _ => return Err(self.unexpected(&format!("`,` or `{}`", char::from(level.close)))),
        }
        level.count += 1;
        Ok(true)
    }

    /// Visits the members of an object up to its end or its first error, each with its value's place.
    fn visit(mut self, mut each: impl FnMut(String, Self) -> ControlFlow<()>) {
        if self.peek() != Some(b'{') {
            return;
        }
        self.at += 1;
        let mut level = Level { close: b'}', count: 0 };
        while let Ok(true) = self.follows(&mut level) {
            let Ok(key) = self.key() else { return };
            self.peek();
            if each(key, self).is_break() || self.skip().is_err() {
                return;
            }
        }
    }

    /// The keys of the object here, as far as it can be read; none where there is no object.
    pub fn keys(self) -> Vec<String> {
        let mut keys = Vec::new();
        self.visit(|key, _| {
            keys.push(key);
            ControlFlow::Continue(())
        });
        keys
    }

    /// Where the first element of `results` begins, if the object here has such a list.
    pub fn list(self) -> Option<Self> {
        let mut list = None;
        self.visit(|key, mut value| {
            if key != LIST || value.peek() != Some(b'[') {
                return ControlFlow::Continue(());
            }
            value.at += 1;
            list = Some(value);
            ControlFlow::Break(())
        });
        list
    }

    fn has_list(self) -> bool {
        self.list().is_some()
    }

    /// Whether the value here goes over several lines, as far as the text goes.
    pub fn spans_lines(mut self) -> bool {
        let rest = &self.text[self.at..];
        match self.skip() {
            Ok(value) => value.contains(&b'\n'),
            Err(error) => error.is_eof() && rest.trim_ascii_end().contains(&b'\n'),
        }
    }

    /// Whether the text from here on is one whole value.
    pub fn is_whole(mut self) -> bool {
        self.skip().is_ok() && self.peek().is_none()
    }

    /// The line in which the object's member `key` has its value: the last, if it has several.
    fn line_of(self, key: &str) -> u64 {
        let mut line = self.line;
        self.visit(|found, value| {
            if found == key {
                line = value.line;
            }
            ControlFlow::Continue(())
        });
        line
    }

    fn unexpected(&self, wanted: &str) -> ReadError {
        let Some(rest) = self.text.get(self.at..).filter(|rest| !rest.is_empty()) else {
            return cut_short(self.line);
        };
        let next = String::from_utf8_lossy(&rest[..rest.len().min(4)]).chars().next();
        let found = next.map(String::from).unwrap_or_default();
        let column = self.column();
        let reason = format!("not JSON: expected {wanted}, not `{}`", excerpt(&found, EXCERPT));
        ReadError::remainder(Some(self.line), format!("{reason} (column {column})"))
    }

    /// An error of the value that begins here.
    fn broken(&self, error: &serde_json::Error) -> ReadError {
        let line = line_of_error(self.line, error);
        if error.is_eof() {
            return cut_short(line);
        }
        let before = if error.line() == 1 { self.column() - 1 } else { 0 };
        let column = before + error.column();
        ReadError::remainder(Some(line), format!("{} (column {column})", words(error)))
    }

    /// The column of this place, counted in bytes from 1.
    fn column(&self) -> usize {
        self.text[..self.at].iter().rev().take_while(|&&byte| byte != b'\n').count() + 1
    }
}

impl<'a> Element<'a> {
    /// Its decoded members.
    pub fn object<'n>(self, warnings: &'n mut Warnings) -> Result<Object<'a, 'n>, ReadError> {
        let Members(members) =
            serde_json::from_slice(self.json).map_err(|error| self.undecodable(&error))?;
        Ok(Object { element: self, title: self.title(), members, warnings })
    }

    fn error(&self, reason: &str) -> ReadError {
        ReadError::one(self.line, self.title() + reason)
    }

    fn undecodable(&self, error: &serde_json::Error) -> ReadError {
        let reason = match error.classify() {
            Category::Eof => CUT_SHORT.to_owned(),
            Category::Data => format!("{} where an object belongs", kind(self.json)),
            Category::Syntax | Category::Io => words(error),
        };
        ReadError { line: Some(line_of_error(self.line, error)), ..self.error(&reason) }
    }

    /// How an error begins that has no name to tell. Where there is no index the line says it all.
    fn title(&self) -> String {
        self.index.map(|index| format!("element {index}: ")).unwrap_or_default()
    }

    fn cursor(&self) -> Cursor<'a> {
        Cursor { text: self.json, at: 0, line: self.line }
    }
}

/// One decoded element, from which fields are taken one by one.
pub struct Object<'a, 'n> {
    element: Element<'a>,
    /// How an error about it begins.
    title: String,
    members: Vec<(String, Value)>,
    warnings: &'n mut Warnings,
}

impl Object<'_, '_> {
    /// Takes a field out; null is absent.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        let same = self.members.extract_if(.., |(name, _)| name == key);
        let mut values: Vec<Value> = same.map(|(_, value)| value).collect();
        let last = values.pop();
        if !values.is_empty() {
            self.warnings.add("field given twice, the last one holds", key);
        }
        last.filter(|value| !value.is_null())
    }

    /// Takes a text out, which is empty where it is absent.
    ///
    /// Nothing else is taken for a text: the server refuses a number in its place, and a number's text
    /// is a guess at what was meant.
    pub fn text(&mut self, key: &str) -> Result<String, ReadError> {
        match self.take(key) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text),
            Some(other) => {
                let found = kind(other.to_string().as_bytes());
                Err(self.error(key, &format!("`{key}` is {found}, not a text")))
            }
        }
    }

    /// Takes out the text that names the result, by which errors call it from here on.
    ///
    /// A blank name is none: a test's history hangs on its name.
    pub fn name(&mut self, key: &str, noun: &str) -> Result<String, ReadError> {
        let name = self.text(key)?;
        if name.trim().is_empty() {
            return Err(self.error(key, &format!("no `{key}`")));
        }
        self.title = format!("{noun} `{}`: ", excerpt(&name, EXCERPT));
        Ok(name)
    }

    /// Warnings what was not taken, but for nulls and the fields `known` to be of no use.
    pub fn note_rest(self, known: &[&str]) {
        for (key, value) in self.members {
            if !value.is_null() && !known.contains(&key.as_str()) {
                self.warnings.add("unknown field, not sent", &key);
            }
        }
    }

    /// Warnings that this element is left out.
    pub fn note(self, text: &'static str, name: &str) {
        self.warnings.add(text, name);
    }

    /// A error in the field `key`.
    pub fn error(&self, key: &str, reason: &str) -> ReadError {
        let line = self.element.cursor().line_of(key);
        ReadError::one(line, format!("{}{reason}", self.title))
    }
}

/// The members of an object in their order, those with the same key too.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// The text in UTF-8, without a byte order mark. UTF-16, which `PowerShell` writes, has one.
pub fn utf8(mut bytes: Vec<u8>) -> Result<Vec<u8>, ReadError> {
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => {
            bytes.drain(..3);
            Ok(bytes)
        }
        [0xFF, 0xFE, rest @ ..] => from_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => from_utf16(rest, u16::from_be_bytes),
        _ => Ok(bytes),
    }
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Vec<u8>, ReadError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    for decoded in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        let Ok(decoded) = decoded else {
            return Err(not_utf16(&text));
        };
        text.push(decoded);
    }
    if odd.is_empty() { Ok(text.into_bytes()) } else { Err(not_utf16(&text)) }
}

fn not_utf16(before: &str) -> ReadError {
    let line = line_feeds(before.as_bytes()) + 1;
    ReadError::remainder(Some(line), "not UTF-16, which its byte order mark says it is")
}

/// The beginning of a text, in UTF-8 as far as it can be read.
pub fn head(bytes: &[u8]) -> Cow<'_, [u8]> {
    let units = |unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes[2..].as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|&pair| unit(pair)).collect();
        Cow::Owned(String::from_utf16_lossy(&units).into_bytes())
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        [0xFF, 0xFE, ..] => units(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => units(u16::from_be_bytes),
        _ => Cow::Borrowed(bytes),
    }
}

/// What a value is, by its first byte.
fn kind(json: &[u8]) -> &'static str {
    match json.first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn cut_short(line: u64) -> ReadError {
    ReadError::remainder(Some(line), CUT_SHORT)
}

/// The line of an error in a value that begins in the line `first`.
fn line_of_error(first: u64, error: &serde_json::Error) -> u64 {
    first + (error.line() as u64).saturating_sub(1)
}

/// An error's words without its place, which is counted from the beginning of the element.
fn words(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let words = error.to_string();
    match words.strip_suffix(&place).unwrap_or(&words) {
        "recursion limit exceeded" => "nested too deep".to_owned(),
        words => format!("not JSON: {words}"),
    }
}

fn line_feeds(text: &[u8]) -> u64 {
    text.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}
