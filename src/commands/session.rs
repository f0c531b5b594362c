//! The execution that a command works on, with the outbox behind it.
//!
//! What is kept for the execution is delivered first, by every command that writes to it; where
//! that fails, what the command has to send joins it there.

use std::time::{Duration, Instant};

use crate::api::{ApiError, Applied, BatchProblem, Execution, Retry, Scope, Server};
use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::delivery::replay::{Replay, ReplayError};
use crate::delivery::sender::BatchSender;
use crate::delivery::state_dir::StateDirectory;
use crate::delivery::submitter::{LostResults, Outcome, Submitter};
use crate::delivery::{self, outbox::Outbox};
use crate::model::encoded::EncodedResult;
use crate::model::execution::{ExecutionId, ExecutionRef, Link};
use crate::model::tally::Tally;
use crate::model::update::{self, Change};
use crate::model::warnings::Warnings;
use crate::ui::github::Failures;
use crate::ui::progress::Progress;
use crate::ui::summary::{self, FileSummary, RefusedLine, Summary};
use crate::ui::terminal;
use crate::util::text::plural;

/// An execution to write to, with its server and its outbox.
pub struct Session {
    pub server: Box<dyn Server>,
    pub execution: ExecutionId,
    state: StateDirectory,
    outbox: Outbox,
    home: ExecutionRef,
    /// Results come from a pipe, and are nowhere else: all are kept that are not delivered.
    is_piped: bool,
    start: Instant,
}

/// The end of a change.
pub struct Updated {
    /// The execution as it is then, where the server has told it.
    pub execution: Option<Execution>,
    /// All of it is made.
    pub is_done: bool,
    pub exit: Exit,
}

/// The reason for which not all changes were made.
struct Undone {
    made: usize,
    /// The first of the others was sent.
    is_tried: bool,
    error: ApiError,
}

impl Session {
    /// # Errors
    /// No server, no execution, a state directory that cannot be written.
    pub fn new(is_piped: bool, context: &Context) -> Result<Self, CommandError> {
        let state = context.state()?;
        let execution = context.execution(&state)?;
        Ok(Self {
            server: context.server_of(execution, &state)?,
            outbox: Outbox::new(state.outbox()),
            home: context.home(execution)?,
            state,
            execution,
            is_piped,
            start: Instant::now(),
        })
    }

    /// Sends the results that `feed` gives, behind those that are kept already. `total` is the number
    /// of them, where it is known.
    ///
    /// # Errors
    /// An outbox that cannot be read; results that can be neither sent nor kept.
    pub fn deliver(
        &self,
        total: Option<u64>,
        context: &Context,
        fill: impl FnOnce(&mut Feed<'_>) -> Result<(), CommandError>,
    ) -> Result<Delivery<'_>, CommandError> {
        let kept =
            self.outbox.find(&self.home)?.map(|record| record.count_results()).transpose()?;
        let progress =
            Progress::new(total.map(|total| total + kept.unwrap_or_default()), &context.ui);
        let show = |accepted| progress.advance(accepted);
        let (before, halt) = self.empty_outbox(&show, context)?;
        let sender = BatchSender::new(&*self.server, self.execution, context.batch_size(), &show);
        let keeps_all = self.is_piped || context.best_effort();
        let home = self.home.clone();
        let submitter = Submitter::new(sender, &self.outbox, home, keeps_all, halt);
        let mut feed = Feed { submitter, failures: Failures::default(), count: 0 };
        let fed = fill(&mut feed);
        let Feed { submitter, failures, count } = feed;
        let outcome = submitter.finish()?;
        drop(progress);
        let total = total.unwrap_or(count);
        Ok(Delivery { session: self, before, outcome, failures, total, fed })
    }

