//! The whole of `to` against a server, and what the server stored read back.
//!
//! With `TO_TEST_URL` and `TO_TEST_API_KEY` that server is a real one (and with `TO_TEST_WRITE_ONLY_KEY`
//! and `TO_TEST_BAD_KEY` its keys are tried too; `TO_TEST_CA_CERT` is trusted); without, it is the fake
//! that all other tests use, so that the fake cannot drift from what is asked of a real one. What an
//! older release lacks is named on standard error, and skipped.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says that it fails by panicking"
)]

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "each target needs a part of it")]
mod support;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::id;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use support::fake_server::Server;
use support::{Run, Sandbox};

/// A server to test, and its keys.
struct Target {
    url: String,
    key: Option<String>,
    write_only: Option<String>,
    bad: Option<String>,
    ca_cert: Option<String>,
    /// Held until the end.
    _fake: Option<Server>,
}

impl Target {
    /// The server that the environment names, or else a fake.
    fn find() -> Self {
        let variable = |name| env::var(name).ok().filter(|value| !value.trim().is_empty());
        if let Some(url) = variable("TO_TEST_URL") {
            return Self {
                url,
                key: variable("TO_TEST_API_KEY"),
                write_only: variable("TO_TEST_WRITE_ONLY_KEY"),
                bad: variable("TO_TEST_BAD_KEY"),
                ca_cert: variable("TO_TEST_CA_CERT"),
                _fake: None,
            };
        }
        let fake = Server::builder()
            .auth_required()
            .key("to_full", &["change_test", "view_test", "change_rerun", "view_rerun"])
            .key("to_writer", &["change_test"])
            .start();
        let key = |key: &str| Some(key.to_owned());
        Self {
            url: fake.url(),
            key: key("to_full"),
            write_only: key("to_writer"),
            bad: key("to_wrong"),
            ca_cert: None,
            _fake: Some(fake),
        }
    }

    /// A sandbox with this key.
    fn sandbox_with(&self, key: Option<&str>) -> Sandbox {
        let ca_cert = self.ca_cert.as_deref().unwrap_or_default();
        Sandbox::new(&self.url)
            .with("TO_API_KEY", key.unwrap_or_default())
            .with("TO_CA_CERT", ca_cert)
            .with("TO_RETRY_DELAY", "0.5")
    }

    fn sandbox(&self) -> Sandbox {
        self.sandbox_with(self.key.as_deref())
    }
}

/// A name that no run of these tests has used before: names are one namespace for the whole server.
fn fresh(what: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    format!("to-conformance-{what}-{:x}-{}-{number}", now.as_micros(), id())
}

/// The flags of a start for each family.
fn families() -> [(&'static str, String); 6] {
    let name = || fresh("artefact");
    let unique = fresh("").bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let sha256 = &unique[unique.len() - 64..];
    [
        (
            "snap",
            format!("--name {} --revision 4711 --track 22 --store ubuntu --stage beta", name()),
        ),
        ("deb", format!("--name {} --series noble --repo main --stage proposed", name())),
        ("deb", format!("--name {} --series noble --repo main --source ppa:a/b", name())),
        ("charm", format!("--name {} --revision 3 --track latest --stage edge", name())),
        (
            "image",
            format!(
                "--name {} --os ubuntu --release noble --owner team --stage pending \
                 --image-url https://images.example/{} --sha256 {}",
                name(),
                fresh("image"),
                sha256
            ),
        ),
        (
            "solution",
            format!("--name {} --track latest --source https://s.example --stage edge", name()),
        ),
    ]
}

/// Opens an execution of a snap, and returns its id. Those before it are forgotten: `start` would say
/// that they have not been ended.
fn open(sandbox: &Sandbox) -> String {
    _ = fs::remove_dir_all(sandbox.path(".to"));
    let (family, flags) = &families()[0];
    let run = start(sandbox, family, flags, "none");
    assert_eq!((run.status, &*run.stderr), (0, ""), "{run:?}");
    run.stdout.trim().to_owned()
}

fn start(sandbox: &Sandbox, family: &str, flags: &str, ci_link: &str) -> Run {
    sandbox.to(&format!(
        "start --family {family} {flags} --version 1 --arch amd64 --environment vm --test-plan smoke \
         --ci-link {ci_link}"
    ))
}

/// All that the server tells of an execution.
fn shown(sandbox: &Sandbox, execution: &str) -> Value {
    let run = sandbox.to(&format!("show --json --execution {execution}"));
    assert_eq!((run.status, &*run.stderr), (0, ""), "{run:?}");
    serde_json::from_str(&run.stdout).expect("an object")
}

/// Results by name, with what counts of them; what is left out is empty.
fn by_name<'a>(results: impl Iterator<Item = &'a Value>) -> BTreeMap<String, Vec<String>> {
    let text = |result: &Value, field: &str| result[field].as_str().unwrap_or_default().to_owned();
    let fields = ["status", "category", "template_id", "comment", "io_log"];
    results
        .map(|result| (text(result, "name"), fields.map(|field| text(result, field)).to_vec()))
        .collect()
}

