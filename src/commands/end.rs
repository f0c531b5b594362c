//! `to end`: completes the execution and prints its status.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{CommandError, Context, Exit, session::Session, web};
use crate::model::execution::{COMPLETED, ExecutionId, STATUSES};
use crate::model::update::Change;
use crate::ui::github::Failures;
use crate::ui::terminal;

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
    let (updated, exit) = session.change(vec![Change::status(end.status)]);
    context.print_json(&updated)?;
    let Some(execution) = updated.now.filter(|_| !updated.made.is_empty()) else {
        return Ok(exit);
    };
    session.note_end()?;
    let status = execution.status.as_str();
    if !context.common.json {
        terminal::data(format!("{status}\n").as_bytes())?;
    }
    tell_github(session.home.execution, status, context);
    web::announce(session.home.execution, &execution, context);
    Ok(exit.and(match status {
        "FAILED" if end.exit_code => Exit::Failed,
        "ENDED_PREMATURELY" if end.exit_code => Exit::EndedPrematurely,
        _ => Exit::Success,
    }))
}

/// Tells a step of GitHub Actions how the execution ended.
pub fn tell_github(execution: ExecutionId, status: &str, context: &Context) {
    let line = format!("execution {execution} is {status}");
    context.tell_github(|github| github.summarise(&line, &Failures::default()));
    let outputs = [("execution", execution.to_string()), ("status", status.to_owned())];
    context.tell_github(|github| github.set(&outputs));
}
