//! The search for results that a server does not take: a machine that knows no server.
//!
//! It holds the results that wait, says what the next request is to hold, and is told what came of it.
//! A batch that fails is made smaller until a result fails alone. Such a *suspect* is to blame only
//! where the server takes others: it is put aside until another result is accepted, or a *sample* that
//! was accepted before is accepted once more, and refused if it then fails again. A server that takes
//! nothing is out of order, and all that was not accepted is given back.

#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use crate::api::{ApiError, BatchProblem, Bounds, InvalidItem, Repeat, Retry, Scope};
use crate::delivery::batch_size::BatchSize;
use crate::delivery::queue::Queue;
use crate::delivery::truncation::Truncation;
use crate::model::encoded::{Batch, EncodedResult};
use crate::model::tally::{RefusedResult, Tally};

/// Attempts of a request that the server crashes on. Several clients that name a test for the first
/// time at once make the server crash, and a retry succeeds.
const CRASHES: u32 = 4;

/// Attempts of a request that breaks the connection.
const RESETS: u32 = 3;

/// Results that may fail alone, one after the other, before a sample is sent again.
const IN_A_ROW: usize = 5;

/// Results that may fail alone while nothing is accepted.
const MOST_SUSPECTS: usize = 1000;

/// Bytes of their JSON.
const MOST_SUSPECT_BYTES: usize = 4 << 20;

/// Results that are remembered as samples.
const MOST_SAMPLES: usize = 8;

/// Bytes of their JSON, where there are several.
const MOST_SAMPLE_BYTES: usize = 64 << 10;

/// Results on their way to one execution, and those that may be to blame for what failed.
pub struct Isolation {
    size: BatchSize,
    /// Not sent yet, in order.
    waiting: Queue,
    /// Each batch is sent in the order of names, not in that of the report.
    by_name: bool,
    /// The server crashed on the next batch once already.
    has_crashed: bool,
    /// The request that is under way.
    trial: Trial,
    /// Failed alone, and nothing was accepted since; older than all that waits.
    suspects: Vec<Suspect>,
    /// Suspects to be tried once more; older than the others.
    retrials: VecDeque<Suspect>,
    /// A result to be sent with less of its texts; older than all others.
    truncation: Option<Truncation>,
    /// Accepted last, in order.
    samples: Vec<EncodedResult>,
    /// Results that were refused since a batch was accepted.
    refused_since: usize,
    /// All results were tried and none was taken: now it is waited until one is.
    is_patient: bool,
    /// What became of the results.
    pub tally: Tally,
}

/// The purpose of a request.
#[derive(Debug)]
enum Trial {
    /// To send results that wait.
    Batch,
    /// To find out whether the server takes anything.
    Probe,
    /// To find out whether a suspect fails again.
    Suspect(Suspect),
    /// To send a result with less of its texts.
    Truncated,
}

/// A result that failed alone.
#[derive(Debug)]
struct Suspect {
    result: EncodedResult,
    error: ApiError,
}

/// The need to send what waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Urgency {
    /// Only where it is more than a batch: others will join it.
    Full,
    /// All of it.
    All,
    /// All of it, and nothing more will come.
    End,
}

/// A request to be made.
#[derive(Debug)]
pub struct Request {
    pub batch: Batch,
    pub repeat: Repeat,
}

/// What is made of an answer.
#[derive(Debug)]
pub enum Step {
    /// The batch is stored.
    Accepted,
    /// The server takes results: suspects are tried once more.
    Proved,
    /// The batch is sent again in the order of names, after a wait.
    Sort(ApiError),
    /// The batch is sent again in parts.
    Split,
    /// The only result is sent again with less of its texts.
    Truncate,
    /// The only result is put aside until it is known whether the server takes others.
    Suspend,
    /// Results are refused; others of the batch are sent again.
    Refuse,
    /// Nothing more is sent.
    Stop(ApiError),
}

impl Isolation {
    pub fn new(size: BatchSize) -> Self {
        Self {
            size,
            waiting: Queue::default(),
            by_name: false,
            has_crashed: false,
            trial: Trial::Batch,
            suspects: Vec::new(),
            retrials: VecDeque::new(),
            truncation: None,
            samples: Vec::new(),
            refused_since: 0,
            is_patient: false,
            tally: Tally::default(),
        }
    }

    pub fn push(&mut self, result: EncodedResult) {
        self.waiting.push(result);
    }