/// Submits a report, and compares what the server stored with what `--dry-run` says.
fn assert_stored(sandbox: &Sandbox, report: &str, flags: &str) {
    let execution = open(sandbox);
    let planned = sandbox.to(&format!("submit {report} --dry-run {flags}"));
    assert!(planned.status == 0, "{planned:?}");
    let planned: Vec<Value> =
        planned.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(!planned.is_empty(), "{report}");
    let run = sandbox.to(&format!("submit -q {report} {flags}"));
    assert_eq!((run.status, &*run.stdout), (0, ""), "{report}: {run:?}");
    let stored = shown(sandbox, &execution);
    let stored = stored["results"].as_array().expect("results");
    assert_eq!(by_name(stored.iter()), by_name(planned.iter()), "{report} {flags}");
}

/// A report of each format that has a name of its own in each place.
fn reports(sandbox: &Sandbox) -> Vec<&'static str> {
    let name = fresh("case");
    sandbox.write(
        "report.xml",
        format!(
            "<testsuites name='all'><testsuite name='{name}'>\
             <testcase classname='{name}' name='passes &amp; more'/>\
             <testcase classname='{name}' name='fails'><failure message='no &lt;net&gt;'>line 1\n\tline 2 é😀\
             </failure><system-out>out</system-out></testcase>\
             <testcase classname='{name}' name='breaks'><error type='E'>boom</error></testcase>\
             <testcase classname='{name}' name='waits'><skipped message='later'/></testcase>\
             </testsuite></testsuites>"
        ),
    );
    let result = |part: &str, status: &str| {
        json!({"name": format!("{name}/{part}"), "status": status, "category": "c", "template_id": "t",
               "comment": "a \"comment\" \\ with\nlines", "io_log": "log\u{1f600}\n"})
    };
    sandbox.write("list.json", json!([result("l1", "PASSED"), result("l2", "FAILED")]).to_string());
    sandbox.write("object.json", json!({"results": [result("o1", "SKIPPED")]}).to_string());
    sandbox.write("lines.jsonl", format!("{}\n{}\n", result("j1", "passed"), result("j2", "fail")));
    let job = |id: &str, outcome: &str| {
        json!({"id": format!("{name}/{id}"), "full_id": format!("com.canonical::{name}/{id}"), "name": "N",
               "category": "Disk &amp; more", "status": "fail", "outcome": outcome, "comments": "c",
               "io_log": "1 &lt; 2", "plugin": "shell", "template_id": null})
    };
    sandbox.write(
        "submission.json",
        json!({"title": "t", "results": [job("a", "fail"), job("b", "crash")], "custom_joblist": false,
               "rejected-jobs": [], "category_map": {}, "system_information": {}})
        .to_string(),
    );
    vec!["report.xml", "list.json", "object.json", "lines.jsonl", "submission.json"]
}

