//! A server that fails for a while, or for good: what is tried again, for how long, and what is not;
//! what is sent is stored once, or kept.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::fake_server::{
    ALWAYS, Fault, Response, Server, anything, http_time, patches, results, starts,
};
use crate::support::{Run, Sandbox, Switch, TestContext, kept, lines, names};

/// Long enough for every answer that is not held back, on a machine that is busy with other things.
const TIMEOUT: &str = "2";

const SENT_ONE: &str = "sent 1 result to execution 1: 1 passed, 0 failed, 0 skipped\n";

const BUSY: &str = "a proxy answered 503: 503 Service Temporarily Unavailable";

fn busy() -> Response {
    Response::nginx(503)
}

/// Every fault that passes, with what is said of it.
fn passing_faults() -> Vec<(Fault, &'static str)> {
    let nginx = |status| Fault::answer(Response::nginx(status));
    let after = |wait: &str| Fault::answer(Response::nginx(503).header("retry-after", wait));
    let (broke, late) = ("the connection to URL/v1 broke:", "no answer from URL/v1 within N s");
    vec![
        (
            Fault::answer(Response::internal_error()),
            "the server answered 500: Internal Server Error",
        ),
        (nginx(502), "a proxy answered 502: 502 Bad Gateway"),
        (nginx(502).after_the_work(), "a proxy answered 502: 502 Bad Gateway"),
        (nginx(503), BUSY),
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
        (after("0"), BUSY),
        (after(&http_time(SystemTime::now())), BUSY),
        (after("soon"), BUSY),
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
fn no_other_status_is_tried_again() {
    for status in [400, 401, 404, 405, 409, 410, 413, 422, 501] {
        let context = TestContext::new();
        context.server.fault(anything, ALWAYS, Fault::answer(Response::refusal(status, "never")));
        let run = context.to("-q end");
        let code = if status == 501 { 4 } else { 5 };
        assert_eq!((run.status, run.stdout.as_str()), (code, ""), "{run:?}");
        assert_eq!(context.server.requests().len(), 1, "{status}");
    }
}

#[test]
fn results_and_an_end_of_unknown_fate_are_sent_again() {
    let context = TestContext::new();
    let names = context.report(1);
    for on in [results, patches] {
        context.server.fault(on, 1, Fault::hang_up().after_the_work());
        context.server.fault(on, 1, Fault::answer(Response::nginx(504)).after_the_work());
        context.server.fault(on, 1, Fault::hang_up());
    }
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
    assert_eq!(context.to("end -q"), Run::printed("PASSED\n"));
    assert_eq!(context.stored(), names);
    assert_eq!(context.server.requests().len(), 8);
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
            assert_eq!(run, Run::printed("1\n"), "{said}");
        }
        assert_eq!(server.executions().len(), 1, "{said}");
        let starts = server.requests().iter().filter(|request| starts(request)).count();
        assert_eq!(starts, 3, "{said}");
    }
}

const START_CAUSES: &str = "the server fails so at a snap of this name, version and track that it \
                            knows from another store, and before 2026-06-30 at an image whose \
                            sha256 it knows under another name or version";

/// Parallel first sights fail so too, a few times: after the fourth something else may be the cause.
#[test]
fn a_server_that_fails_at_a_start_again_and_again_is_told_with_the_known_causes() {
    let server = Server::start();
    server.fault(starts, ALWAYS, Fault::answer(Response::internal_error()));
    // Two delays of nothing to speak of, and a third that goes to the end of patience.
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "1");
    let run = sandbox.to("start");
    let failed = "the server answered 500: Internal Server Error";
    let warning = format!("warning: {failed}; trying again in N s\n");
    let tries = server.requests().len();
    assert!(tries > 4, "{tries} tries");
    let said = format!(
        "{}warning: {START_CAUSES}\n{}error: {failed} (tried {tries} times in N s)\n\
         hint: {START_CAUSES}\n",
        warning.repeat(4),
        warning.repeat(tries - 5),
    );
    assert_eq!(run, Run::new(4, "", &said));
}

#[test]
fn fewer_failures_than_that_are_told_without_causes() {
    let server = Server::start();
    server.fault(starts, 3, Fault::answer(Response::internal_error()));
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("-q start"), Run::new(0, "1\n", ""));
}

