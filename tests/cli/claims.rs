//! Success is claimed only where it is so: of pushes, of answers, and of what was cut off.

use std::fs;

use serde_json::{Value, json};

use crate::support::fake_server::{
    ALWAYS, Fault, Poison, Request, Response, Server, patches, results, starts,
};
use crate::support::{Run, Sandbox, TestContext, lines, names};

/// The requests that meet a fault.
type IsMet = fn(&Request) -> bool;

/// A spool with one execution of three results, and a server.
fn spooled() -> (Server, Sandbox) {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    assert_eq!(sandbox.to("start -q --url file:spool"), Run::printed("1\n"));
    sandbox.write("report.jsonl", lines(&names(3)));
    assert_eq!(sandbox.to("submit -q --url file:spool report.jsonl"), Run::quiet());
    (server, sandbox)
}

#[test]
fn a_spool_that_one_server_has_is_not_claimed_of_another() {
    let (server, sandbox) = spooled();
    let other = Server::start();
    other.expect_no_requests();
    assert_eq!(sandbox.to("push -q spool"), Run::printed("1\n"));
    let said = format!(
        "error: spool/1: spool/1 belongs to an execution of {}\nhint: push with that --url\n",
        server.url()
    );
    let push = format!("push -q spool --url {}", other.url());
    assert_eq!(sandbox.to(&push), Run::failed(2, &said));
}

#[test]
fn a_spool_is_not_delivered_into_itself() {
    let (server, sandbox) = spooled();
    server.expect_no_requests();
    for url in ["file:spool", "file:./spool/"] {
        let said = "error: spool would be delivered into itself\n\
                    hint: --url (or TO_URL) takes the server that it is to be delivered to\n";
        assert_eq!(sandbox.to(&format!("push -q spool --url {url}")), Run::failed(2, said));
    }
    assert!(!sandbox.path("spool/1/delivered.json").exists());
}

#[test]
fn what_was_refused_is_said_again_until_it_is_dealt_with() {
    let (server, sandbox) = spooled();
    server.poison(|name| name == "case-00002", Poison::Refusal);
    assert_eq!(sandbox.to("push -q spool").status, 6);
    let said = "error: 1 result or change of it were refused before: see spool/1/refused.jsonl\n\
                hint: the file is dealt with when it is gone or empty\n";
    for _ in 0..2 {
        assert_eq!(sandbox.to("push -q spool"), Run::failed(6, said));
    }
    assert_eq!(sandbox.to("push -q --best-effort spool").status, 0);
    fs::write(sandbox.path("spool/1/refused.jsonl"), "").unwrap();
    assert_eq!(sandbox.to("push -q spool"), Run::quiet());
}

/// The statuses that a server was sent.
fn statuses(server: &Server) -> Vec<String> {
    let status = |request: &Request| request.json()["status"].as_str().map(str::to_owned);
    server.requests().iter().filter(|request| patches(request)).filter_map(status).collect()
}

const LACKING: &str =
    "warning: results are missing: the execution is ENDED_PREMATURELY, not PASSED (1): ";

#[test]
fn a_spool_that_lacks_results_is_not_shown_as_passed() {
    let failed = "{\"name\": \"b\", \"status\": \"FAILED\"}\n";
    for (is_poisoned, more, exit, status) in [
        (true, "", 6, "ENDED_PREMATURELY"),
        (false, "no result\n", 3, "ENDED_PREMATURELY"),
        (false, "{\"name\": \"b", 3, "ENDED_PREMATURELY"),
        // These need no other status.
        (true, failed, 6, "FAILED"),
        (false, "", 0, "PASSED"),
    ] {
        let (server, sandbox) = spooled();
        assert_eq!(sandbox.to("end -q --url file:spool"), Run::printed("PASSED\n"));
        let results = sandbox.read("spool/1/results.jsonl");
        sandbox.write("spool/1/results.jsonl", results + more);
        server.poison(move |name| is_poisoned && name == "case-00002", Poison::Refusal);
        let run = sandbox.to("push -q spool");
        assert_eq!((run.status, &*run.stdout), (exit, "1\n"), "{more}: {}", run.stderr);
        assert_eq!(server.execution(1).status, status, "{more}");
        let is_lacking = status == "ENDED_PREMATURELY";
        assert_eq!(run.stderr.contains(&format!("{LACKING}`spool/1`\n")), is_lacking, "{run:?}");
        let sent = ["COMPLETED", "ENDED_PREMATURELY"];
        assert_eq!(statuses(&server), sent[..=usize::from(is_lacking)], "{more}");
        // It is not told another time.
        let asked = server.requests().len();
        assert_eq!(sandbox.to("push -q spool").status, exit, "{more}");
        assert_eq!(server.requests().len(), asked, "{more}");
    }
}

