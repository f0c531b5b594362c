mod streams;

use std::io::Cursor;

use super::*;
use crate::reports::trial::Given;

pub fn read(text: &str) -> Given {
    let options = ReadOptions { max_log: 1 << 20, ..ReadOptions::default() };
    let source = Source::File { path: "dir/boot.t".into(), named: true };
    let mut reader = Reader::new(Cursor::new(text), &source, &options).unwrap();
    Given::by(|warnings| reader.next(warnings))
}

/// Each result as its status's first letter, its name, and its comment and log where there are any.
pub fn results(given: &Given) -> Vec<String> {
    let line = |result: &TestResult| {
        let mut line = format!("{} {}", &result.status.to_string()[..1], result.name);
        for (mark, text) in [(" // ", &result.comment), (" | ", &result.io_log)] {
            if !text.is_empty() {
                line = format!("{line}{mark}{}", text.replace('\n', "\\"));
            }
        }
        line
    };
    given.results.iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str], errors: &[&str]) {
    let given = read(text);
    assert_eq!(results(&given), expected, "{text}");
    assert_eq!(given.words(), errors, "{text}");
}

#[test]
fn flat_streams_of_all_versions_are_read() {
    // In the shapes of the specifications' own examples.
    check(
        "1..4\nok 1 - Input file opened\nnot ok 2 - First line of the input valid\n\
         ok 3 - Read the rest of the file\nnot ok 4 - Summarized correctly # TODO Not written yet\n",
        &[
            "P Input file opened",
            "F First line of the input valid",
            "P Read the rest of the file",
            "S Summarized correctly // [TODO] Not written yet",
        ],
        &[],
    );
    check(
        "TAP version 13\nok - created Board\nok\nok\nok # skip no mouse\n# +------+\n# | a    |\n\
         not ok\n  ---\n  message: 'Board layout'\n  severity: comment\n  ...\nok - board\n1..6\n",
        &[
            "P created Board",
            "P test 2",
            "P test 3",
            "S test 4 // no mouse | # +------+\\# | a    |",
            "F test 5 | message: 'Board layout'\\severity: comment",
            "P board",
        ],
        &[],
    );
    check(
        "TAP version 14\n1..2\npragma +strict\nok 1 - a\r\nprogram output\nok 2 - b\r\n",
        &["P a | program output", "P b"],
        &[],
    );
    check("1..0 # SKIP no radio\n", &["S boot.t // no radio"], &[]);
    check("TAP version 13\n1..0\n", &[], &[]);
}

#[test]
fn what_is_said_before_a_point_is_its_log_in_ktap_alone() {
    let body = "version 1\n1..2\n# one\nok 1 a\n# two\nok 2 b\n# three\n";
    check(
        &format!("K{}", body.replace("version", "TAP version")),
        &["P a | # one", "P b | # two"],
        &[],
    );
    check(
        &body.replace("version 1", "TAP version 13"),
        &["P a | # one\\# two", "P b | # three"],
        &[],
    );
}

#[test]
fn subtests_are_joined_with_their_parents() {
    check(
        "TAP version 14\n1..3\n# Subtest: foo.tap\n    1..2\n    ok 1\n    ok 2 - this passed\n\
         ok 1 - foo.tap\n# Subtest: bar.tap\n    ok 1 - object is a Bar\n    not ok 2 - has a foo\n\
         \x20     ---\n      why: none\n      ...\n    1..2\nnot ok 2 - bar.tap\n\
         \x20   1..1\n    ok 1 - unnamed before\nok 3 - named after\n",
        &[
            "P foo.tap/test 1",
            "P foo.tap/this passed",
            "P bar.tap/object is a Bar",
            "F bar.tap/has a foo | why: none",
            "P named after/unnamed before",
        ],
        &[],
    );
}

