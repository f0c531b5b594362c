//! Any report that a small model can hold reads back as it was.
//!
//! The writer here shares nothing with the reader but the model, and writes each text in one of the
//! many ways that XML has for it.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252};
use proptest::collection::vec;
use proptest::prelude::*;
use std::io::Cursor;

use super::{Reading, Slow, read_cases};
use crate::reports::junit::case::{Case, Kind, Outcome, Stream};

#[derive(Clone, Debug)]
enum Node {
    Run(String, Vec<Node>),
    Suite(String, Vec<Node>),
    Case(CaseModel),
    Output(Stream, Text),
    Comment,
}

#[derive(Clone, Debug)]
struct CaseModel {
    name: String,
    class_name: Option<String>,
    outcomes: Vec<OutcomeModel>,
    outputs: Vec<(Stream, Vec<Text>)>,
}

/// Kind, type, message and the parts of the text.
type OutcomeModel = (Kind, Option<String>, Option<String>, Vec<Text>);

/// A text and how to write it.
#[derive(Clone, Debug)]
struct Text {
    text: String,
    as_cdata: bool,
}

#[derive(Clone, Copy, Debug)]
struct Style {
    encoding: &'static Encoding,
    has_mark: bool,
    is_declared: bool,
    quote: char,
    line_end: &'static str,
    reference: fn(char) -> String,
}

fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => proptest::char::range('a', 'e'),
        4 => prop::sample::select(vec!['<', '>', '&', '"', '\'', ']', ';', '#', ' ', '\n', '\t', '=', '/']),
        1 => prop::sample::select(vec!['\0', '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\r', '\u{1b}', '\u{7f}']),
        1 => prop::sample::select(vec!['é', 'ж', '€', '\u{85}', '\u{a0}', '\u{feff}', '\u{fffd}', '😀', '\u{10ffff}']),
        1 => any::<char>(),
    ]
}

fn string() -> impl Strategy<Value = String> {
    let word = vec(character(), 0..12).prop_map(|characters| characters.into_iter().collect());
    let trap =
        prop::sample::select(vec!["]]>", "&lt;", "&amp;amp;", "<![CDATA[", "--", "&#65;", "&x;"]);
    prop_oneof![4 => word, 1 => trap.prop_map(str::to_owned)]
}

fn text() -> impl Strategy<Value = Text> {
    (string(), any::<bool>()).prop_map(|(text, as_cdata)| Text { text, as_cdata })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![
        Kind::Failure,
        Kind::Error,
        Kind::Skipped,
        Kind::FlakyFailure,
        Kind::FlakyError,
        Kind::RerunFailure,
        Kind::RerunError,
    ])
}

fn stream() -> impl Strategy<Value = Stream> {
    prop::sample::select(vec![Stream::Out, Stream::Err])
}

fn case() -> impl Strategy<Value = CaseModel> {
    let outcome =
        (kind(), prop::option::of(string()), prop::option::of(string()), vec(text(), 0..3));
    let output = (stream(), vec(text(), 0..3));
    (string(), prop::option::of(string()), vec(outcome, 0..3), vec(output, 0..3)).prop_map(
        |(name, class_name, outcomes, outputs)| CaseModel { name, class_name, outcomes, outputs },
    )
}

fn children(depth: u32) -> BoxedStrategy<Vec<Node>> {
    let leaf = prop_oneof![
        4 => case().prop_map(Node::Case),
        1 => (stream(), text()).prop_map(|(stream, text)| Node::Output(stream, text)),
        1 => Just(Node::Comment),
    ];
    if depth == 0 {
        return vec(leaf, 0..3).boxed();
    }
    let suite = (string(), children(depth - 1)).prop_map(|(name, inner)| Node::Suite(name, inner));
    let run = (string(), children(depth - 1)).prop_map(|(name, inner)| Node::Run(name, inner));
    vec(prop_oneof![6 => leaf, 3 => suite, 1 => run], 0..4).boxed()
}

fn document() -> impl Strategy<Value = Node> {
    (any::<bool>(), string(), children(2)).prop_map(|(is_run, name, inner)| {
        if is_run { Node::Run(name, inner) } else { Node::Suite(name, inner) }
    })
}

