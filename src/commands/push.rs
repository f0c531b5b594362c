//! `to push`: delivers the outbox, or a spool directory.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use std::path::Path;

use super::Context;
use crate::api::{Record, Spool};
use crate::commands::error::{CommandError, NoResults};
use crate::commands::exit::Exit;
use crate::delivery::outbox::Outbox;
use crate::delivery::replay::Replay;
use crate::delivery::state_dir::StateDirectory;
use crate::model::tally::Tally;
use crate::ui::progress::Progress;
use crate::ui::terminal;
use crate::util::text::plural;
use clap::{Args, ValueHint};
use std::path::PathBuf;

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
}

const PUSH_MORE: &str = "\
Executions that are not open at the server yet are started. What is delivered is marked, or in the
outbox removed. Every 500 or broken connection leaves the rest where it is.

May be repeated, also after it was interrupted: nothing is lost, and nothing is started twice.

Examples:
  to push
  to push results-of-the-lab";

/// # Errors
/// A directory that is none, a server that cannot be set up.
pub fn run(arguments: &Push, context: &Context) -> Result<Exit, CommandError> {
    let state = context.state()?;
    let server = context.server()?;
    let outbox = Outbox::new(state.outbox());
    let records = match &arguments.directory {
        Some(directory) => spooled(directory)?,
        None => outbox.spool.records()?,
    };
    let counts: Vec<u64> = records.iter().map(Record::count_results).collect::<Result<_, _>>()?;
    let progress = Progress::new(Some(counts.iter().sum()), &context.ui);
    let replay = Replay {
        server: &*server,
        target: context.target()?,
        batch_size: context.batch_size(),
        progress: &|accepted| progress.advance(accepted),
        interrupt: &context.interrupt,
        state: &state,
        start_again: arguments.start_again,
    };
    if records.is_empty() {
        context.ui.info("nothing is kept in the outbox");
    }
    let mut exit = Exit::Success;
    for (record, count) in records.into_iter().zip(counts) {
        if let Some(signal) = context.interrupt.signal() {
            return Ok(exit.and(Exit::Signal(signal)));
        }
        let outbox = arguments.directory.is_none().then_some(&outbox);
        let before = progress.sent();
        exit = exit.and(push_record(&record, outbox, &replay, &state, context)?);
        progress.leave_out(count.saturating_sub(progress.sent() - before));
    }
    Ok(exit)
}

fn spooled(directory: &Path) -> Result<Vec<Record>, CommandError> {
    let records = Spool::new(directory.to_path_buf()).records()?;
    if records.is_empty() {
        return Err(NoResults::InSpool(directory.to_path_buf()).into());
    }
    Ok(records)
}

/// Delivers one directory. That one of them cannot be delivered is no reason to leave the others.
fn push_record(
    record: &Record,
    outbox: Option<&Outbox>,
    replay: &Replay<'_>,
    state: &StateDirectory,
    context: &Context,
) -> Result<Exit, CommandError> {
    let mut tally = Tally::default();
    let outcome = match outbox {
        Some(outbox) => outbox.empty(record, replay, &mut tally),
        None => replay.spooled(record, &mut tally),
    };
    let place = record.path.display();
    for line in tally.warnings.lines() {
        context.ui.warning(&line);
    }
    match outcome {
        Ok(Some(execution)) => {
            let results = plural(tally.sent.total(), "result");
            context.ui.info(format_args!("{place}: sent {results} to execution {execution}"));
            let line = format!("{execution}\n");
            context.ui.screen().make_way(|| terminal::data(line.as_bytes()))?;
            if outbox.is_some() {
                state.rename(replay.target, &record.path, execution)?;
            }
            Ok(context.report_refused(&tally.refused, state))
        }
        Ok(None) => {
            context.ui.info(format_args!("{place}: delivered before"));
            Ok(Exit::Success)
        }
        Err(error) => {
            let exit = {
                let error = CommandError::from(error).context(place.to_string());
                context.report_undelivered(&error, None)
            };
            Ok(exit.and(context.report_refused(&tally.refused, state)))
        }
    }
}
