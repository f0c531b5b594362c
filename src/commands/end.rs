//! `to end`: completes the execution and prints its status.

use anyhow::Context as _;
use serde::Serialize;

use super::Context;
use super::session::Session;
use crate::api::Patch;
use crate::cli::args::End;
use crate::commands::error::Exit;
use crate::model::execution::ExecutionId;
use crate::model::update::Change;
use crate::ui::github::{self, Failures};
use crate::ui::terminal;

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    execution: ExecutionId,
    status: &'a str,
}

/// # Errors
/// No execution to end, a status that can neither be sent nor kept.
pub fn run(end: End, context: &Context) -> anyhow::Result<Exit> {
    let destination = Session::new(false, context)?;
    let patch = Patch { status: Some(end.status), ..Patch::default() };
    let updated = destination.change(&[Change::Patch(patch)], context)?;
    let Some(execution) = updated.execution else { return Ok(updated.exit) };
    let status = execution.status.as_str();
    print(destination.execution, status, context)?;
    tell_github(destination.execution, status, context)?;
    Ok(updated.exit.and(match status {
        "FAILED" if end.exit_code => Exit::Failed,
        "ENDED_PREMATURELY" if end.exit_code => Exit::EndedPrematurely,
        _ => Exit::Success,
    }))
}

/// Tells a step of GitHub Actions how the execution ended.
///
/// # Errors
/// The step's files cannot be written.
pub fn tell_github(execution: ExecutionId, status: &str, context: &Context) -> anyhow::Result<()> {
    let Some(github) = &context.github else { return Ok(()) };
    let line = format!("execution {execution} is {status}");
    github.summarise(&line, &Failures::default()).context(github::FILES)?;
    let outputs = [("execution", execution.to_string()), ("status", status.to_owned())];
    github.set(&outputs).context(github::FILES)
}

fn print(execution: ExecutionId, status: &str, context: &Context) -> anyhow::Result<()> {
    let line = if context.json() {
        serde_json::to_string(&Report { execution, status })?
    } else {
        status.to_owned()
    };
    Ok(terminal::data(format!("{line}\n").as_bytes())?)
}
