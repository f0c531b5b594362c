//! `to run`: opens an execution, runs the tests, sends their reports and completes the execution,
//! whatever happens in between.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use clap::{Args, ValueHint};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

use super::session::{Facts, Session};
use super::{CommandError, Context, Exit, end, start, submit, web};
use crate::model::execution::{COMPLETED, ENDED_PREMATURELY, ExecutionId};
use crate::model::update::{Change, event};
use crate::options::reading::Reading;
use crate::options::start::StartOptions;
use crate::submission::{Options, Submission};
use crate::util::signals::{self, Interrupt};
use crate::util::text::os_message;

/// Starts, runs the tests, submits their reports, and ends
#[derive(Debug, Args)]
#[command(after_help = RUN_MORE)]
pub struct Run {
    #[command(flatten)]
    pub request: StartOptions,

    #[command(flatten)]
    pub reading: Reading,

    /// Files, directories or quoted globs that the command writes; those that are older than the
    /// start are not sent [env: TO_RESULTS]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub results: Vec<PathBuf>,

    /// The command that runs the tests, with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND", value_hint = ValueHint::CommandName)]
    pub command: Vec<OsString>,
}

const RUN_MORE: &str = "\
The execution is completed whatever happens: also when the command fails, cannot be run or writes no
report, and when `to` gets SIGINT or SIGTERM, which it passes on. In place of PASSED it becomes
ENDED_PREMATURELY where the command was cut off, or failed although no result did, and where results
are missing: a report could not be found or read, or a result was refused. The command finds the
execution in TO_EXECUTION; stdin and stdout are the command's. Exits with the command's status, and
where that is 0 with its own.

May be repeated where a CI link is given or found: see `to start`.

Examples:
  to run --results report.xml -- pytest --junitxml=report.xml
  to run --results 'target/nextest/**/junit.xml' -- cargo nextest run";

/// The variable in which the command finds its execution.
const EXECUTION: &str = "TO_EXECUTION";

/// A command that got a signal has so long to write its report. CI systems give a job some seconds
/// more than that before they kill it.
const GRACE: Duration = Duration::from_secs(5);

/// The end of the command.
enum Ended {
    By(ExitStatus),
    /// `to` got this signal meanwhile.
    Interrupted(u8),
    Unstarted(Exit),
}

/// # Errors
/// An execution that cannot be started: then the command is not run, but with `--best-effort`.
pub fn run(run: Run, context: &Context) -> Result<Exit, CommandError> {
    if run.results.is_empty() {
        return Err(no_results());
    }
    if context.is_disabled() {
        start::request(run.request, context)?;
        context.say_nothing_is_done()?;
        return run_alone(&run.command, context);
    }
    let opened = prepare(&run.results, context).and_then(|prepared| {
        let opened = start::open(run.request, context, |execution| {
            context.started.set(Some(execution));
            context.ui.info(format_args!("execution {execution}"));
            Ok(())
        });
        match context.started.get() {
            Some(execution) => Ok((prepared, execution, context.exit_of(opened))),
            None => Err(opened.err().unwrap_or_else(no_results)),
        }
    });
    let ((since, _alone), execution, opened) = match opened {
        Err(error) if context.common.best_effort && context.interrupt.signal().is_none() => {
            context.ui.warning(&error.message());
            return run_alone(&run.command, context);
        }
        opened => opened?,
    };
    let ended = run_command(&run.command, Some(execution), context).unwrap_or_else(|error| {
        context.report(&error);
        Ended::Unstarted(Exit::Fault)
    });
    // What is left to do is done; another signal ends that, too.
    context.interrupt.forget();
    let options = Options { newer_than: Some(since), ..submit::options(&run.reading, context) };
    let mut facts = Facts { is_lacking: true, ..Facts::default() };
    let sent = Session::of_results(false, context).and_then(|session| {
        let submission = Submission::survey(&run.results, &options);
        let sent = submit::send(submission, &session, &run.reading);
        facts = session.facts.get();
        sent
    });
    let sent = context.exit_of(sent);
    let completed = context.exit_of(complete(&ended, facts, context));
    Ok(ended.exit(opened.and(sent).and(completed)))
}

