//! `to show`: the execution and its results, for a person or as one JSON object.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::Context;
use crate::api::{ApiError, ExecutionDetails};
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::delivery::outbox::Outbox;
use crate::model::execution::{ExecutionId, JsonObject};
use crate::model::update::StatusUpdate;
use crate::ui::{table, terminal};
use crate::util::text::{one_line, plural};
use clap::Args;

/// Shows the execution and its results, failures first
#[derive(Debug, Args)]
#[command(after_help = SHOW_MORE)]
pub struct Show {
    /// Show the logs too
    #[arg(long)]
    pub logs: bool,
}

const SHOW_MORE: &str = "\
May be repeated: nothing is changed.

Examples:
  to show
  to show --logs
  to show --json | jq -r '.results[] | select(.status == \"FAILED\") | .name'";

/// The statuses of results in the order in which they are shown.
const ORDER: [&str; 3] = ["FAILED", "SKIPPED", "PASSED"];

/// Columns before names and comments: the longest status fits into them.
const INDENT: usize = 9;

/// The same of facts: behind `  environment`.
const FACTS: usize = 15;

/// The object that `--json` prints: all that the server tells, with counts.
#[derive(Serialize)]
struct Report<'a> {
    execution: ExecutionId,
    total: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
    #[serde(flatten)]
    told: JsonObject,
    results: &'a [JsonObject],
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<&'a [StatusUpdate]>,
}

/// # Errors
/// No execution to show, a server that does not tell.
pub fn run(show: &Show, context: &Context) -> Result<Exit, CommandError> {
    let state = context.state_to_read();
    let id = context.execution(&state)?;
    let server = context.server_of(id, &state)?;
    let mut shown = server.show(id).map_err(too_old)?;
    let events = server.status_updates(id)?;
    // They come in the order in which they were stored, which stays within a status.
    shown.results.sort_by_key(|result| rank(text(result, "status")));
    if context.json() {
        terminal::json(&report(id, &shown, events.as_deref()))?;
    } else {
        let events = events.as_deref().unwrap_or_default();
        terminal::data(page(id, &shown, events, show.logs).as_bytes())?;
    }
    let outbox = Outbox::new(state.outbox());
    if let Some(record) = outbox.find(&context.home(id)?)? {
        let path = record.path.display();
        context.ui.warning(&format!("what is kept in {path} is not delivered yet"));
        context.ui.hint("`to push` delivers what is kept");
    }
    Ok(Exit::Success)
}

fn too_old(error: ApiError) -> CommandError {
    let is_old = matches!(&error, ApiError::Status(refusal) if refusal.status == 405);
    let error = CommandError::from(error);
    if is_old {
        return error.context("this server is too old to show an execution (before 2025-11)");
    }
    error
}

fn report<'a>(
    execution: ExecutionId,
    shown: &'a ExecutionDetails,
    events: Option<&'a [StatusUpdate]>,
) -> Report<'a> {
    let mut told = shown.execution.clone();
    told.remove("id");
    told.retain(|_, value| !value.is_null());
    Report {
        execution,
        total: shown.results.len(),
        passed: count(shown, "PASSED"),
        failed: count(shown, "FAILED"),
        skipped: count(shown, "SKIPPED"),
        told,
        results: &shown.results,
        events,
    }
}

/// The lines for a person, none of which can move a terminal's cursor.
fn page(
    id: ExecutionId,
    shown: &ExecutionDetails,
    events: &[StatusUpdate],
    has_logs: bool,
) -> String {
    let mut page = format!("execution {id}: {}\n", one_line(text(&shown.execution, "status")));
    for (label, value) in facts(&shown.execution) {
        page += &table::row(&label, &value, FACTS);
    }
    for event in events {
        page += &table::row("  event", &event_line(event), FACTS);
    }
    let [failed, skipped, passed] = ORDER.map(|status| count(shown, status));
    let results = plural(shown.results.len() as u64, "result");
    _ = writeln!(page, "\n{results}: {passed} passed, {failed} failed, {skipped} skipped");
    if !shown.results.is_empty() {
        page.push('\n');
    }
    for result in &shown.results {
        write_result(&mut page, result, has_logs);
    }
    page
}

fn write_result(page: &mut String, result: &JsonObject, has_logs: bool) {
    *page += &table::row(text(result, "status"), text(result, "name"), INDENT);
    for line in text(result, "comment").lines() {
        *page += &table::row("", &format!("  {line}"), INDENT);
    }
    if has_logs {
        for line in text(result, "io_log").lines() {
            // A log is shown as it is, however long its lines are.
            _ = writeln!(page, "{:INDENT$}| {}", "", one_line(line));
        }
    }
}

/// Returns the facts that are known of an execution, each with its label.
fn facts(execution: &JsonObject) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut add = |label: &str, value: &str| {
        if !value.is_empty() {
            facts.push((format!("  {label}"), value.to_owned()));
        }
    };
    add("test plan", text(execution, "test_plan"));
    add("environment", &environment(execution));
    add("created", &moment(text(execution, "created_at")));
    add("CI link", text(execution, "ci_link"));
    add("C3 link", text(execution, "c3_link"));
    for link in execution.get("relevant_links").and_then(Value::as_array).into_iter().flatten() {
        let part = |field| link.get(field).and_then(Value::as_str).unwrap_or_default();
        add("link", &format!("{}: {}", part("label"), part("url")));
    }
    let metadata = execution.get("execution_metadata").and_then(Value::as_object);
    for (key, values) in metadata.into_iter().flatten() {
        let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        add("metadata", &format!("{key}: {}", values.collect::<Vec<_>>().join(", ")));
    }
    facts
}

fn environment(execution: &JsonObject) -> String {
    let Some(environment) = execution.get("environment").and_then(Value::as_object) else {
        return String::new();
    };
    match (text(environment, "name"), text(environment, "architecture")) {
        (name, "") => name.to_owned(),
        (name, architecture) => format!("{name} ({architecture})"),
    }
}

fn event_line(event: &StatusUpdate) -> String {
    let name = format!("{} {}", moment(text(event, "timestamp")), text(event, "event_name"));
    match text(event, "detail") {
        "" => name,
        detail => format!("{name}: {detail}"),
    }
}

/// A time to the second, where it is one of UTC: the server tells its own without a zone.
fn moment(time: &str) -> String {
    const SECONDS: usize = "2026-01-01T00:00:00".len();
    let Some((seconds, rest)) = time.split_at_checked(SECONDS) else { return time.to_owned() };
    let zone = rest.trim_start_matches(|part: char| part == '.' || part.is_ascii_digit());
    match zone {
        "" | "Z" => format!("{} UTC", seconds.replace('T', " ")),
        _ => time.to_owned(),
    }
}

fn text<'a>(told: &'a JsonObject, field: &str) -> &'a str {
    told.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn count(shown: &ExecutionDetails, status: &str) -> usize {
    shown.results.iter().filter(|result| text(result, "status") == status).count()
}

fn rank(status: &str) -> usize {
    ORDER.iter().position(|known| *known == status).unwrap_or(ORDER.len())
}
