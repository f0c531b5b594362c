//! `to` with something between it and the C library, for what no test can bring about from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{BINARY, Process, Run, Sandbox};

/// The library of `interposed.c`.
pub struct Interposed(PathBuf);

impl Interposed {
    /// Compiles the library, once; where that cannot be done, says so.
    pub fn library() -> Option<&'static Self> {
        static LIBRARY: OnceLock<Option<Interposed>> = OnceLock::new();
        let library = LIBRARY.get_or_init(Self::compile).as_ref();
        if library.is_none() {
            println!("skipped: no C compiler, or no preloading of what it makes");
        }
        library
    }

    fn compile() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/interposed.c");
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let made = place.path().join("interposed.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&made);
        compiler.arg(source).arg("-ldl");
        let output = Process::try_start(compiler).ok()?.finish();
        assert_eq!(output, Run::quiet(), "what is compiled is the project's own");
        // Whoever tests at the same time has the same.
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interposed.so");
        fs::rename(made, &library).expect("a file");
        let library = Self(library);
        let counted = library.count(&Sandbox::new(""), "--version").1;
        (counted > 0).then_some(library)
    }

    /// Runs `to` with these arguments and one of the variables that `interposed.c` tells of.
    pub fn run(&self, sandbox: &Sandbox, arguments: &str, variable: &str, value: &str) -> Run {
        Process::start(self.command(sandbox, arguments, variable, value)).finish()
    }

    /// A command with no standard input that is not run yet.
    pub fn command(
        &self,
        sandbox: &Sandbox,
        arguments: &str,
        variable: &str,
        value: &str,
    ) -> Command {
        let mut command = sandbox.command(BINARY);
        command.args(arguments.split_whitespace());
        command.env("LD_PRELOAD", &self.0).env(variable, value);
        command
    }

    /// Runs `to`, and returns too how many calls it made that had an effect.
    pub fn count(&self, sandbox: &Sandbox, arguments: &str) -> (Run, usize) {
        let path = sandbox.path("calls");
        let run = self.run(sandbox, arguments, "INTERPOSED_COUNT", path.to_str().expect("UTF-8"));
        let count = fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok());
        (run, count.unwrap_or_default())
    }
}
