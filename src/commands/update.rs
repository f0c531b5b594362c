//! `to update`: what else an execution can be told.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use super::Context;
use super::session::Session;
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::model::execution::{COMPLETED, STATUSES};
use crate::model::update::UpdateOptions;
use crate::ui::terminal;
use clap::Args;
use clap::builder::PossibleValuesParser;

/// Adds links, metadata or events, or sets a status
#[derive(Debug, Args)]
#[command(after_help = UPDATE_MORE)]
pub struct Update {
    /// The status; COMPLETED has the server compute it
    #[arg(long, value_name = "STATUS")]
    #[arg(value_parser = PossibleValuesParser::new([&STATUSES[..], &[COMPLETED]].concat()))]
    pub status: Option<String>,

    /// The CI job's URL, which no other execution may have
    #[arg(long, value_name = "URL")]
    pub ci_link: Option<String>,

    /// The URL of a submission in Certification
    #[arg(long, value_name = "URL")]
    pub c3_link: Option<String>,

    /// A fact about the execution; repeatable, also with several values of one key
    #[arg(long, value_name = "KEY=VALUE")]
    pub metadata: Vec<String>,

    /// A link to show with the execution; repeatable
    #[arg(long, value_name = "LABEL=URL")]
    pub link: Vec<String>,

    /// Something that happened now; repeatable
    #[arg(long, value_name = "NAME[=DETAIL]")]
    pub event: Vec<String>,
}

const UPDATE_MORE: &str = "\
Metadata goes first, a CI link last. Metadata is added to what is there.

May be repeated, but for an event or a link that may be there already or is kept: `to` says so then. A
link that the execution has is not added again, an event is added each time. Each change is made on
its own: one that is refused costs no other.

Examples:
  to update --metadata cloud=aws --metadata kernel=6.8.0-50-generic
  to update --link 'Logs=https://logs.example/1' --c3-link https://c3.example/9
  to update --event 'provisioned=in 12 minutes'";

/// # Errors
/// Nothing to change, or something that is not right; a change that can neither be made nor kept.
pub fn run(update: Update, context: &Context) -> Result<Exit, CommandError> {
    let changes = options(update)
        .check()
        .map_err(|problems| CommandError::usage("the update is not right").list(problems))?;
    if changes.is_empty() {
        return Err(CommandError::usage("nothing is to be updated")
            .hint("give --status, --ci-link, --c3-link, --metadata, --link or --event"));
    }
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let session = Session::new(false, context)?;
    let (updated, exit) = session.change(changes, context);
    if context.json() {
        terminal::json(&updated)?;
    }
    Ok(exit)
}

fn options(update: Update) -> UpdateOptions {
    let Update { status, ci_link, c3_link, metadata, link, event } = update;
    UpdateOptions { status, ci_link, c3_link, metadata, links: link, events: event }
}
