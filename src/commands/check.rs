//! `to check`: whether results could be submitted here, and what stands in the way.
//!
//! What holds is a line on stdout each; what does not is the error, with its cure. Every question is
//! asked once.

use clap::Args;
use serde::Serialize;

use super::{CommandError, Context, Exit};
use crate::api::{Access, ApiError, Key, KeyProblem, Target};
use crate::ui::terminal;
use crate::util::text::one_line;

/// Checks whether results can be submitted here
#[derive(Debug, Args)]
#[command(after_help = CHECK_MORE)]
pub struct Check {}

const CHECK_MORE: &str = "\
Asks whether this is Test Observer's API, reachable and trusted, whether it knows the key, and what
the key may do: change executions, and look at them. Whether it may is found out at an execution that
no server has. Each question is asked once. Exits 0 where results can be submitted, 4 where the
server cannot be reached, 5 where it refuses or is not the API.

May be repeated: nothing is changed.

Examples:
  to check
  to check --json";

/// The permission without which nothing is submitted.
const CHANGE: &str = "change_test";

/// What `--json` prints, also where something is wrong.
#[derive(Serialize)]
struct Report {
    url: String,
    /// Something answers there.
    reachable: bool,
    /// It is the API, or a directory in its place.
    api: bool,
    /// `none`, `unknown`, `known` or `untold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writes: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reads: Option<bool>,
}

/// # Errors
/// The first that stands in the way of a submission.
pub fn run(context: &Context) -> Result<Exit, CommandError> {
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let target = context.target()?;
    let access = context.server()?.access();
    context.print_json(&report(target, &access))?;
    let access = access?;
    if !context.common.json {
        for line in lines(&access, target) {
            terminal::data(format!("{}\n", one_line(&line)).as_bytes())?;
        }
    }
    if access.writes { Ok(Exit::Success) } else { Err(ApiError::Key(refusal(access.key)).into()) }
}

fn report(target: &Target, access: &Result<Access, ApiError>) -> Report {
    let known = access.as_ref().ok();
    let (key, application) = match known.map(|access| &access.key) {
        None => (None, None),
        Some(Key::None) => (Some("none"), None),
        Some(Key::Unknown) => (Some("unknown"), None),
        Some(Key::Known { application, .. }) => (Some("known"), Some(application.clone())),
        Some(Key::Untold) => (Some("untold"), None),
    };
    Report {
        url: target.to_string(),
        reachable: access.as_ref().map_or_else(is_answer, |_| true),
        api: known.is_some(),
        key,
        application,
        writes: known.map(|access| access.writes),
        reads: known.map(|access| access.reads),
    }
}

/// Whether something answered, if not what was hoped for.
fn is_answer(error: &ApiError) -> bool {
    matches!(
        error.cause(),
        ApiError::Status(_)
            | ApiError::NotTheApi { .. }
            | ApiError::NotHttp { .. }
            | ApiError::WantsHttps { .. }
            | ApiError::TooLong { .. }
            | ApiError::Key(_)
    )
}

/// Returns the reason for which nothing may be written with this key.
fn refusal(key: Key) -> KeyProblem {
    match key {
        Key::None => KeyProblem::NoneGiven,
        Key::Unknown => KeyProblem::Unknown,
        Key::Known { application, .. } => {
            KeyProblem::Lacks { application: Some(application), permission: CHANGE }
        }
        Key::Untold => KeyProblem::Lacks { application: None, permission: CHANGE },
    }
}

/// Returns a line for each thing that holds.
fn lines(access: &Access, target: &Target) -> Vec<String> {
    let trust = match target {
        Target::Spool(_) => {
            return vec![format!(
                "directory: {target} can be written, and stands in place of a server"
            )];
        }
        Target::Api(url) if url.scheme() == "https" => "its certificate is trusted",
        Target::Api(_) => "over plain http, which needs no trust",
    };
    let mut lines = vec![
        format!("server: {target} answers, {trust}"),
        "api: it is Test Observer's".to_owned(),
        key_line(access),
    ];
    if access.writes {
        lines.push("permission: it may submit (`change_test`)".to_owned());
    }
    match (access.reads, access.writes) {
        (true, _) => lines.push("permission: it may look (`view_test`)".to_owned()),
        (false, true) => lines.push(
            "permission: it may not look (`view_test`): `to show` shows no results, all else works"
                .to_owned(),
        ),
        (false, false) => {}
    }
    lines
}

fn key_line(access: &Access) -> String {
    let told = match &access.key {
        Key::None if access.writes => "none is given, and none is needed here",
        Key::None => "none is given",
        Key::Unknown if access.writes => {
            "it is unknown, but none is needed here: it can be left out"
        }
        Key::Unknown => "it is unknown",
        Key::Known { application, .. } => {
            &format!("it is known, as that of the application `{application}`")
        }
        Key::Untold => "the server does not tell whose it is (it may be of before 2025-09)",
    };
    format!("key: {told}")
}
