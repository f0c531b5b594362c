//! The size of batches: as many results as a server takes in five seconds, learned from the last ones.
//!
//! A server takes 13 to 30 ms a result, and its proxy gives up after 60 s while the server goes on.
//! Batches of five seconds are far from that and make a bar that moves; larger ones save nothing.

use std::time::Duration;

use crate::api::BatchProblem;

/// The results of the first batch: two to three seconds of a server's time.
const FIRST: usize = 100;

/// The most results of a batch, however quick the server is.
const MOST: usize = 1000;

/// The most bytes of JSON of a batch, where it has more than one result. The proxy's limit is
/// 20 MB by default.
const MOST_BYTES: usize = 4 << 20;

/// A batch is at most so many times as large as the one before: a single quick answer says little.
const GROWTH: usize = 4;

/// After so many quick batches a size that took too long before is tried again.
const QUICK: u32 = 3;

/// The size of the batches to come.
#[derive(Clone, Copy, Debug)]
pub struct BatchSize {
    /// The time that a batch is to take.
    target: Duration,
    count: usize,
    /// Results that took too long are twice as many.
    ceiling: usize,
    /// Batches in a row that took less than the target.
    quick: u32,
    /// Bytes that were too many, or at which the connection broke, are twice as many.
    bytes: usize,
}

impl BatchSize {
    /// Begins with some results, which become as many as take `target`.
    pub fn new(target: Duration) -> Self {
        Self { target, count: FIRST, ceiling: MOST, quick: 0, bytes: MOST_BYTES }
    }

    /// Returns the most results of the next batch.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the most bytes of JSON of the next batch, unless it has one result alone.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Learns from a batch of `count` results that was accepted after `elapsed`.
    pub fn accepted(&mut self, count: usize, elapsed: Duration) {
        self.quick = if elapsed < self.target { self.quick + 1 } else { 0 };
        if self.quick >= QUICK {
            self.quick = 0;
            self.ceiling = (self.ceiling * 2).min(MOST);
        }
        let fitting = self.target.as_micros() * count as u128 / elapsed.as_micros().max(1);
        let most = self.ceiling.min(self.count.max(count) * GROWTH);
        self.count = usize::try_from(fitting).unwrap_or(MOST).clamp(1, most);
    }

    /// Halves the next batch after one of `count` results and `bytes` that failed. A size that was to
    /// blame stays the ceiling of later batches; the search for a result that is leaves none behind.
    pub fn failed(&mut self, count: usize, bytes: usize, problem: BatchProblem) {
        let halves = [(count / 2).max(1), (bytes / 2).max(1)];
        match problem {
            BatchProblem::TooLarge | BatchProblem::Reset => self.bytes = halves[1],
            BatchProblem::TooSlow => {
                self.ceiling = halves[0];
                self.quick = 0;
            }
            BatchProblem::Crash | BatchProblem::Invalid | BatchProblem::Filtered => {}
        }
        self.count = self.count.min(halves[0]);
    }

    /// Forgets the bytes that failed: a single result was to blame.
    pub fn forget_bytes(&mut self) {
        self.bytes = MOST_BYTES;
    }

