//! Spools that other tools wrote, damaged in every way: whatever is in them, `to push` stores it, names
//! it, or leaves it where the contract says so; it never claims, doubles or loses a thing.
//!
//! Each part is made together with what is to become of it, so that nothing of `to` has a say in what is
//! expected. `TO_FOREIGN_SPOOLS=10000` tries as many.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;

use serde_json::Value;

use crate::support::fake_server::{Execution, Server, client};
use crate::support::{Dice, Run, Sandbox};
use parts::{Content, Entry, Identity, TORN, key};

/// How many spools are tried where `TO_FOREIGN_SPOOLS` says nothing.
const SPOOLS: u64 = 100;

#[test]
fn whatever_another_tool_wrote_is_stored_named_or_left() {
    let asked = env::var("TO_FOREIGN_SPOOLS").ok().and_then(|count| count.parse().ok());
    let count: u64 = asked.unwrap_or(SPOOLS);
    thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || (0..count).filter(|seed| seed % 2 == half).for_each(try_spool));
        }
    });
}

fn try_spool(seed: u64) {
    let mut dice = Dice::new(seed);
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with("TO_RETRY_FOR", "0");
    let count = 1 + dice.roll(3);
    let entries: Vec<Entry> =
        (0..count).map(|number| Entry::new(number, &server, &mut dice)).collect();
    let victim = sandbox.write("victim", "{\"name\": \"planted\", \"status\": \"PASSED\"}\n");
    for entry in &entries {
        write(entry, &sandbox.path("spool"), &victim);
    }
    let has_stray_link = dice.one_in(20);
    if has_stray_link {
        fs::create_dir_all(sandbox.path("spool")).expect("a directory");
        symlink("nowhere", sandbox.path("spool/stray")).expect("a link");
    }
    // Some spools have nothing to be sent, which is no fault of theirs.
    client::call(server.port(), "GET", "/v1/version", &Value::Null).expect("an answer");
    let before: Vec<Execution> = server.executions();
    let first = sandbox.to("push -q spool");
    let place = || format!("seed {seed}: {first:?}\nin {}", shown(&entries));
    assert_said(&first, &entries, has_stray_link, &place);
    for entry in &entries {
        assert_stored(entry, &server, &place);
        assert_kept(entry, &sandbox.path("spool"), &place);
    }
    assert!(server.executions().len() <= before.len() + entries.len(), "{}", place());
    assert_eq!(sandbox.read("victim").lines().count(), 1, "{}", place());

    let held = snapshot(&server);
    let again = sandbox.to("push -q spool");
    assert_eq!(again.status == 0, first.status == 0, "{}\nthen {again:?}", place());
    assert_eq!(snapshot(&server), held, "{}\nthen {again:?}", place());
}

fn write(entry: &Entry, spool: &Path, victim: &Path) {
    let directory = spool.join(&entry.name);
    fs::create_dir_all(&directory).expect("a directory");
    for (name, content) in &entry.files {
        let path = directory.join(name);
        match content {
            Content::Bytes(bytes) => fs::write(path, bytes).expect("a file"),
            Content::Directory => fs::create_dir(path).expect("a directory"),
            Content::Link => symlink(victim, path).expect("a link"),
        }
    }
}

/// All that is to be said is said, on lines of `to`'s own making, and the exit status tells of it.
fn assert_said(run: &Run, entries: &[Entry], has_stray_link: bool, place: &dyn Fn() -> String) {
    let lines: Vec<&str> = run.stderr.lines().collect();
    for line in &lines {
        let begins = ["error: ", "warning: ", "hint: ", "  "];
        assert!(begins.iter().any(|begin| line.starts_with(begin)), "{line}\n{}", place());
        assert!(!line.contains(char::is_control), "{line}\n{}", place());
    }
    let is_said = |token: &str, words: &str| {
        lines.iter().any(|line| line.contains(token) && line.contains(words))
    };
    for Entry { token, plan, .. } in entries.iter().filter(|entry| !entry.plan.is_left) {
        if plan.is_stopped() {
            let is_named = plan.stops.iter().any(|words| is_said(token, words));
            assert!(is_named, "{token} is not named: {}", place());
            continue;
        }
        for words in &plan.said {
            assert!(is_said(token, words), "{words} of {token} is not said: {}", place());
        }
        for words in plan.noted.iter().chain(&plan.aside) {
            assert!(is_said("", words), "{words} is not said: {}", place());
        }
    }
    assert!(!has_stray_link || is_said("stray", "symbolic link"), "{}", place());
    let is_any = has_stray_link || entries.iter().any(|entry| !entry.plan.is_left);
    let is_well = entries.iter().all(|entry| entry.plan.is_left || entry.plan.is_well());
    assert_eq!(run.status == 0, is_any && is_well && !has_stray_link, "{}", place());
    assert!(matches!(run.status, 0..=3 | 5 | 6), "{}", place());
}

