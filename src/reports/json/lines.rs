//! JSON lines: one result a line.
//!
//! A result is handed out as soon as its line has come in, so that a pipe is read live: nothing is
//! read ahead of the line feed but what the source has buffered. A bad line costs no other.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::mem;

use encoding_rs::{Encoding, UTF_8};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::document::{self, Element, TOO_LONG};
use super::scanner::{self, Copied};
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::reports::error::ReadError;
use crate::reports::format::{Format, ReportReader};
use crate::reports::json;

pub static FORMAT: Format = Format {
    name: "jsonl",
    detect: |head| json::shape(head) == Some(json::Shape::Lines),
    open: |input, options, _| {
        // Refusals are added to `refused.jsonl` while it is read.
        let source = BufReader::new(input.file.take(input.length));
        Ok(Box::new(Reader::new(source, options.longest())))
    },
    is_live: true,
};

/// Reads results line by line.
pub struct Reader<'a> {
    /// In UTF-16 there are no line feeds to wait for: all of it is decoded first.
    source: Box<dyn BufRead + 'a>,
    line: u64,
    copied: Copied,
    longest: usize,
    ended: bool,
}

impl<'a> Reader<'a> {
    /// Reads nothing yet. Of a string at least `longest` bytes are held at either end.
    pub fn new(source: impl BufRead + 'a, longest: usize) -> Self {
        let source = Box::new(source);
        Self { source, line: 0, copied: Copied::default(), longest, ended: false }
    }

    /// Reads a line, and tells whether there is one.
    fn next_line(&mut self) -> Result<bool, ReadError> {
        if self.ended {
            return Ok(false);
        }
        // An error ends the reading: this is taken back once a line was read.
        self.ended = true;
        let mut is_any = self.read_line()?;
        if self.line == 0 && self.decode()? {
            is_any = self.read_line()?;
        }
        self.ended = !is_any;
        self.line += 1;
        Ok(is_any)
    }

    fn read_line(&mut self) -> Result<bool, ReadError> {
        let read = scanner::read_line(&mut self.source, &mut self.copied, self.longest);
        read.map_err(|error| self.unreadable(error))
    }

    /// Removes a byte order mark from the first line. Where it is one of UTF-16, all of the source is decoded
    /// and begins again: returns true.
    fn decode(&mut self) -> Result<bool, ReadError> {
        let json = &mut self.copied.json;
        let (encoding, length) = Encoding::for_bom(json).unwrap_or((UTF_8, 0));
        if encoding == UTF_8 {
            json.drain(..length);
            return Ok(false);
        }
        let mut text = mem::take(json);
        self.source.read_to_end(&mut text).map_err(|error| self.unreadable(error))?;
        let mut decoded = Vec::new();
        document::decode_utf16(Cursor::new(text), &mut decoded)?;
        self.source = Box::new(Cursor::new(decoded));
        Ok(true)
    }

    fn unreadable(&self, error: io::Error) -> ReadError {
        ReadError { line: Some(self.line + 1), ..error.into() }
    }
}

impl ReportReader for Reader<'_> {
    // The last line needs no line feed: an object is either whole or, without its brace, no JSON.
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        while self.next_line()? {
            let json = self.copied.json.trim_ascii();
            let json = refused(json).unwrap_or(json);
            let element = Element { json, line: self.line, index: None, list: None };
            if self.copied.is_cut {
                return Err(element.error(TOO_LONG));
            }
            if !json.is_empty() {
                return json::result(element, warnings).map(Some);
            }
        }
        Ok(None)
    }
}

