//! `to push DIR`: spool directories, whoever wrote them, delivered once however often it is asked.

use std::fs;

use serde_json::json;

use crate::support::fake_server::{
    ALWAYS, Fault, Poison, Request, Response, Server, anything, patches, results, starts,
};
use crate::support::{Run, Sandbox, TestContext, files, lines, names};

const START: &str = r#"{"family": "snap", "name": "core22", "version": "1", "revision": 1,
"track": "22", "store": "ubuntu", "arch": "amd64", "execution_stage": "beta", "environment": "vm",
"test_plan": "smoke", "ci_link": "https://ci.example/1", "branch": null, "relevant_links":
[{"label": "log", "url": "https://logs.example/1"}, {"label": "doc", "url": "https://docs.example"}]}"#;

/// An execution as the pytest plugin leaves it.
fn write_plugin_spool(sandbox: &Sandbox) {
    sandbox.write("spool/b7e2/start.json", START);
    sandbox.write("spool/b7e2/results.jsonl", lines(&names(3)));
    let event = |name, at| json!({ "event_name": name, "timestamp": at, "detail": "" }).to_string();
    let events = [event("started", "2026-01-01T00:00:00Z"), event("ended", "2026-01-01T00:05:00Z")];
    sandbox.write("spool/b7e2/status_updates.jsonl", events.join("\n") + "\n");
    let patch = json!({ "execution_metadata": { "kernel": ["6.8"] }, "status": "COMPLETED" });
    sandbox.write("spool/b7e2/patch.json", patch.to_string());
    let links = [("log", "https://logs.example/1"), ("video", "https://videos.example/1")]
        .map(|(label, url)| json!({ "label": label, "url": url }).to_string() + "\n");
    sandbox.write("spool/b7e2/links.jsonl", links.concat());
}

/// The execution as it is to be; panics where it is not, or is there twice.
fn assert_delivered(server: &Server) {
    let executions = server.executions();
    assert_eq!(executions.len(), 1);
    let execution = &executions[0];
    assert_eq!(execution.status, "PASSED");
    assert_eq!(execution.metadata["kernel"], ["6.8"]);
    let stored: Vec<_> = execution.results().iter().map(|result| result.name.clone()).collect();
    assert_eq!(stored, names(3));
    let mut labels: Vec<_> =
        execution.links.iter().filter_map(|link| link["label"].as_str()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["doc", "log", "video"]);
    let events: Vec<_> = execution.events.iter().map(|event| &event["event_name"]).collect();
    assert_eq!(events, ["started", "ended"]);
}

#[test]
fn a_spool_of_the_pytest_plugin_is_delivered_once() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url());
    write_plugin_spool(&sandbox);
    let run = sandbox.to("push spool");
    assert_eq!(run, Run::new(0, "1\n", "spool/b7e2: sent 3 results to execution 1\n"));
    assert_delivered(&server);
    // Rules that attach known issues look at the metadata while results are posted.
    let requests = server.requests();
    let first = |kind: fn(&Request) -> bool| requests.iter().position(kind).expect("a request");
    assert!(first(patches) < first(results));

    let mark: serde_json::Value =
        serde_json::from_str(&sandbox.read("spool/b7e2/delivered.json")).expect("JSON");
    assert_eq!((&mark["url"], &mark["execution"]), (&json!(server.url()), &json!(1)));
    let asked = server.requests().len();
    assert_eq!(sandbox.to("push spool"), Run::new(0, "", "spool/b7e2: delivered before\n"));
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn a_spool_that_was_delivered_and_grew_is_delivered_again() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    sandbox.write("report.jsonl", lines(&names(3)));
    sandbox.write("more.jsonl", lines(&names(5)));
    let spool = |command: &str| sandbox.to(&format!("{command} -q --url file:spool"));
    let push = || sandbox.to("push -q spool");

    assert_eq!(spool("start"), Run::new(0, "1\n", ""));
    assert_eq!(push(), Run::new(0, "1\n", ""));
    assert_eq!(spool("submit report.jsonl"), Run::new(0, "", ""));
    assert_eq!(push(), Run::new(0, "1\n", ""));
    assert_eq!(server.execution(1).results().len(), 3);
    assert_eq!(spool("submit more.jsonl"), Run::new(0, "", ""));
    assert_eq!(push(), Run::new(0, "1\n", ""));
    assert_eq!(server.execution(1).results().len(), 5);
    assert_eq!(server.execution(1).status, "IN_PROGRESS");
    assert_eq!(spool("end"), Run::new(0, "PASSED\n", ""));
    assert_eq!(push(), Run::new(0, "1\n", ""));
    assert_eq!(server.execution(1).status, "PASSED");
    assert_eq!(push(), Run::new(0, "", ""));
    assert_eq!(server.executions().len(), 1);
}

