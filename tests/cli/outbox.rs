//! `--best-effort` and the outbox: what no server takes now is delivered later, in order.

use crate::support::fake_server::{
    ALWAYS, Fault, Request, Response, Server, patches, results, starts,
};
use crate::support::{Run, Sandbox, TestContext, files, lines, names};

/// A sandbox whose server is down, with all that a start needs.
fn offline(server: &Server) -> Sandbox {
    server.go_down();
    Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0").with("TO_BEST_EFFORT", "true")
}

/// With the server's address as `URL`.
fn to(sandbox: &Sandbox, server: &Server, arguments: &str) -> Run {
    let run = sandbox.to(arguments);
    Run { stderr: run.stderr.replace(&server.url(), "URL"), ..run }
}

/// The requests as method and path.
fn asked(server: &Server) -> Vec<String> {
    let line = |request: &Request| format!("{} {}", request.method, request.route());
    server.requests().iter().map(line).collect()
}

const LINK: [&str; 2] = ["--relevant-link", "log=https://logs.example/1"];

#[test]
fn best_effort_without_a_server_ends_well_and_a_push_delivers_it_all() {
    let server = Server::start();
    let sandbox = offline(&server);
    sandbox.write("report.jsonl", lines(&names(3)));
    let run = sandbox.to_with(&[&["start"], &LINK[..]].concat());
    let said = "warning: cannot reach URL/v1: connection refused\n\
                warning: kept the execution in .to/outbox/1\n\
                hint: `to push` delivers what is kept\n";
    let stderr = run.stderr.replace(&server.url(), "URL");
    assert_eq!((run.status, &*run.stdout, &*stderr), (0, "outbox-1\n", said));
    assert!(sandbox.path(".to/executions/outbox-1.json").exists());

    let run = to(&sandbox, &server, "submit report.jsonl");
    let said = "kept 3 results to execution outbox-1: 3 passed, 0 failed, 0 skipped\n";
    assert_eq!(run, Run::new(0, "", said));
    assert_eq!(to(&sandbox, &server, "end"), Run::new(0, "PASSED\n", ""));
    let kept = ["links.jsonl", "patch.json", "results.jsonl", "server.json", "start.json"];
    assert_eq!(files(&sandbox.path(".to/outbox/1")), kept);

    // Nobody is there yet: all stays.
    let run = to(&sandbox, &server, "push");
    let said = "warning: .to/outbox/1: cannot reach URL/v1: connection refused\n";
    assert_eq!(run, Run::new(0, "", said));
    assert_eq!(files(&sandbox.path(".to/outbox/1")), kept);

    server.come_back();
    let run = to(&sandbox, &server, "push");
    assert_eq!(run, Run::new(0, "1\n", ".to/outbox/1: sent 3 results to execution 1\n"));
    assert_eq!(
        asked(&server),
        [
            "PUT /v1/test-executions/start-test",
            "POST /v1/test-executions/1/test-results",
            "GET /v1/test-executions/1",
            "POST /v1/test-executions/1/links",
            "PATCH /v1/test-executions/1",
        ]
    );
    let execution = server.execution(1);
    assert_eq!((&*execution.status, execution.results().len()), ("PASSED", 3));
    assert_eq!(execution.links.len(), 1);
    assert_eq!(execution.links[0]["label"], "log");
    let left = [".gitignore", "executions/1.json", "outbox/.lock", "outbox/1"];
    assert_eq!(files(&sandbox.path(".to")), left);

    // What follows goes to the execution that the server has now.
    assert_eq!(files(&sandbox.path(".to/executions")), ["1.json"]);
    assert_eq!(to(&sandbox, &server, "end"), Run::new(0, "PASSED\n", ""));
    let said = "nothing is kept in the outbox\n";
    assert_eq!(to(&sandbox, &server, "push"), Run::new(0, "", said));
    assert_eq!(server.executions().len(), 1);
}

#[test]
fn several_executions_of_the_outbox_are_told_apart() {
    let server = Server::start();
    let sandbox = offline(&server);
    for (number, plan) in [(1, "one"), (2, "two")] {
        let run = sandbox.to(&format!("start -q --test-plan {plan}"));
        assert_eq!((run.status, run.stdout), (0, format!("outbox-{number}\n")));
        sandbox.write("report.jsonl", lines(&names(number)));
        assert_eq!(sandbox.to("submit -q report.jsonl"), Run::new(0, "", ""));
    }
    server.come_back();
    assert_eq!(sandbox.to("push -q"), Run::new(0, "1\n2\n", ""));
    let executions = server.executions();
    let plans = executions.iter().map(|e| (&*e.test_plan, e.results().len()));
    assert_eq!(plans.collect::<Vec<_>>(), [("one", 1), ("two", 2)]);
    assert_eq!(files(&sandbox.path(".to/executions")), ["1.json", "2.json"]);
}

