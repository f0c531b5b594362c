//! `to update`: what else an execution can be told.

use serde::Serialize;

use super::Context;
use super::session::Session;
use crate::api::Execution;
use crate::cli::args::Update;
use crate::commands::error::{Exit, Usage};
use crate::model::execution::ExecutionId;
use crate::model::update::UpdateOptions;
use crate::ui::terminal;

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    execution: ExecutionId,
    /// Absent where the server is too old to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

/// # Errors
/// Nothing to change, or something that is not right; a change that can neither be made nor kept.
pub fn run(update: Update, context: &Context) -> anyhow::Result<Exit> {
    let changes = wishes(update).check().map_err(|problems| Usage {
        problem: format!("the update is not right\n  {}", problems.join("\n  ")),
        hint: None,
    })?;
    if changes.is_empty() {
        return Err(Usage {
            problem: "nothing is to be updated".to_owned(),
            hint: Some(
                "give --status, --ci-link, --c3-link, --metadata, --link or --event".to_owned(),
            ),
        }
        .into());
    }
    let destination = Session::new(false, context)?;
    let updated = destination.change(&changes, context)?;
    if context.json() && updated.is_done {
        print(&destination, updated.execution)?;
    }
    Ok(updated.exit)
}

fn wishes(update: Update) -> UpdateOptions {
    let Update { status, ci_link, c3_link, metadata, link, event } = update;
    UpdateOptions { status, ci_link, c3_link, metadata, links: link, events: event }
}

fn print(destination: &Session, known: Option<Execution>) -> anyhow::Result<()> {
    let id = destination.execution;
    let known = match known {
        Some(execution) => Some(execution),
        None => destination.server.execution(id)?,
    };
    let report = Report { execution: id, status: known.map(|execution| execution.status) };
    Ok(terminal::data(format!("{}\n", serde_json::to_string(&report)?).as_bytes())?)
}
