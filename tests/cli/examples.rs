//! What the help shows is run, in a shell, against a fake server.
//!
//! What runs tests (pytest, make, cargo, Checkbox) is played by a script that writes a report; a line that
//! needs another tool which this machine lacks is skipped, and says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::checkbox::{NEWER, archive};
use crate::help::{commands, help};
use crate::support::fake_server::Server;
use crate::support::reports::junit;
use crate::support::{Run, Sandbox};

const REQUEST: &str = r#"{"family": "snap", "name": "core22", "version": "20260101", "arch": "arm64",
    "revision": 4711, "track": "latest", "store": "ubuntu", "execution_stage": "beta",
    "environment": "cm3", "test_plan": "smoke"}"#;

/// Each tool that runs tests, and how it is played.
const PLAYED: [(&str, &str); 4] = [
    ("make", "mkdir -p build && cp bin/passed.xml build/TEST-shop.xml"),
    (
        "pytest",
        "for word; do case $word in --junitxml=*) cat bin/passed.xml > \"${word#*=}\";; esac; done",
    ),
    ("cargo", "mkdir -p target/nextest/ci && cp bin/passed.xml target/nextest/ci/junit.xml"),
    (
        "checkbox-cli",
        "cp bin/submission.tar.xz \"$HOME/.local/share/checkbox-ng/submission_1.tar.xz\"",
    ),
];

/// A sandbox with everything that the examples name.
pub fn prepared(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new(&server.url());
    let home = sandbox.path("").display().to_string();
    let sandbox = sandbox.with("HOME", &home);
    let passed = junit("<testcase classname=\"shop\" name=\"opens\"/>");
    for name in ["report.xml", "build/TEST-shop.xml", "bin/passed.xml"] {
        sandbox.write(name, &passed);
    }
    sandbox.write("request.json", REQUEST);
    sandbox.write("wifi.log", "lost\n");
    sandbox.write("results.json", r#"[{"title": "boots", "outcome": "pass"}]"#);
    sandbox.write("test-observer-key", "sesame\n");
    sandbox.write(".local/share/bash-completion/completions/other", "");
    sandbox.write(".local/share/checkbox-ng/other", "");
    let submission = NEWER.replace("\"fail\"", "\"pass\"").replace("\"crash\"", "\"pass\"");
    sandbox.write("bin/submission.tar.xz", archive(&[("submission.json", &submission)]));
    for (tool, script) in PLAYED {
        let path = sandbox.write(&format!("bin/{tool}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("an executable");
    }
    sandbox
}

pub fn run(sandbox: &Sandbox, script: &str) -> Run {
    sandbox.shell(&format!("PATH=\"$PWD/bin:$PATH\"\n{script}"))
}

/// A tool of this line that is not there.
fn missing_tool(sandbox: &Sandbox, line: &str) -> Option<String> {
    let unquoted: String = line.split('\'').step_by(2).collect();
    let words: Vec<&str> = unquoted.split_whitespace().collect();
    let begins = |at: &usize| *at == 0 || matches!(words[at - 1], "|" | "||" | "&&" | "--");
    let mut tools = (0..words.len()).filter(begins).map(|at| words[at]);
    let is_there = |tool: &&str| run(sandbox, &format!("command -v {tool}")).status == 0;
    tools.find(|tool| !is_there(tool)).map(str::to_owned)
}

/// The lines of a help's examples; one that goes on behind a backslash is one.
fn examples_of(help: &str) -> Vec<String> {
    let (_, examples) = help.split_once("\nExamples:\n").expect("every command has examples");
    let (examples, _) = examples.split_once("\n\n").unwrap_or((examples, ""));
    examples.replace("\\\n", "").lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_examples_of_every_help_work() {
    let helps = commands().into_iter().map(|command| help(&command));
    for example in helps.flat_map(|help| examples_of(&help)) {
        let server = Server::start();
        let sandbox = prepared(&server).with_snap();
        let url = "TO_URL=file:results-of-the-lab";
        let script = format!(
            "set -e; to start --from request.json; to submit -q report.xml
             {url} to start --state-dir lab --from request.json
             {url} to submit --state-dir lab -q report.xml"
        );
        assert_eq!(run(&sandbox, &script), Run::new(0, "1\n1\n", ""));
        if let Some(tool) = missing_tool(&sandbox, &example) {
            println!("skipped, without {tool}: {example}");
            continue;
        }
        let sandbox = sandbox.with("TO_RESULTS", "report.xml");
        let run = run(&sandbox, &example);
        assert_eq!(run.status, 0, "{example}\n{}{}", run.stdout, run.stderr);
        assert!(!run.stderr.contains("error:"), "{example}\n{}", run.stderr);
    }
}

#[test]
fn every_help_says_what_may_be_repeated() {
    for command in commands() {
        assert!(help(&command).contains("\nMay be repeated"), "to {command} --help");
    }
}
