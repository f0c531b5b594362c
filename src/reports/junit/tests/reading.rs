//! What becomes of reports, by the rules of the mapping, and what is said of those that are none.

use std::io::Cursor;
use std::io::{self, Read, Seek, SeekFrom};

use super::{drain, error, options, read, read_cases, read_twice};
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::reports::format::ReportReader;
use crate::reports::junit::{Mapping, Results, SuiteFacts};

fn names(text: &str) -> Vec<String> {
    read(text).into_iter().map(|result| result.name).collect()
}

/// The only result of a report with one case.
fn only(case: &str) -> TestResult {
    let mut results = read(&format!("<testsuites name='s'>{case}</testsuites>"));
    assert_eq!(results.len(), 1);
    results.remove(0)
}

fn warnings(text: &str) -> String {
    let (_, error, warnings) = read_twice(text.as_bytes(), &Mapping::default());
    assert!(error.is_none(), "{error:?}");
    format!("{warnings:?}")
}

#[test]
fn a_name_is_class_and_name_unless_the_class_adds_nothing() {
    for (class, name, expected) in [
        ("pkg.Class", "method", "pkg.Class.method"),
        ("", "method", "method"),
        (" ", "method", "method"),
        ("same", "same", "same"),
        ("pkg.Class", "pkg.Class.method", "pkg.Class.method"),
        ("tests/a.py", "tests/a.py::test", "tests/a.py::test"),
        ("Widget", "Widget draws", "Widget draws"),
        ("test", "testing", "test.testing"),
        ("test", "test_more", "test.test_more"),
        ("a:", "a:b", "a:b"),
        ("é", "éa", "é.éa"),
        ("pkg.Class", "", "pkg.Class"),
        ("", " ", "s"),
    ] {
        let case = format!("<testcase classname='{class}' name='{name}'/>");
        assert_eq!(only(&case).name, expected);
    }
}

#[test]
fn a_case_without_a_name_is_called_after_what_is_around_it() {
    assert_eq!(names("<testsuites name='run'><testcase/></testsuites>"), ["run"]);
    assert_eq!(names("<testsuite name='o'><testsuite><testcase/></testsuite></testsuite>"), ["o"]);
    let nameless = "<testsuite><testcase/><testcase/></testsuite>";
    assert_eq!(names(nameless), ["unnamed test", "unnamed test"]);
    assert!(warnings(nameless).contains("cases without any name were given one\", count: 2"));
}

#[test]
fn the_category_is_the_innermost_suite_or_the_run() {
    let results = read(
        "<testsuites name='run'><testcase name='a'/><testsuite name='o'><testcase name='b'/>\
         <testsuite name='i'><testcase name='c'/></testsuite><testcase name='d'/></testsuite>\
         <testsuite><testcase name='e'/></testsuite></testsuites>",
    );
    let categories: Vec<&str> = results.iter().map(|result| &*result.category).collect();
    assert_eq!(categories, ["run", "o", "i", "o", "run"]);
}

#[test]
fn the_worst_outcome_decides() {
    for (case, status) in [
        ("<testcase name='a'/>", Status::Passed),
        ("<testcase name='a'><failure/></testcase>", Status::Failed),
        ("<testcase name='a'><error/></testcase>", Status::Failed),
        ("<testcase name='a'><skipped/></testcase>", Status::Skipped),
        ("<testcase name='a'><skipped/><error/></testcase>", Status::Failed),
        ("<testcase name='a' status='NotRun'/>", Status::Skipped),
        ("<testcase name='a' result='suppressed'/>", Status::Skipped),
        ("<testcase name='a' status='disabled'><failure/></testcase>", Status::Failed),
        ("<testcase name='a' status='run' result='completed'/>", Status::Passed),
        ("<testcase name='a'><rerunFailure/><failure/></testcase>", Status::Failed),
        ("<testcase name='a'><flakyError/></testcase>", Status::Passed),
        ("<testcase name='a'><wrapper><failure/></wrapper></testcase>", Status::Failed),
    ] {
        assert_eq!(only(case).status, status, "{case}");
    }
}

