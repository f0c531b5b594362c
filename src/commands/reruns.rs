//! `to reruns`: what is to be run again, for a lab that polls.

use clap::{Args, ValueHint};
use serde::Serialize;
use serde_json::Value;

use super::rerun::{each, exit_of};
use super::{CommandError, Context, Exit};
use crate::api::RerunFilter;
use crate::model::execution::ExecutionId;
use crate::model::family::Family;
use crate::options::start::architectures;
use crate::options::values::Suggested;
use crate::ui::terminal;
use crate::util::text::one_line;

/// Lists what is to be run again, or takes it off the list
#[derive(Debug, Args)]
#[command(after_help = RERUNS_MORE)]
pub struct Reruns {
    /// Only artefacts of this family
    #[arg(long, value_name = "FAMILY")]
    pub family: Option<Family>,

    /// Only this environment
    #[arg(long, value_name = "TEXT", value_hint = ValueHint::Other)]
    pub environment: Option<String>,

    /// Only environments of this architecture
    #[arg(long, value_name = "ARCH", value_parser = Suggested(architectures()), hide_possible_values = true)]
    pub arch: Option<String>,

    /// Take the request of this execution off the list, and list nothing; repeatable
    #[arg(long, value_name = "ID", conflicts_with_all = ["family", "environment", "arch"])]
    pub done: Vec<ExecutionId>,
}

const RERUNS_MORE: &str = "\
A line has the execution, family, artefact, version, environment, test plan and CI link, with
tabulators between them; with --json it is an object. The most urgent comes first.

No lab claims a request: two that poll at once both run it. --done takes off the list the request
for the execution's test plan, build and environment, and so does `to start` of the same. Listing
needs a key with the permission `view_rerun`, --done one with `change_rerun`.

May be repeated: nothing is changed; a request that is off the list is not missed.

Examples:
  to reruns
  to reruns --family snap --environment cm3 --json | jq -r .test_execution_id
  to reruns --done 1";

/// The object that `--done --json` prints.
#[derive(Serialize)]
struct Report<'a> {
    done: &'a [ExecutionId],
    missing: &'a [ExecutionId],
}

/// # Errors
/// A server that refuses, or cannot be reached.
pub fn run(reruns: Reruns, context: &Context) -> Result<Exit, CommandError> {
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let server = context.server()?;
    if !reruns.done.is_empty() {
        let (done, missing, asked) = each(&reruns.done, |id| server.remove_rerun(id));
        context.print_json(&Report { done: &done, missing: &missing })?;
        let exit = exit_of(&missing, context);
        return asked.map(|()| exit);
    }
    let Reruns { family, environment, arch, .. } = reruns;
    let filter = RerunFilter { family, environment, arch };
    for rerun in server.reruns(&filter)? {
        if context.common.json {
            terminal::json(&rerun)?;
        } else {
            terminal::data(line(&rerun.into()).as_bytes())?;
        }
    }
    Ok(Exit::Success)
}

/// The values of a line, as JSON pointers.
const COLUMNS: [&str; 7] = [
    "/test_execution_id",
    "/family",
    "/artefact/name",
    "/artefact/version",
    "/test_execution/environment/name",
    "/test_execution/test_plan",
    "/ci_link",
];

/// Returns the line of a request. A value has neither tabulators nor line feeds of its own.
fn line(rerun: &Value) -> String {
    let value = |pointer| match rerun.pointer(pointer) {
        Some(Value::String(text)) => one_line(text).into_owned(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    COLUMNS.map(value).join("\t") + "\n"
}
