//! Results in the API's own JSON: an array of them, one object, or `{"results": […]}`.
//!
//! Several documents in one text are read one after another, as `jq` and `cat` leave them.

pub mod document;
pub mod lines;
mod scanner;

use serde::de::IgnoredAny;

use super::error::ReadError;
use super::format::{Format, ReportReader};
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use document::{Document, Element, Item, ResultShape, Source, has_any};
use scanner::Scanner;

/// The fields of a result.
const FIELDS: [&str; 6] = ["name", "status", "category", "template_id", "comment", "io_log"];

/// Top-level members that only Checkbox writes, some of them in front of its results.
const CHECKBOX_MEMBERS: [&str; 4] = ["testplan_id", "custom_joblist", "origin", "category_map"];

/// Fields that Checkbox gives each of its results, and the API none.
const CHECKBOX_FIELDS: [&str; 3] = ["full_id", "certification_status", "outcome"];

/// A name alone is not enough: many a file has that, such as `package.json`.
const RESULT: ResultShape = ResultShape {
    keys: &[&["name"], &["status"]],
    lacking: "no element of it, or of its `results`, has both a `name` and a `status`",
    lists: &["results"],
};

pub static FORMAT: Format = Format {
    name: "json",
    detect: |head| shape(head) == Some(Shape::Document),
    open: |input, options, _| Ok(Box::new(Reader::new(input.file, options.longest())?)),
    is_live: false,
};

/// The reader that a JSON text wants.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// Also other JSON, of which it is said that it holds no results.
    Document,
    Lines,
    Checkbox,
    TestSubmission,
}

/// Tells by its beginning which JSON a text is, if it is any.
///
/// `head` must be the whole text, or reach beyond the first line feed or to 64 KiB, whichever comes
/// first: Checkbox may have thousands of packages in front of its results, and a log may come before
/// a name, so it is enough that the first members can be seen.
pub fn shape(head: &[u8]) -> Option<Shape> {
    match Scanner::of(head).peek().ok()?? {
        b'[' => (begins_list(head) || is_json(head)).then_some(Shape::Document),
        // A line of `refused.jsonl`, which may be the only one.
        b'{' if head.trim_ascii_start().starts_with(b"{\"url\"") => Some(Shape::Lines),
        b'{' => Some(shape_of_object(head)),
        _ => is_whole(head).then_some(Shape::Document),
    }
}

/// Tells a list of results by what is behind its `[`: programs write `[INFO]` and `[ 10%]` too.
pub fn begins_list(head: &[u8]) -> bool {
    let behind = head.trim_ascii_start().get(1..).unwrap_or_default().trim_ascii_start();
    matches!(behind.first(), None | Some(b'{' | b'[' | b']'))
}

/// Tells whether a text is JSON, as far as it goes.
fn is_json(text: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.all(|value| value.map_or_else(|error| error.is_eof(), |_| true))
}

fn shape_of_object(head: &[u8]) -> Shape {
    let keys = Scanner::of(head).keys();
    let mut list = Scanner::of(head);
    let has_list = list.find_list().unwrap_or(false);
    let in_list = if has_list {
        list.bump();
        list.keys()
    } else {
        Vec::new()
    };
    let is_test_submission = has_any(&in_list, &["outcome"]) && !has_any(&in_list, &["status"]);
    if has_any(&keys, &["session_data"]) || (is_test_submission && has_any(&in_list, &["id"])) {
        Shape::TestSubmission
    } else if has_any(&keys, &CHECKBOX_MEMBERS) || has_any(&in_list, &CHECKBOX_FIELDS) {
        Shape::Checkbox
    } else if !has_list && !spans_lines(head) && has_result_line(head) {
        Shape::Lines
    } else {
        Shape::Document
    }
}

