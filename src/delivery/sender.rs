//! Delivery: results, one by one, in batches to a server; and what to do where it takes not all.
//!
//! A batch that the server cannot take does not take the others with it: it is made smaller until
//! the results that the server cannot take are alone. Such a culprit is known only where others are
//! accepted: a server that accepts nothing is out of order, and its results are to be kept.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::api::{ApiError, Repeat, Server};
use crate::delivery::Progress;
use crate::delivery::batch_size::BatchSize;
use crate::model::batch::Batch;
use crate::model::encoded::EncodedResult;
use crate::model::execution::ExecutionId;
use crate::model::tally::{Counts, RefusedResult, Tally};

/// How often a server may crash on a batch before it is made smaller. Several clients that name a
/// test for the first time at once make the server crash, and a retry succeeds.
const CRASHES: u32 = 4;

/// So many results that fail alone, one after the other, are not to blame: the server is.
const OUTAGE: usize = 5;

/// A log shorter than this is not cut any further to make a request small enough.
const SHORTEST_LOG: usize = 1 << 10;

/// Results on their way to one execution.
pub struct BatchSender<'a> {
    server: &'a dyn Server,
    execution: ExecutionId,
    progress: Progress<'a>,
    pace: BatchSize,
    /// Not sent yet, in order.
    pending: VecDeque<EncodedResult>,
    pending_bytes: usize,
    /// When the oldest of them came.
    since: Option<Instant>,
    /// Failed alone, and nothing was accepted since.
    suspects: Vec<RefusedResult>,
    /// The server seems out of order: what fails is tried for as long as patience lasts.
    outage: bool,
    pub tally: Tally,
}

impl<'a> BatchSender<'a> {
    pub fn new(
        server: &'a dyn Server,
        execution: ExecutionId,
        pace: BatchSize,
        progress: Progress<'a>,
    ) -> Self {
        Self {
            server,
            execution,
            progress,
            pace,
            pending: VecDeque::new(),
            pending_bytes: 0,
            since: None,
            suspects: Vec::new(),
            outage: false,
            tally: Tally::default(),
        }
    }

    /// Takes one more result, and sends those before it where that makes a batch.
    ///
    /// # Errors
    /// The server takes nothing more: [`BatchSender::take_rest`] has what is left.
    pub fn push(&mut self, result: EncodedResult) -> Result<(), ApiError> {
        self.since.get_or_insert_with(Instant::now);
        self.pending_bytes += result.json().len() + 1;
        self.pending.push_back(result);
        while self.pending.len() > self.pace.count() || self.pending_bytes > self.pace.bytes() {
            self.send_batch()?;
        }
        Ok(())
    }

    /// Sends what has waited for `longest`, and tells how long what is left may still wait.
    ///
    /// # Errors
    /// As those of [`BatchSender::push`].
    pub fn flush_after(&mut self, longest: Duration) -> Result<Duration, ApiError> {
        let Some(since) = self.since else { return Ok(Duration::MAX) };
        let left = longest.saturating_sub(since.elapsed());
        if left.is_zero() {
            self.flush()?;
            return Ok(Duration::MAX);
        }
        Ok(left)
    }

    /// Sends all that was taken.
    ///
    /// # Errors
    /// As those of [`BatchSender::push`].
    pub fn flush(&mut self) -> Result<(), ApiError> {
        while !self.pending.is_empty() {
            self.send_batch()?;
        }
        if self.tally.batches > 0 {
            self.tally.refused.append(&mut self.suspects);
        } else if !self.suspects.is_empty() {
            self.outage = true;
            self.recall_suspects();
            return self.flush();
        }
        Ok(())
    }

    /// What was taken and not accepted, in order.
    pub fn take_rest(&mut self) -> impl Iterator<Item = EncodedResult> {
        self.recall_suspects();
        self.pending_bytes = 0;
        std::mem::take(&mut self.pending).into_iter()
    }

    fn send_batch(&mut self) -> Result<(), ApiError> {
        let batch = self.next_batch();
        match self.server.submit(self.execution, &batch, self.repeat(&batch)) {
            Ok(elapsed) => {
                self.accepted(&batch, elapsed);
                self.try_suspects()
            }
            Err(error) => self.failed(batch, error),
        }
    }

