//! `to show`: the execution and its results, for a person or as one JSON object.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Seek, Write};

use clap::Args;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CommandError, Context, Exit, web};
use crate::api::{Artefact, ArtefactSearch, Server};
use crate::delivery::outbox::Outbox;
use crate::model::execution::{ExecutionId, JsonObject};
use crate::model::result::Status;
use crate::model::tally::Counts;
use crate::model::update::StatusUpdate;
use crate::ui::{table, terminal};
use crate::util::temp_file::TempFile;
use crate::util::text::{one_line, plural};

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

/// An execution as it is shown: the object that `--json` prints, with all that the server tells. The
/// results, which may be more than memory holds, are written behind it.
#[derive(Serialize)]
struct Report {
    execution: ExecutionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(flatten)]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artefact: Option<Artefact>,
    /// The web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    #[serde(flatten)]
    told: JsonObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<StatusUpdate>>,
}

/// The results of an execution by their rank, kept out of memory, each in JSON on a line.
struct Results {
    by_rank: [TempFile; ORDER.len() + 1],
    /// With those of statuses that are not known here.
    total: u64,
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
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    status: String,
    name: String,
    comment: Option<String>,
    io_log: Option<String>,
    issues: Vec<JsonObject>,
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
    let told = server.details(id)?;
    let results = Results::read(&*server, id)?;
    let events = server.status_updates(id)?;
    let artefact = web::tested(id, &search(&told, results.as_ref()), context);
    let page = artefact.as_ref().and_then(|artefact| web::page(id, artefact, context));
    let (total, counts) = results.as_ref().map(|results| (results.total, results.counts)).unzip();
    let report = Report { execution: id, total, counts, artefact, page, told, events };
    if context.common.json {
        print_json(report, results, show.failed)?;
    } else {
        print(&report, results, show, context)?;
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
fn search(told: &JsonObject, results: Option<&Results>) -> ArtefactSearch {
    let environment = told.get("environment").and_then(Value::as_object);
    ArtefactSearch {
        environment: environment.map(|environment| text(environment, "name").to_owned()),
        has_results: results.is_some_and(|results| results.total > 0),
        result: results.and_then(|results| results.any),
    }
}

impl Results {
    /// Reads all of them; `None` where the server does not tell them to this key.
    fn read(server: &dyn Server, id: ExecutionId) -> Result<Option<Self>, CommandError> {
        let by_rank = std::array::from_fn(|_| TempFile::small());
        let mut results = Self { by_rank, total: 0, counts: Counts::default(), any: None };
        let mut kept = Ok(());
        let is_told = server.results(id, &mut |json| {
            results.keep(json).unwrap_or_else(|error| {
                kept = Err(error);
                true
            })
        })?;
        kept.map_err(|error| {
            CommandError::fault(error).context("a temporary file cannot be written")
        })?;
        Ok(is_told.then_some(results))
    }

    /// Keeps one, and tells whether it is a result at all.
    fn keep(&mut self, json: String) -> io::Result<bool> {
        let Ok(Head { id, status, .. }) = serde_json::from_str(&json) else { return Ok(false) };
        self.any = self.any.or(id);
        self.total += 1;
        if let Some(status) = Status::from_word(&status) {
            self.counts.add(status);
        }
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

fn print_json(
    mut report: Report,
    results: Option<Results>,
    only_failed: bool,
) -> Result<(), CommandError> {
    report.told.remove("id");
    report.told.retain(|_, value| !value.is_null());
    let mut head = terminal::versioned(&report)?;
    let Some(results) = results else {
        return Ok(terminal::json_text(format!("{head}\n").as_bytes())?);
    };
    head.pop();
    terminal::json_text(format!("{head},\"results\":[").as_bytes())?;
    let mut separator = "";
    results.each(only_failed, |line| {
        terminal::data(separator.as_bytes())?;
        separator = ",";
        Ok(terminal::json_text(line)?)
    })?;
    Ok(terminal::data(b"]}\n")?)
}

/// Prints the lines for a person, none of which can move a terminal's cursor.
fn print(
    report: &Report,
    results: Option<Results>,
    show: &Show,
    context: &Context,
) -> Result<(), CommandError> {
    let columns = table::columns();
    let (id, status) = (report.execution, text(&report.told, "status"));
    let mut page = format!("execution {id}: {}\n", terminal::painted(&one_line(status), status));
    for (label, value) in facts(report) {
        page += &table::row(&format!("  {label}"), &value, FACTS, columns);
    }
    let Some(results) = results else {
        terminal::styled_data(&page)?;
        context.ui.warning("the results are not shown: the key lacks `view_test`");
        context.ui.hint("ask an administrator of Test Observer for the permission");
        return Ok(());
    };
    let Counts { passed, failed, skipped } = results.counts;
    let count = plural(results.total, "result");
    _ = writeln!(page, "\n{count}: {passed} passed, {failed} failed, {skipped} skipped");
    if results.total > 0 {
        page.push('\n');
    }
    terminal::styled_data(&page)?;
    results.each(show.failed, |line| {
        let shown: Shown = serde_json::from_slice(line).map_err(CommandError::fault)?;
        Ok(terminal::styled_data(&lines(shown, show.logs, columns))?)
    })
}

/// Returns the lines of one result.
fn lines(shown: Shown, has_logs: bool, columns: Option<usize>) -> String {
    let status = shown.status.as_str();
    let row = table::row(status, &shown.name, INDENT, columns);
    let mut lines = match row.strip_prefix(status) {
        Some(rest) if ORDER.contains(&status) => terminal::painted(status, status) + rest,
        _ => row,
    };
    for line in shown.comment.unwrap_or_default().lines() {
        lines += &table::row("", &format!("  {line}"), INDENT, columns);
    }
    for issue in shown.issues.iter().filter_map(|issue| issue.get("issue")?.as_object()) {
        let [key, title, url] = ["key", "title", "url"].map(|field| text(issue, field));
        let line = format!("  known issue {key}: {title}, {url}");
        lines += &table::row("", &line, INDENT, columns);
    }
    if has_logs {
        for line in shown.io_log.unwrap_or_default().lines() {
            // A log is shown as it is, however long its lines are.
            _ = writeln!(lines, "{:INDENT$}| {}", "", one_line(line));
        }
    }
    lines
}

/// Returns the facts that are known of an execution, each with its label.
fn facts(report: &Report) -> Vec<(&str, String)> {
    let Report { artefact, page, told, events, .. } = report;
    let text = |field| text(told, field);
    let mut facts = Vec::new();
    facts.extend(artefact.as_ref().map(|artefact| (&*artefact.family, tested(artefact))));
    facts.extend([("test plan", text("test_plan").to_owned()), ("environment", environment(told))]);
    if told.get("is_rerun_requested").and_then(Value::as_bool) == Some(true) {
        let priority = told.get("rerun_priority").and_then(Value::as_i64).unwrap_or_default();
        facts.push(("rerun", format!("requested, with priority {priority}")));
    }
    facts.extend([
        ("created", moment(text("created_at"))),
        ("CI link", text("ci_link").to_owned()),
        ("C3 link", text("c3_link").to_owned()),
    ]);
    for link in told.get("relevant_links").and_then(Value::as_array).into_iter().flatten() {
        let part = |field| link.get(field).and_then(Value::as_str).unwrap_or_default();
        facts.push(("link", format!("{}: {}", part("label"), part("url"))));
    }
    let metadata = told.get("execution_metadata").and_then(Value::as_object);
    for (key, values) in metadata.into_iter().flatten() {
        let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        facts.push(("metadata", format!("{key}: {}", values.collect::<Vec<_>>().join(", "))));
    }
    facts.extend(page.iter().map(|page| ("page", page.clone())));
    facts.retain(|(_, value)| !value.is_empty());
    facts.extend(events.iter().flatten().map(|event| ("event", event_line(event))));
    facts
}

/// Returns what is tested, but for its family.
fn tested(artefact: &Artefact) -> String {
    let Artefact { name, version, stage, revision, arch, .. } = artefact;
    let revision = revision.map(|revision| format!("revision {revision}")).unwrap_or_default();
    let join = |parts: &[&str], separator| {
        let known: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
        known.join(separator)
    };
    format!("{} ({})", join(&[name, version], " "), join(&[stage, &revision, arch], ", "))
}

fn environment(told: &JsonObject) -> String {
    let Some(environment) = told.get("environment").and_then(Value::as_object) else {
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
