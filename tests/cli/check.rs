//! `to check`: what stands in the way of a submission, each with its cure, and what does not.

use serde_json::{Value, json};

use crate::support::fake_server::{
    ALWAYS, Fault, Port, Request, Response, Server, anything, results,
};
use crate::support::{Run, Sandbox};

const NO_KEY: &str = "error: the server wants a key\n\
                      hint: no key was sent: give one with --api-key-file or TO_API_KEY\n";

const UNKNOWN_KEY: &str = "error: the key is unknown to the server\n\
                           hint: the server does not know the key: check --api-key, \
                           --api-key-file and TO_API_KEY\n";

/// A sandbox with all the patience of a job, which is more than a process may take here: `check` must
/// not use it.
fn patient(url: &str) -> Sandbox {
    Sandbox::new(url).with("TO_RETRY_FOR", "300").with("TO_RETRY_DELAY", "60")
}

/// A server that wants a key, with one that may write and one that may not.
fn locked() -> Server {
    Server::builder()
        .auth_required()
        .application("ci", "to_full", &["change_test", "view_test"])
        .application("dashboard", "to_reader", &["view_test"])
        .start()
}

/// What is said of a server that is the API.
fn is_api(server: &Server) -> String {
    let url = server.url();
    format!(
        "server: {url} answers, over plain http, which needs no trust\n\
         api: it is Test Observer's\n"
    )
}

#[test]
fn all_is_well() {
    let server = locked();
    let run = patient(&server.url()).with("TO_API_KEY", "to_full").to("check");
    let said = is_api(&server)
        + "key: it is known, as that of the application `ci`\n\
           permission: it may submit (`change_test`)\n";
    assert_eq!(run, Run::new(0, &said, ""));
    let asked: Vec<_> = server.requests().iter().map(|r| r.route().to_owned()).collect();
    assert_eq!(asked, ["/v1/version", "/v1/applications/me"], "nothing else is asked");
}

#[test]
fn a_server_that_wants_no_key() {
    let server = Server::start();
    let key = "key: none is given, and none is needed here\n";
    let said = format!("{}{key}permission: everybody may submit\n", is_api(&server));
    assert_eq!(patient(&server.url()).to("check"), Run::new(0, &said, ""));
    let key = "key: it is unknown, but none is needed here: it can be left out\n";
    let said = format!("{}{key}permission: everybody may submit\n", is_api(&server));
    let run = patient(&server.url()).with("TO_API_KEY", "to_wrong").to("check");
    assert_eq!(run, Run::new(0, &said, ""));
}

#[test]
fn a_server_that_wants_another_key_or_any() {
    let server = locked();
    assert_eq!(patient(&server.url()).to("check"), Run::new(5, &is_api(&server), NO_KEY));

    let run = patient(&server.url()).with("TO_API_KEY", "to_wrong").to("check");
    assert_eq!(run, Run::new(5, &is_api(&server), UNKNOWN_KEY));

    let said = "error: the key of the application `dashboard` lacks `change_test`\n\
                hint: the key is known, but its application lacks the permission `change_test`: \
                ask an administrator of Test Observer for it\n";
    let run = patient(&server.url()).with("TO_API_KEY", "to_reader").to("check");
    assert_eq!(run, Run::new(5, &is_api(&server), said));
}

#[test]
fn what_answers_is_not_the_api() {
    let page = |text: &str| Response::page(200, "text/html", text);
    let web = "<!DOCTYPE html><html><head><title>Test Observer</title></head></html>";
    let not_the_api = |what: &str| {
        format!(
            "error: {{url}} is not Test Observer's API: it answers with {what}\n\
             hint: --url (or TO_URL) takes the API's address, which is not that of its web page\n"
        )
    };
    let cases = [
        (page(web), 5, not_the_api("a web page (200), titled `Test Observer`")),
        (page("{\"status\": \"up\"}"), 5, not_the_api("`{\"status\": \"up\"}` (200)")),
        (
            Response::nginx(403),
            5,
            "error: a proxy answered 403: 403 Forbidden\n\
             hint: a proxy refuses this network: is the VPN connected?\n"
                .to_owned(),
        ),
        (
            Response::refusal(404, "Not Found"),
            5,
            "error: the server answered 404: Not Found\n\
             hint: --url (or TO_URL) takes the API's address: nothing is known at this one\n"
                .to_owned(),
        ),
        (
            Response::nginx(503),
            4,
            "error: a proxy answered 503: 503 Service Temporarily Unavailable\n".to_owned(),
        ),
    ];
    for (page, status, said) in cases {
        let server = Server::start();
        server.fault(anything, ALWAYS, Fault::answer(page));
        let said = said.replace("{url}", &format!("{}/v1", server.url()));
        assert_eq!(patient(&server.url()).to("check"), Run::new(status, "", &said));
        assert_eq!(server.requests().len(), 1, "it is asked once");
    }
}

