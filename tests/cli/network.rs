//! The network as it is: proxies, redirects, errors told apart, and a key that stays here.

use crate::support::fake_server::{Fault, Response, Server, anything, results, starts};
use crate::support::{Run, Sandbox, TestContext, kept, lines, names};

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
    for status in [301, 302, 303, 307, 308] {
        let (context, other) = (TestContext::new().with("TO_API_KEY", KEY), Server::start());
        other.expect_no_requests();
        context.report(2);
        let address = format!("{}/v1/test-executions/1", other.url());
        let page = Response::page(status, "text/html", "").header("location", &address);
        context.server.fault(anything, 3, Fault::answer(page));
        let redirected = format!(
            "URL/v1 is not Test Observer's API: it answers with a redirect ({status}) to {address}\n\
             hint: --url (or TO_URL) takes the API's address, which is not that of its web page\n"
        );
        let start = "start --family image --sha256 abc --environment vm --test-plan smoke";
        assert_eq!(context.to(start), Run::new(5, "", &format!("error: {redirected}")));
        let kept = |what, state| redirected.clone() + &kept(what, state);
        let said = format!("error: {}", kept("the status", "ended"));
        assert_eq!(context.to("end --state-dir ended"), Run::new(5, "", &said));
        let said = format!("error: 0 of 2 results were sent: {}", kept("2 results", ".to"));
        assert_eq!(context.to("submit -q report.jsonl"), Run::new(5, "", &said));
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

/// An ssh tunnel ends on this machine: its key must not go through a proxy in the clear.
#[test]
fn what_is_on_this_machine_goes_through_no_proxy() {
    let (server, proxy) = (Server::start(), Server::start());
    proxy.expect_no_requests();
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        for host in ["127.0.0.1", "localhost", "127.0.0.2"] {
            let sandbox = Sandbox::new(&format!("http://{host}:{}", server.port()))
                .with_snap()
                .with("TO_API_KEY", KEY)
                .with("TO_RETRY_FOR", "0")
                .with(variable, &proxy.url());
            // Nobody listens at the last of the addresses, which is loopback all the same.
            let status = if host == "127.0.0.2" { 4 } else { 0 };
            assert_eq!(sandbox.to("start -q").status, status, "{variable} for {host}");
        }
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

#[test]
fn an_answer_that_comes_slowly_is_waited_for() {
    let context = TestContext::new().with("TO_TIMEOUT", "20");
    let names = context.report(2);
    context.server.fault(results, 1, Fault::dribble(std::time::Duration::from_millis(2)));
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
    assert_eq!((context.stored(), context.posts().len()), (names, 1));
}
