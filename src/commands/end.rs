//! `to end`: completes the execution and prints its status.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use super::Context;
use super::session::Session;
use super::web;
use crate::api::{ArtefactSearch, Execution};
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::model::execution::{COMPLETED, ExecutionId, STATUSES};
use crate::model::update::{Change, Patch};
use crate::ui::github::Failures;
use crate::ui::terminal;
use clap::Args;
use clap::builder::PossibleValuesParser;

/// Completes the execution and prints its status
#[derive(Debug, Args)]
#[command(after_help = END_MORE)]
pub struct End {
    /// Set this status instead of having it computed
    #[arg(long, default_value = COMPLETED, hide_default_value = true)]
    #[arg(value_parser = PossibleValuesParser::new([&STATUSES[..], &[COMPLETED]].concat()))]
    pub status: String,

    /// Exit 10 when the execution is FAILED, 11 when it is ENDED_PREMATURELY
    #[arg(long)]
    pub exit_code: bool,
}

const END_MORE: &str = "\
May be repeated: the status is computed again.

Examples:
  to end
  to end --exit-code
  to end --status NOT_TESTED";

/// # Errors
/// No execution to end, a status that can neither be sent nor kept.
pub fn run(end: End, context: &Context) -> Result<Exit, CommandError> {
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let session = Session::new(false, context)?;
    let patch = Patch { status: Some(end.status), ..Patch::default() };
    let (updated, exit) = session.change(vec![Change::Patch(patch)], context);
    if context.json() {
        terminal::json(&updated)?;
    }
    let Some(execution) = updated.now.filter(|_| !updated.made.is_empty()) else {
        return Ok(exit);
    };
    session.note_end()?;
    let status = execution.status.as_str();
    if !context.json() {
        terminal::data(format!("{status}\n").as_bytes())?;
    }
    tell_github(session.execution, status, context);
    announce_page(session.execution, &execution, context);
    Ok(exit.and(match status {
        "FAILED" if end.exit_code => Exit::Failed,
        "ENDED_PREMATURELY" if end.exit_code => Exit::EndedPrematurely,
        _ => Exit::Success,
    }))
}

/// Says where an execution that has ended can be looked at, where that is known.
pub fn announce_page(id: ExecutionId, ended: &Execution, context: &Context) {
    let environment = ended.environment.as_ref().and_then(|environment| environment.get("name"));
    let search = ArtefactSearch {
        environment: environment.and_then(|name| name.as_str()).map(str::to_owned),
        // The server computes this status of an execution without results.
        has_results: ended.status != "ENDED_PREMATURELY",
        result: None,
    };
    web::announce(id, &search, context);
}

/// Tells a step of GitHub Actions how the execution ended.
pub fn tell_github(execution: ExecutionId, status: &str, context: &Context) {
    let Some(github) = &context.github else { return };
    let line = format!("execution {execution} is {status}");
    context.warn_of_runner(github.summarise(&line, &Failures::default()));
    let outputs = [("execution", execution.to_string()), ("status", status.to_owned())];
    context.warn_of_runner(github.set(&outputs));
}
