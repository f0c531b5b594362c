//! Results sent one by one, in batches, to a server.

use std::time::{Duration, Instant};

use crate::api::{ApiError, Server};
use crate::delivery::Progress;
use crate::delivery::batch_size::BatchSize;
use crate::delivery::isolation::{Isolation, Request, Step, Urgency};
use crate::model::encoded::EncodedResult;
use crate::model::execution::ExecutionId;
use crate::model::tally::Tally;

/// Results on their way to one execution.
pub struct BatchSender<'a> {
    server: &'a dyn Server,
    execution: ExecutionId,
    progress: Progress<'a>,
    isolation: Isolation,
    /// The oldest of those that wait came then.
    since: Option<Instant>,
}

impl<'a> BatchSender<'a> {
    pub fn new(
        server: &'a dyn Server,
        execution: ExecutionId,
        size: BatchSize,
        progress: Progress<'a>,
    ) -> Self {
        Self { server, execution, progress, isolation: Isolation::new(size), since: None }
    }

    /// Takes one more result, and sends those before it where that makes a batch.
    ///
    /// # Errors
    /// The server takes nothing more: [`BatchSender::take_rest`] has what is left.
    pub fn push(&mut self, result: EncodedResult) -> Result<(), ApiError> {
        self.isolation.push(result);
        self.send(Urgency::Full)
    }

    /// Sends what has waited for `longest`, and returns how long what is left may still wait.
    pub fn flush_after(&mut self, longest: Duration) -> Result<Duration, ApiError> {
        let Some(since) = self.since else { return Ok(Duration::MAX) };
        let left = longest.saturating_sub(since.elapsed());
        if !left.is_zero() {
            return Ok(left);
        }
        self.send(Urgency::All)?;
        Ok(Duration::MAX)
    }

    /// Sends all that was taken, after which nothing more comes.
    pub fn finish(&mut self) -> Result<(), ApiError> {
        self.send(Urgency::End)
    }

    /// Returns what was taken and neither accepted nor refused, in order.
    pub fn take_rest(&mut self) -> impl Iterator<Item = EncodedResult> {
        self.isolation.take_rest()
    }

    /// Returns what became of the others.
    pub fn into_tally(self) -> Tally {
        self.isolation.tally
    }

    fn send(&mut self, urgency: Urgency) -> Result<(), ApiError> {
        while let Some(Request { batch, repeat }) = self.isolation.next_request(urgency)? {
            let outcome = self.server.submit(self.execution, &batch, repeat);
            let before = self.isolation.tally.sent;
            match self.isolation.next(batch, outcome) {
                Step::Accepted => (self.progress)(self.isolation.tally.sent.since(before)),
                Step::Sort(error) => self.server.pause(&error)?,
                Step::Stop(error) => return Err(error),
                Step::Proved | Step::Split | Step::Truncate | Step::Suspend | Step::Refuse => {}
            }
        }
        if self.isolation.is_waiting() {
            self.since.get_or_insert_with(Instant::now);
        } else {
            self.since = None;
        }
        Ok(())
    }
}
