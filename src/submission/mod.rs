//! What is submitted together: all reports, read through once to check them and to count their
//! names, and read again for their results.
//!
//! Reading twice costs time and saves memory: it goes with one hash a name, not with the reports.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

pub mod duplicates;
pub mod live;
mod properties;
mod read_ahead;

use crate::model::encoded::{Batch, LimitedResult};
use crate::model::limits::Limits;
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::reports::checkbox;
use crate::reports::error::{ReadError, Severity};
use crate::reports::format::{Findings, Format, ReadOptions, ReportReader};
use crate::reports::junit::Property;
use crate::reports::paths;
use crate::reports::report::{Piped, Report};
use crate::reports::source::Source;
use crate::submission::duplicates::{Duplicates, Names, OnDuplicate};
use crate::submission::properties::Metadata;
use crate::submission::read_ahead::HandOn;
use crate::util::text::os_message;

/// Errors of one file that are said: more help nobody.
const MAX_ERRORS: usize = 20;

/// Choices of how reports are read and what is made of them.
#[derive(Clone, Debug)]
pub struct Options {
    /// In place of telling it by content.
    pub format: Option<&'static Format>,
    pub read: ReadOptions,
    pub on_duplicate: OnDuplicate,
    pub limits: Limits,
    /// Send what comes before the error of a broken report.
    pub salvage: bool,
    /// Leave out files that were last written before.
    pub newer_than: Option<SystemTime>,
}

/// All that is to be submitted.
pub struct Submission {
    options: Options,
    pub files: Vec<File>,
    duplicates: Duplicates,
    pub warnings: Warnings,
    /// Hints that may mend the errors of the files.
    pub cures: BTreeSet<&'static str>,
    /// Flags for `to start` that a report suggests.
    pub hints: Vec<String>,
    /// Paths in which nothing matched.
    pub empty: Vec<String>,
    /// Properties of cases and suites, where they are wanted.
    properties: BTreeSet<Property>,
}

/// A second reading that did not give what the first one promised.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// A report is not what it was in the first reading.
    #[error("{report} changed while it was read: repeat the command")]
    Changed { report: String },
    /// Results of one name lie there until they are merged.
    #[error("the temporary file for results of the same name cannot be used: {}", os_message(.0))]
    TempStore(#[source] io::Error),
    /// Hashes of 64 bits are seeded anew in each run: for a million names this happens once in forty
    /// million runs, and a result must not be lost even then.
    #[error("`{known}` and `{name}` have the same hash in this run: repeat the command")]
    SameHash { known: String, name: String },
    /// Nobody takes any more results.
    #[error("the reading was stopped")]
    Stopped,
}

impl From<serde_json::Error> for SubmissionError {
    fn from(error: serde_json::Error) -> Self {
        Self::TempStore(error.into())
    }
}

/// One report, as the first reading found it.
pub struct File {
    pub name: String,
    /// Absent where the report cannot be opened.
    report: Option<Report>,
    pub format: Option<&'static Format>,
    /// The results that are submitted of it.
    pub results: u64,
    /// The first errors of the file, each as `FILE:LINE: reason`.
    pub errors: Vec<String>,
    more_errors: u64,
    findings: Findings,
}

impl Submission {
    /// Finds the reports of `paths` and reads them through.
    pub fn survey(paths: &[PathBuf], options: &Options) -> Self {
        let found = paths::find(paths);
        let mut survey = Survey::new(options);
        for (name, error) in &found.errors {
            survey.files.push(File::unreadable(name.clone(), error));
        }
        for path in &found.irregular {
            survey.warnings.add("no regular file, passed over", path);
        }
        for source in found.sources {
            if source.is_older_than(options.newer_than) {
                survey
                    .warnings
                    .add("older than the start of the command, not sent", &source.to_string());
                continue;
            }
            survey.read(&source, Report::new(source.clone(), options.format));
        }
        Self { empty: found.empty, ..survey.finish() }
    }

    /// Reads standard input through.
    ///
    /// # Errors
    /// A standard input that cannot be read, or that no place takes meanwhile.
    pub fn survey_pipe(piped: Piped, options: &Options) -> io::Result<Self> {
        let report = Report::of_pipe(piped)?;
        let mut survey = Survey::new(options);
        survey.read(&Source::StandardInput, Ok(report));
        Ok(survey.finish())
    }

    /// Returns the number of results to send.
    pub fn total(&self) -> u64 {
        self.duplicates.remaining() as u64
    }

    /// Tells whether there is anything to send.
    pub fn has_results(&self) -> bool {
        self.files.iter().any(|file| file.results > 0)
    }

    /// Tells whether some input could not be read.
    pub fn has_errors(&self) -> bool {
        self.files.iter().any(|file| !file.errors.is_empty())
    }

    /// Returns the number of results that went into another one of their name.
    pub fn merged(&self) -> u64 {
        self.duplicates.merged
    }

