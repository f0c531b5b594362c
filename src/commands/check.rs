//! `to check`: whether results could be submitted here, and what stands in the way.
//!
//! What holds is a line on stdout each; what does not is the error, with its cure. Every question is
//! asked once.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use serde::Serialize;

use super::Context;
use crate::api::{Access, ApiError, Target};
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::ui::terminal;
use crate::util::text::one_line;
use clap::Args;

/// Checks whether results can be submitted here
#[derive(Debug, Args)]
#[command(after_help = CHECK_MORE)]
pub struct Check {}

const CHECK_MORE: &str = "\
Asks whether this is Test Observer's API, reachable and trusted, whether it knows the key, and
whether the key may submit. Each question is asked once. Exits 0 where all is well, 4 where the
server cannot be reached, 5 where it refuses or is not the API.

May be repeated: nothing is changed.

Examples:
  to check
  to check --json";

/// The object that `--json` prints, also where something is wrong.
#[derive(Serialize)]
struct Report {
    url: String,
    is_api: bool,
    may_submit: bool,
    /// Whose key it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
}

/// # Errors
/// The first that stands in the way of a submission.
pub fn run(context: &Context) -> Result<Exit, CommandError> {
    let target = context.target()?;
    let server = context.server()?;
    let access = server.access();
    // Only the API says of a key that it is not the right one.
    let is_api =
        matches!(access, Ok(_) | Err(ApiError::Key(_))) && matches!(target, Target::Api(_));
    if is_api {
        say(&reached(target), context)?;
        say("api: it is Test Observer's", context)?;
    }
    if let Ok(access) = &access {
        lines(access, target).iter().try_for_each(|line| say(line, context))?;
    }
    if context.json() {
        print(target, is_api, &access)?;
    }
    access?;
    Ok(Exit::Success)
}

fn print(
    target: &Target,
    is_api: bool,
    access: &Result<Access, ApiError>,
) -> Result<(), CommandError> {
    let application = match access {
        Ok(Access::Granted { application }) => Some(application.clone()),
        _ => None,
    };
    let (url, may_submit) = (target.to_string(), access.is_ok());
    Ok(terminal::json(&Report { url, is_api, may_submit, application })?)
}

/// One line of plain data.
fn say(line: &str, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return Ok(());
    }
    Ok(terminal::data(format!("{}\n", one_line(line)).as_bytes())?)
}

fn reached(target: &Target) -> String {
    let trust = match target {
        Target::Api(url) if url.scheme() == "https" => "its certificate is trusted",
        _ => "over plain http, which needs no trust",
    };
    format!("server: {target} answers, {trust}")
}

fn lines(access: &Access, target: &Target) -> Vec<String> {
    match access {
        Access::Writable => {
            vec![format!("directory: {target} can be written, and stands in place of a server")]
        }
        Access::Granted { application } => vec![
            format!("key: it is known, as that of the application `{application}`"),
            "permission: it may submit (`change_test`)".to_owned(),
        ],
        Access::Open { is_key_unknown } => vec![
            if *is_key_unknown {
                "key: it is unknown, but none is needed here: it can be left out".to_owned()
            } else {
                "key: none is given, and none is needed here".to_owned()
            },
            "permission: everybody may submit".to_owned(),
        ],
    }
}