#[test]
fn words_of_attributes_count() {
    for (attributes, status, comment) in [
        ("status='failed'", Status::Failed, "status=\"failed\""),
        ("status='passed' result='Crashed'", Status::Failed, "result=\"Crashed\""),
        ("status='time-out'", Status::Failed, "status=\"time-out\""),
        ("status='skip' result='fail'", Status::Failed, "result=\"fail\""),
        ("status='untested'", Status::Skipped, ""),
        ("status='not run'", Status::Skipped, ""),
        ("status='NotRunnable'", Status::Skipped, ""),
        ("status='Not_Run' result='completed'", Status::Skipped, ""),
        ("result='skip'", Status::Skipped, ""),
        ("status='executed' result='inconclusive'", Status::Skipped, ""),
        ("executed='false' status='passed'", Status::Skipped, ""),
        ("disabled='TRUE'", Status::Skipped, ""),
        ("disabled='false' executed='true'", Status::Passed, ""),
        ("status='Passed' result=' '", Status::Passed, ""),
        ("status='run' result='COMPLETED'", Status::Passed, ""),
        ("status='fixed'", Status::Passed, ""),
    ] {
        let result = only(&format!("<testcase name='a' {attributes}/>"));
        assert_eq!((result.status, &*result.comment), (status, comment), "{attributes}");
    }
}

#[test]
fn a_word_that_is_not_understood_is_never_passed() {
    let report = "<testsuite><testcase name='a' status='sonderbar'/></testsuite>";
    assert_eq!(read(report)[0].status, Status::Skipped);
    let noted = warnings(report);
    assert!(noted.contains("not known counts as skipped\", count: 1, names: [\"sonderbar\"]"));
    let known = "<testsuite><testcase name='a' status='not-run'/></testsuite>";
    assert_eq!(warnings(known), "Warnings([])");
}

#[test]
fn elements_named_like_a_status_count_like_it() {
    for (element, status, comment) in [
        ("<skip/>", Status::Skipped, ""),
        ("<Skipped/>", Status::Skipped, ""),
        ("<ignored/>", Status::Skipped, "ignored"),
        ("<disabled message='m'/>", Status::Skipped, "m"),
        ("<pending/>", Status::Skipped, "pending"),
        ("<cancelled/>", Status::Skipped, "cancelled"),
        ("<fail message='x'>y</fail>", Status::Failed, "x"),
        ("<Failure message='x'>y</Failure>", Status::Failed, "x"),
        ("<failed/>", Status::Failed, ""),
        ("<crashed/>", Status::Failed, "crashed"),
        ("<errored/>", Status::Failed, "[error]"),
        ("<rerunFailure message='r'/>", Status::Failed, ""),
        ("<passed/>", Status::Passed, ""),
    ] {
        let result = only(&format!("<testcase name='a'>{element}</testcase>"));
        assert_eq!((result.status, &*result.comment), (status, comment), "{element}");
    }
}

#[test]
fn a_suite_that_was_skipped_skips_its_silent_cases() {
    let results = read(
        "<testsuite name='s'><testcase name='a'/><testcase name='b' status='failed'/>\
         <testcase name='c'><failure message='m'/></testcase><testcase name='d' status='run'/>\
         <testsuite name='i'><testcase name='e'/></testsuite>\
         <skipped message='no radio'>at all</skipped></testsuite>",
    );
    let facts: Vec<_> = results.iter().map(|result| (result.status, &*result.comment)).collect();
    let skipped = (Status::Skipped, "no radio\nat all");
    let failed = [(Status::Failed, "status=\"failed\""), (Status::Failed, "m")];
    assert_eq!(facts, [skipped, failed[0], failed[1], skipped, skipped]);
    let empty = "<testsuite name='s'><skipped message='no radio'/></testsuite>";
    assert!(warnings(empty).contains("a suite that was skipped holds no case\", count: 1"));
}

