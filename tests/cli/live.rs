//! JSON lines from a pipe are sent as they come in.

use std::io::{BufRead, BufReader, Write};
use std::process::ChildStdin;
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;

use crate::model::{Record, held, held_names};
use crate::support::fake_server::{ALWAYS, Fault, Request, Response, results};
use crate::support::reports::{delivered, open, passed, summary};
use crate::support::{Run, eventually};

/// The longest that a result may take from the pipe to the server.
const LIVE: Duration = Duration::from_secs(5);

/// When all that was written has been read.
fn when_read(pipe: &ChildStdin) -> Instant {
    eventually(|| ioctl_fionread(pipe).unwrap() == 0);
    Instant::now()
}

#[test]
fn a_result_is_at_the_server_within_five_seconds_while_the_pipe_stays_open() {
    let (server, sandbox) = open();
    let mut child = sandbox.spawn("submit -");
    let mut pipe = child.stdin();

    pipe.write_all(b"{\"name\": \"a\", \"status\": \"PASSED\"}\n{\"name\": \"half").unwrap();
    let read = when_read(&pipe);
    server.wait_for_execution(1, |execution| !execution.results().is_empty());
    assert!(server.requests()[0].at - read < LIVE);
    assert_eq!(held_names(&server), ["P a"]);

    pipe.write_all(
        b"\", \"status\": \"failed\", \"new\": 1}\noops\n\n\
          {\"name\": \"a\", \"status\": \"SKIPPED\", \"comment\": \"again\"}\n",
    )
    .unwrap();
    let read = when_read(&pipe);
    server.wait_for_execution(1, |execution| execution.results().len() == 2);
    assert!(server.requests()[1].at - read < LIVE);
    let again = Record { comment: "again".to_owned(), ..Record::new("a", "SKIPPED") };
    assert_eq!(held(&server), [Record::new("half", "FAILED"), again]);

    // What comes last waits for nothing: the end sends it. It needs no line feed.
    pipe.write_all(b"[5]\n{\"name\": \"z\", \"status\": \"pass\"}").unwrap();
    drop(pipe);
    let run = child.finish();
    assert_eq!(
        run,
        Run::new(
            3,
            "",
            &format!(
                "error: standard input:3: not JSON: expected value\n\
                 error: standard input:6: an array where an object belongs\n{}\
                 warning: unknown field, not sent (1): `new`\n\
                 warning: result replaced one of the same name (1): `a`\n",
                summary("4 results", [2, 1, 1], "1 file, 3 batches")
            )
        )
    );
    assert_eq!(held_names(&server), ["F half", "S a", "P z"]);
}

#[test]
fn a_connection_that_the_server_closed_meanwhile_is_not_used_again() {
    let (server, sandbox) = open();
    let mut child = sandbox.spawn("submit -v -");
    let mut pipe = child.stdin();
    let mut said = BufReader::new(child.stderr()).lines().map(Result::unwrap);

    pipe.write_all(b"{\"name\": \"a\", \"status\": \"PASSED\"}\n").unwrap();
    // It has the answer, and so is done with the connection.
    let first = said.next().unwrap();
    server.go_down();
    server.come_back();
    pipe.write_all(b"{\"name\": \"b\", \"status\": \"PASSED\"}\n").unwrap();
    drop(pipe);

    assert_eq!(child.finish().status, 0);
    let second = said.next().unwrap();
    for post in [first, second] {
        assert!(post.starts_with("POST ") && post.ends_with(", attempt 1)"), "{post}");
    }
    assert!(said.next().unwrap().starts_with("sent 2 results"));
    assert_eq!(held_names(&server), ["P a", "P b"]);
}

