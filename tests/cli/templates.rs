//! `--case-name`, `--case-category` and `--case-template-id`.

use crate::model::{Record, held};
use crate::support::Run;
use crate::support::reports::{delivered, open};

const REPORT: &str = "<testsuites name=\"run\"><testsuite name=\"outer\">\n\
    <testsuite name=\"in &amp; out\">\n\
    <testcase classname=\"pkg.Class\" name=\"works {so}\" file=\"a/b.py\"/>\n\
    </testsuite><testcase name=\"bare\"/></testsuite></testsuites>";

#[test]
fn each_template_is_filled_from_the_case() {
    let full = ("pkg.Class.works {so}", "in & out", "");
    let bare = ("outer.bare", "outer", "");
    for (flags, first, second) in [
        ("", full, bare),
        (
            "--case-name {name} --case-template-id {classname}",
            ("works {so}", "in & out", "pkg.Class"),
            ("bare", "outer", ""),
        ),
        (
            "--case-name {suites}/{name} --case-category {file}",
            ("outer/in & out/works {so}", "a/b.py", ""),
            ("outer/bare", "", ""),
        ),
        (
            "--case-name {{{suite}}}:{name}:{{name}} --case-template-id same",
            ("{in & out}:works {so}:{name}", "in & out", "same"),
            ("{outer}:bare:{name}", "outer", "same"),
        ),
        // A result must have a name.
        ("--case-name {classname}", ("pkg.Class", "in & out", ""), bare),
    ] {
        let (server, sandbox) = open();
        sandbox.write("report.xml", REPORT);
        let run = sandbox.to(&format!("submit {flags} report.xml"));
        let more = match flags {
            "--case-name {classname}" => {
                "warning: the template for names gave nothing: the default name was taken (1): \
                 `outer.bare`\n"
            }
            _ => "",
        };
        assert_eq!(run, delivered("2 results", [2, 0, 0], "", more), "{flags}");
        let expected = [first, second].map(|(name, category, template_id)| Record {
            category: category.to_owned(),
            template_id: template_id.to_owned(),
            ..Record::new(name, "PASSED")
        });
        assert_eq!(held(&server), expected, "{flags}");
    }
}

#[test]
fn templates_have_variables() {
    let (server, sandbox) = open();
    sandbox.write("report.xml", REPORT);
    let sandbox = sandbox
        .with("TO_CASE_NAME", "{name} of {classname}")
        .with("TO_CASE_CATEGORY", "c")
        .with("TO_CASE_TEMPLATE_ID", "t");
    assert_eq!(sandbox.to("submit --case-category {suite} report.xml").status, 0);
    let record = |name: &str, category: &str| Record {
        category: category.to_owned(),
        template_id: "t".to_owned(),
        ..Record::new(name, "PASSED")
    };
    assert_eq!(
        held(&server),
        [record("works {so} of pkg.Class", "in & out"), record("bare of ", "outer")]
    );
}

#[test]
fn names_that_a_template_makes_the_same_are_one() {
    let (server, sandbox) = open();
    sandbox.write("report.xml", REPORT);
    let run = sandbox.to("submit --case-name all report.xml");
    let more = "warning: result merged into the first of its name (1): `all`\n";
    assert_eq!(run, delivered("1 result", [1, 0, 0], "", more));
    assert_eq!(held(&server)[0].category, "in & out");
}

#[test]
fn what_is_no_template_is_a_usage_error() {
    for (flag, template, why) in [
        (
            "name",
            "{nam}",
            "`{nam}` is not a word of templates: `{name}`, `{classname}`, `{suite}`, `{suites}`, \
             `{file}`",
        ),
        ("category", "{name", "a lone `{`: `{{` stands for the brace itself"),
        ("template-id", "name}", "a lone `}`: `}}` stands for the brace itself"),
    ] {
        let (server, sandbox) = open();
        let run = sandbox.to(&format!("submit --case-{flag} {template} report.xml"));
        let expected = format!(
            "error: invalid value '{template}' for '--case-{flag} <TEMPLATE>': {why}\n\n\
             For more information, try '--help'.\n"
        );
        assert_eq!(run, Run::new(2, "", &expected));
        server.expect_no_requests();
    }
}