    /// Tells whether results wait to be sent for the first time.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Returns the next request, where there is one to be made by now.
    ///
    /// # Errors
    /// The last error of a server that took nothing.
    pub fn next_request(&mut self, urgency: Urgency) -> Result<Option<Request>, ApiError> {
        if let Some(request) = self.next_retrial() {
            return Ok(Some(request));
        }
        let is_at_end = urgency == Urgency::End && self.waiting.is_empty();
        if self.is_proof_due(is_at_end) {
            if let Some(sample) = self.sample() {
                return Ok(Some(self.request(Trial::Probe, Batch::of(sample))));
            }
            if is_at_end || self.has_many_suspects() {
                return self.after_all_failed().map(Some);
            }
        }
        let is_full = self.waiting.exceeds(self.size.count(), self.size.bytes());
        let is_due = is_full || (urgency != Urgency::Full && !self.waiting.is_empty());
        Ok(is_due.then(|| self.next_batch()))
    }

    /// Draws the consequences of the answer to the last request.
    pub fn next(&mut self, batch: Batch, outcome: Result<Duration, ApiError>) -> Step {
        self.has_crashed = false;
        match (std::mem::replace(&mut self.trial, Trial::Batch), outcome) {
            (Trial::Batch, Ok(elapsed)) => {
                self.size.accepted(batch.results.len(), elapsed);
                self.refused_since = 0;
                self.accept(batch)
            }
            (Trial::Batch, Err(error)) => self.batch_failed(batch, error),
            (Trial::Probe, outcome) => self.probed(outcome),
            (Trial::Suspect(_), Ok(_)) => self.accept(batch),
            (Trial::Suspect(suspect), Err(error)) => self.suspect_failed(suspect, error),
            (Trial::Truncated, Ok(_)) => self.truncated(batch),
            (Trial::Truncated, Err(error)) => self.truncation_failed(error),
        }
    }

    /// Gives back what was neither accepted nor refused, in order.
    pub fn take_rest(&mut self) -> impl Iterator<Item = EncodedResult> {
        let truncated = self.truncation.take().map(|truncation| truncation.whole);
        let retrials = std::mem::take(&mut self.retrials).into_iter();
        let suspects = retrials.chain(std::mem::take(&mut self.suspects));
        let waiting = std::mem::take(&mut self.waiting).into_results();
        truncated.into_iter().chain(suspects.map(|suspect| suspect.result)).chain(waiting)
    }

    /// Returns the next request for a single result that failed before.
    fn next_retrial(&mut self) -> Option<Request> {
        if self.truncation.is_none() {
            let suspect = self.retrials.pop_front()?;
            let truncation = Truncation::of(&suspect.result).filter(|_| suspect.is_too_large());
            if truncation.is_none() {
                let batch = Batch::of(suspect.result.clone());
                return Some(self.request(Trial::Suspect(suspect), batch));
            }
            self.truncation = truncation.map(Truncation::into_last_chance);
        }
        let batch = Batch::of(self.truncation.as_ref()?.form.clone());
        Some(self.request(Trial::Truncated, batch))
    }

    fn request(&mut self, trial: Trial, batch: Batch) -> Request {
        let repeat = self.repeat(&trial, batch.results.len());
        self.trial = trial;
        Request { batch, repeat }
    }

    /// A large batch is made smaller rather than repeated; a result alone gets its chances.
    fn repeat(&self, trial: &Trial, count: usize) -> Repeat {
        let once = Bounds { crashes: 1, delays: 1, resets: 1 };
        let many = Bounds { resets: RESETS, ..once };
        Repeat::Bounded(match trial {
            Trial::Probe => return Repeat::Idempotent,
            Trial::Batch if self.is_patient => return Repeat::Idempotent,
            Trial::Suspect(_) => once,
            // All are tried while nothing is accepted, and the server is not to be stormed.
            Trial::Batch if self.samples.is_empty() && !self.suspects.is_empty() => {
                Bounds { crashes: 2, resets: 2, ..once }
            }
            Trial::Batch if count > 1 && !self.by_name => many,
            Trial::Batch if count > 1 => {
                Bounds { crashes: CRASHES - u32::from(self.has_crashed), ..many }
            }
            Trial::Batch | Trial::Truncated => {
                Bounds { crashes: CRASHES, delays: CRASHES, resets: RESETS }
            }
        })
    }

