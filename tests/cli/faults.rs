//! A server that fails for a while, or for good: what is sent is stored once, or kept.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::fake_server::{
    ALWAYS, Fault, Response, Server, http_time, patches, results, starts,
};
use crate::support::{Run, Sandbox, Switch, TestContext, lines, names};

/// Long enough for every answer that is not held back, on a machine that is busy with other things.
pub const TIMEOUT: &str = "2";

const SENT_ONE: &str =
    "sent 1 result to execution 1: 1 passed, 0 failed, 0 skipped\n1 file, 1 batch, N s\n";

/// Every fault that passes, with what is said of it.
fn passing_faults() -> Vec<(Fault, &'static str)> {
    let nginx = |status| Fault::answer(Response::nginx(status));
    let after = |wait: &str| Fault::answer(Response::nginx(503).header("retry-after", wait));
    let (broke, late) = ("the connection to URL/v1 broke:", "no answer from URL/v1 within N s");
    let unavailable = "a proxy answered 503: 503 Service Temporarily Unavailable";
    vec![
        (
            Fault::answer(Response::internal_error()),
            "the server answered 500: Internal Server Error",
        ),
        (nginx(502), "a proxy answered 502: 502 Bad Gateway"),
        (nginx(503), unavailable),
        (nginx(504), "a proxy answered 504: 504 Gateway Time-out"),
        (nginx(504).after_the_work(), "a proxy answered 504: 504 Gateway Time-out"),
        (nginx(429), "a proxy answered 429: 429 Too Many Requests"),
        (Fault::answer(Response::refusal(429, "slowly")), "the server answered 429: slowly"),
        (
            Fault::answer(Response::page(408, "text/plain", "")),
            "the server answered 408: no reason given",
        ),
        (
            Fault::answer(Response::page(425, "text/plain", "")),
            "the server answered 425: no reason given",
        ),
        (after("0"), unavailable),
        (after(&http_time(SystemTime::now())), unavailable),
        (after("soon"), unavailable),
        (Fault::hang_up(), broke),
        (Fault::hang_up().after_the_work(), broke),
        (Fault::silence(), late),
        (Fault::silence().after_the_work(), late),
    ]
}

/// The first line, whatever the operating system calls a broken connection.
fn is_said(run: &Run, fault: &str) -> bool {
    let start = format!("warning: {fault}");
    run.stderr.starts_with(&start)
        && run
            .stderr
            .split_once("; trying again in N s\n")
            .is_some_and(|(_, rest)| rest == SENT_ONE)
}

#[test]
fn a_fault_that_passes_costs_a_retry_and_nothing_else() {
    for (fault, said) in passing_faults() {
        let context =
            TestContext::new().with("TO_TIMEOUT", TIMEOUT).with("TO_CONNECT_TIMEOUT", "0.5");
        let names = context.report(1);
        context.server.fault(results, 1, fault);

        let run = context.to("submit report.jsonl");
        assert!(is_said(&run, said), "{said}\n{}", run.stderr);
        assert_eq!((run.status, &*run.stdout), (0, ""), "{said}");
        assert_eq!(context.stored(), names, "{said}");
        assert_eq!(context.posts().len(), 2, "{said}");
        assert_eq!(context.files(), [".gitignore"], "{said}");

        assert_eq!(context.to("submit report.jsonl"), Run::new(0, "", SENT_ONE), "{said}");
        assert_eq!(context.stored(), names, "{said}");
    }
}

#[test]
fn a_start_with_a_ci_link_is_repeated_whatever_happened_to_it() {
    for (fault, said) in passing_faults() {
        let server = Server::start();
        server.fault(starts, 1, fault);
        let sandbox = Sandbox::new(&server.url())
            .with_snap()
            .with("TO_CI_LINK", "https://ci.example/1")
            .with("TO_TIMEOUT", TIMEOUT)
            .with("TO_CONNECT_TIMEOUT", "0.5");
        for _ in 0..2 {
            let run = sandbox.to("start -q");
            assert_eq!(run, Run::new(0, "1\n", ""), "{said}");
        }
        assert_eq!(server.executions().len(), 1, "{said}");
    }
}

