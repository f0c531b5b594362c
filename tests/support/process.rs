//! Processes that tests start: bounded in time, and gone when their test is.
//!
//! Each is the leader of a process group of its own, so that what it has started ends with it.

use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Once};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;

/// The longest that a process may take. One that hangs fails its test, and not the suite.
const LIMIT: Duration = Duration::from_secs(30);

/// What a process left behind. A test compares the whole of it.
#[derive(Debug, Eq, PartialEq)]
pub struct Run {
    pub stdout: String,
    /// With `N` in place of each time.
    pub stderr: String,
    /// -1 where a signal ended it.
    pub status: i32,
}

/// A process that was started. It is killed where it hangs, and where its test ends before it does.
pub struct Process {
    child: Child,
    watchdog: Option<Watchdog>,
}

/// A thread that kills a process group after some time.
struct Watchdog {
    ended: Sender<()>,
    /// The complaint, where it had to kill.
    thread: JoinHandle<Option<String>>,
}

/// What a test expects; of what it does not say, there is to be nothing.
impl Run {
    /// Success, and nothing is said.
    pub fn quiet() -> Self {
        Self::new(0, "", "")
    }

    /// Success, and only this is printed on stdout.
    pub fn printed(stdout: &str) -> Self {
        Self::new(0, stdout, "")
    }

    /// A failure, of which only stderr tells.
    pub fn failed(status: i32, stderr: &str) -> Self {
        Self::new(status, "", stderr)
    }

    pub fn new(status: i32, stdout: &str, stderr: &str) -> Self {
        Self { stdout: stdout.to_owned(), stderr: stderr.to_owned(), status }
    }
}

/// Has the signals that end a process do so in those that tests start. Some may be ignored here, as
/// under `nohup` or in the background of a script, and that is inherited; a handler is not.
fn heed_signals() {
    static HEEDED: Once = Once::new();
    HEEDED.call_once(|| {
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            let ends_this_too = Arc::new(AtomicBool::new(true));
            flag::register_conditional_default(signal, ends_this_too).expect("a handler");
        }
    });
}

impl Process {
    /// Starts a process whose output is kept.
    pub fn start(command: Command) -> Self {
        let program = command.get_program().to_owned();
        Self::try_start(command).unwrap_or_else(|error| panic!("{}: {error}", program.display()))
    }

    /// Starts a process of a program that a machine may lack.
    pub fn try_start(command: Command) -> io::Result<Self> {
        Self::start_within(LIMIT, command)
    }

    /// Starts a process that may take so long.
    pub fn start_within(limit: Duration, mut command: Command) -> io::Result<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::watch(limit, command)
    }

    /// Starts a process whose output goes where the command says.
    pub fn start_attached(command: Command) -> io::Result<Self> {
        Self::watch(LIMIT, command)
    }

    fn watch(limit: Duration, mut command: Command) -> io::Result<Self> {
        heed_signals();
        let child = command.process_group(0).spawn()?;
        let watchdog = Watchdog::start(limit, pid(&child), said(&command));
        Ok(Self { child, watchdog: Some(watchdog) })
    }

    /// Takes its standard input, which ends when the test drops it.
    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("a pipe to standard input")
    }

    /// Takes its standard output, which `finish` then gives no more.
    pub fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("a pipe from standard output")
    }

    /// Takes its standard error, which `finish` then gives no more.
    pub fn stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().expect("a pipe from standard error")
    }

    /// Sends it a signal, and none to what it has started.
    pub fn signal(&self, signal: Signal) {
        kill_process(pid(&self.child), signal).expect("a process");
    }

    /// Closes its standard input and waits for its end; panics where that does not come in time.
    pub fn finish(mut self) -> Run {
        drop(self.child.stdin.take());
        let stderr = self.child.stderr.take().map(|pipe| thread::spawn(move || text(pipe)));
        let stdout = self.child.stdout.take().map(text).unwrap_or_default();
        let stderr = stderr.map(|reader| reader.join().expect("a reader")).unwrap_or_default();
        let status = self.wait();
        Run { stdout, stderr: without_times(&stderr), status: status.code().unwrap_or(-1) }
    }

    /// Kills it; panics where it had ended before.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        let status = self.wait();
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "ended before it was killed");
    }

    fn wait(&mut self) -> ExitStatus {
        // Its number is nobody else's before it is waited for: until then it may be killed by it.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid(&self.child)), ended).expect("a process");
        let complaint = self.watchdog.take().and_then(Watchdog::end);
        let status = self.child.wait().expect("a process that has ended");
        if let Some(complaint) = complaint {
            panic!("{complaint}");
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(watchdog) = self.watchdog.take() {
            // It may have ended on its own.
            _ = kill_process_group(pid(&self.child), Signal::KILL);
            watchdog.end();
            _ = self.child.wait();
        }
    }
}

impl Watchdog {
    fn start(limit: Duration, group: Pid, command: String) -> Self {
        let (ended, end) = mpsc::channel();
        let thread = thread::spawn(move || {
            if end.recv_timeout(limit) != Err(RecvTimeoutError::Timeout) {
                return None;
            }
            let complaint = format!("`{command}` took longer than {limit:?} and was killed");
            // Said at once: what was waiting for the process may fail first.
            println!("{complaint}");
            _ = kill_process_group(group, Signal::KILL);
            Some(complaint)
        });
        Self { ended, thread }
    }

    fn end(self) -> Option<String> {
        drop(self.ended);
        self.thread.join().expect("a watchdog")
    }
}

/// Waits until this is so; panics where it does not become so in time.
pub fn eventually(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "what a test waits for did not happen in {LIMIT:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// A command as a person would type it.
fn said(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn text(mut pipe: impl Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).expect("UTF-8 from a process");
    text
}

/// Replaces each decimal number in front of ` s` by `N`, and each number in front of ` ms`.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.parse::<f64>().is_ok();
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let unit = words[at].trim_end_matches(['\n', ')', ',', ';']);
        let unit = unit.split('\n').next().unwrap_or_default();
        let before = words[at - 1].trim_start_matches('(').to_owned();
        if matches!(unit.trim_end_matches([')', ',', ';']), "s" | "ms") && is_time(&before) {
            words[at - 1] = words[at - 1].replace(&before, "N");
        }
    }
    words.join(" ")
}
