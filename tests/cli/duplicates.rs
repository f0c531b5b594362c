//! Several results of one name in what is submitted together.

use crate::model::{Record, held, held_names};
use crate::support::reports::{delivered, junit, open, passed, summary};
use crate::support::{Run, Sandbox};

/// `t` passes, fails and is skipped, over two files of which the second names it first.
fn write_reports(sandbox: &Sandbox) {
    sandbox.write(
        "1.xml",
        "<testsuites name=\"one\"><testcase name=\"t\"><system-out>out</system-out></testcase>\
         <testcase name=\"u\"/><testcase name=\"t\"><failure message=\"bad\">why</failure></testcase>\
         </testsuites>",
    );
    sandbox.write(
        "2.json",
        r#"[{"name": "t", "status": "skip", "comment": "later", "category": "two",
             "template_id": "x"}, {"name": "v", "status": "pass"}]"#,
    );
}

fn record(name: &str, status: &str, category: &str, comment: &str, io_log: &str) -> Record {
    Record {
        category: category.to_owned(),
        comment: comment.to_owned(),
        io_log: io_log.to_owned(),
        ..Record::new(name, status)
    }
}

#[test]
fn merge_makes_one_result_in_the_place_of_the_first() {
    for flags in ["", "--on-duplicate merge "] {
        let (server, sandbox) = open();
        write_reports(&sandbox);
        let run = sandbox.to(&format!("submit {flags}1.xml 2.json"));
        let more = "warning: result merged into the first of its name (2): `t`\n";
        assert_eq!(run, delivered("3 results", [2, 1, 0], "2 files, 1 batch", more));
        let comment = "--- result 2 of 3: FAILED ---\nbad\n\n--- result 3 of 3: SKIPPED ---\nlater";
        let log = "--- result 1 of 3: PASSED ---\nout\n\n--- result 2 of 3: FAILED ---\nwhy";
        assert_eq!(
            held(&server),
            [
                record("t", "FAILED", "one", comment, log),
                record("u", "PASSED", "one", "", ""),
                record("v", "PASSED", "", "", ""),
            ]
        );
    }
}

#[test]
fn the_worst_status_is_failed_then_passed_then_skipped() {
    for (statuses, worst) in [
        (["pass", "fail"], "FAILED"),
        (["fail", "skip"], "FAILED"),
        (["skip", "fail"], "FAILED"),
        (["skip", "pass"], "PASSED"),
        (["pass", "skip"], "PASSED"),
        (["skip", "skip"], "SKIPPED"),
        (["pass", "pass"], "PASSED"),
    ] {
        let (server, sandbox) = open();
        let results =
            statuses.map(|status| format!("{{\"name\": \"t\", \"status\": \"{status}\"}}"));
        sandbox.write("r.json", format!("[{}]", results.join(",")));
        assert_eq!(sandbox.to("submit r.json").status, 0);
        assert_eq!(held(&server), [Record::new("t", worst)], "{statuses:?}");
    }
}

#[test]
fn number_gives_the_later_ones_the_next_free_number() {
    let (server, sandbox) = open();
    sandbox.write("1.xml", passed(["a", "a [3]", "b", "a", "a"]));
    sandbox.write("2.xml", passed(["a", "a [2]", "c", "a [2]", "b"]));
    let run = sandbox.to("submit --on-duplicate number 1.xml 2.xml");
    let more = "warning: result numbered, because its name came before (5): `a`, `a [2]`, `b`\n";
    assert_eq!(run, delivered("10 results", [10, 0, 0], "2 files, 1 batch", more));
    // `a [2]` and `a [3]` are taken by tests of that name, wherever they stand.
    let expected =
        ["a", "a [3]", "b", "a [4]", "a [5]", "a [6]", "a [2]", "c", "a [2] [2]", "b [2]"];
    let names: Vec<String> = held(&server).into_iter().map(|record| record.name).collect();
    assert_eq!(names, expected);

    // Submitted again, everything has the name that it had.
    assert_eq!(sandbox.to("submit --on-duplicate number 1.xml 2.xml").status, 0);
    let names: Vec<String> = held(&server).into_iter().map(|record| record.name).collect();
    assert_eq!(names, expected);
}