#[test]
fn what_was_kept_and_lacks_results_is_not_shown_as_passed() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    context.report(3);
    context.server.go_down();
    for command in ["submit -q report.jsonl", "end -q"] {
        assert_eq!(context.to(command).status, 4);
    }
    context.server.come_back();
    context.server.poison(|name| name == "case-00002", Poison::Refusal);
    // Until all of it was told, the next push does it all again.
    let ends =
        |request: &Request| patches(request) && request.json()["status"] == "ENDED_PREMATURELY";
    context.server.fault(ends, 1, Fault::hang_up());
    assert_eq!(context.to("push -q").status, 4);
    let run = context.to("push -q");
    assert_eq!((run.status, &*run.stdout), (6, "1\n"), "{}", run.stderr);
    assert!(run.stderr.starts_with(&format!("{LACKING}`.to/outbox/1`\n")), "{}", run.stderr);
    assert_eq!(context.server.execution(1).status, "ENDED_PREMATURELY");
    assert_eq!(context.to("push -q"), Run::quiet());
}

#[test]
fn lines_that_are_no_result_are_named_and_cost_no_other() {
    let (server, sandbox) = spooled();
    let good = sandbox.read("spool/1/results.jsonl");
    let (first, rest) = good.split_once('\n').unwrap();
    let mixed = format!("{first}\nnonsense\n{{\"name\": 1}}\n{rest}");
    sandbox.write("spool/1/results.jsonl", mixed);
    sandbox
        .write("spool/1/links.jsonl", "[]\n{\"label\": \"log\", \"url\": \"https://l.example\"}\n");
    for stdout in ["1\n", ""] {
        let run = sandbox.to("push -q spool");
        assert_eq!((run.status, &*run.stdout), (3, stdout), "{}", run.stderr);
        for line in ["results.jsonl:2: ", "results.jsonl:3: ", "links.jsonl:1: "] {
            assert!(run.stderr.contains(&format!("error: spool/1/{line}")), "{}", run.stderr);
        }
    }
    let execution = server.execution(1);
    assert_eq!((execution.results().len(), execution.links.len()), (3, 1));
}

