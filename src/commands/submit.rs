//! `to submit`: reads reports and sends their results.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::session::{Session, Sources};
use super::{CommandError, Context, Exit};
use crate::model::encoded::EncodedResult;
use crate::model::limits::Limits;
use crate::model::update::{Change, Patch};
use crate::model::warnings::Warnings;
use crate::options::reading::Reading;
use crate::reports::format::ReadOptions;
use crate::reports::junit::Mapping;
use crate::reports::report::Piped;
use crate::reports::source::Source;
use crate::submission::duplicates::Arrivals;
use crate::submission::live::{self, Arrival};
use crate::submission::{File, Options, Submission};
use crate::ui::summary::FileSummary;
use crate::ui::terminal;

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
JUnit XML, TAP, JSON, JSON lines, autopkgtest's summary and submissions of Checkbox and YARF are told
apart by content. Every file is read
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

/// A pipe in which nothing comes for this long is spoken of.
const SILENCE: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

/// # Errors
/// Nothing to send, no execution to send it to, a result that can neither be sent nor kept.
pub fn run(submit: &Submit, context: &Context) -> Result<Exit, CommandError> {
    let reading = &submit.reading;
    let options = options(reading, context);
    let paths = paths(submit)?;
    let is_piped = paths.iter().any(|path| path == Path::new("-"));
    if submit.dry_run {
        announce_pipe(is_piped, context);
        return print(Submission::survey(&paths, &options), reading, context);
    }
    if context.is_disabled() && is_piped {
        // Whoever writes to the pipe is not to be stopped.
        io::copy(&mut io::stdin().lock(), &mut io::sink()).map_err(CommandError::fault)?;
    }
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let session = Session::of_results(is_piped, context)?;
    announce_pipe(is_piped, context);
    if paths != [Path::new("-")] {
        return send(Submission::survey(&paths, &options), &session, reading);
    }
    let unreadable = |error| CommandError::fault(error).context("standard input cannot be read");
    let mut piped = Piped::open(reading.format).map_err(unreadable)?;
    piped.longest = options.read.longest();
    if piped.format.is_live {
        send_live(piped, &session, reading, &options.limits)
    } else {
        let submission = Submission::survey_pipe(piped, &options).map_err(unreadable)?;
        send(submission, &session, reading)
    }
}

/// Says that standard input is read where nothing comes: somebody may have forgotten to name a file.
fn announce_pipe(is_piped: bool, context: &Context) {
    let stdin = io::stdin();
    let mut wanted = [PollFd::new(&stdin, PollFlags::IN)];
    if is_piped && poll(&mut wanted, Some(&SILENCE)) == Ok(0) {
        context.ui.info("reading standard input");
    }
}

/// Returns the choices that these flags make.
pub fn options(reading: &Reading, context: &Context) -> Options {
    Options {
        format: reading.format,
        read: ReadOptions {
            mapping: Mapping {
                name: reading.case_name.clone(),
                category: reading.case_category.clone(),
                template_id: reading.case_template_id.clone(),
            },
            max_log: reading.limits.max_log,
            properties: reading.properties_as_metadata.is_some(),
        },
        on_duplicate: reading.on_duplicate,
        limits: context.limits(&reading.limits),
        salvage: reading.salvage,
        newer_than: None,
    }
}

/// The paths given, or standard input where something is piped in.
fn paths(submit: &Submit) -> Result<Vec<PathBuf>, CommandError> {
    if !submit.paths.is_empty() {
        return Ok(submit.paths.clone());
    }
    if io::stdin().is_terminal() {
        return Err(CommandError::usage("no reports are given")
            .hint("name files, directories or globs, set TO_RESULTS, or pipe a report in"));
    }
    Ok(vec![PathBuf::from("-")])
}

/// `--dry-run`: prints what would be sent, one result a line.
fn print(
    mut submission: Submission,
    reading: &Reading,
    context: &Context,
) -> Result<Exit, CommandError> {
    report_errors(&submission, reading, context)?;
    submission.results(|portion| Ok::<_, CommandError>(terminal::json_text(&portion.lines())?))?;
    for line in submission.warnings.lines() {
        context.ui.warning(&line);
    }
    report_aside(&submission, context);
    Ok(exit(&submission, reading))
}

