//! Reports that cannot be read, wholly or in part, among those that can.

use crate::model::{Record, held, held_names};
use crate::support::Run;
use crate::support::fake_server::{ALWAYS, Fault, Response, results};
use crate::support::reports::{delivered, junit, open, passed, summary};

const SALVAGE: &str = "hint: --salvage sends the results before the error too\n";
const KINDS: &str = "hint: reports are JUnit XML, TAP, Test Observer's JSON, autopkgtest's summary, or \
                     submissions of Checkbox and YARF\n";

/// What is no report, what is said of it, and the hint.
const BROKEN: [(&str, &str, &str, &str); 14] = [
    (
        "cut.xml",
        "<testsuites name=\"s\">\n<testcase name=\"lost\"/>\n<testcase name=\"hal",
        "3: attribute value not closed: `\"` not found before end of input",
        SALVAGE,
    ),
    (
        "open.xml",
        "<testsuite>\n<testcase name=\"lost\"/>\n",
        "2: the report breaks off inside of `testsuite`",
        SALVAGE,
    ),
    (
        "crossed.xml",
        "<testsuite>\n<testcase name=\"a\">\n</testsuite></testcase>",
        "3: `</testsuite>` where `</testcase>` was due",
        "",
    ),
    (
        "page.xml",
        "<!DOCTYPE html>\n<html><body>404</body></html>",
        "2: an HTML page, not a JUnit report",
        KINDS,
    ),
    (
        "coverage.xml",
        "<?xml version=\"1.0\"?>\n<coverage/>",
        "2: root element `coverage`, not `testsuites` or `testsuite`",
        KINDS,
    ),
    (
        "words.txt",
        "\n\nall tests passed\n",
        "3: text where the report should begin: `all tests passed`",
        KINDS,
    ),
    ("empty.xml", "", "1: an empty file", ""),
    ("two.xml", "<testsuite/>\n</testsuite>", "2: `testsuite` outside of a report", ""),
    (
        "cut.json",
        "[{\"name\": \"lost\", \"status\": \"PASSED\"},\n{\"name\": \"",
        "2: cut short: the JSON ends too early",
        SALVAGE,
    ),
    (
        "comma.json",
        "[{\"name\": \"lost\", \"status\": \"PASSED\"},\n]",
        "2: not JSON: expected value (column 1)",
        SALVAGE,
    ),
    (
        "status.json",
        "[\n{\"name\": \"x\", \"status\": \"BROKEN\"}]",
        "2: result `x`: unknown status `BROKEN`, not passed, failed or skipped",
        "",
    ),
    (
        "name.json",
        "{\"results\": [\n{\"name\": \"\", \"status\": \"PASSED\"}]}",
        "2: element 1: no `name`",
        "",
    ),
    (
        "line.jsonl",
        "{\"name\": \"kept\", \"status\": \"PASSED\"}\n{\"name\": \"x\"\n",
        "2: cut short: the JSON ends too early",
        "",
    ),
    (
        "number.jsonl",
        "{\"name\": \"kept\", \"status\": \"PASSED\"}\n\n{\"name\": 7, \"status\": \"PASSED\"}\n",
        "3: `name` is a number, not a text",
        "",
    ),
];

#[test]
fn a_broken_report_is_named_with_its_line_and_costs_no_other() {
    for (name, content, reason, hint) in BROKEN {
        let (server, sandbox) = open();
        sandbox.write("a.xml", passed(["before"]));
        sandbox.write(name, content);
        sandbox.write("z.xml", passed(["after"]));
        let run = sandbox.to(&format!("submit a.xml {name} z.xml"));
        let kept = usize::from(content.contains("kept"));
        let sent = summary(&format!("{} results", 2 + kept), [2 + kept, 0, 0], "3 files, 1 batch");
        assert_eq!(
            run,
            Run::new(3, "", &format!("error: {name}:{reason}\n{hint}{sent}")),
            "{name}"
        );
        let held = held_names(&server);
        assert_eq!((held.len(), &*held[0], &*held[1 + kept]), (2 + kept, "P before", "P after"));
    }
}

#[test]
fn alone_it_is_the_same_without_a_request() {
    for (name, content, reason, hint) in
        BROKEN.iter().filter(|(_, text, ..)| !text.contains("kept"))
    {
        let (server, sandbox) = open();
        sandbox.write(name, content);
        let run = sandbox.to(&format!("submit {name}"));
        assert_eq!(run, Run::new(3, "", &format!("error: {name}:{reason}\n{hint}")), "{name}");
        server.expect_no_requests();
    }
}

#[test]
fn all_problems_of_all_files_are_said_before_anything_is_sent() {
    let (server, sandbox) = open();
    sandbox.write("a.jsonl", "{}\n{\"name\": \"a\", \"status\": \"PASSED\"}\n5\n[]\n");
    sandbox.write("b.xml", passed(["b"]).replace("</testsuites>", "<oops"));
    server.fault(results, ALWAYS, Fault::answer(Response::nginx(403)));
    let run = sandbox.to("submit a.jsonl b.xml");
    assert_eq!(run.status, 5, "{}", run.stderr);
    let expected = format!(
        "error: a.jsonl:1: no `name`\n\
         error: a.jsonl:3: a number where an object belongs\n\
         error: a.jsonl:4: an array where an object belongs\n\
         error: b.xml:3: tag not closed: `>` not found before end of input\n{SALVAGE}"
    );
    assert!(run.stderr.starts_with(&expected), "{}", run.stderr);
}

