//! A server that means harm: nothing of the key leaks, no line is forged, and neither memory nor time is
//! without bound.

use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::fake_server::{ALWAYS, Fault, Request, Response, Server};
use crate::support::{Run, Sandbox};

/// A key with characters that every spelling escapes.
const KEY: &str = r#"to_Kx7-very.secret"\/&%+0123456789"#;

/// A part of the key that no spelling changes but base64.
const PART: &str = "very.secret";

/// More than an answer may have.
const TOO_LONG: usize = 17 << 20;

/// The most memory that a command may take for its data, in KiB, and the most seconds of a processor.
const LIMITS: &str = "ulimit -d 65536; ulimit -t 2";

/// The same for what is shown whole: these tests run a binary that is not optimised.
const LIMITS_OF_SHOW: &str = "ulimit -d 65536; ulimit -t 10";

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('+', "&#43;")
}

/// The key as it may be echoed.
fn spellings() -> [String; 8] {
    let quoted = |text: &str| json!(text).to_string().trim_matches('"').to_owned();
    [
        KEY.to_owned(),
        KEY.to_uppercase(),
        percent(KEY),
        percent(&percent(KEY)),
        quoted(KEY),
        quoted(&quoted(KEY)),
        html(KEY),
        STANDARD.encode(format!("Bearer {KEY}")),
    ]
}

