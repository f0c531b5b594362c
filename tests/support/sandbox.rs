//! Runs the real binary in a directory of its own, with nothing of this machine's environment.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{Process, Run};

/// A fresh directory to run `to` in, and variables.
pub struct Sandbox {
    pub directory: TempDir,
    variables: Vec<(String, String)>,
}

impl Sandbox {
    /// Retries come within milliseconds, so that tests do, and how long they go on is not left to the
    /// machine's speed. Neither is the size of batches: each is four times that of the one before.
    pub fn new(url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let sandbox = Self { directory, variables: Vec::new() };
        let sandbox = sandbox.with("TO_URL", url).with("TO_BATCH_TIME", "1000");
        sandbox.with("TO_RETRY_DELAY", "0.01").with("TO_RETRY_FOR", "20")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With all that `to start` needs for a snap.
    pub fn with_snap(self) -> Self {
        let variables = [
            ("TO_FAMILY", "snap"),
            ("TO_NAME", "core22"),
            ("TO_VERSION", "20260101"),
            ("TO_REVISION", "4711"),
            ("TO_TRACK", "22"),
            ("TO_STORE", "ubuntu"),
            ("TO_ARCH", "arm64"),
            ("TO_EXECUTION_STAGE", "beta"),
            ("TO_ENVIRONMENT", "cm3"),
            ("TO_TEST_PLAN", "smoke"),
        ];
        variables.into_iter().fold(self, |sandbox, (name, value)| sandbox.with(name, value))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file, with the directories that it needs.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
        fs::write(&path, content).expect("a file");
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file that was written")
    }

    /// A command that is not run yet, with no standard input.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(self.directory.path())
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs `to` with these arguments, separated by white space.
    pub fn to(&self, arguments: &str) -> Run {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        self.to_with(&arguments)
    }

    /// Runs `to` with arguments that may contain white space.
    pub fn to_with(&self, arguments: &[impl AsRef<OsStr>]) -> Run {
        let mut command = self.command(BINARY);
        command.args(arguments);
        Process::start(command).finish()
    }

    /// Runs `to` with something piped in.
    pub fn pipe(&self, input: impl AsRef<[u8]>, arguments: &str) -> Run {
        let mut process = self.spawn(arguments);
        // A command that does not want its input may have closed the pipe.
        _ = process.stdin().write_all(input.as_ref());
        process.finish()
    }

    /// Starts `to` with a pipe to its standard input.
    pub fn spawn(&self, arguments: &str) -> Process {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        self.spawn_with(&arguments)
    }

    /// Starts `to` with arguments that may contain white space.
    pub fn spawn_with(&self, arguments: &[&str]) -> Process {
        let mut command = self.command(BINARY);
        command.args(arguments).stdin(Stdio::piped());
        Process::start(command)
    }

    /// Returns whether this machine has a program.
    pub fn has(&self, program: &str) -> bool {
        self.shell(&format!("command -v {program}")).status == 0
    }

    /// Runs a shell script that finds `to` on its path.
    pub fn shell(&self, script: &str) -> Run {
        let binaries = Path::new(BINARY).parent().expect("a directory");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", binaries.display());
        let mut command = self.command("/bin/sh");
        command.env("PATH", path).args(["-c", script]);
        Process::start(command).finish()
    }
}

/// The binary that cargo built for these tests.
pub const BINARY: &str = env!("CARGO_BIN_EXE_to");

/// What is said of what was not delivered: it is the first in the outbox of this state directory.
pub fn kept(what: &str, state: &str) -> String {
    format!("warning: kept {what} in {state}/outbox/1\nhint: `to push` delivers what is kept\n")
}

/// A report that a real tool wrote.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
