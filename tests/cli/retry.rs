//! The plain retry: what is tried again, for how long, and what is not.

use std::time::Duration;

use crate::faults::TIMEOUT;
use crate::support::fake_server::{
    ALWAYS, Fault, Request, Response, Server, anything, patches, results, starts,
};
use crate::support::{Run, Sandbox, kept};

const REPORT: &str = r#"<testsuite name="s"><testcase name="boot"/></testsuite>"#;

fn open(server: &Server) -> Sandbox {
    server.open_execution();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_EXECUTION", "1");
    sandbox.write("report.xml", REPORT);
    sandbox
}

fn busy() -> Response {
    Response::nginx(503)
}

const BUSY: &str = "a proxy answered 503: 503 Service Temporarily Unavailable";

#[test]
fn what_passes_is_tried_again_and_said() {
    let server = Server::start();
    server.fault(results, 1, Fault::answer(busy()));
    server.fault(results, 1, Fault::answer(Response::internal_error()));
    let run = open(&server).to("submit report.xml");
    let said = format!(
        "warning: {BUSY}; trying again in N s\n\
         warning: the server answered 500: Internal Server Error; trying again in N s\n\
         sent 1 result to execution 1: 1 passed, 0 failed, 0 skipped\n1 file, 1 batch, N s\n"
    );
    assert_eq!(run, Run::new(0, "", &said));
    assert_eq!(server.execution(1).results().len(), 1);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn verbose_tells_every_attempt_and_quiet_none() {
    let server = Server::start();
    server.fault(patches, 1, Fault::answer(busy()));
    let sandbox = open(&server);
    let said = format!(
        "PATCH /v1/test-executions/1: 503 (22 bytes, N ms, attempt 1)\n\
         warning: {BUSY}; trying again in N s\n\
         PATCH /v1/test-executions/1: 200 (22 bytes, N ms, attempt 2)\n"
    );
    assert_eq!(sandbox.to("end -v"), Run::new(0, "ENDED_PREMATURELY\n", &said));
    server.fault(patches, 1, Fault::answer(busy()));
    assert_eq!(sandbox.to("end -q"), Run::new(0, "ENDED_PREMATURELY\n", ""));
}

#[test]
fn every_status_that_passes_is_tried_again() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let server = Server::start();
        let sandbox = open(&server);
        server.fault(anything, 1, Fault::answer(Response::refusal(status, "later")));
        assert_eq!(sandbox.to("-q end"), Run::new(0, "ENDED_PREMATURELY\n", ""), "{status}");
        assert_eq!(server.requests().len(), 2, "{status}");
    }
}