/// What leaves the fate of a request unknown, and what is said of it.
fn unknown_fates() -> [(Fault, &'static str); 8] {
    let nginx = |status| Fault::answer(Response::nginx(status));
    let broke = "the connection to {url} broke: connection closed before message completed";
    let (late, slow) =
        ("no answer from {url} within N s", "a proxy answered 504: 504 Gateway Time-out");
    [
        (nginx(504), slow),
        (nginx(504).after_the_work(), slow),
        (nginx(502), "a proxy answered 502: 502 Bad Gateway"),
        (Fault::hang_up(), broke),
        (Fault::hang_up().after_the_work(), broke),
        (Fault::silence(), late),
        (Fault::silence().after_the_work(), late),
        (Fault::dribble(Duration::from_millis(200)), late),
    ]
}

#[test]
fn a_start_without_a_ci_link_is_not_repeated_where_its_fate_is_unknown() {
    let cut = Response::page(200, "application/json", "{\"id\": 1");
    let cut = (Fault::answer(cut), "the connection to {url} broke: the answer is cut short");
    for (fault, reason) in unknown_fates().into_iter().chain([cut]) {
        let server = Server::start();
        server.fault(starts, ALWAYS, fault);
        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
        let said = format!(
            "error: the execution may exist all the same: {}\n\
             hint: look for it before you start another; with --ci-link (or TO_CI_LINK) a start \
             may be repeated\n",
            reason.replace("{url}", &format!("{}/v1", server.url()))
        );
        let run = sandbox.with("TO_TIMEOUT", TIMEOUT).with("TO_CONNECT_TIMEOUT", "0.5").to("start");
        assert_eq!(run, Run::failed(4, &said));
        assert_eq!(server.requests().len(), 1, "{reason}");
    }
}

#[test]
fn a_start_without_a_ci_link_is_repeated_where_the_server_did_not_do_it() {
    // The application hangs up after a 500 without having said so: each time another connection.
    let crash = Response::internal_error();
    for page in [Response::nginx(429), Response::nginx(500), busy(), crash] {
        let server = Server::start();
        let is_crash = page.status == 500;
        server.fault(starts, 4, Fault::answer(page));
        let sandbox = Sandbox::new(&server.url()).with_snap();
        let said = if is_crash { format!("warning: {START_CAUSES}\n") } else { String::new() };
        assert_eq!(sandbox.to("start -q"), Run::new(0, "1\n", &said));
        assert_eq!(server.executions().len(), 1);
    }
}

#[test]
fn a_reset_before_anything_was_sent_is_no_unknown_fate() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0");
    server.go_down();
    server.expect_no_requests();
    let said = format!(
        "error: cannot reach {}/v1: connection refused\n\
         hint: check --url (or TO_URL), whether the server is up, and whether the VPN is connected\n",
        server.url()
    );
    assert_eq!(sandbox.to("start"), Run::failed(4, &said));
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
        assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
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
    for (status, title) in [
        (429, "Too Many Requests"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
        (503, "Service Temporarily Unavailable"),
        (504, "Gateway Time-out"),
    ] {
        for wait in ["301", &in_an_hour] {
            let context = TestContext::new().with("TO_RETRY_FOR", "300");
            let names = context.report(150);
            let page = Response::nginx(status);
            context.server.fault(results, 1, Fault::answer(page.header("retry-after", wait)));
            let said = format!(
                "error: 0 of 150 results were sent: a proxy answered {status}: {status} {title}; \
                 it asks for a wait of N s\n{WAIT}{}",
                kept("150 results", ".to")
            );
            assert_eq!(context.to("submit -q report.jsonl"), Run::failed(4, &said));
            assert_eq!(context.posts(), [(100, Some(status))], "{status}");
            assert_eq!(context.sandbox.read(".to/outbox/1/results.jsonl").lines().count(), 150);

            assert_eq!(context.to("push -q"), Run::printed("1\n"));
            assert_eq!(context.stored(), names);
        }
    }
}

#[test]
fn a_retry_after_of_nothing_is_no_reason_to_rush() {
    let server = Server::start();
    server.fault(anything, ALWAYS, Fault::answer(busy().header("retry-after", "0")));
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1");
    let sandbox = sandbox.with("TO_RETRY_DELAY", "0.2").with("TO_RETRY_FOR", "0.5");
    assert_eq!(sandbox.to("-q end").status, 4);
    assert!(server.requests().len() < 10, "{} requests", server.requests().len());
}

const WAIT: &str = "hint: --retry-for (or TO_RETRY_FOR) allows a longer wait\n";

#[test]
fn the_final_error_says_how_often_and_how_long() {
    let server = Server::start();
    server.fault(anything, 2, Fault::answer(busy()));
    server.fault(anything, 1, Fault::answer(busy().header("retry-after", "3600")));
    let warning = format!("warning: {BUSY}; trying again in N s\n");
    let said = format!(
        "{}error: {BUSY} (tried 3 times in N s); it asks for a wait of N s\n{WAIT}{}",
        warning.repeat(2),
        kept("the status", ".to")
    );
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1");
    assert_eq!(sandbox.to("end"), Run::failed(4, &said));
}

#[test]
fn a_server_that_comes_back_in_time_gets_everything() {
    let context = TestContext::new().with("TO_RETRY_DELAY", "0.05");
    let names = context.report(350);
    let outage = Fault::outage(Some(Duration::from_millis(500)));
    context.server.fault(results, 1, Fault::none());
    context.server.fault(results, 1, outage.clone());
    context.server.fault(results, 1, outage.after_the_work());
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
    assert_eq!(context.stored(), names);
    let lost = (250, None);
    assert_eq!(context.posts(), [(100, Some(200)), lost, lost, (250, Some(200))]);
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
    assert_eq!(run, Run::failed(4, &expected));
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
    let said = "sending what .to/outbox/1 holds first\n\
                sent 10 results from the outbox first\n\
                sent 5 results to execution 1: 5 passed, 0 failed, 0 skipped\n";
    assert_eq!(context.to("submit report.jsonl"), Run::new(0, "", said));
    assert_eq!(context.stored(), names);
    assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
}

#[test]
fn a_batch_that_takes_too_long_is_halved_until_three_were_quick() {
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
        assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
        assert_eq!(context.stored(), names);
        let sizes: Vec<usize> = context.posts().iter().map(|(count, _)| *count).collect();
        assert_eq!(sizes, [100, 50, 50, 50, 100, 80]);
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
    assert_eq!(run, Run::failed(4, expected));
    assert!(context.posts().len() < 80, "{:?}", context.posts());
    switch.turn_off();
    assert_eq!(context.sandbox.to("push -q --timeout 20"), Run::printed("1\n"));
    assert_eq!(context.stored(), names);
}

#[test]
fn an_end_that_cannot_be_sent_is_kept() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0.3");
    context.report(3);
    context.to("submit report.jsonl");
    context.server.fault(patches, 1, Fault::outage(None));
    let run = context.to("end -q");
    let expected = format!(
        "error: {DOWN}\n\
         hint: check --url (or TO_URL), whether the server is up, and whether the VPN is connected\n\
         warning: kept the status in .to/outbox/1\n\
         hint: `to push` delivers what is kept\n"
    );
    assert_eq!(run, Run::failed(4, &expected));
    assert_eq!(context.sandbox.read(".to/outbox/1/patch.json"), "{\"status\":\"COMPLETED\"}\n");
    context.server.come_back();
    assert_eq!(context.to("push -q"), Run::printed("1\n"));
    assert_eq!(context.server.execution(1).status, "PASSED");
    assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
}

#[test]
fn json_counts_the_retries() {
    let context = TestContext::new();
    context.report(1);
    context.server.fault(results, 3, Fault::answer(busy()));
    let run = context.to("-q submit --json report.jsonl");
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.status, &told["retries"], &told["batches"]), (0, &3.into(), &1.into()));
}

#[test]
fn a_failure_in_the_middle_says_what_was_sent() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    let names = context.report(250);
    context.server.fault(results, 1, Fault::none());
    context.server.fault(results, ALWAYS, Fault::answer(busy()));
    let said = format!(
        "sent 100 results to execution 1: 100 passed, 0 failed, 0 skipped\n\
         error: 100 of 250 results were sent: {BUSY}\n{}",
        kept("150 results", ".to")
    );
    assert_eq!(context.to("submit report.jsonl"), Run::failed(4, &said));
    assert_eq!(context.stored(), names[..100]);
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
