//! A JSON text as its elements, each with its line.
//!
//! A text is split into the elements of its arrays and the members of its objects before these are decoded,
//! and no more than one element is held.

use std::fmt;
use std::io::{BufRead, Read, Seek, SeekFrom, Write};

use encoding_rs::{Encoding, UTF_8};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, error::Category};

use super::scanner::{Copied, Place, Scanner};
use crate::model::warnings::Warnings;
use crate::reports::decode::Decoded;
use crate::reports::error::{ReadError, Severity};
use crate::util::temp_file::TempFile;
use crate::util::text::excerpt;

/// Characters of what was read that an error repeats: enough to find it, few enough that the error stays
/// one line at a terminal.
pub const EXCERPT: usize = 60;

/// What is said of JSON that ends before its last bracket.
const CUT_SHORT: &str = "cut short: the JSON ends too early";

/// What is said of an element that is not held whole.
pub const TOO_LONG: &str = "too long to be held in memory";

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
    /// The member whose list it is part of.
    pub list: Option<&'static str>,
}

/// How a result is known before its fields are looked at.
pub struct ResultShape {
    /// The keys of what is meant to be a result: one of each of these.
    pub keys: &'static [&'static [&'static str]],
    /// The words for a document in which nothing is alike.
    pub lacking: &'static str,
    /// Members whose lists are read element by element.
    pub lists: &'static [&'static str],
}

/// A stream that can go back.
pub trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// A text that is read element by element.
pub struct Document {
    scanner: Scanner<Box<dyn Source>>,
    begin: Place,
    /// Members whose lists are split into elements.
    lists: &'static [&'static str],
    levels: Vec<Level>,
    ended: bool,
    /// The element or member that is read.
    copied: Copied,
    /// Where the last element begins.
    element: Place,
}

/// An open bracket, and how much of what is in it has been read.
#[derive(Clone, Debug)]
struct Level {
    close: u8,
    count: u64,
    /// The member that this list is.
    list: Option<&'static str>,
}

impl ResultShape {
    /// Tells whether an object with these keys is meant to be a result.
    pub fn matches(&self, keys: &[String]) -> bool {
        self.keys.iter().all(|wanted| has_any(keys, wanted))
    }

    /// Tells whether the value here is meant to be a result, as far as it can be read.
    fn is_in<R: Read + Seek>(&self, scanner: &mut Scanner<R>) -> bool {
        let mut keys = Vec::new();
        let is_found = scanner.find_member(|key, _, _| {
            if self.keys.iter().any(|wanted| wanted.contains(&key)) && !has_any(&keys, &[key]) {
                keys.push(key.to_owned());
            }
            self.matches(&keys)
        });
        is_found.unwrap_or(false)
    }
}

/// Tells whether one of the wanted keys is there.
pub fn has_any(keys: &[String], wanted: &[&str]) -> bool {
    keys.iter().any(|key| wanted.contains(&key.as_str()))
}

impl Level {
    fn new(close: u8) -> Self {
        Self { close, count: 0, list: None }
    }
}

impl Document {
    /// Begins to read `source`, in UTF-8 or, with a byte order mark, UTF-16. Of a string at least `longest`
    /// bytes are held at either end.
    ///
    /// It is an error if nothing in it is `alike`: such a document is about something else, and naming
    /// each of its elements would help nobody. So it is if the text breaks before anything alike.
    pub fn open(
        source: impl Source + 'static,
        alike: &ResultShape,
        longest: usize,
    ) -> Result<Self, ReadError> {
        let scanner = Scanner::new(utf8(source)?, longest);
        let begin = scanner.place;
        let (lists, copied) = (alike.lists, Copied::default());
        let mut document = Self {
            scanner,
            begin,
            lists,
            levels: Vec::new(),
            ended: false,
            copied,
            element: begin,
        };
        if document.scanner.peek()?.is_none() {
            return Err(ReadError::remainder(Some(1), "empty: there is no JSON in it"));
        }
        if !document.finds(alike)? {
            return Err(ReadError::no_results(format!("holds no results: {}", alike.lacking)));
        }
        document.rewind()?;
        Ok(document)
    }

    /// Goes back to the beginning.
    pub fn rewind(&mut self) -> Result<(), ReadError> {
        self.levels.clear();
        self.ended = false;
        self.scanner.go_back(self.begin)
    }

