//! Results to a server, and to the outbox where the server takes no more.
//!
//! Once a delivery has come to a halt, all that follows is kept, in order, behind what is kept
//! already: nothing that was handed over is lost.

use std::path::PathBuf;
use std::time::Duration;

use crate::api::{ApiError, Retry, Scope};
use crate::delivery::outbox::Outbox;
use crate::delivery::sender::BatchSender;
use crate::model::batch::Batch;
use crate::model::encoded::EncodedResult;
use crate::model::execution::ExecutionRef;
use crate::model::tally::Tally;
use crate::util::text::describe;

/// Results are written to the outbox in portions of about so many bytes.
const PORTION: usize = 4 << 20;

/// A delivery with an outbox behind it.
pub struct Submitter<'a> {
    delivery: BatchSender<'a>,
    outbox: &'a Outbox,
    home: ExecutionRef,
    /// Keep also what can never be delivered: it may be nowhere else.
    keeps_all: bool,
    /// Why nothing more is sent.
    halt: Option<ApiError>,
    to_keep: Batch,
    kept: Kept,
}

/// What is in the outbox of what was handed over.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub results: u64,
    /// The directory, where there is anything.
    pub path: Option<PathBuf>,
}

/// Results that nobody has: not the server, and not this machine.
#[derive(Debug, thiserror::Error)]
#[error("results can be neither sent{why} nor kept")]
pub struct LostResults {
    /// Why they were not sent, in brackets.
    why: String,
    /// Why they are not kept.
    pub source: ApiError,
}

/// What became of the results.
pub struct Outcome {
    pub tally: Tally,
    pub kept: Kept,
    /// Why not everything was sent.
    pub halt: Option<ApiError>,
}

impl<'a> Submitter<'a> {
    /// `halt` is there where the outbox holds something for this execution that cannot be sent:
    /// then everything joins it there.
    pub fn new(
        delivery: BatchSender<'a>,
        outbox: &'a Outbox,
        home: ExecutionRef,
        keeps_all: bool,
        halt: Option<ApiError>,
    ) -> Self {
        let (to_keep, kept) = (Batch::default(), Kept::default());
        Self { delivery, outbox, home, keeps_all, halt, to_keep, kept }
    }

    /// Takes one more result.
    ///
    /// # Errors
    /// It can neither be sent nor kept.
    pub fn push(&mut self, result: EncodedResult) -> Result<(), LostResults> {
        if self.halt.is_some() {
            return self.keep(result).map_err(|error| self.lost(error));
        }
        let pushed = self.delivery.push(result);
        self.keep_after(pushed).map_err(|error| self.lost(error))
    }

    /// Sends what has waited for `longest`, and tells how long what is left may still wait.
    ///
    /// # Errors
    /// As those of [`Submitter::push`].
    pub fn flush_after(&mut self, longest: Duration) -> Result<Duration, LostResults> {
        if self.halt.is_some() {
            return Ok(Duration::MAX);
        }
        match self.delivery.flush_after(longest) {
            Ok(left) => Ok(left),
            Err(error) => {
                self.keep_after(Err(error)).map_err(|error| self.lost(error))?;
                Ok(Duration::MAX)
            }
        }
    }

    /// Sends, or keeps, all that was taken.
    ///
    /// # Errors
    /// As those of [`Submitter::push`].
    pub fn finish(mut self) -> Result<Outcome, LostResults> {
        if self.halt.is_none() {
            let flushed = self.delivery.finish();
            self.keep_after(flushed).map_err(|error| self.lost(error))?;
        }
        self.write().map_err(|error| self.lost(error))?;
        let Self { delivery, halt, kept, .. } = self;
        Ok(Outcome { tally: delivery.into_tally(), kept, halt })
    }

    /// Comes to a halt where a delivery failed, and keeps what it had taken.
    fn keep_after(&mut self, sent: Result<(), ApiError>) -> Result<(), ApiError> {
        let Err(error) = sent else { return Ok(()) };
        self.halt = Some(error);
        let rest: Vec<EncodedResult> = self.delivery.take_rest().collect();
        rest.into_iter().try_for_each(|result| self.keep(result))
    }

    fn lost(&self, source: ApiError) -> LostResults {
        let why = self
            .halt
            .as_ref()
            .map(|halt| format!(" ({})", describe(halt.cause())))
            .unwrap_or_default();
        LostResults { why, source }
    }

    fn keep(&mut self, result: EncodedResult) -> Result<(), ApiError> {
        if !self.keeps_all && self.halt.as_ref().is_some_and(is_in_vain) {
            return Ok(());
        }
        self.to_keep.push(result);
        if self.to_keep.bytes() > PORTION { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), ApiError> {
        if self.to_keep.results.is_empty() {
            return Ok(());
        }
        self.kept.path = Some(self.outbox.keep(&self.home, &self.to_keep)?);
        self.kept.results += self.to_keep.results.len() as u64;
        self.to_keep = Batch::default();
        Ok(())
    }
}

/// Tells whether nothing will ever be taken: there is no such execution.
fn is_in_vain(error: &ApiError) -> bool {
    error.scope() == Scope::Request && error.retry() == Retry::Never
}