#[test]
fn a_push_that_fails_anywhere_is_mended_by_another() {
    let faults = [Fault::hang_up(), Fault::hang_up().after_the_work()];
    for fault in faults {
        for good in 0.. {
            let server = Server::start();
            let sandbox = Sandbox::new(&server.url()).with("TO_RETRY_FOR", "0");
            write_plugin_spool(&sandbox);
            server.fault(anything, good, Fault::none());
            server.fault(anything, 1, fault.clone());
            let run = sandbox.to("push -q spool");
            if run.status == 0 {
                assert!(good > 8, "a push makes more requests than {good}");
                break;
            }
            assert_eq!(run.status, 4, "{}", run.stderr);
            assert!(!sandbox.path("spool/b7e2/delivered.json").exists());
            assert_eq!(sandbox.to("push -q spool"), Run::new(0, "1\n", ""), "{good}");
            assert_delivered(&server);
        }
    }
}

#[test]
fn events_that_a_server_does_not_tell_are_not_sent_again() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with("TO_RETRY_FOR", "0");
    write_plugin_spool(&sandbox);
    let of_events = |request: &Request| request.route().ends_with("/status_update");
    let looks = move |request: &Request| request.method == "GET" && of_events(request);
    let adds = move |request: &Request| request.method == "POST" && of_events(request);
    server.fault(looks, ALWAYS, Fault::answer(Response::refusal(405, "Method Not Allowed")));
    server.fault(adds, 1, Fault::none());
    server.fault(adds, 1, Fault::hang_up());
    let run = sandbox.to("push -q spool");
    assert_eq!(run.status, 4, "{}", run.stderr);
    assert_eq!(server.execution(1).events.len(), 1);
    assert_eq!(sandbox.to("push -q spool"), Run::new(0, "1\n", ""));
    assert_delivered(&server);
}

#[test]
fn what_was_refused_is_named_though_the_push_fails_later() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with("TO_RETRY_FOR", "0");
    write_plugin_spool(&sandbox);
    server.poison(|name| name == "case-00002", Poison::Refusal);
    let ends = |request: &Request| patches(request) && request.json()["status"] == "COMPLETED";
    server.fault(ends, ALWAYS, Fault::hang_up());
    let run = sandbox.to("push -q spool");
    let refused = "error: result `case-00002` was refused: name: This name is not wanted\n\
                   hint: 1 result refused: written to spool/b7e2/refused.jsonl\n";
    assert!(run.stderr.ends_with(refused), "{}", run.stderr);
    assert_eq!((run.status, &*run.stdout), (4, ""), "{}", run.stderr);
    assert!(sandbox.read("spool/b7e2/refused.jsonl").contains("case-00002"));
}

#[test]
fn a_push_that_is_killed_during_a_start_finds_it_by_its_ci_link() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url());
    write_plugin_spool(&sandbox);
    server.fault(starts, 1, Fault::silence().after_the_work());
    let child = sandbox.spawn("push -q spool");
    server.wait_for(|requests| requests.len() == 1);
    child.kill();
    assert_eq!(sandbox.to("push -q spool"), Run::new(0, "1\n", ""));
    assert_delivered(&server);
}