/// Sends what has been read through.
///
/// # Errors
/// Nothing to send, and nothing said why; a result that can neither be sent nor kept.
pub fn send(
    mut submission: Submission,
    session: &Session<'_>,
    reading: &Reading,
) -> Result<Exit, CommandError> {
    let context = session.context;
    let said = report_errors(&submission, reading, context);
    if !submission.has_results() && !reading.allow_empty {
        session.note(|facts| facts.is_lacking = true);
        session.tell_nothing(sources(&mut submission))?;
        return said.map(|()| exit(&submission, reading));
    }
    let told = send_metadata(&mut submission, session, reading);
    let delivery = session.deliver(Some(submission.total()), |feed| {
        submission.results(|portion| {
            portion.results.into_iter().for_each(|result| feed.push(result));
            Ok(())
        })
    });
    let lacks_results = exit(&submission, reading) != Exit::Success;
    session.note(|facts| facts.is_lacking |= lacks_results);
    let delivered = delivery.conclude(sources(&mut submission))?;
    report_aside(&submission, context);
    Ok(delivered.and(told).and(exit(&submission, reading)))
}

/// Sends the properties of cases and suites where that is asked for. Where it fails, the results are sent
/// all the same.
fn send_metadata(submission: &mut Submission, session: &Session<'_>, reading: &Reading) -> Exit {
    let prefix = reading.properties_as_metadata.as_deref().unwrap_or_default();
    let metadata = submission.metadata(prefix);
    if metadata.is_empty() {
        return Exit::Success;
    }
    let patch = Patch { execution_metadata: Some(metadata), ..Patch::default() };
    session.change(vec![Change::Patch(patch)]).1
}

fn sources(submission: &mut Submission) -> Sources {
    let summary = |file: &File| {
        FileSummary::of_report(file.name.clone(), file.format, file.results, &file.errors)
    };
    Sources {
        files: submission.files.iter().map(summary).collect(),
        merged: submission.merged(),
        warnings: std::mem::take(&mut submission.warnings),
    }
}

/// Sends results as they come in.
fn send_live(
    piped: Piped,
    session: &Session<'_>,
    reading: &Reading,
    limits: &Limits,
) -> Result<Exit, CommandError> {
    let context = session.context;
    // What was read from a pipe cannot be read again: from now on a signal must not lose it.
    context.interrupt.catch().map_err(CommandError::fault)?;
    let format = piped.format;
    let mut arrivals = Arrivals::new(reading.on_duplicate, limits.clone());
    let (mut warnings, mut aside) = (Warnings::default(), Warnings::default());
    let mut errors = Vec::new();
    let mut count = 0;
    let mut fail = |error: String| {
        context.ui.error(&error);
        errors.push(error);
    };
    let delivery = session.deliver(None, |feed| {
        live::each_arrival(piped, &context.interrupt, &mut warnings, |arrival| {
            match arrival {
                Arrival::Result(result) => match arrivals.take(result, &mut aside) {
                    Ok(None) => {}
                    Ok(Some(result)) => {
                        feed.push(EncodedResult::new(result, limits, &mut aside));
                    }
                    Err(name) => fail(format!(
                        "several results are named `{name}`: the first of them is sent"
                    )),
                },
                Arrival::Error(error) => fail(error.with_source(&Source::StandardInput)),
                Arrival::Pause => {}
            }
            count = feed.count;
            Ok(feed.flush_after(LIVE_WAIT))
        })
    });
    warnings.append(aside);
    let path = Source::StandardInput.to_string();
    let file = FileSummary::of_report(path, Some(format), count, &errors);
    let sources = Sources { files: vec![file], merged: 0, warnings };
    let delivered = delivery.conclude(sources)?;
    if let Some(signal) = context.interrupt.signal() {
        return Ok(Exit::Signal(signal));
    }
    if count == 0 && errors.is_empty() && !reading.allow_empty {
        return Err(CommandError::no_results());
    }
    Ok(delivered.and(if errors.is_empty() { Exit::Success } else { Exit::Input }))
}

const SEARCHED: &str = "directories are searched for *.xml, *.json, *.jsonl, *.tap, \
                        submission*.tar.xz and summary; --allow-empty makes it no error to find \
                        nothing";

/// Says at once what cannot be read, before anything is sent.
///
/// # Errors
/// There is nothing to send, and nothing said why.
fn report_errors(
    submission: &Submission,
    reading: &Reading,
    context: &Context,
) -> Result<(), CommandError> {
    let ui = &context.ui;
    submission.files.iter().flat_map(|file| &file.errors).for_each(|error| ui.error(error));
    if !reading.allow_empty {
        let nothing = |path| ui.error(&format!("{path}: nothing there is a report"));
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
    Err(CommandError::no_results())
}

fn report_aside(submission: &Submission, context: &Context) {
    for name in submission.refused_names() {
        context.ui.error(&format!("several results are named `{name}`: none of them is sent"));
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
