//! The XML of reports, event by event.
//!
//! This module and `tag` are the only ones that know quick-xml. What it forgives is what real tools write and
//! what can be read in one way only: a bare `&`, a bare `<` in an attribute, control characters, unknown
//! entities, doubled attributes. Everything else is an error, because nobody can tell what a report with
//! crossed tags meant to say.

pub mod entities;
mod tag;

use std::io::{BufRead, Read, Seek};

use memchr::memmem;
use quick_xml::{Error, events};

use crate::reports::decode::{Decoded, unreadable};
use crate::reports::error::{ReadError, Severity};
use crate::reports::json::begins_list;
use crate::util::text::excerpt;
use entities::LONGEST;
pub use tag::Element;
use tag::{OpenElements, name_len, tag_len};

/// Bytes that tell what kind of markup begins.
const MARKER: usize = 64;

/// Characters of a foreign text that a message shows.
const SHOWN: usize = 60;

const CDATA_START: &[u8] = b"<![CDATA[";
const CDATA_END: &[u8] = b"]]>";

/// Events of the reports in one source, without recursion and with the memory of one tag.
pub struct Xml<R> {
    reader: quick_xml::Reader<Decoded<R>>,
    buffer: Vec<u8>,
    stage: Stage,
    /// Bytes that the last event lent.
    lent: usize,
    open: OpenElements,
    /// Reports that were begun.
    reports: u64,
    /// The first thing in the source that is no report.
    foreign: Option<ReadError>,
}

/// Where in the source the next event is.
#[derive(Clone, Copy)]
enum Stage {
    /// Before, between or after reports.
    Outside,
    /// In a report.
    Root,
    Cdata,
    End,
}