#[test]
fn a_push_that_is_killed_during_a_start_without_a_ci_link_says_so() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    assert_eq!(sandbox.to("start -q --url file:spool").stdout, "1\n");
    server.fault(starts, 1, Fault::silence().after_the_work());
    let child = sandbox.spawn("push -q spool");
    server.wait_for_execution(1, |_| true);
    child.kill();
    let said = "error: spool/1: spool/1 was being started when `to` was killed: the execution \
                may exist\n\
                hint: look for it at the server; --start-again opens another execution\n";
    for _ in 0..2 {
        assert_eq!(sandbox.to("push -q spool"), Run::new(4, "", said));
    }
    assert_eq!(server.requests().len(), 1);
    assert_eq!(sandbox.to("push -q --start-again spool"), Run::new(0, "2\n", ""));
    assert_eq!(sandbox.to("push -q spool"), Run::new(0, "", ""));
    assert_eq!(server.executions().len(), 2);
}

#[test]
fn a_start_without_a_ci_link_that_was_refused_may_be_pushed_again() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0");
    assert_eq!(sandbox.to("start -q --ci-link none --url file:spool").stdout, "1\n");
    for page in [Response::refusal(403, "no"), Response::nginx(503)] {
        server.fault(starts, 1, Fault::answer(page));
        assert_ne!(sandbox.to("push -q spool").status, 0);
    }
    assert_eq!(sandbox.to("push -q spool"), Run::new(0, "1\n", ""));
    assert_eq!(server.executions().len(), 1);
}

#[test]
fn a_spool_goes_to_one_server() {
    let (one, other) = (Server::start(), Server::start());
    let sandbox = Sandbox::new(&one.url());
    write_plugin_spool(&sandbox);
    one.fault(results, 1, Fault::answer(Response::refusal(403, "no")));
    assert_eq!(sandbox.to("push -q spool").status, 5);
    other.expect_no_requests();
    let run = sandbox.to(&format!("push -q spool --url {}", other.url()));
    let said = format!(
        "error: spool/b7e2: spool/b7e2 belongs to an execution of {}\nhint: push with that --url\n",
        one.url()
    );
    assert_eq!(run, Run::new(2, "", &said));
}

#[test]
fn no_torn_line_is_ever_read_as_good() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    let whole = lines(&names(3));
    let last = lines(&names(3)[2..]).len();
    for cut in 0..=last {
        let spool = format!("spool-{cut}");
        sandbox.write(&format!("{spool}/1/start.json"), START.replace("ci.example/1", &spool));
        sandbox.write(&format!("{spool}/1/results.jsonl"), &whole[..whole.len() - cut]);
        let run = sandbox.to(&format!("push -q {spool}"));
        let is_torn = (2..last).contains(&cut);
        let path = format!("{spool}/1/results.jsonl");
        let lacking = format!("error: {spool}/1/torn.jsonl: 1 line cut short, not sent\n");
        let said =
            format!("{lacking}warning: {path}: the last line is cut short: moved to torn.jsonl\n");
        let expected = if is_torn { (3, &*said) } else { (0, "") };
        assert_eq!((run.status, &*run.stderr), expected, "{cut}");
        let stored = server.execution(cut + 1).results().len();
        assert_eq!(stored, if cut < 2 { 3 } else { 2 }, "{cut}");
        if is_torn {
            // It is lacking still, until somebody has dealt with it.
            assert_eq!(sandbox.to(&format!("push -q {spool}")), Run::new(3, "", &lacking));
        }
    }
    // What is added to a torn file stands on a line of its own.
    let url = "--url file:spool-9 --execution 1";
    sandbox.write("more.jsonl", "{\"name\":\"more\",\"status\":\"FAILED\"}\n");
    assert_eq!(sandbox.to(&format!("submit -q more.jsonl {url}")), Run::new(0, "", ""));
    let good = lines(&names(2)) + "{\"name\":\"more\",\"status\":\"FAILED\"}\n";
    assert_eq!(sandbox.read("spool-9/1/results.jsonl"), good);
    let lacking = "error: spool-9/1/torn.jsonl: 1 line cut short, not sent\n";
    assert_eq!(sandbox.to("push -q spool-9"), Run::new(3, "10\n", lacking));
    fs::remove_file(sandbox.path("spool-9/1/torn.jsonl")).expect("a file");
    assert_eq!(sandbox.to("push -q spool-9"), Run::quiet());
    assert_eq!(server.execution(10).result("more").status, "FAILED");
}