#[test]
fn no_other_status_is_tried_again() {
    for status in [400, 401, 404, 405, 409, 410, 413, 422, 501] {
        let server = Server::start();
        let sandbox = open(&server);
        server.fault(anything, ALWAYS, Fault::answer(Response::refusal(status, "never")));
        let run = sandbox.to("-q end");
        let code = if status == 501 { 4 } else { 5 };
        assert_eq!((run.status, run.stdout.as_str()), (code, ""), "{run:?}");
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[test]
fn results_and_an_end_of_unknown_fate_are_sent_again() {
    let server = Server::start();
    let sandbox = open(&server);
    for on in [results, patches] {
        server.fault(on, 1, Fault::hang_up().after_the_work());
        server.fault(on, 1, Fault::answer(Response::nginx(504)).after_the_work());
        server.fault(on, 1, Fault::hang_up());
    }
    assert_eq!(sandbox.shell("to -q submit report.xml && to -q end"), Run::new(0, "PASSED\n", ""));
    assert_eq!(server.execution(1).results().len(), 1);
    assert_eq!(server.requests().len(), 8);
}

/// The time between the first two requests.
fn first_wait(server: &Server) -> Duration {
    let requests = server.requests();
    requests[1].at - requests[0].at
}

#[test]
fn retry_after_in_seconds_is_obeyed() {
    let server = Server::start();
    server.fault(anything, 1, Fault::answer(busy().header("retry-after", "1")));
    let sandbox = open(&server);
    let said = format!("warning: {BUSY}; trying again in N s\n");
    assert_eq!(sandbox.to("end"), Run::new(0, "ENDED_PREMATURELY\n", &said));
    assert!(first_wait(&server) >= Duration::from_secs(1));
}

#[test]
fn a_retry_after_beyond_what_is_left_ends_the_wait_at_once() {
    let server = Server::start();
    server.fault(anything, ALWAYS, Fault::answer(busy().header("retry-after", "301")));
    let sandbox = open(&server).with("TO_RETRY_FOR", "300");
    let said = format!("error: {BUSY}\n{}", kept("the status", ".to"));
    assert_eq!(sandbox.to("end"), Run::new(4, "", &said));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_retry_after_of_nothing_is_no_reason_to_rush() {
    let server = Server::start();
    server.fault(anything, ALWAYS, Fault::answer(busy().header("retry-after", "0")));
    let sandbox = open(&server).with("TO_RETRY_DELAY", "0.2").with("TO_RETRY_FOR", "0.5");
    assert_eq!(sandbox.to("-q end").status, 4);
    assert!(server.requests().len() < 10, "{} requests", server.requests().len());
}

#[test]
fn the_final_error_says_how_often_and_how_long() {
    let server = Server::start();
    server.fault(anything, 2, Fault::answer(busy()));
    server.fault(anything, 1, Fault::answer(busy().header("retry-after", "3600")));
    let warning = format!("warning: {BUSY}; trying again in N s\n");
    let said = format!(
        "{}error: {BUSY} (tried 3 times in N s)\n{}",
        warning.repeat(2),
        kept("the status", ".to")
    );
    assert_eq!(open(&server).to("end"), Run::new(4, "", &said));
}

#[test]
fn a_server_that_is_down_is_waited_for() {
    let server = Server::start();
    let sandbox = open(&server);
    server.fault(anything, 1, Fault::outage(Some(Duration::from_millis(200))));
    assert_eq!(sandbox.to("-q end"), Run::new(0, "ENDED_PREMATURELY\n", ""));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_start_without_a_link_is_repeated_where_nothing_was_done() {
    // The application hangs up after a 500 without having said so: each time another connection.
    let server = Server::start();
    server.fault(starts, 4, Fault::answer(Response::internal_error()));
    server.fault(starts, 2, Fault::answer(busy()));
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("-q start"), Run::new(0, "1\n", ""));
    assert_eq!(server.executions().len(), 1);
}

/// What leaves the fate of a request unknown, and what is said of it.
fn unknown_fates() -> [(Fault, &'static str); 4] {
    [
        (Fault::answer(Response::nginx(504)), "a proxy answered 504: 504 Gateway Time-out"),
        (Fault::answer(Response::nginx(502)), "a proxy answered 502: 502 Bad Gateway"),
        (
            Fault::hang_up(),
            "the connection to {url} broke: connection closed before message completed",
        ),
        (Fault::silence(), "no answer from {url} within N s"),
    ]
}

#[test]
fn a_start_without_a_link_of_unknown_fate_is_not_repeated() {
    for (fault, reason) in unknown_fates() {
        let server = Server::start();
        server.fault(starts, 1, fault.after_the_work());
        let sandbox = Sandbox::new(&server.url())
            .with_snap()
            .with("TO_TIMEOUT", TIMEOUT)
            .with("TO_CONNECT_TIMEOUT", "0.5");
        let said = format!(
            "error: the execution may exist all the same: {}\n\
             hint: look for it before you start another; with --ci-link (or TO_CI_LINK) a start \
             may be repeated\n",
            reason.replace("{url}", &format!("{}/v1", server.url()))
        );
        assert_eq!(sandbox.to("start"), Run::new(4, "", &said));
        assert_eq!((server.executions().len(), server.requests().len()), (1, 1));
        assert!(!sandbox.path(".to/current.json").exists());
    }
}

#[test]
fn a_start_with_a_link_is_repeated_and_makes_one_execution() {
    for (fault, _) in unknown_fates() {
        let server = Server::start();
        server.fault(starts, 2, fault.after_the_work());
        let sandbox = Sandbox::new(&server.url())
            .with_snap()
            .with("TO_TIMEOUT", TIMEOUT)
            .with("TO_CONNECT_TIMEOUT", "0.5")
            .with("TO_CI_LINK", "https://ci.example/1");
        assert_eq!(sandbox.to("-q start"), Run::new(0, "1\n", ""));
        assert_eq!(server.executions().len(), 1);
        assert_eq!(server.requests().iter().filter(|r| starts(r)).count(), 3);
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
    assert_eq!(sandbox.to("start"), Run::new(4, "", &said));
}

#[test]
fn json_counts_the_retries() {
    let server = Server::start();
    server.fault(results, 3, Fault::answer(busy()));
    let run = open(&server).to("-q submit --json report.xml");
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.status, &told["retries"], &told["batches"]), (0, &3.into(), &1.into()));
}

#[test]
fn a_failure_in_the_middle_says_what_was_sent() {
    let server = Server::start();
    let sandbox = open(&server).with("TO_RETRY_FOR", "0");
    let second = |request: &Request| {
        results(request) && String::from_utf8_lossy(&request.body).contains("\"case 150\"")
    };
    server.fault(second, ALWAYS, Fault::answer(busy()));
    let case = |number| format!("<testcase name='case {number}'/>");
    let cases: String = (0..250).map(case).collect();
    sandbox.write("report.xml", format!("<testsuite>{cases}</testsuite>"));
    let said = format!(
        "sent 100 results to execution 1: 100 passed, 0 failed, 0 skipped\n\
         1 file, 1 batch, N s\n\
         error: 100 of 250 results were sent: {BUSY}\n{}",
        kept("150 results", ".to")
    );
    assert_eq!(sandbox.to("submit report.xml"), Run::new(4, "", &said));
    assert_eq!(server.execution(1).results().len(), 100);
}
