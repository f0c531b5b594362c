//! `to run`: opens an execution, runs the tests, sends their reports and completes the execution,
//! whatever happens in between.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::session::Session;
use super::{Context, end, start, submit};
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::model::execution::{COMPLETED, ExecutionId};
use crate::model::update::{Change, Patch};
use crate::options::reading::Reading;
use crate::options::start::StartOptions;
use crate::submission::{Options, Submission};
use crate::util::signals::{self, Interrupt};
use crate::util::text::os_message;
use clap::{Args, ValueHint};
use std::path::PathBuf;

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
report, and when `to` gets SIGINT or SIGTERM, which it passes on. The command finds the execution in
TO_EXECUTION; stdin and stdout are the command's. Exits with the command's status, and where that is
0 with its own.

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
/// An execution that cannot be started: then the command is not run.
pub fn run(run: Run, context: &Context) -> Result<Exit, CommandError> {
    if run.results.is_empty() {
        return Err(no_results());
    }
    let state = context.state()?;
    let since = state.now()?;
    let opened = start::open(run.request, context, |execution| {
        context.work_on(execution);
        context.ui.info(format_args!("execution {execution}"));
        Ok(())
    });
    let Some(execution) = context.started() else { return opened };
    let opened = context.exit_of(opened);

    let ended = run_command(&run.command, execution, context).unwrap_or_else(|error| {
        context.report(&error);
        Ended::Unstarted(Exit::Fault)
    });
    // What is left to do is done; another signal ends that, too.
    context.interrupt.forget();
    let options = Options { newer_than: Some(since), ..submit::options(&run.reading) };
    let sent = Session::new(false, context).and_then(|session| {
        let submission = Submission::survey(&run.results, &options);
        submit::send(submission, &session, &run.reading, context)
    });
    let own = opened.and(context.exit_of(sent)).and(context.exit_of(complete(context)));
    Ok(match ended {
        Ended::Interrupted(signal) => Exit::Signal(signal),
        Ended::Unstarted(exit) => exit,
        Ended::By(status) => match code(status) {
            0 => own,
            code => Exit::Command(code),
        },
    })
}

fn no_results() -> CommandError {
    CommandError::usage("nothing says where the command writes its reports")
        .hint("name them with --results (or TO_RESULTS)")
}

fn complete(context: &Context) -> Result<Exit, CommandError> {
    let session = Session::new(false, context)?;
    let patch = Patch { status: Some(COMPLETED.to_owned()), ..Patch::default() };
    let updated = session.change(&[Change::Patch(patch)], context)?;
    if let Some(execution) = &updated.execution {
        let (id, status) = (session.execution, execution.status.as_str());
        context.ui.info(format_args!("execution {id} is {status}"));
        end::tell_github(id, status, context);
    }
    Ok(updated.exit)
}

/// # Errors
/// Signals that cannot be caught.
fn run_command(
    command: &[OsString],
    execution: ExecutionId,
    context: &Context,
) -> Result<Ended, CommandError> {
    context.interrupt.catch().map_err(CommandError::fault)?;
    let Some((program, arguments)) = command.split_first() else {
        return Ok(Ended::Unstarted(Exit::Usage));
    };
    let spawned =
        Command::new(program).args(arguments).env(EXECUTION, execution.to_string()).spawn();
    match spawned {
        Ok(child) => wait(child, &context.interrupt).map_err(CommandError::fault),
        Err(error) => {
            context.ui.error(&format!("{}: {}", program.display(), os_message(&error)));
            let is_unknown = error.kind() == io::ErrorKind::NotFound;
            Ok(Ended::Unstarted(Exit::Command(if is_unknown { 127 } else { 126 })))
        }
    }
}

/// Waits for the command, and passes on a signal that comes meanwhile.
fn wait(mut child: Child, interrupt: &Interrupt) -> io::Result<Ended> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait()));
    let mut deadline = None;
    loop {
        match receiver.recv_timeout(signals::POLL) {
            Ok(status) => {
                let status = status?;
                return Ok(interrupt.signal().map_or(Ended::By(status), Ended::Interrupted));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some(signal) = interrupt.signal() else { continue };
        match deadline {
            None => {
                deadline = Some(Instant::now() + GRACE);
                pass_on(signal, pid);
            }
            Some(end) if Instant::now() > end => send(pid, Signal::KILL),
            Some(_) => {}
        }
    }
}

/// At a terminal the command has got its Ctrl-C already: the second one makes many a tool give up at
/// once.
fn pass_on(signal: u8, pid: Option<Pid>) {
    match signal {
        2 if io::stdin().is_terminal() => {}
        2 => send(pid, Signal::INT),
        _ => send(pid, Signal::TERM),
    }
}

/// A command that is gone needs no signal.
fn send(pid: Option<Pid>, signal: Signal) {
    if let Some(pid) = pid {
        _ = kill_process(pid, signal);
    }
}

/// The command's status as a shell tells it.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
