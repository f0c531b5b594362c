//! What is said, and with which exit status, where a server or its proxy refuses, where there is no
//! server, and where there is nothing to send. Every test compares the whole of it.

use serde_json::json;

use crate::support::fake_server::{
    ALWAYS, Builder, Fault, Poison, Port, Response, Server, anything, patches, starts,
};
use crate::support::{Run, Sandbox, kept};

const REPORT: &str = r#"<testsuites name="s"><testcase name="boot"/></testsuites>"#;

const URL_HINT: &str = "hint: --url (or TO_URL) takes the API's address, which is not that of its \
                        web page\n";
const UNKNOWN_EXECUTION: &str = "error: the server answered 404: TestExecution not found\n\
     hint: `to start` opens an execution; --execution (or TO_EXECUTION) chooses another\n";
const INVALID: &str =
    "hint: nothing of this request was stored: mend what is named and repeat the command\n";
const REPORTS: &str = "hint: reports are JUnit XML, TAP, Test Observer's JSON, autopkgtest's summary, or \
                       submissions of Checkbox and YARF\n";

/// A sandbox that tries once, with a snap's variables, a report and an execution.
fn impatient(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0");
    sandbox.write("report.xml", REPORT);
    sandbox.with("TO_EXECUTION", "1")
}

/// All three commands say the same of a refusal; what was to be sent is kept, unless no repetition
/// could ever deliver it. Each has a state
/// directory of its own: none finds what another has kept.
fn assert_refused(sandbox: &Sandbox, status: i32, said: &str) {
    assert_eq!(sandbox.to("start"), Run::new(status, "", said));
    assert_unsent(sandbox, status, said);
    assert_unended(sandbox, status, said);
}

fn assert_unsent(sandbox: &Sandbox, status: i32, said: &str) {
    let error = said.strip_prefix("error: ").expect("an error");
    // An execution that there is not will never take them; the report has them still.
    let kept = kept_unless(&[404, 405], said, "1 result", "unsent");
    let said = format!("error: 0 of 1 results were sent: {error}{kept}");
    let run = sandbox.to("submit report.xml --state-dir unsent");
    assert_eq!(run, Run::new(status, "", &said));
}

fn assert_unended(sandbox: &Sandbox, status: i32, said: &str) {
    let kept = kept_unless(&[400, 404, 405, 422], said, "the status", "unended");
    let said = format!("{said}{kept}");
    assert_eq!(sandbox.to("end --state-dir unended"), Run::new(status, "", &said));
}

fn kept_unless(final_statuses: &[u16], said: &str, what: &str, state: &str) -> String {
    let is_final = |status: &u16| said.contains(&format!("answered {status}:"));
    if final_statuses.iter().any(is_final) { String::new() } else { kept(what, state) }
}

fn locked() -> Builder {
    Server::builder()
        .auth_required()
        .application("ci", "to_full", &["change_test", "view_test"])
        .application("dashboard", "to_reader", &["view_test"])
}

#[test]
fn a_wrong_key() {
    let server = locked().start();
    let sandbox = impatient(&server).with("TO_API_KEY", "to_wrong");
    let said = "error: the server answered 403: Insufficient permissions\n\
                hint: the server does not know the key: check --api-key, --api-key-file and \
                TO_API_KEY\n";
    assert_refused(&sandbox, 5, said);
    assert!(server.executions().is_empty());
}