    fn next_batch(&mut self) -> Request {
        let mut results = self.waiting.take(self.size.count(), self.size.bytes());
        if self.by_name {
            // The order of results of one name stays: the last of them counts.
            results.sort_by_cached_key(EncodedResult::name);
        }
        self.request(Trial::Batch, results.into_iter().collect())
    }

    /// Counts what the server accepted, and has those tried again that failed before.
    fn accept(&mut self, batch: Batch) -> Step {
        self.tally.batches += 1;
        batch.results.iter().for_each(|result| self.tally.sent.add(result.status));
        self.supersede(&batch);
        self.remember(batch);
        self.recheck();
        Step::Accepted
    }

    fn recheck(&mut self) {
        self.is_patient = false;
        self.retrials.extend(self.suspects.drain(..));
    }

    /// Takes the last results of a batch as samples.
    fn remember(&mut self, batch: Batch) {
        let mut bytes = 0;
        let is_within = |result: &EncodedResult| {
            let is_first = bytes == 0;
            bytes += result.json().len();
            is_first || bytes <= MOST_SAMPLE_BYTES
        };
        let last = batch.results.into_iter().rev().take(MOST_SAMPLES);
        self.samples = last.take_while(is_within).collect();
    }

    /// Counts suspects as sent that have the name of a result which was accepted after them: it has
    /// taken their place.
    fn supersede(&mut self, accepted: &Batch) {
        if self.suspects.is_empty() {
            return;
        }
        let names: HashSet<String> = accepted.results.iter().map(EncodedResult::name).collect();
        let is_replaced = |suspect: &mut Suspect| names.contains(&suspect.result.name());
        for suspect in self.suspects.extract_if(.., is_replaced) {
            self.tally.sent.add(suspect.result.status);
        }
    }

    /// Makes the best of a batch that was not accepted.
    fn batch_failed(&mut self, batch: Batch, error: ApiError) -> Step {
        let count = batch.results.len();
        let problem = match (error.scope(), error.problem()) {
            (Scope::Items(items), _) if items.iter().any(|item| item.index < count) => {
                return self.leave_out(batch, items);
            }
            (_, None) => return self.stop(batch, error),
            // Nobody can tell a proxy that refuses a result from one that refuses this network.
            (_, Some(BatchProblem::Filtered)) if self.samples.is_empty() => {
                return self.stop(batch, error);
            }
            (_, Some(problem)) => problem,
        };
        if count == 1 {
            return self.single_failed(batch, problem, error);
        }
        if problem == BatchProblem::Crash && !self.by_name {
            (self.by_name, self.has_crashed) = (true, true);
            self.waiting.put_back(batch.results);
            return Step::Sort(error);
        }
        self.size.failed(count, batch.bytes(), problem);
        self.waiting.put_back(batch.results);
        Step::Split
    }

    fn single_failed(&mut self, batch: Batch, problem: BatchProblem, error: ApiError) -> Step {
        let Some(result) = batch.results.into_iter().next() else { return Step::Split };
        if self.samples.is_empty() {
            self.size.one_by_one();
        } else if problem == BatchProblem::TooLarge
            && let Some(truncation) = Truncation::of(&result)
        {
            self.truncation = Some(truncation);
            return Step::Truncate;
        }
        self.suspects.push(Suspect { result, error });
        Step::Suspend
    }

    fn stop(&mut self, batch: Batch, error: ApiError) -> Step {
        self.waiting.put_back(batch.results);
        Step::Stop(error)
    }

    /// Refuses the results of a batch that the server names.
    fn leave_out(&mut self, batch: Batch, items: &[InvalidItem]) -> Step {
        let mut rest = Vec::new();
        for (index, result) in batch.results.into_iter().enumerate() {
            match items.iter().find(|item| item.index == index) {
                Some(InvalidItem { reason, .. }) => {
                    self.tally.refused.push(RefusedResult::new(&result, reason.clone()));
                }
                None => rest.push(result),
            }
        }
        self.waiting.put_back(rest);
        Step::Refuse
    }

    fn probed(&mut self, outcome: Result<Duration, ApiError>) -> Step {
        match outcome {
            Ok(_) => {
                self.recheck();
                Step::Proved
            }
            Err(error) if error.problem().is_none() => Step::Stop(error),
            Err(error) => Step::Stop(ApiError::Outage(Box::new(error))),
        }
    }

