//! What is changed for the server's sake: counted and named, and the same at every submission.

use crate::model::{Record, held};
use crate::support::Run;
use crate::support::reports::{delivered, junit, open, passed};

/// More than this the server does not take in a name.
const LONGEST_NAME: usize = 2000;

#[test]
fn nul_becomes_the_replacement_character_everywhere() {
    let (server, sandbox) = open();
    sandbox.write(
        "1.xml",
        "<testsuites name=\"s&#0;\">\n<testcase name=\"a\0b\"><failure message=\"m&#x0;\">1\0\u{32}&#0;\
         <![CDATA[\0]]></failure></testcase></testsuites>",
    );
    sandbox.write(
        "2.json",
        r#"[{"name": "c", "status": "pass", "category": "\u0000", "template_id": "t\u0000",
             "comment": "\u0000", "io_log": "\u0000\u0000"}, {"name": "d", "status": "pass"}]"#,
    );
    let more = "warning: NUL characters became U+FFFD (2): `a\u{fffd}b`, `c`\n";
    let run = sandbox.to("submit 1.xml 2.json");
    assert_eq!(run, delivered("3 results", [2, 1, 0], "2 files, 1 batch", more));
    let record = |name: &str, status: &str, texts: [&str; 4]| {
        let [category, template_id, comment, io_log] =
            texts.map(|text| text.replace('0', "\u{fffd}"));
        Record { category, template_id, comment, io_log, ..Record::new(name, status) }
    };
    assert_eq!(
        held(&server),
        [
            record("a\u{fffd}b", "FAILED", ["s0", "", "m0", "10200"]),
            record("c", "PASSED", ["0", "t0", "0", "00"]),
            Record::new("d", "PASSED"),
        ]
    );
}

#[test]
fn a_long_name_is_cut_and_stays_one_name_and_its_own() {
    let long = "é".repeat(2500);
    let (one, two) = (format!("{long}1"), format!("{long}2"));
    let longest = "n".repeat(LONGEST_NAME);
    let (server, sandbox) = open();
    sandbox.write("r.xml", passed([one.as_str(), two.as_str(), longest.as_str()]));
    let run = sandbox.to("submit r.xml");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let warning = "\nwarning: a name, category or template id was cut to 2,000 bytes (2): `é";
    assert!(run.stderr.contains(warning), "{}", run.stderr);

    let names = || held(&server).into_iter().map(|record| record.name).collect::<Vec<_>>();
    let [first, second, third] = &names()[..] else { panic!("three names") };
    assert_eq!(third, &longest, "one that fits is not touched");
    assert_ne!(first, second);
    for name in [first, second] {
        assert!(name.len() <= LONGEST_NAME && name.len() > LONGEST_NAME - 30, "{}", name.len());
        assert!(name.starts_with(&"é".repeat(900)));
    }

    let before = names();
    assert_eq!(sandbox.to("submit r.xml").status, 0);
    assert_eq!(names(), before, "histories hang on names");

    // The same name from another format, in another execution, with other company.
    let text = format!("{{\"name\": \"{two}\", \"status\": \"fail\"}}\n");
    assert_eq!(sandbox.pipe(text, "submit").status, 0);
    assert_eq!(server.execution(1).result(second).status, "FAILED");
    assert_eq!(names().len(), 3);
}

#[test]
fn long_categories_and_template_ids_are_cut_too() {
    let (server, sandbox) = open();
    let long = "x".repeat(5000);
    sandbox.write(
        "r.xml",
        junit("<testcase name=\"a\" classname=\"c\"/>")
            .replace("testsuites", "testsuite")
            .replace("\"s\"", &format!("\"{long}\"")),
    );
    let run = sandbox.to("submit --case-template-id {suite} r.xml");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let held = &held(&server)[0];
    assert_eq!(held.category, held.template_id);
    assert!(held.category.len() <= LONGEST_NAME && held.category.starts_with("xxx"));
}