#[test]
fn salvage_sends_the_whole_cases_before_the_fault() {
    let whole = "<testcase name=\"a\"><failure message=\"m\">text</failure></testcase>\n\
                 <testcase name=\"b\"/>\n";
    let record =
        |name: &str, status: &str| Record { category: "s".to_owned(), ..Record::new(name, status) };
    let failed =
        Record { comment: "m".to_owned(), io_log: "text".to_owned(), ..record("a", "FAILED") };
    for rest in
        ["<testcase name=\"c\"><failure>half", "<testcase name='c'", "<testcase/>\n</x>", ""]
    {
        let (server, sandbox) = open();
        sandbox.write(
            "cut.xml",
            format!("<testsuites name=\"s\">\n{whole}{}", rest.replace("<testcase/>", "")),
        );
        sandbox.write("good.xml", passed(["b", "d"]));
        let run = sandbox.to("submit --salvage cut.xml good.xml");
        assert_eq!((run.status, run.stdout.as_str()), (3, ""), "{rest}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: cut.xml:"), "{rest}: {}", run.stderr);
        assert!(!run.stderr.contains("--salvage"), "{rest}: {}", run.stderr);
        let expected = [failed.clone(), record("b", "PASSED"), record("d", "PASSED")];
        assert_eq!(held(&server), expected, "{rest}");
    }
    let (server, sandbox) = open();
    sandbox.write("cut.json", "[{\"name\": \"a\", \"status\": \"PASSED\"},\n{\"name\": \"b");
    assert_eq!(
        sandbox.to("submit --salvage cut.json"),
        Run::new(
            3,
            "",
            &format!(
                "error: cut.json:2: cut short: the JSON ends too early\n{}",
                summary("1 result", [1, 0, 0], "")
            )
        )
    );
    assert_eq!(held_names(&server), ["P a"]);
}

#[test]
fn what_a_suite_wrote_before_the_fault_is_salvaged_with_its_cases() {
    let (server, sandbox) = open();
    sandbox.write(
        "cut.xml",
        "<testsuites name=\"s\"><system-out>of all</system-out>\
         <testcase name=\"a\"><error>x</error></testcase><testcase name=\"b\"/><oops",
    );
    assert_eq!(sandbox.to("submit --salvage cut.xml").status, 3);
    let log = "--- error ---\nx\n\n--- system-out of suite s ---\nof all";
    assert_eq!(server.execution(1).result("a").io_log, log);
}

#[test]
fn not_delivered_and_refused_beat_what_could_not_be_read() {
    for (fault, expected) in [
        (Fault::answer(Response::nginx(503)), 4),
        (Fault::answer(Response::nginx(403)), 5),
        (Fault::none(), 3),
    ] {
        let (server, sandbox) = open();
        sandbox.write("good.xml", passed(["a"]));
        server.fault(results, ALWAYS, fault);
        let run = sandbox.with("TO_RETRY_FOR", "0.1").to("submit good.xml missing.xml");
        assert_eq!(run.status, expected, "{}", run.stderr);
        assert!(run.stderr.contains("missing.xml: "), "{}", run.stderr);
    }
}

#[test]
fn a_report_that_cannot_be_opened_is_named() {
    let (server, sandbox) = open();
    sandbox.write("good.xml", passed(["a"]));
    std::os::unix::fs::symlink("nowhere", sandbox.path("dangling.xml")).unwrap();
    std::os::unix::fs::symlink("loop.xml", sandbox.path("loop.xml")).unwrap();
    let run = sandbox.to("submit good.xml dangling.xml loop.xml");
    let mut lines = run.stderr.lines();
    assert!(lines.next().unwrap().starts_with("error: dangling.xml: "), "{}", run.stderr);
    assert!(lines.next().unwrap().starts_with("error: loop.xml: "), "{}", run.stderr);
    assert_eq!((run.status, held_names(&server)), (3, vec!["P a".to_owned()]));
}

#[test]
fn the_format_that_was_said_is_the_one_that_is_read() {
    let (_server, sandbox) = open();
    sandbox.write("report", junit("<testcase name=\"a\"/>"));
    let ok = delivered("1 result", [1, 0, 0], "", "");
    assert_eq!(sandbox.to("submit --format junit report"), ok);
    assert_eq!(sandbox.with("TO_FORMAT", "json").to("submit report").status, 3);
}

#[test]
fn an_unknown_format_is_a_usage_error() {
    let (server, sandbox) = open();
    let run = sandbox.to("submit --format subunit report");
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.starts_with(
            "error: invalid value 'subunit' for '--format <FORMAT>'\n  \
             [possible values: checkbox, tss, json, jsonl, junit, tap, autopkgtest]\n"
        ),
        "{}",
        run.stderr
    );
    server.expect_no_requests();
}
