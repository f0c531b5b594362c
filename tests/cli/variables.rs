//! A variable that is wrong is named, and stands in the way of nothing that does not need it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use crate::support::fake_server::Server;
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

/// A file of variables that was written on Windows ends each line with a carriage return.
#[test]
fn white_space_around_a_value_is_dropped() {
    for around in [("", "\r"), (" ", " "), ("\t", "\n"), ("", "\r\n")] {
        let server = Server::start();
        let odd = |value: &str| format!("{}{value}{}", around.0, around.1);
        let options = [
            ("TO_URL", &*server.url()),
            ("TO_API_KEY", "to_12345678"),
            ("TO_STATE_DIR", "state"),
            ("TO_QUIET", "1"),
            ("TO_COLOR", "never"),
            ("TO_TIMEOUT", "20s"),
            ("TO_FORMAT", "jsonl"),
            ("TO_ON_DUPLICATE", "number"),
            ("TO_MAX_LOG", "1M"),
        ];
        let fields = [
            ("family", "snap"),
            ("name", "core22"),
            ("version", "20260101"),
            ("revision", "4711"),
            ("track", "22"),
            ("store", "ubuntu"),
            ("arch", "arm64"),
            ("execution_stage", "beta"),
            ("environment", "cm3"),
            ("test_plan", "smoke"),
            ("ci_link", "https://ci.example/1"),
            ("needs_assignment", "true"),
        ];
        let mut sandbox = Sandbox::new("");
        for (name, value) in options {
            sandbox = sandbox.with(name, &odd(value));
        }
        for (field, value) in fields {
            sandbox = sandbox.with(&format!("TO_{}", field.to_uppercase()), &odd(value));
        }
        assert_eq!(sandbox.to("start"), Run::printed("1\n"), "{around:?}");
        let sent = server.requests().remove(0);
        assert_eq!(sent.header("authorization"), Some("Bearer to_12345678"));
        let told = |field: &str| match &sent.json()[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        for (field, value) in fields {
            assert_eq!(told(field), value, "{field} {around:?}");
        }
        let line = "{\"name\": \"a\", \"status\": \"PASSED\"}\n";
        sandbox.write("r", line.repeat(2));
        let run = sandbox.with("TO_RESULTS", &odd("r")).to("submit");
        let said = "warning: result numbered, because its name came before (1): `a`\n";
        assert_eq!(run, Run::new(0, "", said));
        let stored = server.execution(1).results().len();
        assert_eq!(stored, 2, "{around:?}");
    }
}

/// A flag's value is trimmed likewise where it is one of `start`; inside of it nothing may be that a
/// terminal takes for a command.
#[test]
fn a_control_character_inside_a_value_is_refused() {
    let server = Server::start();
    server.expect_no_requests();
    for value in ["core\r22", "core\n22", "core\u{1b}[2J22", "core\u{85}22"] {
        for (origin, who) in [("flag", "--name"), ("variable", "TO_NAME"), ("file", "field `name`")]
        {
            let sandbox = Sandbox::new(&server.url()).with_snap();
            let file = serde_json::json!({ "name": value }).to_string();
            sandbox.write("from.json", file);
            let run = match origin {
                "flag" => sandbox.to_with(&["start", "--name", value]),
                "variable" => sandbox.with("TO_NAME", value).to("start"),
                _ => sandbox.with("TO_NAME", "").to("start --from from.json"),
            };
            let character = value.chars().find(|c| c.is_control()).expect("one");
            let said = format!("\n  {who} contains the control character {character:?}\n");
            assert!(run.status == 2 && run.stderr.contains(&said), "{origin}: {run:?}");
        }
    }
}

#[test]
fn an_architecture_is_told_in_debians_words() {
    for (given, sent, said) in [
        ("arm64", "arm64", ""),
        ("s390x", "s390x", ""),
        ("x86_64", "amd64", "`amd64` is sent, Debian's word for the architecture `x86_64`"),
        ("aarch64", "arm64", "`arm64` is sent, Debian's word for the architecture `aarch64`"),
        ("armv7l", "armhf", "`armhf` is sent, Debian's word for the architecture `armv7l`"),
        ("ppc64le", "ppc64el", "`ppc64el` is sent, Debian's word for the architecture `ppc64le`"),
        ("i686", "i386", "`i386` is sent, Debian's word for the architecture `i686`"),
        ("AMD64", "amd64", "`amd64` is sent, Debian's word for the architecture `AMD64`"),
        ("any", "any", "`any` is no architecture of Ubuntu's, such as amd64"),
    ] {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
        let said = if said.is_empty() { String::new() } else { format!("warning: {said}\n") };
        assert_eq!(sandbox.to(&format!("start --arch {given}")), Run::new(0, "1\n", &said));
        assert_eq!(sandbox.with("TO_ARCH", given).to("start -q").status, 0);
        for request in server.requests() {
            assert_eq!(request.json()["arch"], sent, "{given}");
        }
    }
}
