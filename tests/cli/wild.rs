//! Reports as they are met, with one difficulty each: all that is made of it, and all that is said.

use crate::support::Sandbox;
use serde_json::Value;

/// A file, its content, the results and the lines on stderr.
///
/// A result is the first letter of its status and its name, then its category behind ` @ `, its comment
/// behind ` // ` and its log behind ` | `, where it has them.
type Difficulty = (&'static str, &'static [u8], &'static [&'static str], &'static [&'static str]);

/// Words and elements that say how a test went.
const OUTCOMES: &[Difficulty] = &[
    (
        "job.junit.xml",
        b"<testsuites><testcase classname='org.lab::fan' name='org.lab::fan'/></testsuites>",
        &["P org.lab::fan"],
        &["warning: JUnit that Checkbox wrote shows newer kinds of skipped jobs as passed: submit its .tar.xz \
           instead (1): `job.junit.xml`"],
    ),
    (
        "status.xml",
        b"<testsuite name='shop'><testcase classname='till' name='opens' status='failed'/></testsuite>",
        &["F till.opens @ shop // status=\"failed\""],
        &[],
    ),
    (
        "words.xml",
        b"<testsuite name='shop'><testcase name='a' status='untested'/><testcase name='b' status='skip'/>\
          <testcase name='d' status='Pending'/><testcase name='e' result='inconclusive'/>\
          <testcase name='f' status='Not-Runnable'/><testcase name='g' status='not_run'/>\
          <testcase name='h' result='blocked'/><testcase name='i' status='cancelled'/></testsuite>",
        &[
            "S shop.a @ shop",
            "S shop.b @ shop",
            "S shop.d @ shop",
            "S shop.e @ shop",
            "S shop.f @ shop",
            "S shop.g @ shop",
            "S shop.h @ shop",
            "S shop.i @ shop",
        ],
        &[],
    ),
    (
        "unknown.xml",
        b"<testsuite name='shop'><testcase name='a' status='wobbly'/></testsuite>",
        &["S shop.a @ shop"],
        &["warning: a status that is not known counts as skipped (1): `wobbly`"],
    ),
    (
        "skips.xml",
        b"<testsuite name='shop'><testcase name='a'><skip/></testcase><testcase name='b'><ignored/></testcase>\
          <testcase name='d'><disabled>why</disabled></testcase><testcase name='e'><pending/></testcase>\
          <testcase name='f'><Cancelled message='m'/></testcase></testsuite>",
        &[
            "S shop.a @ shop",
            "S shop.b @ shop // ignored",
            "S shop.d @ shop // disabled | why",
            "S shop.e @ shop // pending",
            "S shop.f @ shop // m",
        ],
        &[],
    ),
    (
        "fails.xml",
        b"<testsuite name='shop'><testcase name='a'><fail message='m'>t</fail></testcase>\
          <testcase name='b'><FAILED/></testcase><testcase name='d'><Error/></testcase></testsuite>",
        &["F shop.a @ shop // m | t", "F shop.b @ shop", "F shop.d @ shop // [error]"],
        &[],
    ),
    (
        "rerun.xml",
        b"<testsuite name='shop'><testcase name='a'><rerunError message='no till'/></testcase></testsuite>",
        &["F shop.a @ shop | no till"],
        &[],
    ),
    (
        "both.xml",
        b"<testsuite name='shop'><testcase name='a'><skipped/><failure message='m' type='Odd'/></testcase>\
          <testcase name='b' status='passed'><failure message='after' type='hook'/></testcase></testsuite>",
        &["F shop.a @ shop // Odd: m", "F shop.b @ shop // hook: after"],
        &[],
    ),
    (
        "several.xml",
        b"<testsuite name='shop'><testcase name='a'><failure message='1'>t</failure><system-out>o</system-out>\
          <failure message='2'>u</failure><error message='3'>v</error></testcase></testsuite>",
        &["F shop.a @ shop // 1\n2\n[error] 3 | --- failure ---\nt\n\n--- failure ---\nu\n\n--- error ---\nv\n\n\
           --- system-out ---\no"],
        &[],
    ),
    (
        "empty.xml",
        b"<testsuite name='shop'><testcase name='a'><system-out/><failure type='Odd'>f:1</failure></testcase>\
          <testcase name='b'><failure message='Odd'></failure></testcase></testsuite>",
        &["F shop.a @ shop // Odd | f:1", "F shop.b @ shop // Odd"],
        &[],
    ),
    (
        "suite.xml",
        b"<testsuites><testsuite name='shop'><skipped message='closed'/><testcase name='a'/></testsuite>\
          <testsuite name='till'><error message='begin'>t</error><error message='end'>u</error></testsuite>\
          </testsuites>",
        &[
            "S shop.a @ shop // closed",
            "F till @ till // --- result 1 of 2: FAILED ---\n[error] begin\n\n--- result 2 of 2: FAILED ---\n\
             [error] end | --- result 1 of 2: FAILED ---\nt\n\n--- result 2 of 2: FAILED ---\nu",
        ],
        &["warning: result merged into the first of its name (1): `till`"],
    ),
    (
        "counts.xml",
        b"<testsuites><testsuite name='shop' tests='3' failures='1' errors='1'/>\
          <testsuite name='till'><testcase name='a'/></testsuite></testsuites>",
        &["P till.a @ till"],
        &["warning: failures and errors that a suite counts are in none of its cases (2): `shop`"],
    ),
];

