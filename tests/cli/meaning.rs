//! What reports mean: each of these would once have been taken for passed, for another test, or refused.

use std::fs;
use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use crate::model::{Record, held, held_names};
use crate::support::fake_server::Server;
use crate::support::reports::{delivered, open, summary};
use crate::support::{Run, Sandbox};

/// A report, and what the server is to hold of it: the first letter of the status, the name.
type Meaning = (&'static str, &'static str, &'static [&'static str]);

const MEANINGS: &[Meaning] = &[
    (
        "behat.xml",
        "<testsuite name='login'><testcase name='logs in' status='failed' time='5.2'/></testsuite>",
        &["F login.logs in"],
    ),
    (
        "words.xml",
        "<testsuite name='s'><testcase classname='c' name='a' status='untested'/>\
         <testcase classname='c' name='b' status='Inconclusive'/>\
         <testcase classname='c' name='d' result='skip'/>\
         <testcase classname='c' name='e' status='not run'/></testsuite>",
        &["S c.a", "S c.b", "S c.d", "S c.e"],
    ),
    (
        "elements.xml",
        "<testsuite name='s'><testcase name='a'><ignored/></testcase><testcase name='b'><fail/>\
         </testcase><testcase name='d'><Failure message='m'/></testcase></testsuite>",
        &["S s.a", "F s.b", "F s.d"],
    ),
    (
        "node.xml",
        "<testsuites><testsuite name='wifi'><testcase name='joins' classname='test'/></testsuite>\
         <testsuite name='lan'><testcase name='joins' classname='test'><failure/></testcase>\
         </testsuite></testsuites>",
        &["P wifi.joins", "F lan.joins"],
    ),
    (
        "roots.xml",
        "<testsuite name='ops'><testcase name='a'/></testsuite>\n\
         <testsuite name='schemas'><testcase name='b'><failure message='m'/></testcase></testsuite>",
        &["P ops.a", "F schemas.b"],
    ),
    (
        "boot.tap",
        "TAP version 13\n1..2\nok 1 - boots\nnot ok 2 - wifi # TODO later\n",
        &["P boots", "S wifi"],
    ),
    (
        "summary",
        "smoke   PASS\nupstream  FAIL non-zero exit status 1\nslow  SKIP restriction\nflaky FLAKY x\n",
        &["P smoke", "F upstream", "S slow", "S flaky"],
    ),
    (
        "yarf.json",
        r#"{"version": 1, "origin": {"name": "YARF"}, "session_data": {"title": "t"}, "results": [
            {"id": "com.canonical.yarf::Boot/Works", "test_description": "", "outcome": "passed",
             "certification_status": "blocker", "category_id": "com.canonical.yarf::boot",
             "comments": "", "io_log": "log", "duration": 1.5},
            {"id": "com.canonical.yarf::Boot/Fails", "category_id": "x::y", "outcome": "failed"},
            {"id": "com.canonical.yarf::Boot/Skips", "outcome": "skipped"}],
            "category_map": {"com.canonical.yarf::boot": "Booting"}}"#,
        &["P Boot/Works", "F Boot/Fails", "S Boot/Skips"],
    ),
    ("error.json", r#"[{"name": "a", "status": "Error", "comment": "c"}]"#, &["F a"]),
];

#[test]
fn each_report_means_what_a_person_reads_in_it() {
    for (name, report, expected) in MEANINGS {
        for from_pipe in [false, true] {
            let (server, sandbox) = open();
            sandbox.write(name, report);
            let run = if from_pipe {
                sandbox.pipe(report, "submit -")
            } else {
                sandbox.to(&format!("submit {name}"))
            };
            assert_eq!(run.status, 0, "{name}: {}", run.stderr);
            assert_eq!(held_names(&server), *expected, "{name}");
        }
    }
}

