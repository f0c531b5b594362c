//! What a person sees at a terminal, frame by frame, after its escapes are interpreted.

use std::time::Duration;

use crate::support::fake_server::{Fault, Response, Server, results};
use crate::support::{BINARY, Sandbox, Terminal, TestContext, lines, names};

/// The widths of a narrow terminal, the usual one and a wide one.
const WIDTHS: [u16; 3] = [50, 80, 200];

fn at_terminal(sandbox: &Sandbox, line: &str, columns: u16) -> Terminal {
    let mut command = sandbox.command(BINARY);
    command.args(line.split(' '));
    Terminal::start(command, columns).expect("the binary")
}

/// A frame with `N` in place of each number behind the first slash.
fn without_times(frame: &str) -> String {
    let (position, rest) = frame.split_at(frame.find(' ').unwrap_or(frame.len()));
    let mut plain = position.to_owned();
    for character in rest.chars() {
        match character {
            '0'..='9' if plain.ends_with('N') => {}
            '0'..='9' => plain.push('N'),
            other => plain.push(other),
        }
    }
    plain
}

/// A server that takes its time shows a bar from the first moment, which moves and then tells of the
/// wait; it is one line at every width, and gone in the end.
fn slow(columns: u16, waiting: &str) {
    let context = TestContext::new();
    context.server.pace(Duration::from_millis(30), None);
    context.sandbox.write("report.jsonl", lines(&names(75)));
    let terminal = at_terminal(&context.sandbox, "submit report.jsonl", columns);
    terminal.wait_to_have_seen(|screen| without_times(screen) == waiting);
    let transcript = terminal.finish();
    assert_eq!(transcript.status, 0);
    let summary = "sent 75 results to execution 1: 75 passed, 0 failed, 0 skipped";
    assert_eq!(transcript.last().replace('\n', ""), summary);
    let bars = transcript.frames.iter().take_while(|frame| !frame.contains("sent 75"));
    let bars: Vec<&String> = bars.filter(|frame| !frame.is_empty()).collect();
    assert!(bars[0].starts_with("0/75 [>"), "{bars:?}");
    assert!(bars[0].ends_with("] 0 failed, 0:00"), "{bars:?}");
    assert!(bars.len() >= 3, "a bar that stands still: {bars:?}");
    assert!(bars.iter().all(|frame| frame.lines().count() == 1), "a bar of two lines: {bars:?}");
}

#[test]
fn a_slow_server_at_50_columns() {
    slow(50, "0/75 N failed, N:N, waiting for the server");
}

#[test]
fn a_slow_server_at_80_columns() {
    slow(80, "0/75 [>                             ] N failed, N:N, waiting for the server");
}

#[test]
fn a_slow_server_at_200_columns() {
    slow(200, "0/75 [>                             ] N failed, N:N, waiting for the server");
}

/// An outage is one line in the bar's place, which goes when the server is back.
#[test]
fn an_outage_and_its_end() {
    for (columns, expected) in [
        (50, "connection ref…, retry 2 in N s, gives up in N:N"),
        (80, "connection refused, retry 2 in N s, gives up in N:N"),
        (200, "connection refused, retry 2 in N s, gives up in N:N"),
    ] {
        let context = TestContext::new().with("TO_RETRY_DELAY", "0.5");
        context.report(3);
        context.server.go_down();
        let terminal = at_terminal(&context.sandbox, "submit report.jsonl", columns);
        terminal.wait_to_have_seen(|screen| {
            let (reason, times) = screen.split_once(", retry 2").unwrap_or((screen, ""));
            let times = without_times(&format!("x{times}"));
            format!("{reason}, retry 2{}", times.trim_start_matches('x')) == expected
        });
        context.server.come_back();
        let transcript = terminal.finish();
        assert_eq!(transcript.status, 0);
        let summary = "sent 3 results to execution 1: 3 passed, 0 failed, 0 skipped";
        assert_eq!(transcript.last().replace('\n', ""), summary);
        assert!(transcript.frames.iter().all(|frame| !frame.contains("warning")), "{columns}");
    }
}

