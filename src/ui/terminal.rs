//! What is said to a person, on stderr; and data, on stdout. Nothing else prints.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};
use std::sync::OnceLock;
use std::time::Instant;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::Value;

use crate::api::{ApiError, Event};
use crate::model::redaction::Redaction;
use crate::ui::bar::Outage;
use crate::ui::github::GitHub;
use crate::ui::screen::Screen;
use crate::util::text::{one_line, own_line, safe_json};

/// The secrets that are kept out of messages and objects of `--json`, once a command has to do with reports.
static SECRETS: OnceLock<Redaction> = OnceLock::new();

/// Keeps secrets out of what is said from now on: reports are quoted in warnings and errors.
pub fn keep_out(secrets: Redaction) {
    _ = SECRETS.set(secrets);
}

fn without_secrets(text: &str) -> Cow<'_, str> {
    SECRETS.get().map_or(text.into(), |secrets| secrets.redacted(text, |_| {}))
}

/// Takes secrets out of the strings of an object, but for the names of its members.
fn without_secrets_in_json(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('"') {
        clean.push_str(&rest[..at]);
        let mut strings = serde_json::Deserializer::from_str(&rest[at..]).into_iter::<String>();
        let string = strings.next().and_then(Result::ok).unwrap_or_default();
        let end = at + strings.byte_offset().max(1);
        match without_secrets(&string) {
            Cow::Owned(without) if !rest[end..].starts_with(':') => {
                clean.push_str(&Value::from(without).to_string());
            }
            _ => clean.push_str(&rest[at..end]),
        }
        rest = &rest[end..];
    }
    clean + rest
}

/// The amount that is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd)]
pub enum Level {
    /// Errors and warnings only.
    Quiet,
    Normal,
    /// Each request too.
    Verbose,
}

/// Says things on stderr.
#[derive(Clone, Debug)]
pub struct Ui {
    level: Level,
    /// GitHub Actions reads along.
    annotates: bool,
    /// Messages share it with a moving line.
    pub screen: Screen,
}

/// A message's first word, in its colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Label {
    /// It need not end the command.
    Error,
    Warning,
    /// What cures an error.
    Hint,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

impl Ui {
    pub fn new(level: Level, annotates: bool) -> Self {
        Self { level, annotates, screen: Screen::new(level >= Level::Normal) }
    }

    pub fn error(&self, text: &str) {
        self.say(Label::Error, text, &[]);
    }

    pub fn warning(&self, text: &str) {
        self.say(Label::Warning, text, &[]);
    }

    pub fn hint(&self, text: &str) {
        self.say(Label::Hint, text, &[]);
    }

    /// Prints a message with a list under it. GitHub's log shows errors and warnings as it shows its own.
    pub fn say(&self, label: Label, text: &str, list: &[String]) {
        let lines = lines(text, list);
        let lines = without_secrets(&lines);
        self.screen.write(&match label {
            Label::Error if self.annotates => GitHub::annotation("error", &lines),
            Label::Warning if self.annotates => GitHub::annotation("warning", &lines),
            _ => labelled(label, &lines),
        });
    }

    /// Prints a line that `--quiet` leaves out.
    pub fn info(&self, text: impl Display) {
        if self.level >= Level::Normal {
            let text = text.to_string();
            self.screen.write(&format!("{}\n", without_secrets(&own_line(&text))));
        }
    }

    /// Prints or shows what a server did.
    pub fn event(&self, event: &Event<'_>) {
        match event {
            Event::Request { method, path, bytes, elapsed, attempt, proxy, outcome } => {
                if outcome.is_ok() {
                    self.screen.show_outage(None);
                }
                if self.level >= Level::Verbose {
                    let outcome = match outcome {
                        Ok(status) => status.to_string(),
                        Err(error) => error.to_string(),
                    };
                    let milliseconds = elapsed.as_millis();
                    let way = proxy.map(|proxy| format!(", through {proxy}")).unwrap_or_default();
                    self.info(format_args!(
                        "{method} {path}: {outcome} ({bytes} bytes, {milliseconds} ms, \
                         attempt {attempt}{way})"
                    ));
                }
            }
            Event::Causes(causes) => self.warning(causes),
            Event::Retry { error, attempts, delay, left } => {
                let now = Instant::now();
                let is_shown = self.screen.show_outage(Some(Outage {
                    reason: one_line(&reason(error)).into_owned(),
                    retry: *attempts,
                    next: now + *delay,
                    end: now + *left,
                }));
                if self.level >= Level::Normal && !is_shown {
                    let delay = delay.as_secs_f64();
                    let text = format!("{error}; trying again in {delay:.1} s");
                    let text = one_line(&text);
                    self.screen.write(&labelled(Label::Warning, &without_secrets(&text)));
                }
            }
        }
    }
}