    /// Has each of the next results sent alone, until a batch is accepted.
    pub fn one_by_one(&mut self) {
        self.count = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(batches: &[(usize, f64)]) -> Vec<usize> {
        let mut size = BatchSize::new(Duration::from_secs(5));
        let step = |&(count, seconds): &(usize, f64)| {
            size.accepted(count, Duration::from_secs_f64(seconds));
            size.count()
        };
        batches.iter().map(step).collect()
    }

    #[test]
    fn a_batch_grows_and_shrinks_to_five_seconds() {
        assert_eq!(after(&[(100, 2.0), (250, 5.0), (250, 10.0)]), [250, 250, 125]);
    }

    #[test]
    fn growth_is_bounded_by_step_and_in_all() {
        assert_eq!(after(&[(100, 0.0), (400, 0.001), (1000, 0.001)]), [400, 1000, 1000]);
    }

    #[test]
    fn a_small_last_batch_does_not_shrink_the_next() {
        assert_eq!(after(&[(100, 2.0), (3, 0.06)]), [250, 250]);
    }

    #[test]
    fn a_slow_server_gets_results_one_by_one() {
        assert_eq!(after(&[(100, 1000.0), (1, 10.0)]), [1, 1]);
    }

    /// Returns the most results and bytes after batches of 100 results and 1,000 bytes that failed so.
    fn after_failures(problems: &[BatchProblem]) -> (usize, usize) {
        let mut size = BatchSize::new(Duration::from_secs(5));
        let mut halves = (100, 1000);
        for problem in problems {
            size.failed(halves.0, halves.1, *problem);
            halves = (halves.0 / 2, halves.1 / 2);
        }
        (size.count(), size.bytes())
    }

    #[test]
    fn what_fails_is_halved_and_where_size_is_to_blame_its_bytes() {
        use BatchProblem::{Crash, Filtered, Invalid, Reset, TooLarge, TooSlow};
        for (problems, expected) in [
            (&[Crash][..], (50, MOST_BYTES)),
            (&[Invalid, Filtered], (25, MOST_BYTES)),
            (&[TooSlow], (50, MOST_BYTES)),
            (&[TooLarge], (50, 500)),
            (&[Reset, Reset], (25, 250)),
            (&[TooLarge, Reset], (25, 250)),
            (&[Reset, TooLarge], (25, 250)),
            (&[Crash; 9], (1, MOST_BYTES)),
        ] {
            assert_eq!(after_failures(problems), expected, "{problems:?}");
        }
    }

    #[test]
    fn a_count_that_took_too_long_is_tried_again_after_three_quick_batches() {
        let mut size = BatchSize::new(Duration::from_secs(5));
        size.failed(100, 1000, BatchProblem::TooSlow);
        let mut counts = Vec::new();
        for seconds in [1.0, 1.0, 6.0, 4.9, 4.9, 4.9, 1.0, 5.0] {
            size.accepted(50, Duration::from_secs_f64(seconds));
            counts.push((size.count(), size.ceiling));
        }
        let expected =
            [(50, 50), (50, 50), (41, 50), (50, 50), (50, 50), (51, 100), (100, 100), (50, 100)];
        assert_eq!(counts, expected);
    }

    #[test]
    fn batches_that_take_just_the_target_are_not_quick() {
        let mut size = BatchSize::new(Duration::from_secs(5));
        size.failed(100, 1000, BatchProblem::TooSlow);
        (0..4).for_each(|_| size.accepted(50, Duration::from_secs(5)));
        assert_eq!(size.ceiling, 50);
    }

    #[test]
    fn the_ceiling_is_never_above_the_most() {
        let mut size = BatchSize::new(Duration::from_secs(5));
        (0..9).for_each(|_| size.accepted(100, Duration::ZERO));
        assert_eq!((size.count(), size.ceiling), (MOST, MOST));
    }

    #[test]
    fn a_search_leaves_no_ceiling_behind() {
        let mut size = BatchSize::new(Duration::from_secs(5));
        size.failed(100, 1000, BatchProblem::Crash);
        size.accepted(50, Duration::from_secs(1));
        assert_eq!(size.count(), 200);
        size.one_by_one();
        assert_eq!(size.count(), 1);
        size.accepted(1, Duration::from_millis(1));
        assert_eq!(size.count(), 4);
    }

    #[test]
    fn bytes_that_were_not_to_blame_are_forgotten() {
        let mut size = BatchSize::new(Duration::from_secs(5));
        size.failed(2, 1000, BatchProblem::TooLarge);
        assert_eq!(size.bytes(), 500);
        size.forget_bytes();
        assert_eq!(size.bytes(), MOST_BYTES);
    }
}