    fn suspect_failed(&mut self, suspect: Suspect, error: ApiError) -> Step {
        let Some(problem) = error.problem() else {
            self.retrials.push_front(suspect);
            return Step::Stop(error);
        };
        if problem == BatchProblem::TooLarge
            && let Some(truncation) = Truncation::of(&suspect.result)
        {
            self.truncation = Some(truncation.into_last_chance());
            return Step::Truncate;
        }
        if matches!(problem, BatchProblem::TooLarge | BatchProblem::Reset) {
            self.size.forget_bytes();
        }
        self.refuse(&suspect.result, &error)
    }

    fn refuse(&mut self, result: &EncodedResult, error: &ApiError) -> Step {
        let reason = named(error).map_or_else(|| error.reason(), |item| item.reason.clone());
        self.refused_since += 1;
        self.tally.refused.push(RefusedResult::new(result, reason));
        Step::Refuse
    }

    fn truncated(&mut self, batch: Batch) -> Step {
        if let Some(truncation) = self.truncation.take() {
            let name = truncation.form.name();
            for warning in truncation.warnings() {
                self.tally.warnings.add(warning, &name);
            }
        }
        self.accept(batch)
    }

    fn truncation_failed(&mut self, error: ApiError) -> Step {
        // The truncated result goes first into the rest.
        let Some(problem) = error.problem() else { return Step::Stop(error) };
        let Some(mut truncation) = self.truncation.take() else { return Step::Split };
        if problem == BatchProblem::TooLarge && truncation.shorten() {
            self.truncation = Some(truncation);
            return Step::Truncate;
        }
        if truncation.is_last_chance || named(&error).is_some() {
            return self.refuse(&truncation.whole, &error);
        }
        self.suspects.push(Suspect { result: truncation.whole, error });
        Step::Suspend
    }

    /// Tells whether it is time to find out who is to blame.
    fn is_proof_due(&self, is_at_end: bool) -> bool {
        let most = if self.refused_since == 0 { 1 } else { IN_A_ROW };
        !self.suspects.is_empty() && (is_at_end || self.suspects.len() >= most)
    }

    fn has_many_suspects(&self) -> bool {
        let bytes = self.suspects.iter().map(|suspect| suspect.result.json().len()).sum::<usize>();
        self.suspects.len() >= MOST_SUSPECTS || bytes >= MOST_SUSPECT_BYTES
    }

    /// Returns the last accepted result whose name has not come again: sending it once more would put
    /// it in the place of the later one.
    fn sample(&self) -> Option<EncodedResult> {
        if self.samples.is_empty() {
            return None;
        }
        let suspects = self.suspects.iter().map(|suspect| &suspect.result);
        let later = suspects.chain(self.waiting.iter());
        let mut names: HashSet<String> = later.map(EncodedResult::name).collect();
        self.samples.iter().find(|sample| names.insert(sample.name())).cloned()
    }

    /// Returns the last request that may show a server which takes anything: a result as short as can
    /// be where all were too large; else all of them once more, for as long as patience lasts.
    ///
    /// # Errors
    /// There is none: the error of the last result.
    fn after_all_failed(&mut self) -> Result<Request, ApiError> {
        let mut too_large = self.suspects.iter().filter(|suspect| suspect.is_too_large());
        if let Some(shortest) = too_large.find_map(|suspect| Truncation::shortest(&suspect.result))
        {
            return Ok(self.request(Trial::Probe, Batch::of(shortest)));
        }
        let may_pass =
            |suspect: &Suspect| matches!(suspect.error.retry(), Retry::Backoff | Retry::After(_));
        if !self.is_patient && self.suspects.iter().any(may_pass) {
            self.is_patient = true;
            self.waiting.put_back(self.suspects.drain(..).map(|suspect| suspect.result));
            return Ok(self.next_batch());
        }
        let Some(Suspect { result, error }) = self.suspects.pop() else {
            return Ok(self.next_batch());
        };
        self.waiting.put_back([result]);
        Err(match error.problem() {
            Some(BatchProblem::Invalid) | None => error,
            Some(_) => ApiError::Outage(Box::new(error)),
        })
    }
}

impl Suspect {
    fn is_too_large(&self) -> bool {
        self.error.problem() == Some(BatchProblem::TooLarge)
    }
}

/// Returns what the server finds wrong with a result that was sent alone, where it names it.
fn named(error: &ApiError) -> Option<&InvalidItem> {
    match error.scope() {
        Scope::Items(items) => items.iter().find(|item| item.index == 0),
        _ => None,
    }
}