/// What names and categories are made of.
const NAMES: &[Difficulty] = &[
    (
        "constant.xml",
        b"<testsuites><testsuite name='shop'><testcase name='opens' classname='test'/></testsuite>\
          <testsuite name='till'><testcase name='opens' classname='test'><failure message='jams'/></testcase>\
          </testsuite></testsuites>",
        &["P shop.opens @ shop", "F till.opens @ till // jams"],
        &[],
    ),
    (
        "class.xml",
        b"<testsuite name='shop'><testcase name='opens' class='Till'/></testsuite>",
        &["P Till.opens @ shop"],
        &[],
    ),
    (
        "files.xml",
        b"<testsuite name='shop'><testcase classname='adds' name='adds' file='till.js'/>\
          <testcase classname='adds' name='adds' file='scale.js'><failure>f</failure></testcase></testsuite>",
        &["F adds @ shop | --- result 2 of 2: FAILED ---\nf"],
        &["warning: result merged into the first of its name, from another file (--case-name \
           '{file}: {classname}.{name}' keeps them apart) (1): `adds`"],
    ),
    (
        "nameless.xml",
        b"<testsuite name='shop'><testcase>9</testcase><testcase classname='Till' name='b'/></testsuite>",
        &["P shop @ shop | 9", "P Till.b @ shop"],
        &[],
    ),
    (
        "stamp.xml",
        b"<testsuites name='nightly'><testsuite name='job-2025-02-03T04.05-1234abc'>\
          <testcase classname='Till' name='a'/></testsuite><testsuite name='20250203040506'>\
          <testcase classname='Till' name='b'/></testsuite></testsuites>",
        &["P Till.a @ job", "P Till.b @ nightly"],
        &[],
    ),
    (
        "prefixes.xml",
        b"<x:testsuite xmlns:x='urn:x' xmlns:xsi='urn:i' xsi:a='b' x:name='shop' name='till'>\
          <x:testcase name='a'/></x:testsuite>",
        &["P till.a @ till"],
        &[],
    ),
];

/// Texts, and what lies around them.
const TEXTS: &[Difficulty] = &[
    (
        "comments.xml",
        b"<testsuite name='shop'><testcase name='a'><failure message='m'/><!-- the drawer jams --></testcase>\
          </testsuite>",
        &["F shop.a @ shop // m"],
        &["warning: XML comments were left out (1): `the drawer jams`"],
    ),
    (
        "text.xml",
        b"<testsuite name='shop'><testcase name='a'>line 3 is odd</testcase><testcase name='b'>\
          <warning>late</warning><system.out>o</system.out></testcase><testcase name='d'>\
          <failure><message>boom</message><at>x:1</at></failure></testcase></testsuite>",
        &[
            "P shop.a @ shop | line 3 is odd",
            "P shop.b @ shop | --- system-out ---\no\n\n--- warning ---\nlate",
            "F shop.d @ shop | boom\n\nx:1",
        ],
        &["warning: elements inside of a text were passed over, but for their text (2): `message`, `at`"],
    ),
    (
        "behind.xml",
        b"<testsuite name='shop'><testcase name='a'/></testsuite>\nAll is done.\n",
        &["P shop.a @ shop"],
        &["warning: text around a report was passed over (1): `All is done.`"],
    ),
    (
        "before.xml",
        b"running 1 test\n<?xml version='1.0'?><testsuite name='shop'><testcase name='a'/></testsuite>",
        &["P shop.a @ shop"],
        &["warning: text around a report was passed over (1): `running 1 test`"],
    ),
    (
        "two.xml",
        b"<testsuite name='shop'><testcase name='a'/></testsuite><testsuite name='till'><testcase name='b'>\
          <failure message='m'/></testcase></testsuite>",
        &["P shop.a @ shop", "F till.b @ till // m"],
        &["warning: a report behind another in one file was read too (1): `till`"],
    ),
    (
        "sections.xml",
        "<testsuite name='shop'><testcase name='a'><failure><![CDATA[x\u{fffe}y]]></failure></testcase>\
         </testsuite>"
            .as_bytes(),
        &["F shop.a @ shop | x\u{fffe}y"],
        &[],
    ),
    (
        "quotes.xml",
        b"<testsuite name='shop'><testcase name='a'><failure message=\"is \"x\" here\"/></testcase></testsuite>",
        &[],
        &["error: quotes.xml:1: a quote inside of the value of `message`, or no white space behind it"],
    ),
];

