//! `--dry-run`, which sends nothing, and `--json`.

use std::fs;

use serde_json::{Value, json};

use crate::model::{Record, held, records, report_of};
use crate::support::fake_server::{Fault, Response, results};
use crate::support::reports::{delivered, open, passed};
use crate::support::{Run, fixture};

#[test]
fn a_dry_run_prints_lines_which_are_the_same_input() {
    let (server, sandbox) = open();
    let path = fixture("pytest.xml");
    let path = path.to_str().unwrap();
    let run = sandbox.to(&format!("submit --dry-run {path}"));
    let warnings = "warning: properties have no place in a result and were left out (1): `shelf`\n\
                    warning: result merged into the first of its name (1): \
                    `test_basket.test_failure_and_teardown_error`\n";
    assert_eq!((run.status, run.stderr.as_str()), (0, warnings));
    let lines: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = records(&[report_of(&fs::read_to_string(path).unwrap())]);
    assert_eq!(lines, expected.iter().map(Record::to_json).collect::<Vec<_>>());
    assert!(server.requests().is_empty());
    assert_eq!(fs::read_dir(sandbox.directory.path()).unwrap().count(), 0, "nothing is written");

    let again = sandbox.pipe(&run.stdout, "submit --dry-run");
    assert_eq!(again, Run::new(0, &run.stdout, ""));
    assert_eq!(sandbox.pipe(&run.stdout, "submit").status, 0);
    assert_eq!(held(&server), expected);
}

#[test]
fn a_dry_run_needs_no_server_and_no_execution() {
    let (server, sandbox) = open();
    let sandbox = sandbox.with("TO_URL", "").with("TO_EXECUTION", "");
    sandbox.write("a.xml", passed(["a"]));
    let line = "{\"name\":\"a\",\"status\":\"PASSED\",\"category\":\"s\"}\n";
    assert_eq!(sandbox.to("submit --dry-run a.xml"), Run::new(0, line, ""));
    // The lines stay lines.
    assert_eq!(sandbox.to("submit --dry-run --json a.xml"), Run::new(0, line, ""));
    assert_eq!(sandbox.pipe(passed(["a"]), "submit --dry-run"), Run::new(0, line, ""));
    server.expect_no_requests();
}

#[test]
fn a_dry_run_says_what_is_wrong_with_the_same_status() {
    let (server, sandbox) = open();
    sandbox.write("a.xml", passed(["a", "a"]));
    sandbox.write("b.xml", "<testsuite>\n<oops>");
    let line = "{\"name\":\"a\",\"status\":\"PASSED\",\"category\":\"s\"}\n";
    let run = sandbox.to("submit --dry-run a.xml b.xml missing.xml");
    assert_eq!((run.status, run.stdout.as_str()), (3, line), "{}", run.stderr);
    assert!(run.stderr.contains("error: b.xml:2: "), "{}", run.stderr);
    assert!(run.stderr.contains("error: missing.xml: "), "{}", run.stderr);
    let merged = "warning: result merged into the first of its name (1): `a`\n";
    assert!(run.stderr.ends_with(merged), "{}", run.stderr);

    let run = sandbox.to("submit --dry-run --on-duplicate error a.xml");
    assert_eq!(
        run,
        Run::new(3, "", "error: several results are named `a`: none of them is sent\n")
    );
    let run = sandbox.to("submit --dry-run missing.xml");
    assert_eq!((run.status, run.stdout.as_str()), (3, ""));
    server.expect_no_requests();
}

#[test]
fn json_is_one_object_with_all_of_the_summary() {
    let (server, sandbox) = open();
    sandbox.write(
        "1.xml",
        passed(["a", "b", "a"])
            .replace("<testcase name=\"b\"/>", "<testcase name=\"b\"><failure/></testcase>"),
    );
    sandbox.write("2.json", r#"[{"name": "c", "status": "skip", "x": 1}, {"name": "d"}]"#);
    server.fault(results, 1, Fault::answer(Response::nginx(503)));
    let run = sandbox.to("submit --json 1.xml 2.json missing.xml");
    assert_eq!(run.status, 3, "{}", run.stderr);
    let mut object: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(run.stdout.ends_with("}\n") && run.stdout.lines().count() == 1);
    let seconds = object["seconds"].take();
    assert!(seconds.as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)), "{seconds}");
    let missing =
        object["files"].as_array().unwrap().iter().find(|file| file["path"] == "missing.xml");
    assert!(missing.unwrap()["error"].as_str().unwrap().starts_with("missing.xml: "));
    assert_eq!(
        missing.unwrap().as_object().unwrap().keys().collect::<Vec<_>>(),
        ["error", "path", "results"]
    );
    object["files"].as_array_mut().unwrap().retain(|file| file["path"] != "missing.xml");
    assert_eq!(
        object,
        json!({
            "schema": 1, "execution": 1, "total": 3, "passed": 1, "failed": 1, "skipped": 1, "sent": 3,
            "kept": 0, "refused": [], "merged": 1,
            "files": [
                {"path": "1.xml", "format": "junit", "results": 3},
                {"path": "2.json", "format": "json", "results": 1,
                 "error": "2.json:1: result `d`: no `status`"},
            ],
            "batches": 1, "retries": 1, "seconds": null,
            "warnings": [
                "unknown field, not sent (1): `x`",
                "result merged into the first of its name (1): `a`",
            ],
        })
    );
}

#[test]
fn quiet_says_warnings_and_errors_only() {
    let (_server, sandbox) = open();
    sandbox.write("a.xml", passed(["a", "a"]));
    assert_eq!(
        sandbox.to("submit -q a.xml"),
        Run::new(0, "", "warning: result merged into the first of its name (1): `a`\n")
    );
    sandbox.write("a.xml", passed(["a"]));
    assert_eq!(sandbox.to("submit --quiet a.xml"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("submit a.xml"), delivered("1 result", [1, 0, 0], "", ""));
}

#[test]
fn flags_have_variables_and_a_blank_one_is_unset() {
    let (server, sandbox) = open();
    sandbox.write("a.xml", passed(["a"]));
    sandbox.write("none.xml", passed([]));
    let line = "{\"name\":\"a\",\"status\":\"PASSED\",\"category\":\"s\"}\n";
    let sandbox = sandbox.with("TO_DRY_RUN", "true").with("TO_ALLOW_EMPTY", "1");
    let sandbox = sandbox.with("TO_SALVAGE", " ").with("TO_JSON", "").with("TO_MAX_LOG", "");
    assert_eq!(sandbox.to("submit a.xml"), Run::new(0, line, ""));
    assert_eq!(sandbox.to("submit none.xml"), Run::new(0, "", ""));
    server.expect_no_requests();
}

/// `| head` has seen enough; that is no error.
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let (server, sandbox) = open();
    let names: Vec<String> = (0..5000).map(|n| format!("t{n}")).collect();
    sandbox.write("many.xml", passed(names.iter().map(String::as_str)));
    let run = sandbox.shell("{ to submit --dry-run many.xml; echo $? >&2; } | head -n 1");
    let line = "{\"name\":\"t0\",\"status\":\"PASSED\",\"category\":\"s\"}\n";
    assert_eq!(run, Run::new(0, line, "0\n"));
    server.expect_no_requests();
}
