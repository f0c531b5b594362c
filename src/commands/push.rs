//! `to push`: delivers the outbox, or a spool directory.

use std::path::Path;

use super::Context;
use crate::api::{Record, Spool};
use crate::cli::args::Push as Arguments;
use crate::commands::error::{self, Exit, NoResults};
use crate::delivery::outbox::Outbox;
use crate::delivery::replay::{Push, ReplayReport};
use crate::delivery::state_dir::StateDirectory;
use crate::ui::progress::Progress;
use crate::ui::summary::plural;
use crate::ui::terminal;

/// # Errors
/// A directory that is none, a server that cannot be set up.
pub fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let state = context.state()?;
    let server = context.server()?;
    let progress = Progress::new(None, &context.ui);
    let push = Push {
        server: &*server,
        target: context.target()?,
        pace: context.pace(),
        progress: &progress,
        interrupt: &context.interrupt,
        state: &state,
        start_again: arguments.start_again,
    };
    let outbox = Outbox::new(state.outbox());
    let records = match &arguments.directory {
        Some(directory) => spooled(directory)?,
        None => outbox.spool.records()?,
    };
    if records.is_empty() {
        context.ui.line("nothing is kept in the outbox");
    }
    let mut exit = Exit::Success;
    for record in records {
        if let Some(signal) = context.interrupt.signal() {
            return Ok(exit.and(error::exit_of_signal(signal)));
        }
        let outbox = arguments.directory.is_none().then_some(&outbox);
        exit = exit.and(push_record(&record, outbox, &push, &state, context)?);
    }
    Ok(exit)
}

fn spooled(directory: &Path) -> anyhow::Result<Vec<Record>> {
    let records = Spool::new(directory.to_path_buf()).records()?;
    anyhow::ensure!(!records.is_empty(), NoResults::InSpool(directory.to_path_buf()));
    Ok(records)
}

/// Delivers one directory. That one of them cannot be delivered is no reason to leave the others.
fn push_record(
    record: &Record,
    outbox: Option<&Outbox>,
    push: &Push<'_>,
    state: &StateDirectory,
    context: &Context,
) -> anyhow::Result<Exit> {
    let mut pushed = ReplayReport::default();
    let outcome = match outbox {
        Some(outbox) => outbox.empty(record, push, &mut pushed),
        None => push.spooled(record, &mut pushed),
    };
    let place = record.path.display();
    for line in pushed.warnings.lines() {
        context.ui.warning(&line);
    }
    match outcome {
        Ok(Some(execution)) => {
            let results = plural(pushed.sent.results.total(), "result");
            context.ui.line(format_args!("{place}: sent {results} to execution {execution}"));
            terminal::data(format!("{execution}\n").as_bytes())?;
            if outbox.is_some() {
                state.rename(push.target, &record.path, execution)?;
            }
            Ok(context.say_rejected(&pushed.rejected, state))
        }
        Ok(None) => {
            context.ui.line(format_args!("{place}: delivered before"));
            Ok(Exit::Success)
        }
        Err(error) => {
            let exit = context.say_undelivered(&error.context(place.to_string()), None);
            Ok(exit.and(context.say_rejected(&pushed.rejected, state)))
        }
    }
}
