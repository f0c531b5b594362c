//! The progress of a delivery: a moving line at a terminal, a line now and then elsewhere.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::model::tally::Counts;
use crate::ui::bar::Delivery;
use crate::ui::terminal::Ui;

/// The time between two lines of a log.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// A delivery that is shown until it is dropped.
pub struct Progress {
    ui: Ui,
    delivery: Cell<Delivery>,
    is_shown: bool,
    last_line: Cell<Instant>,
}

impl Progress {
    /// Shows a delivery of so many results, where the end is known.
    pub fn new(total: Option<u64>, ui: &Ui) -> Self {
        let start = Instant::now();
        let delivery = Delivery { sent: Counts::default(), total, start, answer: start };
        Self {
            is_shown: ui.screen.show_delivery(Some(delivery)),
            ui: ui.clone(),
            delivery: Cell::new(delivery),
            last_line: Cell::new(start),
        }
    }

    /// Returns the number of results at the server.
    pub fn sent(&self) -> u64 {
        self.delivery.get().sent.total()
    }

    /// Takes out so many results that need not be sent.
    pub fn leave_out(&self, results: u64) {
        self.change(|delivery| {
            delivery.total = delivery.total.map(|total| total.saturating_sub(results));
        });
    }

    /// Shows that so many more are at the server.
    pub fn advance(&self, accepted: Counts) {
        self.change(|delivery| delivery.sent.append(accepted));
        if !self.is_shown && self.last_line.get().elapsed() >= LINE_EVERY {
            self.last_line.set(Instant::now());
            let Delivery { sent, total, .. } = self.delivery.get();
            let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
            self.ui.info(format_args!("sent {}{of} results", sent.total()));
        }
    }

    fn change(&self, change: impl FnOnce(&mut Delivery)) {
        let mut delivery = self.delivery.get();
        change(&mut delivery);
        delivery.answer = Instant::now();
        self.delivery.set(delivery);
        self.ui.screen.show_delivery(Some(delivery));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ui.screen.show_delivery(None);
    }
}
