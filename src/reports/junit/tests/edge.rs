//! Documents of one difficulty each, and what becomes of them.

use std::collections::BTreeSet;
use std::fs;

use super::{read_twice, shared};
use crate::reports::junit::{LeadingText, Mapping};

/// The documents by name, with what [`outcome`] gives for each.
const EDGES: &[(&str, &[&str])] = &[
    ("attr_newline.xml", &[r#"Passed "a\n\tb\nc""#]),
    ("bare_amp_attr.xml", &[r#"Passed "a & b""#]),
    ("bare_amp_text.xml", &[r#"Failed "a" log "a & b""#]),
    ("bare_lt_attr.xml", &[r#"Passed "Foo<int>.bar""#]),
    ("billion_laughs.xml", &[r#"Failed "a" log "&c;""#]),
    ("cases_under_testsuites.xml", &[r#"Passed "a""#, r#"Failed "b""#]),
    (
        "cdata_mixed.xml",
        &[r#"Failed "a" log "--- failure ---\npre<x>post\n\n--- system-out ---\na]]>b""#],
    ),
    (
        "cp1252_declared_utf8.xml",
        &[
            r#"Passed "c.n�""#,
            r#"Failed "c.b" comment "m�" log "t�xt""#,
            r#"Warnings([Warning { text: "bytes that are not valid in the report's encoding became U+FFFD", count: 3, names: ["UTF-8"] }])"#,
        ],
    ),
    ("crossed_tags.xml", &["fault 4: `</testsuite>` where `</testcase>` was due"]),
    ("ctrl_raw.xml", &[r#"Failed "a\u{1b}[31mred" comment "\0\u{1}" log "x\u{1b}[0m\u{c}""#]),
    ("ctrl_ref0_attr.xml", &[r#"Passed "a\0b""#]),
    ("ctrl_ref_attr.xml", &[r#"Passed "a\u{1b}[31m""#]),
    ("deep_10k.xml", &[r#"Passed "a" in "d""#]),
    ("deep_1k.xml", &[r#"Passed "a" in "d""#]),
    ("doctype_entity.xml", &[r#"Failed "a" comment "x" log "see &foo; end""#]),
    ("doctype_entity_attr.xml", &[r#"Passed "a &foo;""#]),
    ("doctype_only.xml", &[r#"Passed "a""#]),
    (
        "dup_attr.xml",
        &[
            r#"Passed "a""#,
            r#"Warnings([Warning { text: "an attribute was given twice: the first holds", count: 1, names: ["name=\"b\""] }])"#,
        ],
    ),
    ("empty_suite_in_suite.xml", &[r#"Passed "a" in "o""#]),
    (
        "entities_text.xml",
        &[
            r#"Failed "a <T> & \"q\" é 😀" comment "1 < 2" log "--- failure ---\nif a < b && c > d: \"x\" é\nline2\n   indented\n\n--- system-out ---\n<out> & ""#,
        ],
    ),
    (
        "flaky.xml",
        &[
            r#"Passed "a" comment "flaky: 1 attempt failed" log "--- flakyFailure ---\nT: m\nst <x>\n\n--- system-out of flakyFailure ---\no""#,
            r#"Failed "b" log "--- failure ---\nf\n\n--- rerunFailure ---\nr1\nt\n\n--- rerunError ---\nr2""#,
        ],
    ),
    ("html_entity_attr.xml", &[r#"Passed "a&nbsp;b &eacute;""#]),
    ("html_root.xml", &["fault 1: an HTML page, not a JUnit report"]),
    ("json.xml", &["fault 1: JSON, not a JUnit report"]),
    ("latin1.xml", &[r#"Passed "c.né""#, r#"Failed "c.b" comment "mé" log "téxt""#]),
    ("latin1_ascii_only.xml", &[r#"Passed "c.ne""#, r#"Failed "c.b" comment "me" log "text""#]),
    (
        "latin1_in_sysout.xml",
        &[
            r#"Passed "a" log "caf�""#,
            r#"Warnings([Warning { text: "bytes that are not valid in the report's encoding became U+FFFD", count: 1, names: ["UTF-8"] }])"#,
        ],
    ),
    ("leading_garbage.xml", &["fault 1: text where the report should begin: `Running tests...`"]),
    ("leading_ws.xml", &[r#"Passed "c.né""#, r#"Failed "c.b" comment "mé" log "téxt""#]),
    ("line_neg.xml", &[r#"Passed "a""#]),
    ("line_range.xml", &[r#"Passed "a""#]),
    ("many_attrs_20k.xml", &[r#"Passed "a" in "d""#]),
    (
        "missing_root_end.xml",
        &[r#"Passed "a""#, "fault 1: the report breaks off inside of `testsuites`"],
    ),
    (
        "multi_suite_out.xml",
        &[
            r#"Passed "a" log "--- system-out ---\n1\n2\n\n--- system-out of suite s ---\none\ntwo""#,
        ],
    ),
    ("nested_testsuites.xml", &[r#"Passed "a""#]),
    ("ns_default.xml", &[r#"Passed "a""#]),
    ("ns_prefix.xml", &[r#"Passed "a""#]),
    ("nul_padding.xml", &[r#"Passed "c.né""#, r#"Failed "c.b" comment "mé" log "téxt""#]),
    ("nunit_root.xml", &["fault 1: root element `test-run`, not `testsuites` or `testsuite`"]),
    (
        "prop_noname.xml",
        &[
            r#"Passed "a""#,
            r#"Warnings([Warning { text: "properties have no place in a result and were left out", count: 1, names: [""] }])"#,
        ],
    ),
    ("status_attr.xml", &[r#"Skipped "a""#, r#"Skipped "b""#, r#"Skipped "c""#]),
    ("suite_in_wrapper.xml", &["fault 1: root element `report`, not `testsuites` or `testsuite`"]),
    ("surrogate_ref_attr.xml", &[r#"Passed "a😀""#]),
    ("tests_float.xml", &[r#"Passed "a""#]),
    ("tests_neg.xml", &[r#"Passed "a""#]),
    ("time_None.xml", &[r#"Passed "a""#]),
    ("time_comma_dec.xml", &[r#"Passed "a""#]),
    ("time_nan.xml", &[r#"Passed "a""#, r#"Passed "b""#, r#"Passed "c""#, r#"Passed "d""#]),
    ("time_space.xml", &[r#"Passed "a""#]),
    ("time_thousands.xml", &[r#"Passed "a""#]),
    ("time_unit.xml", &[r#"Passed "a""#]),
    ("timestamp_naive.xml", &[r#"Passed "a""#]),
    (
        "trailing_garbage.xml",
        &[
            r#"Passed "c.né""#,
            r#"Failed "c.b" comment "mé" log "téxt""#,
            "fault 8: text after the end of the report: `garbage`",
        ],
    ),
    (
        "trailing_second_root.xml",
        &[
            r#"Passed "c.né""#,
            r#"Failed "c.b" comment "mé" log "téxt""#,
            "fault 8: a second root element: one file holds one report",
        ],
    ),
    (
        "truncated_between.xml",
        &[r#"Passed "a""#, "fault 3: the report breaks off inside of `testsuite`"],
    ),
    (
        "truncated_in_tag.xml",
        &[r#"Passed "a""#, "fault 1: tag not closed: `>` not found before end of input"],
    ),
    (
        "truncated_in_text.xml",
        &[r#"Passed "a""#, "fault 1: the report breaks off inside of `failure`"],
    ),
    ("unknown_entity_attr.xml", &[r#"Passed "a &bogus; b""#]),
    ("unknown_entity_text.xml", &[r#"Failed "a" log "a &bogus; b""#]),
    ("upper_case.xml", &["fault 1: root element `TESTSUITES`, not `testsuites` or `testsuite`"]),
    ("utf16be_bom.xml", &[r#"Passed "c.né""#, r#"Failed "c.b" comment "mé" log "téxt""#]),
    ("utf16le_bom.xml", &[r#"Passed "c.né""#, r#"Failed "c.b" comment "mé" log "téxt""#]),
    ("utf16le_nobom.xml", &[r#"Passed "c.né""#, r#"Failed "c.b" comment "mé" log "téxt""#]),
    ("utf8_bom.xml", &[r#"Passed "c.né""#, r#"Failed "c.b" comment "mé" log "téxt""#]),
    ("whitespace_text.xml", &[r#"Failed "a" log "    at foo\n      at bar""#]),
    ("zero.xml", &["fault 1: an empty file"]),
];

/// Those that another text surrounds, read from a pipe.
const IN_TALK: &[(&str, &[&str])] = &[
    (
        "leading_garbage.xml",
        &[
            r#"Passed "c.né""#,
            r#"Failed "c.b" comment "mé" log "téxt""#,
            r#"Warnings([Warning { text: "text around a report was passed over", count: 1, names: ["Running tests..."] }])"#,
        ],
    ),
    (
        "trailing_garbage.xml",
        &[
            r#"Passed "c.né""#,
            r#"Failed "c.b" comment "mé" log "téxt""#,
            r#"Warnings([Warning { text: "text around a report was passed over", count: 1, names: ["garbage <<<"] }])"#,
        ],
    ),
    (
        "trailing_second_root.xml",
        &[
            r#"Passed "c.né""#,
            r#"Failed "c.b" comment "mé" log "téxt""#,
            "fault 8: a second report after the first: only one can be read",
        ],
    ),
];

/// A line for each result, the fault, and the warnings. Nothing is said of what is empty, nor of the
/// category `s`, which most of the documents have.
fn outcome(bytes: &[u8], surroundings: LeadingText) -> Vec<String> {
    let (results, fault, warnings) = read_twice(bytes, &Mapping::default(), surroundings);
    let mut lines: Vec<String> = results
        .into_iter()
        .map(|result| {
            let mut line = format!("{:?} {:?}", result.status, result.name);
            let parts =
                [("in", result.category), ("comment", result.comment), ("log", result.io_log)];
            for (label, text) in parts.iter().filter(|(_, text)| !text.is_empty() && text != "s") {
                line = format!("{line} {label} {text:?}");
            }
            line
        })
        .collect();
    lines.extend(fault.map(|fault| format!("fault {fault}")));
    let warnings = format!("{warnings:?}");
    if warnings != "Warnings([])" {
        lines.push(warnings);
    }
    lines
}

#[test]
fn each_has_its_outcome() {
    let Some(edge) = shared("edge") else { return };
    for (name, expected) in EDGES {
        let bytes = fs::read(edge.join(name)).unwrap();
        assert_eq!(outcome(&bytes, LeadingText::Strict), *expected, "{name}");
    }
    let known: BTreeSet<_> = EDGES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let there: BTreeSet<_> = fs::read_dir(edge)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(known, there);
}

#[test]
fn talk_around_a_report_is_passed_over_in_a_pipe() {
    let Some(edge) = shared("edge") else { return };
    for (name, expected) in IN_TALK {
        let bytes = fs::read(edge.join(name)).unwrap();
        assert_eq!(outcome(&bytes, LeadingText::Skip), *expected, "{name}");
    }
    for (name, expected) in EDGES.iter().filter(|(name, _)| !is_in_talk(name)) {
        let bytes = fs::read(edge.join(name)).unwrap();
        assert_eq!(outcome(&bytes, LeadingText::Skip), *expected, "{name}");
    }
}

fn is_in_talk(name: &str) -> bool {
    IN_TALK.iter().any(|(other, _)| *other == name)
}