/// Answers that no API gives.
fn answers() -> Vec<(&'static str, Response)> {
    let plain = |status, body: &str| Response::page(status, "text/plain", body);
    let echo = spellings().join(" ");
    let forged =
        "x\r\n::error::forged\n  ::set-output name=a::b\n##[error]forged\u{1b}[2J\u{202e}\u{2028}";
    let problems = json!({"detail": [{"loc": ["body", 0, forged], "msg": forged}]});
    vec![
        ("a long text", plain(200, &"a".repeat(TOO_LONG))),
        ("a long list", Response::json(200, &json!(vec!["a".repeat(1 << 20); 17]))),
        ("a long refusal", plain(500, &"ä ".repeat(TOO_LONG / 3))),
        ("a long complaint", Response::json(422, &json!({"detail": "a".repeat(TOO_LONG)}))),
        ("deep JSON", plain(200, &"[".repeat(1 << 20))),
        ("a deep complaint", plain(422, &r#"{"detail":"#.repeat(1 << 16))),
        (
            "a page",
            Response::page(200, "text/html", &format!("<html><title>{forged}{echo}</title>")),
        ),
        (
            "a proxy's page",
            Response::page(403, "text/html", &format!("<html><title>{forged}</title>")),
        ),
        ("the key", plain(200, &echo)),
        ("a refusal with the key", Response::refusal(422, &echo)),
        ("an object with the key", Response::json(200, &json!({"id": echo, "status": echo}))),
        ("a forged line", Response::refusal(400, forged)),
        ("a forged problem", Response::json(422, &problems)),
        (
            "a redirect",
            Response::page(307, "text/plain", "")
                .header("location", &format!("https://other.example/?key={}", percent(KEY))),
        ),
        ("another execution", Response::json(200, &json!({"id": 7, "status": "PASSED"}))),
        ("null", Response::json(200, &json!(null))),
        ("a number", Response::json(200, &json!(1))),
        ("nothing", plain(200, "")),
        ("a wait for ever", plain(503, "").header("retry-after", "99999999999999999999")),
    ]
}

/// An endpoint's name, its requests, and a command that makes one.
type Endpoint = (&'static str, fn(&Request) -> bool, &'static str);

/// The requests that a command makes, each of which may be answered so.
fn endpoints() -> Vec<Endpoint> {
    vec![
        ("start", |r| r.method == "PUT", "start --ci-link https://ci.example/1"),
        ("execution", |r| r.method == "GET" && r.route().ends_with("/1"), "show --execution 1"),
        (
            "results",
            |r| r.method == "GET" && r.route().ends_with("/test-results"),
            "show --execution 1",
        ),
        (
            "events",
            |r| r.method == "GET" && r.route().ends_with("/status_update"),
            "show --execution 1",
        ),
        (
            "posts",
            |r| r.method == "POST" && r.route().ends_with("/test-results"),
            "submit report.xml --execution 1",
        ),
        ("patches", |r| r.method == "PATCH", "end --execution 1"),
        (
            "links",
            |r| r.route().ends_with("/links"),
            "update --execution 1 --link a=https://a.example/",
        ),
        (
            "events",
            |r| r.method == "POST" && r.route().ends_with("/status_update"),
            "update --execution 1 --event a",
        ),
        ("me", |r| r.route().ends_with("/me"), "check"),
        ("probe", |r| r.route().contains("/999999999"), "check"),
    ]
}

/// A sandbox that is a step of GitHub Actions, so that what is said may be taken for a command.
fn sandbox(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new(&server.url())
        .with_snap()
        .with("TO_API_KEY", KEY)
        .with("TO_RETRY_FOR", "0")
        .with("GITHUB_ACTIONS", "true");
    sandbox.write("report.xml", "<testsuite><testcase name='a'/></testsuite>");
    sandbox
}

/// Panics where a run was ended by its limits, says any of the key, or a line that is none of its own.
fn assert_harmless(run: &Run, what: &str) {
    assert!((0..=6).contains(&run.status), "{what}: {run:?}");
    let all = format!("{}{}", run.stdout, run.stderr);
    assert!(!all.to_lowercase().contains(PART), "{what}: {all}");
    let secret = STANDARD.encode(format!("Bearer {KEY}"));
    assert!(!all.contains(&secret[16..40]), "{what}: {all}");
    let is_mark = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    assert!(
        !all.contains(|c: char| is_mark(c) || (c.is_control() && c != '\n')),
        "{what}: {all:?}"
    );
    for line in run.stderr.lines().chain(run.stdout.lines()) {
        let is_own = ["::error::", "::warning::"].iter().any(|start| line.starts_with(start));
        let is_command = line.trim_start().starts_with("::");
        assert!(!is_command || is_own, "{what}: {line}");
        assert!(!line.contains("##[") && !line.starts_with("::error::forged"), "{what}: {line}");
    }
    assert!(all.len() < 100_000, "{what}: {} bytes", all.len());
}

#[test]
fn no_answer_leaks_forges_or_takes_more_than_its_share() {
    thread::scope(|scope| {
        for (answer, response) in answers() {
            scope.spawn(move || meet_everywhere(answer, &response));
        }
    });
}

/// Meets an answer at each endpoint.
fn meet_everywhere(answer: &str, response: &Response) {
    // What is read before an answer is looked at is the same for all long ones.
    let is_another = answer.starts_with("a long") && answer != "a long text";
    let some = endpoints()
        .into_iter()
        .filter(|(endpoint, ..)| !is_another || ["start", "posts", "results"].contains(endpoint));
    for (endpoint, on, command) in some {
        let server = Server::start();
        server.open_execution();
        server.fault(on, ALWAYS, Fault::answer(response.clone()));
        let run = sandbox(&server).shell(&format!("{LIMITS}; exec to {command}"));
        assert_harmless(&run, &format!("{answer} to {endpoint}"));
    }
}

/// As many lines has a log of two megabytes.
const LINES: usize = 1_200;

/// A log may be as long as it likes: it is shown, one result at a time.
#[test]
fn results_that_are_longer_than_other_answers_are_shown() {
    let server = Server::start();
    server.open_execution();
    let log = format!(
        "{KEY} \\ & %25 {}",
        format!("line of a log & {}\n", r"\\ %25 ".repeat(200)).repeat(LINES)
    );
    let result =
        |name: &str| json!({"name": name, "status": "FAILED", "comment": "", "io_log": log});
    let results: Vec<_> = (1..=9).map(|number| result(&format!("case-{number}"))).collect();
    let body = json!(results);
    assert!(body.to_string().len() > TOO_LONG);
    server.fault(
        |r| r.route().ends_with("/test-results"),
        ALWAYS,
        Fault::answer(Response::json(200, &body)),
    );
    for arguments in ["show", "show --logs", "show --json"] {
        let run =
            sandbox(&server).shell(&format!("{LIMITS_OF_SHOW}; exec to {arguments} --execution 1"));
        assert_eq!((run.status, &*run.stderr), (0, ""), "{arguments}");
        assert!(!run.stdout.contains(PART), "{arguments}");
        let shown = run.stdout.matches("case-").count();
        assert_eq!(shown, 9, "{arguments}");
        let logs = run.stdout.matches("line of a log").count();
        assert_eq!(logs, if arguments == "show" { 0 } else { 9 * LINES }, "{arguments}");
    }
}
