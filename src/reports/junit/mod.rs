//! JUnit reports as results, one by one.
//!
//! A case at a time is held, so memory does not go with the file; nothing is recursive, so depth does not go
//! with the stack. Only what is said of whole suites needs what comes later in the file: it is why a report
//! is read twice.

mod case;
mod document;
mod mapping;
mod stamp;
mod suite;
mod template;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek};

use memchr::memmem;

pub use document::Property;
pub use mapping::Mapping;
pub use suite::SuiteFacts;
pub use template::Template;

use super::error::ReadError;
use super::format::{Findings, Format, Origin, ReadOptions, ReportReader};
use crate::model::result::{Section, Status, TestResult};
use crate::model::warnings::Warnings;
use crate::reports::decode::Decoded;
use crate::reports::xml::{Event, Xml};
use case::Stream;
use document::{Document, Finished};
use mapping::FromSuites;
use suite::{Kept, Suite};

/// JUnit XML, as many tools write it.
pub static FORMAT: Format = Format {
    name: "junit",
    detect: |head| {
        let mut tags = memmem::find_iter(head, b"<testsuite").filter_map(|at| head.get(at + 10));
        head.trim_ascii_start().starts_with(b"<?xml")
            || tags.any(|next| matches!(next, b's' | b'>') || next.is_ascii_whitespace())
    },
    open: |input, options, findings| {
        Ok(Box::new(Results::new(input.file, options, findings.suite_facts)?))
    },
    is_live: false,
};

/// The results of the reports in one file, in the order of the document.
///
/// It is read twice: first with empty [`SuiteFacts`], which this reading fills, then with those.
pub struct Results<R> {
    xml: Xml<R>,
    document: Document,
    mapping: Mapping,
    facts: SuiteFacts,
    cases: u64,
    /// Cases that look like those of Checkbox.
    cases_of_checkbox: u64,
    is_over: bool,
}

impl<R: Read + Seek> Results<R> {
    /// Looks at the first bytes of `source`, which need not be buffered.
    ///
    /// # Errors
    /// A source that cannot be read, or is in UTF-32.
    pub fn new(source: R, options: &ReadOptions, facts: SuiteFacts) -> Result<Self, ReadError> {
        Ok(Self {
            xml: Xml::new(Decoded::new(source)?),
            document: Document::new(options.longest(), options.properties),
            mapping: options.mapping.clone(),
            facts,
            cases: 0,
            cases_of_checkbox: 0,
            is_over: false,
        })
    }

    fn next_case<T>(
        &mut self,
        warnings: &mut Warnings,
        make: impl FnOnce(&mut Self, &mut Warnings) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        if self.is_over {
            return Ok(None);
        }
        let made = self.read_case(warnings).and_then(|is_case| {
            if !is_case {
                return Ok(None);
            }
            self.cases += 1;
            self.cases_of_checkbox += u64::from(self.document.is_case_of_checkbox());
            if let Some(word) = self.document.case.unknown_state() {
                warnings.add(UNKNOWN_STATE, word);
            }
            make(self, warnings).map(Some)
        });
        if !matches!(made, Ok(Some(_))) {
            self.is_over = true;
            self.xml.source().note(warnings);
        }
        made.map_err(|error| ReadError { line: error.line.or(Some(self.xml.line())), ..error })
    }

    /// Reads up to the end of a case, or of the source.
    fn read_case(&mut self, warnings: &mut Warnings) -> Result<bool, ReadError> {
        loop {
            match self.xml.next(self.document.wants_text())? {
                Event::Text(text) => self.document.text(text, false, warnings),
                Event::Literal(text) => self.document.text(text, true, warnings),
                Event::Start(element) => {
                    let is_empty = element.is_empty;
                    if self.document.start(&element, warnings)?
                        && let Some(suite) = self.document.suites.last_mut()
                    {
                        suite.kept = self.facts.find(suite.ordinal);
                    }
                    if is_empty && self.end(warnings)? {
                        return Ok(true);
                    }
                }
                Event::End => {
                    if self.end(warnings)? {
                        return Ok(true);
                    }
                }
                Event::Comment(line) => warnings.add(COMMENT, &line),
                Event::Talk(line) => warnings.add(TALK, &line),
                Event::Nothing => {}
                Event::Eof => {
                    let Some(element) = self.document.open_element() else { return Ok(false) };
                    let line = Some(self.xml.source().last_line());
                    let reason = format!("the report breaks off inside of `{element}`");
                    return Err(ReadError::remainder(line, reason));
                }
            }
        }
    }

    /// Closes an element, and tells whether it completed a case.
    fn end(&mut self, warnings: &mut Warnings) -> Result<bool, ReadError> {
        match self.document.end(warnings) {
            Finished::Case => Ok(true),
            Finished::Suite(suite) => self.finish_suite(&suite, warnings).map(|()| false),
            Finished::Nothing => Ok(false),
        }
    }

