//! `to show`: an execution for a person, at 80 columns, and as JSON.

use serde_json::{Value, json};

use crate::support::fake_server::{Builder, Fault, Request, Response, Server, client};
use crate::support::{Run, Sandbox, kept};

/// A sandbox with an execution that has one result of each status, links, metadata and an event.
fn full(url: &str) -> Sandbox {
    let sandbox = Sandbox::new(url).with_snap().with("TO_RETRY_FOR", "0");
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let results = json!([
        {"name": "boot", "status": "PASSED"},
        {"name": "wifi/scan", "status": "FAILED", "category": "wifi",
         "comment": "no network\nfound within 30 s", "io_log": "scan: error 5\n\ttry 2\n"},
        {"name": "gpu", "status": "SKIPPED", "comment": "no gpu"},
        {"name": "audio", "status": "FAILED"},
    ]);
    assert_eq!(sandbox.pipe(results.to_string(), "-q submit -"), Run::new(0, "", ""));
    let run = sandbox.to_with(&[
        "update",
        "--status",
        "FAILED",
        "--ci-link",
        "https://ci.example/job/1",
        "--metadata",
        "cloud=aws",
        "--metadata",
        "cloud=gcp",
        "--link",
        "Logs=https://logs.example/1",
        "--event",
        "job_end=it went well",
    ]);
    assert_eq!(run, Run::new(0, "", ""));
    sandbox
}

/// The table without the line of the time at which the execution was made, and the time of events.
fn without_times(run: Run) -> Run {
    let line = |line: &str| match line {
        created if created.starts_with("  created ") => None,
        event if event.starts_with("  event ") => {
            Some(format!("  event{}\n", &event[event.find(" UTC ").expect("a time") + 4..]))
        }
        other => Some(format!("{other}\n")),
    };
    Run { stdout: run.stdout.lines().filter_map(line).collect(), ..run }
}

const FACTS: &str = "\
execution 1: FAILED
  snap         core22 20260101 (beta, revision 4711, arm64)
  test plan    smoke
  environment  cm3 (arm64)
  CI link      https://ci.example/job/1
  link         Logs: https://logs.example/1
  metadata     cloud: aws, gcp
  event job_end: it went well

4 results: 1 passed, 2 failed, 1 skipped
";

const RESULTS: &str = "
FAILED   wifi/scan
           no network
           found within 30 s
FAILED   audio
SKIPPED  gpu
           no gpu
PASSED   boot
";

const RESULTS_WITH_LOGS: &str = "
FAILED   wifi/scan
           no network
           found within 30 s
         | scan: error 5
         | \\ttry 2
FAILED   audio
SKIPPED  gpu
           no gpu
PASSED   boot
";

#[test]
fn an_execution_and_its_results_failures_first() {
    let server = Server::start();
    for url in [server.url(), "file:spool".to_owned()] {
        let sandbox = full(&url);
        let run = without_times(sandbox.to("show"));
        assert_eq!(run, Run::new(0, &format!("{FACTS}{RESULTS}"), ""), "{url}");
        let run = without_times(sandbox.to("show --logs"));
        assert_eq!(run, Run::new(0, &format!("{FACTS}{RESULTS_WITH_LOGS}"), ""), "{url}");
    }
}

#[test]
fn an_execution_without_results() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let said = "execution 1: IN_PROGRESS\n  \
                snap         core22 20260101 (beta, revision 4711, arm64)\n  test plan    smoke\n  environment  cm3 (arm64)\n\n\
                0 results: 0 passed, 0 failed, 0 skipped\n";
    assert_eq!(sandbox.to("show"), Run::new(0, said, ""));
}

#[test]
fn json_has_all_that_the_server_tells() {
    let server = Server::start();
    let run = full(&server.url()).to("show --json");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(run.stdout.lines().count(), 1);
    let mut told: Value = serde_json::from_str(&run.stdout).expect("JSON");
    for result in told["results"].as_array_mut().unwrap() {
        assert!(result.as_object_mut().unwrap().remove("created_at").is_some());
    }
    assert!(told.as_object_mut().unwrap().remove("created_at").is_some());
    assert!(told["events"][0].as_object_mut().unwrap().remove("timestamp").is_some());
    let result = |id: u64, name: &str, status: &str, texts: [&str; 3]| {
        let [category, comment, io_log] = texts;
        json!({"id": id, "name": name, "status": status, "category": category, "comment": comment,
               "io_log": io_log, "template_id": "", "issues": [], "previous_results": []})
    };
    let wifi = ["wifi", "no network\nfound within 30 s", "scan: error 5\n\ttry 2\n"];
    let expected = json!({
        "schema": 1, "execution": 1, "status": "FAILED", "total": 4, "passed": 1, "failed": 2, "skipped": 1,
        "artefact": {"family": "snap", "name": "core22", "version": "20260101", "stage": "beta",
                     "revision": 4711, "arch": "arm64"},
        "ci_link": "https://ci.example/job/1", "test_plan": "smoke",
        "environment": {"id": 1, "name": "cm3", "architecture": "arm64"},
        "execution_metadata": {"cloud": ["aws", "gcp"]},
        "relevant_links": [{"id": 1, "label": "Logs", "url": "https://logs.example/1"}],
        "is_triaged": false, "is_rerun_requested": false,
        "events": [{"event_name": "job_end", "detail": "it went well"}],
        "results": [
            result(2, "wifi/scan", "FAILED", wifi),
            result(4, "audio", "FAILED", ["", "", ""]),
            result(3, "gpu", "SKIPPED", ["", "no gpu", ""]),
            result(1, "boot", "PASSED", ["", "", ""]),
        ],
    });
    assert_eq!(told, expected);
}

