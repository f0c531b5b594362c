//! Slips that people make, each recognised and told in a line.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::support::fake_server::{Fault, results};
use crate::support::{Run, Sandbox, TestContext, eventually, lines, names};

#[test]
fn standard_input_that_says_nothing_is_said_to_be_read() {
    let context = TestContext::new();
    let mut process = context.sandbox.spawn("submit");
    let said = std::io::BufReader::new(process.stderr());
    let mut said = std::io::BufRead::lines(said);
    assert_eq!(said.next().expect("a line").expect("UTF-8"), "reading standard input");
    let mut input = process.stdin();
    std::io::Write::write_all(&mut input, lines(&names(1)).as_bytes()).expect("a pipe");
    drop(input);
    assert_eq!(process.finish().status, 0);
    assert_eq!(context.stored(), names(1));
}

#[test]
fn a_key_with_more_around_it_is_recognised() {
    for (key, said) in [
        ("\"to_abc\"", "the key begins with a quote, which is no part of it"),
        ("Bearer to_abc", "the key begins with `Bearer`, which is no part of it"),
    ] {
        let sandbox = Sandbox::new("https://observer.example").with("TO_EXECUTION", "1");
        let run = sandbox.with("TO_API_KEY", key).to("end");
        assert_eq!(run, Run::new(2, "", &format!("error: --api-key (or TO_API_KEY): {said}\n")));
    }
}

#[test]
fn a_log_that_begins_with_an_at_sign_can_be_given() {
    let context = TestContext::new();
    let run = context.sandbox.to_with(&["-q", "result", "a", "pass", "--log", "@@team: look"]);
    assert_eq!(run, Run::new(0, "", ""));
    assert_eq!(context.server.execution(1).result("a").io_log, "@team: look");
    let run = context.sandbox.to_with(&["result", "a", "pass", "--log", "@team: look"]);
    let said = "error: team: look: no such file or directory\n\
                hint: @@ begins a text with @, which names a file alone\n";
    assert_eq!(run, Run::new(3, "", said));
}

#[test]
fn a_report_cannot_be_pushed() {
    let sandbox = Sandbox::new("https://observer.example");
    sandbox.write("r.xml", "<testsuite/>");
    let said = "error: r.xml is a file, and no spool directory\n\
                hint: `to submit r.xml` sends the results of a report\n";
    assert_eq!(sandbox.to("push r.xml"), Run::new(2, "", said));
}

#[test]
fn an_interrupted_push_says_what_it_had_delivered() {
    let context = TestContext::new();
    let sandbox = Sandbox::new("file:lab").with_snap();
    sandbox.write("report.jsonl", lines(&names(150)));
    assert_eq!(sandbox.to("start").status, 0);
    assert_eq!(sandbox.to("-q submit report.jsonl").status, 0);
    // The first batch has a hundred results, and the second is never answered.
    context.server.fault(results, 1, Fault::none());
    context.server.fault(results, 1, Fault::silence());
    let sandbox = sandbox.with("TO_URL", &context.server.url());
    let process = sandbox.spawn("push lab");
    let posts = || context.server.requests().iter().filter(|request| results(request)).count();
    eventually(|| posts() == 2);
    process.signal(Signal::INT);
    let run = process.finish();
    assert_eq!(run.status, 130, "{run:?}");
    let said = "lab/1: sent 100 results before it ended\nerror: lab/1: interrupted\n";
    assert_eq!(run.stderr, said);
}

/// Root may write anywhere but without that capability, which `setpriv` takes away.
#[test]
fn a_medium_for_reading_alone_is_named_with_the_cure() {
    let sandbox = Sandbox::new("file:lab").with_snap();
    assert_eq!(sandbox.to("start").status, 0);
    assert_eq!(sandbox.to("-q result boot passed").status, 0);
    let mode = |path: &str, mode| {
        fs::set_permissions(sandbox.path(path), Permissions::from_mode(mode)).expect("a mode");
    };
    mode("lab/1/results.jsonl", 0o444);
    mode("lab/1", 0o555);
    let run = if rustix::process::geteuid().is_root() {
        sandbox.shell("setpriv --bounding-set=-dac_override to push lab --url file:other")
    } else {
        sandbox.to("push lab --url file:other")
    };
    mode("lab/1", 0o755);
    if run.status == 127 {
        println!("skipped: root can write anywhere, and there is no setpriv");
        return;
    }
    let said = "error: lab/1: lab/1/results.jsonl: permission denied\n\
                hint: a push marks what it has delivered: copy the directory to where it can be \
                written, and push the copy\n";
    assert_eq!(run, Run::new(1, "", said));
}