/// Returns the result in a line of `refused.jsonl`, which `to` itself writes: it may be taken now, or by
/// another execution.
fn refused(line: &[u8]) -> Option<&[u8]> {
    #[derive(Deserialize)]
    struct Refused<'a> {
        #[serde(rename = "url")]
        _url: IgnoredAny,
        #[serde(rename = "reason")]
        _reason: IgnoredAny,
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let begins_so = line.starts_with(b"{\"url\"");
    let refused = begins_so.then(|| serde_json::from_slice::<Refused<'_>>(line).ok())??;
    Some(refused.result.get().as_bytes())
}

#[cfg(test)]
mod tests {
    use std::{io::Write, sync::mpsc, thread, time::Duration};

    use proptest::prelude::*;

    use super::*;
    use crate::model::result::Status;
    use crate::reports::error::Severity;
    use crate::reports::trial::{Given, fuzz, results, styles, written};

    fn read(text: impl AsRef<[u8]>) -> Given {
        let mut reader = Reader::new(text.as_ref(), 1 << 20);
        Given::by(|warnings| reader.next(warnings))
    }

    #[test]
    fn a_bad_line_costs_no_other() {
        let given = read(
            b"\xEF\xBB\xBF{\"name\": \"a\", \"status\": \"pass\"}\r\n\n \t\n\
            not JSON\n{\"name\": \"b\", \"status\": \"ok\"}\n[]\n{\"name\": \"c\"\n\
            {\"name\": \"\xFF\", \"status\": \"pass\"}\n{\"name\": \"x\", \"status\": \"pass\"} {}\n\
            {\"name\": 5}\n{\"name\": \"d\", \"status\": \"fail\"}",
        );
        assert_eq!(
            given.results,
            [TestResult::new("a", Status::Passed), TestResult::new("d", Status::Failed)]
        );
        assert_eq!(
            given.words(),
            [
                "4: not JSON: expected ident",
                "5: result `b`: unknown status `ok`, not passed, failed or skipped",
                "6: an array where an object belongs",
                "7: cut short: the JSON ends too early",
                "8: not JSON: invalid unicode code point",
                "9: not JSON: trailing characters",
                "10: `name` is a number, not a text",
            ]
        );
        assert!(given.errors.iter().all(|error| error.severity == Severity::One));
    }

    #[test]
    fn the_last_line_may_be_without_line_feed_but_not_cut() {
        let line = "{\"name\": \"a\", \"status\": \"pass\"}";
        assert_eq!(read(line).names(), ["a"]);
        let given = read(format!("{line}\n{}", &line[..20]));
        assert_eq!(given.names(), ["a"]);
        assert_eq!(given.words(), ["2: cut short: the JSON ends too early"]);
    }

    #[test]
    fn nothing_is_no_fault() {
        for nothing in ["", "\n\n", "\u{feff}", "\u{feff}\n"] {
            let given = read(nothing);
            assert_eq!((given.names(), given.words()), (vec![], vec![]));
        }
    }

    #[test]
    fn reads_utf_16() {
        let text = "\u{feff}{\"name\": \"aĊ\", \"status\": \"pass\"}\n\n{\"name\": \"b\"}\n";
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let given = read(text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>());
            assert_eq!(given.names(), ["aĊ"]);
            assert_eq!(given.words(), ["3: result `b`: no `status`"]);
        }
    }

    #[test]
    fn a_pipe_is_read_live() {
        let (pipe, mut writer) = std::io::pipe().unwrap();
        let (sender, receiver) = mpsc::channel();
        let reading = thread::spawn(move || {
            let mut reader = Reader::new(BufReader::new(pipe), 0);
            while let Ok(Some(result)) = reader.next(&mut Warnings::default()) {
                sender.send(result.name).unwrap();
            }
        });
        for name in ["a", "b", "c"] {
            write!(writer, "{{\"name\": \"{name}\", ").unwrap();
            assert_eq!(receiver.recv_timeout(Duration::from_millis(20)).ok(), None);
            writeln!(writer, "\"status\": \"pass\"}}").unwrap();
            assert_eq!(receiver.recv_timeout(Duration::from_secs(10)).as_deref(), Ok(name));
        }
        drop(writer);
        reading.join().unwrap();
    }

    #[test]
    fn a_source_that_fails_ends_it() {
        struct Failing;
        impl io::Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let line: &[u8] = b"{\"name\": \"a\", \"status\": \"pass\"}\n";
        let mut reader = Reader::new(BufReader::new(io::Read::chain(line, Failing)), 0);
        let given = Given::by(|warnings| reader.next(warnings));
        assert_eq!(given.names(), ["a"]);
        assert_eq!(given.errors, [ReadError::remainder(Some(2), "the disk is gone")]);
    }

    proptest! {
        // Each case reads its text once for each of its bytes.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_written_is_read(
            results in results(),
            style in styles(),
            blank in "[ \t\r]{0,2}\n?",
        ) {
            let lines = results.iter().map(|result| written(result, style).replace(['\n', '\t'], ""));
            let lines: Vec<_> = lines.collect();
            let text = lines.join(&format!("{blank}\n"));
            let given = read(&text);
            prop_assert_eq!(given.errors, []);
            prop_assert_eq!(&given.results, &results);
            for end in 0..text.len() {
                let given = read(&text.as_bytes()[..end]);
                prop_assert!(results.starts_with(&given.results));
                prop_assert!(given.errors.len() <= 1);
            }
        }
    }

    #[test]
    fn damaged_texts_do_no_harm() {
        let text = "{\"name\": \"a\", \"status\": \"pass\"}\n\
                    {\"name\": \"b\", \"status\": \"fail\", \"x\": [1]}\n";
        let utf16 = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes);
        fuzz(&[text.as_bytes().to_vec(), utf16.collect()], |text| read(text));
    }
}
