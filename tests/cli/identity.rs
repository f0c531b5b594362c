//! The CI link, which is an execution's identity, and the relevant links, which a repeated start must
//! not double.

use serde_json::json;

use crate::support::fake_server::{ALWAYS, Fault, Request, Response, Server, starts};
use crate::support::{Run, Sandbox, kept};

const LINK: &str = "https://ci.example/job/1";

/// Looking at one execution.
fn looks(request: &Request) -> bool {
    request.method == "GET"
}

fn posts_link(request: &Request) -> bool {
    request.route().ends_with("/links")
}

fn count(server: &Server, what: impl Fn(&Request) -> bool) -> usize {
    server.requests().iter().filter(|request| what(request)).count()
}

/// `LABEL=URL` of each link that the first execution has.
fn links(server: &Server) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let links = server.execution(1).links;
    links.iter().map(|link| format!("{}={}", text(&link["label"]), text(&link["url"]))).collect()
}

fn linked(server: &Server) -> Sandbox {
    Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", LINK)
}

#[test]
fn a_start_with_the_same_link_finds_the_execution_again() {
    let server = Server::start();
    let sandbox = linked(&server);
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    assert_eq!(sandbox.to("start --environment other"), Run::new(0, "1\n", ""));
    let warning = "warning: execution 1, which was started here before, has not been ended\n";
    let run = sandbox.to("start --ci-link https://ci.example/job/2");
    assert_eq!(run, Run::new(0, "2\n", warning));
    assert_eq!(server.executions().len(), 2);
    assert_eq!(count(&server, looks), 3, "one look a start");
}

#[test]
fn ci_link_none_sends_none_and_looks_at_nothing() {
    let server = Server::start();
    let sandbox = linked(&server);
    assert_eq!(sandbox.to("start --ci-link none"), Run::new(0, "1\n", ""));
    assert_eq!(sandbox.with("TO_CI_LINK", "none").to("start"), Run::new(0, "2\n", ""));
    for request in server.requests() {
        assert!(starts(&request) && request.json().get("ci_link").is_none(), "{request:?}");
    }
}

#[test]
fn an_ended_execution_that_the_link_finds_is_warned_about() {
    let statuses = ["PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];
    for status in statuses {
        let server = Server::start();
        let sandbox = linked(&server);
        let run = sandbox.shell(&format!("to start && to end --status {status} && to start"));
        let warning = format!(
            "warning: execution 1 of an earlier start with the same CI link has ended: \
             it is {status}\n"
        );
        assert_eq!(run, Run::new(0, &format!("1\n{status}\n1\n"), &warning));
    }
}

#[test]
fn an_execution_that_goes_on_is_not_warned_about() {
    let server = Server::start();
    let sandbox = linked(&server).with("TO_INITIAL_STATUS", "NOT_STARTED");
    assert_eq!(sandbox.shell("to start && to start"), Run::new(0, "1\n1\n", ""));
    let run = sandbox.shell("to end --status IN_PROGRESS && to start");
    assert_eq!(run, Run::new(0, "IN_PROGRESS\n1\n", ""));
}

#[test]
fn an_old_server_that_cannot_show_an_execution_is_no_trouble() {
    let server = Server::start();
    let refusal = Response::refusal(405, "Method Not Allowed");
    server.fault(looks, ALWAYS, Fault::answer(refusal));
    let sandbox = linked(&server).with("TO_RELEVANT_LINK", "Logs=https://logs.example/1");
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    assert_eq!(links(&server), ["Logs=https://logs.example/1"]);
}

#[test]
fn a_key_that_may_not_look_and_an_old_server_warn_of_an_execution_that_has_ended() {
    let writer = Server::builder().auth_required().key("to_writer", &["change_test"]);
    for builder in [writer, Server::builder().before("2025-11-27")] {
        let server = builder.start();
        let sandbox = linked(&server).with("TO_API_KEY", "to_writer");
        assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
        assert_eq!(sandbox.to("end"), Run::new(0, "ENDED_PREMATURELY\n", ""));
        let warning = "warning: execution 1 of an earlier start with the same CI link has ended: \
                       it is ENDED_PREMATURELY\n";
        assert_eq!(sandbox.to("start"), Run::new(0, "1\n", warning));
    }
}

#[test]
fn a_repeated_start_adds_only_the_links_that_the_execution_lacks() {
    let server = Server::start();
    let sandbox = linked(&server);
    let start = |links: &[&str]| {
        let flags = links.iter().flat_map(|link| ["--relevant-link", link]);
        let run = sandbox.to_with(&["start"].into_iter().chain(flags).collect::<Vec<_>>());
        assert_eq!(run, Run::new(0, "1\n", ""));
    };
    start(&["Logs=https://logs.example", "Build=https://build.example/?a=b=c"]);
    start(&["Logs=https://logs.example", "Build=https://build.example/?a=b=c"]);
    start(&["Logs=https://logs.example/", "Logs=https://logs.example/2"]);
    start(&[]);
    assert_eq!(
        links(&server),
        [
            "Logs=https://logs.example/",
            "Build=https://build.example/?a=b=c",
            "Logs=https://logs.example/2"
        ]
    );
}

#[test]
fn links_go_apart_one_by_one_after_the_start() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    sandbox.write(
        "request.json",
        json!({"relevant_links": [{"label": "a", "url": "https://a.example/"},
                                  {"label": "b", "url": "https://b.example/"}]})
        .to_string(),
    );
    assert_eq!(sandbox.to("start --from request.json"), Run::new(0, "1\n", ""));
    let requests = server.requests();
    let told: Vec<String> = requests.iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    assert_eq!(
        told,
        [
            "PUT /v1/test-executions/start-test",
            "POST /v1/test-executions/1/links",
            "POST /v1/test-executions/1/links"
        ]
    );
    assert_eq!(requests[1].json(), json!({"label": "a", "url": "https://a.example/"}));
    assert_eq!(requests[0].json().get("relevant_links"), None);
}