#[test]
fn best_effort_keeps_the_results_of_an_execution_that_the_server_has() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0").with("TO_BEST_EFFORT", "1");
    let names = context.report(3);
    context.server.go_down();
    let run = context.to("submit report.jsonl");
    let said = "warning: 0 of 3 results were sent: cannot reach URL/v1: connection refused\n\
                warning: kept 3 results in .to/outbox/1\n\
                hint: `to push` delivers what is kept\n";
    assert_eq!(run, Run::new(0, "", said));
    let run = context.to("end");
    let said = "sending what .to/outbox/1 holds first\n\
                warning: cannot reach URL/v1: connection refused\n\
                warning: kept the status in .to/outbox/1\n\
                hint: `to push` delivers what is kept\n";
    assert_eq!(run, Run::new(0, "", said));
    let home = format!("{{\"url\":\"{}\",\"execution\":1}}\n", context.server.url());
    assert_eq!(context.sandbox.read(".to/outbox/1/execution.json"), home);
    context.server.come_back();
    assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
    assert_eq!(context.stored(), names);
    assert_eq!(context.server.execution(1).status, "PASSED");
}

#[test]
fn best_effort_keeps_the_links_that_a_start_cannot_add() {
    for after_the_work in [false, true] {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_BEST_EFFORT", "1");
        let fault = Fault::hang_up();
        let fault = if after_the_work { fault.after_the_work() } else { fault };
        server.fault(|request| request.route().ends_with("/links"), 1, fault);
        let run = sandbox.to_with(&[&["start", "-q"], &LINK[..]].concat());
        assert_eq!((run.status, &*run.stdout), (0, "1\n"), "{}", run.stderr);
        assert!(run.stderr.contains("kept the links in .to/outbox/1"), "{}", run.stderr);
        assert_eq!(sandbox.to("push -q"), Run::new(0, "1\n", ""));
        assert_eq!(server.execution(1).links.len(), 1);
    }
}

#[test]
fn best_effort_keeps_what_is_refused_too() {
    let context = TestContext::new().with("TO_BEST_EFFORT", "1");
    let names = context.report(3);
    context.server.require_keys(true);
    let run = context.to("submit -q report.jsonl");
    let said = "warning: 0 of 3 results were sent: the server answered 403: Insufficient \
                permissions\n\
                warning: kept 3 results in .to/outbox/1\n\
                hint: `to push` delivers what is kept\n";
    assert_eq!(run, Run::new(0, "", said));
    context.server.require_keys(false);
    assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
    assert_eq!(context.stored(), names);
}

#[test]
fn a_start_whose_fate_is_unknown_is_not_made_again_by_a_push() {
    let server = Server::start();
    server.fault(starts, 1, Fault::hang_up().after_the_work());
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    assert_eq!(sandbox.to("start -q --best-effort").stdout, "outbox-1\n");
    let run = sandbox.to("push -q");
    let said = "error: .to/outbox/1: .to/outbox/1 was being started when `to` was killed: \
                the execution may exist\n\
                hint: look for it at the server; --start-again opens another execution\n";
    assert_eq!(run, Run::new(4, "", said));
    assert_eq!(server.executions().len(), 1);
    assert_eq!(sandbox.to("push -q --start-again"), Run::new(0, "2\n", ""));
    assert_eq!(server.executions().len(), 2);
}

#[test]
fn an_execution_never_ends_over_results_that_are_in_the_outbox() {
    let context = TestContext::new();
    let names = context.report(3);
    context.server.fault(results, 1, Fault::answer(Response::refusal(403, "no")));
    assert_eq!(context.to("submit -q report.jsonl").status, 5);

    context.server.fault(results, 1, Fault::answer(Response::refusal(403, "no")));
    let run = context.to("end -q");
    let said = "error: the server answered 403: no\n\
                hint: no key was sent: give one with --api-key-file or TO_API_KEY\n\
                warning: kept the status in .to/outbox/1\n\
                hint: `to push` delivers what is kept\n";
    assert_eq!(run, Run::new(5, "", said));
    assert_eq!(context.server.execution(1).status, "IN_PROGRESS");
    assert!(!context.server.requests().iter().any(patches));

    assert_eq!(context.to("end -q"), Run::new(0, "PASSED\n", ""));
    assert_eq!(context.stored(), names);
    assert_eq!(context.server.execution(1).status, "PASSED");
    assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
}