#[test]
fn a_start_without_a_ci_link_is_not_repeated_where_its_fate_is_unknown() {
    let unknown = [
        (Fault::hang_up(), "the connection to URL/v1 broke: "),
        (Fault::hang_up().after_the_work(), "the connection to URL/v1 broke: "),
        (Fault::silence(), "no answer from URL/v1 within N s"),
        (Fault::dribble(Duration::from_millis(200)), "no answer from URL/v1 within N s"),
        (Fault::answer(Response::nginx(502)), "a proxy answered 502: 502 Bad Gateway"),
        (
            Fault::answer(Response::nginx(504)).after_the_work(),
            "a proxy answered 504: 504 Gateway Time-out",
        ),
    ];
    for (fault, said) in unknown {
        let server = Server::start();
        server.fault(starts, ALWAYS, fault);
        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
        let run = sandbox.to(&format!("start --timeout {TIMEOUT} --connect-timeout 0.5"));
        let stderr = run.stderr.replace(&server.url(), "URL");
        assert_eq!((run.status, &*run.stdout), (4, ""), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
        assert!(stderr.contains("the execution may exist"), "{stderr}");
        assert_eq!(server.requests().len(), 1, "{said}");
        assert!(!sandbox.path(".to/current.json").exists());
    }
}

#[test]
fn a_start_without_a_ci_link_is_repeated_where_the_server_did_not_do_it() {
    for status in [429, 500, 503] {
        let server = Server::start();
        server.fault(starts, 2, Fault::answer(Response::nginx(status)));
        let sandbox = Sandbox::new(&server.url()).with_snap();
        assert_eq!(sandbox.to("start -q"), Run::new(0, "1\n", ""), "{status}");
        assert_eq!(server.executions().len(), 1, "{status}");
    }
}

#[test]
fn retry_after_is_obeyed_in_both_forms() {
    // A date has whole seconds.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    let date = UNIX_EPOCH + Duration::from_secs(now.as_secs() + 2);
    for wait in ["1", &http_time(date)] {
        let context = TestContext::new();
        let names = context.report(150);
        let busy = Response::nginx(503).header("retry-after", wait);
        context.server.fault(results, 1, Fault::answer(busy));
        assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
        assert_eq!(context.stored(), names);
        let [first, second] = [0, 1].map(|index| context.server.requests()[index].at);
        if wait == "1" {
            assert!(second - first >= Duration::from_secs(1), "{:?}", second - first);
        } else {
            let since = second.elapsed();
            assert!(SystemTime::now() - since >= date, "{since:?}");
        }
    }
}

#[test]
fn a_retry_after_beyond_patience_ends_it_at_once() {
    let in_an_hour = http_time(SystemTime::now() + Duration::from_hours(1));
    for status in [429, 500, 502, 503, 504] {
        for wait in ["3600", &in_an_hour] {
            let context = TestContext::new();
            let names = context.report(150);
            let page = Response::nginx(status);
            context.server.fault(results, 1, Fault::answer(page.header("retry-after", wait)));
            let run = context.to("submit -q report.jsonl");
            assert_eq!(run.status, 4, "{status}: {}", run.stderr);
            assert_eq!(context.posts(), [(100, Some(status))], "{status}");
            assert!(run.stderr.starts_with("error: 0 of 150 results were sent: "));
            assert_eq!(context.sandbox.read(".to/outbox/1/results.jsonl").lines().count(), 150);

            assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
            assert_eq!(context.stored(), names);
        }
    }
}

#[test]
fn a_server_that_comes_back_in_time_gets_everything() {
    let context = TestContext::new().with("TO_RETRY_DELAY", "0.05");
    let names = context.report(350);
    let outage = Fault::outage(Some(Duration::from_millis(500)));
    context.server.fault(results, 1, Fault::none());
    context.server.fault(results, 1, outage.clone());
    context.server.fault(results, 1, outage.after_the_work());
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
    assert_eq!(context.stored_sorted(), names);
    assert_eq!(context.files(), [".gitignore"]);
}

const DOWN: &str = "cannot reach URL/v1: connection refused";

#[test]
fn a_server_that_is_down_for_good_gets_everything_with_a_push() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0.3");
    let names = context.report(350);
    context.server.fault(results, 1, Fault::none());
    context.server.fault(results, 1, Fault::outage(None));
    let run = context.to("submit -q report.jsonl");
    let expected = format!(
        "error: 100 of 350 results were sent: {DOWN}\n\
         hint: check --url (or TO_URL), whether the server is up, and whether the VPN is connected\n\
         warning: kept 250 results in .to/outbox/1\n\
         hint: `to push` delivers what is kept\n"
    );
    assert_eq!(run, Run::new(4, "", &expected));
    assert_eq!(context.sandbox.read(".to/outbox/1/results.jsonl").lines().count(), 250);
    let outbox = ["outbox/.lock", "outbox/1/execution.json", "outbox/1/results.jsonl"];
    assert_eq!(context.files(), [&[".gitignore"], &outbox[..]].concat());

    let run = context.to("push -q");
    assert_eq!(run.status, 4);
    assert_eq!(context.files(), [&[".gitignore"], &outbox[..]].concat());

    context.server.come_back();
    let run = context.to("push");
    let said = ".to/outbox/1: sent 250 results to execution 1\n";
    assert_eq!(run, Run::new(0, "1\n", said));
    assert_eq!(context.stored(), names);
    assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
}