    /// Delivers what is kept for this execution.
    fn empty_outbox(
        &self,
        progress: delivery::Progress<'_>,
        context: &Context,
    ) -> Result<(Tally, Option<ApiError>), CommandError> {
        let mut tally = Tally::default();
        let Some(record) = self.outbox.find(&self.home)? else { return Ok((tally, None)) };
        let replay = Replay {
            server: &*self.server,
            target: context.target()?,
            batch_size: context.batch_size(),
            progress,
            interrupt: &context.interrupt,
            state: &self.state,
            start_again: false,
        };
        match self.outbox.empty(&record, &replay, &mut tally) {
            Ok(_) => Ok((tally, None)),
            Err(ReplayError::Api(error)) => Ok((tally, Some(error))),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes the execution, behind all that is kept for it: an execution must not be completed
    /// over results that are missing. What cannot be sent is kept, and all that comes after it.
    ///
    /// # Errors
    /// A change that no repetition will make; one that can neither be sent nor kept.
    pub fn change(&self, changes: &[Change], context: &Context) -> Result<Updated, CommandError> {
        let kept =
            self.outbox.find(&self.home)?.map(|record| record.count_results()).transpose()?;
        let progress = kept.map(|kept| Progress::new(Some(kept), &context.ui));
        let show = |accepted| progress.iter().for_each(|progress| progress.advance(accepted));
        let (before, halt) = self.empty_outbox(&show, context)?;
        drop(progress);
        let refused = context.report_refused(&before.refused, &self.state);
        let mut execution = None;
        let undone = match halt {
            Some(error) => Some(Undone { made: 0, is_tried: false, error }),
            None => self.make(changes, &mut execution).err(),
        };
        let Some(undone) = undone else {
            let exit = refused.and(self.waiting(context));
            return Ok(Updated { execution, is_done: true, exit });
        };
        let exit = self.conclude_undone(&changes[undone.made..], undone, context)?;
        Ok(Updated { execution: None, is_done: false, exit: exit.and(refused) })
    }

    /// Makes one change after the other.
    fn make(&self, changes: &[Change], known: &mut Option<Execution>) -> Result<(), Undone> {
        for (made, change) in changes.iter().enumerate() {
            let outcome = match change {
                Change::Patch(patch) => {
                    self.server.update(self.execution, patch).map(|now| *known = Some(now))
                }
                Change::Link(link) => self.add_lacking(link, known),
                Change::Event(event) => self.server.add_status_update(self.execution, event),
            };
            outcome.map_err(|error| Undone { made, is_tried: true, error })?;
        }
        Ok(())
    }

    /// Adds a link unless the execution has it: the server would show it twice.
    fn add_lacking(&self, link: &Link, known: &mut Option<Execution>) -> Result<(), ApiError> {
        if known.is_none() {
            *known = self.server.execution(self.execution)?;
        }
        let has = |execution: &Execution| execution.relevant_links.iter().any(|l| l.same_as(link));
        if known.as_ref().is_some_and(has) {
            return Ok(());
        }
        self.server.add_link(self.execution, link)?;
        if let Some(execution) = known {
            execution.relevant_links.push(link.clone());
        }
        Ok(())
    }

    /// Keeps the changes that were not made, and says so.
    ///
    /// # Errors
    /// The error that ended it, where no repetition will help; an outbox that cannot be written.
    fn conclude_undone(
        &self,
        left: &[Change],
        undone: Undone,
        context: &Context,
    ) -> Result<Exit, CommandError> {
        let Undone { made, is_tried, error } = undone;
        let tried = left.first().filter(|_| is_tried);
        let is_final = error.retry() == Retry::Never;
        let is_crash = error.cause().scope() == Scope::Batch(BatchProblem::Crash);
        let is_taken = is_crash && tried.is_some_and(Change::has_identity);
        let is_vague = error.applied() == Applied::Maybe;
        let mut error = CommandError::from(error);
        if let Some(tried) = tried.filter(|change| is_vague && change.is_appended()) {
            error = error.context(format!("{} may be there all the same", tried.describe()));
        }
        if made > 0 {
            error = error.context(format!("{made} of {} changes were made", made + left.len()));
        }
        if is_final && !context.best_effort() {
            return Err(error);
        }
        if is_taken {
            // Kept, it would stand in the way of all that is sent to this execution later.
            if error.hints.is_empty() {
                error = error.hint("the server fails so where another execution has this CI link");
            }
            return Ok(context.report_undelivered(&error, None));
        }
        let kept = (update::describe(left), self.outbox.keep_changes(&self.home, left)?);
        Ok(context.report_undelivered(&error, Some(kept)))
    }

    /// Returns the exit status of an execution that waits in the outbox: it is at no server yet, and exit status
    /// 0 would say that it is, unless that was asked for.
    fn waiting(&self, context: &Context) -> Exit {
        if context.best_effort() || matches!(self.execution, ExecutionId::Server(_)) {
            return Exit::Success;
        }
        context.ui.error(&format!("execution {} is at no server yet", self.execution));
        context.ui.hint("`to push` delivers it");
        Exit::Undelivered
    }
}

/// The way of a command's results into a delivery.
pub struct Feed<'a> {
    submitter: Submitter<'a>,
    failures: Failures,
    count: u64,
}

impl Feed<'_> {
    /// Takes one more result.
    ///
    /// # Errors
    /// It can neither be sent nor kept.
    pub fn push(&mut self, result: EncodedResult) -> Result<(), LostResults> {
        self.failures.see(&result);
        self.count += 1;
        self.submitter.push(result)
    }

