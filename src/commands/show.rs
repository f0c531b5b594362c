//! `to show`: the execution and its results, for a person or as one JSON object.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Seek, Write};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, web};
use crate::api::{Artefact, ArtefactSearch, Server};
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::delivery::outbox::Outbox;
use crate::model::execution::{ExecutionId, JsonObject};
use crate::model::update::StatusUpdate;
use crate::ui::{table, terminal};
use crate::util::temp_file::TempFile;
use crate::util::text::{one_line, plural};
use clap::Args;

/// Shows the execution and its results, failures first
#[derive(Debug, Args)]
#[command(after_help = SHOW_MORE)]
pub struct Show {
    /// Show the failures alone
    #[arg(long)]
    pub failed: bool,

    /// Show the logs too
    #[arg(long)]
    pub logs: bool,
}

const SHOW_MORE: &str = "\
May be repeated: nothing is changed.

Examples:
  to show
  to show --failed --logs
  to show --json | jq -r '.results[] | select(.status == \"FAILED\") | .name'";

/// The statuses of results in the order in which they are shown.
const ORDER: [&str; 3] = ["FAILED", "SKIPPED", "PASSED"];

/// Columns before names and comments: the longest status fits into them.
const INDENT: usize = 9;

/// The same of facts: behind `  environment`.
const FACTS: usize = 15;

/// The object that `--json` prints: all that the server tells, with counts. The results, which may be
/// more than memory holds, are written behind it.
#[derive(Serialize)]
struct Report<'a> {
    execution: ExecutionId,
    #[serde(flatten)]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artefact: Option<&'a Artefact>,
    /// The web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
    #[serde(flatten)]
    told: JsonObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<&'a [StatusUpdate]>,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Counts {
    total: u64,
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// The results of an execution by their rank, kept out of memory, each in JSON on a line.
struct Results {
    by_rank: [TempFile; ORDER.len() + 1],
    counts: Counts,
    /// The id of one of them, where the server tells it.
    any: Option<u64>,
}

/// The part of a result that decides where it is shown.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    id: Option<u64>,
    status: String,
    #[serde(rename = "name")]
    _name: IgnoredAny,
}

/// The part of a result that is shown.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Shown {
    status: String,
    name: String,
    comment: Option<String>,
    io_log: Option<String>,
    issues: Vec<JsonObject>,
}

/// The choices of what is shown, and where.
struct View<'a> {
    only_failed: bool,
    has_logs: bool,
    columns: Option<usize>,
    artefact: Option<&'a Artefact>,
    page: Option<&'a str>,
}

/// # Errors
/// No execution to show, a server that does not tell.
pub fn run(show: &Show, context: &Context) -> Result<Exit, CommandError> {
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let state = context.state_to_read();
    let id = context.execution(&state)?;
    let server = context.server_of(id, &state)?;
    let execution = server.details(id)?;
    let results = Results::read(&*server, id)?;
    let events = server.status_updates(id)?;
    let artefact = web::tested(id, &search(&execution, results.as_ref()), context);
    let page = artefact.as_ref().and_then(|artefact| web::page(id, artefact, context));
    let view = View {
        only_failed: show.failed,
        has_logs: show.logs,
        columns: table::columns(),
        artefact: artefact.as_ref(),
        page: page.as_deref(),
    };
    if context.json() {
        print_json(id, execution, results, events.as_deref(), &view)?;
    } else {
        print(id, &execution, results, events.as_deref().unwrap_or_default(), &view, context)?;
    }
    let outbox = Outbox::new(state.outbox());
    if let (Some(record), _) = outbox.find(&context.home(id)?)? {
        let path = record.path.display();
        context.ui.warning(&format!("what is kept in {path} is not delivered yet"));
        context.ui.hint("`to push` delivers what is kept");
    }
    Ok(Exit::Success)
}

/// Returns what finds the artefact of an execution.
fn search(execution: &JsonObject, results: Option<&Results>) -> ArtefactSearch {
    let environment = execution.get("environment").and_then(Value::as_object);
    ArtefactSearch {
        environment: environment.map(|environment| text(environment, "name").to_owned()),
        has_results: results.is_some_and(|results| results.counts.total > 0),
        result: results.and_then(|results| results.any),
    }
}

impl Results {
    /// Reads all of them; `None` where the server does not tell them to this key.
    fn read(server: &dyn Server, id: ExecutionId) -> Result<Option<Self>, CommandError> {
        let by_rank = std::array::from_fn(|_| TempFile::small());
        let mut results = Self { by_rank, counts: Counts::default(), any: None };
        let mut fault = None;
        let is_told = server.results(id, &mut |json| match results.keep(json) {
            Ok(is_result) => is_result,
            Err(error) => {
                fault = Some(error);
                true
            }
        })?;
        match fault {
            Some(error) => {
                Err(CommandError::fault(error).context("a temporary file cannot be written"))
            }
            None => Ok(is_told.then_some(results)),
        }
    }

    /// Keeps one, and tells whether it is a result at all.
    fn keep(&mut self, json: String) -> io::Result<bool> {
        let Ok(Head { id, status, .. }) = serde_json::from_str(&json) else { return Ok(false) };
        self.any = self.any.or(id);
        self.counts.add(&status);
        // A line feed stands between values only: in a string it is escaped.
        let mut line = json.into_bytes();
        line.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        line.push(b'\n');
        self.by_rank[rank(&status)].write_all(&line)?;
        Ok(true)
    }

