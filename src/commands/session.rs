//! The execution that a command works on, with the outbox behind it.
//!
//! What is kept for the execution is delivered first, by every command that writes to it; where
//! that fails, what the command has to send joins it there.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{CommandError, Context, Exit};
use crate::api::{ApiError, Applied, Execution, Record, Retry, Scope, Server};
use crate::delivery::changes::{self, Maker};
use crate::delivery::replay::{Replay, ReplayError, ReplayReport};
use crate::delivery::sender::BatchSender;
use crate::delivery::state_dir::StateDirectory;
use crate::delivery::state_error::StateError;
use crate::delivery::submitter::{Outcome, Submitter};
use crate::delivery::{self, outbox::Outbox};
use crate::model::encoded::EncodedResult;
use crate::model::execution::{ExecutionId, ExecutionRef};
use crate::model::limits::Limits;
use crate::model::update::{self, Change};
use crate::model::warnings::Warnings;
use crate::ui::github::Failures;
use crate::ui::progress::Progress;
use crate::ui::summary::{self, FileSummary, RefusedLine, Summary};
use crate::util::text::{describe, plural};

/// An execution to write to, with its server and its outbox.
pub struct Session<'a> {
    pub context: &'a Context,
    pub server: Box<dyn Server>,
    pub home: ExecutionRef,
    state: StateDirectory,
    outbox: Outbox,
    /// Results come from a pipe, and are nowhere else: all are kept that are not delivered.
    is_piped: bool,
    start: Instant,
    pub facts: Cell<Facts>,
    /// Something that the outbox holds for the execution is left there.
    has_left: Cell<bool>,
}

/// What is known of the results of a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// One of them is FAILED.
    pub has_failed: bool,
    /// One that is FAILED is at the server.
    pub has_sent_failure: bool,
    /// Some are missing, and will be: they could not be read, were refused, or are lost.
    pub is_lacking: bool,
}

/// What became of changes: the object that `--json` prints.
#[derive(Serialize)]
pub struct Updated {
    execution: ExecutionId,
    /// Absent where the server is too old to tell, or was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// The execution as it is then, where the server has told it.
    #[serde(skip)]
    pub now: Option<Execution>,
    /// In a few words each.
    pub made: Vec<String>,
    pub kept: Vec<String>,
    refused: Vec<RefusedLine>,
    /// Neither made nor kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lost: Vec<String>,
}

impl<'a> Session<'a> {
    /// # Errors
    /// No server, no execution, a state directory that cannot be written.
    pub fn new(is_piped: bool, context: &'a Context) -> Result<Self, CommandError> {
        Self::of(context.state()?, is_piped, context)
    }

    /// Begins one for many results: they can be sent where the state directory cannot be written, too.
    ///
    /// # Errors
    /// No server, no execution, an outbox that cannot be read.
    pub fn of_results(is_piped: bool, context: &'a Context) -> Result<Self, CommandError> {
        let state = match context.state() {
            Err(error @ StateError::Unwritable { .. }) if context.given_execution().is_some() => {
                context.ui.warning(&describe(&error));
                context.state_to_read()
            }
            state => state?,
        };
        Self::of(state, is_piped, context)
    }

    fn of(
        state: StateDirectory,
        is_piped: bool,
        context: &'a Context,
    ) -> Result<Self, CommandError> {
        let execution = context.execution(&state)?;
        Ok(Self {
            context,
            server: context.server_of(execution, &state)?,
            outbox: Outbox::new(state.outbox()),
            home: context.home(execution)?,
            state,
            is_piped,
            start: Instant::now(),
            facts: Cell::default(),
            has_left: Cell::default(),
        })
    }

    /// Takes down what became known.
    pub fn note(&self, change: impl FnOnce(&mut Facts)) {
        let mut facts = self.facts.get();
        change(&mut facts);
        self.facts.set(facts);
    }

    /// Sends the results that `feed` gives, behind those that are kept already. `total` is the number
    /// of them, where it is known.
    pub fn deliver(
        &self,
        total: Option<u64>,
        fill: impl FnOnce(&mut Feed<'_>) -> Result<(), CommandError>,
    ) -> Delivery<'_> {
        self.try_deliver(total, fill)
            .unwrap_or_else(|error| self.undelivered(total.unwrap_or_default(), Err(error)))
    }

