//! Results that are sent as they come in: JSON lines from a pipe.
//!
//! A thread waits for the lines, so that its reader can do something else where none comes.

use std::io::BufReader;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::reports::error::{ReadError, Severity};
use crate::reports::format::ReportReader;
use crate::reports::json::lines;
use crate::reports::report::Piped;
use crate::util::signals::{self, Interrupt};

/// The most lines that wait to be taken; after that the pipe's writer waits.
const QUEUE: usize = 1000;

/// An event of the pipe.
pub enum Arrival {
    Result(TestResult),
    /// A line that is no result.
    Error(ReadError),
    /// Nothing for the time given.
    Pause,
}

/// Hands on what comes, and a pause where nothing came for as long as `patience` says, until the
/// pipe ends.
pub fn each_arrival<E>(
    piped: Piped,
    interrupt: &Interrupt,
    warnings: &mut Warnings,
    mut take: impl FnMut(Arrival) -> Result<Duration, E>,
) -> Result<(), E> {
    let (sender, receiver) = mpsc::sync_channel(QUEUE);
    let piped = Arc::new(Mutex::new(Some(piped)));
    let shared = Arc::clone(&piped);
    let reading = thread::Builder::new().spawn(move || {
        let taken = shared.lock().ok().and_then(|mut piped| piped.take());
        if let Some(piped) = taken {
            read(piped, &mut |arrived| sender.send(arrived).is_ok());
        }
    });
    if reading.is_err() {
        let taken = piped.lock().ok().and_then(|mut piped| piped.take());
        return taken.map_or(Ok(()), |piped| without_thread(piped, warnings, take));
    }
    let mut patience = Duration::MAX;
    let mut queued = QUEUE;
    loop {
        // What is in the queue was read, and is handed on before the end; a pipe may never pause.
        if interrupt.signal().is_some() {
            if queued == 0 {
                return Ok(());
            }
            queued -= 1;
        }
        let arrival = match receiver.recv_timeout(patience.min(signals::POLL)) {
            Ok((arrival, noted)) => {
                warnings.append(noted);
                arrival
            }
            Err(RecvTimeoutError::Timeout) if interrupt.signal().is_some() => return Ok(()),
            Err(RecvTimeoutError::Timeout) => Arrival::Pause,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        patience = take(arrival)?;
    }
}

/// Reads in this thread, where the system has no other: a pause of the pipe is one of the delivery.
fn without_thread<E>(
    piped: Piped,
    warnings: &mut Warnings,
    mut take: impl FnMut(Arrival) -> Result<Duration, E>,
) -> Result<(), E> {
    let mut end = Ok(());
    read(piped, &mut |(arrival, noted)| {
        warnings.append(noted);
        end = take(arrival).map(drop);
        end.is_ok()
    });
    end
}

/// Reads until the pipe ends, or nobody takes what comes.
fn read(piped: Piped, hand_on: &mut dyn FnMut((Arrival, Warnings)) -> bool) {
    let longest = piped.longest;
    let mut lines = lines::Reader::new(BufReader::new(piped.into_reader()), longest);
    loop {
        let mut warnings = Warnings::default();
        let (arrival, ends) = match lines.next(&mut warnings) {
            Ok(Some(result)) => (Arrival::Result(result), false),
            Ok(None) => return,
            Err(error) => {
                let ends = error.severity != Severity::One;
                (Arrival::Error(error), ends)
            }
        };
        if !hand_on((arrival, warnings)) || ends {
            return;
        }
    }
}