#[test]
fn a_spool_that_is_damaged_is_named_with_its_file() {
    let damages = [
        (
            "start.json",
            "{",
            "spool/b7e2/start.json: EOF while parsing an object at line 1 column 1",
            1,
        ),
        ("patch.json", "{\"status\":", "spool/b7e2/patch.json: ", 1),
        ("start.json", "{\"family\":\"snap\"}", "spool/b7e2/start.json: the request for snap", 2),
    ];
    for (file, content, said, status) in damages {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url());
        write_plugin_spool(&sandbox);
        // Another execution of the spool is delivered all the same.
        sandbox.write("spool/c/start.json", START.replace("ci.example/1", "ci.example/2"));
        sandbox.write(&format!("spool/b7e2/{file}"), content);
        let run = sandbox.to("push -q spool");
        assert!(run.stderr.contains(said), "{file}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: spool/b7e2: "), "{}", run.stderr);
        assert!(run.stdout.ends_with('\n') && run.stdout.lines().count() == 1, "{}", run.stdout);
        assert_eq!(run.status, status, "{file}: {}", run.stderr);
        assert!(!sandbox.path("spool/b7e2/delivered.json").exists());
        assert!(sandbox.path("spool/c/delivered.json").exists());

        fs::remove_dir_all(sandbox.path("spool/b7e2")).expect("a directory");
        write_plugin_spool(&sandbox);
        let run = sandbox.to("push -q spool");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{file}");
    }
}

#[test]
fn a_spool_passes_the_gate_that_reports_pass() {
    let of = |flags: &str, redact: &str| {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url())
            .with("TO_REDACT", redact)
            .with("TO_API_KEY", "to_12345678")
            .with("DEPLOY_TOKEN", "hunter-2222")
            .with("MINE", "s3cr3t-value");
        let result = json!({
            "name": "a", "status": "FAILED", "comment": "with to_12345678",
            "io_log": format!("hunter-2222 {} s3cr3t-value", "x".repeat(2000)),
        });
        sandbox.write("spool/1/start.json", START);
        sandbox.write("spool/1/results.jsonl", result.to_string() + "\n");
        let run = sandbox.to(&format!("push -q spool {flags}"));
        assert_eq!((run.status, &*run.stdout), (0, "1\n"), "{}", run.stderr);
        let held = server.execution(1).result("a").clone();
        (held.comment, held.io_log, run.stderr)
    };
    let log = |token, mine| format!("{token} {} {mine}", "x".repeat(2000));
    let became = |name| format!("warning: the value of {name} became [redacted] (1): `a`\n");
    for (flags, redact) in [("--redact MINE", ""), ("", "MINE")] {
        let (comment, io_log, said) = of(flags, redact);
        assert_eq!((&*comment, io_log), ("with [redacted]", log("[redacted]", "[redacted]")));
        assert_eq!(said, ["the API key", "DEPLOY_TOKEN", "MINE"].map(became).concat());
    }
    let (comment, io_log, said) = of("--no-redact", "");
    assert_eq!((&*comment, io_log), ("with [redacted]", log("hunter-2222", "s3cr3t-value")));
    assert_eq!(said, became("the API key"));
    let (_, io_log, said) = of("--no-redact --max-log 100", "");
    assert!(io_log.len() < 200 && io_log.ends_with("s3cr3t-value"), "{io_log}");
    assert!(said.contains("a log was cut to the length of --max-log (1): `a`\n"), "{said}");
}

