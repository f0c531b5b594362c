//! Tags: how far one goes, what it says, and whether it ends what was begun.
//!
//! They are read where they lie, since reading them is most of the work.

use std::io::{BufRead, Read, Seek};

use quick_xml::parser::{ElementParser, Parser};

use super::{first_line, xml_error};
use crate::reports::decode::{Decoded, unreadable};
use crate::reports::error::ReadError;

/// Depth to which elements may lie in each other. Each open one costs memory, and no tool nests a
/// thousandth of this.
const MAX_DEPTH: usize = 100_000;

/// Bytes of an element's name, which is held as long as the element is open.
const MAX_NAME: usize = 256;

/// White space as XML knows it.
const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];

/// A start tag.
pub struct Element<'a> {
    name: &'a str,
    attributes: &'a str,
    pub is_empty: bool,
}

/// The names of the elements that are open, from the outermost on.
#[derive(Default)]
pub struct OpenElements {
    names: String,
    /// Where in `names` each begins.
    starts: Vec<usize>,
}

/// Returns the length of the tag that `source` begins with. A `>` in quotes does not end it.
///
/// # Errors
/// A tag that does not end, or that is longer than 8 MiB.
pub fn tag_len<R: Read + Seek>(source: &mut Decoded<R>) -> Result<usize, ReadError> {
    let mut parser = ElementParser::default();
    let mut seen = 0;
    loop {
        let ahead = source.fill_buf().map_err(|error| unreadable(&error))?;
        // Bytes that are decoded anew, once one is no UTF-8, may come to fewer.
        if let Some(at) = parser.feed(ahead.get(seen..).unwrap_or_default()) {
            return Ok(seen + at + 1);
        }
        seen = seen.max(ahead.len());
        if !source.fill_more().map_err(|error| unreadable(&error))? {
            return Err(xml_error(parser.eof_error(&[]).to_string()));
        }
    }
}

impl OpenElements {
    /// Takes a start tag, and tells whether it opens an element.
    pub fn start(&mut self, element: &Element<'_>) -> Result<bool, ReadError> {
        if self.starts.len() == MAX_DEPTH {
            return Err(xml_error(format!(
                "elements lie more than {MAX_DEPTH} deep in each other"
            )));
        }
        if !element.is_empty {
            self.starts.push(self.names.len());
            self.names.push_str(element.name);
        }
        Ok(!element.is_empty)
    }

    /// Takes the tag ahead if it is the end tag that is due, as nearly all end tags are, and returns its
    /// length.
    pub fn end_due(&mut self, ahead: &[u8]) -> Option<usize> {
        let start = *self.starts.last()?;
        let name = &self.names[start..];
        let rest = ahead.strip_prefix(b"</")?.strip_prefix(name.as_bytes())?;
        let length = rest.starts_with(b">").then_some(name.len() + "</>".len())?;
        self.starts.pop();
        self.names.truncate(start);
        Some(length)
    }

    /// Takes an end tag by what follows its slash.
    pub fn end(&mut self, name: &str) -> Result<(), ReadError> {
        let name = name.trim_end_matches(WHITE);
        let start = self.starts.pop().unwrap_or_default();
        let expected = &self.names[start..];
        if name != expected {
            let (name, expected) = (first_line(name), first_line(expected));
            return Err(xml_error(format!("`</{name}>` where `</{expected}>` was due")));
        }
        self.names.truncate(start);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

impl<'a> Element<'a> {
    /// Takes a start tag apart: what is between its angle brackets.
    pub fn new(tag: &'a str) -> Result<Self, ReadError> {
        let content = tag.strip_suffix('/').unwrap_or(tag);
        let (name, attributes) = content.split_at(name_len(content));
        if name.is_empty() || !attributes.is_empty() && !attributes.starts_with(WHITE) {
            let word = content.split(WHITE).next().unwrap_or_default();
            return Err(xml_error(format!("`<{}` begins no element", first_line(word))));
        }
        if name.len() > MAX_NAME {
            return Err(xml_error(format!("an element's name is longer than {MAX_NAME} bytes")));
        }
        Ok(Self { name, attributes, is_empty: content.len() < tag.len() })
    }

    /// Returns the name without its prefix: namespaces are not told apart.
    pub fn name(&self) -> &str {
        let name = self.name;
        name.bytes().position(|byte| byte == b':').map_or(name, |at| &name[at + 1..])
    }

    /// Hands on each attribute in turn, by its whole name and with its value as written. Searching for
    /// quotes is faster than quick-xml's own attributes, which look at every byte, and tags are most of a
    /// report.
    pub fn each_attribute(&self, mut take: impl FnMut(&str, &str)) -> Result<(), ReadError> {
        let mut rest = self.attributes;
        let mut last = "";
        loop {
            let attribute = rest.trim_ascii_start();
            if attribute.is_empty() {
                return Ok(());
            }
            if attribute.len() == rest.len() {
                return Err(xml_error(format!(
                    "a quote inside of the value of `{last}`, or no white space behind it"
                )));
            }
            let (name, value, after) = split_attribute(attribute)?;
            take(name, value);
            (last, rest) = (name, after);
        }
    }
}

/// Returns the name and value of the attribute that `text` begins with, and what follows them.
fn split_attribute(text: &str) -> Result<(&str, &str, &str), ReadError> {
    let (name, rest) = text.split_at(name_len(text));
    if name.is_empty() {
        return Err(xml_error(format!("no attribute begins with `{}`", first_line(text))));
    }
    let no_value =
        || xml_error(format!("attribute `{}` without a value in quotes", first_line(name)));
    let value = rest.trim_ascii_start().strip_prefix('=').ok_or_else(no_value)?.trim_ascii_start();
    let quote =
        *value.as_bytes().first().filter(|byte| b"\"'".contains(byte)).ok_or_else(no_value)?;
    let end = memchr::memchr(quote, &value.as_bytes()[1..]).ok_or_else(no_value)?;
    Ok((name, &value[1..=end], &value[end + 2..]))
}

/// Returns how much of `text` is a name: ASCII as XML has it; of other characters all are taken.
pub fn name_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'0'..=b'9' | b'-' | b'.') => 0,
        _ => bytes.iter().position(|&byte| !IN_NAMES[usize::from(byte)]).unwrap_or(bytes.len()),
    }
}

/// The bytes that a name may hold: a table, since every tag and attribute is looked at.
const IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        #[expect(clippy::cast_possible_truncation, reason = "the table has 256 places")]
        let this = byte as u8;
        table[byte] =
            this.is_ascii_alphanumeric() || matches!(this, b'_' | b':' | b'-' | b'.' | 0x80..);
        byte += 1;
    }
    table
};