#[test]
fn formats_give_categories_comments_and_logs() {
    let (server, sandbox) = open();
    for (name, report, _) in MEANINGS.iter().skip(5) {
        sandbox.write(name, report);
    }
    sandbox.write("upstream-stdout", "out\n");
    sandbox.write("upstream-stderr", "err\n");
    fs::write(sandbox.path("secret"), "not yours").unwrap();
    std::os::unix::fs::symlink("secret", sandbox.path("smoke-stdout")).unwrap();
    let run = sandbox.to("submit summary yarf.json error.json boot.tap");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let of = |name: &str| Record::from(server.execution(1).result(name));
    let log = "--- stdout ---\nout\n\n\n--- stderr ---\nerr\n";
    let record = |name: &str, status: &str, comment: &str, io_log: &str| Record {
        comment: comment.to_owned(),
        io_log: io_log.to_owned(),
        ..Record::new(name, status)
    };
    assert_eq!(of("smoke"), record("smoke", "PASSED", "", ""));
    assert_eq!(of("upstream"), record("upstream", "FAILED", "non-zero exit status 1", log));
    assert_eq!(of("flaky"), record("flaky", "SKIPPED", "[flaky] x", ""));
    assert_eq!(of("wifi"), record("wifi", "SKIPPED", "[TODO] later", ""));
    assert_eq!(of("a"), record("a", "FAILED", "[error] c", ""));
    let works = record("Boot/Works", "PASSED", "", "log");
    assert_eq!(of("Boot/Works"), Record { category: "Booting".to_owned(), ..works });
    let fails = record("Boot/Fails", "FAILED", "", "");
    assert_eq!(of("Boot/Fails"), Record { category: "y".to_owned(), ..fails });
}

#[test]
fn junit_of_checkbox_is_passed_over_beside_its_submission_and_else_warned_about() {
    let junit = "<testsuites failures='0' tests='1'><testcase classname='com.example::dep' \
                 name='com.example::dep' time='0.1'></testcase></testsuites>";
    let json = r#"{"title": "t", "results": [{"id": "dep", "full_id": "com.example::dep",
                  "status": "skip", "outcome": "skipped-dependency"}]}"#;
    let (server, sandbox) = open();
    sandbox.write("all/submission_2026-11-25T00.27.junit.xml", junit);
    let run = sandbox.to("submit all");
    let warning = "warning: JUnit that Checkbox wrote shows newer kinds of skipped jobs as passed: submit \
                   its .tar.xz instead (1): `all/submission_2026-11-25T00.27.junit.xml`\n";
    assert_eq!(run, delivered("1 result", [1, 0, 0], "", warning));

    sandbox.write("all/submission_2026-11-25T00.27.json", json);
    let note = "warning: JUnit that Checkbox wrote beside its submission, passed over (1): \
                `all/submission_2026-11-25T00.27.junit.xml`\n";
    for path in ["all", "all/*.junit.xml all/*.json"] {
        let run = sandbox.to(&format!("submit {path}"));
        assert_eq!(run, delivered("1 result", [0, 0, 1], "", note), "{path}");
    }
    assert_eq!(held_names(&server), ["P com.example::dep", "S dep"]);

    // JSON of the same name that is none of Checkbox's takes no result's place.
    let passed_over = "warning: no report, passed over (1): `all/submission_2026-11-25T00.27.json: \
                       holds no results: no element of it, or of its `results`, has both a `name` and a `status``\n";
    sandbox.write("all/submission_2026-11-25T00.27.json", "{\"machine\": {\"cores\": 2}}");
    let run = sandbox.to("submit all");
    assert_eq!(run, delivered("1 result", [1, 0, 0], "", &(passed_over.to_owned() + warning)));
    // Nor does it hide a submission.
    let submission = "all/submission_2026-11-25T00.27.json.gz";
    sandbox.write(submission, json);
    let run = sandbox.to("submit all");
    assert_eq!(run, delivered("1 result", [0, 0, 1], "", &(passed_over.to_owned() + note)));
    // What cannot be sent of a submission is sent of the JUnit.
    sandbox.write(submission, &json[..json.len() - 2]);
    for flag in ["", "--salvage"] {
        let run = sandbox.to(&format!("submit all {flag}"));
        assert_eq!(run.status, 3, "{}", run.stderr);
        assert!(run.stderr.contains(warning), "{}", run.stderr);
    }
    // Another session is another one, also of the same hour, and one path may be written in two ways.
    fs::remove_file(sandbox.path(submission)).unwrap();
    sandbox.write("all/submission_2026-11-25T00.31.json", json);
    let run = sandbox.to("submit all");
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    sandbox.write("all/submission_2026-11-25T00.27.json", json);
    let run = sandbox.to(
        "submit all/submission_2026-11-25T00.27.junit.xml ./all/submission_2026-11-25T00.27.json",
    );
    assert_eq!(run, delivered("1 result", [0, 0, 1], "", note));
}

