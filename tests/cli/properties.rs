//! Whatever reports hold, the server holds after `to submit`: reports are made up, written by a writer
//! of this test's own, and compared with the model's opinion of what was made up.

use std::fmt::{self, Write};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::model::{Case, Outcome, Part, Record, STAMP, Suite, held, merged, records, replace_nul};
use crate::support::reports::open;

/// How a text is written down.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// References where they must be.
    Plain,
    /// Sections, of which the text's own `]]>` is no end.
    Cdata,
    /// A reference for each character.
    Decimal,
    Hexadecimal,
}

/// A report that is made up, and the forms in which its texts are written, in turn.
#[derive(Clone, Debug)]
struct Draft {
    report: Suite,
    forms: Vec<Form>,
}

/// Texts that mean something to XML, to terminals, to JSON or to the mapping.
const PIECES: &[&str] = &[
    "<",
    ">",
    "&",
    "\"",
    "'",
    "]]>",
    "]]",
    "<![CDATA[",
    "&lt;",
    "&amp;amp;",
    "&#65;",
    "&nbsp;",
    "&#xD800;",
    "<testcase name='no'/>",
    "</testsuite>",
    "<!-- ",
    "-->",
    "<?xml?>",
    "\0",
    "\u{1}",
    "\u{b}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{9b}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{fffd}",
    "😀",
    "\u{10ffff}",
    "e\u{301}",
    "é",
    "日本",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    ".",
    "_",
    ":",
    "a",
    "b",
    "word",
    "\\",
    "\\u0000",
    "--- failure ---",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Few, so that they meet again; and empty, and words that begin each other.
fn name() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] =
        &["", " ", "a", "a.b", "a::b", "ab", "a b", "é", "case", "case [2]", "<&>\"'"];
    prop_oneof![3 => prop::sample::select(KNOWN).prop_map(str::to_owned), 1 => text()]
}

fn stream() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["system-out", "system-err"][..])
}

fn outputs() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    prop::collection::vec((stream(), text()), 0..3)
}

fn outcome(kinds: &'static [(&'static str, &'static str)]) -> impl Strategy<Value = Outcome> {
    (prop::sample::select(kinds), text(), text(), text(), outputs()).prop_map(
        |((element, kind), of_type, message, text, outputs)| Outcome {
            element,
            kind,
            of_type,
            message,
            text,
            outputs,
        },
    )
}

/// Elements, and what each means.
const KINDS: &[(&str, &str)] = &[
    ("failure", "failure"),
    ("Failure", "failure"),
    ("failed", "failure"),
    ("crash", "failure"),
    ("error", "error"),
    ("skipped", "skipped"),
    ("skip", "skipped"),
    ("ignored", "skipped"),
    ("PENDING", "skipped"),
    ("flakyFailure", "flakyFailure"),
    ("flakyError", "flakyError"),
    ("rerunFailure", "rerunFailure"),
    ("rerunError", "rerunError"),
];

/// Words for `status` and `result`, of which most say nothing.
fn state() -> impl Strategy<Value = String> {
    const STATES: &[&str] = &[
        "run",
        "Completed",
        "OK",
        "fixed",
        "notrun",
        "Not Run",
        "DISABLED",
        "Skipped",
        "suppressed",
        "untested",
        "inconclusive",
        "sonderbar",
        "failed",
        "Time-Out",
        "crashed",
        "REGRESSION",
    ];
    prop_oneof![3 => Just(String::new()), 1 => prop::sample::select(STATES).prop_map(str::to_owned)]
}

fn case() -> impl Strategy<Value = Case> {
    let outcomes = prop::collection::vec(outcome(KINDS), 0..3);
    let class = prop_oneof![5 => name(), 1 => Just("test".to_owned())];
    let states = (state(), state()).prop_map(|(status, result)| [status, result]);
    let inner = prop_oneof![4 => Just(String::new()), 1 => text()];
    (class, name(), states, inner, outcomes, outputs()).prop_map(
        |(class, name, states, text, outcomes, outputs)| Case {
            is_of_suite: false,
            class,
            name,
            states,
            text,
            outcomes,
            outputs,
        },
    )
}

fn suite(parts: impl Strategy<Value = Part>) -> impl Strategy<Value = Suite> {
    let stamp = prop_oneof![4 => Just(""), 1 => Just(STAMP)];
    (name(), stamp, any::<bool>(), prop::collection::vec(parts, 0..5))
        .prop_map(|(name, stamp, is_run, parts)| Suite { name: name + stamp, is_run, parts })
}

fn draft() -> impl Strategy<Value = Draft> {
    const FORMS: &[Form] =
        &[Form::Plain, Form::Plain, Form::Cdata, Form::Decimal, Form::Hexadecimal];
    let part = prop_oneof![
        6 => case().prop_map(Part::Case),
        1 => outcome(&[("failure", "failure"), ("error", "error")]).prop_map(Part::Outcome),
        1 => text().prop_map(Part::Skipped),
        1 => (stream(), text()).prop_map(|(stream, text)| Part::Output(stream, text)),
    ];
    let tree = part.prop_recursive(4, 24, 5, |inner| suite(inner).prop_map(Part::Suite));
    (suite(tree), prop::collection::vec(prop::sample::select(FORMS), 1..8))
        .prop_map(|(report, forms)| Draft { report, forms })
}

/// Writes one report.
struct Writer<'a> {
    xml: String,
    forms: std::iter::Cycle<std::slice::Iter<'a, Form>>,
}

impl Draft {
    fn to_xml(&self) -> String {
        let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        let mut writer = Writer { xml: declaration, forms: self.forms.iter().cycle() };
        writer.suite(&self.report);
        writer.xml
    }
}

