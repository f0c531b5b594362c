//! JUnit reports as results, one by one.
//!
//! This module owns the way from bytes to results: decoding, XML, the shape of a report and the mapping
//! are each a module below, and none knows the next. A case at a time is held, so memory does not go
//! with the file; nothing is recursive, so depth does not go with the stack. Only the output of whole
//! suites needs what comes later in the file: it is why a report is read twice.

mod case;
mod document;
mod mapping;
mod suite_outputs;
mod template;
#[cfg(test)]
mod tests;

use std::io::Read;

pub use mapping::Mapping;
pub use suite_outputs::SuiteOutputs;
pub use template::Template;

use super::error::ReadError;
use super::format::{Findings, Format, ReportReader};
use super::source::Source;
use crate::model::log::Section;
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::reports::xml::decode::Decoded;
use crate::reports::xml::{Event, LeadingText, Xml};
use case::Stream;
use document::{Document, Finished, Suite};

/// JUnit XML, as many tools write it.
pub static FORMAT: Format = Format {
    name: "junit",
    detect: |head| head.trim_ascii_start().starts_with(b"<"),
    open: |input, options, findings| {
        let leading_text = match input.source {
            Source::StandardInput => LeadingText::Skip,
            Source::File { .. } => LeadingText::Strict,
        };
        let outputs = findings.suite_outputs;
        let mapping = options.mapping.clone();
        Ok(Box::new(Results::new(input.file, mapping, outputs, leading_text)?))
    },
    is_live: false,
};

/// The results of one report, in the order of the document.
///
/// It is read twice: first with empty [`SuiteOutputs`], which this reading fills, then with those.
pub struct Results<R> {
    xml: Xml<R>,
    document: Document,
    mapping: Mapping,
    outputs: SuiteOutputs,
    /// Open suites of which output was kept.
    kept_suites: usize,
    is_over: bool,
}

impl<R: Read> Results<R> {
    /// Looks at the first bytes of `source`, which need not be buffered.
    pub fn new(
        source: R,
        mapping: Mapping,
        outputs: SuiteOutputs,
        leading_text: LeadingText,
    ) -> Result<Self, ReadError> {
        Ok(Self {
            xml: Xml::new(Decoded::new(source)?, leading_text),
            document: Document::default(),
            mapping,
            outputs,
            kept_suites: 0,
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
            let case = self.document.case();
            if case.only_says_failed() {
                warnings.add(ONLY_SAYS_FAILED, &case.name);
            }
            let made = make(self, warnings)?;
            self.document.leave_case();
            Ok(Some(made))
        });
        if !matches!(made, Ok(Some(_))) {
            self.is_over = true;
            self.note_malformed(warnings);
        }
        made.map_err(|error| ReadError { line: error.line.or(Some(self.xml.line())), ..error })
    }