#[test]
fn ktap_nests_by_two_blanks() {
    check(
        "KTAP version 1\n1..1\n  KTAP version 1\n  # Subtest: main_test\n  1..3\n\
         \x20   KTAP version 1\n    # Subtest: example_test_1\n    1..2\n    ok 1 test_1\n    ok 2 test_2\n\
         \x20 ok 1 example_test_1\n    KTAP version 1\n    # Subtest: example_test_2\n    1..2\n\
         \x20   ok 1 test_1 # SKIP test_1 skipped\n    not ok 2 test_2 # TIMEOUT\n\
         \x20 not ok 2 example_test_2\n  # example: initializing\n  not ok 3 test_3 # XFAIL known\n\
         not ok 1 main_test\n",
        &[
            "P main_test/example_test_1/test_1",
            "P main_test/example_test_1/test_2",
            "S main_test/example_test_2/test_1 // test_1 skipped",
            "F main_test/example_test_2/test_2 // [TIMEOUT]",
            "S main_test/test_3 // [XFAIL] known | # example: initializing",
        ],
        &[],
    );
}

#[test]
fn a_parent_is_a_result_only_where_it_says_something_worse() {
    let with = |child: &str, parent: &str| format!("1..1\n    {child}\n    1..1\n{parent}\n");
    for (child, parent, expected) in [
        ("ok 1 - c", "ok 1 - p", &["P p/c"][..]),
        ("ok 1 - c", "not ok 1 - p", &["P p/c", "F p"]),
        ("not ok 1 - c", "not ok 1 - p", &["F p/c"]),
        ("not ok 1 - c", "ok 1 - p", &["F p/c"]),
        ("ok 1 - c # SKIP x", "ok 1 - p", &["S p/c // x"]),
        ("ok 1 - c", "ok 1 - p # SKIP x", &["P p/c", "S p // x"]),
        ("not ok 1 - c", "not ok 1 - p # TODO x", &["F p/c"]),
    ] {
        check(&with(child, parent), expected, &[]);
    }
    check("1..1\n    1..0 # SKIP no radio\nok 1 - p\n", &["S p // no radio"], &[]);
    check(
        "# Subtest: p\n    1..0 # SKIP no radio\nok 1 # SKIP no key\n1..1\n",
        &["S p // no key"],
        &[],
    );
}

#[test]
fn subtests_in_a_block_stand_behind_their_parent() {
    for begin in ["login {", "login # time=1.01ms {", "login\n  ---\n  ...\n{"] {
        check(
            &format!(
                "TAP version 14\n1..2\nnot ok 1 - {begin}\n    1..2\n    ok 1 - opens\n\
                 \x20   not ok 2 - submits {{\n        ok 1 - once\n        not ok 2 - twice\n\
                 \x20         ---\n          }}\n          ...\n        1..2\n    }}\n}}\n\
                 \nok 2 - cleanup\n"
            ),
            &["P login/opens", "P login/submits/once", "F login/submits/twice | }", "P cleanup"],
            &[],
        );
    }
    check(
        "1..2\nnot ok 1 - a {\n    ok 1 - b\n    1..1\n}\nok 2 - c {\n    1..0 # SKIP why\n}\n# end\n",
        &["P a/b", "F a", "S c // why | # end"],
        &[],
    );
    let point = "the block of `a` does not end: the stream may be cut short";
    check(
        "1..1\nnot ok 1 - a {\n    1..1\n    not ok 1 - b\n",
        &["F a/b"],
        &[&format!("4: {point}")],
    );
    check(
        "1..1\nnot ok 1 - a {\n    ok 1 - b\nBail out!\n",
        &["P a/b", "F a"],
        &["4: the run bailed out: no reason is given"],
    );
    check("1..1\nnot ok 1 - a {\n", &["F a"], &[&format!("2: {point}")]);
    check(
        "1..2\nok 1 - a {\n    ok 1 - b\n    1..1\nok 2 - c\n",
        &["P a/b", "P c"],
        &[&format!("5: {point}")],
    );
}

#[test]
fn a_brace_that_begins_no_block_is_part_of_the_name_or_log() {
    check(
        "ok 1 - parses {\nok 2 - parses } # SKIP why\nnot ok 3\n{\n  a\n}\n1..3\n",
        &["P parses {", "S parses } // why", "F test 3 | {\\a\\}"],
        &[],
    );
    check("KTAP version 1\n1..1\nok 1 {\n}\n", &["P {"], &[]);
    check("1..1\n    not ok 1 - b\n    1..1\nnot ok 1 - parses {\n", &["F parses {/b"], &[]);
}