#[test]
fn no_key() {
    let server = locked().start();
    let said = "error: the server answered 403: Insufficient permissions\n\
                hint: no key was sent: give one with --api-key-file or TO_API_KEY\n";
    assert_refused(&impatient(&server), 5, said);
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_key_without_the_permission_to_write() {
    let server = locked().start();
    let sandbox = impatient(&server).with("TO_API_KEY", "to_reader");
    let said = "error: the server answered 403: Insufficient permissions\n\
                hint: the key is known, but its application lacks the permission `change_test`: \
                ask an administrator of Test Observer for it\n";
    assert_refused(&sandbox, 5, said);
}

#[test]
fn an_unknown_execution() {
    let server = Server::start();
    let sandbox = impatient(&server);
    assert_unended(&sandbox, 5, UNKNOWN_EXECUTION);
    assert_unsent(&sandbox, 5, UNKNOWN_EXECUTION);
}

#[test]
fn a_wrong_path_at_the_right_host_is_not_taken_for_an_unknown_execution() {
    let server = Server::start();
    let url = format!("{}/api", server.url());
    let sandbox = impatient(&server).with("TO_URL", &url);
    let said = format!(
        "error: the server answered 404: Not Found\n{}",
        "hint: --url (or TO_URL) takes the API's address: nothing is known at this one\n"
    );
    assert_refused(&sandbox, 5, &said);
}

#[test]
fn a_refused_field_of_a_start_is_named_as_its_flag() {
    let server = Server::start();
    let echo = "x".repeat(2_000_000);
    let detail = json!([
        {"type": "enum", "loc": ["body", "snap", "execution_stage"],
         "msg": "Input should be 'edge' or 'beta'", "input": echo},
        {"type": "value_error", "loc": ["body", "snap", "version"],
         "msg": format!("Value error, Invalid version {echo}"), "input": echo},
        {"type": "union_tag_invalid", "loc": ["body"], "msg": "Input tag 'snap' is not known"},
    ]);
    server.fault(starts, 1, Fault::answer(Response::json(422, &json!({"detail": detail}))));
    let said = format!(
        "error: the server answered 422: the request is not valid\n  \
         --execution-stage: Input should be 'edge' or 'beta'\n  \
         --version: Invalid version {}…\n  \
         the request: Input tag 'snap' is not known\n{INVALID}",
        "x".repeat(300 - "Invalid version ".len())
    );
    assert_eq!(impatient(&server).to("start"), Run::new(5, "", &said));
}

#[test]
fn a_refused_field_of_an_end_is_named_as_its_flag() {
    let server = Server::start();
    let detail = json!([{
        "type": "enum", "loc": ["body", "status", "str-enum[TestExecutionStatus]"],
        "msg": "Input should be 'PASSED' or 'FAILED'", "input": "COMPLETED",
    }]);
    server.fault(patches, 1, Fault::answer(Response::json(422, &json!({"detail": detail}))));
    let said = format!(
        "error: the server answered 422: the request is not valid\n  \
         --status: Input should be 'PASSED' or 'FAILED'\n{INVALID}"
    );
    assert_unended(&impatient(&server), 5, &said);
}

#[test]
fn a_refused_result_is_named() {
    let server = Server::start();
    server.poison(|name| name == "boot", Poison::Refusal);
    server.open_execution();
    let said = "sent 0 results to execution 1: 0 passed, 0 failed, 0 skipped\n\
                error: result `boot` was refused: name: This name is not wanted\n\
                hint: 1 result refused: written to .to/refused.jsonl\n";
    assert_eq!(impatient(&server).to("submit report.xml"), Run::new(6, "", said));
}

#[test]
fn a_reason_in_one_sentence() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url());
    let run = sandbox.to("start --family image --sha256 abc --environment vm --test-plan smoke");
    let said = format!(
        "error: the server answered 422: No image with this sha256 exists yet; \
         provide the full image details to create it.\n{INVALID}"
    );
    assert_eq!(run, Run::new(5, "", &said));
}

/// Pages in place of an answer: what is said of them, and the exit status.
fn pages() -> Vec<(Response, String, i32)> {
    let page = |text: &str| Response::page(200, "text/html", text);
    let web =
        "<!DOCTYPE html>\n<html lang=en><head><title>\n Test  Observer </title></head></html>";
    let not_the_api = |what: &str| {
        format!("error: {{url}} is not Test Observer's API: it answers with {what}\n{URL_HINT}")
    };
    let proxy = |said: &str| format!("error: a proxy answered {said}\n");
    vec![
        (
            Response::internal_error(),
            "error: the server answered 500: Internal Server Error\n".to_owned(),
            4,
        ),
        (Response::nginx(503), proxy("503: 503 Service Temporarily Unavailable"), 4),
        (
            Response::nginx(403),
            proxy("403: 403 Forbidden")
                + "hint: a proxy refuses this network: is the VPN connected?\n",
            5,
        ),
        (page(web), not_the_api("a web page (200), titled `Test Observer`"), 5),
        (Response::nginx(404), not_the_api("a web page (404), titled `404 Not Found`"), 5),
        (page("pong"), not_the_api("`pong` (200)"), 5),
        (page(""), not_the_api("nothing (200)"), 5),
        (
            Response::page(302, "text/plain", "").header("location", "https://login.example/"),
            not_the_api("a redirect (302) to https://login.example/"),
            5,
        ),
        (
            Response::page(301, "text/plain", ""),
            not_the_api("a redirect (301) to an address that it does not name"),
            5,
        ),
        (
            Response::page(400, "text/plain", ""),
            "error: the server answered 400: no reason given\n".to_owned(),
            5,
        ),
    ]
}