/// Labels of encodings, right and wrong.
const ENCODINGS: &[Difficulty] = &[
    (
        "code-page.xml",
        "<?xml version='1.0' encoding='cp65001'?><testsuite name='s'><testcase name='à'/></testsuite>"
            .as_bytes(),
        &["P s.à @ s"],
        &["warning: the report is UTF-8, whatever encoding it says it is in (1): `cp65001`"],
    ),
    (
        "underscore.xml",
        b"<?xml version='1.0' encoding='utf_8'?><testsuite name='s'><testcase name='a'/></testsuite>",
        &["P s.a @ s"],
        &[],
    ),
    (
        "python.xml",
        b"<?xml version='1.0' encoding='latin-1'?><testsuite name='s'><testcase name='\xE0'/></testsuite>",
        &["P s.à @ s"],
        &[],
    ),
    (
        "blank.xml",
        b"<?xml version='1.0' encoding=''?><testsuite name='s'><testcase name='a'/></testsuite>",
        &["P s.a @ s"],
        &[],
    ),
    (
        "order.xml",
        b"<?xml encoding='utf-8' version='1.0'?><testsuite name='s'><testcase name='a'/></testsuite>",
        &["P s.a @ s"],
        &[],
    ),
    (
        "ascii.xml",
        "<?xml version='1.0' encoding='us-ascii'?><testsuite name='s'><testcase name='à'/></testsuite>"
            .as_bytes(),
        &["P s.à @ s"],
        &["warning: the report is UTF-8, whatever encoding it says it is in (1): `us-ascii`"],
    ),
    (
        "undeclared.xml",
        b"<testsuite name='s'><testcase name='\xE0'/><testcase name='\xE1'><failure/></testcase></testsuite>",
        &["P s.à @ s", "F s.á @ s"],
        &["warning: bytes that are not UTF-8 were read as another encoding (2): `windows-1252`"],
    ),
];

/// What is no JUnit: read, or recognised.
const OTHERS: &[Difficulty] = &[
    (
        "plan.tap",
        b"TAP version 13\n1..2\nok 1 - opens\nnot ok 2 - closes # TODO soon\n",
        &["P opens", "S closes // [TODO] soon"],
        &[],
    ),
    (
        "summary",
        b"opens     PASS\ncloses    FAIL non-zero exit status 2\nweighs    SKIP no scale\nsings FLAKY off key\n",
        &["P opens", "F closes // non-zero exit status 2", "S weighs // no scale", "S sings // [flaky] off key"],
        &[],
    ),
    (
        "go.json",
        b"{\"Time\":\"2025\",\"Action\":\"run\",\"Package\":\"shop\"}\n{\"Action\":\"fail\",\"Package\":\"shop\"}\n",
        &[],
        &[
            "error: go.json: holds no results: no element of it, or of its `results`, has both a `name` and a `status`",
            "hint: output of `go test -json`: `gotestsum --junitfile report.xml` makes JUnit",
        ],
    ),
    (
        "robot.xml",
        b"<?xml version='1.0'?>\n<robot generator='Robot 7.0'><suite name='shop'/></robot>",
        &[],
        &[
            "error: robot.xml:2: root element `robot`, not `testsuites` or `testsuite`",
            "hint: Robot Framework's output: `rebot --xunit report.xml output.xml` makes JUnit of it",
        ],
    ),
    (
        "pytest.json",
        b"{\"created\": 1.5, \"exitcode\": 1, \"summary\": {\"failed\": 1}, \"tests\": []}",
        &[],
        &[
            "error: pytest.json: holds no results: no element of it, or of its `results`, has both a `name` and a `status`",
            "hint: a report of pytest-json-report: `pytest --junitxml=report.xml` makes JUnit",
        ],
    ),
];

/// A line of `--dry-run` in short.
fn short(line: &str) -> String {
    let result: Value = serde_json::from_str(line).expect("JSON");
    let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
    let first = format!("{} {}", &text("status")[..1], text("name"));
    [(" @ ", "category"), (" // ", "comment"), (" | ", "io_log")].into_iter().fold(
        first,
        |line, (mark, key)| {
            let text = text(key);
            if text.is_empty() { line } else { line + mark + &text }
        },
    )
}

fn check(difficulties: &[Difficulty]) {
    for (name, content, results, said) in difficulties {
        let sandbox = Sandbox::new("none");
        sandbox.write(name, content);
        let run = sandbox.to(&format!("submit --dry-run {name}"));
        let given: Vec<String> = run.stdout.lines().map(short).collect();
        assert_eq!(given, *results, "{name}: {}", run.stderr);
        assert_eq!(run.stderr.lines().collect::<Vec<_>>(), *said, "{name}");
        assert_eq!(run.status, if results.is_empty() { 3 } else { 0 }, "{name}");
    }
}

#[test]
fn words_and_elements_say_how_a_test_went() {
    check(OUTCOMES);
}

#[test]
fn different_tests_have_different_names_and_the_same_ones_in_each_run() {
    check(NAMES);
}

#[test]
fn texts_are_kept_or_named() {
    check(TEXTS);
}

#[test]
fn encodings_are_what_the_bytes_say() {
    check(ENCODINGS);
}

#[test]
fn what_is_no_junit_is_read_or_recognised() {
    check(OTHERS);
}