#[test]
fn json_of_a_spool_has_the_last_result_of_each_name() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    for (name, status) in [("a", "fail"), ("b", "pass"), ("a", "pass")] {
        assert_eq!(sandbox.to(&format!("-q result {name} {status}")), Run::new(0, "", ""));
    }
    let told: Value = serde_json::from_str(&sandbox.to("show --json").stdout).expect("JSON");
    let expected = json!({
        "schema": 1, "execution": 1, "status": "IN_PROGRESS", "total": 2, "passed": 2, "failed": 0,
        "skipped": 0, "test_plan": "smoke", "relevant_links": [], "execution_metadata": {},
        "environment": {"name": "cm3", "architecture": "arm64"}, "events": [],
        "artefact": {"family": "snap", "name": "core22", "version": "20260101", "stage": "beta",
                     "revision": 4711, "arch": "arm64"},
        "results": [{"name": "b", "status": "PASSED"}, {"name": "a", "status": "PASSED"}],
    });
    assert_eq!(told, expected);
}

/// Clears the screen, rings, goes back to the line's beginning, forges a line.
const NASTY: &str = "\u{1b}[2Jred\u{7}\rover\u{9b}1m\n  PASSED   forged";

#[test]
fn no_line_moves_the_cursor_and_none_is_forged() {
    let server = Server::start();
    let start = json!({
        "family": "snap", "name": "core22", "version": "1", "revision": 1, "track": "22",
        "store": "ubuntu", "arch": NASTY, "execution_stage": "beta", "environment": NASTY,
        "test_plan": NASTY,
    });
    // Another client is not as careful as `to start`.
    let route = "/v1/test-executions/start-test";
    let started = client::call(server.port(), "PUT", route, &start).expect("an answer");
    assert_eq!(started.status, 200);
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1");
    let long = "suite.module.class.".repeat(12);
    let results = json!([
        {"name": long, "status": "FAILED", "comment": "many words ".repeat(30)},
        {"name": NASTY, "status": "FAILED", "comment": NASTY, "io_log": NASTY},
    ]);
    assert_eq!(sandbox.pipe(results.to_string(), "-q submit -"), Run::new(0, "", ""));
    let run = sandbox.to("show --logs");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    for line in run.stdout.lines() {
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(!line.starts_with("  PASSED"), "{line:?}");
    }
    assert!(run.stdout.contains(&format!("\nFAILED   {long}\n")), "{}", run.stdout);
}

/// GET of an execution came on 2025-11-27.
#[test]
fn an_old_server_is_read_by_a_change_of_nothing() {
    let (new, old) = (Server::start(), Server::builder().before("2025-11-27").start());
    let shown = |server: &Server| {
        let sandbox = full(&server.url());
        let run = without_times(sandbox.to("show"));
        assert_eq!((run.status, &*run.stderr), (0, ""), "{}", run.stdout);
        run.stdout
    };
    assert_eq!(shown(&old), shown(&new));
    let sandbox = Sandbox::new(&old.url());
    assert_eq!(sandbox.to("show --execution 1").status, 0);
    assert!(!sandbox.path(".to").exists(), "showing makes nothing");
}

#[test]
fn an_execution_that_is_not_there() {
    let server = Server::start();
    let hint = "hint: `to start` opens an execution; --execution (or TO_EXECUTION) chooses \
                another\n";
    let said = format!("error: the server answered 404: TestExecution not found\n{hint}");
    let run = Sandbox::new(&server.url()).to("show --execution 7");
    assert_eq!(run, Run::new(5, "", &said));
    let said = format!("error: no such execution: spool/7 does not exist\n{hint}");
    assert_eq!(Sandbox::new("file:spool").to("show --execution 7"), Run::new(5, "", &said));
}

