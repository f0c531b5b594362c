//! `to end`: completes the execution and prints its status.

use serde::Serialize;

use super::Context;
use super::destination::Destination;
use crate::cli::End;
use crate::execution::ExecutionId;
use crate::failure::Exit;
use crate::server::Patch;
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
    let destination = Destination::new(false, context)?;
    let patch = Patch { status: Some(end.status), ..Patch::default() };
    let updated = destination.update(&patch, "the status", context)?;
    let Some(execution) = updated.execution else { return Ok(updated.exit) };
    let status = execution.status.as_str();
    print(destination.execution, status, context)?;
    Ok(updated.exit.and(match status {
        "FAILED" if end.exit_code => Exit::Failed,
        "ENDED_PREMATURELY" if end.exit_code => Exit::EndedPrematurely,
        _ => Exit::Success,
    }))
}

fn print(execution: ExecutionId, status: &str, context: &Context) -> anyhow::Result<()> {
    let line = if context.json() {
        serde_json::to_string(&Report { execution, status })?
    } else {
        status.to_owned()
    };
    Ok(talk::data(format!("{line}\n").as_bytes())?)
}
