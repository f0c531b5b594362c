//! The shape of a JUnit report: which element may hold which, and what each holds.
//!
//! This module owns the names of elements and attributes. It knows XML only as events, and nothing of
//! what becomes of a case. The format has no standard, so it is read with good will: elements that
//! nobody knows are looked through, since a case inside of one is still a case, and named in the warnings.

use super::case::{Case, Kind, Outcome, Stream, push_below};
use super::suite_outputs::{Clipped, Kept};
use crate::model::result::Status;
use crate::model::warnings::Warnings;
use crate::reports::error::ReadError;
use crate::reports::xml::entities::{push_reference, push_unescaped};
use crate::reports::xml::{Element, Text, first_line, is_blank};

/// An open `testsuite` or `testsuites`.
#[derive(Debug, Default)]
pub struct Suite {
    pub name: String,
    /// It is a `testsuites`, whose name is that of the whole run.
    pub is_run: bool,
    /// Its place among all suites of the document.
    pub ordinal: u64,
    /// Cases in it, those of nested suites included.
    pub cases: u64,
    pub failed: u64,
    pub out: Clipped,
    pub err: Clipped,
    /// What an earlier reading kept of its output.
    pub kept: Option<Kept>,
}

/// What an end tag completed.
pub enum Finished {
    /// The case that [`Document::case`] gives.
    Case,
    Suite(Box<Suite>),
    Nothing,
}

/// The open elements and what was read of them.
#[derive(Default)]
pub struct Document {
    places: Vec<Place>,
    suites: Vec<Suite>,
    suites_seen: u64,
    case: Case,
    /// Cases around [`Document::case`], which no known tool writes.
    outer_cases: Vec<Case>,
    attributes: Attributes,
    /// Only the names of cases are asked for: what lies in them need not be kept.
    pub names_only: bool,
    keeps_text: bool,
    text: String,
}

/// What an open element is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Suite,
    /// Something unknown in a suite.
    InSuite,
    Case,
    /// Something unknown in a case.
    InCase,
    Outcome,
    Output(Stream),
    /// An element within a text.
    InText,
    Properties,
}

/// The attributes that matter somewhere, each at the place that a constant names.
#[derive(Default)]
struct Attributes {
    values: [String; Self::COUNT],
    given: [bool; Self::COUNT],
}

impl Document {
    /// The case that was completed last.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// The same, to be taken apart, and the suites around it.
    pub fn case_in_suites(&mut self) -> (&mut Case, &[Suite]) {
        (&mut self.case, &self.suites)
    }

    /// The suites around the next element, from the outermost on.
    pub fn suites(&self) -> &[Suite] {
        &self.suites
    }

    /// The innermost open suite.
    pub fn suite_mut(&mut self) -> Option<&mut Suite> {
        self.suites.last_mut()
    }

    /// Ends the innermost open suite, whose end was not read.
    pub fn abandon_suite(&mut self) -> Option<Suite> {
        self.close_suite()
    }

