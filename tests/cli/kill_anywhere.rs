//! `kill -9` at any call that has an effect: before a request, between two, in the middle of a write, before
//! a file takes its name. A repetition has all of it stored, once.
//!
//! The moments are chosen by chance from all that a command has, so that no guess of anybody's decides
//! which are tried.

use std::thread;

use serde_json::json;

use crate::support::fake_server::Server;
use crate::support::interposed::Interposed;
use crate::support::{Dice, Run, Sandbox, files, lines, names};

/// How many moments each command is killed at.
const MOMENTS: usize = 12;

/// Enough for several batches.
const RESULTS: usize = 130;

/// A command to be killed.
struct Victim {
    arguments: &'static str,
    /// Puts in place what it works on.
    prepare: fn(&Server, &Sandbox),
    /// What a user does after it was killed: each of these ends well, but for a torn line that is named.
    mend: &'static [&'static str],
    /// Whether the execution is ended by it, and has a link and an event.
    is_whole: bool,
}

const VICTIMS: [Victim; 7] = [
    Victim {
        arguments: "submit -q report.jsonl",
        prepare: |_, _| (),
        mend: &["push -q", "submit -q report.jsonl"],
        is_whole: false,
    },
    Victim {
        arguments: "submit -q --retry-for 0 report.jsonl",
        prepare: |server, _| server.go_down(),
        mend: &["push -q", "submit -q report.jsonl"],
        is_whole: false,
    },
    Victim {
        arguments: "submit -q report.jsonl",
        prepare: keep_some,
        mend: &["push -q", "submit -q report.jsonl"],
        is_whole: false,
    },
    Victim { arguments: "push -q", prepare: keep_all, mend: &["push -q"], is_whole: true },
    Victim { arguments: "push -q spool", prepare: spool, mend: &["push -q spool"], is_whole: true },
    Victim { arguments: "end -q", prepare: keep_results, mend: &["end -q"], is_whole: false },
    Victim {
        arguments: "end -q --retry-for 0",
        prepare: |server, sandbox| {
            keep_results(server, sandbox);
            server.go_down();
        },
        mend: &["end -q"],
        is_whole: false,
    },
];

/// An execution is open, and a few results are kept for it that the report has too.
fn keep_some(server: &Server, sandbox: &Sandbox) {
    server.go_down();
    sandbox.write("some.jsonl", lines(&names(5)));
    assert_eq!(sandbox.to("submit -q --retry-for 0 some.jsonl").status, 4);
    server.come_back();
}

fn keep_results(server: &Server, sandbox: &Sandbox) {
    server.go_down();
    assert_eq!(sandbox.to("submit -q --retry-for 0 report.jsonl").status, 4);
    server.come_back();
}

/// All of an execution is kept, from its start on.
fn keep_all(server: &Server, sandbox: &Sandbox) {
    server.go_down();
    for command in [
        "start --relevant-link log=https://l.example --ci-link https://ci.example/2",
        "submit report.jsonl --execution outbox-1",
        "update --event rebooted --metadata kernel=6.8 --execution outbox-1",
        "end --execution outbox-1",
    ] {
        let run = sandbox.to(&format!("{command} -q --best-effort --retry-for 0"));
        assert_eq!(run.status, 0, "{run:?}");
    }
    server.come_back();
}

/// The same, as another tool leaves it.
fn spool(_: &Server, sandbox: &Sandbox) {
    let start = json!({
        "family": "snap", "name": "core22", "version": "2", "revision": 1, "track": "22",
        "store": "ubuntu", "arch": "amd64", "execution_stage": "beta", "environment": "vm",
        "test_plan": "smoke", "ci_link": "https://ci.example/2",
    });
    sandbox.write("spool/b7/start.json", start.to_string());
    sandbox.write("spool/b7/results.jsonl", lines(&names(RESULTS)));
    let event =
        json!({ "event_name": "rebooted", "timestamp": "2026-01-01T00:00:00Z", "detail": "" });
    sandbox.write("spool/b7/status_updates.jsonl", event.to_string());
    sandbox.write("spool/b7/links.jsonl", "{\"label\": \"log\", \"url\": \"https://l.example\"}");
    let patch = json!({ "execution_metadata": { "kernel": ["6.8"] }, "status": "COMPLETED" });
    sandbox.write("spool/b7/patch.json", patch.to_string());
}

impl Victim {
    fn place(&self) -> (Server, Sandbox) {
        let server = Server::start();
        server.open_execution();
        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_EXECUTION", "1");
        sandbox.write("report.jsonl", lines(&names(RESULTS)));
        (self.prepare)(&server, &sandbox);
        (server, sandbox)
    }

    fn kill_at_some(&self, dice: &mut Dice, interposed: &Interposed) {
        let (server, sandbox) = self.place();
        let (_, calls) = interposed.count(&sandbox, self.arguments);
        server.come_back();
        drop(sandbox.to("check"));
        for _ in 0..MOMENTS {
            let moment = 1 + dice.roll(calls);
            let (server, sandbox) = self.place();
            let run =
                interposed.run(&sandbox, self.arguments, "INTERPOSED_KILL", &moment.to_string());
            let what = format!("`{}` at {moment} of {calls}", self.arguments);
            assert_eq!(run.status, -1, "{what} was not killed: {run:?}");
            self.assert_mended(&server, &sandbox, &what);
        }
    }

    fn assert_mended(&self, server: &Server, sandbox: &Sandbox, what: &str) {
        server.come_back();
        for command in self.mend {
            let run = sandbox.to(command);
            let is_torn = run.status == 3 && run.stderr.contains("cut short");
            assert!(run.status == 0 || is_torn, "{what}, then {command}: {run:?}");
        }
        assert_eq!(server.executions().len(), if self.is_whole { 2 } else { 1 }, "{what}");
        let execution = server.execution(if self.is_whole { 2 } else { 1 });
        let mut stored: Vec<_> = execution.results().iter().map(|result| &result.name).collect();
        stored.sort();
        assert_eq!(stored, names(RESULTS).iter().collect::<Vec<_>>(), "{what}");
        if self.is_whole {
            assert_eq!((execution.links.len(), execution.events.len()), (1, 1), "{what}");
            assert_eq!(execution.metadata["kernel"], ["6.8"], "{what}");
        }
        if !self.mend.contains(&"submit -q report.jsonl") {
            assert_eq!(execution.status, "PASSED", "{what}");
        }
        if self.arguments == "push -q" {
            // The name under which it waited is good still.
            let run = sandbox.to("show -q --execution outbox-1");
            assert_eq!((run.status, &*run.stderr), (0, ""), "{what}");
        }
        let kept = files(&sandbox.path(".to/outbox"));
        assert!(!kept.iter().any(|file| file.contains("results")), "{what}: {kept:?}");
        assert_eq!(sandbox.to("push -q"), Run::quiet(), "{what}");
    }
}

#[test]
fn what_is_killed_anywhere_is_mended_by_a_repetition() {
    let Some(interposed) = Interposed::library() else { return };
    thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                for (number, victim) in VICTIMS.iter().enumerate().filter(|(at, _)| at % 2 == half)
                {
                    victim.kill_at_some(&mut Dice::new(number as u64), interposed);
                }
            });
        }
    });
}
