//! Documents of one difficulty each, and what becomes of them.

use super::read_twice;
use crate::reports::junit::Mapping;

type Outcome = &'static [&'static str];

/// What is in a suite `s`, with what [`outcome`] gives for it.
const IN_SUITE: &[(&str, Outcome)] = &[
    // White space and references in attributes.
    ("<testcase name='a\n\tb&#10;c'/>", &[r#"Passed "a\n\tb\nc""#]),
    ("<testcase name='a&#0;b'/>", &[r#"Passed "a\0b""#]),
    ("<testcase name='a&#x1B;[31m'/>", &[r#"Passed "a\u{1b}[31m""#]),
    ("<testcase name='a&#xD83D;&#xDE00;'/>", &[r#"Passed "a😀""#]),
    // What XML forbids and tools write all the same.
    ("<testcase name='a & b'/>", &[r#"Passed "a & b""#]),
    ("<testcase name='Foo<int>.bar'/>", &[r#"Passed "Foo<int>.bar""#]),
    (
        "<testcase name='a'><error>a & b</error></testcase>",
        &[r#"Failed "a" comment "[error]" log "a & b""#],
    ),
    (
        "<testcase name='a\u{1b}[31m'><failure message='\0\u{1}'>x\u{c}</failure></testcase>",
        &[r#"Failed "a\u{1b}[31m" comment "\0\u{1}" log "x\u{c}""#],
    ),
    (
        "<testcase name='a' name='b'/>",
        &[
            r#"Passed "a""#,
            r#"Warnings([Warning { text: "an attribute was given twice: the first holds", count: 1, names: ["name=\"b\""] }])"#,
        ],
    ),
    // References that XML does not know.
    ("<testcase name='a&nbsp;b &eacute;'/>", &[r#"Passed "a&nbsp;b &eacute;""#]),
    ("<testcase name='a &bogus; b'/>", &[r#"Passed "a &bogus; b""#]),
    (
        "<testcase name='a'><failure>a &bogus; b</failure></testcase>",
        &[r#"Failed "a" log "a &bogus; b""#],
    ),
    // References and sections that it knows.
    (
        "<testcase name='&lt;T&gt; &amp; &quot;q&quot; &#233; &#x1F600;'>\
         <failure message='1 &lt; 2'>a &lt; b &amp;&amp; c &gt; d&#10;two\n   three\n</failure>\
         <system-out>&lt;out&gt; &amp; </system-out></testcase>",
        &[
            r#"Failed "<T> & \"q\" é 😀" comment "1 < 2" log "--- failure ---\na < b && c > d\ntwo\n   three\n\n--- system-out ---\n<out> & ""#,
        ],
    ),
    (
        "<testcase name='a'><failure>pre<![CDATA[<x>]]>post</failure>\
         <system-out><![CDATA[a]]]]><![CDATA[>b]]></system-out></testcase>",
        &[r#"Failed "a" log "--- failure ---\npre<x>post\n\n--- system-out ---\na]]>b""#],
    ),
    (
        "<testcase name='a'><failure>\n    at one\n      at two\n</failure></testcase>",
        &[r#"Failed "a" log "    at one\n      at two""#],
    ),
    // Numbers and times that are none.
    ("<testcase name='a' line='-1' time='NaN'/>", &[r#"Passed "a""#]),
    ("<testcase name='a' line='12-14' time='-1'/>", &[r#"Passed "a""#]),
    ("<testcase name='a' time='None' timestamp='yesterday'/>", &[r#"Passed "a""#]),
    ("<testcase name='a' time=' 1.5 '/>", &[r#"Passed "a""#]),
    ("<testcase name='a' time='0,5'/>", &[r#"Passed "a""#]),
    ("<testcase name='a' time='1,234.5'/>", &[r#"Passed "a""#]),
    ("<testcase name='a' time='1e-3s'/>", &[r#"Passed "a""#]),
    // Outcomes and outputs of more than one kind.
    (
        "<testcase name='a'><flakyFailure message='m' type='T'><stackTrace>st &lt;x></stackTrace>\
         <system-out>o</system-out></flakyFailure></testcase><testcase name='b'><failure>f</failure>\
         <rerunFailure message='r1'>t</rerunFailure><rerunError message='r2'/></testcase>",
        &[
            r#"Passed "a" comment "flaky: 1 attempt failed" log "--- flakyFailure ---\nT: m\nst <x>\n\n--- system-out of flakyFailure ---\no""#,
            r#"Failed "b" log "--- failure ---\nf\n\n--- rerunFailure ---\nr1\nt\n\n--- rerunError ---\nr2""#,
        ],
    ),
    (
        "<system-out>one</system-out><system-out>two</system-out>\
         <testcase name='a'><system-out>1</system-out><system-out>2</system-out></testcase>",
        &[
            r#"Passed "a" log "--- system-out ---\n1\n2\n\n--- system-out of suite s ---\none\ntwo""#,
        ],
    ),
    (
        "<testcase name='a' status='notrun'/><testcase name='b' status='disabled'/>\
         <testcase name='c' result='suppressed'/>",
        &[r#"Skipped "a""#, r#"Skipped "b""#, r#"Skipped "c""#],
    ),
    (
        "<properties><property value='1'/></properties><testcase name='a'/>",
        &[
            r#"Passed "a""#,
            r#"Warnings([Warning { text: "properties have no place in a result and were left out", count: 1, names: [""] }])"#,
        ],
    ),
];

/// Whole documents.
const WHOLE: &[(&str, Outcome)] = &[
    // Elements in other places than most.
    (
        "<testsuites><testcase name='a'/><testcase name='b'><failure/></testcase></testsuites>",
        &[r#"Passed "a""#, r#"Failed "b""#],
    ),
    (
        "<testsuites><testsuites name='in'><testsuite name='s'><testcase name='a'/></testsuite>\
         </testsuites></testsuites>",
        &[r#"Passed "s.a""#],
    ),
    (
        "<testsuite name='o'><testsuite name='e'/><testsuite name='f'></testsuite>\
         <testcase name='a'/></testsuite>",
        &[r#"Passed "o.a" in "o""#],
    ),
    // Attributes of suites of which nothing is read.
    (
        "<testsuites tests='2.0' time='1,234.5'><testsuite name='s' tests='1' skipped='-1' \
         timestamp='2024-05-01T10:00:00'><testcase name='a'/></testsuite></testsuites>",
        &[r#"Passed "s.a""#],
    ),
    // Namespaces.
    (
        "<testsuites xmlns='urn:x'><testsuite name='s'><testcase name='a'/></testsuite></testsuites>",
        &[r#"Passed "s.a""#],
    ),
    (
        "<j:testsuites xmlns:j='urn:x'><j:testsuite name='s'><j:testcase name='a'/></j:testsuite>\
         </j:testsuites>",
        &[r#"Passed "s.a""#],
    ),
    // Document types: nothing is fetched, and no entity is filled in.
    (
        "<?xml version='1.0'?>\n<!DOCTYPE testsuites SYSTEM 'junit.dtd'>\n\
         <testsuite name='s'><testcase name='a'/></testsuite>",
        &[r#"Passed "s.a""#],
    ),
    (
        "<!DOCTYPE testsuite [<!ENTITY foo 'bar'>]>\n<testsuite name='s'><testcase name='a &foo;'>\
         <failure message='x'>see &foo; end</failure></testcase></testsuite>",
        &[r#"Failed "s.a &foo;" comment "x" log "see &foo; end""#],
    ),
    (
        "<!DOCTYPE t [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>\
         <testsuite name='s'><testcase name='a'><failure>&c;</failure></testcase></testsuite>",
        &[r#"Failed "s.a" log "&c;""#],
    ),
    // Reports that break off.
    (
        "<testsuites><testsuite name='s'><testcase name='a'/></testsuite>",
        &[r#"Passed "s.a""#, "error 1: the report breaks off inside of `testsuites`"],
    ),
    (
        "<testsuites>\n<testsuite name='s'>\n<testcase name='a'/>\n",
        &[r#"Passed "s.a""#, "error 3: the report breaks off inside of `testsuite`"],
    ),
    (
        "<testsuite name='s'><testcase name='a'/><testcase na",
        &[r#"Passed "s.a""#, "error 1: tag not closed: `>` not found before end of input"],
    ),
    (
        "<testsuite name='s'><testcase name='a'/><testcase name='b> </testcase>",
        &[
            r#"Passed "s.a""#,
            "error 1: attribute value not closed: `'` not found before end of input",
        ],
    ),
    (
        "<testsuite name='s'><testcase name='a > b'></testcase \n></testsuite >",
        &[r#"Passed "s.a > b""#],
    ),
    (
        "<testsuite name='s'>\n<testcase name='a'></testcase x></testsuite>",
        &["error 2: `</testcase x>` where `</testcase>` was due"],
    ),
    (
        "<testsuite name='s'>\n<testcase\u{c}name='a'/></testsuite>",
        &["error 2: `<testcase\\u{c}name='a'` begins no element"],
    ),
    (
        "<testsuite name='s'><testcase name='a'/><testcase name='b'><failure>half",
        &[r#"Passed "s.a""#, "error 1: the report breaks off inside of `failure`"],
    ),
    (
        "<testsuite name='s'><testcase name='a'/>\n<testcase name='b'><failure>x <![CDATA[half",
        &[r#"Passed "s.a""#, "error 2: CDATA not closed: `]]>` not found before end of input"],
    ),
    (
        "<testsuites>\n<testsuite name='s'>\n<testcase name='a'>\n</testsuite>\n</testcase></testsuites>",
        &["error 4: `</testsuite>` where `</testcase>` was due"],
    ),
    // Documents that are no reports.
    ("", &["error 1: an empty file"]),
    ("{\"a\":1}", &["error 1: JSON, not a JUnit report"]),
    (
        "<!DOCTYPE html><html><body>404</body></html>",
        &["error 1: an HTML page, not a JUnit report"],
    ),
    (
        "<test-run><test-suite name='s'><test-case name='a' result='Passed'/></test-suite></test-run>",
        &["error 1: root element `test-run`, not `testsuites` or `testsuite`"],
    ),
    (
        "<TESTSUITES><TESTSUITE name='s'><TESTCASE name='a'/></TESTSUITE></TESTSUITES>",
        &["error 1: root element `TESTSUITES`, not `testsuites` or `testsuite`"],
    ),
];

/// A report of two cases, with characters beyond ASCII.
const TWO: &str = "<testsuites>\n<testsuite name='s'>\n<testcase classname='c' name='né'/>\n\
                   <testcase classname='c' name='b'><failure message='mé'>téxt</failure></testcase>\n\
                   </testsuite>\n</testsuites>\n";

/// What [`outcome`] gives for it.
const BOTH: Outcome = &[FIRST, SECOND];

const FIRST: &str = r#"Passed "c.né""#;
const SECOND: &str = r#"Failed "c.b" comment "mé" log "téxt""#;

const GUESSED: &str = r#"Warnings([Warning { text: "bytes that are not UTF-8 were read as another encoding", count: 3, names: ["windows-1252"] }])"#;

macro_rules! wrong_label {
    ($label:literal) => {
        concat!(
            r#"Warnings([Warning { text: "the report is UTF-8, whatever encoding it says it is in", count: 1, names: [""#,
            $label,
            r#""] }])"#
        )
    };
}

fn declared(encoding: &str) -> String {
    format!("<?xml version='1.0' encoding='{encoding}'?>\n{TWO}")
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// Documents of which the bytes matter.
fn encoded() -> Vec<(Vec<u8>, Outcome)> {
    let marked = format!("\u{feff}{}", declared("utf-16"));
    vec![
        (declared("utf-8").into_bytes(), BOTH),
        (format!("\n\n{}", declared("utf-8")).into_bytes(), BOTH),
        (format!("\u{feff}{}", declared("utf-8")).into_bytes(), BOTH),
        (format!("{}{}", declared("utf-8"), "\0".repeat(64)).into_bytes(), BOTH),
        (utf_16(&marked, u16::to_be_bytes), BOTH),
        (utf_16(&marked, u16::to_le_bytes), BOTH),
        (utf_16(&declared("utf-16"), u16::to_le_bytes), BOTH),
        (latin_1(&declared("ISO-8859-1")), BOTH),
        (latin_1(&declared("latin-1")), BOTH),
        (declared("UTF_8").into_bytes(), BOTH),
        (declared("").into_bytes(), BOTH),
        (declared("us-ascii").into_bytes(), &[FIRST, SECOND, wrong_label!("us-ascii")]),
        (declared("cp65001").into_bytes(), &[FIRST, SECOND, wrong_label!("cp65001")]),
        (declared("shift_jis").into_bytes(), &[FIRST, SECOND, wrong_label!("shift_jis")]),
        (
            declared("klingon").replace('é', "e").into_bytes(),
            &[
                r#"Passed "c.ne""#,
                r#"Failed "c.b" comment "me" log "text""#,
                wrong_label!("klingon"),
            ],
        ),
        (latin_1(&declared("klingon")), &["error 1: encoding `klingon`, which `to` does not know"]),
        (latin_1(TWO), &[FIRST, SECOND, GUESSED]),
        (
            // What is UTF-8 stays so beside what is not.
            [
                b"<testsuites name='s'><testcase name='\xE9 ".as_slice(),
                "é €'/></testsuites>".as_bytes(),
            ]
            .concat(),
            &[
                r#"Passed "é é €""#,
                r#"Warnings([Warning { text: "bytes that are not UTF-8 were read as another encoding", count: 1, names: ["windows-1252"] }])"#,
            ],
        ),
        (
            latin_1(&declared("ISO-8859-1").replace('é', "e")),
            &[r#"Passed "c.ne""#, r#"Failed "c.b" comment "me" log "text""#],
        ),
        (
            latin_1(&declared("UTF-8")),
            &[
                r#"Passed "c.n�""#,
                r#"Failed "c.b" comment "m�" log "t�xt""#,
                r#"Warnings([Warning { text: "bytes that are not valid in the report's encoding became U+FFFD", count: 3, names: ["UTF-8"] }])"#,
            ],
        ),
        (
            latin_1(&in_suite("<testcase name='a'><system-out>café</system-out></testcase>")),
            &[
                r#"Passed "a" log "café""#,
                r#"Warnings([Warning { text: "bytes that are not UTF-8 were read as another encoding", count: 1, names: ["windows-1252"] }])"#,
            ],
        ),
    ]
}

/// Documents that are long.
fn long() -> Vec<(String, Outcome)> {
    let deep = |depth: usize| {
        let inner = format!("{}<testcase name='a'/>", "<testsuite name='d'>".repeat(depth));
        in_suite(&(inner + &"</testsuite>".repeat(depth)))
    };
    let attributes: Vec<String> = (0..20_000).map(|number| format!(" a{number}='v'")).collect();
    let wide = in_suite(&format!("<testcase name='a'{}/>", attributes.concat()));
    vec![
        (deep(1_000), &[r#"Passed "d.a" in "d""#]),
        (deep(10_000), &[r#"Passed "d.a" in "d""#]),
        (wide, &[r#"Passed "a""#]),
    ]
}

/// Reports that other text surrounds, and several in one file.
fn surrounded() -> Vec<(String, Vec<&'static str>)> {
    let report = declared("utf-8");
    let both = |more: &'static str| [BOTH, &[more]].concat();
    let talk = r#"Warnings([Warning { text: "text around a report was passed over", count: 1, names: ["bye <<<"] }])"#;
    let other = "<testsuite name='s'><testcase name='z'/></testsuite>";
    let another = r#"Warnings([Warning { text: "a report behind another in one file was read too", count: 1, names: ["s"] }])"#;
    let passed = r#"Passed "s.z""#;
    vec![
        (
            format!("Running tests...\n{report}"),
            both(
                r#"Warnings([Warning { text: "text around a report was passed over", count: 1, names: ["Running tests..."] }])"#,
            ),
        ),
        (
            format!("[INFO] <b> & <3\n{report}"),
            both(
                r#"Warnings([Warning { text: "text around a report was passed over", count: 1, names: ["[INFO] <b> & <3"] }])"#,
            ),
        ),
        (format!("{report}bye <<<\n"), both(talk)),
        (format!("{report}{other}"), [BOTH, &[passed, another]].concat()),
        (
            format!("{report}\u{feff}<?xml version='1.0'?>\n{other}"),
            [BOTH, &[passed, another]].concat(),
        ),
        (
            format!("<report>\n{other}\n</report>"),
            vec![
                passed,
                r#"Warnings([Warning { text: "text around a report was passed over", count: 2, names: ["<report>", "</report>"] }])"#,
            ],
        ),
        (format!("{report}</testsuite>"), both("error 8: `testsuite` outside of a report")),
        (format!("{report}<testcase name='z'/>"), both("error 8: `testcase` outside of a report")),
    ]
}

fn in_suite(inner: &str) -> String {
    format!("<testsuites name='s'>{inner}</testsuites>")
}

/// All documents but for those that are surrounded.
fn edges() -> Vec<(Vec<u8>, Outcome)> {
    let in_suites = IN_SUITE.iter().map(|(inner, outcome)| (in_suite(inner), *outcome));
    let whole = WHOLE.iter().map(|(document, outcome)| ((*document).to_owned(), *outcome));
    let texts = in_suites.chain(whole).chain(long());
    texts.map(|(text, outcome)| (text.into_bytes(), outcome)).chain(encoded()).collect()
}

/// All documents, for others to make something of.
pub fn documents() -> impl Iterator<Item = Vec<u8>> {
    let surrounded = surrounded().into_iter().map(|(document, _)| document.into_bytes());
    edges().into_iter().map(|(document, _)| document).chain(surrounded)
}

/// A line for each result, the error, and the warnings. Nothing is said of what is empty, nor of the
/// category `s`, which most of the documents have.
fn outcome(bytes: &[u8]) -> Vec<String> {
    let (results, error, warnings) = read_twice(bytes, &Mapping::default());
    let mut lines: Vec<String> = results
        .into_iter()
        .map(|result| {
            let mut line = format!("{:?} {:?}", result.status, result.name);
            let parts =
                [("in", result.category), ("comment", result.comment), ("log", result.io_log)];
            for (label, text) in parts.iter().filter(|(_, text)| !text.is_empty() && text != "s") {
                line = format!("{line} {label} {text:?}");
            }
            line
        })
        .collect();
    lines.extend(error.map(|error| format!("error {error}")));
    let warnings = format!("{warnings:?}");
    if warnings != "Warnings([])" {
        lines.push(warnings);
    }
    lines
}

/// The beginning of a document, to be found by.
fn shown(document: &[u8]) -> String {
    document[..document.len().min(200)].escape_ascii().to_string()
}

#[test]
fn each_has_its_outcome() {
    for (document, expected) in edges() {
        assert_eq!(outcome(&document), expected, "{}", shown(&document));
    }
}

#[test]
fn a_tag_or_comment_that_does_not_end_is_not_held_whole() {
    let long = "x".repeat(9 << 20);
    for document in [format!("<testcase name='{long}'/>"), format!("<!--{long}-->")] {
        let error = "error 2: cannot be read: a tag or comment is longer than 8 MiB";
        assert_eq!(outcome(in_suite(&format!("\n{document}")).as_bytes()), [error]);
    }
}

#[test]
fn a_tag_that_is_longer_than_the_window_may_hold_bytes_that_are_no_utf_8() {
    let before = "<testsuite name='s'><testcase name='a'><failure message='";
    for window in [64 << 10, 256 << 10, 320 << 10] {
        for from_end in 0..20 {
            // Counted from where the tag begins: it is at the front of the window by then.
            let length = window - "<failure message='".len() - from_end;
            let mut document = (before.to_owned() + &"x".repeat(length)).into_bytes();
            document.push(0xE9);
            document.extend(b"xxxxxxxxxxxxxxxxxxxx'/></testcase></testsuite>");
            let (results, error, _) = read_twice(&document, &Mapping::default());
            assert_eq!((results.len(), error), (1, None), "{window} {from_end}");
            assert!(results[0].comment.contains("xéx"), "{window} {from_end}");
        }
    }
}

#[test]
fn text_around_reports_is_passed_over() {
    for (document, expected) in surrounded() {
        assert_eq!(outcome(document.as_bytes()), expected, "{document}");
    }
}
