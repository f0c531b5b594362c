//! What is said to a person, on stderr; and data, on stdout. Nothing else prints.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::api::Event;
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
    color: bool,
    /// GitHub Actions reads along.
    annotates: bool,
    screen: Screen,
}

#[derive(Clone, Copy)]
enum Style {
    Red,
    Yellow,
    Cyan,
}

impl Style {
    /// The terminal's code for bold letters of this colour.
    fn code(self) -> &'static str {
        match self {
            Self::Red => "\x1b[1;31m",
            Self::Yellow => "\x1b[1;33m",
            Self::Cyan => "\x1b[1;36m",
        }
    }
}

impl Ui {
    pub fn new(level: Level, color: bool, annotates: bool) -> Self {
        Self { level, color, annotates, screen: Screen::default() }
    }

    /// Says an error, which need not end the command.
    pub fn error(&self, text: &str) {
        self.say(Style::Red, "error", text);
        self.annotate("error", text);
    }

    pub fn warning(&self, text: &str) {
        self.say(Style::Yellow, "warning", text);
        self.annotate("warning", text);
    }

    fn annotate(&self, level: &str, text: &str) {
        if self.annotates {
            self.screen.write(&GitHub::annotation(level, &printable(text)));
        }
    }

    pub fn hint(&self, text: &str) {
        self.say(Style::Cyan, "hint", text);
    }

    /// Where a bar may be.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Whether more than errors and warnings is said.
    pub fn is_chatty(&self) -> bool {
        self.level >= Level::Normal
    }

    /// A line that `--quiet` leaves out.
    pub fn info(&self, text: impl Display) {
        if self.level >= Level::Normal {
            self.screen.write(&format!("{}\n", printable(&text.to_string())));
        }
    }

    /// What a server did.
    pub fn event(&self, event: &Event<'_>) {
        match event {
            Event::Request { method, path, bytes, elapsed, attempt, proxy, outcome } => {
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
            Event::Retry { error, delay } => {
                if self.level >= Level::Normal {
                    let delay = delay.as_secs_f64();
                    let text = format!("{error}; trying again in {delay:.1} s");
                    self.say(Style::Yellow, "warning", &text);
                }
            }
        }
    }

    fn say(&self, style: Style, word: &str, text: &str) {
        let (on, off) = if self.color { (style.code(), "\x1b[0m") } else { ("", "") };
        self.screen.write(&format!("{on}{word}:{off} {}\n", printable(text)));
    }
}

/// Colour where a person looks, unless `NO_COLOR` asks for none.
pub fn color_wanted() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !no_color
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
