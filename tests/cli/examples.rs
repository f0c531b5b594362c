//! What the help and README.md show is run, in a shell, against a fake server.
//!
//! What runs tests (pytest, make, cargo, Checkbox) is played by a script that writes a report; a line that
//! needs another tool which this machine lacks is skipped, and says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::checkbox::{NEWER, archive};
use crate::help::{commands, help};
use crate::support::fake_server::Server;
use crate::support::reports::junit;
use crate::support::{Run, Sandbox, fixture};

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
    ("checkbox-cli", "cp bin/submission.tar.xz \"$HOME/.local/share/submission_1.tar.xz\""),
];

/// A sandbox with everything that the examples name.
fn prepared(server: &Server) -> Sandbox {
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
    sandbox.write(".local/share/bash-completion/completions/other", "");
    let submission = NEWER.replace("\"fail\"", "\"pass\"").replace("\"crash\"", "\"pass\"");
    sandbox.write("bin/submission.tar.xz", archive(&[("submission.json", &submission)]));
    for (tool, script) in PLAYED {
        let path = sandbox.write(&format!("bin/{tool}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("an executable");
    }
    sandbox
}

fn run(sandbox: &Sandbox, script: &str) -> Run {
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
    let helps = commands().into_iter().map(|command| help(&command)).chain([help("")]);
    for example in helps.flat_map(|help| examples_of(&help)) {
        let server = Server::start();
        let sandbox = prepared(&server);
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
        let sandbox = sandbox.with_snap().with("TO_RESULTS", "report.xml");
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

pub fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    fs::read_to_string(path).expect("README.md")
}

/// The part of README.md below this heading.
pub fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, below) = text.split_once(&format!("\n{heading}\n")).expect("the section");
    let level = heading.split(' ').next().expect("a heading");
    below.split(&format!("\n{level} ")).next().unwrap_or(below)
}

/// Each fenced block with its language.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let fenced = text.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a language")).collect()
}

/// The recipes, by heading: all that a reader would run of each is run in one place.
#[test]
fn the_recipes_work() {
    let readme = readme();
    let recipes = section(&readme, "## Recipes");
    let headings: Vec<&str> = recipes.lines().filter(|line| line.starts_with("### ")).collect();
    assert!(headings.len() >= 8, "{headings:?}");
    for heading in headings {
        let server = Server::start();
        let mut sandbox = prepared(&server);
        for (language, block) in blocks(section(recipes, heading)) {
            let script;
            (sandbox, script) = script_of(language, block, sandbox);
            let run = run(&sandbox, &script);
            assert_eq!(run.status, 0, "{heading}\n{script}\n{}{}", run.stdout, run.stderr);
            assert!(!run.stderr.contains("error:"), "{heading}\n{}", run.stderr);
        }
        assert_eq!(server.executions().len(), 1, "{heading}");
        let execution = server.execution(1);
        assert_eq!(execution.status, "PASSED", "{heading}");
        assert!(!execution.results().is_empty(), "{heading}");
    }
}

/// What a reader would run of a block, and where.
fn script_of(language: &str, block: &str, sandbox: Sandbox) -> (Sandbox, String) {
    match language {
        "sh" => (sandbox, block.to_owned()),
        "diff" => (
            sandbox,
            block
                .lines()
                .filter_map(|line| line.strip_prefix('+'))
                .fold(String::new(), |script, line| script + line + "\n"),
        ),
        "yaml" | "groovy" => job(block, sandbox),
        other => panic!("nothing runs {other}"),
    }
}

/// A CI job's variables, its matrix' first leg, and its steps.
fn job(block: &str, mut sandbox: Sandbox) -> (Sandbox, String) {
    let (mut matrix, mut script) = (Vec::new(), "set -e\n".to_owned());
    for line in block.lines().map(|line| line.trim().trim_start_matches("- ")) {
        if let Some((name, value)) = line.split_once(": ").or_else(|| line.split_once(" = ")) {
            let value = first_leg(value, &matrix);
            match name {
                "run" => script = script + &value + "\n",
                "TO_URL" | "TO_API_KEY" => {}
                _ if name.starts_with("TO_") => sandbox = sandbox.with(name, &value),
                _ => matrix.push((name.to_owned(), value)),
            }
        } else if let Some((_, step)) = line.split_once("sh '") {
            script = script + step.split('\'').next().unwrap_or_default() + "\n";
        } else if line.starts_with("to ") || line.starts_with("make ") {
            script = script + line + "\n";
        }
    }
    (sandbox, script)
}

fn first_leg(value: &str, matrix: &[(String, String)]) -> String {
    let value = match value.strip_prefix('[') {
        Some(list) => list.split([',', ']']).next().unwrap_or_default(),
        None => value,
    };
    let value = value.trim_matches(['"', '\'']).to_owned();
    let Some(axis) = value.strip_prefix("${{ matrix.") else { return value };
    let axis = axis.trim_end_matches(" }}");
    let leg = matrix.iter().find(|(name, _)| name == axis);
    leg.unwrap_or_else(|| panic!("no axis {axis}")).1.clone()
}

#[test]
fn what_replaces_yq_jq_and_curl_keeps_names_and_template_ids() {
    let server = Server::start();
    let readme = readme();
    let recipe = section(section(&readme, "## Recipes"), "### In place of yq, jq and curl");
    let (language, block) = blocks(recipe)[0];
    let (sandbox, script) = script_of(language, block, prepared(&server));
    assert_eq!(run(&sandbox, &script).stdout, "PASSED\n");
    assert_eq!(server.execution(1).result("opens").template_id, "shop");
}

/// The first commands of README.md, with this binary for the one that they build.
#[test]
fn the_first_try_works() {
    let readme = readme();
    let (_, block) = blocks(section(&readme, "## Try it"))[0];
    let (build, rest) = block.split_once(" && PATH=\"$PWD/target/debug:$PATH\" ").expect("a path");
    assert_eq!(build, "cargo build --locked");
    let sandbox = Sandbox::new("");
    let report = fs::read(fixture("pytest.xml")).expect("a fixture");
    sandbox.write("tests/fixtures/pytest.xml", report);
    let run = sandbox.shell(rest);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("sent 32 results to execution 1: "), "{}", run.stderr);
    let shown: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("==>")).collect();
    let files = ["patch.json", "results.jsonl", "start.json"];
    assert_eq!(shown, files.map(|file| format!("==> target/first-try/1/{file} <==")));
    assert!(run.stdout.starts_with("1\nFAILED\n"), "{}", run.stdout);
}
