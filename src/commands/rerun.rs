//! `to rerun`: asks that executions be run again.

use clap::Args;
use serde::Serialize;

use super::{CommandError, Context, Exit};
use crate::api::{ApiError, Target};
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
    let (requested, missing, asked) = each(&ids, request);
    if context.common.json {
        terminal::json(&Report { requested: &requested, missing: &missing })?;
    } else if !requested.is_empty() {
        let count = plural(requested.len() as u64, "rerun");
        context.ui.info(format_args!("{count} requested"));
    }
    let exit = exit_of(&missing, context);
    asked.map(|()| exit)
}

/// Refuses a spool directory: nobody would find there what is to be run again.
pub fn refuse_spool(context: &Context) -> Result<(), CommandError> {
    match context.target()? {
        Target::Spool(_) => Err(CommandError::usage("a spool directory has no reruns")
            .hint("--url (or TO_URL) takes the API's address, https://HOST")),
        Target::Api(_) => Ok(()),
    }
}

/// Makes one request for each execution, so that a key needs no permission for many at once, and
/// returns those that the server has, those that it has not, and what went wrong before the end: an
/// execution that waits in the outbox, or a request that failed.
pub fn each(
    ids: &[ExecutionId],
    request: impl Fn(ExecutionId) -> Result<bool, ApiError>,
) -> (Vec<ExecutionId>, Vec<ExecutionId>, Result<(), CommandError>) {
    let (mut known, mut missing) = (Vec::new(), Vec::new());
    let outcome = ids.iter().try_for_each(|&id| {
        if matches!(id, ExecutionId::Outbox(_)) {
            return Err(CommandError::usage(format!("execution {id} is at no server yet"))
                .hint("`to push` delivers it"));
        }
        let answered = if request(id)? { &mut known } else { &mut missing };
        answered.push(id);
        Ok(())
    });
    (known, missing, outcome)
}

/// Names the executions that the server does not know.
pub fn exit_of(missing: &[ExecutionId], context: &Context) -> Exit {
    for id in missing {
        context.ui.error(&format!("execution {id} is unknown to the server"));
    }
    if missing.is_empty() { Exit::Success } else { Exit::Refused }
}
