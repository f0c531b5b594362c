//! Results that are read in a thread of their own, while those before them are sent.

use std::hint::black_box;
use std::mem::replace;
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread;

use crate::model::encoded::{Batch, LimitedResult, Portion};
use crate::submission::SubmissionError;

/// Bytes that cross over at once: with fewer, waking the other thread would cost more than reading them.
const PORTION: usize = 128 << 10;

/// Portions that may wait.
const AHEAD: usize = 2;

/// Takes a result that was read.
pub type HandOn<'a> = &'a mut dyn FnMut(&LimitedResult) -> Result<(), SubmissionError>;

/// Has `source` hand on results in a thread of its own, while `take` is at work on those before.
/// Where no thread can be started, both work in turn.
///
/// # Errors
/// That of `take`, with which the reading ends too; else that of `source`.
pub fn read<E: From<SubmissionError>>(
    source: &mut (dyn FnMut(HandOn<'_>) -> Result<(), SubmissionError> + Send),
    mut take: impl FnMut(Batch) -> Result<(), E>,
) -> Result<(), E> {
    keep_freed_memory();
    let taken = thread::scope(|scope| {
        let (sender, portions) = mpsc::sync_channel::<Portion>(AHEAD);
        let source = &mut *source;
        let hand_over = move || in_portions(source, |portion| sender.send(portion).is_ok());
        let reading = thread::Builder::new().spawn_scoped(scope, hand_over).ok()?;
        let taken = portions.into_iter().try_for_each(|portion| take(portion.encode()));
        let read = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
        Some(taken.and(read.map_err(E::from)))
    });
    taken.unwrap_or_else(|| in_one_thread(source, take))
}

/// Has glibc keep the memory that batches free for those that follow: once it has unmapped so much, it
/// holds on to twice as much. Else it has each batch's pages given anew, at a tenth of the time.
fn keep_freed_memory() {
    drop(black_box(Vec::<u8>::with_capacity(1 << 20)));
}

fn in_one_thread<E: From<SubmissionError>>(
    source: &mut dyn FnMut(HandOn<'_>) -> Result<(), SubmissionError>,
    mut take: impl FnMut(Batch) -> Result<(), E>,
) -> Result<(), E> {
    let mut taken = Ok(());
    let read = in_portions(source, |portion| {
        taken = take(portion.encode());
        taken.is_ok()
    });
    taken.and(read.map_err(E::from))
}

/// Gathers results into portions, also those before an error. `send` tells whether more is wanted.
fn in_portions(
    source: &mut dyn FnMut(HandOn<'_>) -> Result<(), SubmissionError>,
    mut send: impl FnMut(Portion) -> bool,
) -> Result<(), SubmissionError> {
    let empty = || Portion::with_capacity(PORTION + PORTION / 4);
    let mut portion = empty();
    let mut is_wanted = true;
    let read = source(&mut |result| {
        portion.push(result);
        if portion.bytes() >= PORTION {
            is_wanted = send(replace(&mut portion, empty()));
        }
        if is_wanted { Ok(()) } else { Err(SubmissionError::Stopped) }
    });
    if is_wanted && portion.bytes() > 0 {
        send(portion);
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::encoded::EncodedResult;
    use crate::model::limits::Limits;
    use crate::model::result::{Status, TestResult};
    use crate::model::warnings::Warnings;

    fn result(number: usize) -> LimitedResult {
        let result = TestResult {
            name: format!("näme \"{number}\""),
            status: [Status::Passed, Status::Failed, Status::Skipped][number % 3],
            category: "c".repeat(number % 2),
            template_id: String::new(),
            comment: "line\n".repeat(number % 5),
            io_log: "log\t".repeat(number * 7 % 1000),
        };
        LimitedResult::new(result, &Limits::default(), &mut Warnings::default())
    }

    type Source = dyn FnMut(HandOn<'_>) -> Result<(), SubmissionError> + Send;

    /// Reads in both ways, and expects the same of each.
    fn taken(source: &mut Source, most: usize) -> (Vec<EncodedResult>, Option<String>) {
        let mut both = [true, false].map(|ahead| {
            let mut taken = Vec::new();
            let take = |batch: Batch| {
                taken.extend(batch.results);
                if taken.len() < most {
                    Ok(())
                } else {
                    Err(SubmissionError::Changed { report: "x".into() })
                }
            };
            let read = if ahead { read(source, take) } else { in_one_thread(source, take) };
            (taken, read.err().map(|error| error.to_string()))
        });
        assert_eq!(both[0], both[1]);
        std::mem::take(&mut both[0])
    }

    #[test]
    fn what_is_read_is_taken_in_order() {
        let mut source =
            |hand_on: HandOn<'_>| (0..5000).try_for_each(|number| hand_on(&result(number)));
        let (results, error) = taken(&mut source, usize::MAX);
        assert_eq!((results.len(), error), (5000, None));
        assert!(results.into_iter().eq((0..5000).map(|number| result(number).encode())));
    }

    #[test]
    fn the_takers_error_ends_the_reading_and_is_the_one_that_counts() {
        let mut endless =
            |hand_on: HandOn<'_>| (0..).try_for_each(|number| hand_on(&result(number)));
        let (_, error) = taken(&mut endless, 1000);
        assert_eq!(error.as_deref(), Some("x changed while it was read: repeat the command"));
    }

    #[test]
    fn what_was_read_before_an_error_is_taken() {
        let mut broken = |hand_on: HandOn<'_>| {
            (0..3000).try_for_each(|number| hand_on(&result(number)))?;
            Err(SubmissionError::SameHash { known: "a".into(), name: "b".into() })
        };
        let (results, error) = taken(&mut broken, usize::MAX);
        assert_eq!(results.len(), 3000);
        assert_eq!(
            error.as_deref(),
            Some("`a` and `b` have the same hash in this run: repeat the command")
        );
    }
}
