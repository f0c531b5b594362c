//! What the server is to hold of reports: the mapping once more, from its description and not from the
//! code of `to`.
//!
//! It begins with reports as data. `report_of` has them from XML by roxmltree, which keeps a whole
//! document and is nothing like the reader of `to`; a property test makes them up. It is written to be
//! seen to be right, not to be quick.

use std::collections::HashMap;

use roxmltree::Node;
use serde_json::{Value, json};

use crate::support::fake_server::{Server, TestResult};

/// One result at the server.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record {
    pub name: String,
    pub status: String,
    pub category: String,
    pub template_id: String,
    pub comment: String,
    pub io_log: String,
}

/// A `testsuite` or `testsuites`, and what is in it, in order.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    pub name: String,
    pub is_run: bool,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub enum Part {
    Suite(Suite),
    Case(Case),
    /// A failure or an error outside of cases.
    Outcome(Outcome),
    /// `system-out` or `system-err`.
    Output(&'static str, String),
    /// The suite's own `skipped`, with its message.
    Skipped(String),
}

#[derive(Clone, Debug, Default)]
pub struct Case {
    /// It stands for an outcome of a whole suite.
    pub is_of_suite: bool,
    pub class: String,
    pub name: String,
    /// `status` and `result`.
    pub states: [String; 2],
    /// Text that is in none of its elements.
    pub text: String,
    pub outcomes: Vec<Outcome>,
    pub outputs: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// As it is written: any of the words that mean the kind.
    pub element: &'static str,
    pub kind: &'static str,
    pub of_type: String,
    pub message: String,
    pub text: String,
    pub outputs: Vec<(&'static str, String)>,
}

const OUTCOMES: [&str; 7] =
    ["failure", "error", "skipped", "flakyFailure", "flakyError", "rerunFailure", "rerunError"];

const OUTPUTS: [&str; 2] = ["system-out", "system-err"];

impl From<&TestResult> for Record {
    fn from(held: &TestResult) -> Self {
        let TestResult { name, status, category, template_id, comment, io_log, .. } = held.clone();
        Self { name, status, category, template_id, comment, io_log }
    }
}

impl Record {
    pub fn new(name: &str, status: &str) -> Self {
        Self { name: name.to_owned(), status: status.to_owned(), ..Self::default() }
    }

    /// As the API's JSON has it, with empty fields left out.
    pub fn to_json(&self) -> Value {
        let fields = [
            ("name", &self.name),
            ("status", &self.status),
            ("category", &self.category),
            ("template_id", &self.template_id),
            ("comment", &self.comment),
            ("io_log", &self.io_log),
        ];
        fields
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(k, v)| (k, json!(v)))
            .collect()
    }
}

/// All that the server holds of its first execution, in the order in which it was sent.
pub fn held(server: &Server) -> Vec<Record> {
    server.execution(1).results().into_iter().map(Record::from).collect()
}

/// The names of what the server holds, with the first letter of their status.
pub fn held_names(server: &Server) -> Vec<String> {
    held(server).iter().map(|record| format!("{} {}", &record.status[..1], record.name)).collect()
}

/// The results of several reports that are submitted together.
pub fn records(reports: &[Suite]) -> Vec<Record> {
    let mut all = Vec::new();
    for report in reports {
        collect(report, &[], &mut all);
    }
    all.iter_mut().for_each(replace_nul);
    merged(all)
}

/// `path` has the suites around this one, each with its output where its cases get it.
fn collect<'a>(suite: &'a Suite, path: &[&'a Suite], to: &mut Vec<Record>) {
    let path: Vec<&Suite> = path.iter().copied().chain([suite]).collect();
    for part in &suite.parts {
        match part {
            Part::Suite(inner) => collect(inner, &path, to),
            Part::Case(case) => to.push(record(case, &path)),
            Part::Outcome(outcome) => {
                let outcomes = vec![outcome.clone()];
                let case = Case { outcomes, is_of_suite: true, ..Case::default() };
                to.push(record(&case, &path));
            }
            Part::Output(..) | Part::Skipped(_) => {}
        }
    }
}

fn record(case: &Case, path: &[&Suite]) -> Record {
    let is_silent = case.outcomes.is_empty() && case.worst_word() == "PASSED";
    let reason = path.iter().rev().find_map(|suite| suite.skipped());
    let skipped = reason.filter(|_| is_silent);
    let failed = case.status() == "FAILED";
    let gets = |suite: &&&Suite| {
        let all = suite.cases();
        failed || all.len() == 1
    };
    let outputs_of_suites = path.iter().rev().filter(gets).flat_map(|suite| suite.outputs());
    Record {
        name: name(case, path),
        status: if skipped.is_some() { "SKIPPED" } else { case.status() }.to_owned(),
        category: nearest_name(path),
        template_id: String::new(),
        comment: skipped.unwrap_or_else(|| case.comment()),
        io_log: sections(case.log().into_iter().chain(outputs_of_suites), true),
    }
}

/// The innermost suite's name, else that of the innermost run that has one, without a stamp.
fn nearest_name(path: &[&Suite]) -> String {
    let of = |is_run| {
        let names = path.iter().rev().filter(|suite| suite.is_run == is_run);
        names.map(|suite| unstamped(&suite.name)).find(|name| !is_blank(name))
    };
    of(false).or_else(|| of(true)).unwrap_or_default()
}

/// Without what the generator puts there for a date.
fn unstamped(name: &str) -> String {
    match name.strip_suffix(STAMP) {
        Some(name) => name.trim_end_matches(['-', '_', '.', ' ', '(']).to_owned(),
        None => name.to_owned(),
    }
}

/// A date and an id of the run at the end of a suite's name.
pub const STAMP: &str = "-2026-11-24T23.33-0c5a22f";

fn name(case: &Case, path: &[&Suite]) -> String {
    let suite = path.iter().rev().filter(|suite| !suite.is_run).map(|suite| unstamped(&suite.name));
    let suite = suite.into_iter().find(|name| !is_blank(name)).unwrap_or_default();
    let is_told =
        !is_blank(&case.class) && case.class != "test" || case.is_of_suite || suite.is_empty();
    let (class, name) = (if is_told { &case.class } else { &suite }, &case.name);
    match (is_blank(class), is_blank(name)) {
        (_, false) if says_class(name, class) => name.clone(),
        (_, false) => format!("{class}.{name}"),
        (false, true) => class.clone(),
        (true, true) if nearest_name(path).is_empty() => "unnamed test".to_owned(),
        (true, true) => nearest_name(path),
    }
}

fn says_class(name: &str, class: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    is_blank(class)
        || name
            .strip_prefix(class)
            .is_some_and(|rest| !(is_word(class.chars().last()) && is_word(rest.chars().next())))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

impl Suite {
    /// All cases in it, those of inner suites and stand-ins for outcomes of its own included.
    fn cases(&self) -> Vec<()> {
        let count = |part: &Part| match part {
            Part::Suite(inner) => inner.cases(),
            Part::Case(_) | Part::Outcome(_) => vec![()],
            Part::Output(..) | Part::Skipped(_) => Vec::new(),
        };
        self.parts.iter().flat_map(count).collect()
    }

    /// Why it was skipped as a whole.
    fn skipped(&self) -> Option<String> {
        let reasons = self.parts.iter().filter_map(|part| match part {
            Part::Skipped(reason) => Some(trimmed(reason)),
            _ => None,
        });
        let reasons: Vec<String> = reasons.collect();
        let said = reasons.iter().filter(|reason| !reason.is_empty()).cloned();
        (!reasons.is_empty()).then(|| said.collect::<Vec<_>>().join("\n"))
    }

    fn outputs(&self) -> Vec<(String, String)> {
        let own = self.parts.iter().filter_map(|part| match part {
            Part::Output(stream, text) => Some((*stream, text.clone())),
            _ => None,
        });
        let own: Vec<_> = own.collect();
        let heading = |stream: &str| format!("{stream} of suite {}", self.name);
        OUTPUTS.iter().map(|stream| (heading(stream), of_stream(&own, stream))).collect()
    }
}

impl Case {
    fn status(&self) -> &'static str {
        let has =
            |kinds: &[&str]| self.outcomes.iter().any(|outcome| kinds.contains(&outcome.kind));
        if has(&["failure", "error", "rerunFailure", "rerunError"]) {
            "FAILED"
        } else if has(&["skipped"]) {
            "SKIPPED"
        } else {
            self.worst_word()
        }
    }

    /// What its attributes say.
    fn worst_word(&self) -> &'static str {
        let said: Vec<&str> = self.states.iter().map(|state| meaning(state)).collect();
        ["FAILED", "SKIPPED"].into_iter().find(|word| said.contains(word)).unwrap_or("PASSED")
    }

    /// The attribute that is alone to say that it failed.
    fn claim(&self) -> Option<String> {
        let is_shown = self.outcomes.iter().any(|outcome| {
            ["failure", "error", "rerunFailure", "rerunError"].contains(&outcome.kind)
        });
        let at = self.states.iter().position(|state| meaning(state) == "FAILED")?;
        let claim = format!("{}=\"{}\"", ["status", "result"][at], self.states[at]);
        (!is_shown && self.status() == "FAILED").then_some(claim)
    }

    fn comment(&self) -> String {
        let (attempts, outcomes): (Vec<&Outcome>, Vec<&Outcome>) =
            self.outcomes.iter().partition(|outcome| outcome.is_attempt());
        let mut lines: Vec<String> = outcomes.iter().map(|outcome| outcome.said()).collect();
        lines.retain(|line| !line.is_empty());
        match attempts.iter().filter(|attempt| attempt.kind.starts_with("flaky")).count() {
            0 => {}
            1 => lines.push("flaky: 1 attempt failed".to_owned()),
            count => lines.push(format!("flaky: {count} attempts failed")),
        }
        lines.extend(self.claim());
        lines.join("\n")
    }

    /// Outcome texts, reruns, output, each with its heading.
    fn log(&self) -> Vec<(String, String)> {
        let mut log = Vec::new();
        for attempts in [false, true] {
            for outcome in self.outcomes.iter().filter(|outcome| outcome.is_attempt() == attempts) {
                log.push((outcome.kind.to_owned(), outcome.told()));
                for (stream, text) in &outcome.outputs {
                    log.push((format!("{stream} of {}", outcome.kind), trimmed(text)));
                }
            }
        }
        let output = |stream: &&str| ((*stream).to_owned(), of_stream(&self.outputs, stream));
        log.extend(OUTPUTS.iter().map(output));
        log.push(("text".to_owned(), trimmed(&self.text)));
        log
    }
}

