//! The XML of a report, event by event.
//!
//! This module is the only one that knows quick-xml. It owns what may stand around the root element
//! and which breaks of XML's rules are forgiven; of JUnit it must know only how a report begins. What
//! is forgiven is what real tools write and what can be read in one way only: a bare `&`, a bare `<`
//! in an attribute, control characters, unknown entities, doubled attributes. Everything else is a
//! error, because nobody can tell what a report with crossed tags meant to say.

pub mod decode;
pub mod entities;

use std::borrow::Cow;
use std::io::{BufRead, Read};

use quick_xml::events::{BytesDecl, BytesStart, BytesText};
use quick_xml::{Error, errors::IllFormedError, events};

use crate::reports::error::ReadError;
use crate::reports::error::Severity;
use crate::util::text::excerpt;
use decode::{Decoded, unreadable};

/// How deep elements may lie in each other. Each open one costs memory, and no tool nests a thousandth
/// of this.
const MAX_DEPTH: usize = 100_000;

/// Enough bytes to tell the start of a report from other text.
const MARKER: usize = "<testsuite".len();

/// Characters of a foreign text that a message shows.
const SHOWN: usize = 60;

/// Text that may stand around a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LeadingText {
    /// Nothing that shows: a file is a report or is not.
    Strict,
    /// Any text, which is passed over: a test runner that writes its report to a pipe writes its talk
    /// there, too.
    Skip,
}

/// Events of one document, without recursion and with the memory of one event.
pub struct Xml<R> {
    reader: quick_xml::Reader<Decoded<R>>,
    buffer: Vec<u8>,
    stage: Stage,
    leading_text: LeadingText,
}

/// Where in the document the next event is.
enum Stage {
    Start,
    Prolog { declared: bool },
    Root { depth: usize },
    Epilog,
    End,
}

/// What comes next.
pub enum Event<'a> {
    /// Also stands for its end where it [`is_empty`](Element::is_empty).
    Start(Element<'a>),
    End,
    Text(Text<'a>),
    /// A reference between `&` and `;`.
    Reference(Cow<'a, str>),
    /// Comments and the like.
    Nothing,
    /// Text outside of the document, by its first line.
    Ui(String),
    Eof,
}

/// Text between tags.
pub struct Text<'a>(BytesText<'a>);

/// A start tag.
pub struct Element<'a> {
    tag: BytesStart<'a>,
    is_empty: bool,
}

impl<R: Read> Xml<R> {
    pub fn new(source: Decoded<R>, leading_text: LeadingText) -> Self {
        let mut reader = quick_xml::Reader::from_reader(source);
        reader.config_mut().allow_dangling_amp = true;
        Self { reader, buffer: Vec::new(), stage: Stage::Start, leading_text }
    }

    /// The source, for what it counts.
    pub fn source(&self) -> &Decoded<R> {
        self.reader.get_ref()
    }

    /// The line in which the last event began, blanks not counted.
    pub fn line(&self) -> u64 {
        let visible = self.buffer.iter().position(|&byte| byte > b' ').unwrap_or(0);
        let within = memchr::memchr_iter(b'\n', &self.buffer[visible..]).count() as u64;
        self.source().line().saturating_sub(within).max(1)
    }

