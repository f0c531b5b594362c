//! The shape of a JUnit report: which element may hold which, and what each holds.
//!
//! The format has no standard, so it is read with good will: elements that nobody knows are looked through,
//! since a case inside of one is still a case, and named in the warnings.

use std::collections::BTreeSet;

use super::case::{Case, Kind, Outcome, Stream, push_below, without_blank_ends};
use super::suite::Suite;
use crate::model::warnings::Warnings;
use crate::reports::error::ReadError;
use crate::reports::xml::entities::{push_literal, push_unescaped};
use crate::reports::xml::{Element, first_line, is_blank};
use crate::util::clip::{Clipped, truncate_middle};

/// Outcomes of one case that are held: a report can have any number, and no person reads more.
const MAX_OUTCOMES: usize = 1000;

/// Bytes that are held of each further text of a case, once its texts exceed all that a log can be.
const FURTHER_TEXT: usize = 4 << 10;

/// An end tag's meaning.
pub enum Finished {
    /// That of [`Document::case`].
    Case,
    Suite(Box<Suite>),
    Nothing,
}

/// Property of a case or suite.
pub type Property = (String, String);

/// The open elements and what was read of them.
#[derive(Default)]
pub struct Document {
    places: Vec<Place>,
    /// The suites around the next element, from the outermost on.
    pub suites: Vec<Suite>,
    suites_seen: u64,
    /// The case that is read, or that was completed last.
    pub case: Case,
    /// Cases around [`Document::case`], which no known tool writes.
    outer_cases: Vec<Case>,
    attributes: Attributes,
    /// Only the names of cases are asked for: what lies in them need not be kept.
    pub names_only: bool,
    keeps_text: bool,
    text: Clipped,
    /// Bytes that are held at least of a text, at either end.
    longest: usize,
    /// Bytes of text of the current case.
    held: usize,
    /// The properties so far, where they are wanted.
    pub properties: Option<BTreeSet<Property>>,
}

/// The meaning of an open element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Suite,
    /// Something unknown in a suite.
    InSuite,
    /// A suite's own `skipped`.
    SuiteSkipped,
    Case,
    /// Something unknown in a case.
    InCase,
    Outcome,
    Warning,
    Output(Stream),
    /// An element within a text.
    InText,
    Properties,
    Property,
}

/// The attributes that matter somewhere, each at the place that a constant names.
#[derive(Default)]
struct Attributes {
    values: [String; Self::COUNT],
    given: [bool; Self::COUNT],
}

impl Document {
    /// Holds at least `longest` bytes of each text, at either end.
    pub fn new(longest: usize, wants_properties: bool) -> Self {
        Self {
            text: Clipped::new(longest),
            longest,
            properties: wants_properties.then(BTreeSet::new),
            ..Self::default()
        }
    }

    /// Tells whether the case looks like one of Checkbox's JUnit exporter.
    pub fn is_case_of_checkbox(&self) -> bool {
        let Case { name, class_name, .. } = &self.case;
        matches!(&*self.suites, [Suite { is_run: true, .. }])
            && name == class_name
            && name.contains("::")
    }