#[test]
fn what_was_merged_names_the_cure() {
    let case = |suite: &str, file: &str, inner: &str| {
        format!(
            "<testsuite name='{suite}'><testcase classname='adds' name='adds' file='{file}'>{inner}\
             </testcase></testsuite>"
        )
    };
    for (first, second, cure) in [
        (
            case("s", "a.test.js", ""),
            case("t", "a.test.js", ""),
            "from another suite or class (--case-name '{suites}/{classname}.{name}' keeps them apart)",
        ),
        (
            case("s", "a.test.js", ""),
            case("s", "b.test.js", ""),
            "from another file (--case-name '{file}: {classname}.{name}' keeps them apart)",
        ),
        (
            case("s", "a", "<failure/>"),
            case("s", "a", ""),
            "a pass after a failure (--on-duplicate last keeps the last)",
        ),
    ] {
        let (_server, sandbox) = open();
        sandbox.write("r.xml", format!("<testsuites>{first}{second}</testsuites>"));
        let run = sandbox.to("submit r.xml");
        let said = format!("result merged into the first of its name, {cure} (1): `adds`\n");
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    }
}

#[test]
fn the_first_twenty_errors_of_a_file_are_said() {
    let (_server, sandbox) = open();
    let bad = (0..50).map(|_| "{\"name\": \"\"}\n").collect::<String>();
    sandbox.write("r.jsonl", format!("{bad}{{\"name\": \"a\", \"status\": \"pass\"}}\n"));
    let run = sandbox.to("submit --format jsonl r.jsonl");
    let errors: Vec<String> =
        (1..=20).map(|line| format!("error: r.jsonl:{line}: no `name`\n")).collect();
    let said = format!(
        "{}error: r.jsonl: 30 more such errors\n{}",
        errors.concat(),
        summary("1 result", [1, 0, 0], "")
    );
    assert_eq!(run, Run::new(3, "", &said));
}

#[test]
fn output_of_a_suite_goes_to_its_first_failed_cases_and_the_others_name_the_first() {
    let (server, sandbox) = open();
    let cases: Vec<String> = (1..=25)
        .map(|n| format!("<testcase name='c{n}' classname='c{n}'><failure/></testcase>"))
        .collect();
    sandbox.write(
        "r.xml",
        format!("<testsuite name='s'>{}<system-out>why</system-out></testsuite>", cases.concat()),
    );
    assert_eq!(sandbox.to("submit r.xml").status, 0);
    let logs: Vec<String> = held(&server).into_iter().map(|record| record.io_log).collect();
    let elsewhere = "[… left out: it is in the log of `c1` …]";
    assert!(
        logs[..20].iter().all(|log| log == "why") && logs[20..].iter().all(|log| log == elsewhere)
    );
}

#[test]
fn properties_become_metadata_before_the_results() {
    let (server, sandbox) = open();
    sandbox.write(
        "r.xml",
        "<testsuite name='s'><properties><property name='cloud' value='aws'/></properties>\
         <testcase name='a'><properties><property name='cloud' value='[\"gcp\", \"aws\"]'/>\
         <property name='bundle'>text</property></properties></testcase></testsuite>",
    );
    let run = sandbox.to("submit --properties-as-metadata charm_qa: r.xml");
    assert_eq!(run, delivered("1 result", [1, 0, 0], "", ""));
    let requests = server.requests();
    let methods: Vec<&str> = requests.iter().map(|request| request.method.as_str()).collect();
    let patch = methods.iter().position(|method| *method == "PATCH").unwrap();
    let post = methods.iter().position(|method| *method == "POST").unwrap();
    assert!(patch < post, "{methods:?}");
    let expected =
        r#"{"execution_metadata":{"charm_qa:bundle":["text"],"charm_qa:cloud":["gcp","aws"]}}"#;
    assert_eq!(String::from_utf8_lossy(&requests[patch].body), expected);
}

