//! `kill -9` at any moment: what was given is at the server, or in the outbox, or is sent again by a
//! repetition; and nothing is stored that was not given.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::{Lab, files, lines, names};
use crate::standin::{Execution, Server};
use crate::to::{Place, Run};

/// Enough for some twenty requests at [`slow_down`]'s pace.
const RESULTS: usize = 300;

fn kill(mut child: Child) {
    // One that is done already is as good.
    _ = child.kill();
    child.wait().expect("an end");
}

/// Small batches, so that there are many moments between them.
fn slow_down(server: &Server) {
    server.pace(Duration::from_micros(100), None);
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
        let lab = Lab::new().with("TO_BATCH_TIME", "0.002");
        let names = lab.report(RESULTS);
        slow_down(&lab.server);
        let child = lab.place.spawn("submit -q report.jsonl");
        lab.server.wait_for(|requests| requests.len() >= moment);
        thread::sleep(Duration::from_micros(jitter(moment)));
        kill(child);
        assert_given(&lab.server.execution(1), &names);
        assert_eq!(lab.to("push -q").status, 0);
        assert_eq!(lab.to("submit -q report.jsonl"), Run::new(0, "", ""), "{moment}");
        assert_eq!(lab.stored_sorted(), names, "{moment}");
        assert_eq!(lab.files(), [".gitignore"]);
    }
}

#[test]
fn a_submission_that_is_killed_while_it_writes_the_outbox_is_mended() {
    for moment in 0..4_u32 {
        let lab = Lab::new().with("TO_RETRY_FOR", "0");
        let log = "x".repeat(200_000);
        let result = |name: &String| {
            format!("{{\"name\":\"{name}\",\"status\":\"PASSED\",\"io_log\":\"{log}\"}}\n")
        };
        let names = names(24);
        lab.place.write("report.jsonl", names.iter().map(result).collect::<String>());
        lab.server.go_down();
        let child = lab.place.spawn("submit -q report.jsonl");
        // Killed at so many bytes of the outbox.
        wait_for_bytes(&lab, u64::from(moment) * 1_300_000);
        kill(child);
        if let Ok(text) = fs::read_to_string(lab.place.path(".to/outbox/1/results.jsonl")) {
            assert_whole_lines(&text);
        }
        lab.server.come_back();
        let run = lab.to("push -q");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{moment}");
        assert_given(&lab.server.execution(1), &names);
        assert_eq!(lab.to("submit -q report.jsonl"), Run::new(0, "", ""), "{moment}");
        assert_eq!(lab.stored_sorted(), names, "{moment}");
        let execution = lab.server.execution(1);
        assert!(execution.results().iter().all(|result| result.io_log == log));
    }
}

fn wait_for_bytes(lab: &Lab, bytes: u64) {
    let start = Instant::now();
    let length =
        || fs::metadata(lab.place.path(".to/outbox/1/results.jsonl")).map_or(0, |m| m.len());
    while length() < bytes && start.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_push_that_is_killed_is_mended_by_another() {
    for moment in 1..=15 {
        let server = Server::start();
        let place = Place::new(&server.url())
            .with_snap()
            .with("TO_CI_LINK", "https://ci.example/1")
            .with("TO_BATCH_TIME", "0.002");
        place.write("report.jsonl", lines(&names(RESULTS)));
        server.go_down();
        let offline = "-q --best-effort --retry-for 0";
        for command in ["start --relevant-link log=https://l.example", "submit report.jsonl", "end"]
        {
            assert_eq!(place.to(&format!("{command} {offline}")).status, 0);
        }
        server.come_back();
        slow_down(&server);
        let child = place.spawn("push -q");
        server.wait_for(|requests| requests.len() >= moment);
        thread::sleep(Duration::from_micros(jitter(moment)));
        kill(child);
        assert_given(&server.execution(1), &names(RESULTS));

        let run = place.to("push -q");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{moment}");
        assert_eq!(server.executions().len(), 1, "{moment}");
        let execution = server.execution(1);
        assert_eq!(execution.results().len(), RESULTS, "{moment}");
        assert_eq!((&*execution.status, execution.links.len()), ("PASSED", 1), "{moment}");
        assert_eq!(files(&place.path(".to/outbox")), [".lock", "1"], "{moment}");
    }
}

/// At moments that no request marks: while it begins, and while it takes the delivered away.
#[test]
fn a_push_that_is_killed_between_requests_is_mended_by_another() {
    for moment in 0..10_u64 {
        let lab = Lab::new().with("TO_RETRY_FOR", "0");
        let names = lab.report(50);
        lab.server.go_down();
        assert_eq!(lab.to("submit -q report.jsonl").status, 4);
        lab.server.come_back();
        let child = lab.place.spawn("push -q");
        if moment % 2 == 0 {
            lab.server.wait_for(|requests| requests.iter().any(|r| r.answered == Some(200)));
        }
        thread::sleep(Duration::from_micros(200 * moment));
        kill(child);
        let run = lab.to("push -q");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{moment}");
        assert_eq!(lab.stored(), names);
        let left = files(&lab.place.path(".to/outbox"));
        let shown: Vec<_> = left.iter().filter(|name| !name.starts_with('.')).collect();
        assert!(shown.is_empty(), "{left:?}");
    }
}