#[test]
fn an_end_delivers_the_outbox_and_names_what_is_refused() {
    let context = TestContext::new();
    context.report(3);
    context.server.fault(results, 1, Fault::answer(Response::refusal(403, "no")));
    context.to("submit -q report.jsonl");
    context
        .server
        .poison(|name| name == "case-00002", crate::support::fake_server::Poison::Refusal);
    let run = context.to("end -q");
    let said = "error: result `case-00002` was refused: name: This name is not wanted\n\
                hint: 1 result refused: written to .to/refused.jsonl\n";
    assert_eq!(run, Run::new(6, "PASSED\n", said));
}

#[test]
fn an_outbox_of_another_server_stays_there() {
    let (one, other) = (TestContext::new().with("TO_RETRY_FOR", "0"), TestContext::new());
    one.report(3);
    one.server.go_down();
    assert_eq!(one.to("submit -q report.jsonl").status, 4);
    let push = format!("push -q --url {}", other.server.url());
    let run = one.to(&push);
    let said = "error: .to/outbox/1: .to/outbox/1 belongs to an execution of URL\n\
                hint: push with that --url\n";
    assert_eq!(run, Run::new(2, "", said));
    // The execution of the same number is another one there.
    let submit = format!("submit -q report.jsonl --url {}", other.server.url());
    assert_eq!(one.to(&submit), Run::new(0, "", ""));
    one.server.come_back();
    assert_eq!(one.to("push -q"), Run::new(0, "1\n", ""));
    assert_eq!((one.stored(), other.stored()), (names(3), names(3)));
}

#[test]
fn what_was_started_for_one_server_is_opened_at_no_other() {
    let (server, other) = (Server::start(), Server::start());
    let sandbox = offline(&server).with("TO_CI_LINK", "https://ci.example/1");
    let sandbox = sandbox.with("TO_BEST_EFFORT", "false");
    let start = "start -q --best-effort";
    let to_other = |command: &str| sandbox.to(&format!("{command} --url {}", other.url()));
    assert_eq!(sandbox.to(start).stdout, "outbox-1\n");
    let said = "error: .to/outbox/1: .to/outbox/1 belongs to an execution of URL\n\
                hint: push with that --url\n";
    let push = format!("push -q --url {}", other.url());
    assert_eq!(to(&sandbox, &server, &push), Run::failed(2, said));

    // The CI link is an identity at each server for itself.
    other.go_down();
    assert_eq!(to_other(start).stdout, "outbox-2\n");
    assert_eq!(to_other(start).stdout, "outbox-2\n");
    assert_eq!(sandbox.to(start).stdout, "outbox-1\n");
    server.come_back();
    other.come_back();
    assert_eq!(sandbox.to("push -q").stdout, "1\n");
    assert_eq!(to_other("push -q").stdout, "1\n");
    assert_eq!((server.executions().len(), other.executions().len()), (1, 1));
}

/// So one that an older `to` kept.
#[test]
fn what_was_started_for_no_server_that_is_noted_is_delivered() {
    let server = Server::start();
    let sandbox = offline(&server);
    assert_eq!(sandbox.to("start -q").stdout, "outbox-1\n");
    std::fs::remove_file(sandbox.path(".to/outbox/1/server.json")).expect("a file");
    server.come_back();
    assert_eq!(sandbox.to("push -q"), Run::printed("1\n"));
}

#[test]
fn one_execution_that_is_not_taken_does_not_hold_up_the_others() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    context.report(3);
    context.server.go_down();
    for execution in ["7", "1"] {
        context.to(&format!("submit -q report.jsonl --execution {execution}"));
    }
    context.server.come_back();
    let run = context.to("push -q");
    let said = "error: .to/outbox/1: the server answered 404: TestExecution not found\n\
                hint: `to start` opens an execution; --execution (or TO_EXECUTION) chooses another\n";
    assert_eq!(run, Run::new(5, "1\n", said));
    assert_eq!(context.stored(), names(3));
    assert_eq!(
        files(&context.sandbox.path(".to/outbox")),
        [".lock", "1/execution.json", "1/results.jsonl"]
    );
}

#[test]
fn what_a_submission_keeps_is_in_order_behind_what_was_kept() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    context.server.go_down();
    let result = |status| format!("[{{\"name\":\"boot\",\"status\":\"{status}\"}}]");
    for status in ["FAILED", "SKIPPED", "PASSED"] {
        context.sandbox.write("report.json", result(status));
        assert_eq!(context.to("submit -q report.json").status, 4);
    }
    context.server.come_back();
    assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
    assert_eq!(context.server.execution(1).result("boot").status, "PASSED");
}