/// What comes next.
pub enum Event<'a> {
    /// Also stands for its end where it [is empty](Element::is_empty).
    Start(Element<'a>),
    End,
    /// A piece of text as it is written: no reference or line end is cut in two.
    Text(&'a str),
    /// A piece of a CDATA section.
    Literal(&'a str),
    /// A comment, by its first line.
    Comment(String),
    /// Text outside of reports, by its first line.
    Talk(String),
    /// Markup that says nothing.
    Nothing,
    Eof,
}

impl<R: Read + Seek> Xml<R> {
    pub fn new(source: Decoded<R>) -> Self {
        Self {
            reader: quick_xml::Reader::from_reader(source),
            buffer: Vec::new(),
            stage: Stage::Outside,
            lent: 0,
            open: OpenElements::default(),
            reports: 0,
            foreign: None,
        }
    }

    /// Returns the source, for what it counts.
    pub fn source(&self) -> &Decoded<R> {
        self.reader.get_ref()
    }

    /// Returns the line in which the last event began, blanks not counted.
    pub fn line(&self) -> u64 {
        let visible = self.buffer.iter().position(|&byte| byte > b' ').unwrap_or(0);
        let within = memchr::memchr_iter(b'\n', &self.buffer[visible..]).count() as u64;
        self.source().line().saturating_sub(within).max(1)
    }

    /// Returns the next event, or nothing in place of a text that is not wanted. An error without a
    /// line is in the [`line`](Self::line) of it.
    pub fn next(&mut self, wants_text: bool) -> Result<Event<'_>, ReadError> {
        let source = self.reader.get_mut();
        source.consume(std::mem::take(&mut self.lent));
        source.mark();
        self.buffer.clear();
        match self.stage {
            Stage::Outside => self.next_outside(),
            Stage::Root => self.next_in_root(wants_text),
            Stage::Cdata => self.next_in_cdata(wants_text),
            Stage::End => Ok(Event::Eof),
        }
    }

    fn next_in_root(&mut self, wants_text: bool) -> Result<Event<'_>, ReadError> {
        // Most of what comes is a tag.
        let ahead = self.reader.get_mut().fill_buf().map_err(|error| unreadable(&error))?;
        if begins_tag(ahead) {
            return self.next_tag();
        }
        // Most texts have their end at hand.
        let text = match memchr::memchr(b'<', ahead) {
            Some(end @ 1..) => {
                self.lent = end;
                end
            }
            _ => lend(self.reader.get_mut(), &mut self.lent, text_end)?,
        };
        if text > 0 {
            return self.lent(wants_text, Event::Text);
        }
        let source = self.reader.get_mut();
        if source.peek(CDATA_START.len()).is_ok_and(|ahead| ahead == CDATA_START) {
            source.consume(CDATA_START.len());
            self.stage = Stage::Cdata;
            return self.next_in_cdata(wants_text);
        }
        if source.peek(2).is_ok_and(begins_tag) { self.next_tag() } else { self.next_markup() }
    }

    fn next_in_cdata(&mut self, wants_text: bool) -> Result<Event<'_>, ReadError> {
        let text = lend(self.reader.get_mut(), &mut self.lent, cdata_end)?;
        if text > 0 {
            return self.lent(wants_text, Event::Literal);
        }
        let source = self.reader.get_mut();
        if source.peek(CDATA_END.len()).is_ok_and(|ahead| ahead == CDATA_END) {
            source.consume(CDATA_END.len());
            self.stage = Stage::Root;
            return Ok(Event::Nothing);
        }
        Err(xml_error("CDATA not closed: `]]>` not found before end of input"))
    }

    /// Returns the text that was lent, or nothing where it is not wanted.
    fn lent<'a>(
        &'a mut self,
        is_wanted: bool,
        event: fn(&'a str) -> Event<'a>,
    ) -> Result<Event<'a>, ReadError> {
        if !is_wanted {
            return Ok(Event::Nothing);
        }
        text_ahead(self.reader.get_mut(), self.lent).map(event)
    }

    fn next_tag(&mut self) -> Result<Event<'_>, ReadError> {
        let Self { reader, stage, open, lent, .. } = self;
        let source = reader.get_mut();
        let ahead = source.fill_buf().map_err(|error| unreadable(&error))?;
        if let Some(length) = open.end_due(ahead) {
            *lent = length;
        } else {
            *lent = tag_len(source)?;
            let tag = text_ahead(source, *lent)?;
            let tag = &tag[1..tag.len() - 1];
            let Some(name) = tag.strip_prefix('/') else {
                let element = Element::new(tag)?;
                if open.start(&element)? {
                    *stage = Stage::Root;
                }
                return Ok(Event::Start(element));
            };
            open.end(name)?;
        }
        if open.is_empty() {
            *stage = Stage::Outside;
        }
        Ok(Event::End)
    }

    /// Reads what is neither text nor tag.
    fn next_markup(&mut self) -> Result<Event<'_>, ReadError> {
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|e| of_quick_xml(&e))?;
        match event {
            events::Event::Comment(text) => Ok(comment(&text)),
            events::Event::Decl(_) => Err(xml_error("an XML declaration inside of the report")),
            events::Event::DocType(_) => Err(xml_error("a document type inside of the report")),
            events::Event::Eof => {
                self.stage = Stage::End;
                Ok(Event::Eof)
            }
            _ => Ok(Event::Nothing),
        }
    }

    /// Goes to the next report, and past what is around it.
    fn next_outside(&mut self) -> Result<Event<'_>, ReadError> {
        let mut line = FirstLine::default();
        loop {
            let source = self.reader.get_mut();
            let piece = source.fill_buf().map_err(|error| unreadable(&error))?;
            let at = memchr::memchr(b'<', piece).unwrap_or(piece.len());
            let blank = line.push(&piece[..at]);
            source.consume(blank);
            line.begins_in(source.line());
            source.consume(at - blank);
            source.mark();
            let ahead = source.peek(MARKER).map_err(|error| unreadable(&error))?;
            match Markup::of(ahead) {
                Markup::None if ahead.is_empty() => return self.end_outside(&line),
                Markup::None if !ahead.starts_with(b"<") => {}
                Markup::Report | Markup::Declaration if !line.text.is_empty() => {
                    return Ok(self.talk(&line));
                }
                Markup::Report => {
                    self.reports += 1;
                    return self.next_tag();
                }
                Markup::Declaration => return self.pass_prolog(),
                Markup::Prolog if line.text.is_empty() => return self.pass_prolog(),
                Markup::Stray(error) => {
                    self.talk(&line);
                    return Err(self.foreign.take().unwrap_or(error));
                }
                markup => {
                    if let Markup::Foreign(error) = markup
                        && line.text.is_empty()
                    {
                        let line = Some(source.line());
                        self.foreign.get_or_insert(ReadError { line, ..error });
                    }
                    line.push(b"<");
                    line.begins_in(source.line());
                    source.consume(1);
                }
            }
        }
    }

    fn end_outside(&mut self, line: &FirstLine) -> Result<Event<'static>, ReadError> {
        let talk = self.talk(line);
        if self.reports == 0 {
            return Err(self.foreign.take().unwrap_or_else(|| xml_error("an empty file")));
        }
        self.stage = Stage::End;
        Ok(talk)
    }

    fn talk(&mut self, line: &FirstLine) -> Event<'static> {
        if line.text.is_empty() {
            return Event::Nothing;
        }
        let text = first_line(&String::from_utf8_lossy(&line.text));
        if self.reports == 0 {
            let error = ReadError { line: Some(line.number), ..not_a_report(&text) };
            self.foreign.get_or_insert(error);
        }
        Event::Talk(text)
    }

    /// Passes a declaration, which may tell the encoding, a comment, an instruction or a document type.
    fn pass_prolog(&mut self) -> Result<Event<'static>, ReadError> {
        match self.reader.read_event_into(&mut self.buffer).map_err(|e| of_quick_xml(&e))? {
            events::Event::Comment(text) => return Ok(comment(&text)),
            events::Event::Decl(declaration) => {
                let label = declaration.encoding().transpose();
                if let Some(label) = label.map_err(|error| of_quick_xml(&error.into()))? {
                    self.reader.get_mut().declare(&label)?;
                }
            }
            _ => {}
        }
        Ok(Event::Nothing)
    }
}