#[test]
fn an_execution_of_each_family_is_opened_and_told_as_it_was_asked_for() {
    let target = Target::find();
    for (family, flags) in families() {
        let sandbox = target.sandbox();
        let link = format!("https://ci.example/{}", fresh("job"));
        let run = start(&sandbox, family, &flags, &link);
        if family == "solution" && run.status == 5 {
            eprintln!("skipped: solutions, which came on 2026-05-26: {}", run.stderr);
            continue;
        }
        assert_eq!((run.status, &*run.stderr), (0, ""), "{family} {flags}: {run:?}");
        // Found again by its link.
        let again = start(&sandbox, family, &flags, &link);
        assert_eq!((again.status, &*again.stdout), (0, &*run.stdout), "{family}: {again:?}");
        let told = shown(&sandbox, run.stdout.trim());
        assert_eq!(told["ci_link"], json!(link), "{family}");
        assert_eq!(told["test_plan"], json!("smoke"), "{family}");
        assert_eq!(told["environment"]["name"], json!("vm"), "{family}");
        assert_eq!(told["environment"]["architecture"], json!("amd64"), "{family}");
        assert_eq!(told["status"], json!("IN_PROGRESS"), "{family}");
    }
}

#[test]
fn a_report_of_each_format_is_stored_as_a_dry_run_says() {
    let target = Target::find();
    let sandbox = target.sandbox();
    for report in reports(&sandbox) {
        assert_stored(&sandbox, report, "");
    }
}

#[test]
fn duplicates_are_stored_as_a_dry_run_says() {
    let target = Target::find();
    let sandbox = target.sandbox();
    for policy in ["merge", "number", "first", "last"] {
        let name = fresh("twice");
        sandbox.write(
            "twice.xml",
            format!(
                "<testsuite name='{name}'><testcase name='{name}'/>\
                 <testcase name='{name}'><failure message='second'>log</failure></testcase>\
                 <testcase name='{name}'><skipped/></testcase></testsuite>"
            ),
        );
        assert_stored(&sandbox, "twice.xml", &format!("--on-duplicate {policy}"));
    }
}

#[test]
fn what_a_server_cannot_store_is_mended_as_a_dry_run_says() {
    let target = Target::find();
    let sandbox = target.sandbox();
    let name = fresh("limits");
    let results = json!([
        {"name": format!("{name}/nul\u{0}"), "status": "PASSED", "comment": "a\u{0}b"},
        {"name": format!("{name}/{}", "long ".repeat(600)), "status": "FAILED"},
        {"name": format!("{name}/category"), "status": "FAILED", "category": "c".repeat(3000)},
        {"name": format!("{name}/log"), "status": "PASSED", "io_log": "0123456789abcdef\n".repeat(90_000)},
        {"name": format!("{name}/fancy \"'<&>\\ é😀"), "status": "SKIPPED"},
    ]);
    sandbox.write("limits.json", results.to_string());
    assert_stored(&sandbox, "limits.json", "");
}

