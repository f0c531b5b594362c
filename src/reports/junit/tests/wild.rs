//! Reports that tools in the wild wrote, against what another XML parser finds in them.

use std::fs;

use junit_parser::{TestStatus, TestSuite, TestSuites};
use serde_json::Value;

use super::{Reading, collapsed, read_cases, shared};
use crate::model::result::Status;
use crate::reports::junit::LeadingText;
use crate::reports::junit::case::{Case, Outcome};

/// Well-formed, but no report: read by the other parser as a document without cases.
const NO_REPORT: &str =
    "DataDog+datadog-ci__packages_plugin-junit_src___tests___fixtures_invalid.xml";

/// Broken only by raw control characters, which are forgiven here.
const FORGIVEN: &str = "mikepenz+action-junit-report__test_results_junit-web-test_expected.xml";

fn text(value: &Value) -> String {
    collapsed(value.as_str().unwrap_or(""))
}

/// The parts of a case that the other parser gives, in one comparable text each.
fn parts_of(path: &[String], case: &Case) -> Vec<String> {
    let (attempts, outcomes): (Vec<_>, Vec<_>) =
        case.outcomes.iter().partition(|outcome| outcome.kind.is_attempt());
    let mut parts = vec![
        format!("path {:?}", path.iter().map(|name| collapsed(name)).collect::<Vec<_>>()),
        format!("class {}", collapsed(&case.class_name)),
        format!("name {}", collapsed(&case.name)),
        // The other parser knows no `status="disabled"`.
        format!("status {:?}", Case { states: Default::default(), ..case.clone() }.status()),
        format!("out {}", collapsed(&case.out)),
        format!("err {}", collapsed(&case.err)),
    ];
    parts.extend(outcomes.into_iter().map(|outcome| {
        let Outcome { kind, message, type_name, text, .. } = outcome;
        let texts = [message, type_name, text].map(|text| collapsed(text));
        format!("{} {texts:?}", kind.name())
    }));
    // The text of an attempt is in its stack trace, which the other parser leaves out.
    parts.extend(
        attempts
            .into_iter()
            .map(|attempt| format!("{} {}", attempt.kind.name(), collapsed(&attempt.message))),
    );
    parts
}

fn parts_expected(case: &Value) -> Vec<String> {
    let status = match case["st"].as_str() {
        Some("passed") => Status::Passed,
        Some("skipped") => Status::Skipped,
        _ => Status::Failed,
    };
    let list = |key: &str| case[key].as_array().cloned().unwrap_or_default();
    let mut parts = vec![
        format!("path {:?}", list("path").iter().map(text).collect::<Vec<_>>()),
        format!("class {}", text(&case["cn"])),
        format!("name {}", text(&case["name"])),
        format!("status {status:?}"),
        format!("out {}", text(&case["out"])),
        format!("err {}", text(&case["err"])),
    ];
    parts.extend(list("ress").iter().map(|outcome| {
        format!("{} {:?}", text(&outcome[0]), [1, 2, 3].map(|part| text(&outcome[part])))
    }));
    parts
        .extend(list("rer").iter().map(|rerun| format!("{} {}", text(&rerun[0]), text(&rerun[1]))));
    parts
}

/// The text of each rerun holds what the other parser found of it outside of elements.
fn check_rerun_texts(case: &Case, expected: &Value) {
    let attempts = case.outcomes.iter().filter(|outcome| outcome.kind.is_attempt());
    for (attempt, rerun) in attempts.zip(expected["rer"].as_array().into_iter().flatten()) {
        assert!(collapsed(&attempt.text).starts_with(&text(&rerun[2])), "{attempt:?}\n{rerun}");
    }
}

#[test]
fn every_report_holds_the_expected_cases() {
    let (Some(files), Some(expected)) = (shared("files"), shared("expected.jsonl")) else { return };
    let mut count = 0;
    for line in fs::read_to_string(expected).unwrap().lines() {
        let expected: Value = serde_json::from_str(line).unwrap();
        let name = expected["file"].as_str().unwrap();
        let bytes = fs::read(files.join(name)).unwrap();
        let Reading { cases, fault, .. } = read_cases(&*bytes, LeadingText::Strict);
        let cases: Vec<_> = cases.into_iter().filter(|(_, case)| !case.is_suite).collect();
        let cases_expected = expected["cases"].as_array().unwrap();
        for ((path, case), expected) in cases.iter().zip(cases_expected) {
            assert_eq!(parts_of(path, case), parts_expected(expected), "{name}");
            check_rerun_texts(case, expected);
        }
        let is_whole = expected["wellformed"] == true || name == FORGIVEN;
        if is_whole && name != NO_REPORT {
            assert!(fault.is_none(), "{name}: {fault:?}");
            assert_eq!(cases.len(), cases_expected.len(), "{name}");
        } else {
            // The other parser mends the case in which the document breaks off.
            assert!(fault.expect(name).line.is_some(), "{name}");
            assert!([0, 1].contains(&(cases_expected.len() - cases.len())), "{name}");
        }
        count += cases.len();
    }
    assert!(count > 10_000, "only {count} cases");
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
    (
        "EnricoMi+publish-unit-test-result-action__python_test_files_junit-xml_tst_disabled.xml",
        "gtest says by `status` and `result` alone that a case did not run",
    ),
    ("mikepenz+action-junit-report__test_results_issues_testDisabled.xml", "the same"),
];

#[test]
fn junit_parser_agrees() {
    let Some(files) = shared("files") else { return };
    let mut agreed = 0;
    let mut differing = Vec::new();
    for entry in fs::read_dir(files).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        let Ok(peers) = junit_parser::from_reader(&*bytes) else { continue };
        let ours = read_cases(&*bytes, LeadingText::Strict);
        if facts(&ours.cases) == peers_facts(&peers) {
            agreed += 1;
        } else {
            differing.push(name);
        }
    }
    differing.sort();
    let known: Vec<&str> = PEER_DIFFERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(differing, known);
    assert!(agreed > 150, "agreed on {agreed} only");
}
