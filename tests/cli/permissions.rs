//! A key that may change executions and look at none, as the server's tutorial asks for it.

use serde_json::json;

use crate::support::fake_server::{Request, Server};
use crate::support::{Run, Sandbox};

/// A server that wants keys, and a sandbox whose key has `change_test` alone.
fn write_only() -> (Server, Sandbox) {
    let server = Server::builder().auth_required().key("to_writer", &["change_test"]).start();
    let sandbox = Sandbox::new(&server.url())
        .with_snap()
        .with("TO_API_KEY", "to_writer")
        .with("TO_CI_LINK", "https://ci.example/1")
        .with("TO_RETRY_FOR", "0");
    (server, sandbox)
}

fn links(server: &Server) -> Vec<String> {
    let execution = server.execution(1);
    let label = |link: &serde_json::Value| link["label"].as_str().expect("a label").to_owned();
    execution.links.iter().map(label).collect()
}

#[test]
fn every_command_that_writes_does_all_its_work() {
    let (server, sandbox) = write_only();
    let fine = |arguments: &str, stdout: &str| {
        let run = sandbox.to(arguments);
        assert_eq!(run, Run::new(0, stdout, ""), "{arguments}");
    };
    fine("-q start --relevant-link Logs=https://logs.example/", "1\n");
    // Found again: what it has is not added twice.
    fine("-q start --relevant-link Logs=https://logs.example/", "1\n");
    sandbox.write("report.xml", "<testsuite><testcase name='wifi'/></testsuite>");
    fine("-q submit report.xml", "");
    fine("-q result boot fail", "");
    fine("-q update --metadata cloud=aws --link Logs=https://logs.example/ --event begun", "");
    fine("-q update --link Build=https://build.example/", "");
    fine("-q end", "FAILED\n");
    let execution = server.execution(1);
    assert_eq!(execution.result("boot").status, "FAILED");
    assert_eq!(execution.metadata["cloud"], ["aws"]);
    assert_eq!(execution.events.len(), 1);
    assert_eq!(links(&server), ["Logs", "Build"]);
}

#[test]
fn a_run_and_a_push_do_all_their_work() {
    let (server, sandbox) = write_only();
    sandbox.write("report.jsonl", "{\"name\": \"boot\", \"status\": \"PASSED\"}\n");
    let spool = |arguments: &str| sandbox.to(&format!("{arguments} --url file:spool")).status;
    assert_eq!(spool("-q start --relevant-link Logs=https://logs.example/"), 0);
    assert_eq!(spool("-q submit report.jsonl"), 0);
    assert_eq!(spool("-q update --link Build=https://build.example/ --event begun"), 0);
    assert_eq!(spool("-q end"), 0);
    // By another push, as after one that was cut off, no link comes twice.
    for _ in 0..2 {
        assert_eq!(sandbox.to("-q push spool"), Run::new(0, "1\n", ""));
        std::fs::remove_file(sandbox.path("spool/1/delivered.json")).expect("a mark");
    }
    assert_eq!(links(&server), ["Logs", "Build"]);
    assert_eq!(server.execution(1).status, "PASSED");

    let touch = "touch report.jsonl";
    let run = sandbox.to_with(&[
        "-q",
        "run",
        "--ci-link",
        "none",
        "--results",
        "report.jsonl",
        "--",
        "/bin/sh",
        "-c",
        touch,
    ]);
    assert_eq!(run, Run::new(0, "", ""));
    assert_eq!(server.execution(2).status, "PASSED");
}

#[test]
fn show_tells_what_a_change_of_nothing_does() {
    let (server, sandbox) = write_only();
    assert_eq!(sandbox.to("-q start").status, 0);
    assert_eq!(sandbox.to("-q result boot fail").status, 0);
    let run = sandbox.to("show");
    let said = "warning: the results are not shown: the key lacks `view_test`\n\
                hint: ask an administrator of Test Observer for the permission\n";
    assert_eq!((run.status, &*run.stderr), (0, said));
    let lines: Vec<&str> = run.stdout.lines().filter(|line| !line.contains("created")).collect();
    let expected = [
        "execution 1: IN_PROGRESS",
        "  snap         core22 20260101 (beta, revision 4711, arm64)",
        "  test plan    smoke",
        "  environment  cm3 (arm64)",
        "  CI link      https://ci.example/1",
    ];
    assert_eq!(lines, expected);

    let run = sandbox.to("show --json");
    let mut told: serde_json::Value = serde_json::from_str(&run.stdout).expect("an object");
    told.as_object_mut().expect("an object").retain(|key, _| {
        ["schema", "execution", "status", "results", "total"].contains(&key.as_str())
    });
    assert_eq!(told, json!({"schema": 1, "execution": 1, "status": "IN_PROGRESS"}));
    let patches = |request: &Request| request.method == "PATCH" && request.json() != json!({});
    assert!(!server.requests().iter().any(patches), "showing changes nothing");
}
