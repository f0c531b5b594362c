//! Where an execution can be looked at.

use serde_json::Value;

use crate::support::fake_server::{Fault, Request, Response, Server};
use crate::support::{Run, Sandbox};

const PAGE: &str = "https://observer.example/#/snaps/1?testExecutionId=1";

fn sandbox(server: &Server) -> Sandbox {
    Sandbox::new(&server.url()).with_snap().with("TO_WEB_URL", "https://observer.example/")
}

fn searches(server: &Server) -> usize {
    server.requests().iter().filter(|request| is_search(request)).count()
}

fn is_search(request: &Request) -> bool {
    request.route() == "/v1/test-executions"
}

#[test]
fn end_run_and_show_say_where_to_look() {
    let server = Server::start();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let look = format!("look at it: {PAGE}\n");
    // Without results and with some: the server searches for either.
    assert_eq!(sandbox.to("end"), Run::new(0, "ENDED_PREMATURELY\n", &look));
    assert_eq!(sandbox.to("-q result boot passed"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("end"), Run::new(0, "PASSED\n", &look));
    assert_eq!(searches(&server), 2);
    let shown = sandbox.to("show").stdout;
    assert!(shown.contains(&format!("\n  page         {PAGE}\n")), "{shown}");
    let told: Value = serde_json::from_str(&sandbox.to("show --json").stdout).expect("JSON");
    assert_eq!(told["page"], PAGE);
    assert_eq!(told["artefact"]["name"], "core22");

    sandbox.write("r.xml", "<testsuite><testcase name='boot'/></testsuite>");
    let report = "cp r.xml report.xml";
    let run = sandbox.to_with(&["run", "--results", "report.xml", "--", "sh", "-c", report]);
    assert_eq!(run.status, 0);
    let said = "execution 2 is PASSED\n\
                look at it: https://observer.example/#/snaps/1?testExecutionId=2\n";
    assert!(run.stderr.ends_with(said), "{}", run.stderr);
}

#[test]
fn a_server_that_does_not_tell_gets_no_link_and_no_error() {
    for fault in [
        Fault::answer(Response::refusal(404, "Not Found")),
        Fault::answer(Response::refusal(403, "Insufficient permissions")),
        Fault::answer(Response::nginx(502)),
        Fault::answer(Response::page(200, "text/html", "<html></html>")),
        Fault::hang_up(),
    ] {
        let server = Server::start();
        let sandbox = sandbox(&server);
        assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
        server.fault(is_search, 1, fault);
        assert_eq!(sandbox.to("end"), Run::new(0, "ENDED_PREMATURELY\n", ""));
        assert_eq!(searches(&server), 1, "it is asked once");
    }
}

#[test]
fn a_server_that_takes_too_long_is_not_waited_for() {
    let server = Server::start();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    server.fault(is_search, 1, Fault::silence());
    let start = std::time::Instant::now();
    assert_eq!(sandbox.to("end"), Run::new(0, "ENDED_PREMATURELY\n", ""));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// A search tells it of the executions that were started elsewhere, and leads to the page.
#[test]
fn what_is_tested_is_shown_as_it_was_noted() {
    let server = Server::start();
    let tested = "\n  snap         core22 20260101 (beta, revision 4711, arm64)\n";
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let shown = sandbox.to("show").stdout;
    assert!(shown.contains(tested) && !shown.contains("page"), "{shown}");
    assert_eq!(searches(&server), 0);

    let elsewhere = Sandbox::new(&server.url());
    let shown = elsewhere.to("show --execution 1").stdout;
    assert!(shown.contains(tested), "{shown}");
    assert_eq!(searches(&server), 1);

    // A link may find what another start opened, of which this note tells nothing.
    let link = "--ci-link https://ci.example/1";
    assert_eq!(sandbox.to(&format!("start {link}")).stdout, "2\n");
    assert_eq!(sandbox.to(&format!("start {link} --version 2 --state-dir again")).stdout, "2\n");
    let shown = sandbox.to("show --state-dir again").stdout;
    assert!(shown.contains(tested), "{shown}");

    server.fault(is_search, 1, Fault::answer(Response::refusal(403, "Insufficient permissions")));
    let run = sandbox.with("TO_WEB_URL", "https://observer.example").to("show --execution 1");
    assert!(run.stdout.contains(tested) && !run.stdout.contains("page"), "{run:?}");
    assert_eq!((run.status, searches(&server)), (0, 3));
}

/// Nobody knows where the pages of such a server are, and nothing is asked for them.
#[test]
fn a_server_whose_pages_are_not_known_is_not_asked() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    assert_eq!(sandbox.to("end"), Run::new(0, "ENDED_PREMATURELY\n", ""));
    assert_eq!(searches(&server), 0);
}

#[test]
fn a_solution_has_no_page() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with("TO_WEB_URL", "https://observer.example");
    let start = "to start --example solution | to start --from - && to end";
    assert_eq!(sandbox.shell(start), Run::new(0, "1\nENDED_PREMATURELY\n", ""));
}