fn style() -> impl Strategy<Value = Style> {
    let encoding =
        prop::sample::select(vec![UTF_8, UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1251, WINDOWS_1252]);
    let reference = prop::sample::select(vec![
        (|character| format!("&#{};", u32::from(character))) as fn(char) -> String,
        |character| format!("&#x{:x};", u32::from(character)),
        |character| format!("&#x000{:X};", u32::from(character)),
    ]);
    (
        encoding,
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(vec!['"', '\'']),
        prop::sample::select(vec!["\n", "\r\n"]),
        reference,
    )
        .prop_map(|(encoding, has_mark, is_declared, quote, line_end, reference)| Style {
            encoding,
            has_mark,
            is_declared,
            quote,
            line_end,
            reference,
        })
}

impl Style {
    fn can_write(self, character: char) -> bool {
        let text = character.to_string();
        let writes = !self.encoding.encode(&text).2
            && self.encoding.decode_without_bom_handling(&self.encoding.encode(&text).0).0 == text;
        [UTF_8, UTF_16LE, UTF_16BE].contains(&self.encoding) || writes
    }

    fn escape(self, text: &str, in_attribute: bool) -> String {
        text.chars()
            .map(|character| match character {
                '<' => "&lt;".to_owned(),
                '&' => "&amp;".to_owned(),
                '>' if !in_attribute => "&gt;".to_owned(),
                quote if quote == self.quote && in_attribute => (self.reference)(quote),
                '\r' => (self.reference)('\r'),
                '\n' => self.line_end.to_owned(),
                other if self.can_write(other) => other.to_string(),
                other => (self.reference)(other),
            })
            .collect()
    }

    fn text(self, text: &Text) -> String {
        let can_be_cdata =
            text.text.chars().all(|character| self.can_write(character) && character != '\r');
        if text.as_cdata && can_be_cdata {
            let split = text.text.replace("]]>", "]]]]><![CDATA[>").replace('\n', self.line_end);
            return format!("<![CDATA[{split}]]>");
        }
        self.escape(&text.text, false)
    }

    fn texts(self, texts: &[Text]) -> String {
        texts.iter().map(|text| self.text(text)).collect::<Vec<_>>().join("<!-- -->")
    }

    fn attribute(self, name: &str, value: Option<&String>) -> String {
        let quote = self.quote;
        value.map_or_else(String::new, |value| {
            format!(" {name} = {quote}{}{quote}", self.escape(value, true))
        })
    }

    fn node(self, node: &Node) -> String {
        match node {
            Node::Run(name, inner) => self.container("testsuites", name, inner),
            Node::Suite(name, inner) => self.container("testsuite", name, inner),
            Node::Case(case) => self.case(case),
            Node::Output(stream, text) => {
                format!("<{0}>{1}</{0}>", stream.name(), self.text(text))
            }
            Node::Comment => "<!-- <testcase name='no'/> --><?pi <testcase/> ?>\n".to_owned(),
        }
    }

    fn container(self, element: &str, name: &String, inner: &[Node]) -> String {
        let inner: String = inner.iter().map(|node| self.node(node)).collect();
        format!("<{element}{}>{inner}</{element} >\n", self.attribute("name", Some(name)))
    }

    fn case(self, case: &CaseModel) -> String {
        let mut written = String::from("<testcase time='x'");
        written += &self.attribute("classname", case.class_name.as_ref());
        written += &self.attribute("name", Some(&case.name));
        if case.outcomes.is_empty() && case.outputs.is_empty() {
            return written + "/>";
        }
        written += ">";
        for (kind, type_name, message, texts) in &case.outcomes {
            let element = kind.name();
            let attributes = self.attribute("type", type_name.as_ref())
                + &self.attribute("message", message.as_ref());
            let text = self.texts(texts);
            written = format!("{written}<{element}{attributes}>{text}</{element}>\n");
        }
        for (stream, texts) in &case.outputs {
            written = format!("{written}<{0}>{1}</{0}>", stream.name(), self.texts(texts));
        }
        written + "</testcase>"
    }