#[test]
fn first_and_last_leave_the_others_out_and_say_so() {
    let left_out = "warning: result left out for another of its name (2): `t`\n";
    for (mode, statuses, expected) in [
        (
            "first",
            [3, 0, 0],
            [
                record("t", "PASSED", "one", "", "out"),
                record("u", "PASSED", "one", "", ""),
                record("v", "PASSED", "", "", ""),
            ],
        ),
        (
            "last",
            [2, 0, 1],
            [
                record("u", "PASSED", "one", "", ""),
                Record {
                    template_id: "x".to_owned(),
                    ..record("t", "SKIPPED", "two", "later", "")
                },
                record("v", "PASSED", "", "", ""),
            ],
        ),
    ] {
        let (server, sandbox) = open();
        write_reports(&sandbox);
        let run = sandbox.with("TO_ON_DUPLICATE", mode).to("submit 1.xml 2.json");
        let sent = delivered("3 results", statuses, "2 files, 1 batch", left_out);
        assert_eq!(run, sent, "{mode}");
        assert_eq!(held(&server), expected, "{mode}");
    }
}

#[test]
fn error_sends_the_others_and_names_those() {
    let (server, sandbox) = open();
    write_reports(&sandbox);
    let run = sandbox.to("submit --on-duplicate error 1.xml 2.json");
    let sent = summary("2 results", [2, 0, 0], "2 files, 1 batch");
    let error = "error: several results are named `t`: none of them is sent\n";
    assert_eq!((run.status, run.stdout.as_str()), (3, ""));
    assert!(
        run.stderr == format!("{sent}{error}") || run.stderr == format!("{error}{sent}"),
        "{}",
        run.stderr
    );
    assert_eq!(held_names(&server), ["P u", "P v"]);

    let run = sandbox.to("submit --on-duplicate error 2.json");
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn names_that_the_limits_make_the_same_are_duplicates() {
    let (server, sandbox) = open();
    let text = r#"[{"name": "a\u0000", "status": "pass"}, {"name": "a\ufffd", "status": "fail"}]"#;
    sandbox.write("r.json", text);
    assert_eq!(sandbox.to("submit r.json").status, 0);
    assert_eq!(held_names(&server), ["F a\u{fffd}"]);
}

/// So many that work which grows with the square of their number is more than a process has time for.
#[test]
fn results_that_are_all_of_one_name_take_no_longer_than_others() {
    let (server, sandbox) = open();
    let cases = "<testcase name=\"same\"><failure message=\"m\">text</failure></testcase>\n";
    sandbox.write("many.xml", junit(&cases.repeat(20_000)));
    for (mode, count) in [("number", 20_000), ("merge", 1), ("last", 1), ("first", 1)] {
        let run = sandbox.to(&format!("submit --on-duplicate {mode} many.xml"));
        assert_eq!(run.status, 0, "{}", run.stderr);
        let execution = server.execution(1);
        if mode == "number" {
            assert_eq!(execution.results().len(), count);
            assert_eq!(execution.results()[19_999].name, "same [20000]");
        }
        if mode == "merge" {
            let log = &execution.result("same").io_log;
            assert!(log.starts_with("--- result 1 of 20000: FAILED ---\ntext\n\n"));
            assert!(log.ends_with("\n\n--- result 20000 of 20000: FAILED ---\ntext"));
        }
    }
}

#[test]
fn an_unknown_way_is_a_usage_error() {
    let (server, sandbox) = open();
    assert_eq!(
        sandbox.to("submit --on-duplicate any r.xml"),
        Run::new(
            2,
            "",
            "error: invalid value 'any' for '--on-duplicate <HOW>'\n  \
             [possible values: merge, number, first, last, error]\n\n\
             For more information, try '--help'.\n"
        )
    );
    server.expect_no_requests();
}
