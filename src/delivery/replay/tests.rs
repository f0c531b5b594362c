//! Directories that are delivered to another directory in the server's place.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::api::{Spool, Target};
use crate::model::tally::Counts;
use crate::util::files::Readers;

const START: &str = r#"{"family": "snap", "name": "core22", "version": "1", "revision": 1, "track": "22",
    "store": "ubuntu", "arch": "amd64", "execution_stage": "beta", "environment": "vm", "test_plan": "smoke""#;

/// A directory that was recorded, and the server's beside it.
struct Place {
    root: TempDir,
    server: Spool,
    target: Target,
}

impl Place {
    /// Holds the files of `recorded`, by name and content.
    fn new(recorded: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let server = root.path().join("server");
        let place =
            Self { server: Spool::new(server.clone()), target: Target::Spool(server), root };
        fs::create_dir(place.recorded()).unwrap();
        for (name, content) in recorded {
            fs::write(place.recorded().join(name), content).unwrap();
        }
        place
    }

    fn recorded(&self) -> PathBuf {
        self.root.path().join("recorded")
    }

    fn record(&self) -> Record {
        Record::of(self.recorded(), Readers::Usual)
    }

    fn url(&self) -> String {
        self.target.to_string()
    }

    /// Has `deliver` work with a replay that tells its progress to `progress`.
    fn with<T>(&self, progress: &dyn Fn(Counts), deliver: impl FnOnce(&Replay<'_>) -> T) -> T {
        deliver(&Replay {
            server: &self.server,
            target: &self.target,
            batch_size: BatchSize::new(Duration::from_secs(5)),
            progress,
            interrupt: &Interrupt::default(),
            state: &StateDirectory::new(self.root.path().join("state")),
            limits: Limits::default(),
            start_again: false,
        })
    }

    fn deliver(&self) -> (Option<i32>, ReplayReport) {
        let mut report = ReplayReport::default();
        let execution = self.with(&|_| (), |replay| replay.spooled(&self.record(), &mut report));
        (execution.unwrap().map(ExecutionId::number), report)
    }

    /// A file of the server's first execution.
    fn stored(&self, name: &str) -> String {
        read(&self.root.path().join("server/1").join(name))
    }
}

/// The file's text; of one that is not there, none.
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn append(path: &Path, line: &str) {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

/// A line of results.
fn passed(name: &str) -> String {
    format!("{{\"name\": \"{name}\", \"status\": \"PASSED\"}}\n")
}

fn start_with(rest: &str) -> String {
    format!("{START}{rest}}}")
}

#[test]
fn an_execution_is_opened_once_and_never_guessed_at() {
    let plain = start_with("");
    let linked = start_with(r#", "ci_link": "https://ci.example/1""#);
    let elsewhere = r#"{"url": "https://other.example", "execution": 7}"#;
    for (recorded, start_again, expected, still_starting) in [
        (vec![("start.json", &*plain)], false, "1", false),
        (vec![("start.json", &linked)], false, "1", false),
        // Somebody was killed in between: a CI link finds the execution that may be there.
        (vec![("start.json", &plain), ("starting", "")], false, "the execution may exist", true),
        (vec![("start.json", &plain), ("starting", "")], true, "1", false),
        (vec![("start.json", &linked), ("starting", "")], false, "1", false),
        (
            vec![("execution.json", elsewhere)],
            false,
            "belongs to an execution of https://other",
            false,
        ),
        (vec![], false, "start.json is missing", false),
        (vec![("start.json", "{")], false, "start.json: EOF", false),
        (vec![("start.json", "{}")], false, "start.json: ", false),
    ] {
        let place = Place::new(&recorded);
        let opened = place.with(&|_| (), |replay| {
            let replay = Replay { start_again, limits: Limits::default(), ..*replay };
            replay.open(&place.record())
        });
        let said = opened.map_or_else(|error| describe(&error), |home| home.execution.to_string());
        assert!(said.contains(expected), "{recorded:?}: {said}");
        assert_eq!(place.record().is_starting(), still_starting, "{recorded:?}");
    }
}

#[test]
fn an_execution_that_the_server_has_needs_no_request() {
    let place = Place::new(&[("results.jsonl", "{\"name\": \"a\", \"status\": \"PASSED\"}\n")]);
    fs::create_dir_all(place.root.path().join("server/1")).unwrap();
    let home = ExecutionRef { url: place.url(), execution: ExecutionId::Server(1) };
    place.record().write_home(&home).unwrap();
    let (execution, report) = place.deliver();
    assert_eq!((execution, report.tally.sent.total()), (Some(1), 1));
    assert!(report.unreadable.is_empty(), "{:?}", report.unreadable);
}

#[test]
fn what_was_delivered_is_delivered_again_only_where_something_was_added() {
    let link = r#"{"label": "log", "url": "https://l.example/"}"#;
    let event = r#"{"event_name": "flashed", "timestamp": "2026-01-01T00:00:00Z"}"#;
    let place = Place::new(&[
        ("start.json", &start_with("")),
        ("results.jsonl", "{\"name\": \"a\", \"status\": \"PASSED\"}\n"),
        ("links.jsonl", &format!("{link}\n")),
        ("status_updates.jsonl", &format!("{event}\n")),
        ("patch.json", r#"{"status": "COMPLETED"}"#),
    ]);
    let (execution, report) = place.deliver();
    assert_eq!((execution, report.torn), (Some(1), None));
    let of_first = ["results.jsonl", "links.jsonl", "status_updates.jsonl", "patch.json"]
        .map(|name| place.stored(name));
    assert_eq!(of_first.each_ref().map(|text| text.lines().count()), [1, 1, 1, 1]);
    assert_eq!(place.deliver().0, None);
    append(&place.record().results_path(), &passed("b"));
    assert_eq!(place.deliver().0, Some(1));
    // Results replace at a server those of their name; links and events are compared with what is there.
    assert_eq!(place.stored("results.jsonl").lines().count(), 3);
    assert_eq!(place.stored("links.jsonl"), of_first[1]);
    assert_eq!(place.stored("status_updates.jsonl"), of_first[2]);
    assert_eq!(place.deliver().0, None);
}

#[test]
fn lines_that_cannot_be_read_are_told_and_do_not_stand_in_the_way() {
    let place = Place::new(&[
        ("start.json", &start_with("")),
        ("results.jsonl", "no\n{\"name\": \"a\", \"status\": \"PASSED\"}\n{\"name\": \"b"),
        ("links.jsonl", "{\"label\": 1}\n{\"label\": \"log\", \"url\": \"https://l.example/\"}\n"),
        (
            "status_updates.jsonl",
            "[]\n{\"event_name\": \"e\", \"timestamp\": \"2026-01-01T00:00:00Z\"}\n",
        ),
    ]);
    let (execution, report) = place.deliver();
    assert_eq!((execution, report.tally.sent.total()), (Some(1), 1));
    let places = ["results.jsonl:1:", "links.jsonl:1:", "status_updates.jsonl:1:"];
    assert_eq!(report.unreadable.len(), places.len(), "{:?}", report.unreadable);
    for (Unreadable { said, .. }, place) in report.unreadable.iter().zip(places) {
        assert!(said.contains(place), "{said}");
    }
    let torn = place.recorded().join("torn.jsonl");
    assert_eq!(report.torn, Some((torn.clone(), 1)));
    assert_eq!(read(&torn), "{\"name\": \"b\n");
    assert!(place.stored("links.jsonl").contains("l.example"));
    assert!(place.stored("status_updates.jsonl").contains("\"e\""));
    // They are told again, until somebody has dealt with them.
    let (execution, again) = place.deliver();
    assert_eq!(execution, None);
    let words = |report: &ReplayReport| {
        report.unreadable.iter().map(|bad| bad.said.clone()).collect::<Vec<_>>()
    };
    assert_eq!((words(&again), again.torn), (words(&report), report.torn));
}

#[test]
fn a_mark_of_another_server_is_no_delivery() {
    let place = Place::new(&[("start.json", &start_with(""))]);
    let mark = r#"{"url": "https://other.example", "execution": 7,
        "extent": {"results": 0, "links": 0, "status_updates": 0, "patch": null}}"#;
    fs::write(place.recorded().join(DELIVERED), mark).unwrap();
    let delivered =
        place.with(&|_| (), |replay| replay.spooled(&place.record(), &mut ReplayReport::default()));
    let said = describe(&delivered.unwrap_err());
    assert!(said.ends_with("belongs to an execution of https://other.example"), "{said}");
}

#[test]
fn a_change_that_will_never_be_made_is_set_aside() {
    let place = Place::new(&[
        ("start.json", &start_with("")),
        ("links.jsonl", "{\"label\": \"log\", \"url\": \"https://l.example/\\u0000\"}\n"),
        ("results.jsonl", "{\"name\": \"a\", \"status\": \"PASSED\"}\n"),
    ]);
    let (execution, report) = place.deliver();
    assert_eq!((execution, report.tally.sent.total()), (Some(1), 1));
    assert_eq!(report.refused.len(), 1, "{:?}", report.refused);
    let written = read(&RefusedFile::beside(&place.recorded()).changes_path());
    assert!(written.contains("NUL") && written.contains("l.example"), "{written}");
    let (execution, again) = place.deliver();
    assert_eq!((execution, again.refused_before), (None, 1));
    // Once somebody has dealt with it, there is nothing to tell.
    fs::remove_file(RefusedFile::beside(&place.recorded()).changes_path()).unwrap();
    assert_eq!(place.deliver().1.refused_before, 0);
}

#[test]
fn names_that_are_no_fields_are_told() {
    let place = Place::new(&[
        ("start.json", &start_with(r#", "colour": "red""#)),
        ("patch.json", r#"{"status": "COMPLETED", "mood": "good"}"#),
    ]);
    let (_, report) = place.deliver();
    let said = report.tally.warnings.lines().join("\n");
    assert!(said.contains("`colour`") && said.contains("`mood`"), "{said}");
}

#[test]
fn what_is_added_to_the_outbox_meanwhile_is_delivered_before_it_is_removed() {
    let place = Place::new(&[]);
    fs::create_dir_all(place.root.path().join("server/1")).unwrap();
    let outbox = Outbox::new(place.root.path().join("outbox"));
    let home = ExecutionRef { url: place.url(), execution: ExecutionId::Server(1) };
    let (_, record) = outbox.spool.create().unwrap();
    fs::create_dir(place.root.path().join("state")).unwrap();
    record.write_home(&home).unwrap();
    fs::write(record.results_path(), passed("a") + "no\n").unwrap();
    let added = Cell::new(false);
    let add = |_| {
        if !added.replace(true) {
            append(&record.results_path(), &passed("b"));
        }
    };
    let mut report = ReplayReport::default();
    let execution = place.with(&add, |replay| outbox.empty(&record, replay, &mut report));
    assert_eq!(execution.unwrap(), Some(ExecutionId::Server(1)));
    assert!(place.stored("results.jsonl").contains("\"b\""));
    assert!(!record.path.exists());
    // What could not be read is not lost with it.
    let aside = read(&place.root.path().join("state/refused-changes.jsonl"));
    assert!(aside.contains("\"line\":\"no\""), "{aside}");
    // Another process was faster.
    let again = place.with(&|_| (), |replay| outbox.empty(&record, replay, &mut report));
    assert_eq!(again.unwrap(), None);
}

#[test]
fn an_event_is_known_again_by_name_detail_and_second() {
    let event = |name: &str, detail: &str, time: &str| -> StatusUpdate {
        let event = serde_json::json!({"event_name": name, "detail": detail, "timestamp": time});
        serde_json::from_value(event).unwrap()
    };
    let known = event("flashed", "ok", "2026-01-01T00:00:07");
    for (name, detail, time, expected) in [
        ("flashed", "ok", "2026-01-01T00:00:07", true),
        ("flashed", "ok", "2026-01-01T00:00:07.25Z", true),
        ("flashed", "ok", "2026-01-01T00:00:08Z", false),
        ("flashed", "", "2026-01-01T00:00:07Z", false),
        ("booted", "ok", "2026-01-01T00:00:07Z", false),
    ] {
        assert_eq!(is_same(&known, &event(name, detail, time)), expected, "{name} {detail} {time}");
    }
}