#[test]
fn repeating_a_submission_delivers_what_was_kept_first() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0.2");
    let names = context.report(5);
    context.server.go_down();
    assert_eq!(context.to("submit -q report.jsonl").status, 4);
    assert_eq!(context.to("submit -q report.jsonl").status, 4);
    assert_eq!(
        context.sandbox.read(".to/outbox/1/results.jsonl"),
        lines(&[&names[..], &names[..]].concat())
    );
    context.server.come_back();
    let said = "sent 10 results from the outbox first\n\
                sent 5 results to execution 1: 5 passed, 0 failed, 0 skipped\n\
                1 file, 1 batch, N s\n";
    assert_eq!(context.to("submit report.jsonl"), Run::new(0, "", said));
    assert_eq!(context.stored(), names);
    assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
}

#[test]
fn a_batch_that_takes_too_long_is_halved_and_stays_so() {
    let faults = [
        Fault::answer(Response::nginx(504)).after_the_work(),
        Fault::answer(Response::nginx(504)),
        Fault::silence(),
    ];
    for fault in faults {
        let context =
            TestContext::new().with("TO_TIMEOUT", TIMEOUT).with("TO_CONNECT_TIMEOUT", "0.5");
        let names = context.report(330);
        context.server.fault(results, 1, fault);
        assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
        assert_eq!(context.stored(), names);
        let sizes: Vec<usize> = context.posts().iter().map(|(count, _)| *count).collect();
        assert_eq!(sizes, [100, 50, 50, 50, 50, 50, 50, 30]);
    }
}

#[test]
fn a_server_that_never_answers_ends_in_the_outbox() {
    let context = TestContext::new()
        .with("TO_TIMEOUT", "0.05")
        .with("TO_CONNECT_TIMEOUT", "0.2")
        .with("TO_RETRY_FOR", "3");
    let names = context.report(40);
    let switch = Switch::on();
    let on = switch.clone();
    context.server.fault(move |request| results(request) && on.is_on(), ALWAYS, Fault::silence());
    let run = context.to("submit -q report.jsonl");
    let expected = "error: 0 of 40 results were sent: no answer from URL/v1 within N s\n\
                    hint: --timeout TIME allows one request more time\n\
                    warning: kept 40 results in .to/outbox/1\n\
                    hint: `to push` delivers what is kept\n";
    assert_eq!(run, Run::new(4, "", expected));
    assert!(context.posts().len() < 40, "{:?}", context.posts());
    switch.turn_off();
    assert_eq!(context.sandbox.to("push -q --timeout 20"), Run::new(0, "1\n", ""));
    assert_eq!(context.stored(), names);
}

#[test]
fn an_end_is_repeated_and_where_it_cannot_be_sent_kept() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0.3");
    context.report(3);
    context.to("submit report.jsonl");
    context.server.fault(patches, 1, Fault::hang_up().after_the_work());
    assert_eq!(context.to("end -q"), Run::new(0, "PASSED\n", ""));

    context.server.fault(patches, 1, Fault::outage(None));
    let run = context.to("end -q");
    let expected = format!(
        "error: {DOWN}\n\
         hint: check --url (or TO_URL), whether the server is up, and whether the VPN is connected\n\
         warning: kept the status in .to/outbox/1\n\
         hint: `to push` delivers what is kept\n"
    );
    assert_eq!(run, Run::new(4, "", &expected));
    assert_eq!(context.sandbox.read(".to/outbox/1/patch.json"), "{\"status\":\"COMPLETED\"}\n");
    context.server.come_back();
    assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
    assert_eq!(context.server.execution(1).status, "PASSED");
    assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
}

#[test]
fn four_starts_and_submissions_in_parallel_all_deliver() {
    let server = Server::start();
    let sandboxes: Vec<Sandbox> = (0..4).map(|_| Sandbox::new(&server.url()).with_snap()).collect();
    for sandbox in &sandboxes {
        sandbox.write("report.jsonl", lines(&names(20)));
    }
    for command in ["start -q", "submit -q report.jsonl", "end"] {
        if command != "end" {
            server.race(3);
        }
        let runs: Vec<Run> = thread::scope(|scope| {
            let run = |sandbox| scope.spawn(move || Sandbox::to(sandbox, command));
            let threads: Vec<_> = sandboxes.iter().map(run).collect();
            threads.into_iter().map(|thread| thread.join().expect("a run")).collect()
        });
        for run in runs {
            assert_eq!((run.status, &*run.stderr), (0, ""), "{command}");
        }
    }
    assert_eq!(server.executions().len(), 4);
    for execution in server.executions() {
        assert_eq!(execution.status, "PASSED");
        assert_eq!(execution.results().len(), 20);
    }
}