#[test]
fn a_push_stores_what_submit_stores_with_the_same_warnings() {
    let long = "n".repeat(3000);
    let log = "x".repeat(3 << 20);
    let odd = [
        json!({"name": "nul\u{0}", "status": "PASSED"}),
        json!({"name": long, "status": "FAILED", "comment": "c"}),
        json!({"name": "unknown", "status": "SKIPPED", "colour": "blue"}),
        json!({"name": "log", "status": "PASSED", "io_log": log}),
    ];
    let text = odd.iter().map(|line| line.to_string() + "\n").collect::<Vec<_>>().concat();
    let (pushed, sandbox) = spooled();
    sandbox.write("spool/1/results.jsonl", &text);
    let push = sandbox.to("push -q spool");
    let context = TestContext::new();
    context.sandbox.write("report.jsonl", &text);
    let submit = context.to("submit -q report.jsonl");
    assert_eq!((push.status, submit.status), (0, 0), "{}{}", push.stderr, submit.stderr);
    let warnings = |run: &Run| {
        let mut lines: Vec<String> = run.stderr.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(warnings(&push), warnings(&submit));
    assert!(!submit.stderr.is_empty());
    let held = |server: &Server| {
        let execution = server.execution(1);
        let result = |result: &&crate::support::fake_server::TestResult| {
            (result.name.clone(), result.status.clone(), result.io_log.clone())
        };
        execution.results().iter().map(result).collect::<Vec<_>>()
    };
    assert_eq!(held(&pushed), held(&context.server));
}

#[test]
fn an_answer_counts_only_where_it_is_the_apis() {
    let of = |value: Value| Fault::answer(Response::json(200, &value));
    let cases: [(IsMet, Value, &str); 9] = [
        (results, json!({}), "submit -q report.jsonl"),
        (results, json!("ok"), "submit -q report.jsonl"),
        (results, json!(true), "submit -q report.jsonl"),
        (patches, json!({"id": 2, "status": "PASSED"}), "end -q"),
        (patches, json!({"id": 1, "status": "IN_PROGRESS"}), "end -q"),
        (patches, json!({"id": 1, "status": "PASSED\nfake=1"}), "end -q"),
        (patches, json!({"id": 1, "status": "FAILED"}), "end -q --status PASSED"),
        (starts, json!({"id": 0}), "start -q"),
        (starts, json!({"id": -3}), "start -q"),
    ];
    for (on, answer, command) in cases {
        let context = TestContext::new().with("TO_RETRY_FOR", "0");
        context.report(3);
        context.server.fault(on, ALWAYS, of(answer.clone()));
        let run = if command.starts_with("start") {
            let sandbox = Sandbox::new(&context.server.url()).with_snap();
            sandbox.to(command)
        } else {
            context.to(command)
        };
        assert_eq!((run.status, &*run.stdout), (5, ""), "{command} {answer}: {}", run.stderr);
        assert!(run.stderr.contains("is not Test Observer's API"), "{answer}: {}", run.stderr);
        if command.starts_with("submit") {
            assert!(run.stderr.contains("kept 3 results"), "{answer}: {}", run.stderr);
        }
    }
}

#[test]
fn metadata_that_an_old_server_drops_is_an_error() {
    let context = TestContext::new();
    let old = json!({"id": 1, "status": "IN_PROGRESS"});
    context.server.fault(patches, 1, Fault::answer(Response::json(200, &old)));
    let run = context.to("update -q --metadata cloud=aws --event e");
    let said =
        "error: the metadata is not made: the server is too old for metadata, and drops it\n";
    assert_eq!(run, Run::failed(5, said));
    assert_eq!(context.server.execution(1).events.len(), 1);
}

#[test]
fn one_change_that_will_never_be_made_blocks_nothing_later() {
    let link = |request: &Request| request.route().ends_with("/links");
    let event = |request: &Request| request.route().ends_with("/status_update");
    let faults: [(IsMet, &str, &str); 2] = [
        (link, "update -q --link log=https://l.example", "the link `log`"),
        (event, "update -q --event odd", "the event `odd`"),
    ];
    for (on, command, what) in faults {
        let context = TestContext::new().with("TO_RETRY_FOR", "0");
        let names = context.report(3);
        context.server.go_down();
        assert_eq!(context.to(command).status, 4);
        context.server.come_back();
        let posts = move |request: &Request| request.method == "POST" && on(request);
        context.server.fault(posts, ALWAYS, Fault::answer(Response::refusal(422, "never")));
        let run = context.to("submit -q report.jsonl");
        let said = format!(
            "error: {what} was refused: the server answered 422: never\n\
             hint: 1 change refused: written to .to/refused-changes.jsonl\n"
        );
        assert_eq!(run, Run::failed(6, &said));
        assert_eq!(context.stored(), names);
        let line: Value =
            serde_json::from_str(&context.sandbox.read(".to/refused-changes.jsonl")).unwrap();
        assert_eq!((&line["execution"], &line["url"]), (&json!(1), &json!(context.server.url())));
        assert_eq!(context.to("end -q"), Run::printed("PASSED\n"));
    }
}

#[test]
fn a_line_that_is_no_result_is_set_aside_whatever_the_directory_is_called() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0").with("TO_STATE_DIR", "lab 2: 7/to");
    fs::create_dir(context.sandbox.path("lab 2: 7")).unwrap();
    let names = context.report(2);
    context.server.go_down();
    assert_eq!(context.to("submit -q --execution 1 report.jsonl").status, 4);
    context.server.come_back();
    let kept = "lab 2: 7/to/outbox/1/results.jsonl";
    context.sandbox.write(kept, context.sandbox.read(kept) + "no result\n");
    context.sandbox.write("lab 2: 7/to/outbox/1/links.jsonl", "{\"label\": 1}\n");
    assert_eq!(context.to("push -q").status, 3);
    assert_eq!(context.stored(), names);
    let aside = context.sandbox.read("lab 2: 7/to/refused-changes.jsonl");
    let lines: Vec<Value> = aside.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |line: &Value| line["reason"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        lines.iter().map(|line| &line["line"]).collect::<Vec<_>>(),
        ["no result", "{\"label\": 1}"]
    );
    assert!(said(&lines[0]).starts_with(&format!("{kept}:3: not JSON")), "{aside}");
    assert!(said(&lines[1]).starts_with("lab 2: 7/to/outbox/1/links.jsonl:1: "), "{aside}");
}