    fn write(self, root: &Node) -> Vec<u8> {
        let is_utf_8 = self.encoding == UTF_8;
        let is_utf_16 = [UTF_16LE, UTF_16BE].contains(&self.encoding);
        let mut text = String::new();
        if (is_utf_8 || is_utf_16) && self.has_mark {
            text.push('\u{feff}');
        }
        if self.is_declared || !(is_utf_8 || is_utf_16) {
            text = format!("{text}<?xml version='1.0' encoding='{}'?>\n", self.encoding.name());
        }
        text += &self.node(root);
        match self.encoding {
            encoding if encoding == UTF_16LE => {
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            encoding if encoding == UTF_16BE => {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            }
            encoding => encoding.encode(&text).0.into_owned(),
        }
    }
}

/// The cases of a document as the reader ought to give them.
fn cases(node: &Node, path: &mut Vec<String>, to: &mut Vec<(Vec<String>, Case)>) {
    match node {
        Node::Run(_, inner) => inner.iter().for_each(|node| cases(node, path, to)),
        Node::Suite(name, inner) => {
            path.push(name.clone());
            for node in inner {
                cases(node, path, to);
            }
            path.pop();
        }
        Node::Case(case) => to.push((path.clone(), expected(case))),
        Node::Output(..) | Node::Comment => {}
    }
}

fn expected(case: &CaseModel) -> Case {
    let stream = |wanted: Stream| {
        let outputs = case.outputs.iter().filter(|(stream, _)| *stream == wanted);
        let texts = outputs.map(|(_, texts)| trimmed(texts)).filter(|text| !text.is_empty());
        texts.collect::<Vec<_>>().join("\n")
    };
    Case {
        name: case.name.clone(),
        class_name: case.class_name.clone().unwrap_or_default(),
        outcomes: case
            .outcomes
            .iter()
            .map(|(kind, type_name, message, texts)| Outcome {
                kind: *kind,
                type_name: type_name.clone().unwrap_or_default(),
                message: message.clone().unwrap_or_default(),
                text: trimmed(texts),
                outputs: Vec::new(),
            })
            .collect(),
        outputs: Stream::ALL.map(stream),
        ..Case::default()
    }
}

/// Without blank lines at either end, line by line.
fn trimmed(texts: &[Text]) -> String {
    let whole: String = texts.iter().map(|text| &*text.text).collect();
    let is_blank = |line: &&str| line.chars().all(|character| " \t\r".contains(character));
    let lines: Vec<&str> = whole.split('\n').skip_while(is_blank).collect();
    let kept = lines.iter().rposition(|line| !is_blank(line)).map_or(0, |last| last + 1);
    lines[..kept].join("\n")
}

/// All that there may be to say of such a report.
/// Warnings that the model gives rise to.
const EXPECTED: [&str; 2] =
    ["output of a suite without failed cases was left out", "XML comments were left out"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read(root in document(), style in style(), piece in 1..40usize) {
        let bytes = style.write(&root);
        // Bytes that are UTF-8 are read so, whatever their declaration says.
        let is_utf_8 = std::str::from_utf8(&bytes).is_ok() && !bytes.is_ascii();
        prop_assume!(!is_utf_8 || style.encoding == UTF_8);
        let Reading { cases: read, error, warnings } = read_cases(Cursor::new(&bytes));
        prop_assert!(error.is_none(), "{error:?} in {}", String::from_utf8_lossy(&bytes));
        let unexpected = warnings.all().iter().find(|warning| !EXPECTED.contains(&&*warning.text));
        prop_assert!(unexpected.is_none(), "{unexpected:?}");
        let mut expected = Vec::new();
        cases(&root, &mut Vec::new(), &mut expected);
        prop_assert_eq!(&read, &expected, "{}", String::from_utf8_lossy(&bytes));
        let slow = read_cases(Slow::new(&bytes, piece));
        prop_assert_eq!(&slow.cases, &expected);
        prop_assert!(slow.error.is_none(), "{:?}", slow.error);
    }

    #[test]
    fn what_was_cut_off_is_a_prefix(root in document(), style in style(), at in 0.0..1.0) {
        let bytes = style.write(&root);
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any place will do")]
        let at = (bytes.len() as f64 * at) as usize;
        let whole = read_cases(Cursor::new(&bytes));
        let part = read_cases(Cursor::new(&bytes[..at]));
        prop_assert_eq!(&part.cases, &whole.cases[..part.cases.len()]);
        let is_whole = bytes[at..].iter().all(|byte| b"\r\n\0".contains(byte));
        prop_assert!(is_whole || part.error.is_some());
    }
}