    /// Returns the name of the innermost open element, if there is one.
    pub fn open_element(&self) -> Option<&'static str> {
        self.places.last().map(|place| match place {
            Place::Suite if self.suites.last().is_some_and(|suite| suite.is_run) => "testsuites",
            Place::Suite | Place::InSuite => "testsuite",
            Place::Case | Place::InCase => "testcase",
            Place::Outcome => self.case.outcomes.last().map_or("failure", |open| open.kind.name()),
            Place::SuiteSkipped => "skipped",
            Place::Warning => "warning",
            Place::Output(stream) => stream.name(),
            Place::InText => "stackTrace",
            Place::Properties | Place::Property => "properties",
        })
    }

    /// Opens an element, and tells whether it is a suite.
    pub fn start(
        &mut self,
        element: &Element<'_>,
        warnings: &mut Warnings,
    ) -> Result<bool, ReadError> {
        let name = element.name();
        let place = match self.places.last() {
            None => Place::Suite,
            Some(Place::Suite | Place::InSuite) => in_suite(name),
            Some(Place::Case | Place::InCase) => in_case(name),
            Some(Place::Outcome) => Stream::of_element(name).map_or(Place::InText, Place::Output),
            Some(Place::Properties) if name == "property" => Place::Property,
            Some(Place::Properties) => Place::Properties,
            Some(_) => Place::InText,
        };
        // Words for people are not kept where only names are asked for.
        let keeps_words = !self.names_only || place == Place::SuiteSkipped;
        self.attributes.read(element, keeps_words, warnings)?;
        if self.places.is_empty() && self.suites_seen > 0 {
            warnings.add(ANOTHER_REPORT, self.attributes.get(Attributes::NAME));
        }
        self.enter(place, name, warnings);
        self.places.push(place);
        Ok(place == Place::Suite)
    }

    fn enter(&mut self, place: Place, name: &str, warnings: &mut Warnings) {
        if place != Place::InText {
            self.keep_text_of_case();
            self.keeps_text = !self.names_only;
        }
        match place {
            Place::Suite => self.open_suite(name),
            Place::Case => self.open_case(),
            Place::Outcome => self.open_outcome(name),
            Place::Output(_) => {
                self.keeps_text |= self.is_in_suite();
                self.keep_text_of_outcome();
            }
            Place::SuiteSkipped => self.keeps_text = true,
            Place::Property => self.keeps_text = self.properties.is_some(),
            Place::InText => {
                self.text.push_str("\n");
                if name != "stackTrace" {
                    warnings.add(ELEMENT_IN_TEXT, name);
                }
            }
            Place::InSuite | Place::InCase => warnings.add(UNKNOWN_ELEMENT, name),
            Place::Warning | Place::Properties => {}
        }
    }

    fn open_suite(&mut self, element: &str) {
        self.suites_seen += 1;
        let count = |which| self.attributes.get(which).trim().parse().unwrap_or(0);
        self.suites.push(Suite {
            name: self.attributes.get(Attributes::NAME).to_owned(),
            is_run: element == "testsuites",
            ordinal: self.suites_seen,
            claimed: count(Attributes::FAILURES) + count(Attributes::ERRORS),
            ..Suite::default()
        });
    }

    fn open_case(&mut self) {
        if self.is_in_case() {
            self.outer_cases.push(std::mem::take(&mut self.case));
        }
        self.case.clear();
        self.text.clear();
        self.held = 0;
        self.attributes.give(Attributes::NAME, &mut self.case.name);
        self.attributes.give(Attributes::CLASS_NAME, &mut self.case.class_name);
        if self.case.class_name.is_empty() {
            self.attributes.give(Attributes::CLASS, &mut self.case.class_name);
        }
        self.attributes.give(Attributes::FILE, &mut self.case.file);
        let [status, result] = &mut self.case.states;
        self.attributes.give(Attributes::STATUS, status);
        self.attributes.give(Attributes::RESULT, result);
        let is = |which, word| self.attributes.get(which).trim().eq_ignore_ascii_case(word);
        self.case.is_disabled =
            is(Attributes::EXECUTED, "false") || is(Attributes::DISABLED, "true");
    }

    /// An outcome of a suite makes a case of its own.
    fn open_outcome(&mut self, element: &str) {
        let Some(kind) = Kind::of_element(element) else { return };
        if self.is_in_suite() {
            self.case.clear();
            self.held = 0;
            self.case.is_suite = true;
        }
        self.text.clear();
        if self.case.outcomes.len() == MAX_OUTCOMES {
            self.case.outcomes.remove(spare(&self.case.outcomes));
        }
        let mut type_name = self.take_attribute(Attributes::TYPE);
        let message = self.take_attribute(Attributes::MESSAGE);
        if type_name.is_empty() && message.is_empty() && !kind.is_said_by(element) {
            element.clone_into(&mut type_name);
        }
        self.case.outcomes.push(Outcome {
            kind,
            type_name,
            message,
            text: String::new(),
            outputs: Vec::new(),
        });
    }

    fn take_attribute(&mut self, which: usize) -> String {
        let text = self.attributes.get(which);
        let text = truncate_middle(text, self.longest.saturating_mul(2)).into_owned();
        self.hold(text)
    }

    /// Tells whether the innermost open element lies outside of cases.
    fn is_in_suite(&self) -> bool {
        matches!(self.places.last(), Some(Place::Suite | Place::InSuite))
    }

    /// Tells whether the innermost open element is a case, or something unknown in one.
    fn is_in_case(&self) -> bool {
        matches!(self.places.last(), Some(Place::Case | Place::InCase))
    }

    /// Keeps the text of an outcome before something else begins within it.
    fn keep_text_of_outcome(&mut self) {
        if self.places.last() == Some(&Place::Outcome) {
            self.push_text_of_outcome();
        }
        self.text.clear();
    }

    fn push_text_of_outcome(&mut self) {
        let text = self.take_text();
        if let Some(outcome) = self.case.outcomes.last_mut() {
            push_below(&mut outcome.text, text);
        }
    }

    /// Keeps the text that lies directly in a case.
    fn keep_text_of_case(&mut self) {
        if !self.is_in_case() || self.text.is_empty() {
            return;
        }
        if without_blank_ends(&self.text.to_text()).is_empty() {
            return self.text.clear();
        }
        let text = self.take_text();
        push_below(&mut self.case.text, text);
    }

    /// Ends the current text.
    fn take_text(&mut self) -> String {
        let text = self.text.to_text().into_owned();
        self.text.clear();
        self.hold(text)
    }

    /// Counts a text of the case, and cuts it where those before it fill all that a log can be.
    fn hold(&mut self, text: String) -> String {
        let text = if self.held > self.longest.saturating_mul(4) {
            truncate_middle(&text, FURTHER_TEXT).into_owned()
        } else {
            text
        };
        self.held += text.len();
        text
    }

    /// Tells whether the next piece of text makes a difference.
    pub fn wants_text(&self) -> bool {
        self.keeps_text || !self.is_in_text()
    }

    /// Takes a piece of text that is part of the innermost open element; in a CDATA section it is
    /// meant literally.
    pub fn text(&mut self, raw: &str, is_literal: bool, warnings: &mut Warnings) {
        if self.is_in_text() {
            if self.keeps_text {
                let push = if is_literal { push_literal } else { push_unescaped };
                self.text.push_with(|to| push(to, raw));
            }
        } else if !matches!(self.places.last(), Some(Place::Properties)) && !is_blank(raw) {
            let mut text = String::new();
            push_unescaped(&mut text, raw);
            warnings.add(STRAY_TEXT, &first_line(&text));
        }
    }

    fn is_in_text(&self) -> bool {
        !matches!(
            self.places.last(),
            None | Some(Place::Suite | Place::InSuite | Place::Properties)
        )
    }

    /// Closes the innermost open element.
    pub fn end(&mut self, warnings: &mut Warnings) -> Finished {
        self.keep_text_of_case();
        self.keeps_text = !self.names_only;
        match self.places.pop() {
            Some(Place::Suite) => {
                return self.close_suite().map_or(Finished::Nothing, |s| Finished::Suite(s.into()));
            }
            Some(Place::Case) => return self.close_case(),
            Some(Place::Outcome) => return self.close_outcome(),
            Some(Place::SuiteSkipped) => self.close_suite_skipped(),
            Some(Place::Warning) => {
                let text = self.take_text();
                push_below(&mut self.case.warning, text);
            }
            Some(Place::Output(stream)) => self.close_output(stream),
            Some(Place::InText) => self.text.push_str("\n"),
            Some(Place::Property) => self.close_property(warnings),
            _ => {}
        }
        Finished::Nothing
    }

    fn close_case(&mut self) -> Finished {
        if let Some(suite) = self.suites.last_mut() {
            suite.cases += 1;
            let failures = self.case.failures();
            suite.failed += u64::from(failures > 0);
            suite.shown += failures;
        }
        Finished::Case
    }

    fn close_outcome(&mut self) -> Finished {
        self.push_text_of_outcome();
        if self.case.is_suite { self.close_case() } else { Finished::Nothing }
    }

    fn close_suite_skipped(&mut self) {
        let mut reason = self.take_attribute(Attributes::MESSAGE);
        let text = self.take_text();
        push_below(&mut reason, text);
        if let Some(suite) = self.suites.last_mut() {
            let reasons = suite.skipped.get_or_insert_default();
            push_below(reasons, reason);
            *reasons = truncate_middle(reasons, FURTHER_TEXT).into_owned();
        }
    }

    fn close_output(&mut self, stream: Stream) {
        match self.places.last() {
            Some(Place::Outcome) => {
                let mut text = String::new();
                push_below(&mut text, self.take_text());
                if let Some(outcome) = self.case.outcomes.last_mut()
                    && outcome.outputs.len() < MAX_OUTCOMES
                {
                    outcome.outputs.push((stream, text));
                }
            }
            Some(Place::Case | Place::InCase) => {
                let text = self.take_text();
                push_below(&mut self.case.outputs[stream as usize], text);
            }
            _ => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.push_output(stream, &self.text.to_text());
                }
                self.text.clear();
            }
        }
    }

    fn close_property(&mut self, warnings: &mut Warnings) {
        let name = self.attributes.get(Attributes::NAME).to_owned();
        let text = self.text.to_text().trim().to_owned();
        self.text.clear();
        match &mut self.properties {
            Some(properties) => {
                let value = self.attributes.get(Attributes::VALUE);
                properties.insert((name, if value.is_empty() { text } else { value.to_owned() }));
            }
            None => warnings.add(PROPERTY, &name),
        }
    }

    /// Ends the innermost open suite.
    pub fn close_suite(&mut self) -> Option<Suite> {
        let suite = self.suites.pop()?;
        if let Some(outer) = self.suites.last_mut() {
            outer.add_inner(&suite);
        }
        Some(suite)
    }

    /// Goes back to the case around the one that was completed, if there is one.
    pub fn leave_case(&mut self) {
        if let Some(outer) = self.outer_cases.pop() {
            self.case = outer;
        } else {
            self.case.is_suite = false;
        }
    }
}

