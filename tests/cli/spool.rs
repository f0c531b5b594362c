//! A directory in place of a server: what the commands write there, and what they make of what others
//! wrote.

use std::fs::{self, File, TryLockError};

use serde_json::{Value, json};

use crate::support::{Process, Run, Sandbox, eventually, lines};

fn spool() -> Sandbox {
    Sandbox::new("file:spool").with_snap()
}

/// A spool with one execution, which has these lines of results.
fn with_results(lines: &[&str]) -> Sandbox {
    let sandbox = spool();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let whole: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    sandbox.write("spool/1/results.jsonl", whole.concat());
    sandbox
}

fn names(sandbox: &Sandbox, directory: &str) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path(directory)).expect("a directory");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("an entry").file_name().into_string().expect("UTF-8")
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

fn json_of(sandbox: &Sandbox, name: &str) -> Value {
    serde_json::from_str(&sandbox.read(name)).expect("JSON")
}

fn lines_of(sandbox: &Sandbox, name: &str) -> Vec<Value> {
    let text = sandbox.read(name);
    assert!(text.is_empty() || text.ends_with('\n'), "whole lines: {text:?}");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_three_commands_write_one_directory() {
    let sandbox = spool()
        .with("TO_RELEVANT_LINK", "Logs=https://logs.example/1\nBuild=https://build.example/1");
    sandbox.write(
        "report.xml",
        r#"<testsuites name="s"><testcase classname="c" name="a"/>
           <testcase name="b"><failure message="m">x &lt; y</failure></testcase></testsuites>"#,
    );
    let run = sandbox.shell("to start && to submit report.xml && to end");
    let said = "sent 2 results to execution 1: 1 passed, 1 failed, 0 skipped\n";
    assert_eq!(run, Run::new(0, "1\nFAILED\n", said));

    assert_eq!(names(&sandbox, "spool"), ["1"]);
    let files = ["links.jsonl", "patch.json", "results.jsonl", "start.json"];
    assert_eq!(names(&sandbox, "spool/1"), files);
    assert_eq!(
        json_of(&sandbox, "spool/1/start.json"),
        json!({
            "family": "snap", "name": "core22", "version": "20260101", "revision": 4711,
            "track": "22", "store": "ubuntu", "arch": "arm64", "execution_stage": "beta",
            "environment": "cm3", "test_plan": "smoke",
        })
    );
    assert_eq!(
        lines_of(&sandbox, "spool/1/results.jsonl"),
        [
            json!({"name": "c.a", "status": "PASSED", "category": "s"}),
            json!({"name": "b", "status": "FAILED", "category": "s", "comment": "m",
                   "io_log": "x < y"}),
        ]
    );
    assert_eq!(json_of(&sandbox, "spool/1/patch.json"), json!({"status": "COMPLETED"}));
    assert_eq!(
        lines_of(&sandbox, "spool/1/links.jsonl"),
        [
            json!({"label": "Logs", "url": "https://logs.example/1"}),
            json!({"label": "Build", "url": "https://build.example/1"}),
        ]
    );
}

#[test]
fn a_submission_appends() {
    let sandbox = with_results(&[r#"{"name": "a", "status": "FAILED"}"#]);
    let run = sandbox.pipe(r#"[{"name": "a", "status": "pass"}]"#, "-q submit -");
    assert_eq!(run, Run::new(0, "", ""));
    assert_eq!(
        lines_of(&sandbox, "spool/1/results.jsonl"),
        [json!({"name": "a", "status": "FAILED"}), json!({"name": "a", "status": "PASSED"})]
    );
}

/// Lines of results and the status that the server would compute of them.
const COMPUTED: &[(&[&str], &str, i32)] = &[
    (&[], "ENDED_PREMATURELY", 11),
    (&[r#"{"name": "a", "status": "PASSED"}"#], "PASSED", 0),
    (&[r#"{"name": "a", "status": "SKIPPED"}"#], "PASSED", 0),
    (
        &[r#"{"name": "a", "status": "PASSED"}"#, r#"{"name": "b", "status": "FAILED"}"#],
        "FAILED",
        10,
    ),
    (
        &[r#"{"name": "a", "status": "FAILED"}"#, r#"{"name": "a", "status": "PASSED"}"#],
        "PASSED",
        0,
    ),
    (
        &[r#"{"name": "a", "status": "PASSED"}"#, r#"{"name": "a", "status": "FAILED"}"#],
        "FAILED",
        10,
    ),
];

#[test]
fn completed_is_computed_by_the_servers_rules() {
    for (lines, status, code) in COMPUTED {
        let sandbox = with_results(lines);
        assert_eq!(sandbox.to("end --exit-code"), Run::new(*code, &format!("{status}\n"), ""));
        assert_eq!(json_of(&sandbox, "spool/1/patch.json"), json!({"status": "COMPLETED"}));
    }
}

#[test]
fn a_status_that_is_set_is_what_the_execution_has() {
    let sandbox = with_results(&[r#"{"name": "a", "status": "FAILED"}"#]);
    assert_eq!(sandbox.to("end --status NOT_TESTED"), Run::new(0, "NOT_TESTED\n", ""));
    assert_eq!(json_of(&sandbox, "spool/1/patch.json"), json!({"status": "NOT_TESTED"}));
    assert_eq!(sandbox.to("end"), Run::new(0, "FAILED\n", ""));
}

#[test]
fn end_keeps_what_else_a_patch_says() {
    let sandbox = with_results(&[]);
    sandbox
        .write("spool/1/patch.json", r#"{"c3_link": "https://c3.example/", "status": "PASSED"}"#);
    assert_eq!(sandbox.to("end"), Run::new(0, "ENDED_PREMATURELY\n", ""));
    assert_eq!(
        json_of(&sandbox, "spool/1/patch.json"),
        json!({"c3_link": "https://c3.example/", "status": "COMPLETED"})
    );
}

#[test]
fn a_torn_last_line_is_moved_away_at_the_next_opening() {
    let whole = "{\"name\": \"a\", \"status\": \"PASSED\"}\n";
    let long = format!("{{\"name\": \"b\", \"io_log\": \"{}", "x".repeat(200_000));
    for torn in ["{\"name\": \"b\", \"sta", "{", long.as_str(), "\u{e4}"] {
        let sandbox = with_results(&[]);
        sandbox.write("spool/1/results.jsonl", format!("{whole}{torn}"));
        let run = sandbox.pipe(r#"[{"name": "c", "status": "PASSED"}]"#, "-q submit -");
        let said =
            "warning: spool/1/results.jsonl: the last line is cut short: moved to torn.jsonl\n";
        assert_eq!(run, Run::new(0, "", said));
        let name = |line: Value| line["name"].as_str().expect("a name").to_owned();
        let lines = lines_of(&sandbox, "spool/1/results.jsonl");
        assert_eq!(lines.into_iter().map(name).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(sandbox.read("spool/1/torn.jsonl"), format!("{torn}\n"));
    }
}

#[test]
fn a_torn_last_line_stands_in_nobodys_way() {
    let whole = "{\"name\": \"a\", \"status\": \"PASSED\"}\n";
    for (command, stdout) in [("end -q", "PASSED\n"), ("update -q --event e", "")] {
        let sandbox = with_results(&[]);
        sandbox.write("spool/1/results.jsonl", format!("{whole}{{\"name\": \"b\", \"status\""));
        let said = "warning: spool/1/results.jsonl: the last line is cut short\n";
        let said = if command.starts_with("end") { said } else { "" };
        assert_eq!(sandbox.to(command), Run::new(0, stdout, said));
        // Nothing is written by who only looks.
        let run = sandbox.to("show -q");
        assert_eq!(
            (run.status, &*run.stderr),
            (0, "warning: spool/1/results.jsonl: the last line is cut short\n")
        );
        assert!(!sandbox.path("spool/1/torn.jsonl").exists());
    }
}

#[test]
fn a_whole_line_without_its_line_feed_counts() {
    let sandbox = with_results(&[]);
    sandbox.write("spool/1/results.jsonl", r#"{"name": "b", "status": "FAILED"}"#);
    assert_eq!(sandbox.to("end"), Run::new(0, "FAILED\n", ""));
}

#[test]
fn a_whole_line_that_is_no_result_is_named() {
    let sandbox = with_results(&[r#"{"name": "a", "status": "PASSED"}"#, "broken"]);
    let run = sandbox.to("end");
    assert_eq!((run.status, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.starts_with("error: spool/1/results.jsonl"), "{run:?}");
    assert!(!run.stderr.contains("line 1 "), "it is not the first line: {run:?}");
}

#[test]
fn a_start_with_the_same_ci_link_finds_the_execution_again() {
    let sandbox = spool().with("TO_CI_LINK", "https://ci.example/1");
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    assert_eq!(sandbox.to("start -q --environment other").stdout, "1\n");
    assert_eq!(json_of(&sandbox, "spool/1/start.json")["environment"], "cm3");
    for (link, id) in [("https://ci.example/2", "2\n"), ("none", "3\n"), ("none", "4\n")] {
        assert_eq!(sandbox.to(&format!("start --ci-link {link}")).stdout, id);
    }
    assert_eq!(names(&sandbox, "spool"), ["1", "2", "3", "4"]);
}

#[test]
fn a_repeated_start_warns_of_an_end_and_adds_no_link_twice() {
    let sandbox = spool().with("TO_CI_LINK", "https://ci.example/1");
    let start = "to start --relevant-link Logs=https://logs.example";
    let run = sandbox.shell(&format!("{start} && to end && {start}/"));
    let warning = "warning: execution 1 of an earlier start with the same CI link has ended: \
                   it is ENDED_PREMATURELY\n";
    assert_eq!(run, Run::new(0, "1\nENDED_PREMATURELY\n1\n", warning));
    assert_eq!(
        lines_of(&sandbox, "spool/1/links.jsonl"),
        [json!({"label": "Logs", "url": "https://logs.example"})]
    );
}

#[test]
fn an_initial_status_is_the_status_until_another_is_set() {
    let sandbox = spool().with("TO_CI_LINK", "x").with("TO_INITIAL_STATUS", "FAILED");
    assert_eq!(sandbox.to("start").stdout, "1\n");
    let warning = "warning: execution 1 of an earlier start with the same CI link has ended: \
                   it is FAILED\n";
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", warning));
}

/// Runs four at once and returns what they printed, in order.
fn four(sandbox: &Sandbox, arguments: &str) -> Vec<String> {
    let children: Vec<Process> = (0..4).map(|_| sandbox.spawn(arguments)).collect();
    let runs = children.into_iter().map(Process::finish);
    let mut printed: Vec<String> = runs
        .map(|run| {
            assert_eq!(run.status, 0, "{}", run.stderr);
            run.stdout
        })
        .collect();
    printed.sort();
    printed
}

#[test]
fn four_starts_at_once_make_four_executions() {
    let sandbox = spool();
    assert_eq!(four(&sandbox, "start"), ["1\n", "2\n", "3\n", "4\n"]);
    for id in 1..=4 {
        assert_eq!(names(&sandbox, &format!("spool/{id}")), ["start.json"]);
    }
}

/// A spool and an outbox with one execution, each with its directory and the file that is locked.
fn spool_and_outbox() -> [(Sandbox, &'static str, &'static str); 2] {
    let offline = Sandbox::new("http://127.0.0.1:1").with_snap();
    let offline = offline.with("TO_BEST_EFFORT", "1").with("TO_RETRY_FOR", "0");
    assert_eq!(offline.to("start -q").stdout, "outbox-1\n");
    [(with_results(&[]), "spool/1", "spool"), (offline, ".to/outbox/1", ".to/outbox/.lock")]
}

#[test]
fn changes_at_once_do_not_lose_each_other() {
    for (sandbox, record, _) in spool_and_outbox() {
        let update = |n| sandbox.spawn(&format!("update -q --metadata k{n}=v"));
        let children: Vec<Process> = (0..20).map(update).collect();
        for child in children {
            assert_eq!(child.finish(), Run::quiet());
        }
        let patch = json_of(&sandbox, &format!("{record}/patch.json"));
        assert_eq!(patch["execution_metadata"].as_object().map(serde_json::Map::len), Some(20));
    }
}

#[test]
fn whoever_writes_to_an_execution_holds_the_lock() {
    for (sandbox, record, lock) in spool_and_outbox() {
        sandbox.write("report.jsonl", lines(&["a".to_owned()]));
        let is_locked = || {
            let tried = File::open(sandbox.path(lock)).expect("a file").try_lock();
            matches!(tried, Err(TryLockError::WouldBlock))
        };
        for (file, command) in [
            ("results.jsonl", "submit -q report.jsonl"),
            ("links.jsonl", "update -q --link log=https://l.example"),
            ("status_updates.jsonl", "update -q --event rebooted"),
        ] {
            let path = sandbox.write(&format!("{record}/{file}"), "");
            let file = File::open(path).expect("a file");
            file.lock().expect("a lock");
            let child = sandbox.spawn(command);
            eventually(is_locked);
            drop(file);
            assert_eq!(child.finish(), Run::quiet(), "{command}");
            assert!(!is_locked());
        }
    }
}

#[test]
fn what_is_no_execution_in_a_spool_is_left_alone() {
    let sandbox = spool();
    sandbox.write("spool/README", "hello");
    sandbox.write("spool/notes/1", "hello");
    fs::create_dir(sandbox.path("spool/7")).unwrap();
    assert_eq!(sandbox.to("start"), Run::new(0, "8\n", ""));
    assert_eq!(names(&sandbox, "spool"), ["7", "8", "README", "notes"]);
}

#[test]
fn an_unknown_execution_and_a_spool_that_cannot_be() {
    let sandbox = spool();
    let said = "error: no such execution: spool/9 does not exist\n\
                hint: `to start` opens an execution; --execution (or TO_EXECUTION) chooses \
                another\n";
    assert_eq!(sandbox.to("end --execution 9"), Run::new(5, "", said));
    sandbox.write("file", "in the way");
    let run = sandbox.to("start --url file:file");
    assert_eq!(run, Run::new(1, "", "error: file: file exists\n"));
    let run = sandbox.to("start --url file:");
    let said = "error: invalid value 'file:' for '--url <URL>': \
                a spool directory is written file:DIR\n\nFor more information, try '--help'.\n";
    assert_eq!(run, Run::new(2, "", said));
}

#[test]
fn all_ways_to_write_a_directory_are_understood() {
    let sandbox = spool();
    let path = sandbox.path("spool").display().to_string();
    let urls = [
        "file:spool".to_owned(),
        "file:./spool/".to_owned(),
        format!("file:{path}"),
        format!("file://{path}"),
        format!("file://localhost{path}"),
    ];
    for (count, url) in urls.iter().enumerate() {
        let id = format!("{}\n", count + 1);
        assert_eq!(sandbox.to(&format!("start --url {url}")).stdout, id, "{url}");
    }
}
