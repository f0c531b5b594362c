//! `to end`: completes the execution and prints its status.

use serde::Serialize;

use super::Context;
use crate::cli::End;
use crate::execution::ExecutionId;
use crate::failure::Exit;
use crate::outbox::Outbox;
use crate::progress::Progress;
use crate::push::{Push, Pushed};
use crate::server::{self, Execution, Home, Patch, Server};
use crate::state::StateDirectory;
use crate::talk;

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    execution: ExecutionId,
    status: &'a str,
}

/// # Errors
/// No execution to end, a status that can neither be sent nor kept.
pub fn run(end: End, context: &Context) -> anyhow::Result<Exit> {
    let state = context.state()?;
    let id = context.execution(&state)?;
    let server = context.server_of(id, &state)?;
    let home = context.home(id)?;
    let outbox = Outbox::new(state.outbox());
    let patch = Patch { status: Some(end.status), ..Patch::default() };

    let (emptied, rejected) = empty_outbox(&outbox, &*server, &home, &state, context)?;
    let execution = match emptied.and_then(|()| server.update(id, &patch)) {
        Ok(execution) => execution,
        Err(error) if error.is_final() && !context.best_effort() => return Err(error.into()),
        Err(error) => {
            let path = outbox.keep_patch(&home, &patch)?;
            let kept = Some(("the status".to_owned(), path));
            return Ok(context.say_undelivered(&error.into(), kept).and(rejected));
        }
    };
    print(&execution, id, context)?;
    Ok(rejected.and(match execution.status.as_str() {
        "FAILED" if end.exit_code => Exit::Failed,
        "ENDED_PREMATURELY" if end.exit_code => Exit::EndedPrematurely,
        _ => Exit::Success,
    }))
}

/// Delivers what is kept for the execution: it must not be completed over results that are missing.
fn empty_outbox(
    outbox: &Outbox,
    server: &dyn Server,
    home: &Home,
    state: &StateDirectory,
    context: &Context,
) -> anyhow::Result<(Result<(), server::Error>, Exit)> {
    let Some(record) = outbox.find(home)? else { return Ok((Ok(()), Exit::Success)) };
    let progress = Progress::new(None, &context.talk);
    let target = context.target()?;
    let push =
        Push { server, target, pace: context.pace(), progress: &progress, start_again: false };
    let mut pushed = Pushed::default();
    let emptied = outbox.empty(&record, &push, &mut pushed);
    progress.finish();
    let exit = context.say_rejected(&pushed.rejected, home, state)?;
    match emptied {
        Ok(_) => Ok((Ok(()), exit)),
        Err(error) => Ok((Err(error.downcast::<server::Error>()?), exit)),
    }
}

fn print(execution: &Execution, id: ExecutionId, context: &Context) -> anyhow::Result<()> {
    let status = execution.status.as_str();
    let line = if context.json() {
        serde_json::to_string(&Report { execution: id, status })?
    } else {
        status.to_owned()
    };
    Ok(talk::data(format!("{line}\n").as_bytes())?)
}