    /// The next event. Faults without a line are in the [`line`](Self::line) of it.
    pub fn next(&mut self) -> Result<Event<'_>, ReadError> {
        self.buffer.clear();
        match (&self.stage, self.leading_text) {
            (Stage::Root { .. }, _) => self.next_in_root(),
            (Stage::Start, LeadingText::Skip) => self.talk_before(),
            (Stage::Epilog, LeadingText::Skip) => self.talk_after(),
            (Stage::End, _) => Ok(Event::Eof),
            _ => self.next_outside(),
        }
    }

    fn next_in_root(&mut self) -> Result<Event<'_>, ReadError> {
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|e| of_quick_xml(&e))?;
        match event {
            events::Event::Start(tag) => open(&mut self.stage, tag, false),
            events::Event::Empty(tag) => open(&mut self.stage, tag, true),
            events::Event::End(_) => {
                close(&mut self.stage);
                Ok(Event::End)
            }
            // Node's test runner writes `]]>` into texts as it comes: it is kept.
            events::Event::Text(text) => Ok(Event::Text(Text(text))),
            events::Event::CData(text) => {
                Ok(Event::Text(Text(BytesText::from_escaped(text.into_inner()))))
            }
            events::Event::GeneralRef(name) => Ok(Event::Reference(name.into_inner())),
            events::Event::Comment(_) | events::Event::PI(_) => Ok(Event::Nothing),
            events::Event::Decl(_) => Err(xml_error("an XML declaration inside of the report")),
            events::Event::DocType(_) => Err(xml_error("a document type inside of the report")),
            events::Event::Eof => {
                self.stage = Stage::End;
                Ok(Event::Eof)
            }
        }
    }

    /// Before and after the root element.
    fn next_outside(&mut self) -> Result<Event<'_>, ReadError> {
        let after = matches!(self.stage, Stage::Epilog);
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|e| of_quick_xml(&e))?;
        match event {
            events::Event::Start(_) | events::Event::Empty(_) if after => {
                Err(xml_error("a second root element: one file holds one report"))
            }
            events::Event::Start(tag) => open(&mut self.stage, tag, false),
            events::Event::Empty(tag) => open(&mut self.stage, tag, true),
            events::Event::Text(text) => only_blank(&text, after),
            events::Event::CData(text) => only_blank(&text, after),
            events::Event::GeneralRef(name) => only_blank(&format!("&{};", &*name), after),
            events::Event::Decl(declaration) => {
                if let Some(label) = declared(&mut self.stage, &declaration)? {
                    self.reader.get_mut().declare(&label)?;
                }
                Ok(Event::Nothing)
            }
            events::Event::DocType(_) if after => {
                Err(xml_error("a document type after the report"))
            }
            events::Event::Eof if after => {
                self.stage = Stage::End;
                Ok(Event::Eof)
            }
            events::Event::Eof => Err(xml_error("an empty file")),
            _ => Ok(Event::Nothing),
        }
    }

    /// Goes to the start of the report. Text that begins with markup is left to be judged as XML.
    fn talk_before(&mut self) -> Result<Event<'_>, ReadError> {
        let is_start = |ahead: &[u8], nothing_yet: bool| {
            nothing_yet || ahead.starts_with(b"<?xml") || ahead.starts_with(b"<testsuite")
        };
        let (found, first_line) = self.pass_over(is_start)?;
        if !found {
            return Err(ReadError { line: Some(1), ..not_a_report(&first_line) });
        }
        self.stage = Stage::Prolog { declared: false };
        Ok(talk(first_line))
    }

    /// Goes to the end of the source, which must hold no second report.
    fn talk_after(&mut self) -> Result<Event<'_>, ReadError> {
        let (found, first_line) = self.pass_over(|ahead, _| ahead.starts_with(b"<testsuite"))?;
        if found {
            return Err(xml_error("a second report after the first: only one can be read"));
        }
        self.stage = Stage::End;
        Ok(talk(first_line))
    }

    /// Passes over text up to where `is_end`, given what is ahead and whether all before it was
    /// blank. Gives back whether there was such a place, and the first line of the text.
    fn pass_over(
        &mut self,
        is_end: impl Fn(&[u8], bool) -> bool,
    ) -> Result<(bool, String), ReadError> {
        let source = self.reader.get_mut();
        let mut line = FirstLine::default();
        loop {
            let piece = source.fill_buf().map_err(|error| unreadable(&error))?;
            let at = memchr::memchr(b'<', piece).unwrap_or(piece.len());
            line.push(&piece[..at]);
            source.consume(at);
            let ahead = source.peek(MARKER).map_err(|error| unreadable(&error))?;
            if ahead.is_empty() {
                return Ok((false, line.into_string()));
            }
            if ahead.starts_with(b"<") {
                if is_end(ahead, line.0.is_empty()) {
                    return Ok((true, line.into_string()));
                }
                line.push(b"<");
                source.consume(1);
            }
        }
    }
}

impl Text<'_> {
    /// With the line ends that XML gives it.
    pub fn mended(&self) -> Cow<'_, str> {
        self.0.xml10_content()
    }
}

impl Element<'_> {
    /// Without its prefix: namespaces are not told apart.
    pub fn name(&self) -> &str {
        let name = self.tag.name().into_inner();
        name.bytes().position(|byte| byte == b':').map_or(name, |at| &name[at + 1..])
    }

    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Each attribute in turn, by its whole name and with its value as written. Searching for quotes
    /// is faster than quick-xml's own attributes, which look at every byte, and tags are most of a
    /// report.
    pub fn each_attribute(&self, mut take: impl FnMut(&str, &str)) -> Result<(), ReadError> {
        let mut rest = self.tag.attributes_raw();
        loop {
            let attribute = rest.trim_ascii_start();
            if attribute.is_empty() {
                return Ok(());
            }
            if attribute.len() == rest.len() {
                return Err(xml_error("attributes without white space between them"));
            }
            let (name, value, after) = split_attribute(attribute)?;
            take(name, value);
            rest = after;
        }
    }
}

/// The name and value of the attribute that `text` begins with, and what follows them.
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