/// It was cut and redacted when it was kept, perhaps by other options: those hold.
#[test]
fn what_is_kept_is_sent_as_it_was_kept() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0").with("A_TOKEN", "hunter-2222");
    let log = format!("hunter-2222 {}", "x".repeat(2_000_000));
    let result = json!({ "name": "a", "status": "FAILED", "io_log": log });
    context.sandbox.write("report.jsonl", result.to_string() + "\n");
    context.server.go_down();
    assert_eq!(context.to("submit -q --no-redact --max-log 3M report.jsonl").status, 4);
    context.server.come_back();
    assert_eq!(context.to("push -q --max-log 1K"), Run::printed("1\n"));
    assert!(context.server.execution(1).result("a").io_log == log);
}

#[test]
fn a_directory_in_which_nothing_was_recorded_is_no_execution() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url());
    write_plugin_spool(&sandbox);
    // A process that is killed may leave these.
    fs::create_dir(sandbox.path("spool/1")).expect("a directory");
    sandbox.write("spool/2/.tmpXyz", "{");
    assert_eq!(sandbox.to("push -q spool"), Run::new(0, "1\n", ""));
    assert_delivered(&server);
}

#[test]
fn results_without_a_start_are_no_execution_and_named() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url());
    sandbox.write("spool/1/results.jsonl", lines(&names(1)));
    let run = sandbox.to("push -q spool");
    let said = "error: spool/1: spool/1/start.json is missing\n";
    assert_eq!((run.stdout, run.stderr), (String::new(), said.to_owned()));
    assert_ne!(run.status, 0);
    assert_eq!(files(&sandbox.path("spool")), ["1/results.jsonl"]);
}

/// Nothing of it goes out under another name, and nothing is passed over without a word.
#[test]
fn an_execution_in_the_place_of_a_spool_is_told() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url());
    write_plugin_spool(&sandbox);
    let said = "error: spool/b7e2: an execution lies there itself: push the directory that it lies \
                in\n";
    assert_eq!(sandbox.to("push spool/b7e2"), Run::failed(1, said));
    sandbox.write("spool/results.jsonl", lines(&names(1)));
    let run = sandbox.to("push -q spool");
    assert_eq!(run, Run::new(1, "1\n", &said.replace("spool/b7e2", "spool")));
    assert_delivered(&server);
}

#[test]
fn a_directory_without_executions_is_an_error() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url());
    let run = sandbox.to("push nowhere");
    assert_eq!(run, Run::new(3, "", "error: nowhere: no execution is recorded there\n"));
}

#[test]
fn every_command_works_on_a_spool_and_a_push_delivers_it() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    sandbox.write("report.jsonl", lines(&names(3)));
    let spooled =
        Sandbox::to(&sandbox, "start -q --url file:spool --relevant-link log=https://l.example/1");
    assert_eq!(spooled, Run::new(0, "1\n", ""));
    let run = sandbox.to("submit -q --url file:spool report.jsonl");
    assert_eq!(run, Run::new(0, "", ""));
    assert_eq!(sandbox.to("end -q --url file:spool"), Run::new(0, "PASSED\n", ""));
    assert_eq!(
        files(&sandbox.path("spool")),
        ["1/links.jsonl", "1/patch.json", "1/results.jsonl", "1/start.json"]
    );
    assert_eq!(sandbox.to("push -q spool"), Run::new(0, "1\n", ""));
    let execution = server.execution(1);
    assert_eq!((&*execution.status, execution.links.len()), ("PASSED", 1));
    assert_eq!(execution.results().len(), 3);
}
