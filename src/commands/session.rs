//! The execution that a command works on, with the outbox behind it.
//!
//! What is kept for the execution is delivered first, by every command that writes to it; where
//! that fails, what the command has to send joins it there.

use std::time::Instant;

use anyhow::Context as _;

use super::Context;
use crate::api::{self, Execution, ExecutionRef, Server};
use crate::commands::error::Exit;
use crate::delivery::outbox::Outbox;
use crate::delivery::replay::{Replay, ReplayReport};
use crate::delivery::sender::BatchSender;
use crate::delivery::state_dir::StateDirectory;
use crate::delivery::submitter::{Outcome, Submitter};
use crate::model::execution::{ExecutionId, Link};
use crate::model::update::{self, Change};
use crate::ui::github::{self, Failures};
use crate::ui::progress::Progress;
use crate::ui::summary::{self, RefusedLine, Summary, plural};
use crate::ui::terminal;

/// Where a command writes to.
pub struct Session {
    pub server: Box<dyn Server>,
    pub execution: ExecutionId,
    state: StateDirectory,
    outbox: Outbox,
    home: ExecutionRef,
    /// What comes from a pipe is nowhere else: all of it is kept that is not delivered.
    is_piped: bool,
    start: Instant,
}

/// What became of a change.
pub struct Updated {
    /// The execution as it is then, where the server has told it.
    pub execution: Option<Execution>,
    /// Whether all of it is made.
    pub is_done: bool,
    pub exit: Exit,
}

/// Why not all changes were made.
struct Undone {
    made: usize,
    /// Whether the first of the others was sent.
    is_tried: bool,
    error: api::ApiError,
}

impl Session {
    /// # Errors
    /// No server, no execution, a state directory that cannot be written.
    pub fn new(is_piped: bool, context: &Context) -> anyhow::Result<Self> {
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

    /// A way for results to get there, behind those that are kept already.
    ///
    /// # Errors
    /// An outbox that cannot be read.
    pub fn courier<'a>(
        &'a self,
        progress: &'a Progress,
        context: &Context,
    ) -> anyhow::Result<(Submitter<'a>, ReplayReport)> {
        let (before, halt) = self.empty_outbox(progress, context)?;
        let delivery = BatchSender::new(&*self.server, self.execution, context.pace(), progress);
        let keeps_all = self.is_piped || context.best_effort();
        let home = self.home.clone();
        Ok((Submitter::new(delivery, &self.outbox, home, keeps_all, halt), before))
    }

    /// Delivers what is kept for this execution.
    fn empty_outbox(
        &self,
        progress: &Progress,
        context: &Context,
    ) -> anyhow::Result<(ReplayReport, Option<api::ApiError>)> {
        let mut pushed = ReplayReport::default();
        let Some(record) = self.outbox.find(&self.home)? else { return Ok((pushed, None)) };
        let replay = Replay {
            server: &*self.server,
            target: context.target()?,
            pace: context.pace(),
            progress,
            interrupt: &context.interrupt,
            state: &self.state,
            start_again: false,
        };
        match self.outbox.empty(&record, &replay, &mut pushed) {
            Ok(_) => Ok((pushed, None)),
            Err(error) => Ok((pushed, Some(error.downcast::<api::ApiError>()?))),
        }
    }

