//! The line that shows how far a delivery is, or what it waits for, fitted to a terminal's width.
//!
//! A pure function of what is known, the present and the width: the screen draws it.

use std::time::{Duration, Instant};

use super::table::fitting;
use crate::model::tally::Counts;

/// A server that answers nothing for this long is said to be waited for.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// The most cells of the bar itself, and the fewest that show anything.
const CELLS: std::ops::RangeInclusive<usize> = 6..=30;

/// A delivery that is under way.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub sent: Counts,
    /// Absent where the end is not known.
    pub total: Option<u64>,
    pub start: Instant,
    /// The moment at which the server last accepted anything.
    pub answer: Instant,
}

/// A server that is not reached.
#[derive(Debug)]
pub struct Outage {
    /// In a few words.
    pub reason: String,
    /// The number of the next attempt but for the first, counted from 1.
    pub retry: u32,
    pub next: Instant,
    pub end: Instant,
}

impl Delivery {
    /// Returns the line, of fewer columns than the terminal has.
    pub fn line(&self, now: Instant, columns: usize) -> String {
        let sent = self.sent.total();
        let position = match self.total {
            Some(total) => format!("{sent}/{total}"),
            None => format!("{sent} sent"),
        };
        let mut line = truncated(&position, columns.saturating_sub(1));
        let mut room = columns.saturating_sub(1 + line.len());
        let mut facts = String::new();
        for fact in self.facts(now) {
            let separator = if facts.is_empty() { " " } else { ", " };
            if separator.len() + fact.len() > room {
                break;
            }
            room -= separator.len() + fact.len();
            facts = facts + separator + &fact;
        }
        if let Some(total) = self.total.filter(|total| *total > 0) {
            line += &bar(sent, total, room);
        }
        line + &facts
    }

