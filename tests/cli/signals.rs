//! SIGHUP, SIGINT, SIGQUIT and SIGTERM: a command ends, and what was not delivered is kept.

use std::io::Write as _;
use std::thread;

use rustix::io::ioctl_fionread;
use rustix::process::Signal;

use crate::support::fake_server::{ALWAYS, Fault, Response, Server, patches, results, starts};
use crate::support::{Process, Run, Sandbox, Switch, TestContext, eventually, lines, names};

const SIGNALS: [(Signal, i32, &str); 4] = [
    (Signal::HUP, 129, "terminated"),
    (Signal::INT, 130, "interrupted"),
    (Signal::QUIT, 131, "terminated"),
    (Signal::TERM, 143, "terminated"),
];

/// Sends the signal and waits for the end, which without it would be later than a process may take.
fn end(process: Process, signal: Signal) -> Run {
    process.signal(signal);
    process.finish()
}

fn kept(said: &str, sent: usize, count: usize) -> String {
    format!(
        "error: {sent} of {count} results were sent: {said}\n\
         warning: kept {} results in .to/outbox/1\n\
         hint: `to push` delivers what is kept\n",
        count - sent
    )
}

#[test]
fn a_signal_during_a_request_keeps_what_was_not_delivered() {
    for (signal, status, said) in SIGNALS {
        let context = TestContext::new();
        let names = context.report(250);
        context.server.fault(results, 1, Fault::none());
        context.server.fault(results, 1, Fault::silence());
        let child = context.sandbox.spawn("submit -q report.jsonl");
        context.server.wait_for(|requests| requests.len() == 2);
        assert_eq!(end(child, signal), Run::new(status, "", &kept(said, 100, 250)));
        assert_eq!(context.stored(), names[..100]);
        assert_eq!(context.sandbox.read(".to/outbox/1/results.jsonl"), lines(&names[100..]));

        assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
        assert_eq!(context.stored(), names);
        assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
    }
}

#[test]
fn a_signal_during_a_wait_keeps_what_was_not_delivered() {
    for (signal, status, said) in SIGNALS {
        let context = TestContext::new().with("TO_RETRY_FOR", "300").with("TO_RETRY_DELAY", "30");
        let names = context.report(50);
        context.server.fault(results, 1, Fault::answer(Response::nginx(503)));
        let child = context.sandbox.spawn("submit -q report.jsonl");
        context.server.wait_for(|requests| requests.first().is_some_and(|r| r.answered.is_some()));
        assert_eq!(end(child, signal), Run::new(status, "", &kept(said, 0, 50)));
        assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
        assert_eq!(context.stored(), names);
    }
}

#[test]
fn a_signal_is_no_lesser_end_with_best_effort() {
    let context = TestContext::new();
    context.report(50);
    context.server.fault(results, 1, Fault::silence());
    let child = context.sandbox.spawn("submit -q --best-effort report.jsonl");
    context.server.wait_for(|requests| requests.len() == 1);
    assert_eq!(end(child, Signal::INT), Run::new(130, "", &kept("interrupted", 0, 50)));
}

#[test]
fn a_signal_while_a_live_pipe_is_read_sends_or_keeps_what_came() {
    let context = TestContext::new();
    let mut child = context.sandbox.spawn("submit -q -");
    let mut pipe = child.stdin();
    pipe.write_all(lines(&names(3)).as_bytes()).expect("a reader");
    context.server.wait_for_execution(1, |execution| !execution.results().is_empty());
    let run = end(child, Signal::INT);
    drop(pipe);
    assert_eq!(run, Run::new(130, "", ""));
    assert_eq!(context.stored(), names(3));
    assert_eq!(context.files(), [".gitignore"]);
}

#[test]
fn a_signal_before_the_first_batch_of_a_live_pipe_loses_nothing_that_was_read() {
    let context = TestContext::new();
    context.server.fault(results, ALWAYS, Fault::silence());
    let mut child = context.sandbox.spawn("submit -q -");
    let mut pipe = child.stdin();
    // More than a pipe holds: where this is written, the first lines are read.
    let many = names(5_000);
    let writing = thread::spawn(move || {
        _ = pipe.write_all(lines(&many).as_bytes());
        pipe
    });
    context.server.wait_for(|requests| requests.len() == 1);
    let run = end(child, Signal::TERM);
    assert_eq!(run.status, 143, "{}", run.stderr);
    drop(writing.join().expect("a writer"));
    let kept = context.sandbox.read(".to/outbox/1/results.jsonl").lines().count();
    assert!(kept >= 100, "{kept}");
}

#[test]
fn a_signal_while_nothing_was_sent_yet_ends_in_order() {
    let context = TestContext::new();
    let mut child = context.sandbox.spawn("submit -q -");
    let mut pipe = child.stdin();
    // Where a blank line after it has been read, it has been dealt with.
    for text in [&*lines(&names(1)), "\n", "\n"] {
        pipe.write_all(text.as_bytes()).expect("a reader");
        eventually(|| ioctl_fionread(&pipe).expect("a pipe") == 0);
    }
    let run = end(child, Signal::INT);
    drop(pipe);
    assert_eq!(run.status, 130, "{}", run.stderr);
    let kept = std::fs::read_to_string(context.sandbox.path(".to/outbox/1/results.jsonl"));
    let stored = context.stored().len();
    assert_eq!(kept.unwrap_or_default().lines().count() + stored, 1, "{}", run.stderr);
    assert_eq!(context.sandbox.to("push -q").status, 0);
    if stored == 0 {
        assert_eq!(context.stored(), names(1));
    }
}