impl Attributes {
    const NAME: usize = 0;
    const CLASS_NAME: usize = 1;
    const CLASS: usize = 2;
    const FILE: usize = 3;
    const STATUS: usize = 4;
    const RESULT: usize = 5;
    const EXECUTED: usize = 6;
    const DISABLED: usize = 7;
    const FAILURES: usize = 8;
    const ERRORS: usize = 9;
    const VALUE: usize = 10;
    const MESSAGE: usize = 11;
    const TYPE: usize = 12;
    const COUNT: usize = 13;

    fn place_of(name: &str) -> Option<usize> {
        Some(match name {
            "name" => Self::NAME,
            "classname" => Self::CLASS_NAME,
            "class" => Self::CLASS,
            "file" => Self::FILE,
            "status" => Self::STATUS,
            "result" => Self::RESULT,
            "executed" => Self::EXECUTED,
            "disabled" => Self::DISABLED,
            "failures" => Self::FAILURES,
            "errors" => Self::ERRORS,
            "value" => Self::VALUE,
            "message" => Self::MESSAGE,
            "type" => Self::TYPE,
            _ => return None,
        })
    }

    /// Replaces the values by those of `element`. Of one that is given twice, the first holds.
    fn read(
        &mut self,
        element: &Element<'_>,
        keeps_words: bool,
        warnings: &mut Warnings,
    ) -> Result<(), ReadError> {
        self.given = Default::default();
        element.each_attribute(|name, raw| {
            let Some(which) = Self::place_of(name) else { return };
            if !keeps_words && which >= Self::MESSAGE {
                return;
            }
            if self.given[which] {
                warnings.add(DOUBLED_ATTRIBUTE, &format!("{name}=\"{raw}\""));
                return;
            }
            self.given[which] = true;
            self.values[which].clear();
            push_unescaped(&mut self.values[which], raw);
        })
    }

