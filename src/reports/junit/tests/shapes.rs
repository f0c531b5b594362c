//! Reports in the shapes that tools give them: small ones against what a person reads in them, and
//! those that real tools wrote against what another parser finds.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use junit_parser::{TestStatus, TestSuite, TestSuites};

use super::{Reading, read_cases};
use crate::model::result::Status;
use crate::reports::junit::case::Case;

/// A report, and a line for each case as [`line_of`] writes it.
type Shape = (&'static str, &'static [&'static str]);

const SHAPES: &[Shape] = &[
    // Suites in suites, with cases before, between and behind them.
    (
        "<testsuites name='run' tests='5' uuid='7' ignored='0' duration='1'><properties/>\n\
         <testsuite name='root' id='0' package='p' hostname='h'><testcase name='first'/>\n\
         <testsuite name='one'><testsuite name='deep'><testcase classname='c' name='in deep'/>\
         </testsuite><testcase name='in one'/></testsuite>\n<testsuite name='empty'/>\
         <testcase name='last' time='0.1'/></testsuite>\n\
         <testsuite><testcase name='alone'/></testsuite></testsuites>",
        &[
            "[root] first Passed",
            "[root/one/deep] c: in deep Passed",
            "[root/one] in one Passed",
            "[root] last Passed",
            "[] alone Passed",
        ],
    ),
    // Several outcomes of one case; the worst counts.
    (
        "<testsuite name='s'><testcase name='a'><failure message='1' file='f' line='2'>x</failure>\
         <failure type='T'/><failure/></testcase>\
         <testcase name='b'><failure/><error message='e'>trace</error></testcase>\
         <testcase name='c'><error/><error/></testcase>\
         <testcase name='d'><skipped message='why'/><failure>f</failure></testcase>\
         <testcase name='e'><skipped/></testcase></testsuite>",
        &[
            "[s] a Failed; failure message 1 text x; failure type T; failure",
            "[s] b Failed; failure; error message e text trace",
            "[s] c Failed; error; error",
            "[s] d Failed; skipped message why; failure text f",
            "[s] e Skipped; skipped",
        ],
    ),
    // Reasons for a skip: in an attribute, in the text, in both.
    (
        "<testsuite name='s' skips='3'><testcase name='a'><skipped type='pytest.skip' message='no \
         screen'>a.py:3: no screen</skipped></testcase><testcase name='b'><skipped>\n  not here\n\
         </skipped></testcase><testcase name='c'><skipped><![CDATA[<later>]]></skipped></testcase>\
         </testsuite>",
        &[
            "[s] a Skipped; skipped type pytest.skip message no screen text a.py:3: no screen",
            "[s] b Skipped; skipped text   not here",
            "[s] c Skipped; skipped text <later>",
        ],
    ),
    // Attempts as Surefire writes them, with traces in elements, and as nextest does, without.
    (
        "<testsuite name='s'><testcase name='a'><flakyFailure message='m' type='T'><stackTrace>at 1\
         </stackTrace><system-out>o</system-out></flakyFailure><flakyError><stackTrace>at 2\
         </stackTrace></flakyError></testcase><testcase name='b'><failure type='T'>f</failure>\
         <rerunFailure time='1' timestamp='x' type='T'>again<system-err>e</system-err></rerunFailure>\
         </testcase></testsuite>",
        &[
            "[s] a Passed; flakyFailure type T message m text at 1; flakyError text at 2",
            "[s] b Failed; failure type T text f; rerunFailure type T text again",
        ],
    ),
    // Output of cases and of their suites, as text, sections and both.
    (
        "<testsuite name='s'><system-out>of all</system-out><testcase name='a'>\
         <properties><property name='p'>text</property></properties>\
         <system-out>one<![CDATA[ & two]]></system-out><system-err>err</system-err></testcase>\
         <testcase name='b'><system-out></system-out><system-err/></testcase>\
         <system-err><![CDATA[of all]]></system-err></testsuite>",
        &["[s] a Passed; out one & two; err err", "[s] b Passed"],
    ),
    // Attributes that others have too, and names that say nothing.
    (
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite xmlns:xsi='http://x' \
         xsi:noNamespaceSchemaLocation='http://y' name='' version='3.0'>\n\
         <testcase name='' classname='com.x.Y' assertions='1' file='a.rb' id='1'/>\n\
         <testcase classname='' name='only a name'/></testsuite>",
        &["[] com.x.Y:  Passed", "[] only a name Passed"],
    ),
    // White space, which is kept but for blank lines at either end of a text.
    (
        "<testsuite name=' s\n'><testcase name='tab\tand\nline' classname=' c '><failure \
         message=' m '>\n\n  deep\n end \n \n</failure></testcase></testsuite>\n",
        &["[ s\n]  c : tab\tand\nline Failed; failure message  m  text   deep\n end "],
    ),
    // No cases at all.
    ("<testsuites tests='0'/>", &[]),
    ("<testsuites><testsuite name='s' tests='7'></testsuite><testsuite/></testsuites>", &[]),
];

/// Suites, class, name and status of a case, its outcomes and its output.
fn line_of(suites: &[String], case: &Case) -> String {
    let Case { class_name, name, .. } = case;
    let class = if class_name.is_empty() { String::new() } else { format!("{class_name}: ") };
    let mut line = format!("[{}] {class}{name} {:?}", suites.join("/"), case.status());
    for outcome in &case.outcomes {
        line = format!("{line}; {}", outcome.kind.name());
        let parts =
            [("type", &outcome.type_name), ("message", &outcome.message), ("text", &outcome.text)];
        for (label, text) in parts.iter().filter(|(_, text)| !text.is_empty()) {
            line = format!("{line} {label} {text}");
        }
    }
    for (label, text) in ["out", "err"].into_iter().zip(&case.outputs) {
        if !text.is_empty() {
            line = format!("{line}; {label} {text}");
        }
    }
    line
}

#[test]
fn every_shape_holds_the_cases_that_a_person_reads_in_it() {
    for (report, expected) in SHAPES {
        let Reading { cases, error, .. } = read_cases(Cursor::new(report));
        assert!(error.is_none(), "{report}: {error:?}");
        let lines: Vec<String> = cases.iter().map(|(suites, case)| line_of(suites, case)).collect();
        assert_eq!(lines, *expected, "{report}");
    }
}

/// The reports that real tools wrote, by name; `tests/fixtures/README.md` tells where they are from.
pub fn fixtures() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut reports: Vec<(String, Vec<u8>)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .map(|path| (path.file_name().unwrap().display().to_string(), fs::read(path).unwrap()))
        .collect();
    reports.sort();
    assert!(reports.len() >= 14, "the reports of tests/fixtures");
    reports
}

/// Name, class name and status of every case, sorted: junit-parser does not keep the order of cases
/// and suites among each other.
fn facts(cases: &[(Vec<String>, Case)]) -> Vec<(String, String, Status)> {
    let mut facts: Vec<_> = cases
        .iter()
        .filter(|(_, case)| !case.is_suite)
        .map(|(_, case)| (case.name.clone(), case.class_name.clone(), case.status()))
        .collect();
    facts.sort_by_key(|fact| format!("{fact:?}"));
    facts
}

fn peers_facts(report: &TestSuites) -> Vec<(String, String, Status)> {
    let mut facts = Vec::new();
    let mut suites: Vec<&TestSuite> = report.suites.iter().collect();
    while let Some(suite) = suites.pop() {
        suites.extend(&suite.suites);
        facts.extend(suite.cases.iter().map(|case| {
            let status = match case.status {
                TestStatus::Success => Status::Passed,
                TestStatus::Skipped(_) => Status::Skipped,
                TestStatus::Error(_) | TestStatus::Failure(_) => Status::Failed,
            };
            (case.original_name.clone(), case.classname.clone().unwrap_or_default(), status)
        }));
    }
    facts.sort_by_key(|fact| format!("{fact:?}"));
    facts
}

/// Where junit-parser and this reader differ, and why.
const PEER_DIFFERS: &[(&str, &str)] = &[
    ("gtest.xml", "it says by `status` and `result` alone that a case did not run"),
    ("node-test.xml", "the other parser passes over cases directly under `testsuites`"),
];

#[test]
fn junit_parser_agrees() {
    let shapes = SHAPES.iter().map(|(report, _)| ((*report).to_owned(), report.as_bytes().into()));
    let mut differing = Vec::new();
    for (name, report) in shapes.chain(fixtures()) {
        let peers = junit_parser::from_reader(&*report).map(|peers| peers_facts(&peers));
        let ours = facts(&read_cases(Cursor::new(&report)).cases);
        if peers.as_ref().ok() != Some(&ours) {
            println!("{name}:\n{peers:?}\n{ours:?}");
            differing.push(name);
        }
    }
    let known: Vec<&str> = PEER_DIFFERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(differing, known);
}
