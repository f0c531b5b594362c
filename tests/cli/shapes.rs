//! JSON in all the shapes in which scripts have it, and reports out of pipes that hold more than them.

use crate::model::{Record, held, held_names};
use crate::support::reports::{delivered, junit, open};

fn expected() -> [Record; 3] {
    [
        Record {
            category: "c".to_owned(),
            template_id: "t".to_owned(),
            comment: "x\n\"y\"".to_owned(),
            io_log: "<&lt; 😀 \u{1b}[0m\n".to_owned(),
            ..Record::new("first", "FAILED")
        },
        Record::new("second", "PASSED"),
        Record::new("third", "SKIPPED"),
    ]
}

#[test]
fn json_is_read_in_every_shape() {
    let first = r#"{"name": "first", "status": "Fail", "category": "c", "template_id": "t",
        "comment": "x\n\"y\"", "io_log": "<&lt; \ud83d\ude00 \u001b[0m\n"}"#;
    let second = r#"{"status": "PASSED", "name": "second", "category": null, "comment": null}"#;
    let third = r#"{"name": "third", "io_log": null, "template_id": null, "status": "skip"}"#;
    let array = format!("[{first},\n{second} , {third}]");
    let line = |text: &str| text.replace('\n', " ");
    let texts = [
        array.clone(),
        array.replace(", \"", "\n,\n\t\"").replace(": ", "\n:\r\n"),
        format!("{{\"results\": {array}}}"),
        format!("{{\n  \"results\": {array}\n}}\n"),
        format!("\u{feff}{array}"),
        format!("{}\n{}\n{}\n", line(first), line(second), line(third)),
        format!("{}\r\n\r\n{}\n\n{}", line(first), line(second), line(third)),
        // As `jq` prints objects one after another.
        format!("{first}\n{second}\n{third}"),
        format!("[{first}]\n[{second}, {third}]\n"),
    ];
    for text in &texts {
        for from_pipe in [true, false] {
            let (server, sandbox) = open();
            sandbox.write("results.data", text);
            let run = if from_pipe {
                sandbox.pipe(text, "submit -")
            } else {
                sandbox.to("submit results.data")
            };
            assert_eq!(run, delivered("3 results", [1, 1, 1], "", ""), "{text}");
            assert_eq!(held(&server), expected(), "{text}");
        }
    }
    let (server, sandbox) = open();
    let run = sandbox.pipe(first, "submit");
    assert_eq!(run, delivered("1 result", [0, 1, 0], "", ""));
    assert_eq!(held(&server), expected()[..1]);
}

#[test]
fn statuses_are_known_in_any_case_and_in_short() {
    let words = [
        ("P", ["PASSED", "passed", "Passed", "pass", "PASS", "pAsS"]),
        ("F", ["FAILED", "failed", "Failed", "fail", "FAIL", "faiL"]),
        ("S", ["SKIPPED", "skipped", "Skipped", "skip", "SKIP", "sKip"]),
    ];
    let (server, sandbox) = open();
    let mut lines = Vec::new();
    let mut expected = Vec::new();
    for (letter, words) in words {
        for word in words {
            lines.push(format!("{{\"name\": \"{word}\", \"status\": \"{word}\"}}"));
            expected.push(format!("{letter} {word}"));
        }
    }
    sandbox.write("array.json", format!("[{}]", lines.join(",")));
    let run = sandbox.to("submit array.json");
    assert_eq!(run, delivered("18 results", [6, 6, 6], "", ""));
    assert_eq!(held_names(&server), expected);
}

#[test]
fn unknown_fields_are_named_and_nulls_are_not_sent() {
    let (server, sandbox) = open();
    let text = r#"{"version": 2, "note": null, "results": [
        {"name": "a", "status": "pass", "duration": 3, "comment": null, "owner": null},
        {"name": "b", "status": "fail", "duration": 4, "tags": ["x"]}]}"#;
    let warning = "warning: unknown field, not sent (4): `version`, `duration`, `tags`\n";
    let run = sandbox.pipe(text, "submit");
    assert_eq!(run, delivered("2 results", [1, 1, 0], "", warning));
    let sent = String::from_utf8(server.requests()[0].body.clone()).unwrap();
    assert_eq!(sent, r#"[{"name":"a","status":"PASSED"},{"name":"b","status":"FAILED"}]"#);
}

#[test]
fn a_report_is_found_in_what_its_tool_said_around_it() {
    let (server, sandbox) = open();
    let report = junit("<testcase name=\"a\"/>\n<testcase name=\"b\"><failure/></testcase>");
    let said = format!(
        "=== test session starts <3> & more ===\ncollected 2 items\n\n\
         <?xml version=\"1.0\" encoding=\"utf-8\"?>{report}- generated xml file: /dev/stdout -\n\
         === 1 failed, 1 passed in 0.1s ===\n"
    );
    let run = sandbox.pipe(&said, "submit -");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(held_names(&server), ["P a", "F b"]);
    let talk = run.stderr.lines().last().unwrap();
    assert!(talk.starts_with("warning: text around a report was passed over ("), "{talk}");

    // So it is in a file, and with another report behind it.
    sandbox.write("said.xml", format!("{said}{report}"));
    let notes = "warning: text around a report was passed over (2): `=== test session starts <3> & \
                 more ===`, `- generated xml file: /dev/stdout -`\n\
                 warning: a report behind another in one file was read too (1): `s`\n\
                 warning: result merged into the first of its name (2): `a`, `b`\n";
    let expected = delivered("2 results", [1, 1, 0], "", notes);
    assert_eq!(sandbox.to("submit said.xml"), expected);
}

#[test]
fn reports_in_other_encodings_arrive_as_the_same_text() {
    let report = |encoding: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n{}",
            junit(
                "<testcase name=\"grün é\"><failure message=\"&lt;ß&gt;\">ä\nö</failure></testcase>"
            )
        )
    };
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    };
    let latin = |text: &str| -> Vec<u8> {
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    };
    for (name, bytes) in [
        ("utf-8", report("utf-8").into_bytes()),
        ("utf-8 with a mark", format!("\u{feff}{}", report("UTF-8")).into_bytes()),
        ("utf-16le", wide(&report("utf-16"), u16::to_le_bytes)),
        ("utf-16be", wide(&report("UTF-16"), u16::to_be_bytes)),
        ("latin-1", latin(&report("ISO-8859-1"))),
        ("windows-1252", latin(&report("windows-1252"))),
    ] {
        for from_pipe in [false, true] {
            let (server, sandbox) = open();
            sandbox.write("report.xml", &bytes);
            let run = if from_pipe {
                sandbox.pipe(&bytes, "submit")
            } else {
                sandbox.to("submit report.xml")
            };
            assert_eq!(run, delivered("1 result", [0, 1, 0], "", ""), "{name}");
            let expected = Record {
                category: "s".to_owned(),
                comment: "<ß>".to_owned(),
                io_log: "ä\nö".to_owned(),
                ..Record::new("grün é", "FAILED")
            };
            assert_eq!(held(&server), [expected], "{name}");
        }
    }
}