fn open<'a>(
    stage: &mut Stage,
    tag: BytesStart<'a>,
    is_empty: bool,
) -> Result<Event<'a>, ReadError> {
    let name = tag.name().into_inner();
    if name.is_empty() || name_len(name) < name.len() {
        return Err(xml_error(format!("`<{}` begins no element", first_line(name))));
    }
    let outer = if let Stage::Root { depth } = stage { *depth } else { 0 };
    if outer == MAX_DEPTH {
        return Err(xml_error(format!("elements lie more than {MAX_DEPTH} deep in each other")));
    }
    match (is_empty, outer) {
        (false, _) => *stage = Stage::Root { depth: outer + 1 },
        (true, 0) => *stage = Stage::Epilog,
        (true, _) => {}
    }
    Ok(Event::Start(Element { tag, is_empty }))
}

fn close(stage: &mut Stage) {
    if let Stage::Root { depth } = stage {
        *depth -= 1;
        if *depth == 0 {
            *stage = Stage::Epilog;
        }
    }
}

/// The encoding that a declaration names. There is one declaration, at the start.
fn declared(stage: &mut Stage, declaration: &BytesDecl<'_>) -> Result<Option<String>, ReadError> {
    if !matches!(stage, Stage::Start | Stage::Prolog { declared: false }) {
        return Err(xml_error("an XML declaration that is not at the start"));
    }
    *stage = Stage::Prolog { declared: true };
    let label = declaration.encoding().transpose().map_err(|error| of_quick_xml(&error.into()))?;
    Ok(label.map(Cow::into_owned))
}

/// Lets pass what shows nothing: white space, the NULs of a preallocated file, a stray mark.
fn only_blank(text: &str, after: bool) -> Result<Event<'static>, ReadError> {
    if is_blank(text) {
        Ok(Event::Nothing)
    } else if after {
        Err(xml_error(format!("text after the end of the report: `{}`", first_line(text))))
    } else {
        Err(not_a_report(text))
    }
}

/// Whether there is nothing to see in `text`.
pub fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte <= b' ')
        || text.chars().all(|character| character <= ' ' || character == '\u{FEFF}')
}

/// How much of `text` is a name: ASCII as XML has it; of other characters all are taken.
fn name_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'0'..=b'9' | b'-' | b'.') => 0,
        _ => bytes.iter().position(|&byte| !IN_NAMES[usize::from(byte)]).unwrap_or(bytes.len()),
    }
}

/// Which bytes a name may hold: a table, since every tag and attribute is looked at.
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

fn talk(first_line: String) -> Event<'static> {
    if first_line.is_empty() { Event::Nothing } else { Event::Ui(first_line) }
}

/// The first line of a text that shows something, as far as a message shows it.
#[derive(Default)]
struct FirstLine(Vec<u8>, bool);

impl FirstLine {
    fn push(&mut self, bytes: &[u8]) {
        let FirstLine(line, whole) = self;
        if *whole {
            return;
        }
        let visible = if line.is_empty() {
            &bytes[bytes.iter().take_while(|&&byte| byte <= b' ').count()..]
        } else {
            bytes
        };
        let end = memchr::memchr(b'\n', visible).unwrap_or(visible.len());
        line.extend_from_slice(&visible[..end.min(SHOWN * 4)]);
        *whole = end < visible.len() || line.len() > SHOWN * 4;
    }

    fn into_string(self) -> String {
        first_line(&String::from_utf8_lossy(&self.0))
    }
}

/// Returns the beginning of the first line of `text` that shows something, fit for a message.
pub fn first_line(text: &str) -> String {
    let line = text.trim_start_matches(|character| character <= ' ').lines().next().unwrap_or("");
    excerpt(line.trim_end(), SHOWN)
}

fn not_a_report(text: &str) -> ReadError {
    match text.trim_start_matches(|character| character <= ' ').chars().next() {
        None => xml_error("an empty file"),
        Some('{' | '[') => foreign("JSON, not a JUnit report"),
        Some(_) => foreign(format!("text where the report should begin: `{}`", first_line(text))),
    }
}

fn foreign(reason: impl Into<String>) -> ReadError {
    ReadError { severity: Severity::All, ..xml_error(reason) }
}

fn of_quick_xml(error: &Error) -> ReadError {
    match error {
        Error::Io(error) => unreadable(error),
        Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => xml_error(
            format!("`</{}>` where `</{}>` was due", first_line(found), first_line(expected)),
        ),
        Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
            xml_error(format!("`</{}>` without its start", first_line(found)))
        }
        Error::Syntax(error) => xml_error(error.to_string()),
        error => xml_error(format!("broken XML: {error}")),
    }
}

fn xml_error(reason: impl Into<String>) -> ReadError {
    ReadError::remainder(None, reason)
}
