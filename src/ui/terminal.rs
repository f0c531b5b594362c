//! What is said to a person, on stderr; and data, on stdout. Nothing else prints.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::api::{ApiError, Event};
use crate::ui::github::GitHub;
use crate::ui::screen::Screen;
use crate::util::text::one_line;

/// How much is said.
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
    screen: Screen,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

impl Ui {
    pub fn new(level: Level, annotates: bool) -> Self {
        Self { level, annotates, screen: Screen::new(level >= Level::Normal) }
    }

    /// Prints an error, which need not end the command.
    pub fn error(&self, text: &str) {
        self.message(ERROR, "error", text);
    }

    /// Prints a warning.
    pub fn warning(&self, text: &str) {
        self.message(WARNING, "warning", text);
    }

    /// Prints a message, which GitHub's log shows as it shows its own.
    fn message(&self, style: Style, level: &str, text: &str) {
        if self.annotates {
            self.screen.write(&GitHub::annotation(level, &printable(text)));
        } else {
            self.labelled(style, level, text);
        }
    }

    /// Prints what cures an error.
    pub fn hint(&self, text: &str) {
        self.labelled(HINT, "hint", text);
    }

    /// Returns the screen that messages share with a moving line.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Prints a line that `--quiet` leaves out.
    pub fn info(&self, text: impl Display) {
        if self.level >= Level::Normal {
            self.screen.write(&format!("{}\n", printable(&text.to_string())));
        }
    }

    /// Prints or shows what a server did.
    pub fn event(&self, event: &Event<'_>) {
        match event {
            Event::Request { method, path, bytes, elapsed, attempt, proxy, outcome } => {
                if outcome.is_ok() {
                    self.screen.hide_outage();
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
                let reason = one_line(&reason(error)).into_owned();
                let is_shown = self.screen.show_outage(reason, *attempts, *delay, *left);
                if self.level >= Level::Normal && !is_shown {
                    let delay = delay.as_secs_f64();
                    let text = format!("{error}; trying again in {delay:.1} s");
                    self.labelled(WARNING, "warning", &text);
                }
            }
        }
    }

    fn labelled(&self, style: Style, label: &str, text: &str) {
        self.screen.write(&format!("{style}{label}:{style:#} {}\n", printable(text)));
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

/// Returns text without control characters, but for the line feeds of a list, whose lines are indented:
/// a test's name must not move the cursor or forge a line.
fn printable(text: &str) -> Cow<'_, str> {
    const LIST: &str = "\n  ";
    if text.contains(LIST) {
        text.split(LIST).map(one_line).collect::<Vec<_>>().join(LIST).into()
    } else {
        one_line(text)
    }
}

/// A standard output that cannot be written: a full disk.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written")]
pub struct OutputError(#[from] io::Error);

/// Writes an object as the one line of a command's data.
///
/// # Errors
/// [`OutputError`].
pub fn json(object: &impl Serialize) -> Result<(), OutputError> {
    let mut line = serde_json::to_vec(object).map_err(io::Error::from)?;
    line.push(b'\n');
    data(&line)
}

/// Writes a command's data. A reader that has seen enough (`| head`) is no error.
///
/// # Errors
/// [`OutputError`].
pub fn data(bytes: &[u8]) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
