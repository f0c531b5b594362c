//! `to submit`: reads reports and sends their results.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::Context;
use super::session::Session;
use crate::commands::error::{self, Exit, NoResults, Usage};
use crate::model::batch::EncodedResult;
use crate::model::limits;
use crate::model::warnings::Warnings;
use crate::options::reading::Reading;
use crate::reports::junit::Mapping;
use crate::reports::paths::Source;
use crate::reports::{Format, Piped};
use crate::submission::live::{self, Arrival};
use crate::submission::{Options, Submission};
use crate::ui::github::Failures;
use crate::ui::progress::Progress;
use crate::ui::summary::{FileSummary, Summary};
use crate::ui::terminal;
use clap::Args;

/// Reads reports and sends their results
#[derive(Debug, Args)]
#[command(after_help = SUBMIT_MORE)]
pub struct Submit {
    /// Files, directories, quoted globs, or - for standard input; without any, those of
    /// TO_RESULTS, else standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub reading: Reading,

    /// Print the results as JSON lines and send nothing
    #[arg(long)]
    pub dry_run: bool,
}

const SUBMIT_MORE: &str = "\
JUnit XML, JSON, JSON lines and Checkbox submissions are told apart by content. Every file is read
through before the first request: one that cannot be read is named, and the results of the others
are sent. JSON lines from a pipe are sent as they come in.

May be repeated: the last result of a name replaces the one before.