#[test]
fn failures_that_a_suite_counts_and_nothing_shows_are_noted() {
    for (report, missing) in [
        ("<testsuite name='boot' tests='3' failures='2' errors='1'/>", 3),
        ("<testsuite name='boot' failures='1'><testcase><failure/></testcase></testsuite>", 0),
        (
            "<testsuite failures='2' errors='1'><testcase><failure/><failure/><error/></testcase></testsuite>",
            0,
        ),
        ("<testsuite failures='1'><testcase status='failed'/></testsuite>", 0),
        (
            "<testsuites failures='3'><testsuite failures='2'/><testsuite failures='many'/></testsuites>",
            3,
        ),
        ("<testsuites failures='2'><testsuite failures='2'/></testsuites>", 2),
        ("<testsuite errors='1'><error/></testsuite>", 0),
    ] {
        let text = "failures and errors that a suite counts are in none of its cases";
        let (_, _, warnings) = read_twice(report.as_bytes(), &Mapping::default());
        let noted = warnings.all().iter().find(|warning| warning.text == text);
        assert_eq!(noted.map_or(0, |warning| warning.count), missing, "{report}");
    }
}

#[test]
fn a_class_is_told_by_the_suite_where_the_case_does_not_tell_it() {
    for (attributes, name) in [
        ("name='t' class='C'", "C.t"),
        ("name='t' class='C' classname='D'", "D.t"),
        ("name='joins' classname='test'", "wifi.joins"),
        ("name='joins'", "wifi.joins"),
        ("name='joins' classname='tests'", "tests.joins"),
        ("name='wifi joins'", "wifi joins"),
        ("", "wifi"),
    ] {
        let report = format!(
            "<testsuites name='run'><testsuite name='wifi-20261124233305'><testcase {attributes}/>\
             </testsuite></testsuites>"
        );
        let result = &read(&report)[0];
        assert_eq!((&*result.name, &*result.category), (name, "wifi"), "{attributes}");
    }
    assert_eq!(names("<testsuites name='run'><testcase name='t'/></testsuites>"), ["t"]);
    let stamps = "<testsuites name='run'><testsuite name='outer'><testsuite name='2026-11-24'>\
                  <testcase name='t'/></testsuite></testsuite></testsuites>";
    assert_eq!((&*read(stamps)[0].name, &*read(stamps)[0].category), ("outer.t", "outer"));
}

#[test]
fn a_case_with_more_outcomes_than_are_held_has_the_same_status() {
    for (outcomes, status) in [
        (["<flakyFailure/>", "<failure/>", "<flakyFailure/>"], Status::Failed),
        (["<flakyFailure/>", "<rerunError/>", "<flakyError/>"], Status::Failed),
        (["<skipped/>", "<failure/>", "<skipped/>"], Status::Failed),
        (["<flakyFailure/>", "<skipped/>", "<flakyFailure/>"], Status::Skipped),
        (["<flakyFailure/>", "<flakyError/>", "<flakyFailure/>"], Status::Passed),
    ] {
        for (before, behind) in [(998, 1), (999, 1), (999, 1000), (1000, 1), (2000, 2000)] {
            let [first, one, last] = outcomes;
            let all = first.repeat(before) + one + &last.repeat(behind);
            let case = only(&format!("<testcase name='a'>{all}</testcase>"));
            assert_eq!(case.status, status, "{outcomes:?}, {before}, {behind}");
        }
    }
}

