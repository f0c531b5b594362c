//! Hints with words for a shell: the commands that make a report of a format that is not read, and the flags
//! of `to start` that a submission suggests.

use memchr::memmem;

/// A format that is not read.
struct Foreign {
    /// Tells it by its beginning.
    detect: fn(&[u8]) -> bool,
    hint: &'static str,
}

const FOREIGN: [Foreign; 10] = [
    Foreign { detect: is_zip, hint: "a zip archive: unpack it first" },
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
        detect: |head| has(head, &["\"numTotalTests\":"]),
        hint: "a report of Jest or Vitest: Jest's reporter `jest-junit`, or `vitest --reporter=junit`, makes JUnit",
    },
    Foreign {
        detect: |head| has(head, &["\"testsuites\":", "\"testsuite\":"]),
        hint: "GoogleTest's JSON: `--gtest_output=xml:report.xml` makes JUnit",
    },
    Foreign {
        detect: |head| has(head, &["\"sub_groups\":", "\"test_cases\":"]),
        hint: "a report of kunit.py: `kunit.py run --raw_output | to submit -` sends the kernel's own",
    },
    Foreign {
        detect: |head| head.starts_with(b"\xB3") || head.starts_with(b"test: "),
        hint: "a subunit stream: `subunit2junitxml < FILE > report.xml` makes JUnit of it",
    },
];

/// Tells whether a file that begins so is a zip archive.
pub fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
}

/// Returns a hint at what may be done with a file that begins so and is no report.
pub fn hint(head: &[u8]) -> Option<&'static str> {
    FOREIGN.iter().find(|foreign| (foreign.detect)(head)).map(|foreign| foreign.hint)
}

/// Tells whether all these texts are there, but for blanks behind a colon or none.
fn has(head: &[u8], texts: &[&str]) -> bool {
    texts.iter().all(|text| memmem::find(head, text.as_bytes()).is_some())
}

/// Returns the flags of `to start` with which a submission says that it was made.
pub fn start_hint(test_plan: Option<&str>, architecture: Option<&str>) -> Option<String> {
    let flags = [("--test-plan", test_plan), ("--arch", architecture)];
    let flags: Vec<String> = flags
        .into_iter()
        .filter_map(|(flag, value)| Some(format!("{flag} {}", value.filter(|v| is_plain(v))?)))
        .collect();
    let words = format!("for `to start`, the submission says `{}`", flags.join(" "));
    (!flags.is_empty()).then_some(words)
}

/// Tells whether a word means itself in any shell.
fn is_plain(word: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_.:/+@".contains(char);
    !word.is_empty() && word.chars().all(is_plain)
}