#[test]
fn a_key_that_may_only_write_can_do_it_all() {
    let server = Server::builder().auth_required().key("to_w", &["change_test"]).start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY", "to_w");
    let sandbox = sandbox.with("TO_CI_LINK", "https://ci.example/1");
    sandbox.write("report.jsonl", lines(&names(3)));
    assert_eq!(sandbox.to("start -q"), Run::printed("1\n"));
    for _ in 0..2 {
        assert_eq!(sandbox.to("update -q --link log=https://l.example"), Run::quiet());
    }
    assert_eq!(sandbox.to("update -q --event e"), Run::quiet());
    server.go_down();
    for command in ["submit -q report.jsonl", "update -q --event late --link doc=https://d.example"]
    {
        assert_eq!(sandbox.to(&format!("{command} --retry-for 0")).status, 4, "{command}");
    }
    server.come_back();
    assert_eq!(sandbox.to("end -q"), Run::printed("PASSED\n"));
    let execution = server.execution(1);
    let counts = (execution.results().len(), execution.links.len(), execution.events.len());
    assert_eq!(counts, (3, 2, 2));
}

#[test]
fn a_command_that_fails_or_is_cut_off_without_a_failed_result_did_not_pass() {
    let report = "<testsuite name='s'><testcase name='boot'/></testsuite>";
    let failed = "<testsuite name='s'><testcase name='boot'><failure/></testcase></testsuite>";
    for (script, report, status, exit, detail) in [
        ("exit 3", report, "ENDED_PREMATURELY", 3, Some("exit status 3")),
        ("kill -9 $$", report, "ENDED_PREMATURELY", 137, Some("signal 9")),
        ("exit 1", failed, "FAILED", 1, None),
        ("kill -9 $$", failed, "FAILED", 137, Some("signal 9")),
        ("true", report, "PASSED", 0, None),
    ] {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url()).with_snap();
        sandbox.write("saved.xml", report);
        let script = format!("cp saved.xml report.xml; {script}");
        let arguments = ["run", "-q", "--results", "report.xml", "--", "sh", "-c", &script];
        let run = sandbox.to_with(&arguments);
        assert_eq!(run.status, exit, "{script}: {}", run.stderr);
        let execution = server.execution(1);
        assert_eq!(execution.status, status, "{script} {report}");
        let details: Vec<&str> =
            execution.events.iter().filter_map(|event| event["detail"].as_str()).collect();
        assert_eq!(details, detail.into_iter().collect::<Vec<_>>(), "{script} {report}");
        assert_eq!(run.stderr.contains("ENDED_PREMATURELY"), status == "ENDED_PREMATURELY");
    }
}