#[test]
fn the_comment_says_type_and_message_of_each_outcome() {
    for (outcomes, comment) in [
        ("<failure type='T' message='m'/>", "T: m"),
        ("<failure type='T'/>", "T"),
        ("<failure message='m'/>", "m"),
        ("<failure type='T' message='T: m'/>", "T: m"),
        ("<failure/>", ""),
        ("<error/>", "[error]"),
        ("<error type='T' message='m'/>", "[error] T: m"),
        ("<skipped type='pytest.skip' message='why'/>", "pytest.skip: why"),
        ("<failure message='one'/><failure/><error message='two'/>", "one\n[error] two"),
        ("<failure message='&#10;  a&#10;b&#10;'/>", "  a\nb"),
        ("<flakyFailure message='m'/>", "flaky: 1 attempt failed"),
        ("<flakyFailure/><flakyError/>", "flaky: 2 attempts failed"),
        ("<failure message='m'/><rerunFailure message='r'/>", "m"),
    ] {
        let case = format!("<testcase name='a'>{outcomes}</testcase>");
        assert_eq!(only(&case).comment, comment, "{outcomes}");
    }
}

#[test]
fn the_log_holds_all_texts_in_order() {
    let log = |inner: &str| only(&format!("<testcase name='a'>{inner}</testcase>")).io_log;
    assert_eq!(log("<failure message='m'>text</failure>"), "text");
    assert_eq!(log("<system-out>\n\n one \n\n</system-out>"), " one ");
    assert_eq!(log("<system-out>a</system-out><system-out>b\n</system-out>"), "a\nb");
    assert_eq!(
        log(
            "<system-err>e</system-err><system-out>o</system-out><rerunError type='T' message='m'>\
             <stackTrace>s</stackTrace><system-err>re</system-err></rerunError><error>two</error>\
             <failure>one</failure>"
        ),
        "--- error ---\ntwo\n\n--- failure ---\none\n\n--- rerunError ---\nT: m\ns\n\n\
         --- system-err of rerunError ---\nre\n\n--- system-out ---\no\n\n--- system-err ---\ne"
    );
    assert_eq!(log("<flakyFailure message='m'>m and more</flakyFailure>"), "m and more");
    assert_eq!(
        log("<failure>one<system-out>o</system-out>two</failure>"),
        "--- failure ---\none\ntwo\n\n--- system-out of failure ---\no"
    );
}

#[test]
fn a_suite_that_failed_outside_of_its_cases_is_a_result() {
    let results = read(
        "<testsuite name='s'><testcase name='a'/><error message='teardown'>trace</error>\
         <system-out>o</system-out></testsuite>",
    );
    assert_eq!(results.len(), 2);
    assert_eq!(results[1].name, "s");
    assert_eq!(results[1].status, Status::Failed);
    assert_eq!(results[1].comment, "[error] teardown");
    assert_eq!(results[1].io_log, "--- error ---\ntrace\n\n--- system-out of suite s ---\no");
    assert_eq!(results[0].io_log, "");
}

#[test]
fn output_of_a_suite_goes_to_the_cases_that_it_may_explain() {
    let log_of = |text: &str| -> Vec<String> {
        read(text).into_iter().map(|result| result.io_log).collect()
    };
    assert_eq!(
        log_of(
            "<testsuite name='s'><system-out>before</system-out><testcase name='a'/>\
                <testcase name='b'><failure/></testcase><system-out>after</system-out></testsuite>"
        ),
        ["", "before\nafter"]
    );
    assert_eq!(
        log_of(
            "<testsuite name='o'><testsuite name='i'><testcase name='a'><failure/></testcase>\
                <system-err>inner</system-err></testsuite><testsuite name='j'><testcase name='b'/>\
                <testcase name='c'/></testsuite><system-out>outer</system-out></testsuite>"
        ),
        ["--- system-err of suite i ---\ninner\n\n--- system-out of suite o ---\nouter", "", ""]
    );
    assert_eq!(
        log_of(
            "<testsuites><testsuite name='s'><testcase name='a'/>\
                <system-out>alone</system-out></testsuite><testsuite><testcase name='b'/></testsuite>\
                </testsuites>"
        ),
        ["alone", ""]
    );
    let passed = "<testsuite name='s'><testcase name='a'/><testcase name='b'/>\
                  <system-out>o</system-out></testsuite>";
    assert_eq!(log_of(passed), ["", ""]);
    assert!(warnings(passed).contains(
        "output of a suite without failed cases was left out\", count: 1, names: [\"s\"]"
    ));
}