/// Markup outside of reports.
enum Markup {
    None,
    /// The start of a `testsuite` or `testsuites`.
    Report,
    Declaration,
    /// A comment, an instruction or a document type.
    Prolog,
    /// A piece of a report, and the error of one that is in none.
    Stray(ReadError),
    /// Some other element, and the error of a document that begins so and holds no report.
    Foreign(ReadError),
}

impl Markup {
    /// Tells what begins here, by the first [`MARKER`] bytes of it.
    fn of(ahead: &[u8]) -> Self {
        let text = ahead.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let Some(tag) = text.strip_prefix('<') else { return Self::None };
        let is_prolog = ["!--", "?", "!DOCTYPE", "!doctype"];
        if tag.strip_prefix("?xml").is_some_and(|rest| rest.starts_with(char::is_whitespace)) {
            return Self::Declaration;
        }
        if is_prolog.iter().any(|start| tag.starts_with(start)) {
            return Self::Prolog;
        }
        let name = tag.strip_prefix('/').unwrap_or(tag);
        let name = &name[..name_len(name)];
        let local = name.rsplit(':').next().unwrap_or_default();
        match local {
            "testsuite" | "testsuites" if !tag.starts_with('/') => Self::Report,
            "testsuite" | "testsuites" | "testcase" => {
                Self::Stray(xml_error(format!("`{local}` outside of a report")))
            }
            "" => Self::None,
            _ if tag.starts_with('/') => Self::None,
            _ if local.eq_ignore_ascii_case("html") => {
                Self::Foreign(ReadError::no_results("an HTML page, not a JUnit report"))
            }
            _ => Self::Foreign(ReadError::no_results(format!(
                "root element `{local}`, not `testsuites` or `testsuite`"
            ))),
        }
    }
}

/// Finds a piece of text at the beginning of `source`, and how much of it can be lent. `end` tells how
/// much of what is ahead is text, whether more can come or not.
fn lend<R: Read + Seek>(
    source: &mut Decoded<R>,
    lent: &mut usize,
    end: fn(&[u8], bool) -> usize,
) -> Result<usize, ReadError> {
    let mut wanted = 1;
    loop {
        let seen = source.peek(wanted).map_err(|error| unreadable(&error))?.len();
        let ahead = source.fill_buf().map_err(|error| unreadable(&error))?;
        let is_last = seen < wanted;
        let text = end(ahead, is_last);
        if text > 0 || is_last || begins_markup(ahead) {
            *lent = text;
            return Ok(text);
        }
        wanted = ahead.len() + 1;
    }
}

/// Returns the text that `length` bytes ahead hold.
fn text_ahead<R: Read + Seek>(source: &mut Decoded<R>, length: usize) -> Result<&str, ReadError> {
    let ahead = source.fill_buf().map_err(|error| unreadable(&error))?;
    std::str::from_utf8(&ahead[..length]).map_err(|error| xml_error(error.to_string()))
}

