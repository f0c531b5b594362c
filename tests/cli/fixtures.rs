//! Reports that real tools wrote, submitted as they are: the server holds all that they say.

use std::fs;
use std::slice::from_ref;

use crate::model::{Record, held, held_names, records, report_of};
use crate::support::fixture;
use crate::support::reports::open;

/// Each report, with the number of its results.
const REPORTS: [(&str, usize); 14] = [
    ("ant-till.xml", 1),
    ("ant.xml", 16),
    ("bats.xml", 7),
    ("cargo-nextest.xml", 14),
    ("gotestsum-rerun.xml", 3),
    ("gotestsum.xml", 22),
    ("gtest.xml", 18),
    ("jest.xml", 13),
    ("node-test.xml", 17),
    ("pytest.xml", 32),
    ("surefire-basket.xml", 7),
    ("surefire-label.xml", 4),
    ("surefire-till.xml", 1),
    ("vitest.xml", 23),
];

#[test]
fn the_server_holds_each_report_to_the_letter() {
    for (name, count) in REPORTS {
        let (server, sandbox) = open();
        let path = fixture(name);
        let run = sandbox.to_with(&["submit", path.to_str().unwrap()]);
        assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{name}: {}", run.stderr);

        let report = report_of(&fs::read_to_string(path).unwrap());
        let held = held(&server);
        for (held, expected) in held.iter().zip(records(from_ref(&report))) {
            assert_eq!(held, &expected, "{name}");
        }
        assert_eq!((held.len(), records(&[report]).len()), (count, count), "{name}");
    }
}

#[test]
fn all_reports_together_are_one_submission() {
    let (server, sandbox) = open();
    let mut reports = Vec::new();
    for (name, _) in REPORTS {
        let text = fs::read_to_string(fixture(name)).unwrap();
        sandbox.write(name, &text);
        reports.push(report_of(&text));
    }
    assert_eq!(sandbox.to("submit .").status, 0);
    assert_eq!(held(&server), records(&reports));
}

/// A few by hand, so that the model is not alone with its opinion.
#[test]
fn what_a_person_reads_in_a_report_is_at_the_server() {
    let (server, sandbox) = open();
    let path = fixture("bats.xml");
    sandbox.to_with(&["submit", path.to_str().unwrap()]);
    assert_eq!(
        held_names(&server),
        [
            "P ./basket.bats.sums",
            "P ./basket.bats.labels <b>bold</b> & \"quoted\" Äpfel 🍎",
            "F ./basket.bats.fails with <output> & more",
            "S ./basket.bats.needs a printer",
            "S ./basket.bats.skips without a reason",
            "F ./closed.bats",
            "F ./till.bats.begin 7 is never used",
        ]
    );
    assert_eq!(
        held(&server)[2],
        Record {
            category: "./basket.bats".to_owned(),
            comment: "failure".to_owned(),
            io_log: "(in test file ./basket.bats, line 15)\n  `[ 1 -eq 2 ]' failed\n\
                     first <line> & ]]>\n    second line ü 🍐\n\u{1b}[31mred\u{1b}[0m \u{7}"
                .to_owned(),
            ..Record::new("./basket.bats.fails with <output> & more", "FAILED")
        }
    );
}

#[test]
fn a_flaky_case_passed_and_tells_of_its_attempts() {
    let (server, sandbox) = open();
    let path = fixture("surefire-basket.xml");
    sandbox.to_with(&["submit", path.to_str().unwrap()]);
    assert_eq!(
        Record::from(server.execution(1).result("shop.BasketTest.passesAtTheThirdTry")),
        Record {
            category: "shop.BasketTest".to_owned(),
            comment: "flaky: 2 attempts failed".to_owned(),
            io_log: "--- flakyFailure ---\n\
                     java.lang.AssertionError: try 1 <of> 3\n\
                     \tat shop.BasketTest.passesAtTheThirdTry(BasketTest.java:40)\n\n\
                     --- system-out of flakyFailure ---\ntry 1 & counting\n\n\
                     --- flakyFailure ---\n\
                     java.lang.AssertionError: try 2 <of> 3\n\
                     \tat shop.BasketTest.passesAtTheThirdTry(BasketTest.java:40)\n\n\
                     --- system-out of flakyFailure ---\ntry 2 & counting"
                .to_owned(),
            ..Record::new("shop.BasketTest.passesAtTheThirdTry", "PASSED")
        }
    );
}