#[test]
fn many_lines_fill_batches_and_a_name_that_comes_again_replaces() {
    let (server, sandbox) = open();
    let line = |n: usize| format!("{{\"name\": \"{}\", \"status\": \"PASSED\"}}\n", n % 240);
    let run = sandbox.pipe((0..250).map(line).collect::<String>(), "submit --json");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let posts: Vec<usize> =
        server.requests().iter().map(|post| post.json().as_array().unwrap().len()).collect();
    assert_eq!((posts[0], posts.iter().sum::<usize>()), (100, 250));
    assert_eq!(server.execution(1).results().len(), 240);
    assert!(
        run.stderr
            .ends_with("warning: result replaced one of the same name (10): `0`, `1`, `2`, …\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_name_that_comes_again_is_what_was_asked_for() {
    let line = |status: &str| format!("{{\"name\": \"a\", \"status\": \"{status}\"}}\n");
    let all: String = ["FAILED", "PASSED", "SKIPPED"].map(line).concat();
    let replaced = "warning: result replaced a failure of the same name (1): `a`\n\
                    warning: result replaced one of the same name (1): `a`\n";
    for (how, status, held, said) in [
        ("", 0, &["S a"][..], replaced),
        ("merge", 0, &["S a"], replaced),
        ("last", 0, &["S a"], replaced),
        ("first", 0, &["F a"], "warning: result left out for another of its name (2): `a`\n"),
        (
            "number",
            0,
            &["F a", "P a [2]", "S a [3]"],
            "warning: result numbered, because its name came before (2): `a`\n",
        ),
        (
            "error",
            3,
            &["F a"],
            &"error: several results are named `a`: the first of them is sent\n".repeat(2),
        ),
    ] {
        let (server, sandbox) = open();
        let flag = if how.is_empty() { String::new() } else { format!("--on-duplicate {how}") };
        let run = sandbox.pipe(&all, &format!("submit -q {flag}"));
        assert_eq!(run, Run::new(status, "", said), "{how}");
        assert_eq!(held_names(&server), held, "{how}");
    }
}

#[test]
fn lines_are_mended_and_cut_like_reports() {
    let (server, sandbox) = open();
    let log = "x".repeat(5000);
    let line =
        format!("{{\"name\": \"a\\u0000b\", \"status\": \"fail\", \"io_log\": \"{log}\"}}\n");
    let run = sandbox.pipe(line, "submit --max-log 10");
    assert_eq!(
        run,
        Run::new(
            0,
            "",
            &format!(
                "{}warning: NUL characters became U+FFFD (1): `a\u{fffd}b`\n\
                 warning: a log was cut to the length of --max-log (1): `a\u{fffd}b`\n",
                summary("1 result", [0, 1, 0], "")
            )
        )
    );
    let log = "xxxxx\n[… 4990 bytes cut …]\nxxxxx";
    assert_eq!(server.execution(1).result("a\u{fffd}b").io_log, log);
}

/// JSON lines from a file are no pipe: their duplicates are what the flag says.
#[test]
fn lines_from_a_file_are_read_through_first() {
    let (server, sandbox) = open();
    sandbox.write(
        "results.jsonl",
        "{\"name\": \"a\", \"status\": \"fail\"}\n{\"name\": \"a\", \"status\": \"pass\"}\n",
    );
    let run = sandbox.to("submit --on-duplicate number results.jsonl");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(held_names(&server), ["F a", "P a [2]"]);
}

#[test]
fn a_pipe_without_a_good_line_is_an_error() {
    let (server, sandbox) = open();
    let run = sandbox.pipe("{\"name\": \"a\", \"status\": \"odd\"}\n{}\n", "submit --format jsonl");
    assert_eq!((run.status, run.stdout.as_str()), (3, ""));
    assert!(
        run.stderr.starts_with(
            "error: standard input:1: result `a`: unknown status `odd`, not passed, failed or \
             skipped\nerror: standard input:2: no `name`\n"
        ),
        "{}",
        run.stderr
    );
    assert!(server.execution(1).results().is_empty());
    server.expect_no_requests();
}

/// What a pipe held is nowhere else: it is read to its end, and kept.
#[test]
fn a_server_that_refuses_costs_nothing_that_was_piped() {
    let (server, sandbox) = open();
    server.fault(results, ALWAYS, Fault::answer(Response::nginx(403)));
    let mut child = sandbox.spawn("submit -");
    let mut pipe = child.stdin();
    pipe.write_all(b"{\"name\": \"a\", \"status\": \"PASSED\"}\n").unwrap();
    server.wait_for(|requests: &[Request]| requests.iter().any(results));
    pipe.write_all(b"{\"name\": \"b\", \"status\": \"FAILED\"}\n").unwrap();
    drop(pipe);
    let run = child.finish();
    assert_eq!((run.status, run.stdout.as_str()), (5, ""), "{}", run.stderr);
    assert_eq!(
        sandbox.read(".to/outbox/1/results.jsonl"),
        "{\"name\":\"a\",\"status\":\"PASSED\"}\n{\"name\":\"b\",\"status\":\"FAILED\"}\n"
    );
}

/// Its format is known before its first line is.
#[test]
fn a_long_first_line_is_no_obstacle() {
    let (server, sandbox) = open();
    let mut child = sandbox.spawn("submit");
    let mut pipe = child.stdin();
    let log = "x".repeat(300_000);
    let line = format!("{{\"io_log\": \"{log}\", \"status\": \"fail\", \"name\": \"a\"}}\n");
    pipe.write_all(line.as_bytes()).unwrap();
    server.wait_for_execution(1, |execution| execution.results().len() == 1);
    assert_eq!(server.execution(1).result("a").io_log, log);
    drop(pipe);
    let run = child.finish();
    assert_eq!(run, delivered("1 result", [0, 1, 0], "", ""));
}

#[test]
fn a_report_may_stand_behind_many_blanks() {
    let (_server, sandbox) = open();
    let run = sandbox.pipe("\n".repeat(70_000) + &passed(["a"]), "submit -");
    assert_eq!(run, delivered("1 result", [1, 0, 0], "", ""));
}

/// Unlike a report, it has been sent when it is known that there is no more.
#[test]
fn an_empty_pipe_is_an_error_unless_it_may_be_empty() {
    let (server, sandbox) = open();
    server.expect_no_requests();
    for flags in ["", "--format jsonl"] {
        let run = sandbox.pipe("", &format!("submit {flags}"));
        let hint = "hint: --allow-empty makes this no error\n";
        assert_eq!((run.status, run.stdout.as_str()), (3, ""));
        let said = format!("error: there are no results to send\n{hint}");
        assert!(run.stderr.ends_with(&said), "{}", run.stderr);
        let run = sandbox.pipe("\n\n", &format!("submit {flags} --allow-empty"));
        assert_eq!(run, delivered("0 results", [0, 0, 0], "", ""));
    }
}