#[test]
fn properties_that_an_old_server_drops_are_named_and_cost_no_result() {
    let server = Server::builder().before("2025-07-30").start();
    server.open_execution();
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1");
    sandbox.write(
        "r.xml",
        "<testsuite name='s'><testcase name='a'><properties><property name='cloud' value='aws'/>\
         </properties></testcase></testsuite>",
    );
    let run = sandbox.to("submit -q --properties-as-metadata charm_qa: r.xml");
    let said = "error: the server is too old for metadata, and drops it\n";
    assert_eq!(run, Run::failed(5, said));
    assert_eq!(held_names(&server), ["P s.a"]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn packed_reports_are_read_from_files_and_pipes() {
    let report = gzip(b"<testsuite name='s'><testcase name='a'/></testsuite>");
    let sent = delivered("1 result", [1, 0, 0], "", "");
    let (server, sandbox) = open();
    sandbox.write("all/report.xml.gz", &report);
    sandbox.write("all/other.txt.gz", &report);
    assert_eq!(sandbox.to("submit all"), sent);
    assert_eq!(sandbox.pipe(&report, "submit"), sent);
    assert_eq!(held_names(&server), ["P s.a"]);
    sandbox.write("cut.xml.gz", &report[..report.len() - 9]);
    let run = sandbox.to("submit cut.xml.gz");
    assert_eq!(run.status, 3);
    assert!(run.stderr.starts_with("error: cut.xml.gz: cannot be unpacked: it is cut short\n"));
}

#[test]
fn what_is_recognised_and_not_read_gets_its_command() {
    for (content, command) in [
        ("<robot generator='Robot 7'><suite/></robot>", "rebot --xunit report.xml"),
        ("{\"Time\":\"2026\",\"Action\":\"fail\",\"Package\":\"x\"}\n", "gotestsum --junitfile"),
        ("{\"exitcode\":1,\"summary\":{},\"tests\":[]}", "pytest --junitxml=report.xml"),
        (
            "{\"numTotalTests\":1,\"testResults\":[{\"status\":\"failed\"}]}",
            "vitest --reporter=junit",
        ),
        ("{\"testsuites\":[{\"name\":\"a\",\"testsuite\":[]}]}", "--gtest_output=xml:report.xml"),
        ("{\"name\":\"main\",\"sub_groups\":[],\"test_cases\":[]}", "kunit.py run --raw_output"),
        ("PK\u{3}\u{4}...", "unpack it first"),
        (
            "PK\u{3}\u{4}r.xml<robot ><testsuite><testcase name='a'/></testsuite>PK",
            "unpack it first",
        ),
        ("\u{fffd}", "reports are JUnit XML"),
    ] {
        let (server, sandbox) = open();
        sandbox.write("r.data", content);
        let run = sandbox.to("submit r.data");
        assert_eq!(run.status, 3, "{}", run.stderr);
        let hint = run.stderr.lines().last().unwrap();
        assert!(hint.starts_with("hint: ") && hint.contains(command), "{content}: {hint}");
        server.expect_no_requests();
    }
}

#[test]
fn a_log_is_not_cut_through_a_secret() {
    let secret = "S3CRET-".to_owned() + &"0123456789".repeat(9);
    let log = format!("{secret} ").repeat(3500);
    let (server, sandbox) = open();
    let sandbox = sandbox.with("DEPLOY_TOKEN", &secret).with("TO_MAX_LOG", "64K");
    let result = format!("{{\"name\": \"json\", \"status\": \"PASSED\", \"io_log\": \"{log}\"}}");
    sandbox.write("r.json", format!("[{result}]"));
    let case =
        |text: &str| format!("<testcase name='xml'><system-out>{text}</system-out></testcase>");
    sandbox.write("r.xml", format!("<testsuite>{}</testsuite>", case(&log)));
    sandbox.write("r.tap", format!("1..1\nok 1 - tap\n# {log}\n"));
    assert_eq!(sandbox.to("submit -q r.json r.xml r.tap").status, 0);
    assert_eq!(sandbox.pipe(&log, "result -q typed pass --log -").status, 0);
    for name in ["json", "xml", "tap", "typed"] {
        let log = server.execution(1).result(name).io_log.clone();
        assert!(log.contains("[redacted]") && log.contains(" bytes cut …]\n"), "{name}");
        assert!(!log.contains("S3CR") && !log.contains("6789"), "{name}: {log:.200}");
    }
}

#[test]
fn secrets_do_not_go_out_in_results() {
    let report = "<testsuite name='s'><testcase name='a hunter-2222'><failure message='hunter-2222'>\
                  to_12345678 and s3cr3t-value and password and hunter-2222 twice\
                  </failure></testcase></testsuite>";
    let of = |flags: &str| {
        let (server, sandbox) = open();
        sandbox.write("r.xml", report);
        let sandbox = sandbox
            .with("TO_API_KEY", "to_12345678")
            .with("DEPLOY_TOKEN", "hunter-2222")
            .with("DB_PASSWORD", "password")
            .with("MINE", "s3cr3t-value");
        let run = sandbox.to(&format!("submit {flags} r.xml"));
        assert_eq!(run.status, 0, "{}", run.stderr);
        (held(&server).remove(0), run.stderr)
    };
    let (record, stderr) = of("--redact MINE");
    let log = "[redacted] and [redacted] and password and [redacted] twice";
    let name = "s.a [redacted]";
    assert_eq!((&*record.name, &*record.comment, &*record.io_log), (name, "[redacted]", log));
    for line in [
        format!("the value of DEPLOY_TOKEN became [redacted] (3): `{name}`"),
        format!("the value of MINE became [redacted] (1): `{name}`"),
        format!("the value of the API key became [redacted] (1): `{name}`"),
    ] {
        assert!(stderr.contains(&line), "{line}: {stderr}");
    }
    // Nor in what is said of a report, or is sent besides its results.
    let report = "<testsuite name='s'><properties><property name='env' value='hunter-2222'/></properties>\
                  <testcase name='a' status='hunter-2222'/><hunter-2222/></testsuite>";
    for (content, flags) in [
        (report, "--properties-as-metadata p:"),
        ("[{\"name\": \"a\", \"status\": \"hunter-2222\"}]", ""),
        ("1..1\nok 1 - a\nBail out! hunter-2222\n", ""),
    ] {
        for github in ["", "true"] {
            let (server, sandbox) = open();
            if content.starts_with('[') {
                server.expect_no_requests();
            }
            let sandbox =
                sandbox.with("DEPLOY_TOKEN", "hunter-2222").with("GITHUB_ACTIONS", github);
            sandbox.write("r", content);
            let run = sandbox.to(&format!("submit --json {flags} r"));
            let said = run.stdout + &run.stderr;
            assert!(!said.contains("hunter") && said.contains("[redacted]"), "{said}");
            let metadata = format!("{:?}", server.execution(1).metadata);
            assert!(!metadata.contains("hunter"), "{metadata}");
        }
    }
    // What is taken out of JSON leaves JSON, also where it is escaped there or a text is cut through it.
    let (server, sandbox) = open();
    server.expect_no_requests();
    let sandbox = sandbox.with("A_TOKEN", "hunter22\\").with("B_TOKEN", "\"results\":");
    let sandbox = sandbox.with("C_TOKEN", "hunter-\"2222").with("D_TOKEN", "9876-abcd-5432");
    let path = "a hunter22\\.xml";
    sandbox.write(path, format!("{}9876-abcd-5432 hunter-\"2222", "x".repeat(50)));
    sandbox.write("b", "hunter-\"2222");
    let run = sandbox.to_with(&["submit", "--json", path, "b"]);
    let object: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(object["files"][0]["path"], "a [redacted].xml");
    for said in [object.to_string(), run.stderr] {
        assert!(!said.contains("hunter") && !said.contains("9876"), "{said}");
    }
    // Nor in what is said of names that come again.
    let line = "{\"name\": \"t hunter-2222\", \"status\": \"PASSED\"}\n";
    for how in ["merge", "number", "first", "last", "error"] {
        let (_server, sandbox) = open();
        let sandbox = sandbox.with("DEPLOY_TOKEN", "hunter-2222");
        sandbox.write("r.jsonl", line.repeat(3));
        for run in [
            sandbox.pipe(line.repeat(3), &format!("submit --json --on-duplicate {how} -")),
            sandbox.to(&format!("submit --json --on-duplicate {how} r.jsonl")),
        ] {
            let said = run.stdout + &run.stderr;
            assert!(!said.contains("hunter") && said.contains("t [redacted]"), "{how}: {said}");
        }
    }
    let (record, stderr) = of("--no-redact");
    assert_eq!(record.name, "s.a hunter-2222");
    assert!(record.io_log.starts_with("[redacted] and s3cr3t-value"), "{}", record.io_log);
    assert!(!stderr.contains("DEPLOY_TOKEN"), "{stderr}");
    let (_, stderr) = of("--redact DB_PASSWORD");
    assert!(stderr.starts_with("warning: DB_PASSWORD is not redacted: "), "{stderr}");
}

#[test]
fn a_result_that_is_typed_has_no_secrets_either() {
    let (server, sandbox) = open();
    let sandbox =
        sandbox.with("A_SECRET", "12345678").with("TO_REDACT", "B").with("B", "mine-5678");
    let run = sandbox.to_with(&[
        "result",
        "a",
        "failed",
        "--comment",
        "it said 12345678",
        "--log",
        "12345678 mine-5678",
    ]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let record = held(&server).remove(0);
    assert_eq!(
        (&*record.comment, &*record.io_log),
        ("it said [redacted]", "[redacted] [redacted]")
    );
}

#[test]
fn the_same_results_in_all_formats_have_the_same_statuses_and_names() {
    let statuses = ["passed", "failed", "skipped"];
    let results: Vec<(String, &str)> =
        (0..500).map(|n| (format!("area {} test {n}", n % 7), statuses[n % 3])).collect();
    let each = |write: &dyn Fn(&str, &str) -> String| -> String {
        results.iter().map(|(name, status)| write(name, status)).collect()
    };
    let list = |key: &str, outcome: &str| {
        let object = |name: &str, status: &str| {
            format!("{{\"{key}\": \"{name}\", \"{outcome}\": \"{status}\"}},")
        };
        each(&object).trim_end_matches(',').to_owned()
    };
    let junit = each(&|name, status| {
        let inner = ["<failure/>", "<skipped/>", ""];
        let at = statuses[1..].iter().position(|known| *known == status).unwrap_or(2);
        format!("<testcase name='{name}'>{}</testcase>", inner[at])
    });
    let tap = each(&|name, status| match status {
        "passed" => format!("ok - {name}\n"),
        "failed" => format!("not ok - {name}\n"),
        _ => format!("ok - {name} # SKIP\n"),
    });
    let lines =
        each(&|name, status| format!("{{\"name\": \"{name}\", \"status\": \"{status}\"}}\n"));
    let mut all = Vec::new();
    for (name, text) in [
        ("r.xml", format!("<testsuites name='run'>{junit}</testsuites>")),
        ("r.json", format!("[{}]", list("name", "status"))),
        ("r.jsonl", lines),
        ("tss.json", format!("{{\"results\": [{}]}}", list("id", "outcome"))),
        ("r.tap", format!("1..500\n{tap}")),
    ] {
        let (server, sandbox) = open();
        sandbox.write(name, text);
        let run = sandbox.to(&format!("submit {name}"));
        assert_eq!(run.status, 0, "{name}: {}", run.stderr);
        all.push((name, held_names(&server)));
    }
    assert_eq!(all[0].1.len(), 500);
    for (name, names) in &all {
        assert_eq!(names, &all[0].1, "{name}");
    }
}
