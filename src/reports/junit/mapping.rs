//! Results as Test Observer takes them, made of JUnit cases.
//!
//! Histories hang on names, so what is done here to a name must never change.

use std::borrow::Cow;

use super::case::{Case, Kind, Outcome, Stream, without_blank_ends};
use super::stamp::without_stamp;
use super::suite::Suite;
use super::template::{Template, Word};
use crate::model::result::{Section, Status, TestResult, join_sections};
use crate::model::warnings::Warnings;
use crate::reports::format::Origin;

/// Templates that a user chose to differ from the default mapping.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    pub name: Option<Template>,
    pub category: Option<Template>,
    pub template_id: Option<Template>,
}

/// The name of a case of which nothing is known at all.
const UNNAMED: &str = "unnamed test";

/// Additions to a case from the suites around it.
#[derive(Default)]
pub struct FromSuites {
    /// Sections at the end of the log.
    pub output: Vec<Section<'static>>,
    /// The reason why a suite was skipped as a whole.
    pub skipped: Option<String>,
}

impl Mapping {
    /// Makes a result of `case`, which lies in `suites`. It may take texts out of the case.
    pub fn map(
        &self,
        case: &mut Case,
        suites: &[Suite],
        more: FromSuites,
        warnings: &mut Warnings,
    ) -> TestResult {
        let fill =
            |template: &Template| template.fill(|word, to| push_word(to, word, case, suites));
        let skipped = more.skipped.filter(|_| case.is_silent());
        TestResult {
            name: self.name(case, suites, warnings),
            status: if skipped.is_some() { Status::Skipped } else { case.status() },
            category: self.category.as_ref().map_or_else(|| nearest_name(suites).to_owned(), fill),
            template_id: self.template_id.as_ref().map_or_else(String::new, fill),
            comment: skipped.unwrap_or_else(|| comment(case)),
            io_log: log(case, more.output),
        }
    }

    /// Returns the name alone.
    pub fn name(&self, case: &Case, suites: &[Suite], warnings: &mut Warnings) -> String {
        let Some(template) = &self.name else { return default_name(case, suites, warnings) };
        let name = template.fill(|word, to| push_word(to, word, case, suites));
        if is_nothing(&name) {
            let name = default_name(case, suites, warnings);
            warnings.add("the template for names gave nothing: the default name was taken", &name);
            return name;
        }
        name
    }
}

/// Tells where a case is, by the words of templates that can tell it apart.
pub fn origin(case: &Case, suites: &[Suite]) -> Origin {
    Origin { suites: suite_names(suites), class: case.class_name.clone(), file: case.file.clone() }
}

fn push_word(to: &mut String, word: Word, case: &Case, suites: &[Suite]) {
    match word {
        Word::Name if case.is_suite => to.push_str(nearest_name(suites)),
        Word::Name => to.push_str(&case.name),
        Word::ClassName => to.push_str(&case.class_name),
        Word::Suite => to.push_str(whole_names(suites).next_back().unwrap_or("")),
        Word::Suites => to.push_str(&suite_names(suites)),
        Word::File => to.push_str(&case.file),
    }
}

/// Returns `classname.name`, or the name alone where the class says nothing that the name does not say.
fn default_name(case: &Case, suites: &[Suite], warnings: &mut Warnings) -> String {
    let (class, name) = (class(case, suites), &*case.name);
    if !is_nothing(name) {
        return if is_nothing(class) || begins(name, class) {
            name.to_owned()
        } else {
            let mut whole = String::with_capacity(class.len() + 1 + name.len());
            whole.extend([class, ".", name]);
            whole
        };
    }
    let stand_in = if is_nothing(class) { nearest_name(suites) } else { class };
    if is_nothing(stand_in) {
        warnings.add("cases without any name were given one", UNNAMED);
        return UNNAMED.to_owned();
    }
    stand_in.to_owned()
}

/// Returns the case's class, or the suite that stands in for it: Node's runner writes the same word
/// for each case.
fn class<'a>(case: &'a Case, suites: &'a [Suite]) -> &'a str {
    if !is_nothing(&case.class_name) && case.class_name != "test" {
        return &case.class_name;
    }
    let suite = if case.is_suite { None } else { named(suites).next_back() };
    suite.unwrap_or(&case.class_name)
}

fn is_nothing(name: &str) -> bool {
    name.chars().all(char::is_whitespace)
}