impl Outcome {
    fn is_attempt(&self) -> bool {
        self.kind.starts_with("flaky") || self.kind.starts_with("rerun")
    }

    /// Its type and message, unless the message says the type.
    fn said(&self) -> String {
        let (of_type, message) = (self.of_type.trim(), trimmed(&self.message));
        // A word of its own is said where nothing else is.
        let is_own = self.element[..4].eq_ignore_ascii_case(&self.kind[..4]);
        let of_type = match (of_type, &*self.message) {
            ("", "") if self.of_type.is_empty() && !is_own => self.element,
            _ => of_type,
        };
        let words = match (of_type, &*message) {
            (of_type, message) if message.starts_with(of_type) => message.to_owned(),
            (of_type, "") => of_type.to_owned(),
            (of_type, message) => format!("{of_type}: {message}"),
        };
        match self.kind {
            "error" if words.is_empty() => "[error]".to_owned(),
            "error" => format!("[error] {words}"),
            _ => words,
        }
    }

    /// Its text; that of an attempt with what no comment says.
    fn told(&self) -> String {
        let (said, text) = (self.said(), trimmed(&self.text));
        match () {
            () if !self.is_attempt() || text.starts_with(&said) => text,
            () if text.is_empty() => said,
            () => format!("{said}\n{text}"),
        }
    }
}

