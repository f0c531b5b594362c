//! Reports of other formats than JUnit that real tools wrote: what a person reads in each is at the server.

use std::fs;

use crate::model::{Record, held_names};
use crate::support::reports::open;
use crate::support::{Run, fixture};

/// A report, what the server is to hold of it, and the problems that are said.
type Report = (&'static str, &'static [&'static str], &'static [&'static str]);

const REPORTS: &[Report] = &[
    (
        "bats.tap",
        &[
            "P sums",
            "P labels <b>bold</b> & \"quoted\" Äpfel 🍎",
            "F fails with <output> & more",
            "S needs a printer",
            "S skips without a reason",
            "F setup_file failed",
            "F is never used",
        ],
        &[],
    ),
    (
        "node-test.tap",
        &[
            "P sums at the top",
            "F fails at the top & <burns>",
            "P basket <of> \"fruit\" & 'more'/holds Äpfel & 🍎",
            "F basket <of> \"fruit\" & 'more'/when größer/compares <b>objects</b>",
            "P basket <of> \"fruit\" & 'more'/when größer/by <far>/is deep enough",
            "F basket <of> \"fruit\" & 'more'/throws with markup",
            "F basket <of> \"fruit\" & 'more'/throws a cause",
            "P basket <of> \"fruit\" & 'more'/talks",
            "S basket <of> \"fruit\" & 'more'/is skipped",
            "S basket <of> \"fruit\" & 'more'/needs a printer",
            "S basket <of> \"fruit\" & 'more'/skips itself",
            "S basket <of> \"fruit\" & 'more'/prints a receipt",
            "S basket <of> \"fruit\" & 'more'/is to be done",
            "F basket <of> \"fruit\" & 'more'/takes too long",
            "F a till that does not open/is never used",
            "P a test with steps/first step",
            "F a test with steps/second step & last",
        ],
        &[],
    ),
    (
        "test-more.tap",
        &[
            "P sums",
            "F multiplies # 1 & <2>",
            "P test 3",
            "P weighs 3 Äpfel 🍎",
            "S test 5",
            "S test 6",
            "S opens the till",
            "S closes the till",
            "P a shelf/is full",
            "F a shelf/has pears",
            "P a shelf/its top/is clean",
            "S a cellar",
        ],
        &[],
    ),
    ("test-more-cut.tap", &["P begins"], &["1: the plan is 3 tests, and there are 1"]),
    ("test-more-bail.tap", &["P begins"], &["3: the run bailed out: the scale is broken"]),
    ("test-more-closed.tap", &["S test-more-closed.tap"], &[]),
    (
        "avocado.tap",
        &[
            "P basket.py:Basket.test_sums",
            "F basket.py:Basket.test_multiplies",
            "F basket.py:Basket.test_breaks",
            "S basket.py:Basket.test_is_cancelled",
            "P basket.py:Basket.test_warns",
            "S basket.py:Basket.test_is_skipped",
        ],
        &[],
    ),
    (
        "autopkgtest/summary",
        &[
            "P sums",
            "F multiplies",
            "F talks",
            "S needs-a-printer",
            "S opens-the-till",
            "P weighs",
            "P command1",
        ],
        &[],
    ),
    (
        "yarf.json",
        &["P Basket/Sums", "F Basket/Multiplies & <divides>", "S Basket/Prints a receipt"],
        &[],
    ),
];

#[test]
fn what_a_person_reads_in_a_report_is_at_the_server() {
    for (name, expected, problems) in REPORTS {
        let (server, sandbox) = open();
        let path = fixture(name).display().to_string();
        let run = sandbox.to(&format!("submit {path}"));
        assert_eq!(held_names(&server), *expected, "{name}");
        let errors = run.stderr.lines().filter_map(|line| line.strip_prefix("error: "));
        let errors: Vec<&str> = errors.map(|error| error.strip_prefix(&path).unwrap()).collect();
        let problems: Vec<String> = problems.iter().map(|problem| format!(":{problem}")).collect();
        assert_eq!(errors, problems, "{name}");
        assert_eq!(run.status, if problems.is_empty() { 0 } else { 3 }, "{name}");
    }
}

#[test]
fn comments_logs_and_categories_are_there_too() {
    let (server, sandbox) = open();
    let names = ["bats.tap", "avocado.tap", "autopkgtest/summary", "yarf.json"];
    let names = names.map(|name| fixture(name).display().to_string());
    // Two of these tools ran a test named `sums`.
    let hint = "warning: result merged into the first of its name (1): `sums`\n\
                hint: for `to start`, the submission says `--test-plan com.example.shop::smoke`\n";
    let run =
        sandbox.to_with(&[&["submit", "-q"][..], &names.each_ref().map(|name| &**name)].concat());
    assert_eq!(run, Run::new(0, "", hint));
    for (name, category, comment, log) in [
        ("needs a printer", "", "no printer & no <paper>", ""),
        (
            "is never used",
            "",
            "",
            "# (from function `setup' in test file ./till.bats, line 5)\n#   \
            `return 3' failed with status 3\n# till <3> does not answer",
        ),
        ("basket.py:Basket.test_is_cancelled", "", "no printer # today", ""),
        ("basket.py:Basket.test_warns", "", "Warnings were printed into warn log", ""),
        ("talks", "", "stderr: a complaint", "a complaint\n"),
        (
            "multiplies",
            "",
            "non-zero exit status 3",
            "--- stdout ---\nfirst <line> & more\n\n\n--- stderr ---\nto stderr\n",
        ),
        ("needs-a-printer", "", "exit status 77 and marked as skippable", "no printer\n"),
        ("opens-the-till", "", "[flaky] non-zero exit status 1", "stuck\n"),
        (
            "Basket/Multiplies & <divides>",
            "prices",
            "",
            "=\nKeyword: Should Be Equal As Integers\n\
            [2026-11-25T05:06:57.512574 - FAIL] Äpfel 🍎 & <pears>: 6 != 5\n\n",
        ),
    ] {
        let held = Record::from(server.execution(1).result(name));
        assert_eq!((&*held.category, &*held.comment), (category, comment), "{name}");
        assert_eq!(held.io_log.trim_start_matches('='), log.trim_start_matches('='), "{name}");
    }
}

#[test]
fn a_directory_of_such_reports_is_searched() {
    let (server, sandbox) = open();
    for name in ["bats.tap", "autopkgtest/summary", "autopkgtest/talks-stderr", "yarf.json"] {
        sandbox.write(&format!("all/{name}"), fs::read(fixture(name)).unwrap());
    }
    let run = sandbox.to("submit -q --on-duplicate number all");
    assert_eq!((run.status, held_names(&server).len()), (0, 17), "{}", run.stderr);
}

#[test]
fn talk_in_a_pipe_hides_no_report() {
    const JUNIT: &str = "<testsuite name=\"shop\"><testcase name=\"a\"/></testsuite>\n";
    for (text, expected) in [
        (format!("[INFO] building\n{JUNIT}"), "P shop.a"),
        (format!("[ 10%] building\n{JUNIT}"), "P shop.a"),
        (format!("1..1\nnot ok 1 - a\n# {JUNIT}"), "F a"),
        (format!("\u{feff}1..1\nnot ok 1 - a\n# {JUNIT}"), "F a"),
    ] {
        let (server, sandbox) = open();
        let run = sandbox.pipe(text, "submit -q -");
        assert_eq!((run.status, held_names(&server)), (0, vec![expected.to_owned()]));
    }
}
