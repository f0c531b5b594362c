//! How large the next batch is: what a server takes in five seconds, learned from the last one.
//!
//! A server takes 13 to 30 ms a result, and its proxy gives up after 60 s while the server goes on.
//! Batches of five seconds are far from that and make a bar that moves; larger ones save nothing.

use std::time::Duration;

/// The results of the first batch: two to three seconds of a server's time.
const FIRST: usize = 100;

/// The most results of a batch, however quick the server is.
const MOST: usize = 1000;

/// The most bytes of JSON of a batch, where it has more than one result. The proxy's limit is
/// 20 MB by default.
const MOST_BYTES: usize = 4 << 20;

/// A batch is at most so many times as large as the one before: a single quick answer says little.
const GROWTH: usize = 4;

/// The size of the batches to come.
#[derive(Clone, Copy, Debug)]
pub struct BatchSize {
    /// The time that a batch is to take.
    aim: Duration,
    count: usize,
    /// What is never exceeded again, because it failed.
    ceiling: usize,
    bytes: usize,
}

impl BatchSize {
    pub fn new(aim: Duration) -> Self {
        Self { aim, count: FIRST, ceiling: MOST, bytes: MOST_BYTES }
    }

    /// The most results of the next batch.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The most bytes of JSON of the next batch, unless it has one result alone.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A batch of `count` results was accepted after `elapsed`.
    pub fn accepted(&mut self, count: usize, elapsed: Duration) {
        let fitting = self.aim.as_micros() * count as u128 / elapsed.as_micros().max(1);
        let most = self.ceiling.min(self.count.max(count) * GROWTH);
        self.count = usize::try_from(fitting).unwrap_or(MOST).clamp(1, most);
    }

    /// A batch of `count` results took too long, and so would every other of that size.
    pub fn too_slow(&mut self, count: usize) {
        self.ceiling = (count / 2).max(1);
        self.count = self.count.min(self.ceiling);
    }

    /// A batch of `bytes` was too large, and so would be every other of that size.
    pub fn too_large(&mut self, bytes: usize) {
        self.bytes = (bytes / 2).max(1);
    }

    /// A batch of `count` results failed for one of them: the next is a part of it.
    pub fn narrow(&mut self, count: usize) {
        self.count = (count / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(batches: &[(usize, f64)]) -> Vec<usize> {
        let mut pace = BatchSize::new(Duration::from_secs(5));
        let step = |&(count, seconds): &(usize, f64)| {
            pace.accepted(count, Duration::from_secs_f64(seconds));
            pace.count()
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

    #[test]
    fn what_took_too_long_stays_the_ceiling() {
        let mut pace = BatchSize::new(Duration::from_secs(5));
        pace.too_slow(100);
        assert_eq!(pace.count(), 50);
        pace.accepted(50, Duration::from_millis(1));
        assert_eq!(pace.count(), 50);
    }

    #[test]
    fn what_was_too_large_stays_the_ceiling_and_a_search_does_not() {
        let mut pace = BatchSize::new(Duration::from_secs(5));
        pace.too_large(1000);
        pace.narrow(100);
        assert_eq!((pace.bytes(), pace.count()), (500, 50));
        pace.accepted(50, Duration::from_secs(1));
        assert_eq!((pace.bytes(), pace.count()), (500, 200));
    }
}