/// Tells whether a line of `head` is a result, or its last line the beginning of one.
fn has_result_line(head: &[u8]) -> bool {
    let mut lines = head.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let keys = Scanner::of(line).keys();
        let is_last = lines.peek().is_none();
        let is_result =
            if is_whole(line) { RESULT.matches(&keys) } else { is_last && has_any(&keys, &FIELDS) };
        if is_result {
            return true;
        }
    }
    false
}

/// Tells whether a text is one value.
fn is_whole(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Tells whether the first value of a text goes over several lines, as far as the text goes.
fn spans_lines(text: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => text[..values.byte_offset()].trim_ascii().contains(&b'\n'),
        Some(Err(error)) => error.is_eof() && text.trim_ascii().contains(&b'\n'),
        None => false,
    }
}

/// Reads the results of a document.
struct Reader(Document);

impl Reader {
    fn new(source: impl Source + 'static, longest: usize) -> Result<Self, ReadError> {
        Document::open(source, &RESULT, longest).map(Self)
    }
}

impl ReportReader for Reader {
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        while let Some(item) = self.0.next()? {
            match item {
                Item::Element(element) => return result(element, warnings).map(Some),
                Item::Member(_, b"null") => {}
                Item::Member(key, _) => warnings.add("unknown field, not sent", &key),
            }
        }
        Ok(None)
    }
}