#[test]
fn nobody_is_there() {
    // A label of more than 63 characters is no name: the resolver says so without asking anybody.
    let url = format!("http://{}.invalid", "a".repeat(64));
    let said = format!(
        "error: cannot reach {url}/v1: unknown host\n\
         hint: check the host in --url (or TO_URL)\n"
    );
    assert_eq!(patient(&url).to("check"), Run::new(4, "", &said));

    let port = Port::reserve();
    let url = format!("http://127.0.0.1:{}", port.number);
    let said = format!(
        "error: cannot reach {url}/v1: connection refused\n\
         hint: check --url (or TO_URL), whether the server is up, and whether the VPN is connected\n"
    );
    assert_eq!(patient(&url).to("check"), Run::new(4, "", &said));
}

#[test]
fn a_server_that_cannot_be_trusted() {
    let server = Server::start();
    server.expect_no_requests();
    let url = format!("https://127.0.0.1:{}", server.port());
    let said = format!(
        "error: cannot trust {url}/v1: what answers there does not speak TLS\n\
         hint: check the scheme and the port of --url (or TO_URL)\n"
    );
    assert_eq!(patient(&url).to("check"), Run::new(4, "", &said));
}

#[test]
fn a_locked_server_that_answers_null_to_an_unknown_key() {
    let server = locked();
    let about_me = |request: &Request| request.route().ends_with("/me");
    server.fault(about_me, ALWAYS, Fault::answer(Response::json(200, &Value::Null)));
    let run = patient(&server.url()).with("TO_API_KEY", "to_wrong").to("check");
    assert_eq!(run, Run::new(5, &is_api(&server), UNKNOWN_KEY));
}

/// As a server does by default that requires a permission, but no authentication.
#[test]
fn a_server_that_tells_anybody_of_itself_and_lets_only_some_write() {
    let server = Server::start();
    let refusal = Response::refusal(403, "Insufficient permissions");
    server.fault(results, ALWAYS, Fault::answer(refusal));
    assert_eq!(patient(&server.url()).to("check"), Run::new(5, &is_api(&server), NO_KEY));
    let run = patient(&server.url()).with("TO_API_KEY", "to_wrong").to("check");
    assert_eq!(run, Run::new(5, &is_api(&server), UNKNOWN_KEY));
}

/// The server's answer about a key holds the key.
#[test]
fn the_key_is_never_shown() {
    let server = locked();
    let about_me = |request: &Request| request.route().ends_with("/me");
    server.fault(about_me, 1, Fault::answer(Response::json(200, &json!({"api_key": "to_full"}))));
    let sandbox = patient(&server.url()).with("TO_API_KEY", "to_full");
    let said = format!(
        "error: {}/v1 is not Test Observer's API: it answers with something else than an \
         application\n\
         hint: --url (or TO_URL) takes the API's address, which is not that of its web page\n",
        server.url()
    );
    assert_eq!(sandbox.to("check"), Run::new(5, "", &said));
    for arguments in ["check -v", "check --json", "check --json -v"] {
        let run = sandbox.to(arguments);
        assert!(!format!("{run:?}").contains("to_full"), "{run:?}");
    }
}

#[test]
fn json_tells_what_holds_and_what_does_not() {
    let server = locked();
    let told = |key: &str| {
        let run = patient(&server.url()).with("TO_API_KEY", key).to("check --json");
        (run.status, serde_json::from_str::<Value>(&run.stdout).expect("one object"))
    };
    let url = server.url();
    let full = json!({"url": url, "is_api": true, "may_submit": true, "application": "ci"});
    assert_eq!(told("to_full"), (0, full));
    assert_eq!(told("to_reader"), (5, json!({"url": url, "is_api": true, "may_submit": false})));
}

#[test]
fn a_directory_that_can_be_written_and_one_that_cannot() {
    let sandbox = patient("file:spool");
    let said = "directory: file:spool can be written, and stands in place of a server\n";
    assert_eq!(sandbox.to("check"), Run::new(0, said, ""));
    assert!(!sandbox.path("spool").exists(), "asking makes nothing");
    assert!(!sandbox.path(".to").exists(), "asking makes nothing");

    let file = sandbox.write("taken", "a file");
    let said = format!("error: {}: not a directory\n", file.display());
    assert_eq!(sandbox.to("check --url file:taken/spool"), Run::new(1, "", &said));
}

#[test]
fn no_server_is_a_usage_error() {
    let said = "error: no server is given\n\
                hint: --url (or TO_URL) takes the API's address, https://HOST, \
                or file:DIR for a spool directory\n";
    assert_eq!(Sandbox::new("").to("check"), Run::new(2, "", said));
}
