//! The network as it is: proxies, redirects, errors told apart, and a key that stays here.

use crate::support::fake_server::{Fault, Response, Server, results, starts};
use crate::support::{Run, Sandbox, TestContext, lines, names};

const KEY: &str = "to_very-secret-key";

/// What `-v` says of requests, with the times taken out.
fn requests_said(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter(|line| line.contains(" /v1/")).collect()
}

#[test]
fn verbose_says_each_request_on_a_line() {
    let server = Server::start();
    let sandbox =
        Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "https://ci.example/1");
    server.fault(starts, 1, Fault::answer(Response::nginx(503)));
    let run = sandbox.to("start -v");
    let bytes = server.requests()[0].body.len();
    let start = "PUT /v1/test-executions/start-test";
    let said = format!(
        "{start}: 503 ({bytes} bytes, N ms, attempt 1)\n\
         warning: a proxy answered 503: 503 Service Temporarily Unavailable; trying again in N s\n\
         {start}: 200 ({bytes} bytes, N ms, attempt 2)\n\
         GET /v1/test-executions/1: 200 (0 bytes, N ms, attempt 1)\n"
    );
    assert_eq!(run, Run::new(0, "1\n", &said));

    sandbox.write("report.jsonl", lines(&names(2)));
    server.fault(results, 1, Fault::hang_up());
    let run = sandbox.to("submit -v report.jsonl");
    let said = requests_said(&run);
    let bytes = server.requests()[4].body.len();
    let post = "POST /v1/test-executions/1/test-results";
    assert_eq!(said.len(), 2, "{}", run.stderr);
    assert!(said[0].starts_with(&format!("{post}: the connection to ")), "{}", said[0]);
    assert!(said[0].ends_with(&format!(" ({bytes} bytes, N ms, attempt 1)")), "{}", said[0]);
    assert_eq!(said[1], format!("{post}: 200 ({bytes} bytes, N ms, attempt 2)"));

    let run = sandbox.to("end -v");
    let bytes = server.requests()[5].body.len();
    let said = format!("PATCH /v1/test-executions/1: 200 ({bytes} bytes, N ms, attempt 1)\n");
    assert_eq!(run, Run::new(0, "PASSED\n", &said));
}

#[test]
fn a_key_that_cannot_be_sent_is_refused_and_not_shown() {
    let server = Server::start();
    server.expect_no_requests();
    let inside = "the key contains a control character, such as a line feed";
    for key in ["to_very\nsecret", "to_very\tsecret", "to_very\u{7f}secret"] {
        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY", key);
        let said = format!("error: --api-key (or TO_API_KEY): {inside}\n");
        assert_eq!(sandbox.to("start"), Run::new(2, "", &said), "{key:?}");

        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY_FILE", "key");
        sandbox.write("key", key);
        let said = format!("error: key: {inside}\n");
        assert_eq!(sandbox.to("start"), Run::new(2, "", &said), "{key:?}");
    }
}

#[test]
fn a_key_is_sent_without_the_white_space_around_it() {
    let server = Server::builder().auth_required().key(KEY, &["change_test"]).start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY_FILE", "key");
    sandbox.write("key", format!("  {KEY}\r\n"));
    let run = sandbox.to("start -v");
    assert_eq!((run.status, &*run.stdout), (0, "1\n"), "{}", run.stderr);
    assert!(!run.stderr.contains(KEY));
    let bearer = format!("Bearer {KEY}");
    assert_eq!(server.requests()[0].header("authorization"), Some(&*bearer));
}

#[test]
fn a_key_is_not_sent_over_an_open_line() {
    for host in ["test-observer.example", "192.0.2.1", "127.0.0.1.example"] {
        let url = format!("http://{host}");
        let sandbox = Sandbox::new(&url).with_snap().with("TO_API_KEY", KEY);
        let said = format!(
            "error: the key is not sent to {url}: plain http can be read on the way\n\
             hint: use https, or leave out the key\n"
        );
        assert_eq!(sandbox.to("start"), Run::new(2, "", &said));
    }
}

#[test]
fn an_address_of_another_scheme_is_a_usage_error() {
    for url in ["ftp://host", "host", "https://user:pass@host", "https://host?x=1", "", "https://"]
    {
        let sandbox = Sandbox::new(url).with_snap().with("TO_API_KEY", KEY);
        let run = sandbox.to("start");
        assert_eq!((run.status, &*run.stdout), (2, ""), "{url}: {}", run.stderr);
        assert!(!run.stderr.contains(KEY));
        assert!(!sandbox.path(".to").exists() || url.is_empty());
    }
}