/// What cannot be delivered leaves no line of the outage behind.
#[test]
fn an_outage_without_end() {
    // The only wait is as long as patience: long enough to be seen.
    let context = TestContext::new().with("TO_RETRY_FOR", "1").with("TO_RETRY_DELAY", "60");
    context.report(3);
    let crash = Fault::answer(Response::nginx(503));
    context.server.fault(results, crate::support::fake_server::ALWAYS, crash);
    let transcript = at_terminal(&context.sandbox, "submit report.jsonl", 200).finish();
    assert_eq!(transcript.status, 4);
    let last: Vec<&str> = transcript.last().lines().collect();
    assert!(
        last[0].starts_with("error: 0 of 3 results were sent: a proxy answered 503"),
        "{last:?}"
    );
    assert_eq!(
        last[1..],
        ["warning: kept 3 results in .to/outbox/1", "hint: `to push` delivers what is kept"]
    );
    assert!(transcript.frames.iter().any(|frame| frame.contains(", retry 1 ")));
}

/// A push has a total over all that it delivers.
#[test]
fn a_push_shows_its_total() {
    let server = Server::start();
    server.pace(Duration::from_millis(20), None);
    let sandbox = Sandbox::new("file:spool").with_snap();
    for state in ["a", "b"] {
        sandbox.write("report.jsonl", lines(&names(40)));
        let started = sandbox.to(&format!("start --state-dir {state}"));
        assert_eq!(started.status, 0, "{started:?}");
        assert_eq!(sandbox.to(&format!("submit -q --state-dir {state} report.jsonl")).status, 0);
    }
    let sandbox = sandbox.with("TO_URL", &server.url());
    let transcript = at_terminal(&sandbox, "push spool", 80).finish();
    assert_eq!(transcript.status, 0);
    for position in ["0/80 [>", "40/80 [===============>"] {
        let is_shown =
            |frame: &String| frame.lines().last().unwrap_or_default().starts_with(position);
        assert!(transcript.frames.iter().any(is_shown), "{position}: {:?}", transcript.frames);
    }
    assert_eq!(
        transcript.last(),
        "spool/1: sent 40 results to execution 1\n1\nspool/2: sent 40 results to execution 2\n2"
    );
}

/// Nothing that moves goes where nobody can see it move.
#[test]
fn a_terminal_that_is_dumb_gets_whole_lines() {
    let context = TestContext::new();
    context.report(3);
    let mut command = context.sandbox.command(BINARY);
    command.args(["submit", "report.jsonl"]).env("TERM", "dumb");
    let transcript = Terminal::start(command, 80).expect("the binary").finish();
    let frames: Vec<&String> = transcript.frames.iter().filter(|frame| !frame.is_empty()).collect();
    assert!(frames.iter().all(|frame| frame.starts_with("sent 3 results")), "{frames:?}");
}

#[test]
fn help_fits_every_width() {
    for columns in WIDTHS {
        let transcript = at_terminal(&Sandbox::new(""), "help", columns).finish();
        assert_eq!(transcript.status, 0);
        let words: Vec<&str> = transcript.last().split_whitespace().collect();
        let text = words.join(" ");
        assert!(text.starts_with("Submits test results to Test Observer:"), "{text}");
        assert!(text.contains(" submit Reads reports and sends their results end "), "{text}");
    }
}

/// As wide as the terminal, in colour.
#[test]
fn an_execution_at_every_width() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("-q start").status, 0);
    let comment = "no network was found within thirty seconds of asking for one, and then some";
    let run = sandbox.to_with(&["-q", "result", "wifi/scan", "failed", "--comment", comment]);
    assert_eq!(run.status, 0);
    for (columns, lines) in [
        (
            50,
            "FAILED   wifi/scan\n           no network was found within thirty\n           \
             seconds of asking for one, and then\n           some",
        ),
        (
            80,
            "FAILED   wifi/scan\n           no network was found within thirty seconds of asking \
             for one, and\n           then some",
        ),
        (
            200,
            "FAILED   wifi/scan\n           no network was found within thirty seconds of asking \
             for one, and then some",
        ),
    ] {
        let transcript = at_terminal(&sandbox, "show --failed", columns).finish();
        assert_eq!(transcript.status, 0);
        assert!(transcript.last().ends_with(lines), "{}", transcript.last());
        assert!(transcript.is_styled);
    }
}
