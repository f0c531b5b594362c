//! The progress of a delivery: a moving line at a terminal, a line now and then elsewhere.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::model::tally::Counts;
use crate::ui::terminal::Ui;

/// The time between two lines of a log.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Results that are sent, of as many.
pub struct Progress {
    ui: Ui,
    /// Absent where the end is not known.
    total: Cell<Option<u64>>,
    sent: Cell<Counts>,
    is_shown: bool,
    last_line: Cell<Instant>,
}

impl Progress {
    /// Shows a delivery of so many results.
    pub fn new(total: Option<u64>, ui: &Ui) -> Self {
        Self {
            is_shown: ui.screen().show_delivery(total),
            ui: ui.clone(),
            total: Cell::new(total),
            sent: Cell::default(),
            last_line: Cell::new(Instant::now()),
        }
    }

    /// Returns the number of results at the server.
    pub fn sent(&self) -> u64 {
        self.sent.get().total()
    }

    /// Takes out so many results that need not be sent.
    pub fn leave_out(&self, results: u64) {
        self.total.set(self.total.get().map(|total| total.saturating_sub(results)));
        self.show();
    }

    /// Shows that so many more are at the server.
    pub fn advance(&self, accepted: Counts) {
        let mut sent = self.sent.get();
        sent.append(accepted);
        self.sent.set(sent);
        self.show();
        if !self.is_shown && self.last_line.get().elapsed() >= LINE_EVERY {
            self.last_line.set(Instant::now());
            let of = self.total.get().map(|total| format!(" of {total}")).unwrap_or_default();
            self.ui.info(format_args!("sent {}{of} results", sent.total()));
        }
    }

    fn show(&self) {
        self.ui.screen().advance(self.sent.get(), self.total.get());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ui.screen().hide_delivery();
    }
}