#[test]
fn json_says_what_is_kept() {
    let context = TestContext::new();
    context.report(150);
    context.server.fault(results, 1, Fault::none());
    context.server.fault(results, ALWAYS, Fault::answer(Response::refusal(403, "no")));
    let run = context.to("submit -q --json report.jsonl");
    assert_eq!(run.status, 5);
    let summary: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let field = |name: &str| summary[name].as_u64().expect("a number");
    let counts = ["total", "sent", "kept", "passed", "batches", "retries"].map(field);
    assert_eq!(counts, [150, 100, 50, 100, 1, 0]);
}

#[test]
fn several_pushes_at_once_deliver_once() {
    let server = Server::start();
    let sandbox = offline(&server).with("TO_CI_LINK", "https://ci.example/1");
    sandbox.write("report.jsonl", lines(&names(300)));
    let start = [&["start", "-q"], &LINK[..]].concat();
    assert_eq!(sandbox.to_with(&start).status, 0);
    assert_eq!(sandbox.to("submit -q report.jsonl").status, 0);
    server.come_back();
    let sandbox = sandbox.with("TO_BEST_EFFORT", "false");
    let push = || sandbox.to("push -q --retry-for 20");
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(push)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a run")).collect()
    });
    for run in runs {
        assert_eq!((run.status, &*run.stderr), (0, ""));
    }
    let execution = server.execution(1);
    assert_eq!((execution.results().len(), execution.links.len()), (300, 1));
}

#[test]
fn several_submissions_at_once_keep_whole_lines() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    context.server.go_down();
    let reports: Vec<_> = (0..4).map(|n| format!("{n}.jsonl")).collect();
    for report in &reports {
        let named = |name: String| format!("{report} {name}");
        context
            .sandbox
            .write(report, lines(&names(200).into_iter().map(named).collect::<Vec<_>>()));
    }
    std::thread::scope(|scope| {
        let submit = |report| context.sandbox.to(&format!("submit -q {report}")).status;
        let run = |report| scope.spawn(move || submit(report));
        let threads: Vec<_> = reports.iter().map(run).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("a run"), 4);
        }
    });
    context.server.come_back();
    assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
    assert_eq!(context.stored().len(), 800);
}

#[test]
fn an_execution_that_has_left_the_outbox_is_found_under_its_old_name() {
    let server = Server::start();
    server.go_down();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0");
    let sandbox = sandbox.with("TO_BEST_EFFORT", "true");
    sandbox.write("report.xml", "<testsuites name='s'><testcase name='boot'/></testsuites>");
    assert_eq!(sandbox.to("start -q").stdout, "outbox-1\n");
    server.come_back();
    assert_eq!(sandbox.to("push -q"), Run::new(0, "1\n", ""));

    // A job has the old name in a variable, and a later execution waits under another number.
    server.go_down();
    assert_eq!(sandbox.to("start -q").stdout, "outbox-2\n");
    server.come_back();
    assert_eq!(sandbox.to("submit -q --execution outbox-1 report.xml").status, 0);
    assert_eq!(sandbox.to("end -q --execution outbox-1"), Run::new(0, "PASSED\n", ""));
    assert_eq!(server.execution(1).result("boot").status, "PASSED");
}

#[test]
fn an_execution_that_never_was_in_the_outbox_is_an_error() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "outbox-7");
    sandbox.write("report.xml", "<testsuites name='s'><testcase name='boot'/></testsuites>");
    for command in
        ["submit report.xml", "submit report.xml --best-effort", "end", "end --best-effort"]
    {
        let run = sandbox.to(command);
        assert_eq!((run.status, &*run.stdout), (5, ""), "{command}: {}", run.stderr);
        let said = "no such execution: .to/outbox/7 does not exist";
        assert!(run.stderr.contains(said), "{command}: {}", run.stderr);
    }
    assert!(!sandbox.path(".to/outbox/7").exists());
}

#[test]
fn a_log_that_was_kept_whole_is_delivered_whole() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    let log = "x".repeat(2_000_000);
    let result = format!("{{\"name\":\"long\",\"status\":\"FAILED\",\"io_log\":\"{log}\"}}\n");
    context.sandbox.write("report.jsonl", result);
    context.server.go_down();
    assert_eq!(context.to("submit -q report.jsonl --max-log 3M").status, 4);
    context.server.come_back();
    assert_eq!(context.to("push -q"), Run::printed("1\n"));
    assert_eq!(context.server.execution(1).result("long").io_log, log);
}
