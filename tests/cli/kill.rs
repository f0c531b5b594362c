//! `kill -9` at any moment: what was given is at the server, or in the outbox, or is sent again by a
//! repetition; and nothing is stored that was not given.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::fake_server::{ALWAYS, Execution, Fault, Request, Server};
use crate::support::{Process, Run, Sandbox, Switch, TestContext, files, lines, names};

/// The first batch has a hundred of them; each that follows has one, so that there are more requests
/// than moments at which something is killed.
const RESULTS: usize = 130;

/// A batch is to take no longer than one result, of which [`slow_down`] tells the server's time.
const BATCH_TIME: &str = "0.0001";

fn slow_down(server: &Server) {
    server.pace(Duration::from_micros(100), None);
}

/// Kills a client after so many requests and before the end: one of those that follow is held.
fn kill_after(moment: usize, server: &Server, start: impl FnOnce() -> Process) {
    let seen = server.requests().len();
    let holding = Switch::on();
    let is_holding = holding.clone();
    server.fault(|_| true, moment, Fault::none());
    server.fault(move |_: &Request| is_holding.is_on(), ALWAYS, Fault::silence());
    let client = start();
    server.wait_for(|requests| requests.len() >= seen + moment);
    thread::sleep(Duration::from_micros(jitter(moment)));
    client.kill();
    holding.turn_off();
}

/// Some microseconds, not the same at each moment.
fn jitter(moment: usize) -> u64 {
    (moment as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53
}

/// All that is stored was given.
fn assert_given(execution: &Execution, names: &[String]) {
    for result in execution.results() {
        assert!(names.contains(&result.name) && result.status == "PASSED", "{result:?}");
    }
}

/// Every line is whole, but for one at the end without its line feed.
fn assert_whole_lines(text: &str) {
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    for line in text[..end].lines() {
        serde_json::from_str::<Value>(line).expect("a whole line");
    }
}

#[test]
fn a_submission_that_is_killed_is_mended_by_another() {
    for moment in 1..=20 {
        let context = TestContext::new().with("TO_BATCH_TIME", BATCH_TIME);
        let names = context.report(RESULTS);
        slow_down(&context.server);
        kill_after(moment, &context.server, || context.sandbox.spawn("submit -q report.jsonl"));
        assert_given(&context.server.execution(1), &names);
        assert!(context.stored().len() < RESULTS, "killed at the end: {moment}");
        assert_eq!(context.to("push -q").status, 0);
        assert_eq!(context.to("submit -q report.jsonl"), Run::quiet(), "{moment}");
        assert_eq!(context.stored_sorted(), names, "{moment}");
        assert_eq!(context.files(), [".gitignore"]);
    }
}

/// The signal of a file that grows beyond its limit ends a process as `kill -9` does, and at a byte
/// that is known.
#[test]
fn a_submission_that_is_killed_while_it_writes_the_outbox_is_mended() {
    for bytes in [0, 100 * 512, 2_000 * 512, 8_000 * 512] {
        let context = TestContext::new().with("TO_RETRY_FOR", "0");
        let log = "x".repeat(200_000);
        let result = |name: &String| {
            format!("{{\"name\":\"{name}\",\"status\":\"PASSED\",\"io_log\":\"{log}\"}}\n")
        };
        let names = names(24);
        context.sandbox.write("report.jsonl", names.iter().map(result).collect::<String>());
        context.server.go_down();
        let script =
            format!("ulimit -c 0; ulimit -f {}; exec to submit -q report.jsonl", bytes / 512);
        assert_eq!(context.sandbox.shell(&script), Run::new(-1, "", ""));
        let kept = fs::read_to_string(context.sandbox.path(".to/outbox/1/results.jsonl"));
        let kept = kept.unwrap_or_default();
        assert_eq!(kept.len(), bytes);
        assert_whole_lines(&kept);
        context.server.come_back();
        let run = context.to("push -q");
        // A line that the kill has torn is told, and given again by the repetition.
        let is_torn = !kept.is_empty() && !kept.ends_with('\n');
        assert_eq!(run.status, if is_torn { 3 } else { 0 }, "{bytes}: {}", run.stderr);
        assert_given(&context.server.execution(1), &names);
        assert_eq!(context.to("submit -q report.jsonl"), Run::quiet(), "{bytes}");
        assert_eq!(context.stored_sorted(), names, "{bytes}");
        let execution = context.server.execution(1);
        assert!(execution.results().iter().all(|result| result.io_log == log));
    }
}

#[test]
fn a_push_that_is_killed_is_mended_by_another() {
    for moment in 1..=15 {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url())
            .with_snap()
            .with("TO_CI_LINK", "https://ci.example/1")
            .with("TO_BATCH_TIME", BATCH_TIME);
        sandbox.write("report.jsonl", lines(&names(RESULTS)));
        server.go_down();
        let offline = "-q --best-effort --retry-for 0";
        for command in ["start --relevant-link log=https://l.example", "submit report.jsonl", "end"]
        {
            assert_eq!(sandbox.to(&format!("{command} {offline}")).status, 0);
        }
        server.come_back();
        slow_down(&server);
        kill_after(moment, &server, || sandbox.spawn("push -q"));
        assert_given(&server.execution(1), &names(RESULTS));

        let run = sandbox.to("push -q");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{moment}");
        assert_eq!(server.executions().len(), 1, "{moment}");
        let execution = server.execution(1);
        assert_eq!(execution.results().len(), RESULTS, "{moment}");
        assert_eq!((&*execution.status, execution.links.len()), ("PASSED", 1), "{moment}");
        assert_eq!(files(&sandbox.path(".to/outbox")), [".lock", "1"], "{moment}");
    }
}