/// Returns an error in a few words, for a line in which everybody knows the server.
fn reason(error: &ApiError) -> String {
    match error {
        ApiError::UnknownHost { .. } => "unknown host".to_owned(),
        ApiError::Unconnected { reason, .. } => reason.clone(),
        ApiError::Proxy { problem, .. } => format!("the proxy: {problem}"),
        ApiError::Timeout { after, .. } => format!("no answer within {} s", after.as_secs_f64()),
        ApiError::Broken { reason, .. } => format!("broken connection: {reason}"),
        other => other.to_string(),
    }
}

/// Lines of a list that are shown.
const LIST_SHOWN: usize = 20;

/// Returns a message with a list under it, whose lines are indented. Of a long list the first twenty
/// are shown, and how many more there are.
fn lines(text: &str, list: &[String]) -> String {
    // A line that says that there is one more is as long as that one.
    let shown = if list.len() > LIST_SHOWN + 1 { LIST_SHOWN } else { list.len() };
    let mut lines = one_line(text).into_owned();
    for line in &list[..shown] {
        lines.push_str("\n  ");
        lines.push_str(&own_line(line));
    }
    if shown < list.len() {
        _ = write!(lines, "\n  and {} more", list.len() - shown);
    }
    lines
}

fn labelled(label: Label, text: &str) -> String {
    let (style, word) = match label {
        Label::Error => (ERROR, "error"),
        Label::Warning => (WARNING, "warning"),
        Label::Hint => (HINT, "hint"),
    };
    format!("{style}{word}:{style:#} {text}\n")
}

/// A standard output that cannot be written: a full disk.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written")]
pub struct OutputError(#[from] io::Error);

/// Writes an object as the one line of a command's data.
pub fn json(object: &impl Serialize) -> Result<(), OutputError> {
    let object = versioned(object)?;
    let object = if SECRETS.get().is_some() { without_secrets_in_json(&object) } else { object };
    json_text(format!("{object}\n").as_bytes())
}

/// Returns an object in JSON, with the version of `schemas/output.schema.json` before its fields.
pub fn versioned(object: &impl Serialize) -> Result<String, OutputError> {
    let object = serde_json::to_string(object).map_err(io::Error::from)?;
    let separator = if object == "{}" { "" } else { "," };
    Ok(object.replacen('{', &format!("{{\"schema\":1{separator}"), 1))
}

/// Writes parts of JSON as a command's data.
pub fn json_text(text: &[u8]) -> Result<(), OutputError> {
    match str::from_utf8(text) {
        Ok(text) => data(safe_json(text).as_bytes()),
        // Only where `to` is not the one who wrote it.
        Err(_) => data(text),
    }
}

/// Writes a command's data for a person, in colour where that is wanted.
pub fn styled_data(text: &str) -> Result<(), OutputError> {
    match AutoStream::choice(&io::stdout()) {
        ColorChoice::Never => data(strip_str(text).to_string().as_bytes()),
        _ => data(text.as_bytes()),
    }
}

/// Returns text in the colour of a result's or an execution's status.
pub fn painted(text: &str, status: &str) -> String {
    let style = match status {
        "FAILED" => ERROR,
        "SKIPPED" | "ENDED_PREMATURELY" => WARNING,
        "PASSED" => AnsiColor::Green.on_default(),
        _ => Style::new(),
    };
    format!("{style}{text}{style:#}")
}

/// Writes a command's data. A reader that has seen enough (`| head`) is no error.
pub fn data(bytes: &[u8]) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