#[test]
fn a_key_that_may_only_look_shows_all_and_one_that_may_nothing_is_told() {
    let keys = |builder: Builder| builder.key("to_reader", &["view_test"]).key("to_none", &[]);
    let server = keys(Server::builder().auth_required()).start();
    server.open_execution();
    let show =
        |key: &str| Sandbox::new(&server.url()).with("TO_API_KEY", key).to("show --execution 1");
    assert_eq!(show("to_reader").status, 0);
    let lacks = "error: the key of the application `ci` lacks `view_test`\n\
                 hint: the key is known, but its application lacks the permission `view_test`: \
                 ask an administrator of Test Observer for it\n";
    assert_eq!(show("to_none"), Run::new(5, "", lacks));
    let none = "error: the server wants a key\n\
                hint: no key was sent: give one with --api-key-file or TO_API_KEY\n";
    assert_eq!(show(""), Run::new(5, "", none));
}

#[test]
fn what_is_kept_is_said_and_an_execution_of_the_outbox_is_shown() {
    let server = Server::start();
    server.open_execution();
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1").with("TO_RETRY_FOR", "0");
    server.fault(|_| true, 1, Fault::answer(Response::nginx(503)));
    assert_eq!(sandbox.to("-q result boot fail").status, 4);
    let run = sandbox.to("show");
    let said = "warning: what is kept in .to/outbox/1 is not delivered yet\n\
                hint: `to push` delivers what is kept\n";
    assert_eq!((run.status, run.stderr.as_str()), (0, said));
    assert!(run.stdout.contains("\n0 results: "), "{run:?}");

    server.fault(|_| true, 1, Fault::answer(Response::nginx(503)));
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0");
    let run = sandbox.to("start --best-effort");
    assert_eq!((run.status, run.stdout.as_str()), (0, "outbox-1\n"));
    assert!(run.stderr.ends_with(&kept("the execution", ".to")));
    let waiting = "error: execution outbox-1 is at no server yet\nhint: `to push` delivers it\n";
    assert_eq!(sandbox.to("-q result boot fail"), Run::new(4, "", waiting));
    let run = sandbox.to("show");
    assert!(run.stdout.starts_with("execution outbox-1: IN_PROGRESS\n"), "{run:?}");
    assert!(run.stdout.ends_with("\n\nFAILED   boot\n"), "{run:?}");
}

#[test]
fn failures_alone_with_their_counts() {
    let server = Server::start();
    let sandbox = full(&server.url());
    let run = without_times(sandbox.to("show --failed"));
    let results = "\nFAILED   wifi/scan\n           no network\n           found within 30 s\n\
                   FAILED   audio\n";
    assert_eq!(run, Run::new(0, &format!("{FACTS}{results}"), ""));
    let told: Value =
        serde_json::from_str(&sandbox.to("show --failed --json").stdout).expect("JSON");
    assert_eq!(
        (told["total"].as_u64(), told["results"].as_array().map(Vec::len)),
        (Some(4), Some(2))
    );
}

/// A name is whole in a pipe, however long it is: somebody may search for it.
#[test]
fn a_pipe_gets_whole_lines() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let name = "wifi/".repeat(60);
    assert_eq!(sandbox.to("-q start").status, 0);
    assert_eq!(sandbox.to(&format!("-q result {name} failed")).status, 0);
    let run = sandbox.to("show");
    assert!(run.stdout.contains(&format!("\nFAILED   {name}\n")), "{}", run.stdout);
}

#[test]
fn a_rerun_that_is_requested_is_shown() {
    let server = Server::start();
    let sandbox = full(&server.url());
    assert_eq!(sandbox.to("-q rerun --priority 7"), Run::new(0, "", ""));
    let run = sandbox.to("show");
    assert!(run.stdout.contains("\n  rerun        requested, with priority 7\n"), "{}", run.stdout);
}

#[test]
fn known_issues_are_shown_with_their_result() {
    let server = Server::start();
    server.open_execution();
    let results = json!([{
        "id": 1, "name": "wifi", "status": "FAILED", "comment": "", "io_log": "",
        "issues": [{"issue": {"id": 3, "key": "LP-7", "title": "it drops", "url": "https://x/7"}}],
    }]);
    let is_read = |request: &Request| request.path.ends_with("/test-results");
    server.fault(is_read, 1, Fault::answer(Response::json(200, &results)));
    let run = Sandbox::new(&server.url()).to("show --execution 1");
    let shown = "\nFAILED   wifi\n           known issue LP-7: it drops, https://x/7\n";
    assert!(run.stdout.ends_with(shown), "{}", run.stdout);
}