    /// Lists what there is to say, the most important first.
    fn facts(&self, now: Instant) -> Vec<String> {
        let elapsed = now.saturating_duration_since(self.start);
        let mut facts = vec![format!("{} failed", self.sent.failed), clock(elapsed)];
        if now.saturating_duration_since(self.answer) >= LONG_WAIT {
            facts.push("waiting for the server".to_owned());
            return facts;
        }
        let (sent, seconds) = (self.sent.total(), elapsed.as_secs_f64());
        if sent == 0 || seconds <= 0.0 {
            return facts;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown roughly")]
        let (sent, total) = (sent as f64, self.total.map(|total| total as f64));
        facts.push(format!("{:.0}/s", sent / seconds));
        let left = total.map(|total| (total - sent).max(0.0) * seconds / sent);
        let left = left.and_then(|left| Duration::try_from_secs_f64(left).ok());
        facts.extend(left.map(|left| format!("{} left", clock(left))));
        facts
    }
}

impl Outage {
    /// Returns the line, of fewer columns than the terminal has.
    pub fn line(&self, now: Instant, columns: usize) -> String {
        let columns = columns.saturating_sub(1);
        let next = match self.next.saturating_duration_since(now).as_secs_f64().ceil() {
            0.0 => "now".to_owned(),
            seconds => format!("in {seconds:.0} s"),
        };
        let retry = format!("retry {} {next}", self.retry);
        let end = clock(self.end.saturating_duration_since(now));
        // A reason of which nothing can be read says nothing.
        let least = 10;
        for rest in [format!("{retry}, gives up in {end}"), retry.clone()] {
            let room = columns.saturating_sub(", ".len() + rest.len());
            if room >= least {
                return format!("{}, {rest}", truncated(&self.reason, room));
            }
        }
        truncated(&retry, columns)
    }
}

/// Returns ` [====>    ]`, or nothing where there is no room.
fn bar(sent: u64, total: u64, room: usize) -> String {
    let cells = room.saturating_sub(" []".len()).min(*CELLS.end());
    if cells < *CELLS.start() {
        return String::new();
    }
    let done = u128::from(sent.min(total)) * cells as u128 / u128::from(total);
    let done = usize::try_from(done).unwrap_or(cells);
    let head = if done < cells { ">" } else { "" };
    format!(" [{:<cells$}]", "=".repeat(done) + head)
}

/// Returns minutes and seconds, and hours where there are any.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Returns the beginning of a text, with an ellipsis where it is longer.
fn truncated(text: &str, columns: usize) -> String {
    match columns.checked_sub(1) {
        _ if fitting(text, columns) == text.len() => text.to_owned(),
        Some(room) => format!("{}…", &text[..fitting(text, room)]),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthChar;

    use super::*;

    /// Returns a delivery with the present.
    fn moment(
        passed: u64,
        failed: u64,
        total: Option<u64>,
        seconds: u64,
        silence: u64,
    ) -> (Delivery, Instant) {
        let sent = Counts { passed, failed, skipped: 0 };
        let start = Instant::now();
        let now = start + Duration::from_secs(seconds);
        let answer = now.checked_sub(Duration::from_secs(silence)).unwrap();
        (Delivery { sent, total, start, answer }, now)
    }

    /// Returns an outage with the present.
    fn outage(reason: &str, next: f64, end: u64) -> (Outage, Instant) {
        let now = Instant::now();
        let (next, end) = (now + Duration::from_secs_f64(next), now + Duration::from_secs(end));
        (Outage { reason: reason.to_owned(), retry: 7, next, end }, now)
    }

    #[test]
    fn a_delivery_shows_what_fits() {
        let begun = moment(0, 0, Some(120), 0, 0);
        let waiting = moment(0, 0, Some(120), 12, 12);
        let running = moment(35, 2, Some(120), 10, 0);
        let done = moment(120, 0, Some(120), 3700, 0);
        let live = moment(35, 2, None, 10, 0);
        for ((moment, now), columns, line) in [
            (&begun, 80, "0/120 [>                             ] 0 failed, 0:00"),
            (&begun, 30, "0/120 [>     ] 0 failed, 0:00"),
            (&begun, 28, "0/120 0 failed, 0:00"),
            (&begun, 15, "0/120 0 failed"),
            (&begun, 6, "0/120"),
            (&begun, 4, "0/…"),
            (&begun, 0, ""),
            (&waiting, 60, "0/120 [>           ] 0 failed, 0:12, waiting for the server"),
            (
                &running,
                80,
                "37/120 [=========>                    ] 2 failed, 0:10, 4/s, 0:22 left",
            ),
            (&running, 50, "37/120 [==>      ] 2 failed, 0:10, 4/s, 0:22 left"),
            (
                &done,
                80,
                "120/120 [==============================] 0 failed, 1:01:40, 0/s, 0:00 left",
            ),
            (&live, 50, "37 sent 2 failed, 0:10, 4/s"),
        ] {
            let shown = moment.line(*now, columns);
            assert_eq!(shown, line, "{columns}");
        }
    }

    #[test]
    fn an_outage_shows_its_reason_the_next_attempt_and_its_end() {
        let refused = outage("connection refused", 27.3, 250);
        let line = "connection refused, retry 7 in 28 s, gives up in 4:10";
        for ((outage, now), columns, shown) in [
            (&refused, 80, line),
            (&refused, 54, line),
            (&refused, 53, "connection refus…, retry 7 in 28 s, gives up in 4:10"),
            (&refused, 40, "connection refused, retry 7 in 28 s"),
            (&refused, 20, "retry 7 in 28 s"),
            (&refused, 10, "retry 7 …"),
            (&outage("no answer", 0.0, 59), 80, "no answer, retry 7 now, gives up in 0:59"),
        ] {
            assert_eq!(outage.line(*now, columns), shown);
        }
    }

    #[test]
    fn no_line_is_as_wide_as_the_terminal() {
        let width = |line: &str| line.chars().map(|c| c.width().unwrap_or_default()).sum::<usize>();
        for columns in 1..250 {
            for (moment, now) in [
                moment(0, 0, Some(0), 0, 0),
                moment(3, 1, Some(u64::MAX), 1, 0),
                moment(u64::from(u32::MAX), 9999, Some(7), 100_000, 3),
                moment(1, 0, None, 0, 0),
            ] {
                assert!(width(&moment.line(now, columns)) < columns, "{moment:?} {columns}");
            }
            let (outage, now) = outage("漢字 that no resolver knows, and more of it", 30.0, 9999);
            assert!(width(&outage.line(now, columns)) < columns, "{columns}");
        }
    }
}