/// What a word of a tool means.
fn meaning(word: &str) -> &'static str {
    let letters = word.to_lowercase().replace([' ', '_', '-'], "");
    match &*letters {
        "" | "pass" | "passed" | "success" | "successful" | "succeeded" | "ok" | "run"
        | "executed" | "completed" | "complete" | "finished" | "done" | "fixed" => "PASSED",
        "fail" | "failed" | "failure" | "error" | "errored" | "broken" | "crash" | "crashed"
        | "timeout" | "aborted" | "regression" => "FAILED",
        _ => "SKIPPED",
    }
}

/// What was written to one stream.
fn of_stream(outputs: &[(&'static str, String)], stream: &str) -> String {
    let texts = outputs.iter().filter(|(to, _)| *to == stream).map(|(_, text)| trimmed(text));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Without blank lines at either end.
fn trimmed(text: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let is_blank = |line: &&str| line.chars().all(|c| matches!(c, ' ' | '\t' | '\r'));
    while lines.last().is_some_and(is_blank) {
        lines.pop();
    }
    let from = lines.iter().position(|line| !is_blank(line)).unwrap_or(0);
    lines[from..].join("\n")
}

/// Texts under their headings; one alone needs none where `alone` says so.
fn sections(texts: impl Iterator<Item = (String, String)>, alone: bool) -> String {
    let texts: Vec<_> = texts.filter(|(_, text)| !text.is_empty()).collect();
    match &*texts {
        [(_, text)] if alone => text.clone(),
        several => {
            let parts = several.iter().map(|(heading, text)| format!("--- {heading} ---\n{text}"));
            parts.collect::<Vec<_>>().join("\n\n")
        }
    }
}

/// For the server's sake.
pub fn replace_nul(record: &mut Record) {
    let Record { name, status: _, category, template_id, comment, io_log } = record;
    for text in [name, category, template_id, comment, io_log] {
        *text = text.replace('\0', "\u{fffd}");
    }
}

/// One record a name, in the place of the first.
pub fn merged(all: Vec<Record>) -> Vec<Record> {
    let mut order = Vec::new();
    let mut by_name: HashMap<String, Vec<Record>> = HashMap::new();
    for record in all {
        let same = by_name.entry(record.name.clone()).or_default();
        if same.is_empty() {
            order.push(record.name.clone());
        }
        same.push(record);
    }
    order.iter().map(|name| merge(&by_name[name])).collect()
}

fn merge(same: &[Record]) -> Record {
    let [first, _, ..] = same else { return same[0].clone() };
    let worst = ["FAILED", "PASSED", "SKIPPED"]
        .into_iter()
        .find(|status| same.iter().any(|record| record.status == *status));
    let gather = |text: fn(&Record) -> &String| {
        let heading = |at: usize, status| format!("result {} of {}: {status}", at + 1, same.len());
        let texts = same.iter().enumerate();
        sections(texts.map(|(at, of)| (heading(at, &of.status), text(of).clone())), false)
    };
    Record {
        status: worst.expect("a status").to_owned(),
        comment: gather(|record| &record.comment),
        io_log: gather(|record| &record.io_log),
        ..first.clone()
    }
}

/// Stands for control character N in a text that roxmltree shall take.
const PRIVATE: u32 = 0xE000;

/// A report from its XML.
///
/// Real tools write control characters, `&#27;` and a `]]>` in text, none of which is XML; and an
/// attribute's line feed, that XML would have read as a blank, is one that was meant.
pub fn report_of(xml: &str) -> Suite {
    let mut xml: String = xml.chars().map(public).collect();
    for code in (1..32).filter(|code| ![9, 10, 13].contains(code)) {
        let stand_in = char::from_u32(PRIVATE + code).expect("a private character");
        xml = xml.replace(&format!("&#{code};"), &stand_in.to_string());
    }
    if !xml.contains("<![CDATA[") {
        xml = xml.replace("]]>", "]]&gt;");
    }
    let xml = with_line_feeds_in_attributes(&xml);
    let document = roxmltree::Document::parse(&xml).expect("a report that is XML after all");
    suite(document.root_element())
}

fn public(c: char) -> char {
    let is_control = c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r');
    if is_control {
        char::from_u32(PRIVATE + u32::from(c)).expect("a private character")
    } else {
        c
    }
}

fn original(text: &str) -> String {
    let original = |c: char| match u32::from(c).checked_sub(PRIVATE) {
        Some(code @ 0..128) => char::from_u32(code).expect("a control character"),
        _ => c,
    };
    text.chars().map(original).collect()
}

fn with_line_feeds_in_attributes(xml: &str) -> String {
    let mut kept = String::new();
    for (at, text) in xml.split("=\"").enumerate() {
        match text.split_once('"') {
            Some((value, rest)) if at > 0 => {
                kept = format!("{kept}=\"{}\"{rest}", value.replace('\n', "&#10;"));
            }
            _ => kept += text,
        }
    }
    kept
}

fn suite(node: Node) -> Suite {
    let part = |child: Node| match child.tag_name().name() {
        "testsuite" | "testsuites" => Some(Part::Suite(suite(child))),
        "testcase" => Some(Part::Case(case(child))),
        "failure" | "error" => Some(Part::Outcome(outcome(child))),
        _ => stream_of(child).map(|stream| Part::Output(stream, text_of(child))),
    };
    Suite {
        name: attribute(node, "name"),
        is_run: node.has_tag_name("testsuites"),
        parts: node.children().filter_map(part).collect(),
    }
}

fn case(node: Node) -> Case {
    let states = [attribute(node, "status"), attribute(node, "result")];
    Case {
        is_of_suite: false,
        text: String::new(),
        class: attribute(node, "classname"),
        name: attribute(node, "name"),
        states,
        outcomes: node.children().filter(|child| kind_of(*child).is_some()).map(outcome).collect(),
        outputs: outputs_of(node),
    }
}

fn outcome(node: Node) -> Outcome {
    let is_said_here = |child: &Node| child.is_text() || child.has_tag_name("stackTrace");
    let texts = node.children().filter(is_said_here).map(|child| trimmed(&text_of(child)));
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    let kind = kind_of(node).expect("an outcome");
    Outcome {
        element: kind,
        kind,
        of_type: attribute(node, "type"),
        message: attribute(node, "message"),
        text: texts.join("\n"),
        outputs: outputs_of(node),
    }
}

fn outputs_of(node: Node) -> Vec<(&'static str, String)> {
    let output = |child| stream_of(child).map(|stream| (stream, text_of(child)));
    node.children().filter_map(output).collect()
}

fn kind_of(node: Node) -> Option<&'static str> {
    OUTCOMES.into_iter().find(|kind| node.has_tag_name(*kind))
}

fn stream_of(node: Node) -> Option<&'static str> {
    OUTPUTS.into_iter().find(|stream| node.has_tag_name(*stream))
}

fn attribute(node: Node, name: &str) -> String {
    original(node.attribute(name).unwrap_or_default())
}

fn text_of(node: Node) -> String {
    let texts = node.descendants().filter_map(|node| node.is_text().then(|| node.text())?);
    original(&texts.collect::<String>())
}
