//! `to end`, and what `--json` makes of the three commands.

use serde_json::{Value, json};

use crate::support::fake_server::{Request, Server, patches};
use crate::support::{Run, Sandbox, fixture};

/// A sandbox with one noted execution, which has these results.
fn with_results(server: &Server, statuses: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    if !statuses.is_empty() {
        let result = |(index, status)| json!({"name": format!("test {index}"), "status": status});
        let results: Value = statuses.iter().enumerate().map(result).collect();
        let run = sandbox.pipe(results.to_string(), "submit -q -");
        assert_eq!(run, Run::new(0, "", ""));
    }
    sandbox
}

/// Results, the status that the server computes of them, and what `--exit-code` makes of it.
const COMPUTED: &[(&[&str], &str, i32)] = &[
    (&[], "ENDED_PREMATURELY", 11),
    (&["PASSED"], "PASSED", 0),
    (&["SKIPPED"], "PASSED", 0),
    (&["SKIPPED", "PASSED"], "PASSED", 0),
    (&["PASSED", "FAILED", "SKIPPED"], "FAILED", 10),
];

#[test]
fn end_prints_the_status_that_the_server_computed() {
    for (results, status, code) in COMPUTED {
        let server = Server::start();
        let sandbox = with_results(&server, results);
        let printed = format!("{status}\n");
        assert_eq!(sandbox.to("end"), Run::new(0, &printed, ""));
        assert_eq!(sandbox.to("end --exit-code"), Run::new(*code, &printed, ""));
        let bodies: Vec<Value> =
            server.requests().iter().filter(|r| patches(r)).map(Request::json).collect();
        assert_eq!(bodies, [json!({"status": "COMPLETED"}), json!({"status": "COMPLETED"})]);
        assert_eq!(server.execution(1).status, *status);
    }
}

#[test]
fn end_again_computes_again() {
    let server = Server::start();
    let sandbox = with_results(&server, &["FAILED"]);
    assert_eq!(sandbox.to("end"), Run::new(0, "FAILED\n", ""));
    let run = sandbox.pipe(r#"[{"name": "test 0", "status": "PASSED"}]"#, "submit -q");
    assert_eq!(run, Run::new(0, "", ""));
    assert_eq!(sandbox.to("end"), Run::new(0, "PASSED\n", ""));
}

#[test]
fn a_status_that_is_set_is_not_computed() {
    let statuses =
        ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];
    let server = Server::start();
    let sandbox = with_results(&server, &["FAILED"]);
    for status in statuses {
        let code = match status {
            "FAILED" => 10,
            "ENDED_PREMATURELY" => 11,
            _ => 0,
        };
        let run = sandbox.to(&format!("end --exit-code --status {status}"));
        assert_eq!(run, Run::new(code, &format!("{status}\n"), ""));
        assert_eq!(server.execution(1).status, status);
    }
    assert_eq!(sandbox.to("end --status COMPLETED"), Run::new(0, "FAILED\n", ""));
}

#[test]
fn a_status_that_is_none_is_a_usage_error() {
    let server = Server::start();
    server.expect_no_requests();
    let said = "error: invalid value 'DONE' for '--status <STATUS>'\n  \
                [possible values: NOT_STARTED, IN_PROGRESS, PASSED, FAILED, NOT_TESTED, \
                ENDED_PREMATURELY, COMPLETED]\n\nFor more information, try '--help'.\n";
    let run = Sandbox::new(&server.url()).to("end --execution 1 --status DONE");
    assert_eq!(run, Run::new(2, "", said));
}

#[test]
fn the_options_of_end_have_no_variables() {
    let server = Server::start();
    let sandbox = with_results(&server, &["FAILED"]);
    let sandbox = sandbox.with("TO_STATUS", "PASSED").with("TO_EXIT_CODE", "1");
    assert_eq!(sandbox.to("end"), Run::new(0, "FAILED\n", ""));
}

#[test]
fn an_execution_that_is_no_number_is_a_usage_error() {
    let server = Server::start();
    server.expect_no_requests();
    for id in ["0", "x", "2147483648", "1.5"] {
        let said = |source| {
            let said = format!(
                "error: invalid value '{id}' for '{source}': \
                 an execution is a number from 1 to 2147483647, as `to start` prints it\n\n\
                 For more information, try '--help'.\n"
            );
            Run::new(2, "", &said)
        };
        let sandbox = Sandbox::new(&server.url());
        assert_eq!(sandbox.to(&format!("end --execution {id}")), said("--execution <ID>"));
        assert_eq!(sandbox.with("TO_EXECUTION", id).to("end"), said("TO_EXECUTION"));
    }
}

/// The one JSON object of a run that said nothing else, with its seconds taken out.
fn object(run: &Run) -> Value {
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.ends_with("}\n") && run.stdout.lines().count() == 1, "{run:?}");
    let mut object: Value = serde_json::from_str(&run.stdout).expect("JSON");
    if let Some(seconds) = object.get_mut("seconds") {
        assert!(seconds.as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)));
        *seconds = Value::Null;
    }
    object
}

#[test]
fn json_is_one_whole_object_of_each_command() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let start = sandbox.to("start --json");
    assert_eq!(object(&start), json!({"schema": 1, "execution": 1, "url": server.url()}));
    assert_eq!(start.stderr, "");

    let report = fixture("pytest.xml");
    let submit = sandbox.to_with(&["submit", "--json", report.to_str().unwrap()]);
    let merged = "result merged into the first of its name (1): \
                  `test_basket.test_failure_and_teardown_error`";
    let properties = "properties have no place in a result and were left out (1): `shelf`";
    assert_eq!(
        object(&submit),
        json!({
            "schema": 1, "execution": 1, "total": 32, "passed": 16, "failed": 12, "skipped": 4, "sent": 32,
            "kept": 0, "refused": [], "merged": 1,
            "files": [{"path": report.to_str().unwrap(), "format": "junit", "results": 33}],
            "batches": 1, "retries": 0, "seconds": null, "warnings": [properties, merged],
        })
    );

    let end = sandbox.to("end --json");
    let (status, made) = ("FAILED", ["the status"]);
    assert_eq!(
        object(&end),
        json!({
            "schema": 1, "execution": 1, "status": status, "made": made, "kept": [], "refused": []
        })
    );
    assert_eq!(end.stderr, "");
}

#[test]
fn json_can_be_asked_for_by_variable() {
    let server = Server::start();
    let sandbox = with_results(&server, &["PASSED"]);
    for (value, is_json) in [("1", true), ("true", true), ("0", false), ("", false)] {
        let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1").with("TO_JSON", value);
        let json = "{\"schema\":1,\"execution\":1,\"status\":\"PASSED\",\
                    \"made\":[\"the status\"],\"kept\":[],\"refused\":[]}\n";
        let expected = if is_json { json } else { "PASSED\n" };
        assert_eq!(sandbox.to("end"), Run::new(0, expected, ""), "{value}");
    }
    drop(sandbox);
}