/// Finds the state directory to be of use and no other run at work on the same reports. Returns the
/// present by its clock, and what keeps others away.
fn prepare(
    results: &[PathBuf],
    context: &Context,
) -> Result<(SystemTime, Option<File>), CommandError> {
    let state = context.state()?;
    let alone = state.lock_run(results)?;
    if alone.is_none() {
        return Err(CommandError::usage(
            "another `to run` is at work here on the same --results: its reports would go into both \
             executions",
        )
        .hint("give each its own files in --results"));
    }
    Ok((state.now()?, alone))
}

fn run_alone(command: &[OsString], context: &Context) -> Result<Exit, CommandError> {
    Ok(run_command(command, None, context)?.exit(Exit::Success))
}

impl Ended {
    /// Returns the exit status of a run whose own is `own`: the command's, as a shell tells it.
    fn exit(&self, own: Exit) -> Exit {
        let number = |number| Exit::Command(u8::try_from(number).unwrap_or(u8::MAX));
        match self {
            Self::Interrupted(signal) => Exit::Signal(*signal),
            Self::Unstarted(exit) => *exit,
            Self::By(status) => match (status.signal(), status.code()) {
                (Some(signal), _) => number(128 + signal),
                (None, Some(0)) => own,
                (None, code) => number(code.unwrap_or(-1)),
            },
        }
    }

    /// Returns the way in which the command ended, if it did not end well, and whether it was cut off.
    fn trouble(&self) -> Option<(String, bool)> {
        match self {
            Self::Interrupted(signal) => Some((format!("signal {signal}"), true)),
            Self::Unstarted(exit) => Some((format!("exit status {}", exit.code()), false)),
            Self::By(status) => match (status.signal(), status.code()) {
                (Some(signal), _) => Some((format!("signal {signal}"), true)),
                (None, Some(0)) => None,
                (None, code) => Some((format!("exit status {}", code.unwrap_or(-1)), false)),
            },
        }
    }
}

/// A reason for which an execution that seems to be PASSED is not.
struct Trouble {
    event: &'static str,
    detail: String,
    /// The words for a person.
    said: String,
}

impl Trouble {
    /// Returns the reason, if there is one: some of the tests may never have run, or what became of some is
    /// not at the server.
    fn of(ended: &Ended, facts: Facts) -> Option<Self> {
        let cut_off = ended.trouble().filter(|(_, is_cut_off)| *is_cut_off || !facts.has_failed);
        let ended = cut_off.map(|(detail, _)| Self {
            event: "command_ended",
            said: format!("the command ended with {detail}"),
            detail,
        });
        ended.or_else(|| facts.is_lacking.then(Self::lacking))
    }

    fn lacking() -> Self {
        Self {
            event: "results_missing",
            detail: "some results could not be found, read or stored".to_owned(),
            said: "results are missing".to_owned(),
        }
    }
}

fn no_results() -> CommandError {
    CommandError::usage("nothing says where the command writes its reports")
        .hint("name them with --results (or TO_RESULTS)")
}

