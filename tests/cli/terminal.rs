//! What a report says never moves the cursor of whoever reads what `to` says.

use crate::support::fake_server::{Poison, Server};
use crate::support::reports::{junit, open};
use crate::support::{Run, Sandbox};

/// Clears the screen, rings, goes back to the line's beginning, and begins a C1 sequence.
const NASTY: &str = "\u{1b}[2Jred\u{7}\u{8}\rover\u{9b}1m\u{7f}";

const ESCAPED: &str = "\\u{1b}[2Jred\\u{7}\\u{8}\\rover\\u{9b}1m\\u{7f}";

fn assert_harmless(run: &Run, about: &str) {
    let raw: Vec<char> = run.stderr.chars().filter(|c| c.is_control() && *c != '\n').collect();
    assert_eq!(raw, Vec::<char>::new(), "{about}: {:?}", run.stderr);
}

fn reference(text: &str) -> String {
    let references = text.chars().map(|c| format!("&#{};", u32::from(c)));
    references.collect::<Vec<_>>().concat()
}

fn submit(server: &Server, sandbox: &Sandbox, arguments: &str) -> Run {
    let run = sandbox.to(&format!("submit {arguments}"));
    assert!(run.stderr.contains(ESCAPED), "{arguments}: {:?}", run.stderr);
    assert_harmless(&run, arguments);
    assert!(!server.executions().is_empty());
    run
}

#[test]
fn names_are_shown_escaped_and_sent_as_they_are() {
    let (server, sandbox) = open();
    let case = format!("<testcase name=\"{}\"/>\n", reference(NASTY));
    sandbox.write("r.xml", junit(&case.repeat(2)));
    for (mode, status) in [("merge", 0), ("number", 0), ("first", 0), ("last", 0), ("error", 3)] {
        let run = submit(&server, &sandbox, &format!("--on-duplicate {mode} r.xml"));
        assert_eq!(run.status, status);
    }
    assert_eq!(server.execution(1).result(NASTY).status, "PASSED");
}

#[test]
fn errors_and_warnings_are_shown_escaped() {
    let (server, sandbox) = open();
    let name = serde_json::to_string(NASTY).unwrap();
    sandbox.write("good.json", format!("[{{\"name\": \"a\", \"status\": \"pass\", {name}: 1}}]"));
    submit(&server, &sandbox, "good.json");
    for (about, file, content) in [
        ("a status", "r.json", format!("[{{\"name\": \"a\", \"status\": {name}}}]")),
        ("a name", "r.json", format!("[{{\"name\": {name}, \"status\": 5}}]")),
        ("a line", "r.jsonl", format!("{{\"name\": {name}, \"status\": \"x\"}}\n")),
    ] {
        sandbox.write(file, content);
        let run = sandbox.to(&format!("submit {file}"));
        assert_harmless(&run, about);
        assert!(run.stderr.contains("\\u{1b}[2J") && run.status == 3, "{about}: {}", run.stderr);
    }
    let encoding = format!("<?xml version='1.0' encoding='{NASTY}'?>\n<testsuite x='");
    sandbox.write("latin.xml", [encoding.as_bytes(), b"\xE9'/>"].concat());
    let run = sandbox.to("submit latin.xml good.json");
    assert_harmless(&run, "an encoding");
    assert_eq!(run.status, 3, "{}", run.stderr);
    for (about, content) in [
        ("a root", format!("<{NASTY}/>")),
        ("words", format!("{NASTY}\n")),
        ("a tag", format!("<testsuite><testcase name='a'></{NASTY}></testsuite>")),
    ] {
        sandbox.write("r.xml", content);
        let run = sandbox.to("submit r.xml good.json");
        assert_harmless(&run, about);
        assert_eq!(run.status, 3, "{about}: {}", run.stderr);
    }
}

#[test]
fn paths_are_shown_escaped() {
    let (server, sandbox) = open();
    let path = format!("{NASTY}.xml");
    sandbox.write(&path, "<testsuite>");
    for path in [path, format!("{NASTY}.missing")] {
        let run = sandbox.to_with(&["submit", &path]);
        assert_harmless(&run, "a path");
        assert!(run.stderr.contains(ESCAPED), "{:?}", run.stderr);
        assert_eq!(run.status, 3);
    }
    server.expect_no_requests();
}

#[test]
fn what_a_server_says_of_a_name_is_shown_escaped() {
    let (server, sandbox) = open();
    server.poison(|name| name.contains("red"), Poison::Refusal);
    sandbox.write("r.xml", junit(&format!("<testcase name=\"{}\"/>", reference(NASTY))));
    let run = sandbox.to("submit -v r.xml");
    assert_harmless(&run, "an answer");
    assert_ne!(run.status, 0);
}

/// A warning is a line: what it names does not begin another.
#[test]
fn a_line_feed_in_a_name_makes_no_line_of_its_own() {
    let (_server, sandbox) = open();
    let case = "<testcase name=\"a&#10;error: all is lost\"/>\n";
    sandbox.write("r.xml", junit(&case.repeat(2)));
    let run = sandbox.to("submit r.xml");
    assert!(run.stderr.lines().all(|line| !line.starts_with("error:")), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
}