#[test]
fn a_long_log_keeps_head_and_tail_around_a_line_that_says_what_was_cut() {
    for (flag, longest) in [
        ("", 1 << 20),
        ("--max-log 1M", 1 << 20),
        ("--max-log 3k", 3 << 10),
        ("--max-log 2K", 2 << 10),
        ("--max-log 2000", 2000),
        ("--max-log 1", 1),
        ("--max-log 0", 0),
    ] {
        let (server, sandbox) = open();
        let log = |size: usize| -> String {
            (0..size).map(|at| char::from(b'a' + u8::try_from(at % 23).unwrap())).collect()
        };
        let (fits, long) = (log(longest), log(longest + 1000));
        sandbox.write(
            "r.json",
            format!(
                "[{{\"name\": \"fits\", \"status\": \"pass\", \"io_log\": \"{fits}\"}},\
                  {{\"name\": \"long\", \"status\": \"pass\", \"io_log\": \"{long}\"}}]"
            ),
        );
        let run = sandbox.to(&format!("submit {flag} r.json"));
        let more = "warning: a log was cut to the length of --max-log (1): `long`\n";
        assert_eq!(run, delivered("2 results", [2, 0, 0], "", more), "{flag}");

        let execution = server.execution(1);
        assert!(execution.result("fits").io_log == fits, "{flag}");
        let (head, rest) = execution.result("long").io_log.split_once('\n').unwrap();
        let (mark, tail) = rest.split_once('\n').unwrap();
        assert_eq!(mark, "[… 1000 bytes cut …]", "{flag}");
        assert!(long.starts_with(head) && long.ends_with(tail), "{flag}");
        assert_eq!(head.len() + tail.len(), longest, "{flag}");
        assert!(head.len().abs_diff(tail.len()) <= 1, "{flag}");
    }
}

#[test]
fn a_cut_falls_between_characters() {
    let (server, sandbox) = open();
    let log = "é😀".repeat(500);
    sandbox.write(
        "r.json",
        format!("{{\"name\": \"a\", \"status\": \"pass\", \"io_log\": \"{log}\"}}"),
    );
    for longest in 90..100 {
        assert_eq!(sandbox.to(&format!("submit --max-log {longest} r.json")).status, 0);
        let execution = server.execution(1);
        let (head, rest) = execution.result("a").io_log.split_once("\n[… ").unwrap();
        let (mark, tail) = rest.split_once(" bytes cut …]\n").unwrap();
        assert!(log.starts_with(head) && log.ends_with(tail));
        assert!(head.len() + tail.len() <= longest, "{longest}");
        assert_eq!(mark.parse::<usize>().unwrap(), log.len() - head.len() - tail.len());
    }
}

/// What is merged is one log.
#[test]
fn the_limit_holds_for_merged_logs() {
    let (server, sandbox) = open();
    let result =
        format!("{{\"name\": \"a\", \"status\": \"pass\", \"io_log\": \"{}\"}}", "x".repeat(60));
    sandbox.write("r.json", format!("[{result}, {result}]"));
    assert_eq!(sandbox.to("submit --max-log 100 r.json").status, 0);
    let log = held(&server)[0].io_log.clone();
    assert!(log.len() < 140 && log.contains(" bytes cut …]\n"), "{log}");
}

#[test]
fn what_is_no_size_is_a_usage_error() {
    for size in ["1G", "-1", "M", "1.5M", "1 M", "99999999999999999999", "18446744073709551615K"] {
        let (server, sandbox) = open();
        let run = sandbox.to_with(&["submit", &format!("--max-log={size}"), "r.xml"]);
        let Run { stdout, stderr, status } = run;
        assert_eq!((status, stdout.as_str()), (2, ""), "{size}: {stderr}");
        let error = format!("error: invalid value '{size}' for '--max-log <SIZE>': ");
        assert!(stderr.starts_with(&error), "{stderr}");
        server.expect_no_requests();
    }
}
