//! Runs the real binary in a directory of its own, with nothing of this machine's environment.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A place to run `to` in: a fresh directory, and variables.
pub struct Place {
    pub directory: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run left behind. A test compares the whole of it.
#[derive(Debug, Eq, PartialEq)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

impl Place {
    /// Retries come within milliseconds, so that tests do.
    pub fn new(url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let place = Self { directory, variables: Vec::new() };
        place.with("TO_URL", url).with("TO_RETRY_DELAY", "0.01").with("TO_RETRY_FOR", "1")
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
        variables.into_iter().fold(self, |place, (name, value)| place.with(name, value))
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
    pub fn to_with(&self, arguments: &[&str]) -> Run {
        finish(self.command(BINARY).args(arguments).output().expect("the binary runs"))
    }

    /// Runs `to` with something piped in.
    pub fn pipe(&self, input: impl AsRef<[u8]>, arguments: &str) -> Run {
        let mut child = self.spawn(arguments);
        // A command that does not want its input may have closed the pipe.
        _ = child.stdin.take().expect("a pipe").write_all(input.as_ref());
        finish(child.wait_with_output().expect("the binary ends"))
    }

    /// Starts `to` with pipes on all sides.
    pub fn spawn(&self, arguments: &str) -> Child {
        self.command(BINARY)
            .args(arguments.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs")
    }

    /// Runs a shell script that finds `to` on its path.
    pub fn shell(&self, script: &str) -> Run {
        let binaries = Path::new(BINARY).parent().expect("a directory");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", binaries.display());
        let mut command = self.command("/bin/sh");
        finish(command.env("PATH", path).args(["-c", script]).output().expect("a shell"))
    }
}

/// The binary that cargo built for these tests.
pub const BINARY: &str = env!("CARGO_BIN_EXE_to");

impl Run {
    pub fn new(status: i32, stdout: &str, stderr: &str) -> Self {
        Self { stdout: stdout.to_owned(), stderr: stderr.to_owned(), status }
    }
}

/// A finished process, with the times taken out of what it said.
pub fn finish(output: Output) -> Run {
    Run {
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
        stderr: without_times(&String::from_utf8(output.stderr).expect("UTF-8 on stderr")),
        status: output.status.code().unwrap_or(-1),
    }
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

/// What is said of what was not delivered: it is the first in the outbox of this state directory.
pub fn kept(what: &str, state: &str) -> String {
    format!("warning: kept {what} in {state}/outbox/1\nhint: `to push` delivers what is kept\n")
}

/// A report that a real tool wrote.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