fn begins_tag(ahead: &[u8]) -> bool {
    matches!(ahead, [b'<', next, ..] if !matches!(next, b'!' | b'?'))
}

fn begins_markup(ahead: &[u8]) -> bool {
    ahead.starts_with(b"<") || ahead.starts_with(CDATA_END)
}

/// Returns how much of what is ahead is text up to a tag, without a reference that may go on.
fn text_end(ahead: &[u8], is_last: bool) -> usize {
    match memchr::memchr(b'<', ahead) {
        Some(end) => end,
        None if is_last => ahead.len(),
        None => {
            let near = ahead.len().saturating_sub(LONGEST);
            let open = memchr::memrchr(b'&', &ahead[near..]).map(|at| near + at);
            let is_open = |at: &usize| memchr::memchr(b';', &ahead[*at..]).is_none();
            without_carriage_return(ahead, open.filter(is_open).unwrap_or(ahead.len()))
        }
    }
}

/// Returns how much of what is ahead is text up to the end of a section.
fn cdata_end(ahead: &[u8], is_last: bool) -> usize {
    match memmem::find(ahead, CDATA_END) {
        Some(end) => end,
        None if is_last => ahead.len(),
        None => {
            let brackets = ahead.iter().rev().take(2).take_while(|&&byte| byte == b']').count();
            without_carriage_return(ahead, ahead.len() - brackets)
        }
    }
}

/// A line feed may follow.
fn without_carriage_return(ahead: &[u8], end: usize) -> usize {
    if ahead[..end].ends_with(b"\r") { end - 1 } else { end }
}

fn comment(text: &str) -> Event<'static> {
    if is_blank(text) { Event::Nothing } else { Event::Comment(first_line(text)) }
}

/// Tells whether there is nothing to see in `text`.
pub fn is_blank(text: &str) -> bool {
    blank_len(text.as_bytes()) == text.len()
}

/// The first line of a text that shows something, as far as a message shows it.
#[derive(Default)]
struct FirstLine {
    text: Vec<u8>,
    is_whole: bool,
    number: u64,
}

impl FirstLine {
    /// Appends a piece of the text, and returns how much of it shows nothing before the first line.
    fn push(&mut self, bytes: &[u8]) -> usize {
        let blank = if self.text.is_empty() { blank_len(bytes) } else { 0 };
        if !self.is_whole {
            let visible = &bytes[blank..];
            let end = memchr::memchr(b'\n', visible).unwrap_or(visible.len());
            self.text.extend_from_slice(&visible[..end.min(SHOWN * 4)]);
            self.is_whole =
                !self.text.is_empty() && end < visible.len() || self.text.len() > SHOWN * 4;
        }
        blank
    }

    /// Takes the number of the line, if the line has begun and it is not known.
    fn begins_in(&mut self, number: u64) {
        if self.number == 0 && !self.text.is_empty() {
            self.number = number;
        }
    }
}

/// Returns how many bytes show nothing: white space, the NULs of a preallocated file, byte order marks.
fn blank_len(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    loop {
        let blank = rest.iter().take_while(|&&byte| byte <= b' ').count();
        rest = &rest[blank..];
        match rest.strip_prefix("\u{FEFF}".as_bytes()) {
            Some(after) => rest = after,
            None => return bytes.len() - rest.len(),
        }
    }
}

/// Returns the beginning of the first line of `text` that shows something, fit for a message.
pub fn first_line(text: &str) -> String {
    let line = text.trim_start_matches(|character| character <= ' ').lines().next().unwrap_or("");
    excerpt(line.trim_end(), SHOWN)
}

fn not_a_report(text: &str) -> ReadError {
    let reason = match text.chars().next() {
        None => return xml_error("an empty file"),
        Some('{') => "JSON, not a JUnit report".to_owned(),
        Some('[') if begins_list(text.as_bytes()) => "JSON, not a JUnit report".to_owned(),
        Some(_) => format!("text where the report should begin: `{}`", first_line(text)),
    };
    ReadError { severity: Severity::All, ..xml_error(reason) }
}

fn of_quick_xml(error: &Error) -> ReadError {
    match error {
        Error::Io(error) => unreadable(error),
        Error::Syntax(error) => xml_error(error.to_string()),
        error => xml_error(format!("broken XML: {error}")),
    }
}

fn xml_error(reason: impl Into<String>) -> ReadError {
    ReadError::remainder(None, reason)
}
