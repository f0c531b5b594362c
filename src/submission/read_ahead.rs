//! Reading ahead: results from a thread that reads them to the one that sends them.
//!
//! This module owns the thread and the memory in which results cross over. It knows neither where they
//! come from nor where they go.

use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use anyhow::Context as _;
use bytes::Bytes;

use crate::model::batch::{Batch, EncodedResult};
use crate::model::result::{Status, TestResult};

/// Bytes of text that cross over at once: with fewer, waking the other thread would cost more than
/// encoding them.
const PORTION: usize = 256 << 10;

/// So many portions may wait.
const AHEAD: usize = 4;

/// Has `source` hand on results in a thread of its own, while `take` is at work on those before.
///
/// # Errors
/// That of `take`, with which the reading ends too; else that of `source`.
pub fn read(
    source: impl FnOnce(&mut dyn FnMut(&TestResult) -> anyhow::Result<()>) -> anyhow::Result<()> + Send,
    mut take: impl FnMut(Batch) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (full, portions) = mpsc::sync_channel(AHEAD);
    let (give_back, emptied) = mpsc::channel();
    let mut sender = Sender { portion: Portion::default(), full, emptied };
    thread::scope(|scope| {
        let reading = thread::Builder::new()
            .spawn_scoped(scope, move || {
                let read = source(&mut |result| sender.push(result));
                let sent = sender.send();
                read.and(sent)
            })
            .context("no thread can be started to read in")?;
        let taken = portions.into_iter().try_for_each(|mut portion: Portion| {
            let batch = portion.encode()?;
            portion.clear();
            // Nobody needs it where all is read.
            _ = give_back.send(portion);
            take(batch)
        });
        let read = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
        taken.and(read)
    })
}

/// The end at which results are read.
struct Sender {
    portion: Portion,
    full: SyncSender<Portion>,
    /// Portions come back: such memory anew each time would cost a twentieth of a submission's time.
    emptied: Receiver<Portion>,
}

impl Sender {
    fn push(&mut self, result: &TestResult) -> anyhow::Result<()> {
        self.portion.push(result);
        if self.portion.text.len() < PORTION { Ok(()) } else { self.send() }
    }

    /// # Errors
    /// Nobody takes any more.
    fn send(&mut self) -> anyhow::Result<()> {
        let next = self.emptied.try_recv().unwrap_or_default();
        Ok(self.full.send(std::mem::replace(&mut self.portion, next))?)
    }
}

/// Results whose texts lie in one piece of memory: many small ones that one thread takes and another
/// gives back cost more than reading them.
#[derive(Debug, Default)]
struct Portion {
    text: String,
    /// Where each of the five texts ends.
    results: Vec<(Status, [usize; 5])>,
}

impl Portion {
    fn clear(&mut self) {
        self.text.clear();
        self.results.clear();
    }

    fn push(&mut self, result: &TestResult) {
        let TestResult { name, status, category, template_id, comment, io_log } = result;
        let ends = [name, category, template_id, comment, io_log].map(|text| {
            self.text.push_str(text);
            self.text.len()
        });
        self.results.push((*status, ends));
    }

    /// The results as JSON, which lies in one piece of memory too.
    ///
    /// # Errors
    /// As those of [`EncodedResult::new`].
    fn encode(&self) -> serde_json::Result<Batch> {
        let mut json = Vec::with_capacity(self.text.len());
        let mut places = Vec::with_capacity(self.results.len());
        let mut text_start = 0;
        for (status, ends) in &self.results {
            let [name, category, template_id, comment, io_log] =
                ends.map(|end| &self.text[std::mem::replace(&mut text_start, end)..end]);
            let status = *status;
            let start = json.len();
            let result = TestResult { name, status, category, template_id, comment, io_log };
            serde_json::to_writer(&mut json, &result)?;
            places.push((status, start..json.len()));
        }
        let json = Bytes::from(json);
        let mut batch = Batch::default();
        for (status, place) in places {
            batch.push(EncodedResult { status, json: json.slice(place) });
        }
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn result(number: usize) -> TestResult {
        let status = [Status::Passed, Status::Failed, Status::Skipped][number % 3];
        TestResult {
            name: format!("näme \"{number}\""),
            status,
            category: "c".repeat(number % 2),
            template_id: String::new(),
            comment: "line\n".repeat(number % 5),
            io_log: "log\t".repeat(number * 7 % 1000),
        }
    }

    #[test]
    fn what_is_read_is_taken_in_order() {
        let mut number = 0;
        let hand_on = |hand: &mut dyn FnMut(&TestResult) -> anyhow::Result<()>| {
            (0..5000).try_for_each(|number| hand(&result(number)))
        };
        read(hand_on, |batch| {
            for encoded in &batch.results {
                let taken: TestResult = serde_json::from_slice(&encoded.json)?;
                assert_eq!((&taken, encoded.status), (&result(number), taken.status));
                assert_eq!(encoded.name(), taken.name);
                number += 1;
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(number, 5000);
    }

    #[test]
    fn the_takers_error_ends_the_reading_and_is_the_one_that_counts() {
        let endless = |hand: &mut dyn FnMut(&TestResult) -> anyhow::Result<()>| {
            (0..).try_for_each(|number| hand(&result(number)))
        };
        let taken = Cell::new(0);
        let error = read(endless, |_| {
            taken.set(taken.get() + 1);
            anyhow::ensure!(taken.get() < 3, "enough");
            Ok(())
        });
        assert_eq!((error.unwrap_err().to_string(), taken.get()), ("enough".to_owned(), 3));
    }

    #[test]
    fn what_was_read_before_an_error_is_taken() {
        let broken = |hand: &mut dyn FnMut(&TestResult) -> anyhow::Result<()>| {
            (0..3000).try_for_each(|number| hand(&result(number)))?;
            anyhow::bail!("no more")
        };
        let mut taken = 0;
        let error = read(broken, |batch| {
            taken += batch.results.len();
            Ok(())
        });
        assert_eq!(error.unwrap_err().to_string(), "no more");
        assert_eq!(taken, 3000);
    }
}