    /// Keeps of a suite what its cases are to get.
    fn finish_suite(&mut self, suite: &Suite, warnings: &mut Warnings) -> Result<(), ReadError> {
        if self.facts.is_complete {
            return Ok(());
        }
        warnings.add_many(MISSING, &suite.name, suite.claimed.saturating_sub(suite.shown));
        if suite.has_output() && suite.failed == 0 && suite.cases != 1 {
            warnings.add(OUTPUT_LEFT_OUT, &suite.name);
        }
        if suite.skipped.is_some() && suite.cases == 0 {
            warnings.add(SKIPPED_EMPTY, &suite.name);
        }
        if suite.has_output() || suite.skipped.is_some() {
            self.facts.keep(suite).map_err(|error| not_kept(&error))?;
        }
        Ok(())
    }

    /// Returns what the suites around the current case add to it, the innermost first.
    fn added_by_suites(&mut self) -> io::Result<FromSuites> {
        let mut more = FromSuites::default();
        let Document { case, suites, .. } = &mut self.document;
        if self.facts.is_empty() || suites.iter().all(|suite| suite.kept.is_none()) {
            return Ok(more);
        }
        let name = self.mapping.name(case, suites, &mut Warnings::default());
        let failed = case.status() == Status::Failed;
        let mut room = suite::LIMIT;
        for suite in suites.iter_mut().rev() {
            let Some(kept) = suite.kept else { continue };
            if more.skipped.is_none() {
                more.skipped = kept.skipped.map(|span| self.facts.text(span)).transpose()?;
            }
            if failed || kept.for_any {
                more.output.extend(output_of(suite, kept, &mut self.facts, &name, &mut room)?);
            }
        }
        Ok(more)
    }
}

/// Returns the output of a suite as sections of a case's log, as far as there is room.
fn output_of(
    suite: &mut Suite,
    kept: Kept,
    facts: &mut SuiteFacts,
    name: &str,
    room: &mut usize,
) -> io::Result<Vec<Section<'static>>> {
    let mut sections: Vec<Section<'static>> = Vec::new();
    for stream in Stream::ALL {
        let text = facts.text(kept.outputs[stream as usize])?;
        if text.is_empty() {
            continue;
        }
        let heading = format!("{} of suite {}", stream.name(), suite.name);
        let text = if suite.given >= suite::CASES {
            format!("[… left out: it is in the log of `{}` …]", suite.first_given)
        } else if text.len() > *room {
            *room = 0;
            FULL.to_owned()
        } else {
            *room -= text.len();
            text
        };
        sections.push((heading.into(), text.into()));
    }
    if suite.given == 0 && !sections.is_empty() {
        name.clone_into(&mut suite.first_given);
    }
    suite.given += usize::from(!sections.is_empty());
    Ok(sections)
}

impl<R: Read + Seek> ReportReader for Results<R> {
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        self.document.leave_case();
        self.next_case(warnings, |this, warnings| {
            let more = this.added_by_suites().map_err(|error| not_kept(&error))?;
            let Document { case, suites, .. } = &mut this.document;
            Ok(this.mapping.map(case, suites, more, warnings))
        })
    }

    fn next_name(&mut self, warnings: &mut Warnings) -> Result<Option<String>, ReadError> {
        self.document.leave_case();
        self.document.names_only = true;
        self.next_case(warnings, |this, warnings| {
            Ok(this.mapping.name(&this.document.case, &this.document.suites, warnings))
        })
    }

    fn origin(&self) -> Option<Origin> {
        let origin = || mapping::origin(&self.document.case, &self.document.suites);
        self.mapping.name.is_none().then(origin)
    }

    fn finish(mut self: Box<Self>, warnings: &mut Warnings) -> Result<Findings, ReadError> {
        // Those whose ends were not read.
        while let Some(suite) = self.document.close_suite() {
            self.finish_suite(&suite, warnings)?;
        }
        self.facts.is_complete = true;
        Ok(Findings {
            suite_facts: self.facts,
            properties: self.document.properties.unwrap_or_default(),
            is_from_checkbox: self.cases > 0 && self.cases == self.cases_of_checkbox,
            ..Findings::default()
        })
    }
}

const TALK: &str = "text around a report was passed over";
const COMMENT: &str = "XML comments were left out";
const OUTPUT_LEFT_OUT: &str = "output of a suite without failed cases was left out";
const UNKNOWN_STATE: &str = "a status that is not known counts as skipped";
const MISSING: &str = "failures and errors that a suite counts are in none of its cases";
const SKIPPED_EMPTY: &str = "a suite that was skipped holds no case";

/// Stands for output that a log has no room for.
const FULL: &str = "[… left out: a case gets 64 KiB of the output of its suites …]";

fn not_kept(error: &io::Error) -> ReadError {
    ReadError::remainder(None, format!("a suite's output cannot be kept meanwhile: {error}"))
}
