//! Small reports, and what `to submit` says of those that went well.

use crate::support::fake_server::Server;
use crate::support::{Run, Sandbox};

/// A server with one open execution, and a sandbox to submit to it from.
pub fn open() -> (Server, Sandbox) {
    let server = Server::start();
    server.open_execution();
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1");
    (server, sandbox)
}

/// A JUnit report of one suite, `s`.
pub fn junit(cases: &str) -> String {
    format!("<testsuites name=\"s\">\n{cases}\n</testsuites>\n")
}

/// A JUnit report of cases that passed.
pub fn passed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let cases: Vec<_> =
        names.into_iter().map(|name| format!("<testcase name=\"{name}\"/>")).collect();
    junit(&cases.join("\n"))
}

/// The first lines of a summary, of which the second is there for several files or batches.
pub fn summary(results: &str, statuses: [usize; 3], files_and_batches: &str) -> String {
    let [passed, failed, skipped] = statuses;
    let effort = match files_and_batches {
        "" => String::new(),
        several => format!("{several}, N s\n"),
    };
    format!(
        "sent {results} to execution 1: {passed} passed, {failed} failed, {skipped} skipped\n{effort}"
    )
}

/// A run that delivered such results, and then said this.
pub fn delivered(results: &str, statuses: [usize; 3], files: &str, more: &str) -> Run {
    Run::new(0, "", &(summary(results, statuses, files) + more))
}
