//! `to push`: delivers the outbox, or a spool directory.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueHint};

use super::{CommandError, Context, Exit};
use crate::api::{ApiError, Record, Records, Spool, Target};
use crate::delivery::outbox::Outbox;
use crate::delivery::replay::{Replay, ReplayError, ReplayReport};
use crate::delivery::state_dir::{RefusedFile, StateDirectory};
use crate::model::execution::{ExecutionId, ExecutionRef};
use crate::model::limits::Limits;
use crate::model::tally::Tally;
use crate::options::limits::LimitOptions;
use crate::ui::progress::Progress;
use crate::ui::summary::{self, FileSummary, RefusedLine, Summary};
use crate::ui::terminal;
use crate::util::files::Readers;
use crate::util::text::{describe, plural};

/// Delivers the outbox, or a spool directory
#[derive(Debug, Args)]
#[command(after_help = PUSH_MORE)]
pub struct Push {
    /// A directory with a directory an execution; by default the outbox in the state directory
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,

    /// Open an execution again where an interrupted push may have opened one
    #[arg(long)]
    pub start_again: bool,

    #[command(flatten)]
    pub limits: LimitOptions,
}

const PUSH_MORE: &str = "\
Executions that are not open at the server yet are started. What is delivered is marked, or in the
outbox removed. Every 500 or broken connection leaves the rest where it is. Of a spool directory, long logs are
cut and secrets kept out; of what the outbox holds, that was done when it was kept.

May be repeated, also after it was interrupted: nothing is lost, and nothing is started twice.

Examples:
  to push
  to push results-of-the-lab";

/// # Errors
/// A directory that is none, or that is the target; a server that cannot be set up.
pub fn run(arguments: &Push, context: &Context) -> Result<Exit, CommandError> {
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let state = context.state()?;
    let server = context.server()?;
    let outbox = Outbox::new(state.outbox());
    let source = arguments.directory.clone().unwrap_or_else(|| state.outbox());
    check_target(&source, context.target()?)?;
    let Records { records, problems } = match &arguments.directory {
        Some(directory) => spooled(directory)?,
        None => outbox.records()?,
    };
    // One that cannot be read is named when its turn comes.
    let count = |record: &Record| record.count_results().unwrap_or_default();
    let counts: Vec<u64> = records.iter().map(count).collect();
    let progress = Progress::new(Some(counts.iter().sum()), &context.ui);
    let replay = Replay {
        server: &*server,
        target: context.target()?,
        batch_size: context.batch_size(),
        progress: &|accepted| progress.advance(accepted),
        interrupt: &context.interrupt,
        state: &state,
        limits: match arguments.directory {
            Some(_) => context.limits(&arguments.limits),
            None => Limits::of_kept(),
        },
        start_again: arguments.start_again,
    };
    let (start, mut exit, mut pushed) = (Instant::now(), Exit::Success, Summary::default());
    for problem in problems {
        exit = exit.and(context.exit_of(Err(problem.into())));
    }
    if records.is_empty() && exit == Exit::Success {
        context.ui.info("nothing is kept in the outbox");
    }
    for (record, count) in records.into_iter().zip(counts) {
        if let Some(signal) = context.interrupt.signal() {
            exit = exit.and(Exit::Signal(signal));
            break;
        }
        let outbox = arguments.directory.is_none().then_some(&outbox);
        let before = progress.sent();
        let outcome = push_record(&record, count, outbox, &replay, &state, &mut pushed, context);
        exit = exit.and(context.exit_of(outcome));
        progress.leave_out(count.saturating_sub(progress.sent() - before));
    }
    drop(progress);
    if context.common.json {
        let mut delivered = pushed.files.iter().filter_map(|file| file.execution);
        pushed.execution = delivered.next().filter(|_| delivered.next().is_none());
        pushed.retries = context.retries.get();
        pushed.seconds = summary::seconds(start.elapsed());
        terminal::json(&pushed)?;
    }
    Ok(exit)
}

const UNWRITABLE: &str = "a push marks what it has delivered: copy the directory to where it can be \
                          written, and push the copy";