#[test]
fn output_of_suites_is_limited() {
    let output = "x\n".repeat(100_000);
    let results = read(&format!(
        "<testsuite name='o'><testsuite name='i'><testcase name='a'><failure/></testcase>\
         <system-out>{output}</system-out></testsuite><system-out>{output}</system-out></testsuite>"
    ));
    let log = &results[0].io_log;
    assert!(log.len() < 66_000, "{}", log.len());
    assert!(log.contains(" bytes cut …]"));
    assert!(log.ends_with("--- system-out of suite o ---\n[… left out: a case gets 64 KiB of the output of its suites …]"));
}

#[test]
fn output_is_given_also_where_the_report_breaks_off() {
    let text = "<testsuite name='s'><system-out>o</system-out><testcase name='a'><failure/></testcase><test";
    let (results, error, _) = read_twice(text.as_bytes(), &Mapping::default());
    assert!(error.is_some());
    assert_eq!(results[0].io_log, "o");
}

#[test]
fn templates_make_what_the_user_wants() {
    let mapping = Mapping {
        name: Some("{suites}|{classname}|{name}|{file}".parse().unwrap()),
        category: Some("{suite}!".parse().unwrap()),
        template_id: Some("{classname}".parse().unwrap()),
    };
    let text = "<testsuites name='run'><testsuite name='o'><testsuite name='i'>\
                <testcase name='n' classname='c' file='f'/></testsuite><failure/></testsuite></testsuites>";
    let (results, ..) = read_twice(text.as_bytes(), &mapping);
    let parts = |result: &TestResult| {
        [result.name.clone(), result.category.clone(), result.template_id.clone()]
    };
    assert_eq!(parts(&results[0]), ["o/i|c|n|f", "i!", "c"]);
    assert_eq!(parts(&results[1]), ["o||o|", "o!", ""]);
}

#[test]
fn a_template_that_gives_no_name_is_not_obeyed() {
    let mapping = Mapping { name: Some("{classname}".parse().unwrap()), ..Mapping::default() };
    let text = "<testsuite><testcase name='n'/></testsuite>";
    let (results, _, warnings) = read_twice(text.as_bytes(), &mapping);
    assert_eq!(results[0].name, "n");
    assert!(format!("{warnings:?}").contains("the template for names gave nothing"));
}

#[test]
fn cases_are_found_wherever_they_are() {
    assert_eq!(
        names(
            "<testsuite><group><testcase name='a'/><testsuite><testcase name='b'/></testsuite>\
               </group></testsuite>"
        ),
        ["a", "b"]
    );
    let nested = "<testsuite><testcase name='a'><failure>1</failure><testcase name='b'/>\
                  <system-out>2</system-out></testcase><testcase name='c'/></testsuite>";
    assert_eq!(names(nested), ["b", "a", "c"]);
    assert_eq!(read(nested)[1].io_log, "--- failure ---\n1\n\n--- system-out ---\n2");
}

#[test]
fn text_of_a_case_is_its_log_whatever_follows_it() {
    for element in ["properties><property name='p' value='v'/></properties", "odd/", "skipped/"] {
        let report =
            format!("<testsuite><testcase name='a'>one<{element}>two</testcase></testsuite>");
        assert_eq!(read(&report)[0].io_log, "one\ntwo", "{element}");
    }
}