    /// The name of the innermost open element, if there is one.
    pub fn open_element(&self) -> Option<&'static str> {
        self.places.last().map(|place| match place {
            Place::Suite if self.suites.last().is_some_and(|suite| suite.is_run) => "testsuites",
            Place::Suite | Place::InSuite => "testsuite",
            Place::Case | Place::InCase => "testcase",
            Place::Outcome => self.case.outcomes.last().map_or("failure", |open| open.kind.name()),
            Place::Output(stream) => stream.name(),
            Place::InText => "stackTrace",
            Place::Properties => "properties",
        })
    }

    /// Opens an element. Gives back whether it is a suite.
    pub fn start(
        &mut self,
        element: &Element<'_>,
        warnings: &mut Warnings,
    ) -> Result<bool, ReadError> {
        let name = element.name();
        let place = match self.places.last() {
            None => root(name)?,
            Some(Place::Suite | Place::InSuite) => in_suite(name),
            Some(Place::Case | Place::InCase) => in_case(name),
            Some(Place::Outcome) => in_outcome(name),
            Some(Place::Output(_) | Place::InText) => Place::InText,
            Some(Place::Properties) => Place::Properties,
        };
        self.attributes.read(element, self.names_only, warnings)?;
        self.enter(place, name, warnings);
        self.places.push(place);
        Ok(place == Place::Suite)
    }

    fn enter(&mut self, place: Place, name: &str, warnings: &mut Warnings) {
        match place {
            Place::Suite => self.open_suite(name),
            Place::Case => self.open_case(),
            Place::Outcome => {
                self.keeps_text = !self.names_only;
                self.open_outcome(name);
            }
            Place::Output(_) => {
                self.keeps_text = !self.names_only || self.is_in_suite();
                self.keep_text_of_outcome();
            }
            Place::InText if name == "stackTrace" => self.text.push('\n'),
            Place::InText => warnings.add(ELEMENT_IN_TEXT, name),
            Place::InSuite | Place::InCase => warnings.add(UNKNOWN_ELEMENT, name),
            Place::Properties if name == "property" => {
                warnings.add(PROPERTY, self.attributes.get(Attributes::NAME));
            }
            Place::Properties => {}
        }
    }

    fn open_suite(&mut self, element: &str) {
        self.suites_seen += 1;
        self.suites.push(Suite {
            name: self.attributes.get(Attributes::NAME).to_owned(),
            is_run: element == "testsuites",
            ordinal: self.suites_seen,
            ..Suite::default()
        });
    }

    fn open_case(&mut self) {
        if matches!(self.places.last(), Some(Place::Case | Place::InCase)) {
            self.outer_cases.push(std::mem::take(&mut self.case));
        }
        self.case.clear();
        self.attributes.give(Attributes::NAME, &mut self.case.name);
        self.attributes.give(Attributes::CLASS_NAME, &mut self.case.class_name);
        self.attributes.give(Attributes::FILE, &mut self.case.file);
        let [status, result] = &mut self.case.states;
        self.attributes.give(Attributes::STATUS, status);
        self.attributes.give(Attributes::RESULT, result);
    }

    /// An outcome of a suite makes a case of its own.
    fn open_outcome(&mut self, element: &str) {
        let Some(kind) = Kind::from_name(element) else { return };
        if self.is_in_suite() {
            self.case.clear();
            self.case.is_suite = true;
        }
        self.case.outcomes.push(Outcome {
            kind,
            type_name: self.attributes.get(Attributes::TYPE).to_owned(),
            message: self.attributes.get(Attributes::MESSAGE).to_owned(),
            text: String::new(),
            outputs: Vec::new(),
        });
    }

    /// Whether the innermost open element lies outside of cases.
    fn is_in_suite(&self) -> bool {
        matches!(self.places.last(), Some(Place::Suite | Place::InSuite))
    }

    /// What an outcome said before something else begins within it.
    fn keep_text_of_outcome(&mut self) {
        if self.places.last() == Some(&Place::Outcome)
            && let Some(outcome) = self.case.outcomes.last_mut()
        {
            push_below(&mut outcome.text, &self.text);
        }
        self.text.clear();
    }

    /// Takes text that is part of the innermost open element.
    pub fn text(&mut self, text: &Text<'_>, warnings: &mut Warnings) {
        if !self.is_in_text() {
            self.stray_text(&text.mended(), warnings);
        } else if self.keeps_text {
            self.text.push_str(&text.mended());
        }
    }

    /// Takes the reference `&name;` as text.
    pub fn reference(&mut self, name: &str, warnings: &mut Warnings) {
        if !self.is_in_text() {
            let mut text = String::new();
            push_reference(&mut text, name);
            self.stray_text(&text, warnings);
        } else if self.keeps_text {
            push_reference(&mut self.text, name);
        }
    }

    fn is_in_text(&self) -> bool {
        matches!(self.places.last(), Some(Place::Outcome | Place::Output(_) | Place::InText))
    }

    fn stray_text(&self, text: &str, warnings: &mut Warnings) {
        if self.places.last() != Some(&Place::Properties) && !is_blank(text) {
            warnings.add(STRAY_TEXT, &first_line(text));
        }
    }

    /// Closes the innermost open element.
    pub fn end(&mut self) -> Finished {
        match self.places.pop() {
            Some(Place::Suite) => {
                return self.finish_suite();
            }
            Some(Place::Case) => return self.close_case(),
            Some(Place::Outcome) => return self.close_outcome(),
            Some(Place::Output(stream)) => self.close_output(stream),
            _ => {}
        }
        Finished::Nothing
    }

    fn finish_suite(&mut self) -> Finished {
        self.close_suite().map_or(Finished::Nothing, |suite| Finished::Suite(Box::new(suite)))
    }

    fn close_case(&mut self) -> Finished {
        if let Some(suite) = self.suites.last_mut() {
            suite.cases += 1;
            suite.failed += u64::from(self.case.status() == Status::Failed);
        }
        Finished::Case
    }

    fn close_outcome(&mut self) -> Finished {
        if let Some(outcome) = self.case.outcomes.last_mut() {
            push_below(&mut outcome.text, &self.text);
        }
        self.text.clear();
        if self.case.is_suite { self.close_case() } else { Finished::Nothing }
    }

    fn close_output(&mut self, stream: Stream) {
        match self.places.last() {
            Some(Place::Outcome) => {
                let mut text = String::new();
                push_below(&mut text, &self.text);
                if let Some(outcome) = self.case.outcomes.last_mut() {
                    outcome.outputs.push((stream, text));
                }
            }
            Some(Place::Case | Place::InCase) => {
                push_below(self.case.output_mut(stream), &self.text);
            }
            _ => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.output_mut(stream).push_below(&self.text);
                }
            }
        }
        self.text.clear();
    }

    fn close_suite(&mut self) -> Option<Suite> {
        let suite = self.suites.pop()?;
        if let Some(outer) = self.suites.last_mut() {
            outer.cases += suite.cases;
            outer.failed += suite.failed;
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

impl Suite {
    fn output_mut(&mut self, stream: Stream) -> &mut Clipped {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }
}

impl Attributes {
    const NAME: usize = 0;
    const CLASS_NAME: usize = 1;
    const FILE: usize = 2;
    const STATUS: usize = 3;
    const RESULT: usize = 4;
    const MESSAGE: usize = 5;
    const TYPE: usize = 6;
    const COUNT: usize = 7;

    fn place_of(name: &str) -> Option<usize> {
        match name {
            "name" => Some(Self::NAME),
            "classname" => Some(Self::CLASS_NAME),
            "file" => Some(Self::FILE),
            "status" => Some(Self::STATUS),
            "result" => Some(Self::RESULT),
            "message" => Some(Self::MESSAGE),
            "type" => Some(Self::TYPE),
            _ => None,
        }
    }

    /// Replaces the values by those of `element`. Of one that is given twice, the first holds. With
    /// `names_only` those that tell of an outcome stay empty.
    fn read(
        &mut self,
        element: &Element<'_>,
        names_only: bool,
        warnings: &mut Warnings,
    ) -> Result<(), ReadError> {
        self.given = Default::default();
        element.each_attribute(|name, raw| {
            let Some(which) = Self::place_of(name) else { return };
            if self.given[which] {
                warnings.add(DOUBLED_ATTRIBUTE, &format!("{name}=\"{raw}\""));
                return;
            }
            self.given[which] = true;
            self.values[which].clear();
            if !(names_only && matches!(which, Self::MESSAGE | Self::TYPE)) {
                push_unescaped(&mut self.values[which], raw);
            }
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

fn root(name: &str) -> Result<Place, ReadError> {
    let reason = match name {
        "testsuites" | "testsuite" => return Ok(Place::Suite),
        name if name.eq_ignore_ascii_case("html") => "an HTML page, not a JUnit report".to_owned(),
        name => format!("root element `{name}`, not `testsuites` or `testsuite`"),
    };
    Err(ReadError::no_results(reason))
}

fn in_suite(name: &str) -> Place {
    match name {
        "testcase" => Place::Case,
        "testsuite" | "testsuites" => Place::Suite,
        "failure" | "error" => Place::Outcome,
        "properties" => Place::Properties,
        _ => Stream::from_name(name).map_or(Place::InSuite, Place::Output),
    }
}

fn in_case(name: &str) -> Place {
    match name {
        "testcase" => Place::Case,
        "properties" => Place::Properties,
        _ if Kind::from_name(name).is_some() => Place::Outcome,
        _ => Stream::from_name(name).map_or(Place::InCase, Place::Output),
    }
}

fn in_outcome(name: &str) -> Place {
    Stream::from_name(name).map_or(Place::InText, Place::Output)
}