    /// Has `each` look at one line after the other, failures first; within a status they come in the
    /// order in which they were stored.
    fn each(
        self,
        only_failed: bool,
        mut each: impl FnMut(&[u8]) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let ranks = if only_failed { 1 } else { self.by_rank.len() };
        for mut file in self.by_rank.into_iter().take(ranks) {
            file.rewind().map_err(CommandError::fault)?;
            let mut lines = BufReader::new(file);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).map_err(CommandError::fault)? > 0 {
                each(line.trim_ascii_end())?;
                line.clear();
            }
        }
        Ok(())
    }
}

impl Counts {
    fn add(&mut self, status: &str) {
        self.total += 1;
        match status {
            "PASSED" => self.passed += 1,
            "FAILED" => self.failed += 1,
            "SKIPPED" => self.skipped += 1,
            _ => {}
        }
    }
}

fn print_json(
    execution: ExecutionId,
    mut told: JsonObject,
    results: Option<Results>,
    events: Option<&[StatusUpdate]>,
    view: &View<'_>,
) -> Result<(), CommandError> {
    told.remove("id");
    told.retain(|_, value| !value.is_null());
    let counts = results.as_ref().map(|results| results.counts);
    let (artefact, page) = (view.artefact, view.page);
    let report = Report { execution, counts, artefact, page, told, events };
    let mut head = terminal::versioned(&report)?;
    let Some(results) = results else {
        return Ok(terminal::json_text(format!("{head}\n").as_bytes())?);
    };
    head.pop();
    terminal::json_text(format!("{head},\"results\":[").as_bytes())?;
    let mut separator = "";
    results.each(view.only_failed, |line| {
        terminal::data(separator.as_bytes())?;
        separator = ",";
        Ok(terminal::json_text(line)?)
    })?;
    Ok(terminal::data(b"]}\n")?)
}

/// Prints the lines for a person, none of which can move a terminal's cursor.
fn print(
    id: ExecutionId,
    execution: &JsonObject,
    results: Option<Results>,
    events: &[StatusUpdate],
    view: &View<'_>,
    context: &Context,
) -> Result<(), CommandError> {
    let status = text(execution, "status");
    let mut page = format!("execution {id}: {}\n", terminal::painted(&one_line(status), status));
    let artefact = view.artefact.map(artefact_fact);
    let web_page = view.page.map(|page| ("  page".to_owned(), page.to_owned()));
    for (label, value) in artefact.into_iter().chain(facts(execution)).chain(web_page) {
        page += &table::row(&label, &value, FACTS, view.columns);
    }
    for event in events {
        page += &table::row("  event", &event_line(event), FACTS, view.columns);
    }
    let Some(results) = results else {
        terminal::styled_data(&page)?;
        context.ui.warning("the results are not shown: the key lacks `view_test`");
        context.ui.hint("ask an administrator of Test Observer for the permission");
        return Ok(());
    };
    let Counts { total, passed, failed, skipped } = results.counts;
    let count = plural(total, "result");
    _ = writeln!(page, "\n{count}: {passed} passed, {failed} failed, {skipped} skipped");
    if total > 0 {
        page.push('\n');
    }
    terminal::styled_data(&page)?;
    results.each(view.only_failed, |line| {
        let shown: Shown = serde_json::from_slice(line).map_err(CommandError::fault)?;
        Ok(terminal::styled_data(&lines(shown, view))?)
    })
}

/// Returns what is tested, with its family as the label.
fn artefact_fact(artefact: &Artefact) -> (String, String) {
    let Artefact { family, name, version, stage, revision, arch, .. } = artefact;
    let revision = revision.map(|revision| format!("revision {revision}")).unwrap_or_default();
    let known = [stage.as_str(), &revision, arch].into_iter().filter(|part| !part.is_empty());
    let known = known.collect::<Vec<_>>().join(", ");
    let name: Vec<&str> = [name.as_str(), version].into_iter().filter(|p| !p.is_empty()).collect();
    (format!("  {family}"), format!("{} ({known})", name.join(" ")))
}

/// Returns the lines of one result.
fn lines(shown: Shown, view: &View<'_>) -> String {
    let status = shown.status.as_str();
    let row = table::row(status, &shown.name, INDENT, view.columns);
    let mut lines = match row.strip_prefix(status) {
        Some(rest) if ORDER.contains(&status) => terminal::painted(status, status) + rest,
        _ => row,
    };
    for line in shown.comment.unwrap_or_default().lines() {
        lines += &table::row("", &format!("  {line}"), INDENT, view.columns);
    }
    for issue in shown.issues.iter().filter_map(|issue| issue.get("issue")?.as_object()) {
        let [key, title, url] = ["key", "title", "url"].map(|field| text(issue, field));
        let line = format!("  known issue {key}: {title}, {url}");
        lines += &table::row("", &line, INDENT, view.columns);
    }
    if view.has_logs {
        for line in shown.io_log.unwrap_or_default().lines() {
            // A log is shown as it is, however long its lines are.
            _ = writeln!(lines, "{:INDENT$}| {}", "", one_line(line));
        }
    }
    lines
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
    if execution.get("is_rerun_requested").and_then(Value::as_bool) == Some(true) {
        let priority = execution.get("rerun_priority").and_then(Value::as_i64).unwrap_or_default();
        add("rerun", &format!("requested, with priority {priority}"));
    }
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

fn rank(status: &str) -> usize {
    ORDER.iter().position(|known| *known == status).unwrap_or(ORDER.len())
}