Templates are made of text and {name} {classname} {suite} {suites} {file}; {{ is a brace.

Examples:
  to submit report.xml
  to submit 'build/**/TEST-*.xml'
  to submit --case-name '{name}' --case-template-id '{classname}' report.xml
  pytest --junitxml=/dev/fd/3 3>&1 >&2 | to submit -
  jq '[.[] | {name: .title, status: .outcome}]' results.json | to submit -";

/// The longest that a result from a pipe waits for others to share its batch. It is to be at the
/// server within five seconds, and a request takes its time.
const LIVE_WAIT: Duration = Duration::from_secs(2);

/// # Errors
/// Nothing to send, no execution to send it to, a result that can neither be sent nor kept.
pub fn run(submit: &Submit, context: &Context) -> anyhow::Result<Exit> {
    let reading = &submit.reading;
    let options = options(reading);
    if submit.dry_run {
        return print(Submission::survey(&paths(submit)?, &options), reading, context);
    }
    let paths = paths(submit)?;
    let is_piped = paths.iter().any(|path| path == Path::new("-"));
    let destination = Session::new(is_piped, context)?;
    if paths != [Path::new("-")] {
        return send(Submission::survey(&paths, &options), &destination, reading, context);
    }
    let piped = Piped::open(reading.format).context("standard input cannot be read")?;
    if piped.format == Format::Jsonl {
        send_live(piped, &destination, reading, context)
    } else {
        send(Submission::survey_pipe(piped, &options), &destination, reading, context)
    }
}

/// What becomes of reports that are read like this.
pub fn options(reading: &Reading) -> Options {
    Options {
        format: reading.format,
        mapping: Mapping {
            name: reading.case_name.clone(),
            category: reading.case_category.clone(),
            template_id: reading.case_template_id.clone(),
        },
        on_duplicate: reading.on_duplicate,
        longest_log: reading.max_log,
        salvage: reading.salvage,
        newer_than: None,
    }
}

/// The paths given, or standard input where something is piped in.
fn paths(submit: &Submit) -> Result<Vec<PathBuf>, Usage> {
    if !submit.paths.is_empty() {
        return Ok(submit.paths.clone());
    }
    if io::stdin().is_terminal() {
        return Err(Usage {
            problem: "no reports are given".to_owned(),
            hint: Some(
                "name files, directories or globs, set TO_RESULTS, or pipe a report in".to_owned(),
            ),
        });
    }
    Ok(vec![PathBuf::from("-")])
}

/// `--dry-run`: what would be sent, one result a line.
fn print(mut submission: Submission, reading: &Reading, context: &Context) -> anyhow::Result<Exit> {
    say_faults(&submission, reading, context)?;
    submission.results(|_| {}, |portion| Ok(terminal::data(&portion.lines())?))?;
    for line in submission.warnings.lines() {
        context.ui.warning(&line);
    }
    say_aside(&submission, context);
    Ok(exit(&submission, reading))
}

/// Sends what has been read through.
///
/// # Errors
/// Nothing to send, and nothing said why; a result that can neither be sent nor kept.
pub fn send(
    mut submission: Submission,
    destination: &Session,
    reading: &Reading,
    context: &Context,
) -> anyhow::Result<Exit> {
    say_faults(&submission, reading, context)?;
    if !submission.has_results() && !reading.allow_empty {
        return Ok(exit(&submission, reading));
    }
    let total = submission.total();
    let progress = Progress::new(Some(total), &context.ui);
    let (mut courier, before) = destination.courier(&progress, context)?;
    let mut failures = Failures::default();
    let read = submission.results(
        |result| failures.see(result),
        |portion| portion.results.into_iter().try_for_each(|result| courier.push(result)),
    );
    let outcome = courier.finish()?;
    progress.finish();
    let files = submission.files.iter().map(|file| FileSummary {
        path: file.name.clone(),
        format: file.format,
        results: file.results,
        error: (!file.errors.is_empty()).then(|| file.errors.join("\n")),
    });
    let mut summary = Summary {
        total,
        merged: submission.merged(),
        files: files.collect(),
        ..destination.summarise(&before, &outcome, context)
    };
    summary.warnings.splice(..0, submission.warnings.lines());
    let input = exit(&submission, reading);
    let delivered = destination.conclude(&summary, &failures, before, outcome, context)?;
    say_aside(&submission, context);
    read?;
    Ok(delivered.and(input))
}

/// Sends results as they come in. A name that comes again replaces, as at the server.
fn send_live(
    piped: Piped,
    destination: &Session,
    reading: &Reading,
    context: &Context,
) -> anyhow::Result<Exit> {
    // What was read from a pipe cannot be read again: from now on a signal must not lose it.
    context.interrupt.catch()?;
    let progress = Progress::new(None, &context.ui);
    let (mut courier, before) = destination.courier(&progress, context)?;
    let (hasher, mut seen) = (RandomState::new(), HashSet::new());
    let (mut warnings, mut aside) = (Warnings::default(), Warnings::default());
    let mut errors = Vec::new();
    let mut failures = Failures::default();
    let read = live::each_arrival(piped, &context.interrupt, &mut warnings, |arrival| {
        match arrival {
            Arrival::Result(mut result) => {
                limits::shorten_log(&mut result, reading.max_log, &mut aside);
                if !seen.insert(hasher.hash_one(&result.name)) {
                    aside.add("result replaced one of the same name", &result.name);
                }
                failures.see(&result);
                courier.push(EncodedResult::new(&result)?)?;
            }
            Arrival::ReadError(fault) => {
                let error = fault.with_source(&Source::StandardInput);
                context.ui.problem(&error);
                errors.push(error);
            }
            Arrival::Pause => {}
        }
        courier.flush_after(LIVE_WAIT)
    });
    let outcome = courier.finish()?;
    progress.finish();
    read?;
    warnings.append(aside);
    let mut summary = destination.summarise(&before, &outcome, context);
    summary.warnings.splice(..0, warnings.lines());
    summary.files.push(FileSummary {
        path: Source::StandardInput.to_string(),
        format: Some(Format::Jsonl),
        results: summary.total,
        error: (!errors.is_empty()).then(|| errors.join("\n")),
    });
    let delivered = destination.conclude(&summary, &failures, before, outcome, context)?;
    if let Some(signal) = context.interrupt.signal() {
        return Ok(error::exit_of_signal(signal));
    }
    if summary.total == 0 && errors.is_empty() && !reading.allow_empty {
        return Err(NoResults::InReports.into());
    }
    Ok(delivered.and(if errors.is_empty() { Exit::Success } else { Exit::Input }))
}

const SEARCHED: &str = "directories are searched for *.xml, *.json and *.jsonl; --allow-empty makes \
                        it no error to find nothing";

/// Says at once what cannot be read, before anything is sent.
///
/// # Errors
/// There is nothing to send, and nothing said why.
fn say_faults(submission: &Submission, reading: &Reading, context: &Context) -> anyhow::Result<()> {
    let ui = &context.ui;
    submission.files.iter().flat_map(|file| &file.errors).for_each(|error| ui.problem(error));
    if !reading.allow_empty {
        let nothing = |path| ui.problem(&format!("{path}: nothing there is a report"));
        submission.empty.iter().for_each(nothing);
        if !submission.empty.is_empty() {
            ui.hint(SEARCHED);
        }
    }
    submission.cures.iter().for_each(|cure| ui.hint(cure));
    if reading.allow_empty || submission.has_results() || exit(submission, reading) != Exit::Success
    {
        return Ok(());
    }
    submission.warnings.lines().iter().for_each(|line| ui.warning(line));
    Err(NoResults::InReports.into())
}

fn say_aside(submission: &Submission, context: &Context) {
    for name in submission.refused_names() {
        context.ui.problem(&format!("several results are named `{name}`: none of them is sent"));
    }
    for hint in &submission.hints {
        context.ui.hint(hint);
    }
}

/// All that could be read was sent; whether all could be is said here.
fn exit(submission: &Submission, reading: &Reading) -> Exit {
    let is_lacking = submission.has_errors()
        || !submission.refused_names().is_empty()
        || (!reading.allow_empty && !submission.empty.is_empty());
    if is_lacking { Exit::Input } else { Exit::Success }
}
