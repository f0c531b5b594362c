//! Results to a server, and to the outbox where the server takes no more.
//!
//! Once a delivery has come to a halt, all that follows is kept, in order, behind what is kept
//! already: nothing that was handed over is lost.

use std::path::PathBuf;
use std::time::Duration;

use crate::api::{ApiError, Retry, Scope};
use crate::delivery::outbox::Outbox;
use crate::delivery::sender::BatchSender;
use crate::model::encoded::{Batch, EncodedResult};
use crate::model::execution::ExecutionRef;
use crate::model::tally::Tally;
use crate::util::text::{describe, plural};

/// Results are written to the outbox in portions of about so many bytes.
const PORTION: usize = 4 << 20;

/// A delivery with an outbox behind it.
pub struct Submitter<'a> {
    delivery: BatchSender<'a>,
    outbox: &'a Outbox,
    home: ExecutionRef,
    /// Keep also what can never be delivered: it may be nowhere else.
    keeps_all: bool,
    /// The reason why nothing more is sent.
    halt: Option<ApiError>,
    to_keep: Batch,
    kept: Kept,
    lost: Option<LostResults>,
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
#[error("{} can be neither sent{why} nor kept", plural(names.len() as u64, "result"))]
pub struct LostResults {
    /// The reason for which they were not sent, in brackets.
    why: String,
    pub names: Vec<String>,
    /// The reason for which they are not kept.
    pub source: ApiError,
}

/// What became of the results.
#[derive(Default)]
pub struct Outcome {
    pub tally: Tally,
    pub kept: Kept,
    /// The error for which not everything was sent.
    pub halt: Option<ApiError>,
    /// Those that could not be kept either.
    pub lost: Option<LostResults>,
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
        Self { delivery, outbox, home, keeps_all, halt, to_keep, kept, lost: None }
    }

    /// Takes one more result.
    pub fn push(&mut self, result: EncodedResult) {
        if self.halt.is_some() {
            return self.keep(result);
        }
        let pushed = self.delivery.push(result);
        self.keep_after(pushed);
    }

    /// Sends what has waited for `longest`, and returns how long what is left may still wait.
    pub fn flush_after(&mut self, longest: Duration) -> Duration {
        if self.halt.is_some() {
            return Duration::MAX;
        }
        self.delivery.flush_after(longest).unwrap_or_else(|error| {
            self.keep_after(Err(error));
            Duration::MAX
        })
    }

    /// Sends, or keeps, all that was taken.
    pub fn finish(mut self) -> Outcome {
        if self.halt.is_none() {
            let flushed = self.delivery.finish();
            self.keep_after(flushed);
        }
        self.write();
        let Self { delivery, halt, kept, lost, .. } = self;
        Outcome { tally: delivery.into_tally(), kept, halt, lost }
    }

    /// Comes to a halt where a delivery failed, and keeps what it had taken.
    fn keep_after(&mut self, sent: Result<(), ApiError>) {
        let Err(error) = sent else { return };
        self.halt = Some(error);
        let rest: Vec<EncodedResult> = self.delivery.take_rest().collect();
        for result in rest {
            self.keep(result);
        }
    }

    fn keep(&mut self, result: EncodedResult) {
        if !self.keeps_all && self.halt.as_ref().is_some_and(is_in_vain) {
            return;
        }
        self.to_keep.push(result);
        if self.to_keep.bytes() > PORTION {
            self.write();
        }
    }

    fn write(&mut self) {
        let batch = std::mem::take(&mut self.to_keep);
        if batch.results.is_empty() {
            return;
        }
        match self.outbox.keep(&self.home, &batch) {
            Ok(path) => {
                self.kept.path = Some(path);
                self.kept.results += batch.results.len() as u64;
            }
            Err(source) => self.lose(&batch, source),
        }
    }

    /// Remembers the names of results that cannot be kept: that is the least that is owed to them.
    fn lose(&mut self, batch: &Batch, source: ApiError) {
        let why = self.halt.as_ref().map(|halt| format!(" ({})", describe(halt.cause())));
        let why = why.unwrap_or_default();
        let lost = self.lost.get_or_insert(LostResults { why, names: Vec::new(), source });
        lost.names.extend(batch.results.iter().map(EncodedResult::name));
    }
}

/// Tells whether nothing will ever be taken: there is no such execution.
fn is_in_vain(error: &ApiError) -> bool {
    error.scope() == Scope::Request && error.retry() == Retry::Never
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::examples::refusal;
    use crate::api::{Record, Spool};
    use crate::delivery::batch_size::BatchSize;
    use crate::model::execution::ExecutionId;
    use crate::model::limits::Limits;
    use crate::model::result::{Status, TestResult};
    use crate::model::warnings::Warnings;
    use crate::util::files::Readers;

    fn result(name: &str) -> EncodedResult {
        let result = TestResult::new(name, Status::Passed);
        EncodedResult::new(result, &Limits::default(), &mut Warnings::default())
    }

    /// What is at a server, in the outbox, and nowhere, of two results.
    #[derive(Debug, Eq, PartialEq)]
    struct Fate {
        stored: usize,
        kept: u64,
        lost: Vec<String>,
    }

    /// Submits to an execution that is there or not, from a pipe or from files.
    fn submit(is_there: bool, is_piped: bool, can_keep: bool, halt: Option<ApiError>) -> Fate {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("spool/1");
        if is_there {
            std::fs::create_dir_all(&path).unwrap();
        }
        let spool = Spool::new(place.path().join("spool"));
        let outbox = Outbox::new(place.path().join("outbox"));
        if !can_keep {
            std::fs::write(place.path().join("outbox"), "").unwrap();
        }
        let execution = ExecutionId::Server(1);
        let home = ExecutionRef { url: "https://api.example".to_owned(), execution };
        let size = BatchSize::new(Duration::from_secs(5));
        let sender = BatchSender::new(&spool, execution, size, &|_| ());
        let mut submitter = Submitter::new(sender, &outbox, home, is_piped, halt);
        submitter.push(result("a"));
        submitter.push(result("b"));
        let Outcome { kept, lost, .. } = submitter.finish();
        let stored = Record::of(path, Readers::Usual).count_results().unwrap();
        if let Some(path) = &kept.path {
            let waiting = Record::of(path.clone(), Readers::Owner).count_results().unwrap();
            assert_eq!(waiting, kept.results);
        }
        let lost = lost.map(|lost| lost.names).unwrap_or_default();
        Fate { stored: usize::try_from(stored).unwrap(), kept: kept.results, lost }
    }

    #[test]
    fn each_result_is_sent_kept_in_a_file_already_or_named() {
        let fate = |stored, kept, lost: &[&str]| {
            let lost = lost.iter().map(ToString::to_string).collect();
            Fate { stored, kept, lost }
        };
        let outage = || Some(refusal(503));
        assert_eq!(submit(true, false, true, None), fate(2, 0, &[]));
        assert_eq!(submit(true, true, false, None), fate(2, 0, &[]));
        // Where something waits already, nothing overtakes it.
        assert_eq!(submit(true, false, true, outage()), fate(0, 2, &[]));
        assert_eq!(submit(true, false, false, outage()), fate(0, 0, &["a", "b"]));
        // No later push delivers to an execution that is not there: what files have is there still.
        assert_eq!(submit(false, false, true, None), fate(0, 0, &[]));
        assert_eq!(submit(false, true, true, None), fate(0, 2, &[]));
        assert_eq!(submit(false, true, false, None), fate(0, 0, &["a", "b"]));
    }
}