/// Tells a directory that can be read and not written, such as one on a medium for reading alone.
fn is_unwritable(error: &ReplayError) -> bool {
    let ReplayError::Api(ApiError::Spool { source, .. }) = error else { return false };
    matches!(source.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}

fn spooled(directory: &Path) -> Result<Records, CommandError> {
    if directory.is_file() {
        let place = directory.display();
        return Err(CommandError::usage(format!("{place} is a file, and no spool directory"))
            .hint(format!("`to submit {place}` sends the results of a report")));
    }
    let mut found = Spool::new(directory.to_path_buf()).records()?;
    if directory.is_dir() && Record::of(directory.to_path_buf(), Readers::Usual).is_begun()? {
        let reason =
            "an execution lies there itself: push the directory that it lies in".to_owned();
        found.problems.push(ApiError::SpoolContent { path: directory.to_path_buf(), reason });
    }
    if found.records.is_empty() && found.problems.is_empty() {
        let place = directory.display();
        return Err(CommandError::empty(format!("{place}: no execution is recorded there")));
    }
    Ok(found)
}

/// Finds the directory not to be the server that it is to be delivered to.
fn check_target(source: &Path, target: &Target) -> Result<(), CommandError> {
    let Target::Spool(target) = target else { return Ok(()) };
    let (source_path, target) = (source.canonicalize(), target.canonicalize());
    if source_path.is_ok_and(|source| target.is_ok_and(|target| source == target)) {
        let problem = format!("{} would be delivered into itself", source.display());
        return Err(CommandError::usage(problem)
            .hint("--url (or TO_URL) takes the server that it is to be delivered to"));
    }
    Ok(())
}

/// Delivers one directory. That one of them cannot be delivered is no reason to leave the others.
fn push_record(
    record: &Record,
    count: u64,
    outbox: Option<&Outbox>,
    replay: &Replay<'_>,
    state: &StateDirectory,
    pushed: &mut Summary,
    context: &Context,
) -> Result<Exit, CommandError> {
    let place = record.path.display();
    if outbox.is_some() && !record.is_private() {
        let problem = format!(
            "{place} is left: it was not made by this user's `to`, or its mode was changed"
        );
        context.ui.error(&problem);
        context.ui.hint(&format!("`to push {}` sends it", state.outbox().display()));
        add(pushed, record, count, Err(problem), &ReplayReport::default());
        return Ok(Exit::Undelivered);
    }
    let mut report = ReplayReport::default();
    let before = record_home(record, context)?;
    let outcome = match outbox {
        Some(outbox) => outbox.empty(record, replay, &mut report),
        None => replay.spooled(record, &mut report),
    };
    add(pushed, record, count, outcome.as_ref().copied().map_err(|error| describe(error)), &report);
    let file = match outbox {
        Some(_) => state.refused(),
        None => RefusedFile::beside(&record.path),
    };
    let exit = match outcome {
        Ok(Some(execution)) => {
            let results = plural(report.tally.sent.total(), "result");
            context.ui.info(format_args!("{place}: sent {results} to execution {execution}"));
            if !context.common.json {
                let line = format!("{execution}\n");
                context.ui.screen.make_way(|| terminal::data(line.as_bytes()))?;
            }
            if let Some(before) = before.filter(|_| outbox.is_some()) {
                let to = ExecutionRef { execution, ..before.clone() };
                state.notes().rename(&before, &to)?;
            }
            Exit::Success
        }
        Ok(None) => {
            context.ui.info(format_args!("{place}: delivered before"));
            refused_before(&report, &file, context)
        }
        Err(error) => report_halt(record, error, &report, context),
    };
    Ok(exit.and(context.report_replay(&report, &file)))
}

/// Says why not all of a directory was delivered, and how much was.
fn report_halt(
    record: &Record,
    error: ReplayError,
    report: &ReplayReport,
    context: &Context,
) -> Exit {
    let place = record.path.display();
    if report.tally.sent.total() > 0 {
        let results = plural(report.tally.sent.total(), "result");
        context.ui.info(format_args!("{place}: sent {results} before it ended"));
    }
    let is_unwritable = is_unwritable(&error);
    let error = CommandError::from(error).context(place.to_string());
    let error = if is_unwritable { error.hint(UNWRITABLE) } else { error };
    context.report_undelivered(&error, None)
}

/// Adds what became of a directory with so many results to what `--json` prints.
fn add(
    pushed: &mut Summary,
    record: &Record,
    count: u64,
    outcome: Result<Option<ExecutionId>, String>,
    report: &ReplayReport,
) {
    let Tally { sent, batches, refused, warnings } = &report.tally;
    let kept = match outcome {
        Ok(_) => 0,
        Err(_) => count.saturating_sub(sent.total() + refused.len() as u64),
    };
    pushed.total += sent.total() + refused.len() as u64 + kept;
    pushed.counts.append(*sent);
    pushed.sent += sent.total();
    pushed.kept += kept;
    pushed.refused.extend(refused.iter().map(RefusedLine::from));
    pushed.batches += batches;
    pushed.warnings.extend(warnings.lines());
    pushed.files.push(FileSummary {
        path: record.path.display().to_string(),
        execution: outcome.as_ref().ok().copied().flatten(),
        format: None,
        results: sent.total(),
        error: outcome.err(),
    });
}

/// Returns the name under which an execution that waits in the outbox may be noted.
fn record_home(record: &Record, context: &Context) -> Result<Option<ExecutionRef>, CommandError> {
    let name = record.path.file_name().and_then(|name| name.to_str());
    let number = name.and_then(|name| name.parse::<i32>().ok());
    number.map(|number| context.home(ExecutionId::Outbox(number))).transpose()
}

/// Says that results were refused which nobody has dealt with.
fn refused_before(report: &ReplayReport, file: &RefusedFile, context: &Context) -> Exit {
    if report.refused_before == 0 {
        return Exit::Success;
    }
    let count = plural(report.refused_before as u64, "result or change");
    context.ui.error(&format!("{count} of it were refused before: see {}", file.path().display()));
    context.ui.hint("the file is dealt with when it is gone or empty");
    context.exit_of_refused()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_for_reading_alone_is_told_from_other_troubles() {
        for (kind, is_so) in [
            (io::ErrorKind::ReadOnlyFilesystem, true),
            (io::ErrorKind::PermissionDenied, true),
            (io::ErrorKind::StorageFull, false),
        ] {
            let (path, source) = (PathBuf::from("lab/1/execution.json"), kind.into());
            assert_eq!(is_unwritable(&ApiError::Spool { path, source }.into()), is_so);
        }
    }
}