#[test]
fn a_signal_ends_a_pipe_that_never_pauses() {
    let context = TestContext::new();
    let mut child = context.sandbox.spawn("submit -q -");
    let mut pipe = child.stdin();
    let stop = Switch::on();
    let on = stop.clone();
    let writing = thread::spawn(move || {
        let line = "{\"name\":\"again\",\"status\":\"PASSED\"}\n".repeat(100);
        while on.is_on() && pipe.write_all(line.as_bytes()).is_ok() {}
    });
    context.server.wait_for(|requests| requests.len() >= 2);
    let run = end(child, Signal::INT);
    stop.turn_off();
    writing.join().expect("a writer");
    assert_eq!(run.status, 130, "{}", run.stderr);
}

#[test]
fn a_signal_during_an_end_keeps_the_status() {
    for (signal, status, said) in SIGNALS {
        let context = TestContext::new();
        context.report(3);
        context.to("submit report.jsonl");
        context.server.fault(patches, 1, Fault::silence());
        let child = context.sandbox.spawn("end -q");
        context.server.wait_for(|requests| requests.len() == 2);
        let expected = format!(
            "error: {said}\nwarning: kept the status in .to/outbox/1\n\
             hint: `to push` delivers what is kept\n"
        );
        assert_eq!(end(child, signal), Run::new(status, "", &expected));
        assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
        assert_eq!(context.server.execution(1).status, "PASSED");
    }
}

#[test]
fn a_signal_during_a_start_says_that_the_execution_may_exist() {
    for best_effort in ["", " --best-effort"] {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url()).with_snap();
        server.fault(starts, 1, Fault::silence().after_the_work());
        let child = sandbox.spawn(&format!("start -q --ci-link none{best_effort}"));
        server.wait_for(|requests| requests.len() == 1);
        let said = "error: the execution may exist all the same: interrupted\n\
                    hint: look for it before you start another; with --ci-link (or TO_CI_LINK) a \
                    start may be repeated\n";
        assert_eq!(end(child, Signal::INT), Run::new(130, "", said));
        assert!(!sandbox.path(".to/executions").exists());

        server.fault(starts, 1, Fault::silence());
        let child = sandbox.spawn(&format!("start -q --ci-link https://ci/1{best_effort}"));
        server.wait_for(|requests| requests.len() == 2);
        assert_eq!(end(child, Signal::TERM), Run::new(143, "", "error: terminated\n"));
        assert_eq!(sandbox.to("start -q --ci-link https://ci/1"), Run::new(0, "2\n", ""));
    }
}

#[test]
fn a_signal_during_a_push_leaves_the_rest_where_it_is() {
    for (signal, status, said) in SIGNALS {
        let context = TestContext::new().with("TO_RETRY_FOR", "0");
        let names = context.report(150);
        context.server.open_execution();
        context.server.go_down();
        context.to("submit -q report.jsonl");
        context.to("submit -q report.jsonl --execution 2");
        context.server.come_back();
        context.server.fault(results, 1, Fault::none());
        context.server.fault(results, 1, Fault::silence());
        let child = context.sandbox.spawn("push -q");
        context.server.wait_for(|requests| requests.len() == 2);
        let expected = format!("error: .to/outbox/1: {said}\n");
        assert_eq!(end(child, signal), Run::new(status, "", &expected));
        assert_eq!(context.sandbox.read(".to/outbox/1/results.jsonl"), lines(&names));
        assert_eq!(context.sandbox.read(".to/outbox/2/results.jsonl"), lines(&names));

        assert_eq!(context.to("push -q"), Run::new(0, "1\n2\n", ""));
        for id in [1, 2] {
            assert_eq!(context.server.execution(id).results().len(), 150);
        }
        assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    // A shell without job control starts `&` with SIGINT ignored, as `nohup` does with SIGHUP.
    for (name, signal) in [("INT", Signal::INT), ("HUP", Signal::HUP)] {
        let context = TestContext::new();
        let names = context.report(150);
        context.server.fault(results, 1, Fault::dribble(std::time::Duration::from_millis(20)));
        let mut command = context.sandbox.command("/bin/sh");
        let script =
            format!("trap '' {name}; exec {} submit -q report.jsonl", crate::support::BINARY);
        command.args(["-c", &script]);
        let process = Process::start(command);
        context.server.wait_for(|requests| requests.len() == 1);
        process.signal(signal);
        assert_eq!(process.finish(), Run::quiet(), "{name}");
        assert_eq!(context.stored(), names);
    }
}

#[test]
fn a_signal_reaches_all_that_a_run_has_started() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    // The shell dies of it at once; what it has started takes its time to write the report.
    let tests = "trap 'sleep 0.3; cp saved.xml report.xml; exit 0' TERM; touch ready; \
                 while :; do sleep 0.02; done";
    sandbox.write("tests.sh", tests);
    sandbox.write("saved.xml", "<testsuite name='s'><testcase name='boot'/></testsuite>");
    let arguments = ["run", "-q", "--results", "report.xml", "--", "sh", "-c", "sh tests.sh; true"];
    let mut command = sandbox.command(crate::support::BINARY);
    command.args(arguments);
    let process = Process::start(command);
    eventually(|| sandbox.path("ready").exists());
    process.signal(Signal::TERM);
    let run = process.finish();
    assert_eq!(run.status, 143, "{}", run.stderr);
    assert_eq!(server.execution(1).results().len(), 1);
    assert_eq!(server.execution(1).status, "ENDED_PREMATURELY");
}