    /// Sends what has waited for `longest`, and returns how long what is left may still wait.
    ///
    /// # Errors
    /// It can neither be sent nor kept.
    pub fn flush_after(&mut self, longest: Duration) -> Result<Duration, LostResults> {
        self.submitter.flush_after(longest)
    }

    /// Returns the number of results that were taken.
    pub fn count(&self) -> u64 {
        self.count
    }
}

/// The end of a command's results, to be said.
pub struct Delivery<'a> {
    session: &'a Session,
    /// Of what the outbox held.
    before: Tally,
    outcome: Outcome,
    failures: Failures,
    total: u64,
    /// The end of the feed.
    fed: Result<(), CommandError>,
}

/// The reports that results came from.
#[derive(Default)]
pub struct Sources {
    pub files: Vec<FileSummary>,
    /// Results that went into another one of their name.
    pub merged: u64,
    pub warnings: Warnings,
}

impl Delivery<'_> {
    /// Says what became of the results, writes down what was refused, and returns the exit status.
    ///
    /// # Errors
    /// A state directory or a stdout that cannot be written; the error that ended the feed.
    pub fn conclude(self, sources: Sources, context: &Context) -> Result<Exit, CommandError> {
        let summary = self.summary(sources, context);
        let Self { session, before, outcome, failures, total: _, fed } = self;
        if before.sent.total() > 0 {
            let results = plural(before.sent.total(), "result");
            context.ui.info(format_args!("sent {results} from the outbox first"));
        }
        if context.json() {
            terminal::json(&summary)?;
        }
        if outcome.halt.is_none() || summary.sent > 0 {
            context.ui.info(summary.line());
            summary.effort().into_iter().for_each(|line| context.ui.info(line));
        }
        summary.warnings.iter().for_each(|warning| context.ui.warning(warning));
        let written = session.state.write_refused(&session.home, &outcome.tally.refused);
        let refused: Vec<_> = before.refused.into_iter().chain(outcome.tally.refused).collect();
        let refused = context.report_refused(&refused, &session.state);
        // Their names are said by now, which is the least that is owed to them.
        written?;
        let exit = match outcome.halt {
            None => session.waiting(context),
            Some(error) => {
                let sent = format!("{} of {} results were sent", summary.sent, summary.total);
                let (count, path) = (outcome.kept.results, outcome.kept.path);
                let kept = path.map(|path| (plural(count, "result"), path));
                context.report_undelivered(&CommandError::from(error).context(sent), kept)
            }
        };
        if let Some(github) = &context.github {
            let first = summary.line();
            context.warn_of_runner(github.summarise(&first, &failures));
            context.warn_of_runner(github.set(&summary.outputs()));
        }
        fed?;
        Ok(exit.and(refused))
    }

    fn summary(&self, sources: Sources, context: &Context) -> Summary {
        let Self { session, before, outcome, .. } = self;
        let sent = outcome.tally.sent;
        let is_in_outbox = matches!(session.execution, ExecutionId::Outbox(_));
        let refused = before.refused.iter().chain(&outcome.tally.refused).map(|refused| {
            RefusedLine { name: refused.result.name(), reason: refused.reason.clone() }
        });
        let mut warnings = sources.warnings.lines();
        warnings.extend(outcome.tally.warnings.lines());
        Summary {
            execution: session.execution,
            total: self.total,
            passed: sent.passed,
            failed: sent.failed,
            skipped: sent.skipped,
            sent: if is_in_outbox { 0 } else { sent.total() },
            kept: outcome.kept.results + if is_in_outbox { sent.total() } else { 0 },
            refused: refused.collect(),
            merged: sources.merged,
            files: sources.files,
            batches: outcome.tally.batches,
            retries: context.retries(),
            seconds: summary::seconds(session.start.elapsed()),
            warnings,
        }
    }
}