#[test]
fn a_link_of_unknown_fate_is_reported_and_not_sent_again() {
    let broken = "the connection to {url}/v1 broke: connection closed before message completed";
    let faults = [
        (Fault::hang_up().after_the_work(), broken),
        (
            Fault::answer(Response::nginx(504)).after_the_work(),
            "a proxy answered 504: 504 Gateway Time-out",
        ),
    ];
    for (fault, reason) in faults {
        let server = Server::start();
        server.fault(posts_link, 1, fault);
        let sandbox = linked(&server).with("TO_RELEVANT_LINK", "Logs=https://logs.example/1");
        let said = format!(
            "error: execution 1 is open, but may lack the link `Logs`: {}\n{}",
            reason.replace("{url}", &server.url()),
            kept("the links", ".to")
        );
        assert_eq!(sandbox.to("start"), Run::new(4, "1\n", &said));
        assert_eq!(count(&server, posts_link), 1);
        assert_eq!(links(&server), ["Logs=https://logs.example/1"]);

        assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
        assert_eq!(links(&server), ["Logs=https://logs.example/1"], "not doubled");
    }
}

#[test]
fn a_link_that_was_not_taken_is_sent_again() {
    let server = Server::start();
    server.fault(posts_link, 2, Fault::answer(Response::nginx(503)));
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let run = sandbox.to("-q start --relevant-link Logs=https://logs.example/1");
    assert_eq!(run, Run::new(0, "1\n", ""));
    assert_eq!(links(&server), ["Logs=https://logs.example/1"]);
}

#[test]
fn a_link_that_is_refused_does_not_keep_the_others_back() {
    let server = Server::start();
    let refusal = Response::refusal(422, "not this one");
    let is_bad = |request: &Request| posts_link(request) && request.json()["label"] == "bad";
    server.fault(is_bad, ALWAYS, Fault::answer(refusal));
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let run = sandbox
        .to("start --relevant-link bad=https://a.example/ --relevant-link good=https://b.example/");
    let said = "error: execution 1 is open, but lacks the link `bad`: \
                the server answered 422: not this one\n\
                hint: nothing of this request was stored: mend what is named and repeat the \
                command\n";
    assert_eq!(run, Run::new(5, "1\n", said));
    assert_eq!(links(&server), ["good=https://b.example/"]);
}

#[test]
fn a_link_that_is_none_is_a_usage_error() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let cases = [
        ("Logs", "a link is written LABEL=URL"),
        ("=https://x.example/", "a link needs a label"),
        ("Logs=nope", "`nope` is not a URL: relative URL without a base"),
        ("Logs=ftp://x.example", "`ftp://x.example` is a `ftp` URL, not one of http or https"),
    ];
    for (link, reason) in cases {
        let run = sandbox.to_with(&["start", "--relevant-link", link]);
        let said = format!(
            "error: invalid value '{link}' for '--relevant-link <LABEL=URL>': {reason}\n\n\
             For more information, try '--help'.\n"
        );
        assert_eq!(run, Run::new(2, "", &said));
    }
}