    /// Returns the next part; none after the last, nor after an error that costs the rest.
    pub fn next(&mut self) -> Result<Option<Item<'_>>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        // An error ends the reading: this is taken back once a part was read.
        self.ended = true;
        loop {
            let Some(level) = self.levels.last_mut() else {
                match self.scanner.peek()? {
                    None => return Ok(None),
                    Some(b'[') => self.open_level(Level::new(b']')),
                    Some(b'{') if self.has_list()? => self.open_level(Level::new(b'}')),
                    Some(_) => return self.element(None, None).map(Some),
                }
                continue;
            };
            if !self.scanner.follows(level.count, level.close)? {
                self.levels.pop();
                continue;
            }
            level.count += 1;
            if level.close == b']' {
                let (index, list) = (level.count, level.list);
                return self.element(Some(index), list).map(Some);
            }
            let key = self.scanner.key()?;
            let list = self.lists.iter().find(|list| **list == key);
            if let (Some(list), Some(b'[')) = (list, self.scanner.peek()?) {
                self.open_level(Level { list: Some(list), ..Level::new(b']') });
                continue;
            }
            self.scanner.value(Some(&mut self.copied))?;
            self.expect_value(self.scanner.place)?;
            self.ended = false;
            return Ok(Some(Item::Member(key, &self.copied.json)));
        }
    }

    fn open_level(&mut self, level: Level) {
        self.scanner.bump();
        self.levels.push(level);
    }

    fn element(
        &mut self,
        index: Option<u64>,
        list: Option<&'static str>,
    ) -> Result<Item<'_>, ReadError> {
        self.scanner.peek()?;
        let place = self.scanner.place;
        self.element = place;
        let read = self.scanner.value(Some(&mut self.copied));
        if read.is_ok() {
            self.expect_value(place)?;
        }
        let element = Element { json: &self.copied.json, line: place.line, index, list };
        if self.copied.is_cut {
            read?;
            self.ended = false;
            return Err(element.error(TOO_LONG));
        }
        // The deserializer words what is wrong with the beginning of a value that does not end.
        match serde_json::from_slice::<IgnoredAny>(element.json) {
            Err(error) if !error.is_eof() || read.is_ok() => return Err(broken(place, &error)),
            _ => read?,
        }
        self.ended = false;
        Ok(Item::Element(element))
    }

    /// Finds whether a value was there to be copied: a bracket or comma may stand in its place.
    fn expect_value(&self, place: Place) -> Result<(), ReadError> {
        if !self.copied.json.is_empty() || self.copied.is_cut {
            return Ok(());
        }
        let reason = format!("not JSON: expected value (column {})", place.column);
        Err(ReadError::remainder(Some(place.line), reason))
    }

    /// Tells whether the object here has a list of results.
    fn has_list(&mut self) -> Result<bool, ReadError> {
        let place = self.scanner.place;
        let found = self.scanner.find_list();
        self.scanner.go_back(place)?;
        // An error is met again where the object is read.
        Ok(found.unwrap_or(false))
    }

    /// Tells whether an element is alike, or there is none at all: an empty list.
    fn finds(&mut self, alike: &ResultShape) -> Result<bool, ReadError> {
        let mut is_empty = true;
        loop {
            match self.next() {
                Ok(Some(Item::Element(element))) => {
                    if alike.is_in(&mut Scanner::of(element.json)) {
                        return Ok(true);
                    }
                    is_empty = false;
                }
                Ok(Some(Item::Member(..))) => {}
                Ok(None) => return Ok(is_empty),
                // What is not held is looked at where it lies.
                Err(error) if error.severity == Severity::One => {
                    self.scanner.go_back(self.element)?;
                    if alike.is_in(&mut self.scanner) {
                        return Ok(true);
                    }
                    self.scanner.go_back(self.element)?;
                    self.scanner.value(None)?;
                    is_empty = false;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Makes an error of the value that begins at `place`.
fn broken(place: Place, error: &serde_json::Error) -> ReadError {
    let line = line_of_error(place.line, error);
    let before = if error.line() == 1 { place.column - 1 } else { 0 };
    let column = before + error.column() as u64;
    ReadError::remainder(Some(line), format!("{} (column {column})", message(error)))
}

impl<'a> Element<'a> {
    /// Its decoded members.
    pub fn object<'n>(self, warnings: &'n mut Warnings) -> Result<Object<'a, 'n>, ReadError> {
        let Members(members) =
            serde_json::from_slice(self.json).map_err(|error| self.undecodable(&error))?;
        Ok(Object { element: self, title: self.title(), members, warnings })
    }

    /// Makes an error that costs this element.
    pub fn error(&self, reason: &str) -> ReadError {
        ReadError::one(self.line, self.title() + reason)
    }

    fn undecodable(&self, error: &serde_json::Error) -> ReadError {
        let reason = match error.classify() {
            Category::Eof => CUT_SHORT.to_owned(),
            Category::Data => format!("{} where an object belongs", kind(self.json)),
            Category::Syntax | Category::Io => message(error),
        };
        ReadError { line: Some(line_of_error(self.line, error)), ..self.error(&reason) }
    }

    /// How an error begins that has no name to tell. Where there is no index the line says it all.
    fn title(&self) -> String {
        self.index.map(|index| format!("element {index}: ")).unwrap_or_default()
    }

    /// Returns the line in which the member `key` has its value: the last, if it has several.
    fn line_of(&self, key: &str) -> u64 {
        let mut line = 1;
        let take = |found: &str, _, at| {
            if found == key {
                line = at;
            }
            false
        };
        // An element that is an object can be read to its end.
        _ = Scanner::of(self.json).find_member(take);
        self.line + line - 1
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

    /// Takes out a status, of which `meaning` knows the words.
    pub fn status<T>(
        &mut self,
        key: &str,
        meaning: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ReadError> {
        let word = self.text(key)?;
        meaning(&word).ok_or_else(|| {
            let shown = excerpt(&word, EXCERPT);
            let unknown = format!("unknown {key} `{shown}`, not passed, failed or skipped");
            self.error(key, &if word.is_empty() { format!("no `{key}`") } else { unknown })
        })
    }

    /// Warns of what was not taken, but for nulls and the fields `known` to be of no use.
    pub fn note_rest(self, known: &[&str]) {
        for (key, value) in self.members {
            if !value.is_null() && !known.contains(&key.as_str()) {
                self.warnings.add("unknown field, not sent", &key);
            }
        }
    }

    /// Makes an error of the field `key`.
    pub fn error(&self, key: &str, reason: &str) -> ReadError {
        ReadError::one(self.element.line_of(key), format!("{}{reason}", self.title))
    }
}

/// The members of an object in their order, those with the same key too.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(self)
    }
}

/// Returns a text in UTF-8, behind its byte order mark. UTF-16, which `PowerShell` writes, has one, and
/// becomes a temporary file.
fn utf8(mut source: impl Source + 'static) -> Result<Box<dyn Source>, ReadError> {
    let mut mark = Vec::new();
    (&mut source).take(3).read_to_end(&mut mark)?;
    let (encoding, length) = Encoding::for_bom(&mark).unwrap_or((UTF_8, 0));
    if encoding == UTF_8 {
        source.seek(SeekFrom::Start(length as u64))?;
        return Ok(Box::new(source));
    }
    source.rewind()?;
    let mut decoded = TempFile::new()?;
    decode_utf16(source, &mut decoded)?;
    decoded.rewind()?;
    Ok(Box::new(decoded))
}

/// Decodes all of `from`, which begins with a byte order mark of UTF-16.
pub fn decode_utf16(from: impl Read + Seek, to: &mut impl Write) -> Result<(), ReadError> {
    let mut from = Decoded::new(from)?;
    loop {
        from.mark();
        let piece = from.fill_buf()?;
        let length = piece.len();
        to.write_all(piece)?;
        from.consume(length);
        if from.malformed > 0 {
            let reason = "not UTF-16, which its byte order mark says it is";
            return Err(ReadError::remainder(Some(from.line()), reason));
        }
        if length == 0 {
            return Ok(());
        }
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

/// Makes an error of a text that ends too early.
pub fn cut_short(line: u64) -> ReadError {
    ReadError::remainder(Some(line), CUT_SHORT)
}

/// The line of an error in a value that begins in the line `first`.
fn line_of_error(first: u64, error: &serde_json::Error) -> u64 {
    first + (error.line() as u64).saturating_sub(1)
}

/// Returns an error's message without its place, which is counted from the beginning of the element.
fn message(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    match text.strip_suffix(&place).unwrap_or(&text) {
        "recursion limit exceeded" => "nested too deep".to_owned(),
        text => format!("not JSON: {text}"),
    }
}
