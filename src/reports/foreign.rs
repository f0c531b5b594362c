//! Formats that are recognised and not read, each with the command that makes a report of it.

use memchr::memmem;

/// A format that is not read.
struct Foreign {
    /// Tells it by its beginning.
    detect: fn(&[u8]) -> bool,
    hint: &'static str,
}

const FOREIGN: [Foreign; 7] = [
    Foreign {
        detect: |head| has(head, &["<robot "]),
        hint: "Robot Framework's output: `rebot --xunit report.xml output.xml` makes JUnit of it",
    },
    Foreign {
        detect: |head| has(head, &["\"Action\":", "\"Package\":"]),
        hint: "output of `go test -json`: `gotestsum --junitfile report.xml` makes JUnit",
    },
    Foreign {
        detect: |head| has(head, &["\"type\":", "\"event\":", "\"suite\""]),
        hint: "output of Rust's libtest: `cargo nextest run` with a junit path in its profile makes JUnit",
    },
    Foreign {
        detect: |head| has(head, &["\"tests\":", "\"tool\":"]),
        hint: "a CTRF report: `jq '[.results.tests[] | {name, comment: .message, status: (if .status == \
               \"passed\" or .status == \"failed\" then .status else \"skipped\" end)}]' FILE | to submit \
               -` sends it",
    },
    Foreign {
        detect: |head| has(head, &["\"nodeid\":"]) || has(head, &["\"exitcode\":", "\"summary\":"]),
        hint: "a report of pytest-json-report: `pytest --junitxml=report.xml` makes JUnit",
    },
    Foreign {
        detect: |head| head.starts_with(b"\xB3") || head.starts_with(b"test: "),
        hint: "a subunit stream: `subunit2junitxml < FILE > report.xml` makes JUnit of it",
    },
    Foreign {
        detect: |head| head.starts_with(b"PK\x03\x04"),
        hint: "a zip archive: unpack it first",
    },
];

/// Returns a hint at what may be done with a file that begins so and is no report.
pub fn hint(head: &[u8]) -> Option<&'static str> {
    FOREIGN.iter().find(|foreign| (foreign.detect)(head)).map(|foreign| foreign.hint)
}

/// Tells whether all these texts are there, but for blanks behind a colon or none.
fn has(head: &[u8], texts: &[&str]) -> bool {
    texts.iter().all(|text| memmem::find(head, text.as_bytes()).is_some())
}