    /// Names that came more than once and were not to.
    pub fn refused_names(&self) -> &[String] {
        &self.duplicates.refused
    }

    /// Returns the properties of cases and suites as metadata, with `prefix` before their names.
    pub fn metadata(&mut self, prefix: &str) -> Metadata {
        let redaction = &self.options.limits.redaction;
        properties::metadata(&self.properties, prefix, redaction, &mut self.warnings)
    }

    /// Reads the reports again and hands on what is to be sent of them, in portions. It reads ahead in
    /// a thread of its own while `take` is at work.
    ///
    /// # Errors
    /// That of `take`, which ends the reading; a report that changed since it was read through.
    pub fn results<E: From<SubmissionError>>(
        &mut self,
        take: impl FnMut(Batch) -> Result<(), E>,
    ) -> Result<(), E> {
        read_ahead::read(&mut |hand_on| self.read_again(hand_on), take)
    }

    fn read_again(&mut self, hand_on: HandOn<'_>) -> Result<(), SubmissionError> {
        let Self { options, files, duplicates, warnings, .. } = self;
        if duplicates.needs_gathering() {
            each_result(files, options, |result, reader| {
                duplicates.gather(&result, || reader.origin())
            })?;
            duplicates.rewind();
        }
        each_result(files, options, |result, _| match duplicates.resolve(result, warnings)? {
            Some(result) => hand_on(&LimitedResult::new(result, &options.limits, warnings)),
            None => Ok(()),
        })
    }
}

fn each_result(
    files: &mut [File],
    options: &Options,
    mut take: impl FnMut(TestResult, &dyn ReportReader) -> Result<(), SubmissionError>,
) -> Result<(), SubmissionError> {
    files.iter_mut().try_for_each(|file| file.read_again(options, &mut take))
}

/// A file of which it is known at the end whether it is sent.
struct Doubtful {
    /// Its place among the files.
    file: usize,
    names: Vec<u64>,
    warnings: Warnings,
}

/// The first reading.
struct Survey<'a> {
    options: &'a Options,
    cures: BTreeSet<&'static str>,
    names: Names,
    files: Vec<File>,
    warnings: Warnings,
    hints: Vec<String>,
    /// JUnit that Checkbox wrote: what it says may be in a submission, too.
    doubtful: Vec<Doubtful>,
    properties: BTreeSet<Property>,
}

impl<'a> Survey<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            cures: BTreeSet::new(),
            names: Names::new(options.limits.clone()),
            files: Vec::new(),
            warnings: Warnings::default(),
            hints: Vec::new(),
            doubtful: Vec::new(),
            properties: BTreeSet::new(),
        }
    }

    fn finish(mut self) -> Submission {
        self.settle_doubts();
        let Self { options, cures, names, files, warnings, hints, properties, .. } = self;
        let duplicates = names.duplicates(options.on_duplicate);
        let options = options.clone();
        Submission {
            options,
            files,
            duplicates,
            warnings,
            cures,
            hints,
            empty: Vec::new(),
            properties,
        }
    }

    fn read(&mut self, source: &Source, report: io::Result<Report>) {
        let mut file = match report {
            Ok(report) => File::new(report),
            Err(error) => {
                self.files.push(File::unreadable(source.to_string(), &error.into()));
                return;
            }
        };
        let names_before = self.names.len();
        let mut warnings = Warnings::default();
        match self.read_through(&mut file, &mut warnings) {
            Ok(()) => {}
            Err(error) if error.severity == Severity::NoResults && !source.is_named() => {
                self.warnings.add("no report, passed over", &error.with_source(source));
                return;
            }
            Err(error) => {
                file.errors.push(error.with_source(source));
                let is_salvageable = file.results > 0 && !self.options.salvage;
                let hint = || file.report.as_ref().and_then(Report::hint);
                self.cures.extend(cure(&error, is_salvageable, hint));
                if !self.options.salvage {
                    drop(self.names.split_off(names_before));
                    file.results = 0;
                }
            }
        }
        if file.results > 0 && file.findings.is_from_checkbox {
            let names = self.names.split_off(names_before);
            self.doubtful.push(Doubtful { file: self.files.len(), names, warnings });
        } else {
            if file.results > 0 {
                self.properties.append(&mut file.findings.properties);
            }
            self.warnings.append(warnings);
        }
        self.files.push(file);
    }

    /// Passes over JUnit of Checkbox beside a submission whose results are sent, and takes the rest of it.
    fn settle_doubts(&mut self) {
        let submissions = self.files.iter().filter(|file| file.is_submission());
        let stems: HashSet<_> = submissions.filter_map(File::stem).collect();
        let mut passed_over = Vec::new();
        for Doubtful { file: at, names, warnings } in std::mem::take(&mut self.doubtful) {
            let is_in_submission = self.files[at].stem().is_some_and(|stem| stems.contains(&stem));
            let File { name, findings, .. } = &mut self.files[at];
            if is_in_submission {
                self.warnings.add(BESIDE_SUBMISSION, name);
                passed_over.push(at);
            } else {
                self.warnings.add(JUNIT_OF_CHECKBOX, name);
                self.warnings.append(warnings);
                self.names.append(names);
                self.properties.append(&mut findings.properties);
            }
        }
        for at in passed_over.into_iter().rev() {
            self.files.remove(at);
        }
    }

    /// # Errors
    /// The error that ends the report.
    fn read_through(&mut self, file: &mut File, warnings: &mut Warnings) -> Result<(), ReadError> {
        let Some(report) = &file.report else { return Ok(()) };
        let mut reader = report.read(&self.options.read, Findings::default())?;
        let end = loop {
            match reader.next_name(warnings) {
                Ok(Some(name)) => {
                    self.names.add(&name);
                    file.results += 1;
                }
                Ok(None) => break Ok(()),
                Err(error) if error.severity == Severity::One => {
                    let error = error.with_source(&report.source);
                    if file.errors.len() < MAX_ERRORS {
                        file.errors.push(error);
                    } else {
                        file.more_errors += 1;
                    }
                }
                Err(error) => break Err(error),
            }
        };
        if file.more_errors > 0 {
            file.errors.push(format!("{}: {} more such errors", file.name, file.more_errors));
        }
        file.findings = reader.finish(warnings)?;
        self.hints.extend(file.findings.hint.take());
        end
    }
}