#[test]
fn a_result_changes_and_an_end_are_told_as_they_were_asked_for() {
    let target = Target::find();
    let sandbox = target.sandbox();
    let execution = open(&sandbox);
    let name = fresh("typed");
    let run = sandbox.to(&format!("-q result {name} failed --comment no --log lines --category c"));
    assert_eq!(run, Run::new(0, "", ""));
    let run = sandbox.to("-q update --metadata cloud=aws --metadata cloud=gcp");
    let has_metadata = run.status == 0;
    if !has_metadata {
        eprintln!("skipped: metadata, which came on 2025-07-30: {}", run.stderr);
    }
    for arguments in
        ["--link Logs=https://logs.example/1", "--event begun=now", "--c3-link https://c3.example/"]
    {
        let run = sandbox.to(&format!("-q update {arguments}"));
        assert_eq!(run, Run::new(0, "", ""), "{arguments}");
    }
    // A link that is there is not added again.
    assert_eq!(sandbox.to("-q update --link Logs=https://logs.example/1"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("-q end"), Run::new(0, "FAILED\n", ""));
    assert_eq!(sandbox.to("-q end --exit-code"), Run::new(10, "FAILED\n", ""));
    let told = shown(&sandbox, &execution);
    assert_eq!(told["status"], json!("FAILED"));
    assert_eq!(told["c3_link"], json!("https://c3.example/"));
    if has_metadata {
        assert_eq!(told["execution_metadata"], json!({"cloud": ["aws", "gcp"]}));
    }
    let links = told["relevant_links"].as_array().expect("links");
    assert_eq!(links.len(), 1, "{links:?}");
    let events = told["events"].as_array().expect("events");
    assert_eq!((events.len(), &events[0]["event_name"]), (1, &json!("begun")));
    let stored = by_name(told["results"].as_array().expect("results").iter());
    assert_eq!(stored[&name], ["FAILED", "c", "", "no", "lines"]);
    assert_eq!(sandbox.to("-q end --status NOT_TESTED"), Run::new(0, "NOT_TESTED\n", ""));
}

/// A lab asks for a rerun, finds it in the list, and takes it off.
#[test]
fn a_rerun_is_requested_listed_and_taken_off() {
    let target = Target::find();
    let sandbox = target.sandbox();
    let (family, flags) = &families()[0];
    let link = format!("https://ci.example/{}", fresh("job"));
    let started = start(&sandbox, family, flags, &link);
    assert_eq!(started.status, 0, "{started:?}");
    let execution = started.stdout.trim();
    let requested = sandbox.to(&format!("-q rerun {execution}"));
    let listed = sandbox.to("-q reruns");
    for run in [&requested, &listed] {
        if matches!(run.status, 4 | 5) {
            eprintln!(
                "skipped: reruns, which want `change_rerun` and `view_rerun`: {}",
                run.stderr
            );
            return;
        }
    }
    assert_eq!(requested, Run::new(0, "", ""));
    let line = |run: &Run| run.stdout.lines().find(|line| line.ends_with(&link)).map(str::to_owned);
    let told = line(&listed).expect("the rerun that was requested");
    assert!(told.starts_with(&format!("{execution}\t{family}\t")), "{told}");
    // Requested again, it is there once.
    assert_eq!(sandbox.to(&format!("-q rerun {execution}")), Run::new(0, "", ""));
    let again = sandbox.to("-q reruns --environment vm --arch amd64");
    assert_eq!(again.stdout.matches(&link).count(), 1, "{again:?}");
    assert_eq!(sandbox.to(&format!("-q reruns --done {execution}")), Run::new(0, "", ""));
    assert_eq!(line(&sandbox.to("-q reruns")), None);
}

#[test]
fn a_spool_is_pushed_whole() {
    let target = Target::find();
    let sandbox = target.sandbox();
    let (family, flags) = &families()[0];
    let spool = |arguments: &str| {
        let run = sandbox.to(&format!("-q {arguments} --url file:spool"));
        assert_eq!(run.status, 0, "{arguments}: {run:?}");
    };
    let link = format!("https://ci.example/{}", fresh("job"));
    spool(&format!(
        "start --family {family} {flags} --version 1 --arch amd64 --environment vm --test-plan smoke \
         --ci-link {link} --relevant-link Logs=https://logs.example/"
    ));
    let name = fresh("spooled");
    spool(&format!("result {name} passed --comment fine"));
    spool("update --event begun");
    spool("end");
    let run = sandbox.to("-q push spool");
    assert_eq!((run.status, &*run.stderr), (0, ""), "{run:?}");
    let told = shown(&sandbox, run.stdout.trim());
    assert_eq!((&told["status"], &told["ci_link"]), (&json!("PASSED"), &json!(link)));
    let stored = by_name(told["results"].as_array().expect("results").iter());
    assert_eq!(stored[&name], ["PASSED", "", "", "fine", ""]);
    assert_eq!(told["relevant_links"].as_array().expect("links").len(), 1);
    assert_eq!(told["events"].as_array().expect("events").len(), 1);
    // Delivered already.
    assert_eq!(sandbox.to("-q push spool").status, 0);
    assert_eq!(shown(&sandbox, run.stdout.trim())["events"].as_array().map(Vec::len), Some(1));
}

/// Several jobs name the same tests first, at once and in different orders.
#[test]
fn parallel_legs_all_deliver() {
    let target = Target::find();
    let names: Vec<String> = (0..30).map(|_| fresh("leg")).collect();
    let ids: Vec<String> = (0..4).map(|_| open(&target.sandbox())).collect();
    let legs = ids.iter().enumerate().map(|(leg, execution)| {
        let (names, target, execution) = (names.clone(), &target, execution.clone());
        move || {
            let mut names = names;
            names.rotate_left(leg * 7);
            let line = |name| format!("{}\n", json!({"name": name, "status": "PASSED"}));
            let sandbox = target.sandbox();
            sandbox.write("leg.jsonl", names.iter().map(line).collect::<String>());
            let run = sandbox.to(&format!("-q submit leg.jsonl --execution {execution}"));
            assert_eq!(run.status, 0, "{run:?}");
        }
    });
    thread::scope(|scope| {
        let legs: Vec<_> = legs.map(|leg| scope.spawn(leg)).collect();
        for leg in legs {
            leg.join().expect("a leg");
        }
    });
    for execution in ids {
        let told = shown(&target.sandbox(), &execution);
        assert_eq!(told["results"].as_array().map(Vec::len), Some(names.len()));
    }
}

#[test]
fn a_check_and_each_key_do_what_they_may() {
    let target = Target::find();
    let told = |key: Option<&str>| {
        let run = target.sandbox_with(key).to("check --json");
        let object: Value = serde_json::from_str(&run.stdout).expect("an object");
        assert_eq!((&object["reachable"], &object["api"]), (&json!(true), &json!(true)), "{run:?}");
        (run.status, object["writes"] == true, object["reads"] == true)
    };
    assert_eq!(told(target.key.as_deref()), (0, true, true));
    match &target.bad {
        // A server may let everybody write.
        Some(bad) => {
            let (status, writes, _) = told(Some(bad));
            assert_eq!(status == 0, writes);
            let (family, flags) = &families()[0];
            let run = start(&target.sandbox_with(Some(bad)), family, flags, "none");
            assert_eq!(run.status, if writes { 0 } else { 5 }, "{run:?}");
            assert!(!run.stderr.contains(bad.as_str()), "{}", run.stderr);
        }
        None => eprintln!("skipped: a bad key, for want of TO_TEST_BAD_KEY"),
    }
    let Some(writer) = &target.write_only else {
        eprintln!("skipped: a key that may only write, for want of TO_TEST_WRITE_ONLY_KEY");
        return;
    };
    assert_eq!(told(Some(writer)).0, 0);
    let sandbox = target.sandbox_with(Some(writer));
    let execution = open(&sandbox);
    let name = fresh("blind");
    assert_eq!(sandbox.to(&format!("-q result {name} passed")), Run::new(0, "", ""));
    assert_eq!(sandbox.to("-q update --link Logs=https://logs.example/"), Run::new(0, "", ""));
    assert_eq!(sandbox.to("-q end"), Run::new(0, "PASSED\n", ""));
    let told = shown(&target.sandbox(), &execution);
    assert!(by_name(told["results"].as_array().expect("results").iter()).contains_key(&name));
    assert_eq!(told["relevant_links"].as_array().map(Vec::len), Some(1));
}