/// Tells whether `class` is the whole of `name` or begins it, up to a word's end.
fn begins(name: &str, class: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    name.strip_prefix(class)
        .is_some_and(|rest| !(class.ends_with(is_word) && rest.starts_with(is_word)))
}

/// Returns the name of the innermost suite that has one, else of the innermost `testsuites` that has one,
/// without its stamp.
fn nearest_name(suites: &[Suite]) -> &str {
    let runs = suites.iter().rev().map(|suite| without_stamp(&suite.name));
    named(suites)
        .next_back()
        .or_else(|| runs.into_iter().find(|name| !is_nothing(name)))
        .unwrap_or("")
}

fn suite_names(suites: &[Suite]) -> String {
    whole_names(suites).collect::<Vec<_>>().join("/")
}

/// Returns the names on the path without their stamps; one that is nothing else is left out.
fn named(suites: &[Suite]) -> impl DoubleEndedIterator<Item = &str> {
    whole_names(suites).map(without_stamp).filter(|name| !is_nothing(name))
}

/// Returns the names on the path; a `testsuites` is no part of it.
fn whole_names(suites: &[Suite]) -> impl DoubleEndedIterator<Item = &str> {
    suites
        .iter()
        .filter(|suite| !suite.is_run && !is_nothing(&suite.name))
        .map(|suite| &*suite.name)
}

fn comment(case: &Case) -> String {
    let outcomes = case.outcomes.iter().filter(|outcome| !outcome.kind.is_attempt());
    let mut lines: Vec<String> = outcomes.map(remark).filter(|remark| !remark.is_empty()).collect();
    match case.flaky_attempts() {
        0 => {}
        1 => lines.push("flaky: 1 attempt failed".to_owned()),
        count => lines.push(format!("flaky: {count} attempts failed")),
    }
    // Nothing else says why it failed.
    lines.extend(case.claimed_failure());
    lines.join("\n")
}

/// Returns an outcome in short; an error is marked, since the API knows only failures.
fn remark(outcome: &Outcome) -> String {
    let (type_name, message) = (outcome.type_name.trim(), without_blank_ends(&outcome.message));
    let words = if type_name.is_empty() || message.starts_with(type_name) {
        message.to_owned()
    } else if message.is_empty() {
        type_name.to_owned()
    } else {
        format!("{type_name}: {message}")
    };
    match outcome.kind {
        Kind::Error if words.is_empty() => "[error]".to_owned(),
        Kind::Error => format!("[error] {words}"),
        _ => words,
    }
}

fn log<'a>(case: &'a mut Case, more: Vec<Section<'a>>) -> String {
    // Most logs are this output alone, and need no copy.
    let others = [&case.outputs[Stream::Err as usize], &case.text, &case.warning];
    if case.outcomes.is_empty() && more.is_empty() && others.iter().all(|text| text.is_empty()) {
        return std::mem::take(&mut case.outputs[Stream::Out as usize]);
    }
    let mut sections: Vec<Section<'_>> = Vec::new();
    let (attempts, outcomes): (Vec<&Outcome>, Vec<&Outcome>) =
        case.outcomes.iter().partition(|outcome| outcome.kind.is_attempt());
    for outcome in outcomes.into_iter().chain(attempts) {
        sections.push((outcome.kind.name().into(), text(outcome)));
        for (stream, text) in &outcome.outputs {
            let heading = format!("{} of {}", stream.name(), outcome.kind.name());
            sections.push((heading.into(), text.into()));
        }
    }
    for stream in Stream::ALL {
        sections.push((stream.name().into(), (&case.outputs[stream as usize]).into()));
    }
    sections.push(("text".into(), (&case.text).into()));
    sections.push(("warning".into(), (&case.warning).into()));
    sections.extend(more);
    sections.retain(|(_, text)| !text.is_empty());
    join_sections(sections)
}

/// Returns the text of an outcome. An attempt has no place in the comment, so the log says all of it.
fn text(outcome: &Outcome) -> Cow<'_, str> {
    match (remark(outcome), &*outcome.text) {
        (_, text) if !outcome.kind.is_attempt() => text.into(),
        (remark, "") => remark.into(),
        (remark, text) if text.starts_with(&remark) => text.into(),
        (remark, text) => format!("{remark}\n{text}").into(),
    }
}