/// What is to be stored is, once, and nothing else.
fn assert_stored(entry: &Entry, server: &Server, place: &dyn Fn() -> String) {
    let plan = &entry.plan;
    let found = server.executions().into_iter().find(|execution| match &entry.execution {
        Identity::CiLink(link) => execution.ci_link.as_ref() == Some(link),
        Identity::Number(number) => execution.id == *number,
        Identity::None => false,
    });
    let Some(execution) = found else {
        return assert!(
            plan.is_left || plan.is_stopped(),
            "{} is not there: {}",
            entry.token,
            place()
        );
    };
    let results: Vec<(String, String)> = execution
        .results()
        .iter()
        .map(|result| (key(&result.name), result.status.clone()))
        .collect();
    let stored: BTreeMap<_, _> = results.iter().cloned().collect();
    assert_eq!(stored.len(), results.len(), "doubled: {}", place());
    if plan.is_left || plan.is_stopped() {
        let is_planned =
            |(name, status): (&String, &String)| plan.results.get(name) == Some(status);
        return assert!(stored.iter().all(is_planned), "{}", place());
    }
    assert_eq!(stored, plan.results, "{}", place());
    let mut labels: Vec<String> = execution
        .links
        .iter()
        .map(|link| link["label"].as_str().unwrap_or_default().to_owned())
        .collect();
    labels.sort();
    assert_eq!(labels, plan.links.iter().cloned().collect::<Vec<_>>(), "{}", place());
    let events: Vec<&str> = execution
        .events
        .iter()
        .map(|event| event["event_name"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(events, plan.events, "{}", place());
    assert_eq!(execution.metadata, plan.metadata, "{}", place());
    assert_eq!(execution.status, plan.status(), "{}", place());
}

/// What was written is there still, but for a torn end, which has a file of its own.
fn assert_kept(entry: &Entry, spool: &Path, place: &dyn Fn() -> String) {
    let directory = spool.join(&entry.name);
    if !entry.plan.is_left && !entry.plan.is_stopped() {
        let aside = fs::read_to_string(directory.join("refused-changes.jsonl")).unwrap_or_default();
        assert_eq!(aside.lines().count(), entry.plan.aside.len(), "{aside}: {}", place());
    }
    let torn = fs::read(directory.join(TORN)).unwrap_or_default();
    for (name, content) in &entry.files {
        let Content::Bytes(written) = content else { continue };
        let now = fs::read(directory.join(name)).unwrap_or_default();
        let is_there = if let Some(rest) = written.strip_prefix(&*now) {
            let rest = rest.trim_ascii();
            rest.is_empty() || torn.windows(rest.len()).any(|part| part == rest)
        } else {
            now.strip_suffix(b"\n") == Some(written)
        };
        // What a start found is noted beside it.
        assert!(is_there || *name == "execution.json", "{name} of {}: {}", entry.token, place());
    }
}

fn snapshot(server: &Server) -> Vec<String> {
    let shown = |execution: &Execution| {
        format!(
            "{} {:?} {:?} {:?} {:?} {:?}",
            execution.status,
            execution.results().iter().map(|result| &result.name).collect::<BTreeSet<_>>(),
            execution.results().len(),
            execution.links,
            execution.events,
            execution.metadata
        )
    };
    server.executions().iter().map(shown).collect()
}

fn shown(entries: &[Entry]) -> String {
    entries.iter().map(|entry| format!("{entry:?}")).collect::<Vec<_>>().join("\n")
}