impl File {
    /// Hands on the results that the first reading counted, and has all of them or fails.
    fn read_again(
        &mut self,
        options: &Options,
        take: &mut impl FnMut(TestResult, &dyn ReportReader) -> Result<(), SubmissionError>,
    ) -> Result<(), SubmissionError> {
        let Some(report) = self.report.as_ref().filter(|_| self.results > 0) else { return Ok(()) };
        let changed = || SubmissionError::Changed { report: self.name.clone() };
        let findings = std::mem::take(&mut self.findings);
        // What there is to note was noted in the first reading.
        let mut warnings = Warnings::default();
        let mut reader = report.read(&options.read, findings).map_err(|_| changed())?;
        for _ in 0..self.results {
            let result = next_good(&mut *reader, &mut warnings).ok_or_else(changed)?;
            take(result, &*reader)?;
        }
        if next_good(&mut *reader, &mut warnings).is_some() {
            return Err(changed());
        }
        self.findings = reader.finish(&mut warnings).map_err(|_| changed())?;
        Ok(())
    }

    fn new(report: Report) -> Self {
        Self {
            name: report.source.to_string(),
            format: Some(report.format),
            report: Some(report),
            results: 0,
            errors: Vec::new(),
            more_errors: 0,
            findings: Findings::default(),
        }
    }

    /// Tells whether it is a submission of Checkbox that is sent, and whole.
    fn is_submission(&self) -> bool {
        self.errors.is_empty()
            && self.format.is_some_and(|format| format.name == checkbox::FORMAT.name)
    }

    /// Returns its path without the endings by which Checkbox tells the files of one session apart.
    fn stem(&self) -> Option<PathBuf> {
        let Source::File { path, .. } = &self.report.as_ref()?.source else { return None };
        let mut path = std::path::absolute(path).ok()?;
        let endings = ["gz", "xz", "tar", "json", "xml", "junit"];
        while path.extension().is_some_and(|extension| endings.iter().any(|end| extension == *end))
        {
            path.set_extension("");
        }
        Some(path)
    }

    fn unreadable(name: String, error: &ReadError) -> Self {
        Self {
            errors: vec![error.with_source(&name)],
            more_errors: 0,
            name,
            report: None,
            format: None,
            results: 0,
            findings: Findings::default(),
        }
    }
}

const BESIDE_SUBMISSION: &str = "JUnit that Checkbox wrote beside its submission, passed over";
const JUNIT_OF_CHECKBOX: &str = "JUnit that Checkbox wrote shows newer kinds of skipped jobs as passed: submit its .tar.xz instead";

/// Returns a hint that may mend an error that ends a report.
fn cure(
    error: &ReadError,
    is_salvageable: bool,
    hint: impl FnOnce() -> Option<&'static str>,
) -> Option<&'static str> {
    match error.severity {
        Severity::NoResults | Severity::All => hint().or(Some(
            "reports are JUnit XML, TAP, Test Observer's JSON, autopkgtest's summary, or submissions \
             of Checkbox and YARF",
        )),
        _ if is_salvageable => Some("--salvage sends the results before the error too"),
        _ => None,
    }
}

/// The next result behind those that cannot be read.
fn next_good(reader: &mut dyn ReportReader, warnings: &mut Warnings) -> Option<TestResult> {
    loop {
        match reader.next(warnings) {
            Err(error) if error.severity == Severity::One => {}
            next => return next.ok().flatten(),
        }
    }
}