/// One result from its JSON.
///
/// # Errors
/// It has no name, a status that is none of the three, or something else than text in a field.
pub fn result(element: Element<'_>, warnings: &mut Warnings) -> Result<TestResult, ReadError> {
    let mut object = element.object(warnings)?;
    let name = object.name("name", "result")?;
    // The API knows only failures: an error is marked.
    let (status, is_error) = object.status("status", |word| match Status::from_word(word) {
        None if word.eq_ignore_ascii_case("error") => Some((Status::Failed, true)),
        known => Some((known?, false)),
    })?;
    let comment = object.text("comment")?;
    let result = TestResult {
        name,
        status,
        category: object.text("category")?,
        template_id: object.text("template_id")?,
        comment: if is_error {
            format!("[error] {comment}").trim_end().to_owned()
        } else {
            comment
        },
        io_log: object.text("io_log")?,
    };
    object.note_rest(&[]);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, Seek, SeekFrom};

    use proptest::prelude::*;

    use super::*;
    use crate::reports::{
        error::Severity,
        trial::{Given, by_value, fuzz, note, results, styles, written},
    };

    fn read(text: impl AsRef<[u8]>) -> Given {
        match Reader::new(Cursor::new(text.as_ref().to_vec()), 1 << 20) {
            Ok(mut reader) => Given::by(|warnings| reader.next(warnings)),
            Err(error) => Given::error(error),
        }
    }

    /// What is said of a text of which nothing can be read.
    fn refused(text: impl AsRef<[u8]>) -> (String, Severity) {
        let given = read(text);
        assert_eq!(given.names(), [""; 0]);
        (given.words().join("\n"), given.errors[0].severity)
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    const GOOD: &str = r#"{"name": "good", "status": "PASSED"}"#;

    #[test]
    fn reads_all_fields_of_an_array() {
        let given = read(
            r#"[{"name": "a", "status": "FAILED", "category": "c", "template_id": "t",
                 "comment": "x\n\"y\"", "io_log": "\u0000\ud83d\ude00 <&lt;"},
                {"name": "b", "status": "skip", "category": null}]"#,
        );
        let first = TestResult {
            name: "a".into(),
            status: Status::Failed,
            category: "c".into(),
            template_id: "t".into(),
            comment: "x\n\"y\"".into(),
            io_log: "\0😀 <&lt;".into(),
        };
        assert_eq!(given.results, [first, TestResult::new("b", Status::Skipped)]);
        assert_eq!(given.errors, []);
        assert_eq!(given.warnings.all(), []);
    }

    #[test]
    fn reads_one_object_and_an_object_with_results() {
        let good = [TestResult::new("good", Status::Passed)];
        assert_eq!(read(GOOD).results, good);
        assert_eq!(
            read(format!(r#"{{"a": {{"results": 1}}, "results": [{GOOD}]}}"#)).results,
            good
        );
        assert_eq!(read(format!(r#"{{"results": [{GOOD}], "b": []}}"#)).results, good);
    }

    #[test]
    fn reads_documents_that_follow_each_other() {
        let given = read(format!("{GOOD}\n{{\"results\": [{GOOD}]}} [{GOOD}]{GOOD}"));
        assert_eq!(given.names(), ["good"; 4]);
        assert_eq!(given.errors, []);
    }

    #[test]
    fn takes_no_other_word_for_a_status() {
        let words = ["ok", "errors", "xfail", "true", "PASSED ", "", "Pаss"];
        let elements = words.map(|word| format!(r#"{{"name": "n", "status": "{word}"}}"#));
        assert_eq!(
            read(format!("[\n{}]", elements.join(",\n"))).words(),
            [
                "2: result `n`: unknown status `ok`, not passed, failed or skipped",
                "3: result `n`: unknown status `errors`, not passed, failed or skipped",
                "4: result `n`: unknown status `xfail`, not passed, failed or skipped",
                "5: result `n`: unknown status `true`, not passed, failed or skipped",
                "6: result `n`: unknown status `PASSED `, not passed, failed or skipped",
                "7: result `n`: no `status`",
                "8: result `n`: unknown status `Pаss`, not passed, failed or skipped",
            ]
        );
    }

    #[test]
    fn names_each_bad_element_and_reads_the_others() {
        let bad = [
            r#"{"status": "PASSED"}"#,
            r#"{"name": null, "status": "PASSED"}"#,
            r#"{"name": " ", "status": "PASSED"}"#,
            r#"{"name": 5, "status": "PASSED"}"#,
            "{\"name\": \"x\",\n\"status\":\ntrue}",
            r#"{"name": "x"}"#,
            r#"{"name": "x", "status": null}"#,
            "{\"name\": \"x\", \"status\": \"PASSED\",\n\"comment\": [\"c\"]}",
            "{\"name\": \"x\",\n\"status\": \"\\ud800\"}",
            "17.5",
            "null",
            r#""PASSED""#,
            "[]",
        ];
        let elements = bad.map(|bad| format!("{bad},\n{GOOD}"));
        let given = read(format!("[\n{}\n]", elements.join(",\n")));
        assert_eq!(given.names(), ["good"; 13]);
        assert!(given.errors.iter().all(|error| error.severity == Severity::One));
        assert_eq!(
            given.words(),
            [
                "2: element 1: no `name`",
                "4: element 3: no `name`",
                "6: element 5: no `name`",
                "8: element 7: `name` is a number, not a text",
                "12: result `x`: `status` is a boolean, not a text",
                "14: result `x`: no `status`",
                "16: result `x`: no `status`",
                "19: result `x`: `comment` is an array, not a text",
                "22: element 17: not JSON: unexpected end of hex escape",
                "24: element 19: a number where an object belongs",
                "26: element 21: null where an object belongs",
                "28: element 23: a text where an object belongs",
                "30: element 25: an array where an object belongs",
            ]
        );
    }

    #[test]
    fn bad_utf_8_and_deep_nesting_cost_one_element() {
        let mut text = format!("[{GOOD},\n").into_bytes();
        text.extend(b"{\"name\": \"\xFF\", \"status\": \"PASSED\"},\n{\"name\": \"deep\", \"x\": ");
        text.extend("[".repeat(100_000).bytes().chain("]".repeat(100_000).bytes()));
        text.extend(format!("}},\n{GOOD}]").bytes());
        let given = read(text);
        assert_eq!(given.names(), ["good", "good"]);
        assert_eq!(
            given.words(),
            ["2: element 2: not JSON: invalid unicode code point", "3: element 3: nested too deep"]
        );
        let deep = "[".repeat(1_000_000);
        assert_eq!(
            refused(deep),
            ("1: cut short: the JSON ends too early".into(), Severity::Remainder)
        );
    }

    #[test]
    fn an_element_that_grows_too_long_within_a_string_costs_no_other() {
        // Of each string some kilobytes are held, and of an element some megabytes.
        let noise = format!("\"{}\",", "x".repeat(4000));
        for strings in [1030, 1040, 1050, 1100] {
            let (noise, log) = (noise.repeat(strings), "y".repeat(300_000));
            let long = format!("{{\"name\": \"a\", \"x\": [{noise} 1], \"io_log\": \"{log}\"}}");
            let text = format!("[{GOOD},\n{long},\n{GOOD}]");
            let mut reader = Reader::new(Cursor::new(text.into_bytes()), 0).unwrap();
            let given = Given::by(|warnings| reader.next(warnings));
            assert_eq!(given.names(), ["good"; 2]);
            let too_long = "2: element 2: too long to be held in memory";
            let is_held = given.words() == ["2: result `a`: no `status`"];
            assert!(is_held || given.words() == [too_long], "{strings}: {:?}", given.words());
        }
    }

    #[test]
    fn a_document_of_one_element_that_is_too_long_holds_a_result_or_none() {
        let noise = vec!["1".repeat(10_000); 430].join(",");
        for (element, said) in [
            (format!("{{\"x\": [{noise}], \"name\": \"a\", \"status\": \"FAILED\"}}"), true),
            (format!("{{\"name\": \"a\", \"status\": \"FAILED\", \"x\": [{noise}]}}"), true),
            (format!("{{\"name\": \"a\", \"x\": [{noise}]}}"), false),
            (format!("[{noise}]"), false),
        ] {
            for text in [format!("[{element}]"), format!("[[], {element}, 1]")] {
                let opened = Reader::new(Cursor::new(text.into_bytes()), 0);
                let read = opened.map(|mut reader| Given::by(|warnings| reader.next(warnings)));
                let is_named = |given: Given| {
                    given
                        .words()
                        .iter()
                        .any(|words| words.ends_with("too long to be held in memory"))
                };
                match read {
                    Ok(given) => assert!(said && is_named(given), "{}", &element[..40]),
                    Err(error) => {
                        assert_eq!((said, error.severity), (false, Severity::NoResults));
                    }
                }
            }
        }
    }

    #[test]
    fn results_are_found_however_far_behind_other_members_they_stand() {
        for length in [10, 60_000, 65_490, 65_510, 65_536, 70_000, 131_072, 300_000] {
            let long = "y".repeat(length);
            for text in [
                format!("{{\"x\": \"{long}\", \"results\": [{GOOD}]}}"),
                format!("\n {{\"x\": [\"{long}\"],\n\"results\": [{GOOD}]}}"),
                format!("[{{\"x\": \"{long}\"}}, {GOOD}]"),
                format!("{{\"x\": \"{long}\", \"results\": [{GOOD}]}}\n{GOOD}"),
            ] {
                assert!(read(&text).names().contains(&"good"), "{length}: {:.20}", text.trim());
            }
        }
    }

    #[test]
    fn a_bad_key_costs_its_element_or_nothing() {
        let bad = r#"{"\ud800": 1, "name": "x", "status": "PASSED"}"#;
        let given = read(format!("[{bad},\n{GOOD}]"));
        assert_eq!(given.names(), ["good"]);
        assert_eq!(given.words(), ["1: element 1: not JSON: unexpected end of hex escape"]);
        let given = read(format!("{{\"\\ud800\": 1, \"results\": [{GOOD}]}}"));
        assert_eq!(given.names(), ["good"]);
        assert_eq!(given.warnings.all(), [note("unknown field, not sent", 1, &["\"\\ud800\""])]);
        // Each of these is looked at on its own, so that many take no longer than one long one.
        let given = read("{\"\\ud800\": 1}".repeat(20_000) + GOOD);
        assert_eq!((given.names(), given.errors.len()), (vec!["good"], 20_000));
    }

    #[test]
    fn an_echo_of_the_input_is_short_and_on_one_line() {
        let name = format!("\\n\\u001b{}", "é".repeat(100));
        let given = read(format!(r#"{{"name": "{name}", "status": 1}}"#));
        let shown = "é".repeat(58);
        assert_eq!(
            given.words(),
            [format!("1: result `\\n\\u{{1b}}{shown}…`: `status` is a number, not a text")]
        );
    }

    #[test]
    fn notes_unknown_and_doubled_fields() {
        let given = read(
            r#"{"suite": 1, "none": null, "results": [
                {"name": "a", "name": "b", "status": "pass", "time": 1, "Name": "c", "none": null},
                {"name": "c", "status": "x", "status": "fail", "time": 2, "time": 3}]}"#,
        );
        let expected = [TestResult::new("b", Status::Passed), TestResult::new("c", Status::Failed)];
        assert_eq!(given.results, expected);
        assert_eq!(
            given.warnings.all(),
            [
                note("unknown field, not sent", 5, &["suite", "time", "Name"]),
                note("field given twice, the last one holds", 2, &["name", "status"]),
            ]
        );
    }

    #[test]
    fn a_broken_text_gives_what_was_before_it() {
        let cases = [
            ("", "cut short: the JSON ends too early"),
            (",", "cut short: the JSON ends too early"),
            (",\n]", "not JSON: expected value (column 1)"),
            ("\n]]", "not JSON: expected value (column 2)"),
            (", NaN]", "not JSON: expected value (column 39)"),
            (", -Infinity]", "not JSON: invalid number (column 40)"),
            (",\n {\"a\": \"\t\"}]", CONTROL),
            ("; 5]", "not JSON: expected `,` or `]`, not `;` (column 37)"),
            (" é", "not JSON: expected `,` or `]`, not `é` (column 38)"),
            (",\n{\"name\": \"x\", \"status\": \"pas", "cut short: the JSON ends too early"),
            (",\n{'name': 1}]", "not JSON: key must be a string (column 2)"),
            (",\n{\"a\": 1,}]", "not JSON: key must be a string (column 9)"),
            ("] # end", "not JSON: expected value (column 39)"),
        ];
        for (end, reason) in cases {
            let given = read(format!("\n[\n{GOOD}{end}"));
            let line = 3 + end.matches('\n').count();
            assert_eq!(given.names(), ["good"], "{end}");
            assert_eq!(given.words(), [format!("{line}: {reason}")], "{end}");
            assert_eq!(given.errors[0].severity, Severity::Remainder);
        }
    }

    const CONTROL: &str =
        "not JSON: control character (\\u0000-\\u001F) found while parsing a string (column 8)";

    #[test]
    fn broken_members_are_told() {
        let cases = [
            ("", "1: cut short: the JSON ends too early"),
            (",", "1: cut short: the JSON ends too early"),
            (", 5: 1}", "1: not JSON: expected a key in quotes, not `5` (column 53)"),
            (", \"a\" 1}", "1: not JSON: expected `:`, not `1` (column 57)"),
            ("\n]", "2: not JSON: expected `,` or `}`, not `]` (column 1)"),
        ];
        for (end, error) in cases {
            let given = read(format!("{{\"results\": [{GOOD}]{end}"));
            assert_eq!((given.names(), given.words()), (vec!["good"], vec![error.to_owned()]));
        }
    }

    #[test]
    fn tells_other_json_from_results() {
        let others = [
            r#"{"name": "a-package", "version": "1.0.0"}"#,
            r#"{"status": "ok"}"#,
            r#"{"results": {"tests": []}}"#,
            r#"{"results": [{"name": "x", "outcome": "passed"}]}"#,
            "{}",
            "[1, 2, 3]",
            "[[]]",
            "5",
            "null",
            "\"passed\"",
            "{\"a\": 1}\n{\"b\": 2}",
        ];
        for other in others {
            let reason = "holds no results: no element of it, or of its `results`, has both a `name` and a `status`";
            assert_eq!(refused(other), (reason.into(), Severity::NoResults), "{other}");
        }
        for empty in ["", " \n", "\u{feff}"] {
            let reason = "1: empty: there is no JSON in it";
            assert_eq!(refused(empty), (reason.into(), Severity::Remainder), "{empty}");
        }
        for none in ["[]", "{\"results\": []}", "[] []"] {
            let given = read(none);
            assert_eq!((given.names(), given.words()), (vec![], vec![]), "{none}");
        }
    }

    #[test]
    fn reads_byte_order_marks() {
        let text = format!("[{GOOD}, {{\"name\": \"é😀\", \"status\": \"pass\"}}]");
        for bytes in [
            format!("\u{feff}{text}").into_bytes(),
            utf16(&text, u16::to_le_bytes),
            utf16(&text, u16::to_be_bytes),
        ] {
            assert_eq!(Format::of(&bytes).name, "json");
            assert_eq!(read(bytes).names(), ["good", "é😀"]);
        }
        let mut lone = utf16("[\n", u16::to_le_bytes);
        lone.extend([0x00, 0xD8]);
        let reason = "2: not UTF-16, which its byte order mark says it is";
        assert_eq!(refused(&lone), (reason.into(), Severity::Remainder));
        assert_eq!(refused(&lone[..lone.len() - 1]), (reason.into(), Severity::Remainder));
    }

    #[test]
    fn a_source_that_fails_is_a_fault() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the disk is gone"))
            }
        }
        impl Seek for Failing {
            fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
                Ok(0)
            }
        }
        let error = Reader::new(Failing, 0).err();
        assert_eq!(error, Some(ReadError::remainder(None, "the disk is gone")));
    }

    #[test]
    fn recognises_shapes() {
        let long = "x".repeat(70_000);
        let cases: [(&str, Option<Shape>); 35] = [
            ("[", Some(Shape::Document)),
            ("\n [5", Some(Shape::Document)),
            ("[\n {\"a\"; 1}", Some(Shape::Document)),
            ("[[INFO]]", Some(Shape::Document)),
            ("[]", Some(Shape::Document)),
            ("[1, 2]\n[\"a\", nul", Some(Shape::Document)),
            ("[INFO] building\n", None),
            ("[ 10%] building\n", None),
            ("[    1.100000] KTAP version 1\n", None),
            ("[1] 4711 begins\n", None),
            ("{}", Some(Shape::Document)),
            ("5", Some(Shape::Document)),
            ("null\n", Some(Shape::Document)),
            ("nullify", None),
            ("ok 1 - a test", None),
            ("", None),
            ("<testsuites/>", None),
            (GOOD, Some(Shape::Lines)),
            (&format!("{GOOD}\n"), Some(Shape::Lines)),
            (&format!("{GOOD}\n{GOOD}\n{{\"na"), Some(Shape::Lines)),
            (&format!("\n\n{{\"oops\": 1}}\r\n{GOOD}\r\n"), Some(Shape::Lines)),
            (&format!("{{\"name\": \"cut\n{GOOD}\n"), Some(Shape::Lines)),
            (&format!("{{name: 1}}\n{GOOD}\n"), Some(Shape::Lines)),
            (&format!("{{\"io_log\": \"{long}"), Some(Shape::Lines)),
            ("{\"name\":\"a\",\"version\":\"1\"}", Some(Shape::Document)),
            ("{\"level\":\"info\"}\n{\"level\":\"warn\"}\n", Some(Shape::Document)),
            ("{\n  \"name\": \"a\",\n  \"status\": \"pass\"\n}\n", Some(Shape::Document)),
            (&format!("{{\n  \"io_log\": \"{long}"), Some(Shape::Document)),
            (&format!("{{\"x\": [\n{GOOD}\n,\n{GOOD}\n]}}"), Some(Shape::Document)),
            (&format!("{{\"results\":[{GOOD},"), Some(Shape::Document)),
            (&format!("{{\"x\":\"{long}"), Some(Shape::Document)),
            (
                "{\n\"title\": \"t\",\n\"custom_joblist\": false, \"packages\": [",
                Some(Shape::Checkbox),
            ),
            ("{\"results\": [{\"id\": \"a\", \"full_id\": \"b::a\", \"na", Some(Shape::Checkbox)),
            ("{\"results\": [], \"category_map\": {}}", Some(Shape::Checkbox)),
            (
                "{\"results\": [{\"id\": 1, \"name\": \"a\", \"status\": \"PASSED\"}]}",
                Some(Shape::Document),
            ),
        ];
        for (head, expected) in cases {
            let shown: String = head.chars().take(80).collect();
            assert_eq!(shape(head.as_bytes()), expected, "{shown}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(results in results(), style in styles()) {
            let elements: Vec<_> = results.iter().map(|result| written(result, style)).collect();
            let list = format!("[{}]", elements.join(if style.is_pretty { " ,\r\n" } else { "," }));
            let object = format!("{{\"v\": [1],\n\"results\" : {list}}}");
            for text in [&list, &object] {
                let given = read(text);
                prop_assert_eq!(&given.errors, &[]);
                prop_assert_eq!(&given.results, &results);
                prop_assert_eq!(shape(text.as_bytes()), Some(Shape::Document));
            }
        }

        #[test]
        fn results_that_follow_each_other_are_read(results in results(), style in styles()) {
            prop_assume!(!results.is_empty());
            let elements: Vec<_> = results.iter().map(|result| written(result, style)).collect();
            let text = elements.join("\n");
            let given = read(&text);
            prop_assert_eq!(&given.errors, &[]);
            prop_assert_eq!(&given.results, &results);
            let expected = if style.is_pretty { Shape::Document } else { Shape::Lines };
            prop_assert_eq!(shape(text.as_bytes()), Some(expected));
        }
    }

    proptest! {
        // Each case reads its text once for each of its bytes.
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn a_cut_text_gives_no_more_than_its_beginning(results in results(), style in styles()) {
            let elements: Vec<String> = results.iter().map(|result| written(result, style)).collect();
            let text = format!("{{\"results\": [{}]}}", elements.join(","));
            for end in 0..text.len() {
                let given = read(&text.as_bytes()[..end]);
                prop_assert!(results.starts_with(&given.results));
                prop_assert_eq!(given.errors.len(), 1);
                prop_assert_eq!(given.errors[0].severity, Severity::Remainder);
                shape(&text.as_bytes()[..end]);
            }
        }
    }

    #[test]
    fn damaged_texts_do_no_harm() {
        let list = format!(
            "[{GOOD},\n{{\"name\": \"b\", \"status\": \"FAILED\", \"io_log\": \"\\u00e9\"}}]"
        );
        let seeds = [
            list.clone(),
            format!("{{\"v\": 1.5e3, \"results\": {list}, \"w\": [true, null]}}"),
            format!("{GOOD}\n{GOOD}\n"),
        ];
        let mut seeds: Vec<Vec<u8>> = seeds.map(String::into_bytes).to_vec();
        seeds.push(utf16(&list, u16::to_le_bytes));
        fuzz(&seeds, |text| {
            shape(text);
            let given = read(text);
            if let Some(results) = by_value(text)
                .filter(|results| given.warnings.all().is_empty() && !results.is_empty())
            {
                let good: Vec<_> =
                    results.into_iter().filter(|result| !result.name.trim().is_empty()).collect();
                assert_eq!(given.results, good, "{}", String::from_utf8_lossy(text));
            }
            given
        });
    }
}
