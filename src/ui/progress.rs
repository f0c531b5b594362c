//! How far a delivery is: a bar at a terminal, a line now and then elsewhere.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::ui::terminal::Ui;

/// How often a log gets a line.
const LINE_EVERY: Duration = Duration::from_secs(10);

const BAR: &str = "{bar:30} {pos}/{len} results, {rate}, {eta} left";

/// The bar of an unknown end: results come in live.
const COUNTER: &str = "{spinner} {pos} results, {rate}";

/// Shows how many results are sent.
pub struct Progress {
    ui: Ui,
    total: Option<u64>,
    last_line: Cell<Instant>,
}

impl Progress {
    /// `total` is absent where the end is not known.
    pub fn new(total: Option<u64>, ui: &Ui) -> Self {
        if io::stderr().is_terminal() && ui.is_chatty() {
            ui.screen().put_up(bar(total));
        }
        Self { ui: ui.clone(), total, last_line: Cell::new(Instant::now()) }
    }

    /// Shows that `results` are at the server.
    pub fn sent(&self, results: u64) {
        if self.ui.screen().advance(results) {
            return;
        }
        if self.last_line.get().elapsed() >= LINE_EVERY {
            self.last_line.set(Instant::now());
            let of = self.total.map(|total| format!(" of {total}")).unwrap_or_default();
            self.ui.info(format_args!("sent {results}{of} results"));
        }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        drop(self);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ui.screen().take_down();
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = if total.is_some() { BAR } else { COUNTER };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.with_key(
            "rate",
            |state: &ProgressState, to: &mut dyn std::fmt::Write| {
                // A bar that cannot be written is no bar.
                _ = write!(to, "{:.0}/s", state.per_sec());
            },
        ));
    }
    bar
}