#[test]
fn a_redirect_is_not_followed_and_the_key_never_leaves() {
    for status in [301, 302, 307, 308] {
        let (context, other) = (TestContext::new().with("TO_API_KEY", KEY), Server::start());
        other.expect_no_requests();
        context.report(2);
        let address = format!("{}/v1/test-executions/1/test-results", other.url());
        let page = Response::page(status, "text/html", "").header("location", &address);
        context.server.fault(results, 1, Fault::answer(page));
        let run = context.to("submit -q report.jsonl");
        let said = format!(
            "error: 0 of 2 results were sent: URL/v1 is not Test Observer's API: it answers with \
             a redirect ({status}) to {address}\n\
             hint: --url (or TO_URL) takes the API's address, which is not that of its web page\n\
             warning: kept 2 results in .to/outbox/1\n\
             hint: `to push` delivers what is kept\n"
        );
        assert_eq!(run, Run::new(5, "", &said));
        assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
        assert_eq!(context.stored(), names(2));
    }
}

#[test]
fn a_redirect_that_echoes_the_key_does_not_show_it() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY", KEY);
    let to = format!("https://login.example/?token={KEY}");
    let page = Response::page(302, "text/html", KEY).header("location", &to);
    server.fault(starts, 1, Fault::answer(page));
    let run = sandbox.to("start -v");
    assert_eq!(run.status, 5);
    assert!(run.stderr.contains("https://login.example/?token=[key]"), "{}", run.stderr);
    assert!(!run.stderr.contains(KEY), "{}", run.stderr);
}

#[test]
fn requests_go_through_the_proxy_of_the_environment() {
    let proxy = Server::start();
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        let sandbox = Sandbox::new("http://test-observer.example")
            .with_snap()
            .with("TO_CI_LINK", "https://ci.example/1")
            .with(variable, &proxy.url());
        assert_eq!(sandbox.to("start -q"), Run::new(0, "1\n", ""), "{variable}");
        let path = proxy.requests().pop().expect("a request").path;
        assert_eq!(path, "http://test-observer.example/v1/test-executions/1", "{variable}");
    }
}

#[test]
fn no_proxy_names_hosts_that_are_reached_directly() {
    let (server, proxy) = (Server::start(), Server::start());
    proxy.expect_no_requests();
    for hosts in ["127.0.0.1", "example.com,127.0.0.1", "127.0.0.0/8"] {
        let sandbox = Sandbox::new(&server.url())
            .with_snap()
            .with("HTTP_PROXY", &proxy.url())
            .with("NO_PROXY", hosts);
        assert_eq!(sandbox.to("start -q").status, 0, "{hosts}");
        assert_eq!(proxy.requests().len(), 0, "{hosts}");
    }
}

#[test]
fn a_proxy_that_is_down_is_named() {
    let (proxy, sandbox) =
        (Server::start(), Sandbox::new("http://test-observer.example").with_snap());
    proxy.expect_no_requests();
    proxy.go_down();
    let sandbox = sandbox.with("HTTP_PROXY", &proxy.url()).with("TO_RETRY_FOR", "0");
    let said = format!(
        "error: cannot reach http://test-observer.example/v1 through the proxy {} (HTTP_PROXY): \
         connection refused\n\
         hint: check the proxy's variable; NO_PROXY names hosts that are reached without it\n",
        proxy.url()
    );
    assert_eq!(sandbox.to("start"), Run::new(4, "", &said));
}

/// No name server is asked about a label that is longer than a label can be.
#[test]
fn an_unknown_host_is_told_from_a_refused_connection() {
    let host = format!("{}.example", "a".repeat(64));
    let sandbox = Sandbox::new(&format!("http://{host}")).with_snap().with("TO_RETRY_FOR", "0");
    let said = format!(
        "error: cannot reach http://{host}/v1: unknown host\n\
         hint: check the host in --url (or TO_URL)\n"
    );
    assert_eq!(sandbox.to("start"), Run::new(4, "", &said));
}

#[test]
fn a_web_page_is_told_from_the_api() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let page = "<!DOCTYPE html><html><head><title>Test Observer</title></head></html>";
    server.fault(starts, 1, Fault::answer(Response::page(200, "text/html", page)));
    let run = sandbox.to("start");
    let said = format!(
        "error: {}/v1 is not Test Observer's API: it answers with a web page (200), titled \
         `Test Observer`\n\
         hint: --url (or TO_URL) takes the API's address, which is not that of its web page\n",
        server.url()
    );
    assert_eq!(run, Run::new(5, "", &said));
}

#[test]
fn an_answer_that_comes_slowly_is_waited_for() {
    let context = TestContext::new().with("TO_TIMEOUT", "20");
    let names = context.report(2);
    context.server.fault(results, 1, Fault::dribble(std::time::Duration::from_millis(2)));
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
    assert_eq!((context.stored(), context.posts().len()), (names, 1));
}