    /// Reads up to the end of a case, or of the report.
    fn read_case(&mut self, warnings: &mut Warnings) -> Result<bool, ReadError> {
        loop {
            match self.xml.next()? {
                Event::Text(text) => self.document.text(&text, warnings),
                Event::Reference(name) => self.document.reference(&name, warnings),
                Event::Start(element) => {
                    let is_empty = element.is_empty();
                    if self.document.start(&element, warnings)? {
                        self.recall_output();
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
                Event::Ui(line) => warnings.add(TALK, &line),
                Event::Nothing => {}
                Event::Eof => return self.check_complete().map(|()| false),
            }
        }
    }

    /// Closes an element. Gives back whether it completed a case.
    fn end(&mut self, warnings: &mut Warnings) -> Result<bool, ReadError> {
        match self.document.end() {
            Finished::Case => Ok(true),
            Finished::Suite(suite) => self.finish_suite(&suite, warnings).map(|()| false),
            Finished::Nothing => Ok(false),
        }
    }

    fn check_complete(&self) -> Result<(), ReadError> {
        match self.document.open_element() {
            None => Ok(()),
            Some(element) => Err(ReadError::remainder(
                Some(self.xml.source().last_line()),
                format!("the report breaks off inside of `{element}`"),
            )),
        }
    }

    fn note_malformed(&self, warnings: &mut Warnings) {
        let source = self.xml.source();
        for _ in 0..source.malformed() {
            warnings.add(MALFORMED, source.encoding());
        }
    }

    /// Gives a suite that was opened what the first reading kept of its output.
    fn recall_output(&mut self) {
        if !self.outputs.is_complete() {
            return;
        }
        if let Some(suite) = self.document.suite_mut() {
            suite.kept = self.outputs.find(suite.ordinal);
            self.kept_suites += usize::from(suite.kept.is_some());
        }
    }

    /// Keeps the output of a suite for those of its cases that it may explain.
    fn finish_suite(&mut self, suite: &Suite, warnings: &mut Warnings) -> Result<(), ReadError> {
        self.kept_suites -= usize::from(suite.kept.is_some());
        if self.outputs.is_complete() || (suite.out.is_empty() && suite.err.is_empty()) {
            return Ok(());
        }
        if suite.failed == 0 && suite.cases != 1 {
            warnings.add(OUTPUT_LEFT_OUT, &suite.name);
            return Ok(());
        }
        self.outputs
            .keep(suite.ordinal, &suite.out, &suite.err, suite.cases == 1)
            .map_err(|error| unkept(&error))
    }

    /// The output of the suites around the current case, the innermost first, as far as it gets any.
    fn suite_sections(&mut self) -> Result<Vec<Section<'static>>, ReadError> {
        let mut sections = Vec::new();
        if self.kept_suites == 0 {
            return Ok(sections);
        }
        let failed = self.document.case().status() == Status::Failed;
        let mut room = suite_outputs::LIMIT;
        for suite in self.document.suites().iter().rev() {
            let Some(kept) = suite.kept.filter(|kept| failed || kept.for_any) else { continue };
            for stream in [Stream::Out, Stream::Err] {
                let text = self.outputs.text(kept, stream).map_err(|error| unkept(&error))?;
                if text.is_empty() {
                    continue;
                }
                let heading = format!("{} of suite {}", stream.name(), suite.name);
                if text.len() > room {
                    sections.push((heading.into(), FULL.into()));
                    return Ok(sections);
                }
                room -= text.len();
                sections.push((heading.into(), text.into()));
            }
        }
        Ok(sections)
    }
}

impl<R: Read> ReportReader for Results<R> {
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        self.next_case(warnings, |this, warnings| {
            let more = this.suite_sections()?;
            let (case, suites) = this.document.case_in_suites();
            Ok(this.mapping.map(case, suites, more, warnings))
        })
    }

    fn next_name(&mut self, warnings: &mut Warnings) -> Result<Option<String>, ReadError> {
        self.document.names_only = true;
        self.next_case(warnings, |this, warnings| {
            let (case, suites) = this.document.case_in_suites();
            Ok(this.mapping.name(case, suites, warnings))
        })
    }

    fn finish(mut self: Box<Self>, warnings: &mut Warnings) -> Result<Findings, ReadError> {
        while let Some(suite) = self.document.abandon_suite() {
            self.finish_suite(&suite, warnings)?;
        }
        Ok(Findings { suite_outputs: self.outputs.complete(), ..Findings::default() })
    }
}

const TALK: &str = "text around a report was passed over";
const MALFORMED: &str = "bytes that are not valid in the report's encoding became U+FFFD";
const OUTPUT_LEFT_OUT: &str = "output of a suite without failed cases was left out";
const ONLY_SAYS_FAILED: &str =
    "a case says that it failed but holds no failure: it counts as passed";

/// Stands for output that a log has no room for.
const FULL: &str = "[… left out: a case gets 64 KiB of the output of its suites …]";

fn unkept(error: &std::io::Error) -> ReadError {
    ReadError::remainder(None, format!("a suite's output cannot be kept meanwhile: {error}"))
}