#[test]
fn what_has_no_place_in_a_result_is_noted() {
    let warnings = warnings(
        "<testsuite><properties><property name='p' value='v'>text</property></properties>stray \
         <odd>&lt;inner</odd><testcase name='a'><failure>one <b>two</b></failure></testcase></testsuite>",
    );
    for note in [
        "properties have no place in a result and were left out\", count: 1, names: [\"p\"]",
        "text that is in no output of a case was passed over\", count: 2, names: [\"stray\", \"<inner\"]",
        "elements that JUnit reports do not have were passed over\", count: 1, names: [\"odd\"]",
        "elements inside of a text were passed over, but for their text\", count: 1, names: [\"b\"]",
    ] {
        assert!(warnings.contains(note), "{warnings}");
    }
}

#[test]
fn what_breaks_the_rules_is_a_fault_in_its_line() {
    for (text, expected) in [
        ("", "1: an empty file"),
        (" \n\n ", "3: an empty file"),
        ("\n[{}]", "2: JSON, not a JUnit report"),
        ("\n[INFO] done", "2: text where the report should begin: `[INFO] done`"),
        ("\n\n text", "3: text where the report should begin: `text`"),
        ("&lt;", "1: text where the report should begin: `&lt;`"),
        ("<!doctype html>\n<HTML lang=en><br>", "2: an HTML page, not a JUnit report"),
        ("<coverage/>", "1: root element `coverage`, not `testsuites` or `testsuite`"),
        ("<!-- -->", "1: an empty file"),
        ("<testsuite>\n<a>\n</b\n></testsuite>", "3: `</b>` where `</a>` was due"),
        ("<testsuite/>\n</testsuite>", "2: `testsuite` outside of a report"),
        ("<testsuite>\n<?xml version='1.0'?>", "2: an XML declaration inside of the report"),
        ("<testsuite>\n<!DOCTYPE a>", "2: a document type inside of the report"),
        ("<testsuite>\n<!-- \n\n", "2: comment not closed: `-->` not found before end of input"),
        ("<testsuite><!-->", "1: comment not closed: `-->` not found before end of input"),
        ("<testsuite><!--->", "1: comment not closed: `-->` not found before end of input"),
        ("<testsuite>\n\n", "2: the report breaks off inside of `testsuite`"),
        ("<testsuites>\n<testcase>\n<failure>x", "3: the report breaks off inside of `failure`"),
        ("<testsuite>\n<a b>", "2: attribute `b` without a value in quotes"),
        ("<testsuite>\n<a b=c>", "2: attribute `b` without a value in quotes"),
        (
            "<testsuite>\n<a b='c'd='e'>",
            "2: a quote inside of the value of `b`, or no white space behind it",
        ),
        (
            "<testsuite>\n<a b=\"say \"hi\" now\">",
            "2: a quote inside of the value of `b`, or no white space behind it",
        ),
        ("<testsuite>\n<a b='c' 'd'>", "2: no attribute begins with `'d'`"),
        ("<testsuite>\n< a>", "2: `<` begins no element"),
        ("<testsuite>\n<1>", "2: `<1` begins no element"),
        ("<testsuite>\na <b && c> d", "2: no attribute begins with `&& c`"),
        ("\u{0}\u{0}\u{0}<", "1: encoded in UTF-32, which `to` does not read"),
    ] {
        assert_eq!(error(text), expected, "{text:?}");
    }
}

#[test]
fn depth_has_a_limit() {
    let report = "<testsuite>".repeat(100_001);
    assert_eq!(error(&report), "1: elements lie more than 100000 deep in each other");
}

#[test]
fn every_encoding_that_is_declared_is_read() {
    for label in [
        "shift_jis",
        "GBK",
        "Windows-1251",
        "euc-kr",
        "koi8-r",
        "iso-8859-15",
        "utf8",
        "iso-2022-jp",
    ] {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"{label}\" ?>\n<testsuite><testcase name='{}'/></testsuite>",
            sample(label)
        );
        let bytes = encoding.encode(&text).0;
        let reading = read_cases(Cursor::new(&bytes));
        assert!(reading.error.is_none(), "{label}: {:?}", reading.error);
        assert_eq!(reading.cases[0].1.name, sample(label), "{label}");
    }
}