/// Completes the execution, which is not PASSED where there was trouble.
fn complete(ended: &Ended, facts: Facts, context: &Context) -> Result<Exit, CommandError> {
    let trouble = Trouble::of(ended, facts);
    let session = Session::new(false, context)?;
    let told = |trouble: &Trouble| Change::Event(event(trouble.event, &trouble.detail));
    let changes = trouble.iter().map(told).chain([Change::status(COMPLETED)]).collect();
    let (mut updated, mut exit) = session.change(changes);
    let is_passed = updated.now.as_ref().is_some_and(|now| now.status == "PASSED");
    // Results that were kept may have been refused only now.
    let later = session.facts.get();
    let is_late = trouble.is_none() && later.is_lacking;
    let late = is_late.then(Trouble::lacking);
    if let Some(Trouble { said, .. }) = trouble.as_ref().or(late.as_ref()) {
        // Of a failure that it has, the server will compute FAILED.
        let has_sent_failure = facts.has_sent_failure || later.has_sent_failure;
        let is_kept = !updated.kept.is_empty() && !has_sent_failure;
        if is_kept {
            session.keep_status(ENDED_PREMATURELY)?;
        } else if is_passed {
            let changes = late.iter().map(told).chain([Change::status(ENDED_PREMATURELY)]);
            let (second_update, second) = session.change(changes.collect());
            updated.now = second_update.now;
            exit = exit.and(second);
        }
        if is_kept || is_passed {
            context
                .ui
                .warning(&format!("{said}: the execution is not PASSED, but {ENDED_PREMATURELY}"));
        }
    }
    if let Some(execution) = &updated.now {
        let (id, status) = (session.home.execution, execution.status.as_str());
        context.ui.info(format_args!("execution {id} is {status}"));
        end::tell_github(id, status, context);
        session.note_end()?;
        web::announce(id, execution, context);
    }
    Ok(exit)
}

/// # Errors
/// Signals that cannot be caught.
fn run_command(
    command: &[OsString],
    execution: Option<ExecutionId>,
    context: &Context,
) -> Result<Ended, CommandError> {
    context.interrupt.catch().map_err(CommandError::fault)?;
    let Some((program, arguments)) = command.split_first() else {
        return Ok(Ended::Unstarted(Exit::Usage));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(execution) = execution {
        command.env(EXECUTION, execution.to_string());
    }
    // Where no terminal passes signals on, what the command starts is to get them too.
    let has_group = !io::stdin().is_terminal();
    if has_group {
        command.process_group(0);
    }
    match command.spawn() {
        Ok(child) => wait(child, has_group, &context.interrupt).map_err(CommandError::fault),
        Err(error) => {
            context.ui.error(&format!("{}: {}", program.display(), os_message(&error)));
            let is_unknown = error.kind() == io::ErrorKind::NotFound;
            Ok(Ended::Unstarted(Exit::Command(if is_unknown { 127 } else { 126 })))
        }
    }
}

/// Waits for the command, and passes on a signal that comes meanwhile.
fn wait(mut child: Child, has_group: bool, interrupt: &Interrupt) -> io::Result<Ended> {
    let target = Target { pid: Pid::from_child(&child), has_group };
    let (mut deadline, mut pause) = (None, Duration::from_millis(1));
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(signals::POLL);
        let Some(signal) = interrupt.signal() else { continue };
        match deadline {
            None => {
                deadline = Some(Instant::now() + GRACE);
                target.pass_on(signal);
            }
            Some(end) if Instant::now() > end => target.send(Signal::KILL),
            Some(_) => {}
        }
    };
    let Some(signal) = interrupt.signal() else { return Ok(Ended::By(status)) };
    // What the command started may still be at work on the reports.
    let end = deadline.unwrap_or_else(|| Instant::now() + GRACE);
    while target.is_alive() {
        if Instant::now() > end {
            target.send(Signal::KILL);
            break;
        }
        thread::sleep(signals::POLL);
    }
    Ok(Ended::Interrupted(signal))
}

/// The command, or all processes that it started.
struct Target {
    pid: Pid,
    has_group: bool,
}

impl Target {
    fn is_alive(&self) -> bool {
        self.has_group && test_kill_process_group(self.pid).is_ok()
    }

    /// Passes on a signal that `to` got. At a terminal the command has got its Ctrl-C already: the second
    /// one makes many a tool give up at once.
    fn pass_on(&self, signal: u8) {
        match Signal::from_named_raw(signal.into()) {
            Some(Signal::INT | Signal::QUIT) if io::stdin().is_terminal() => {}
            signal => self.send(signal.unwrap_or(Signal::TERM)),
        }
    }

    /// Sends a signal, which a command that is gone does not need.
    fn send(&self, signal: Signal) {
        _ = if self.has_group {
            kill_process_group(self.pid, signal)
        } else {
            kill_process(self.pid, signal)
        };
    }
}