#[test]
fn pages_in_place_of_an_answer() {
    for (page, said, status) in pages() {
        let server = Server::start();
        server.fault(anything, ALWAYS, Fault::answer(page));
        let said = said.replace("{url}", &format!("{}/v1", server.url()));
        assert_refused(&impatient(&server), status, &said);
        assert_eq!(server.requests().len(), 3, "each was asked once");
    }
}

#[test]
fn a_request_that_is_too_large_for_the_proxy() {
    let server = Server::start();
    server.fault(anything, ALWAYS, Fault::answer(Response::nginx(413)));
    let said = "error: a proxy answered 413: 413 Request Entity Too Large\n\
                hint: the proxy before the server limits the size of a request\n";
    let sandbox = impatient(&server);
    assert_eq!(sandbox.to("start"), Run::new(5, "", said));
    assert_unended(&sandbox, 5, said);
}

#[test]
fn a_gateway_that_gives_up() {
    for (status, title) in [(502, "502 Bad Gateway"), (504, "504 Gateway Time-out")] {
        let server = Server::start();
        server.fault(anything, ALWAYS, Fault::answer(Response::nginx(status)));
        // Without a link the execution may exist: that is said in `retry.rs`.
        let sandbox = impatient(&server).with("TO_CI_LINK", "https://ci.example/1");
        assert_refused(&sandbox, 4, &format!("error: a proxy answered {status}: {title}\n"));
    }
}

#[test]
fn an_answer_that_never_comes() {
    let server = Server::start();
    server.fault(anything, ALWAYS, Fault::silence());
    let said = format!(
        "error: no answer from {}/v1 within N s\n\
         hint: --timeout TIME allows one request more time\n",
        server.url()
    );
    assert_unended(
        &impatient(&server).with("TO_TIMEOUT", "0.5").with("TO_CONNECT_TIMEOUT", "0.5"),
        4,
        &said,
    );
}

#[test]
fn a_closed_port() {
    let port = Port::reserve();
    let url = format!("http://127.0.0.1:{}", port.number);
    let sandbox =
        Sandbox::new(&url).with_snap().with("TO_RETRY_FOR", "0").with("TO_EXECUTION", "1");
    sandbox.write("report.xml", REPORT);
    let said = format!(
        "error: cannot reach {url}/v1: connection refused\n\
         hint: check --url (or TO_URL), whether the server is up, and whether the VPN is connected\n"
    );
    assert_refused(&sandbox, 4, &said);
}

#[test]
fn a_port_that_speaks_no_tls_gets_no_key() {
    let server = Server::start();
    server.expect_no_requests();
    let url = format!("https://127.0.0.1:{}", server.port());
    let sandbox = Sandbox::new(&url).with("TO_API_KEY", "to_secret").with("TO_EXECUTION", "1");
    let reason = "what answers there does not speak TLS";
    let said = format!(
        "error: cannot trust {url}/v1: {reason}\n\
         hint: check the scheme and the port of --url (or TO_URL)\n"
    );
    assert_unended(&sandbox, 4, &said);
    for heard in server.nonsense(1) {
        assert!(!String::from_utf8_lossy(&heard).contains("to_secret"));
    }
}

