//! A variable that is wrong is named, and stands in the way of nothing that does not need it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::{BINARY, Process, Run, Sandbox};

fn usage(said: &str) -> Run {
    Run::new(2, "", &format!("error: {said}\n\nFor more information, try '--help'.\n"))
}

/// The same, with the usage line that clap adds.
fn usage_with_line(said: &str) -> Run {
    usage(&format!("{said}\n\nUsage: to [OPTIONS] <COMMAND>"))
}

#[test]
fn a_wrong_value_is_said_of_the_variable_that_holds_it() {
    let time = "a time is seconds, or has a unit: 90s, 5m, 1h";
    for (name, value, said) in [
        ("TO_TIMEOUT", "soon", format!("invalid value 'soon' for 'TO_TIMEOUT': {time}")),
        (
            "TO_EXECUTION",
            "first",
            "invalid value 'first' for 'TO_EXECUTION': an execution is a number from 1 to \
             2147483647, as `to start` prints it"
                .to_owned(),
        ),
        (
            "TO_COLOR",
            "blue",
            "invalid value 'blue' for 'TO_COLOR'\n  [possible values: auto, always, never]"
                .to_owned(),
        ),
    ] {
        assert_eq!(Sandbox::new("").with(name, value).to("end"), usage(&said));
    }
    // Where both are wrong, what was typed is said first.
    let run = Sandbox::new("").with("TO_TIMEOUT", "soon").to("end --timeout never");
    assert_eq!(run, usage(&format!("invalid value 'never' for '--timeout <TIME>': {time}")));
}

#[test]
fn variables_that_exclude_each_other_are_named() {
    let sandbox = Sandbox::new("").with("TO_API_KEY", "to_a").with("TO_API_KEY_FILE", "key");
    assert_eq!(
        sandbox.to("end"),
        usage_with_line("TO_API_KEY and TO_API_KEY_FILE exclude each other")
    );
}

#[test]
fn a_variable_that_is_not_utf8_is_named() {
    for name in ["TO_URL", "TO_ENVIRONMENT", "TO_API_KEY"] {
        let sandbox = Sandbox::new("");
        let mut command = sandbox.command(BINARY);
        command.arg("start").env(name, OsStr::from_bytes(b"\xff"));
        assert_eq!(
            Process::start(command).finish(),
            usage_with_line(&format!("{name} is not UTF-8"))
        );
    }
}

#[test]
fn the_manual_help_and_completions_need_no_variables() {
    for line in ["man", "man start", "completions bash", "help", "end --help", "--version"] {
        let sandbox = Sandbox::new("observer.example").with("TO_TIMEOUT", "soon");
        let run = sandbox.with("TO_EXECUTION", "first").with("TO_QUIET", "1").to(line);
        assert_eq!(run, Sandbox::new("").to(line));
        assert_eq!(run.status, 0, "{line}");
    }
}

#[test]
fn help_that_cannot_be_printed_is_a_fault() {
    for line in ["--help", "help", "end --help", "--version"] {
        let run = Sandbox::new("").shell(&format!("to {line} > /dev/full"));
        let said = "error: standard output cannot be written: no space left on device\n";
        assert_eq!(run, Run::new(1, "", said), "{line}");
    }
}