    /// Returns the end of results none of which was looked at.
    fn undelivered(&self, total: u64, fed: Result<(), CommandError>) -> Delivery<'_> {
        Delivery {
            session: self,
            before: ReplayReport::default(),
            outcome: Outcome::default(),
            failures: Failures::default(),
            total,
            fed,
        }
    }

    /// # Errors
    /// An outbox that cannot be read.
    fn try_deliver(
        &self,
        total: Option<u64>,
        fill: impl FnOnce(&mut Feed<'_>) -> Result<(), CommandError>,
    ) -> Result<Delivery<'_>, CommandError> {
        let record = self.find_kept()?;
        let kept = record.as_ref().map_or(Ok(0), Record::count_results)?;
        let progress = Progress::new(total.map(|total| total + kept), &self.context.ui);
        let show = |accepted| progress.advance(accepted);
        let (before, halt) = self.empty_outbox(record, &show)?;
        let sender =
            BatchSender::new(&*self.server, self.home.execution, self.context.batch_size(), &show);
        let keeps_all = self.is_piped || self.context.common.best_effort;
        let home = self.home.clone();
        let submitter = Submitter::new(sender, &self.outbox, home, keeps_all, halt);
        let mut feed = Feed { submitter, failures: Failures::default(), count: 0 };
        let fed = fill(&mut feed);
        let Feed { submitter, failures, count } = feed;
        let outcome = submitter.finish();
        drop(progress);
        let total = total.unwrap_or(count);
        Ok(Delivery { session: self, before, outcome, failures, total, fed })
    }

    /// Prints what `--json` tells of reports in which there was nothing to send.
    pub fn tell_nothing(&self, sources: Sources) -> Result<(), CommandError> {
        Ok(self.context.print_json(&self.undelivered(0, Ok(())).summary(sources))?)
    }

    /// Finds what is kept for this execution, and warns of entries that are left.
    fn find_kept(&self) -> Result<Option<Record>, CommandError> {
        let (record, left) = self.outbox.find(&self.home)?;
        self.has_left.set(!left.own.is_empty());
        for entry in left.own.iter().chain(&left.others) {
            self.context.ui.warning(entry);
        }
        Ok(record)
    }

    /// Delivers what is kept for this execution, and says so before.
    fn empty_outbox(
        &self,
        kept: Option<Record>,
        progress: delivery::Progress<'_>,
    ) -> Result<(ReplayReport, Option<ApiError>), CommandError> {
        let mut report = ReplayReport::default();
        let Some(record) = kept else { return Ok((report, None)) };
        self.context.ui.info(format_args!("sending what {} holds first", record.path.display()));
        let replay = Replay {
            server: &*self.server,
            target: self.context.target()?,
            batch_size: self.context.batch_size(),
            progress,
            interrupt: &self.context.interrupt,
            state: &self.state,
            limits: Limits::of_kept(),
            start_again: false,
        };
        let emptied = self.outbox.empty(&record, &replay, &mut report);
        self.note(|facts| {
            facts.has_sent_failure |= report.tally.sent.failed > 0;
            facts.is_lacking |= report.lacks_results();
        });
        match emptied {
            Ok(_) => Ok((report, None)),
            Err(ReplayError::Api(error)) => Ok((report, Some(error))),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes the execution, each change on its own, behind all that is kept for it: an execution must
    /// not be completed over results that are missing. What cannot be sent is kept, and all that comes
    /// after it; what is refused is named. What went wrong is said here.
    pub fn change(&self, changes: Vec<Change>) -> (Updated, Exit) {
        let mut updated = Updated {
            execution: self.home.execution,
            status: None,
            now: None,
            made: Vec::new(),
            kept: Vec::new(),
            refused: Vec::new(),
            lost: Vec::new(),
        };
        let exit = self.context.exit_of(self.make(changes, &mut updated));
        updated.status = updated.now.as_ref().map(|now| now.status.clone());
        (updated, exit)
    }

    /// # Errors
    /// A change that can neither be sent nor kept.
    fn make(&self, changes: Vec<Change>, updated: &mut Updated) -> Result<Exit, CommandError> {
        let record = self.find_kept()?;
        let kept = record.as_ref().map(Record::count_results).transpose()?;
        let progress = kept.map(|kept| Progress::new(Some(kept), &self.context.ui));
        let show = |accepted| progress.iter().for_each(|progress| progress.advance(accepted));
        let (before, mut halt) = self.empty_outbox(record, &show)?;
        drop(progress);
        let mut exit = self.context.report_replay(&before, &self.state.refused());
        if self.has_left.get() && changes.iter().any(Change::completes) {
            let said = format!("execution {} is not completed over it", self.home.execution);
            let error = CommandError::undelivered(said);
            return Ok(exit.and(self.context.report_undelivered(&error, None)));
        }
        let (mut left, mut tried) = (Vec::new(), None);
        let is_single = changes.len() == 1;
        let mut maker = Maker::new(&*self.server, self.home.execution);
        for change in changes {
            if halt.is_some() {
                left.push(change);
                continue;
            }
            match maker.make(&change) {
                Ok(()) => updated.made.push(change.describe()),
                Err(error) if changes::is_refused(&change, &error, &maker) => {
                    exit = exit.and(self.report_refused(&change, error, is_single, updated)?);
                }
                Err(error) => {
                    tried = Some(change.describe())
                        .filter(|_| error.applied() == Applied::Maybe && change.is_appended());
                    halt = Some(error);
                    left.push(change);
                }
            }
        }
        updated.now = maker.execution;
        Ok(exit.and(match halt {
            None => self.waiting(),
            Some(error) => self.keep(&left, error, tried, updated)?,
        }))
    }

    /// Names a change that the server will never make.
    fn report_refused(
        &self,
        change: &Change,
        error: ApiError,
        is_single: bool,
        updated: &mut Updated,
    ) -> Result<Exit, CommandError> {
        let is_taken = change.has_identity() && error.retry() != Retry::Never;
        let reason = error.reason();
        updated.refused.push(RefusedLine { name: change.describe(), reason: reason.clone() });
        let mut error = CommandError::from(error);
        if !is_single {
            error = error.context(format!("{} is not made", change.describe()));
        }
        if is_taken && error.hints.is_empty() {
            error = error.hint("the server fails so where another execution has this CI link");
        }
        let exit = self.context.report_undelivered(&error, None);
        if self.context.common.best_effort {
            let refused = self.state.refused();
            refused.add_change(&self.home, &reason, change.kind(), &change.to_json())?;
        }
        // Whatever the status of its answer.
        Ok(if exit == Exit::Success { exit } else { Exit::Refused })
    }

    /// Keeps the changes that were not made, and says so. `tried` is one that may be made all the same.
    fn keep(
        &self,
        left: &[Change],
        error: ApiError,
        tried: Option<String>,
        updated: &mut Updated,
    ) -> Result<Exit, CommandError> {
        let is_in_vain = error.scope() == Scope::Request && error.retry() == Retry::Never;
        let mut error = CommandError::from(error);
        if let Some(tried) = tried {
            error = error.context(format!("{tried} may be there all the same"));
        }
        let made = updated.made.len();
        if made > 0 {
            error = error.context(format!("{made} of {} changes were made", made + left.len()));
        }
        let names = || left.iter().map(Change::describe);
        if is_in_vain && !self.context.common.best_effort {
            let reason = error.message();
            let refused = names().map(|name| RefusedLine { name, reason: reason.clone() });
            updated.refused.extend(refused);
            return Err(error);
        }
        let is_doubled = left.iter().any(Change::is_appended);
        let what = update::describe(left);
        let path = match self.outbox.keep_changes(&self.home, left) {
            Ok(path) => path,
            Err(unkept) => {
                updated.lost.extend(names());
                let why = error.message();
                let lost = format!("{what} can be neither sent ({why}) nor kept");
                return Err(CommandError::from(unkept).context(lost));
            }
        };
        updated.kept.extend(names());
        let exit = self.context.report_undelivered(&error, Some((what, path)));
        if is_doubled {
            self.context.ui.hint("do not repeat the command: what is kept would be added twice");
        }
        Ok(exit)
    }

    /// Puts a status in the place of one that is kept.
    pub fn keep_status(&self, status: &str) -> Result<(), CommandError> {
        self.outbox.keep_changes(&self.home, &[Change::status(status)])?;
        Ok(())
    }

    pub fn note_end(&self) -> Result<(), StateError> {
        self.state.notes().end(&self.home)
    }

    /// Returns the exit status of an execution that waits in the outbox, or of which something is left there:
    /// it is at no server, and exit status 0 would say that it is, unless that was asked for.
    fn waiting(&self) -> Exit {
        if self.context.common.best_effort {
            return Exit::Success;
        }
        if matches!(self.home.execution, ExecutionId::Server(_)) {
            return if self.has_left.get() { Exit::Undelivered } else { Exit::Success };
        }
        self.context.ui.error(&format!("execution {} is at no server yet", self.home.execution));
        self.context.ui.hint("`to push` delivers it");
        Exit::Undelivered
    }
}

/// The way of a command's results into a delivery.
pub struct Feed<'a> {
    submitter: Submitter<'a>,
    failures: Failures,
    /// The number of results that were taken.
    pub count: u64,
}