#[test]
fn the_times_of_the_kernels_log_are_taken_off() {
    check(
        "[    0.900000] Booting\n[    1.100000] KTAP version 1\n[    1.100000] 1..1\n\
         [    1.200000]     KTAP version 1\n[    1.200000]     # Subtest: clocks\n\
         [    1.200000]     1..1\n[    1.300000]     # [1] tick\n[   10.000000]     not ok 1 ticks\n\
         [   10.000000] not ok 1 clocks\n",
        &["F clocks/ticks | # [1] tick"],
        &[],
    );
}

#[test]
fn parameters_in_ktap_have_no_plan() {
    let text = "KTAP version 1\n1..1\n    # Subtest: sums\n    ok 1 one\n    not ok 2 two\n";
    check(&format!("{text}not ok 1 sums\n"), &["P sums/one", "F sums/two"], &[]);
    check(
        text,
        &["P sums/one", "F sums/two"],
        &["5: subtests of `sums` without its point", "2: the plan is 1 tests, and there are 0"],
    );
    check("KTAP version 1\nok 1 a\n", &["P a"], &["2: no plan: the stream may be cut short"]);
}

#[test]
fn the_kernels_selftests_have_their_output_before_their_points() {
    check(
        "TAP version 13\n1..2\n# selftests: net: a.sh\n# ok 1 links\nok 1 selftests: net: a.sh\n\
         # selftests: net: b.sh\nnot ok 2 selftests: net: b.sh # exit=1\n",
        &[
            "P selftests: net: a.sh | # selftests: net: a.sh\\# ok 1 links",
            "F selftests: net: b.sh // exit=1 | # selftests: net: b.sh",
        ],
        &[],
    );
}

#[test]
fn in_ktap_all_behind_a_hash_is_no_name() {
    check(
        "KTAP version 1\n1..2\nnot ok 1 wifi # took 3 s\nok 2 usb#1 # in 12 ms # exit=0\n",
        &["F wifi // took 3 s", "P usb#1 // exit=0"],
        &[],
    );
}

#[test]
fn what_is_wrong_with_a_stream_costs_none_of_its_results() {
    check("TAP version 13\nok 1 - a\n", &["P a"], &["2: no plan: the stream may be cut short"]);
    check("1..3\nok 1 - a\n", &["P a"], &["1: the plan is 3 tests, and there are 1"]);
    check(
        "1..1\nok 1 - a\nok 2 - b\n",
        &["P a", "P b"],
        &["1: the plan is 1 tests, and there are 2"],
    );
    check(
        "1..3\nok 1 - a\nBail out! no disk\nok 2 - b\n",
        &["P a", "P b"],
        &["3: the run bailed out: no disk"],
    );
    check("1..1\nok 1 - a\n1..1\n", &["P a"], &["3: a second plan"]);
    check(
        "1..1\nok 1 - a # SK",
        &["P a # SK"],
        &["2: the last line does not end: the stream may be cut short"],
    );
    check(
        "1..1\nok 1 - a\n  ---\n  b: c\n",
        &["P a | b: c"],
        &["4: cut short: a block of YAML does not end"],
    );
    check(
        "1..1\n# Subtest: p\n    ok 1 - a\n",
        &["P p/a"],
        &[
            "3: no plan of `p`: the stream may be cut short",
            "3: subtests of `p` without its point",
            "1: the plan is 1 tests, and there are 0",
        ],
    );
}

#[test]
fn lines_that_mean_nothing_are_read_at_any_depth() {
    let deep: Vec<String> =
        (0..300).map(|depth| format!("{}ok 1 - x", " ".repeat(depth))).collect();
    let given = read(&format!("1..1\n{}", deep.join("\n")));
    assert_eq!(given.words().last().unwrap(), "103: tests lie more than 100 deep in each other");
}

#[test]
fn junit_that_stands_in_a_stream_is_said_to_be_a_log() {
    for (line, is_said) in [
        ("<testsuite name='s'>", true),
        ("<?xml version='1.0'?>", true),
        ("# <testsuite name='s'>", false),
        ("  <testsuite name='s'>", false),
    ] {
        let given = read(&format!("1..1\nok 1 - a\n{line}\n"));
        let words = given.warnings.lines().concat();
        assert_eq!(words.contains("--format junit reads it"), is_said, "{line}: {words}");
    }
}