    fn get(&self, which: usize) -> &str {
        if self.given[which] { &self.values[which] } else { "" }
    }

    /// Hands over a value in exchange for memory that is no longer needed.
    fn give(&mut self, which: usize, to: &mut String) {
        if self.given[which] {
            std::mem::swap(&mut self.values[which], to);
        }
    }
}

const UNKNOWN_ELEMENT: &str = "elements that JUnit reports do not have were passed over";
const ELEMENT_IN_TEXT: &str = "elements inside of a text were passed over, but for their text";
const STRAY_TEXT: &str = "text that is in no output of a case was passed over";
const PROPERTY: &str = "properties have no place in a result and were left out";
const DOUBLED_ATTRIBUTE: &str = "an attribute was given twice: the first holds";
const ANOTHER_REPORT: &str = "a report behind another in one file was read too";

/// Returns the place of the last outcome that has one of its kind before it: without it they add up to the
/// same status.
fn spare(outcomes: &[Outcome]) -> usize {
    let is_spare = |at: &usize| outcomes[..*at].iter().any(|one| one.kind == outcomes[*at].kind);
    (0..outcomes.len()).rev().find(is_spare).unwrap_or_default()
}

fn in_suite(name: &str) -> Place {
    match name {
        "testcase" => Place::Case,
        "testsuite" | "testsuites" => Place::Suite,
        "properties" => Place::Properties,
        _ => match Kind::of_element(name) {
            Some(Kind::Failure | Kind::Error) => Place::Outcome,
            Some(Kind::Skipped) => Place::SuiteSkipped,
            _ => Stream::of_element(name).map_or(Place::InSuite, Place::Output),
        },
    }
}

fn in_case(name: &str) -> Place {
    match name {
        "testcase" => Place::Case,
        "properties" => Place::Properties,
        _ => match Stream::of_element(name) {
            Some(stream) => Place::Output(stream),
            None if Kind::of_element(name).is_some() => Place::Outcome,
            None if name.eq_ignore_ascii_case("warning") => Place::Warning,
            None => Place::InCase,
        },
    }
}
