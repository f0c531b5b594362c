//! `to rerun`: asks that executions be run again.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use clap::Args;
use serde::Serialize;

use crate::api::{ApiError, Target};
use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::model::execution::ExecutionId;
use crate::ui::terminal;
use crate::util::text::plural;

/// Requests that executions be run again
#[derive(Debug, Args)]
#[command(after_help = RERUN_MORE)]
pub struct Rerun {
    /// The executions; without any, the one that `to start` noted
    #[arg(value_name = "ID")]
    pub ids: Vec<ExecutionId>,

    /// The urgency, from -1000000 to 1000000: the most urgent is listed first
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    #[arg(value_parser = clap::value_parser!(i32).range(-1_000_000..=1_000_000))]
    pub priority: Option<i32>,
}

const RERUN_MORE: &str = "\
A request is for the test plan, build and environment of an execution, whose labs find it with
`to reruns`. It needs a key with the permission `change_rerun`.

May be repeated: one that is there is not requested twice.

Examples:
  to rerun
  to rerun 1 --priority 10";

/// The object that `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    schema: u8,
    requested: &'a [ExecutionId],
    missing: &'a [ExecutionId],
}

/// # Errors
/// No execution, one that no server has, a server that refuses or cannot be reached.
pub fn run(rerun: &Rerun, context: &Context) -> Result<Exit, CommandError> {
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    refuse_spool(context)?;
    let ids = match rerun.ids.as_slice() {
        [] => vec![context.execution(&context.state_to_read())?],
        given => given.to_vec(),
    };
    let server = context.server()?;
    let request = |id| server.request_rerun(id, rerun.priority);
    let (requested, missing) = each(&ids, request)?;
    if context.json() {
        terminal::json(&Report { schema: 1, requested: &requested, missing: &missing })?;
    } else if !requested.is_empty() {
        let count = plural(requested.len() as u64, "rerun");
        context.ui.info(format_args!("{count} requested"));
    }
    Ok(exit_of(&missing, context))
}

/// Refuses a spool directory: nobody would find there what is to be run again.
///
/// # Errors
/// A target that is no server.
pub fn refuse_spool(context: &Context) -> Result<(), CommandError> {
    match context.target()? {
        Target::Spool(_) => Err(CommandError::usage("a spool directory has no reruns")
            .hint("--url (or TO_URL) takes the API's address, https://HOST")),
        Target::Api(_) => Ok(()),
    }
}

/// Makes one request for each execution, so that a key needs no permission for many at once, and
/// returns those that the server has and those that it has not.
///
/// # Errors
/// An execution that waits in the outbox; a request that fails otherwise.
pub fn each(
    ids: &[ExecutionId],
    request: impl Fn(ExecutionId) -> Result<bool, ApiError>,
) -> Result<(Vec<ExecutionId>, Vec<ExecutionId>), CommandError> {
    let (mut known, mut missing) = (Vec::new(), Vec::new());
    for &id in ids {
        if matches!(id, ExecutionId::Outbox(_)) {
            return Err(CommandError::usage(format!("execution {id} is at no server yet"))
                .hint("`to push` delivers it"));
        }
        let has = request(id)?;
        if has { known.push(id) } else { missing.push(id) }
    }
    Ok((known, missing))
}

/// Names the executions that the server does not know.
pub fn exit_of(missing: &[ExecutionId], context: &Context) -> Exit {
    for id in missing {
        context.ui.error(&format!("execution {id} is unknown to the server"));
    }
    if missing.is_empty() { Exit::Success } else { Exit::Refused }
}