/// Arguments that are wrong in themselves, and what is said before the pointer to the help.
const USAGE: &[(&str, &str)] = &[
    (
        "end --timeout soon",
        "invalid value 'soon' for '--timeout <TIME>': \
         a time is seconds, or has a unit: 90s, 5m, 1h",
    ),
    ("end --timeout=-1", "invalid value '-1' for '--timeout <TIME>': a time is not negative"),
    (
        "end --retry-for 5x",
        "invalid value '5x' for '--retry-for <TIME>': a time is seconds, or has a unit: 90s, 5m, 1h",
    ),
    (
        "start --enviroment vm",
        "unexpected argument '--enviroment' found\n\n  \
         tip: a similar argument exists: '--environment'\n\n\
         Usage: to start --environment <TEXT>",
    ),
    (
        "submit --dryrun",
        "unexpected argument '--dryrun' found\n\n  \
         tip: a similar argument exists: '--dry-run'\n\n\
         Usage: to submit --dry-run [PATH]...",
    ),
    (
        "submit --on-duplicate merg",
        "invalid value 'merg' for '--on-duplicate <HOW>'\n  \
         [possible values: merge, number, first, last, error]\n\n  \
         tip: a similar value exists: 'merge'",
    ),
    (
        "strat",
        "unrecognized subcommand 'strat'\n\n  \
         tip: a similar subcommand exists: 'start'\n\n\
         Usage: to [OPTIONS] <COMMAND>",
    ),
    (
        "end --url observer.example",
        "invalid value 'observer.example' for '--url <URL>': relative URL without a base; \
         an API is written https://HOST, a spool directory file:DIR",
    ),
    (
        "end --url ftp://observer.example",
        "invalid value 'ftp://observer.example' for '--url <URL>': \
         `ftp` is none of https, http and file",
    ),
];

#[test]
fn a_wrong_command_line() {
    for (arguments, said) in USAGE {
        let sandbox = Sandbox::new("").with("TO_EXECUTION", "1");
        let said = format!("error: {said}\n\nFor more information, try '--help'.\n");
        assert_eq!(sandbox.to(arguments), Run::new(2, "", &said), "{arguments}");
    }
}

#[test]
fn a_timeout_of_nothing_is_refused() {
    for timeout in ["0", "0.0", "1e18"] {
        let server = Server::start();
        server.expect_no_requests();
        let run = impatient(&server).to(&format!("end --timeout {timeout}"));
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{timeout}: {run:?}");
        let said = format!("error: invalid value '{timeout}' for '--timeout <TIME>': ");
        assert!(run.stderr.starts_with(&said), "{run:?}");
    }
}

#[test]
fn a_flag_beats_the_variable_that_it_excludes() {
    let server = Server::start();
    server.open_execution();
    let sandbox = impatient(&server).with("TO_VERBOSE", "1");
    assert_eq!(sandbox.to("end -q"), Run::new(0, "ENDED_PREMATURELY\n", ""));
    let sandbox = impatient(&server).with("TO_QUIET", "1");
    let run = sandbox.to("end -v");
    let said = "PATCH /v1/test-executions/1: 200 (22 bytes, N ms, attempt 1)\n";
    assert_eq!(run, Run::new(0, "ENDED_PREMATURELY\n", said));
}

#[test]
fn no_server_at_all() {
    let sandbox = Sandbox::new(" ").with_snap();
    let said = "error: no server is given\n\
                hint: --url (or TO_URL) takes the API's address, https://HOST, \
                or file:DIR for a spool directory\n";
    for command in ["start", "submit x.xml", "submit x.xml --execution 1", "end"] {
        assert_eq!(sandbox.to(command), Run::new(2, "", said), "{command}");
    }
}

#[test]
fn a_directory_without_reports() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = impatient(&server);
    sandbox.write("empty/notes.txt", "no report");
    sandbox.write("empty/.hidden/report.xml", REPORT);
    let said = "error: empty: nothing there is a report\n\
                hint: directories are searched for *.xml, *.json, *.jsonl, *.tap, submission*.tar.xz \
                and summary; --allow-empty makes it no error to find nothing\n";
    assert_eq!(sandbox.to("submit empty"), Run::new(3, "", said));
}

#[test]
fn a_file_that_is_no_report() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = impatient(&server);
    let cases = [
        ("<html><body/></html>", "an HTML page, not a JUnit report"),
        ("<coverage/>", "root element `coverage`, not `testsuites` or `testsuite`"),
        ("hello\n", "text where the report should begin: `hello`"),
    ];
    for (content, reason) in cases {
        sandbox.write("report.xml", content);
        let said = format!("error: report.xml:1: {reason}\n{REPORTS}");
        assert_eq!(sandbox.to("submit report.xml"), Run::new(3, "", &said), "{content}");
    }
}

#[test]
fn a_file_that_is_not_there() {
    let server = Server::start();
    server.expect_no_requests();
    let run = impatient(&server).to("submit missing.xml");
    assert_eq!(run, Run::new(3, "", "error: missing.xml: no such file or directory\n"));
}