    fn next_batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        while let Some(result) = self.pending.pop_front() {
            let is_full = batch.results.len() >= self.pace.count()
                || batch.bytes() + result.json().len() >= self.pace.bytes();
            if is_full && !batch.results.is_empty() {
                self.pending.push_front(result);
                break;
            }
            self.pending_bytes -= result.json().len() + 1;
            batch.push(result);
        }
        if self.pending.is_empty() {
            self.since = None;
        }
        batch
    }

    /// A large batch is made smaller rather than repeated; a result alone gets its chances.
    fn repeat(&self, batch: &Batch) -> Repeat {
        if self.outage {
            return Repeat::Idempotent;
        }
        let delays = if batch.results.len() == 1 { CRASHES } else { 1 };
        Repeat::WhileBearable { crashes: CRASHES, delays }
    }

    fn accepted(&mut self, batch: &Batch, elapsed: Duration) {
        self.pace.accepted(batch.results.len(), elapsed);
        self.outage = false;
        self.tally.batches += 1;
        let mut accepted = Counts::default();
        batch.results.iter().for_each(|result| accepted.add(result.status));
        self.tally.sent.append(accepted);
        (self.progress)(accepted);
    }

    /// The server takes results again: what failed alone is to blame only where it still fails.
    ///
    /// # Errors
    /// The server takes nothing more.
    fn try_suspects(&mut self) -> Result<(), ApiError> {
        let mut suspects = std::mem::take(&mut self.suspects).into_iter();
        while let Some(RefusedResult { result, reason }) = suspects.next() {
            let batch = Batch::of(result.clone());
            let once = Repeat::WhileBearable { crashes: 1, delays: 1 };
            match self.server.submit(self.execution, &batch, once) {
                Ok(elapsed) => self.accepted(&batch, elapsed),
                Err(error) if self.is_bearable(&error) || error.status() == Some(413) => {
                    self.tally.refused.push(RefusedResult { result, reason });
                }
                Err(error) => {
                    let rest = suspects.map(|suspect| suspect.result);
                    self.put_back(std::iter::once(result).chain(rest).collect());
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Makes the best of a batch that was not accepted.
    ///
    /// # Errors
    /// `error`, where smaller batches would not help.
    fn failed(&mut self, batch: Batch, error: ApiError) -> Result<(), ApiError> {
        let count = batch.results.len();
        let is_single = count == 1;
        if is_single && error.status() == Some(413) {
            return self.cut_log(batch, error);
        } else if error.invalid_items().iter().any(|(index, _)| *index < count) {
            self.leave_out(batch, error.invalid_items());
        } else if is_single && self.is_bearable(&error) {
            self.suspect(batch, &error);
        } else {
            let is_curable = !is_single && self.shrink(&batch, &error);
            self.put_back(batch.results);
            if !is_curable {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether an error is one of this batch rather than of the whole server.
    fn is_bearable(&self, error: &ApiError) -> bool {
        !self.outage && !error.retries_exhausted() && (error.is_crash() || error.is_delay())
    }

    /// Makes the next batches smaller where that may help, and tells whether it may.
    fn shrink(&mut self, batch: &Batch, error: &ApiError) -> bool {
        let count = batch.results.len();
        if error.status() == Some(413) {
            self.pace.too_large(batch.bytes());
        } else if !self.is_bearable(error) {
            return false;
        } else if error.is_delay() {
            self.pace.too_slow(count);
        } else {
            self.pace.narrow(count);
        }
        true
    }

    fn put_back(&mut self, results: Vec<EncodedResult>) {
        self.since.get_or_insert_with(Instant::now);
        for result in results.into_iter().rev() {
            self.pending_bytes += result.json().len() + 1;
            self.pending.push_front(result);
        }
    }

    /// A result that fails alone may be a culprit, or one of many that meet a server out of order.
    fn suspect(&mut self, batch: Batch, error: &ApiError) {
        let reason = error.cause().to_string();
        let rejected = batch.results.into_iter();
        self.suspects
            .extend(rejected.map(|result| RefusedResult { result, reason: reason.clone() }));
        if self.suspects.len() >= OUTAGE {
            self.outage = true;
            self.recall_suspects();
        }
    }

    fn recall_suspects(&mut self) {
        let suspects = std::mem::take(&mut self.suspects);
        self.put_back(suspects.into_iter().map(|suspect| suspect.result).collect());
    }

    /// The server names the results of a batch that are not valid, by their places.
    fn leave_out(&mut self, batch: Batch, invalid_items: &[(usize, String)]) {
        let mut rest = Vec::new();
        for (index, result) in batch.results.into_iter().enumerate() {
            match invalid_items.iter().find(|(invalid_items, _)| *invalid_items == index) {
                Some((_, reason)) => {
                    self.tally.refused.push(RefusedResult { result, reason: reason.clone() });
                }
                None => rest.push(result),
            }
        }
        self.put_back(rest);
    }

    /// A single result is too large for a request: its log is halved until it fits.
    ///
    /// # Errors
    /// As those of [`BatchSender::failed`].
    fn cut_log(&mut self, whole: Batch, mut error: ApiError) -> Result<(), ApiError> {
        let shorter: Vec<_> = whole.results.iter().flat_map(shorter_logs).collect();
        for cut in shorter {
            let batch = Batch::of(cut);
            match self.server.submit(self.execution, &batch, self.repeat(&batch)) {
                Ok(elapsed) => {
                    let name = batch.results[0].name();
                    self.tally
                        .warnings
                        .add("log cut, because the server takes no larger request", &name);
                    self.accepted(&batch, elapsed);
                    return self.try_suspects();
                }
                Err(refusal) if refusal.status() == Some(413) => error = refusal,
                Err(error) => return self.failed(whole, error),
            }
        }
        let reason = error.cause().to_string();
        let rejected = whole.results.into_iter();
        self.tally
            .refused
            .extend(rejected.map(|result| RefusedResult { result, reason: reason.clone() }));
        Ok(())
    }
}

/// Returns the result with half of its log, with a quarter of it, and so on.
fn shorter_logs(whole: &EncodedResult) -> impl Iterator<Item = EncodedResult> {
    let halves = std::iter::successors(Some(whole.json().len() / 2), |length| Some(length / 2));
    halves
        .take_while(|length| *length >= SHORTEST_LOG / 2)
        .map(|length| whole.with_shorter_log(length))
}