/// Text that `label` can write.
fn sample(label: &str) -> &'static str {
    match label {
        "shift_jis" | "iso-2022-jp" => "テスト",
        "GBK" => "测试",
        "Windows-1251" | "koi8-r" => "тест",
        "euc-kr" => "시험",
        _ => "œuvre à 5 €",
    }
}

#[test]
fn a_declaration_of_utf_16_that_can_be_read_is_wrong() {
    let text = "<?xml version='1.0' encoding='UTF-16'?><testsuite><testcase name='é'/></testsuite>";
    assert_eq!(names(text), ["é"]);
}

#[test]
fn text_may_stand_around_a_report() {
    let pass_over = |text: &str| {
        let (results, error, warnings) = read_twice(text.as_bytes(), &Mapping::default());
        (results.len(), error.map(|error| error.to_string()), format!("{warnings:?}"))
    };
    let ui = "===== test session starts =====\na < b & <c>\n..F\n";
    let report = "<?xml version='1.0'?><testsuite><testcase name='a'/></testsuite>";
    let (count, error, warnings) = pass_over(&format!("{ui}{report}- generated xml file -\n"));
    assert_eq!((count, error), (1, None));
    assert!(warnings.contains(
        "text around a report was passed over\", count: 2, \
         names: [\"===== test session starts =====\", \"- generated xml file -\"]"
    ));
    let bare = report.split_once("?>").unwrap().1;
    assert_eq!(pass_over(&format!("{ui}{bare}")).0, 1);
    assert_eq!(pass_over(report), (1, None, "Warnings([])".to_owned()));
    assert_eq!(pass_over(&format!("{report}\n{report}")).0, 2);
    let nothing = "1: text where the report should begin: `no report at all`".to_owned();
    assert_eq!(pass_over("no report at all\n").1, Some(nothing));
    assert_eq!(pass_over("{\"a\": \"<b>\"}").1, Some("1: JSON, not a JUnit report".to_owned()));
    assert_eq!(pass_over("").1, Some("1: an empty file".to_owned()));
    let page = "1: an HTML page, not a JUnit report".to_owned();
    assert_eq!(pass_over("<!DOCTYPE html><html></html>").1, Some(page));
}

/// Fails after its text.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self.0.read(to)? {
            0 => Err(io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

impl Seek for Failing<'_> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

#[test]
fn a_source_that_fails_is_a_fault_after_the_whole_cases() {
    let source = Failing(b"<testsuite>\n<testcase name='a'/>\n<testcase name='b'>");
    let mut results =
        Results::new(source, &options(&Mapping::default()), SuiteFacts::default()).unwrap();
    let mut warnings = Warnings::default();
    let (results, error) = drain(|| results.next(&mut warnings));
    assert_eq!(results.len(), 1);
    assert_eq!(error.unwrap().to_string(), "3: cannot be read: the disk is gone");
}

#[test]
fn bytes_that_tell_the_encoding_beat_a_declaration() {
    let text =
        "\u{feff}<?xml version='1.0' encoding='UCS-2'?><testsuite><testcase name='é'/></testsuite>";
    assert_eq!(names(text), ["é"]);
}

#[test]
fn an_end_within_a_character_is_noted() {
    for (before, cut) in [("<?xml version='1.0'?>", &b"\xF0\x9F"[..]), ("", b"\xC3")] {
        let report = [before.as_bytes(), b"<testsuite><testcase name='", cut].concat();
        let (_, error, warnings) = read_twice(&report, &Mapping::default());
        assert!(error.is_some());
        assert!(format!("{warnings:?}").contains("read as another encoding\", count: 1"));
    }
}
