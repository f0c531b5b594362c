//! The screen that messages and a moving line share.

use std::io::{self, IsTerminal, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::ui::bar::{Delivery, Outage};

/// The time between two frames.
const FRAME: Duration = Duration::from_millis(100);

/// Whole lines on stderr and, at a terminal, a line below them that moves.
#[derive(Clone, Debug)]
pub struct Screen {
    can_move: bool,
    line: Arc<Mutex<Line>>,
}

/// The line that moves.
#[derive(Debug, Default)]
struct Line {
    delivery: Option<Delivery>,
    outage: Option<Outage>,
    /// The text on the screen, and what draws it.
    shown: String,
    bar: Option<ProgressBar>,
    is_moving: bool,
}

impl Screen {
    /// `is_chatty` allows more than errors and warnings.
    pub fn new(is_chatty: bool) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let can_move = is_chatty && io::stderr().is_terminal() && !is_dumb;
        Self { can_move, line: Arc::default() }
    }

    /// Writes whole lines, in colour where that is wanted, above the moving line. Nobody is left to
    /// tell where stderr is gone; the exit status still says it all.
    pub fn write(&self, lines: &str) {
        let plain;
        let lines = match AutoStream::choice(&io::stderr()) {
            ColorChoice::Never => {
                plain = strip_str(lines).to_string();
                &plain
            }
            _ => lines,
        };
        self.line().suspend(|| _ = io::stderr().lock().write_all(lines.as_bytes()));
    }

    /// Shows a delivery, or takes it away, and tells whether it can be shown here.
    pub fn show_delivery(&self, delivery: Option<Delivery>) -> bool {
        self.change(|line| line.delivery = delivery);
        self.can_move
    }

    /// Shows that the server is not reached, or that it is again, and tells whether it can be shown here.
    pub fn show_outage(&self, outage: Option<Outage>) -> bool {
        self.change(|line| line.outage = outage);
        self.can_move
    }

    /// Takes the moving line off the screen while `print` writes to it.
    pub fn make_way<T>(&self, print: impl FnOnce() -> T) -> T {
        self.line().suspend(print)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        if !self.can_move {
            return;
        }
        let mut line = self.line();
        change(&mut line);
        line.draw();
        if !line.shown.is_empty() && !line.is_moving {
            let moved = Arc::downgrade(&self.line);
            // Where there can be no thread, the line moves with what happens.
            line.is_moving = thread::Builder::new().spawn(move || keep_moving(&moved)).is_ok();
        }
    }
}

/// Draws the line anew, frame by frame, until there is none.
fn keep_moving(line: &Weak<Mutex<Line>>) {
    loop {
        thread::sleep(FRAME);
        let Some(line) = line.upgrade() else { return };
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        line.draw();
        line.is_moving = !line.shown.is_empty();
        if !line.is_moving {
            return;
        }
    }
}

impl Line {
    /// Brings what is on the screen up to date.
    fn draw(&mut self) {
        let text = self.text(columns());
        if text == self.shown {
            return;
        }
        if text.is_empty() {
            self.bar.take().iter().for_each(ProgressBar::finish_and_clear);
        } else {
            self.bar.get_or_insert_with(moving_line).set_message(text.clone());
        }
        self.shown = text;
    }

    /// Does something while the moving line is off the screen.
    fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }

    fn text(&self, columns: usize) -> String {
        let now = Instant::now();
        match (&self.outage, &self.delivery) {
            (Some(outage), _) => outage.line(now, columns),
            (None, Some(delivery)) => delivery.line(now, columns),
            (None, None) => String::new(),
        }
    }
}

/// Makes a line of which all is a message: what stands in it goes by the width of the terminal.
fn moving_line() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Returns the width of the terminal.
fn columns() -> usize {
    terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0))
}