impl Writer<'_> {
    fn suite(&mut self, suite: &Suite) {
        let element = if suite.is_run { "testsuites" } else { "testsuite" };
        self.open(element, &[("name", &suite.name)]);
        self.xml += "\n  <!-- <testcase name='no'/> --><properties/>\n";
        for part in &suite.parts {
            match part {
                Part::Suite(inner) => self.suite(inner),
                Part::Case(case) => self.case(case),
                Part::Outcome(outcome) => self.outcome(outcome),
                Part::Output(stream, text) => self.element(stream, text),
                Part::Skipped(message) => {
                    self.open("skipped", &[("message", message)]);
                    self.close("skipped");
                }
            }
            self.xml.push('\n');
        }
        self.close(element);
    }

    fn case(&mut self, case: &Case) {
        let [status, result] = &case.states;
        // Both spellings are known, and each class is always written in the same one.
        let class = if case.class.len().is_multiple_of(2) { "classname" } else { "class" };
        let attributes =
            [("name", &case.name), (class, &case.class), ("status", status), ("result", result)];
        self.open("testcase", &attributes);
        self.text(&case.text);
        case.outcomes.iter().for_each(|outcome| self.outcome(outcome));
        case.outputs.iter().for_each(|(stream, text)| self.element(stream, text));
        self.close("testcase");
    }

    fn outcome(&mut self, outcome: &Outcome) {
        self.open(outcome.element, &[("message", &outcome.message), ("type", &outcome.of_type)]);
        self.text(&outcome.text);
        outcome.outputs.iter().for_each(|(stream, text)| self.element(stream, text));
        self.close(outcome.element);
    }

    fn element(&mut self, name: &str, text: &str) {
        self.open(name, &[]);
        self.text(text);
        self.close(name);
    }

    /// An empty attribute and one that is left out are the same.
    fn open(&mut self, name: &str, attributes: &[(&str, &String)]) {
        self.put(format_args!("<{name}"));
        for (key, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            let form = *self.forms.next().expect("a form");
            self.put(format_args!(" {key}=\""));
            value.chars().for_each(|c| self.character(c, form, "<&\"\t\n\r"));
            self.xml.push('"');
        }
        self.xml.push('>');
    }

    fn close(&mut self, name: &str) {
        self.put(format_args!("</{name}>"));
    }

    fn text(&mut self, text: &str) {
        let form = *self.forms.next().expect("a form");
        // A section cannot say a carriage return.
        if matches!(form, Form::Cdata) && !text.contains('\r') {
            let text = text.replace("]]>", "]]]]><![CDATA[>");
            self.put(format_args!("<![CDATA[{text}]]>"));
        } else {
            text.chars().for_each(|c| self.character(c, form, "<&>\r"));
        }
    }

    fn character(&mut self, c: char, form: Form, special: &str) {
        let code = u32::from(c);
        match form {
            Form::Decimal => self.put(format_args!("&#{code};")),
            Form::Hexadecimal => self.put(format_args!("&#x{code:x};")),
            _ if !special.contains(c) => self.xml.push(c),
            _ => match c {
                '<' => self.xml += "&lt;",
                '>' => self.xml += "&gt;",
                '&' => self.xml += "&amp;",
                '"' => self.xml += "&quot;",
                _ => self.put(format_args!("&#{code};")),
            },
        }
    }

    fn put(&mut self, text: fmt::Arguments) {
        self.xml.write_fmt(text).expect("a string takes all");
    }
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() }
}

#[test]
fn what_the_server_holds_is_what_went_in() {
    let drafts = (prop::collection::vec(draft(), 1..6), any::<bool>());
    TestRunner::new(config(80))
        .run(&drafts, |(drafts, is_one_file)| {
            let reports: Vec<Suite> = drafts.iter().map(|draft| draft.report.clone()).collect();
            let expected = records(&reports);
            prop_assume!(!expected.is_empty());
            let (server, sandbox) = open();
            let texts: Vec<String> = drafts.iter().map(Draft::to_xml).collect();
            if is_one_file {
                let talk = "== some <talk> & more ==\n";
                sandbox.write("all.xml", format!("{talk}{}{talk}", texts.join(talk)));
            } else {
                for (at, text) in texts.iter().enumerate() {
                    sandbox.write(&format!("{at}.xml"), text);
                }
            }
            let run = sandbox.to("submit .");
            prop_assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{}", run.stderr);
            prop_assert_eq!(held(&server), expected);
            Ok(())
        })
        .unwrap();
}

fn result() -> impl Strategy<Value = Record> {
    let status = prop::sample::select(&["PASSED", "FAILED", "SKIPPED"][..]);
    let named = name().prop_map(|name| if name.trim().is_empty() { "n".to_owned() } else { name });
    (named, status, text(), text(), text(), text()).prop_map(
        |(name, status, category, template_id, comment, io_log)| Record {
            category,
            template_id,
            comment,
            io_log,
            ..Record::new(&name, status)
        },
    )
}

#[test]
fn json_is_held_to_the_letter() {
    let results = prop::collection::vec(result(), 1..40);
    TestRunner::new(config(25))
        .run(&results, |results| {
            let mut mended = results.clone();
            mended.iter_mut().for_each(replace_nul);
            let expected = merged(mended);
            let (server, sandbox) = open();
            let lines: Vec<String> =
                results.iter().map(|result| result.to_json().to_string()).collect();
            sandbox.write("results.jsonl", lines.join("\n"));
            let run = sandbox.to("submit results.jsonl");
            prop_assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{}", run.stderr);
            prop_assert_eq!(held(&server), expected);
            Ok(())
        })
        .unwrap();
}