impl Feed<'_> {
    /// Takes one more result.
    pub fn push(&mut self, result: EncodedResult) {
        self.failures.see(&result);
        self.count += 1;
        self.submitter.push(result);
    }

    /// Sends what has waited for `longest`, and returns how long what is left may still wait.
    pub fn flush_after(&mut self, longest: Duration) -> Duration {
        self.submitter.flush_after(longest)
    }
}

/// The end of a command's results, to be said.
pub struct Delivery<'a> {
    session: &'a Session<'a>,
    /// Of what the outbox held.
    before: ReplayReport,
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
    pub fn conclude(self, sources: Sources) -> Result<Exit, CommandError> {
        let summary = self.summary(sources);
        let Self { session, before, outcome, failures, total, fed } = self;
        let context = session.context;
        let sent = outcome.tally.sent;
        session.note(|facts| {
            facts.has_failed |= !failures.is_empty();
            facts.has_sent_failure |= sent.failed > 0;
            facts.is_lacking |= sent.total() + outcome.kept.results < total || fed.is_err();
        });
        if before.tally.sent.total() > 0 {
            let results = plural(before.tally.sent.total(), "result");
            context.ui.info(format_args!("sent {results} from the outbox first"));
        }
        context.print_json(&summary)?;
        if (outcome.halt.is_none() && fed.is_ok()) || summary.sent > 0 {
            context.ui.info(summary.line(session.home.execution));
            summary.effort().into_iter().for_each(|line| context.ui.info(line));
        }
        summary.warnings.iter().for_each(|warning| context.ui.warning(warning));
        let file = session.state.refused();
        let written = file.add(&session.home, &outcome.tally.refused);
        let refused = context.report_replay(&before, &file);
        let refused = refused.and(context.report_refused(&outcome.tally.refused, &file));
        // Their names are said by now, which is the least that is owed to them.
        written?;
        let exit = match outcome.halt {
            None => session.waiting(),
            Some(error) => {
                let sent = format!("{} of {} results were sent", summary.sent, summary.total);
                let (count, path) = (outcome.kept.results, outcome.kept.path);
                let kept = path.map(|path| (plural(count, "result"), path));
                context.report_undelivered(&CommandError::from(error).context(sent), kept)
            }
        };
        let line = summary.line(session.home.execution);
        context.tell_github(|github| github.summarise(&line, &failures));
        context.tell_github(|github| github.set(&summary.outputs()));
        fed?;
        if let Some(lost) = outcome.lost {
            return Err(lost.into());
        }
        Ok(exit.and(refused))
    }

    fn summary(&self, sources: Sources) -> Summary {
        let Self { session, before, outcome, .. } = self;
        let sent = outcome.tally.sent;
        let is_in_outbox = matches!(session.home.execution, ExecutionId::Outbox(_));
        let refused = before.tally.refused.iter().chain(&outcome.tally.refused);
        let mut warnings = sources.warnings.lines();
        warnings.extend(outcome.tally.warnings.lines());
        Summary {
            execution: Some(session.home.execution),
            total: self.total,
            counts: sent,
            sent: if is_in_outbox { 0 } else { sent.total() },
            kept: outcome.kept.results + if is_in_outbox { sent.total() } else { 0 },
            refused: refused.map(RefusedLine::from).collect(),
            lost: outcome.lost.as_ref().map(|lost| lost.names.clone()).unwrap_or_default(),
            merged: sources.merged,
            files: sources.files,
            batches: outcome.tally.batches,
            retries: session.context.retries.get(),
            seconds: summary::seconds(session.start.elapsed()),
            warnings,
        }
    }
}
