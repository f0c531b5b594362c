//! Reruns: requested, listed, taken off the list, and done by a lab that polls.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::{fs, thread};

use serde_json::{Value, json};

use crate::support::fake_server::Server;
use crate::support::{Run, Sandbox};

/// A server with an execution on each of two environments.
fn lab(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new(&server.url()).with_snap();
    for (environment, id, state) in [("cm3", "1\n", "first"), ("cm4", "2\n", ".to")] {
        let link = format!("https://ci.example/{environment}");
        let start = format!("start --environment {environment} --ci-link {link}");
        let run = sandbox.to(&format!("{start} --state-dir {state}"));
        assert_eq!(run, Run::new(0, id, ""));
    }
    sandbox
}

const FIRST: &str = "1\tsnap\tcore22\t20260101\tcm3\tsmoke\thttps://ci.example/cm3\n";
const SECOND: &str = "2\tsnap\tcore22\t20260101\tcm4\tsmoke\thttps://ci.example/cm4\n";

#[test]
fn reruns_are_requested_listed_and_taken_off() {
    let server = Server::start();
    let sandbox = lab(&server);
    assert_eq!(sandbox.to("reruns"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("rerun 1"), Run::new(0, "", "1 rerun requested\n"));
    // The noted execution is the last one, and the more urgent comes first.
    assert_eq!(sandbox.to("-q rerun --priority 5"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("reruns"), Run::new(0, &format!("{SECOND}{FIRST}"), ""));
    // Repeated, it is there once.
    assert_eq!(sandbox.to("rerun 1 2 --priority -5"), Run::new(0, "", "2 reruns requested\n"));
    assert_eq!(sandbox.to("reruns"), Run::new(0, &format!("{FIRST}{SECOND}"), ""));
    for (filter, listed) in [
        ("--environment cm3", FIRST),
        ("--environment cm4 --family snap --arch arm64", SECOND),
        ("--family deb", ""),
        ("--arch amd64", ""),
    ] {
        assert_eq!(sandbox.to(&format!("reruns {filter}")), Run::new(0, listed, ""), "{filter}");
    }
    assert_eq!(sandbox.to("reruns --done 1"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("reruns --done 1"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("reruns"), Run::new(0, SECOND, ""));
    let again = sandbox.to("start --environment cm4 --state-dir again");
    assert_eq!(again, Run::new(0, "3\n", ""));
    assert_eq!(sandbox.to("reruns"), Run::new(0, "", ""));
}

/// One request an id, so that a key needs no permission for many at once.
#[test]
fn the_permissions_are_explained() {
    let server = Server::builder()
        .key("to_lab", &["change_test", "change_rerun", "view_rerun"])
        .key("to_test", &["change_test"])
        .start();
    let sandbox = lab(&server);
    server.require_keys(true);
    let lab = |line: &str| sandbox.to(&format!("--api-key to_lab {line}"));
    assert_eq!(lab("rerun 1 2"), Run::new(0, "", "2 reruns requested\n"));
    assert_eq!(lab("reruns"), Run::new(0, &format!("{FIRST}{SECOND}"), ""));
    assert_eq!(lab("reruns --done 1 --done 2"), Run::new(0, "", ""));
    for (line, permission) in
        [("rerun 1", "change_rerun"), ("reruns", "view_rerun"), ("reruns --done 1", "change_rerun")]
    {
        let run = sandbox.to(&format!("--api-key to_test {line}"));
        let said = format!(
            "error: the server answered 403: Insufficient permissions\n\
             hint: the key is known, but its application lacks the permission `{permission}`: \
             ask an administrator of Test Observer for it\n"
        );
        assert_eq!(run, Run::new(5, "", &said), "{line}");
    }
}

#[test]
fn unknown_executions_are_named_and_cost_no_other() {
    let server = Server::start();
    let sandbox = lab(&server);
    let said = "1 rerun requested\nerror: execution 99 is unknown to the server\n";
    assert_eq!(sandbox.to("rerun 99 1"), Run::new(5, "", said));
    assert_eq!(sandbox.to("reruns"), Run::new(0, FIRST, ""));
    let said = "error: execution 99 is unknown to the server\n";
    assert_eq!(sandbox.to("reruns --done 99 --done 1"), Run::new(5, "", said));
    assert_eq!(sandbox.to("reruns"), Run::new(0, "", ""));
    let said = "error: execution outbox-1 is at no server yet\nhint: `to push` delivers it\n";
    assert_eq!(sandbox.to("rerun outbox-1"), Run::new(2, "", said));
}

#[test]
fn json_has_all_that_the_server_tells() {
    let server = Server::start();
    let sandbox = lab(&server);
    let run = sandbox.to("rerun 1 99 --json");
    let requested = "{\"schema\":1,\"requested\":[1],\"missing\":[99]}\n";
    assert_eq!((run.status, run.stdout.as_str()), (5, requested));
    let run = sandbox.to("reruns --json");
    let told: Value = serde_json::from_str(&run.stdout).expect("an object on a line");
    assert_eq!(run.stdout.lines().count(), 1);
    assert_eq!(told["schema"], 1);
    assert_eq!(told["test_execution_id"], 1);
    assert_eq!(told["artefact"]["track"], "22");
    assert_eq!(told["artefact_build"]["revision"], json!(4711));
    let run = sandbox.to("reruns --done 1 --json");
    assert_eq!(run, Run::new(0, "{\"schema\":1,\"done\":[1],\"missing\":[]}\n", ""));
}

#[test]
fn a_spool_has_no_reruns() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let said = "error: a spool directory has no reruns\n\
                hint: --url (or TO_URL) takes the API's address, https://HOST\n";
    assert_eq!(sandbox.to("rerun"), Run::new(2, "", said));
    assert_eq!(sandbox.to("reruns"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("reruns --done 1"), Run::new(0, "", ""));
}

#[test]
fn what_takes_off_lists_nothing() {
    let server = Server::start();
    server.expect_no_requests();
    let run = Sandbox::new(&server.url()).to("reruns --done 1 --family snap");
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
}

/// Two loops that begin at once: each rerun is done at least once, and none is left.
#[test]
fn a_labs_loop_delivers_what_is_requested() {
    let server = Server::start();
    let sandbox = lab(&server);
    if sandbox.shell("command -v jq").status != 0 {
        println!("skipped: there is no jq");
        return;
    }
    for plan in ["smoke", "stress"] {
        let start = format!("start --environment cm3 --test-plan {plan} --ci-link none");
        let id = sandbox.to(&start).stdout;
        assert_eq!(sandbox.to(&format!("-q rerun {id}")), Run::new(0, "", ""));
    }
    let before = server.executions().len();
    // One test fails, and so does what runs them.
    let report = "<testsuite><testcase name=\"boots\"/><testcase name=\"halts\"><failure/></testcase>\
                  </testsuite>";
    let script = format!("#!/bin/sh\necho '{report}' > report.xml\nexit 1\n");
    let tests = sandbox.write("run-tests", script);
    fs::set_permissions(&tests, fs::Permissions::from_mode(0o755)).expect("an executable");

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab-loop.sh");
    thread::scope(|scope| {
        for lab in ["a", "b"] {
            let (server, script, tests) = (&server, &script, &tests);
            scope.spawn(move || {
                // A lab has what its loop names, and nothing of the artefacts.
                let sandbox = Sandbox::new(&server.url()).with("TO_ENVIRONMENT", "cm3");
                let sandbox = sandbox.with("RUN_TESTS", &tests.display().to_string());
                let run = sandbox.shell(&script.display().to_string());
                assert_eq!(run.status, 0, "{lab}: {run:?}");
            });
        }
    });
    let done: Vec<_> = server.executions().split_off(before);
    assert!((2..=4).contains(&done.len()), "{}", done.len());
    for plan in ["smoke", "stress"] {
        let of_plan: Vec<_> = done.iter().filter(|execution| execution.test_plan == plan).collect();
        assert!(!of_plan.is_empty(), "{plan}");
        for execution in of_plan {
            assert_eq!(execution.status, "FAILED");
            assert_eq!(execution.result("boots").status, "PASSED");
            assert_eq!(execution.request["revision"], 4711);
        }
    }
    assert_eq!(sandbox.to("reruns"), Run::new(0, "", ""));
}
