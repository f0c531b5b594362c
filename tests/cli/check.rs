//! `to check`: what stands in the way of a submission, each with its cure, and what does not.

use serde_json::{Value, json};

use crate::support::fake_server::{
    ALWAYS, Builder, Fault, Port, Request, Response, Server, anything,
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

/// A server to be with three keys: one that may all, one that may only look, one that may only write.
fn with_keys(builder: Builder) -> Builder {
    builder
        .application("ci", "to_full", &["change_test", "view_test"])
        .application("dashboard", "to_reader", &["view_test"])
        .application("lab", "to_writer", &["change_test"])
}

/// A server that wants a key for everything.
fn locked() -> Server {
    with_keys(Server::builder()).auth_required().start()
}

/// The lines of a check, with what is said of the key and of each permission.
fn lines(server: &Server, key: &str, permissions: &[&str]) -> String {
    let url = server.url();
    let permissions: Vec<_> =
        permissions.iter().map(|line| format!("permission: {line}\n")).collect();
    format!(
        "server: {url} answers, over plain http, which needs no trust\n\
         api: it is Test Observer's\n\
         key: {key}\n{}",
        permissions.concat()
    )
}

const WRITES: &str = "it may submit (`change_test`)";
const READS: &str = "it may look (`view_test`)";
const BLIND: &str = "it may not look (`view_test`): `to show` shows no results, all else works";
const OF_CI: &str = "it is known, as that of the application `ci`";
const OF_DASHBOARD: &str = "it is known, as that of the application `dashboard`";
const OF_LAB: &str = "it is known, as that of the application `lab`";
const NONE: &str = "none is given, and none is needed here";
const LACKING: &str = "none is given";
const NEEDLESS: &str = "it is unknown, but none is needed here: it can be left out";
const UNKNOWN: &str = "it is unknown";
const UNTOLD: &str = "the server does not tell whose it is (it may be of before 2025-09)";

/// A key, what is said of it, and what it may do.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

const BOTH: [&str; 2] = ["change_test", "view_test"];
const ALL: &[&str] = &[WRITES, READS];

/// Everything is open.
const OPEN: &[Case<'_>] = &[
    ("", NONE, ALL),
    ("to_wrong", NEEDLESS, ALL),
    ("to_full", OF_CI, ALL),
    ("to_reader", OF_DASHBOARD, ALL),
    ("to_writer", OF_LAB, ALL),
];

/// Nothing is.
const CLOSED: &[Case<'_>] = &[
    ("", LACKING, &[]),
    ("to_wrong", UNKNOWN, &[]),
    ("to_full", OF_CI, ALL),
    ("to_reader", OF_DASHBOARD, &[READS]),
    ("to_writer", OF_LAB, &[WRITES, BLIND]),
];

/// `IGNORE_PERMISSIONS` lets everybody write.
const WRITABLE: &[Case<'_>] = &[
    ("", NONE, &[WRITES, BLIND]),
    ("to_wrong", NEEDLESS, &[WRITES, BLIND]),
    ("to_full", OF_CI, ALL),
    ("to_reader", OF_DASHBOARD, ALL),
    ("to_writer", OF_LAB, &[WRITES, BLIND]),
];

/// It lets everybody look.
const READABLE: &[Case<'_>] = &[
    ("", LACKING, &[READS]),
    ("to_wrong", UNKNOWN, &[READS]),
    ("to_full", OF_CI, ALL),
    ("to_reader", OF_DASHBOARD, &[READS]),
    ("to_writer", OF_LAB, ALL),
];

/// The server knows no keys yet.
const OLD: &[Case<'_>] = &[("", NONE, ALL), ("to_full", UNTOLD, ALL)];

/// Every configuration of the real server, with no key, an unknown one, and each of the three: what is
/// said of the key, and what it may do.
#[test]
fn a_key_is_told_right_in_every_configuration() {
    let servers: [(&str, Builder, &[Case<'_>]); 10] = [
        ("nothing needed", Server::builder(), OPEN),
        ("both needed", Server::builder().need_permissions(&BOTH), CLOSED),
        ("view_test needed", Server::builder().need_permissions(&BOTH[1..]), WRITABLE),
        ("change_test needed", Server::builder().need_permissions(&BOTH[..1]), READABLE),
        ("known keys, nothing needed", Server::builder().require_authentication(), OPEN),
        ("known keys, both needed", Server::builder().auth_required(), CLOSED),
        (
            "known keys, view_test needed",
            Server::builder().require_authentication().need_permissions(&BOTH[1..]),
            WRITABLE,
        ),
        (
            "known keys, change_test needed",
            Server::builder().require_authentication().need_permissions(&BOTH[..1]),
            READABLE,
        ),
        ("before keys", Server::builder().need_permissions(&BOTH).before("2025-09-10"), OLD),
        (
            "before permissions",
            Server::builder().need_permissions(&BOTH).before("2025-10-13"),
            OPEN,
        ),
    ];
    for (name, builder, cases) in servers {
        let server = with_keys(builder).start();
        for (key, said, permissions) in cases {
            let run = patient(&server.url()).with("TO_API_KEY", key).to("check");
            let error = match (permissions.contains(&WRITES), *key) {
                (true, _) => String::new(),
                (false, "") => NO_KEY.to_owned(),
                (false, "to_wrong") => UNKNOWN_KEY.to_owned(),
                (false, _) => LACKS.to_owned(),
            };
            let status = if error.is_empty() { 0 } else { 5 };
            let expected = Run::new(status, &lines(&server, said, permissions), &error);
            assert_eq!(run, expected, "{name}, with `{key}`");
        }
        assert!(server.executions().is_empty(), "nothing is changed");
    }
}

const LACKS: &str = "error: the key of the application `dashboard` lacks `change_test`\n\
                     hint: the key is known, but its application lacks the permission \
                     `change_test`: ask an administrator of Test Observer for it\n";

#[test]
fn each_question_is_asked_once() {
    let server = locked();
    let ask = |key: &str| {
        let before = server.requests().len();
        patient(&server.url()).with("TO_API_KEY", key).to("check");
        let asked = server.requests().into_iter().skip(before);
        asked.map(|r| format!("{} {}", r.method, r.route())).collect::<Vec<_>>()
    };
    let write = "PATCH /v1/test-executions/999999999";
    let read = "GET /v1/test-executions/999999999/test-results";
    assert_eq!(ask("to_full"), [write, "GET /v1/applications/me", read]);
    assert_eq!(ask(""), [write, read]);
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
    assert_eq!(run, Run::new(5, &lines(&server, UNKNOWN, &[]), UNKNOWN_KEY));
}

/// The server's answer about a key holds the key.
#[test]
fn the_key_is_never_shown() {
    let server = locked();
    let about_me = |request: &Request| request.route().ends_with("/me");
    let answer = Response::json(200, &json!({"api_key": "to_full"}));
    server.fault(about_me, ALWAYS, Fault::answer(answer));
    let sandbox = patient(&server.url()).with("TO_API_KEY", "to_full");
    let said = lines(&server, UNTOLD, &[WRITES, READS]);
    assert_eq!(sandbox.to("check"), Run::new(0, &said, ""));
    for arguments in ["check -v", "check --json", "check --json -v"] {
        let run = sandbox.to(arguments);
        assert!(!format!("{run:?}").contains("to_full"), "{run:?}");
    }
}

#[test]
fn json_tells_what_holds_and_what_does_not() {
    let server = locked();
    let told = |url: &str, key: &str| {
        let run = patient(url).with("TO_API_KEY", key).to("check --json");
        (run.status, serde_json::from_str::<Value>(&run.stdout).expect("one object"))
    };
    let url = server.url();
    let object = |writes: bool, reads: bool, key: &str| {
        json!({
            "schema": 1, "url": url, "reachable": true, "api": true, "key": key, "writes": writes,
            "reads": reads,
        })
    };
    let of = |application: &str, mut object: Value| {
        object["application"] = application.into();
        object
    };
    assert_eq!(told(&url, "to_full"), (0, of("ci", object(true, true, "known"))));
    assert_eq!(told(&url, "to_reader"), (5, of("dashboard", object(false, true, "known"))));
    assert_eq!(told(&url, "to_wrong"), (5, object(false, false, "unknown")));
    assert_eq!(told(&url, ""), (5, object(false, false, "none")));

    let port = Port::reserve();
    let closed = format!("http://127.0.0.1:{}", port.number);
    let nobody = json!({"schema": 1, "url": closed, "reachable": false, "api": false});
    assert_eq!(told(&closed, "to_full"), (4, nobody));
    server.fault(anything, 1, Fault::answer(Response::page(200, "text/html", "<html></html>")));
    let page = json!({"schema": 1, "url": url, "reachable": true, "api": false});
    assert_eq!(told(&url, "to_full"), (5, page));
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