    /// Changes the execution, behind all that is kept for it: an execution must not be completed
    /// over results that are missing. What cannot be sent is kept, and all that comes after it.
    ///
    /// # Errors
    /// A change that no repetition will make; one that can neither be sent nor kept.
    pub fn change(&self, changes: &[Change], context: &Context) -> anyhow::Result<Updated> {
        let progress = Progress::new(None, &context.ui);
        let (before, halt) = self.empty_outbox(&progress, context)?;
        progress.finish();
        let refused = context.say_rejected(&before.rejected, &self.state);
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
    fn add_lacking(&self, link: &Link, known: &mut Option<Execution>) -> Result<(), api::ApiError> {
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
    ) -> anyhow::Result<Exit> {
        let Undone { made, is_tried, error } = undone;
        let tried = left.first().filter(|_| is_tried);
        let is_final = error.is_final();
        let is_taken = error.is_crash() && tried.is_some_and(Change::has_identity);
        let is_vague = error.may_have_been_applied();
        let mut error = anyhow::Error::new(error);
        if let Some(tried) = tried.filter(|change| is_vague && change.is_appended()) {
            error = error.context(format!("{} may be there all the same", tried.said()));
        }
        if made > 0 {
            error = error.context(format!("{made} of {} changes were made", made + left.len()));
        }
        if is_final && !context.best_effort() {
            return Err(error);
        }
        if is_taken {
            // Kept, it would stand in the way of all that is sent to this execution later.
            let exit = context.say_undelivered(&error, None);
            context.ui.hint("the server fails so where another execution has this CI link");
            return Ok(exit);
        }
        let kept = (update::said(left), self.outbox.keep_changes(&self.home, left)?);
        Ok(context.say_undelivered(&error, Some(kept)))
    }

    /// What is written to an execution that waits in the outbox is at no server yet, and exit status
    /// 0 would say that it is, unless that was asked for.
    fn waiting(&self, context: &Context) -> Exit {
        if context.best_effort() || matches!(self.execution, ExecutionId::Server(_)) {
            return Exit::Success;
        }
        context.ui.problem(&format!("execution {} is at no server yet", self.execution));
        context.ui.hint("`to push` delivers it");
        Exit::Undelivered
    }

    pub fn summarise(
        &self,
        before: &ReplayReport,
        outcome: &Outcome,
        context: &Context,
    ) -> Summary {
        let sent = outcome.sent.results;
        let is_in_outbox = matches!(self.execution, ExecutionId::Outbox(_));
        let kept = outcome.kept.results + if is_in_outbox { sent.total() } else { 0 };
        let refused = before.rejected.iter().chain(&outcome.rejected).map(|rejected| RefusedLine {
            name: rejected.result.name(),
            reason: rejected.reason.clone(),
        });
        Summary {
            execution: self.execution,
            total: sent.total() + outcome.kept.results + outcome.rejected.len() as u64,
            passed: sent.passed,
            failed: sent.failed,
            skipped: sent.skipped,
            sent: if is_in_outbox { 0 } else { sent.total() },
            kept,
            refused: refused.collect(),
            merged: 0,
            files: Vec::new(),
            batches: outcome.sent.batches,
            retries: context.retries(),
            seconds: summary::seconds(self.start.elapsed()),
            warnings: outcome.warnings.lines(),
        }
    }

    /// Says what became of the results, writes down what was refused, and gives the exit status.
    ///
    /// # Errors
    /// A state directory or a stdout that cannot be written.
    pub fn conclude(
        &self,
        summary: &Summary,
        failures: &Failures,
        before: ReplayReport,
        outcome: Outcome,
        context: &Context,
    ) -> anyhow::Result<Exit> {
        if before.sent.results.total() > 0 {
            let results = plural(before.sent.results.total(), "result");
            context.ui.line(format_args!("sent {results} from the outbox first"));
        }
        if context.json() {
            terminal::data(format!("{}\n", serde_json::to_string(summary)?).as_bytes())?;
        }
        if outcome.halt.is_none() || summary.sent > 0 {
            summary.lines().into_iter().for_each(|line| context.ui.line(line));
        }
        summary.warnings.iter().for_each(|warning| context.ui.warning(warning));
        let written = self.state.write_refused(&self.home, &outcome.rejected);
        let rejected: Vec<_> = before.rejected.into_iter().chain(outcome.rejected).collect();
        let refused = context.say_rejected(&rejected, &self.state);
        // Their names are said by now, which is the least that is owed to them.
        written?;
        let exit = match outcome.halt {
            None => self.waiting(context),
            Some(error) => {
                let sent = format!("{} of {} results were sent", summary.sent, summary.total);
                let kept = &outcome.kept;
                let kept = kept.path.clone().map(|path| (plural(kept.results, "result"), path));
                context.say_undelivered(&anyhow::Error::new(error).context(sent), kept)
            }
        };
        // Last: a file that GitHub's step cannot write must not hide what became of the results.
        if let Some(github) = &context.github {
            let [first, _] = summary.lines();
            github.summarise(&first, failures).context(github::FILES)?;
            github.set(&summary.outputs()).context(github::FILES)?;
        }
        Ok(exit.and(refused))
    }
}
