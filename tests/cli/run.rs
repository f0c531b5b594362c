//! `to run`, with real child processes and real signals: an execution that was started is ended.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use crate::support::fake_server::{
    ALWAYS, Fault, Poison, Request, Response, Server, patches, results, starts,
};
use crate::support::{Process, Run, Sandbox, names};

const REPORT: &str = r#"<testsuites name="s"><testcase name="boot"/></testsuites>"#;
const FAILING: &str =
    r#"<testsuites name="s"><testcase name="boot"><failure/></testcase></testsuites>"#;

fn sandbox(server: &Server) -> Sandbox {
    Sandbox::new(&server.url()).with_snap().with("PATH", "/usr/local/bin:/usr/bin:/bin")
}

/// Starts `to run` with a shell script as the command; it writes `report.xml`, or does not.
fn start(sandbox: &Sandbox, script: &str) -> Process {
    sandbox.spawn_with(&["run", "--results", "report.xml", "--", "sh", "-c", script])
}

fn run(sandbox: &Sandbox, script: &str) -> Run {
    start(sandbox, script).finish()
}

fn writes(report: &str) -> String {
    format!("printf '%s' '{report}' > report.xml")
}

/// What is said of a run that sends one result.
fn said(counts: &str, status: &str) -> String {
    format!(
        "execution 1\nsent 1 result to execution 1: {counts}\n\
         execution 1 is {status}\n"
    )
}

#[test]
fn a_command_that_succeeds() {
    let server = Server::start();
    let sandbox = sandbox(&server);
    let script = format!("cat; echo out $TO_EXECUTION; echo err >&2; {}", writes(REPORT));
    let mut process = start(&sandbox, &script);
    process.stdin().write_all(b"typed\n").unwrap();
    let run = process.finish();
    let said = said("1 passed, 0 failed, 0 skipped", "PASSED").replace("1\nsent", "1\nerr\nsent");
    assert_eq!(run, Run::new(0, "typed\nout 1\n", &said));
    assert_eq!(server.execution(1).result("boot").status, "PASSED");
    assert_eq!(server.execution(1).status, "PASSED");
}

#[test]
fn a_command_that_fails_keeps_its_status() {
    for (script, status) in [("exit 7", 7), ("kill -9 $$", 137), ("exit 255", 255)] {
        let server = Server::start();
        let run = run(&sandbox(&server), &format!("{}; {script}", writes(FAILING)));
        let said = said("0 passed, 1 failed, 0 skipped", "FAILED");
        assert_eq!(run, Run::new(status, "", &said), "{script}");
        assert_eq!(server.execution(1).status, "FAILED");
    }
}

#[test]
fn failed_tests_do_not_fail_a_command_that_does_not() {
    let server = Server::start();
    let run = run(&sandbox(&server), &writes(FAILING));
    assert_eq!(run, Run::new(0, "", &said("0 passed, 1 failed, 0 skipped", "FAILED")));
}

#[test]
fn a_command_that_cannot_be_run() {
    for (command, said, status) in [
        ("no-such-command", "no-such-command: no such file or directory", 127),
        ("./plain", "./plain: permission denied", 126),
    ] {
        let server = Server::start();
        let sandbox = sandbox(&server);
        sandbox.write("plain", "no program");
        let run = sandbox.to_with(&["run", "--results", "report.xml", "--", command]);
        let said = format!(
            "execution 1\nerror: {said}\nerror: report.xml: no such file or directory\n\
             execution 1 is ENDED_PREMATURELY\n"
        );
        assert_eq!(run, Run::new(status, "", &said));
        assert_eq!(server.execution(1).status, "ENDED_PREMATURELY");
    }
}

#[test]
fn no_report_and_a_broken_one() {
    for (script, said) in [
        ("true", "error: report.xml: no such file or directory\n"),
        (
            "printf '<testsuite>' > report.xml",
            "error: report.xml:1: the report breaks off inside of `testsuite`\n",
        ),
    ] {
        let server = Server::start();
        let run = run(&sandbox(&server), script);
        let said = format!("execution 1\n{said}execution 1 is ENDED_PREMATURELY\n");
        assert_eq!(run, Run::new(3, "", &said));
        assert_eq!(server.execution(1).status, "ENDED_PREMATURELY");
    }
}

#[test]
fn results_that_are_missing_are_no_pass() {
    let lost = format!("{}; printf '<testsuite>' > lost.xml", writes(REPORT));
    let odd = writes(&REPORT.replace("/></", "/><testcase name=\"odd\"><failure/></testcase></"));
    let twice = "<testcase name=\"twice\"><failure/></testcase>".repeat(2);
    let twice = writes(&REPORT.replace("/></", &format!("/>{twice}</")));
    for (flags, script, status, ends) in [
        ("", &*lost, 3, "ENDED_PREMATURELY"),
        ("", "true", 3, "ENDED_PREMATURELY"),
        ("--allow-empty", "true", 0, "ENDED_PREMATURELY"),
        ("", &odd, 6, "ENDED_PREMATURELY"),
        ("--best-effort", &odd, 0, "ENDED_PREMATURELY"),
        ("--on-duplicate error", &twice, 3, "ENDED_PREMATURELY"),
        ("", &writes(REPORT), 0, "PASSED"),
        ("--allow-empty", &writes(REPORT), 0, "PASSED"),
    ] {
        let server = Server::start();
        server.poison(|name| name == "odd", Poison::Refusal);
        let sandbox = sandbox(&server);
        let flags = flags.split_whitespace();
        let arguments = ["run", "-q", "--results", "*.xml"].into_iter().chain(flags);
        let arguments: Vec<_> = arguments.chain(["--", "sh", "-c", script]).collect();
        let run = sandbox.to_with(&arguments);
        assert_eq!(run.status, status, "{script}: {}", run.stderr);
        let execution = server.execution(1);
        assert_eq!(execution.status, ends, "{script}: {}", run.stderr);
        let has_passed = execution.results().iter().any(|result| result.name == "boot");
        let is_lacking = status != 0 || script == odd;
        let said =
            "warning: results are missing: the execution is not PASSED, but ENDED_PREMATURELY\n";
        assert_eq!(run.stderr.ends_with(said), is_lacking && has_passed, "{}", run.stderr);
        let events: Vec<_> = execution.events.iter().map(|event| &event["event_name"]).collect();
        let expected: &[&str] = if is_lacking { &["results_missing"] } else { &[] };
        assert_eq!(events, expected, "{script}");
    }
}

#[test]
fn only_what_is_newer_than_the_start_is_sent() {
    let server = Server::start();
    let sandbox = sandbox(&server);
    let old = sandbox.write("old.xml", FAILING);
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    fs::File::options().write(true).open(old).unwrap().set_modified(hour_ago).unwrap();
    let script = writes(REPORT);
    let run = sandbox.to_with(&["run", "--results", "*.xml", "--", "sh", "-c", &script]);
    let said = said("1 passed, 0 failed, 0 skipped", "PASSED").replace(
        "skipped\n",
        "skipped\nwarning: older than the start of the command, not sent (1): `old.xml`\n",
    );
    assert_eq!(run, Run::new(0, "", &said));
}

#[test]
fn several_results_and_the_variable_for_them() {
    let server = Server::start();
    let sandbox = sandbox(&server).with("TO_RESULTS", "a.xml b.xml");
    let other = REPORT.replace("boot", "halt");
    let script = format!("printf '%s' '{REPORT}' > a.xml; printf '%s' '{other}' > b.xml");
    let run = sandbox.to_with(&["run", "--", "sh", "-c", &script]);
    assert_eq!((run.status, server.execution(1).results().len()), (0, 2), "{}", run.stderr);
    let run = sandbox.to_with(&["run", "--results", "a.xml", "b.xml", "--", "sh", "-c", &script]);
    assert_eq!((run.status, server.execution(2).results().len()), (0, 2), "{}", run.stderr);
}

#[test]
fn nothing_says_where_the_reports_are() {
    let server = Server::start();
    let run = sandbox(&server).to("run -- true");
    let said = "error: nothing says where the command writes its reports\n\
                hint: name them with --results (or TO_RESULTS)\n";
    assert_eq!(run, Run::new(2, "", said));
    server.expect_no_requests();
}

#[test]
fn a_start_that_fails_runs_nothing_unless_that_is_accepted() {
    let server = Server::start();
    server.fault(starts, ALWAYS, Fault::answer(Response::nginx(503)));
    let sandbox = sandbox(&server).with("TO_RETRY_FOR", "0");
    let script = format!("touch was-run; {}", writes(REPORT));
    let refused = run(&sandbox, &script);
    assert_eq!(
        refused,
        Run::new(4, "", "error: a proxy answered 503: 503 Service Temporarily Unavailable\n")
    );
    assert!(!sandbox.path("was-run").exists());

    let accepted = sandbox.to_with(&[
        "run",
        "--best-effort",
        "--results",
        "report.xml",
        "--",
        "sh",
        "-c",
        &script,
    ]);
    assert_eq!(accepted.status, 0, "{}", accepted.stderr);
    assert!(sandbox.path("was-run").exists());
    assert!(sandbox.read(".to/outbox/1/results.jsonl").contains("boot"));
    assert_eq!(sandbox.read(".to/outbox/1/patch.json"), "{\"status\":\"COMPLETED\"}\n");
}

#[test]
fn a_link_that_could_not_be_added_is_no_success() {
    let server = Server::start();
    let posts_link = |request: &Request| request.route().ends_with("/links");
    server.fault(posts_link, 1, Fault::hang_up());
    let sandbox = sandbox(&server).with("TO_RELEVANT_LINK", "Logs=https://logs.example/1");
    let run = run(&sandbox, &writes(REPORT));
    assert_eq!(run.status, 4, "{}", run.stderr);
    assert!(run.stderr.contains("execution 1 is open, but may lack the link `Logs`"));
    // The next step delivers what the start could not.
    assert_eq!(server.execution(1).links.len(), 1);
    assert_eq!(server.execution(1).status, "PASSED");
}

#[test]
fn what_cannot_be_delivered_does_not_hide_the_commands_status() {
    let server = Server::start();
    server.fault(results, ALWAYS, Fault::answer(Response::nginx(503)));
    let sandbox = sandbox(&server).with("TO_RETRY_FOR", "0");
    let failed = run(&sandbox, &format!("{}; exit 9", writes(REPORT)));
    assert_eq!(failed.status, 9);
    // Not completed over results that are missing: the status waits behind them.
    assert_eq!(server.execution(1).status, "IN_PROGRESS");
    assert!(sandbox.read(".to/outbox/1/results.jsonl").contains("boot"));
    assert_eq!(sandbox.read(".to/outbox/1/patch.json"), "{\"status\":\"ENDED_PREMATURELY\"}\n");
}

#[test]
fn a_status_that_is_kept_is_no_pass_unless_the_server_has_a_failure() {
    let lost = format!("{}; printf '<' > lost.xml", writes(FAILING));
    for (fault, kept) in
        [(results as fn(&Request) -> bool, "ENDED_PREMATURELY"), (patches, "COMPLETED")]
    {
        let server = Server::start();
        server.fault(fault, ALWAYS, Fault::answer(Response::nginx(503)));
        let sandbox = sandbox(&server).with("TO_RETRY_FOR", "0");
        let run = sandbox.to_with(&["run", "-q", "--results", "*.xml", "--", "sh", "-c", &lost]);
        assert_eq!(run.status, 4, "{}", run.stderr);
        let patch = sandbox.read(".to/outbox/1/patch.json");
        assert_eq!(patch, format!("{{\"status\":\"{kept}\"}}\n"), "{}", run.stderr);
    }
}

#[test]
fn results_that_are_refused_late_or_dropped_are_missing() {
    // The second batch has the failure.
    let cases: Vec<_> =
        names(120).iter().map(|name| format!("<testcase name=\"{name}\"/>")).collect();
    let odd = format!("{}<testcase name=\"odd\"><failure/></testcase>", cases.concat());
    let odd = writes(&format!("<testsuite>{odd}</testsuite>"));
    for (fault, times, status) in [
        // Kept first, and refused when the outbox is emptied.
        (Fault::answer(Response::nginx(503)), 1, 4),
        // No later request would be taken: what is left is not kept.
        (Fault::answer(Response::refusal(404, "no")), ALWAYS, 5),
    ] {
        let server = Server::start();
        server.poison(|name| name == "odd", Poison::Refusal);
        let has_odd = |request: &Request| {
            results(request) && String::from_utf8_lossy(&request.body).contains("\"odd\"")
        };
        server.fault(has_odd, times, fault);
        let sandbox = sandbox(&server).with("TO_RETRY_FOR", "0");
        let run = run(&sandbox, &odd);
        assert_eq!(run.status, status, "{}", run.stderr);
        let execution = server.execution(1);
        assert!(execution.results().len() >= 100, "{}", run.stderr);
        assert_eq!(execution.status, "ENDED_PREMATURELY", "{}", run.stderr);
        assert_eq!(execution.events[0]["event_name"], "results_missing");
    }
}

/// Starts `to run`, waits until the command says that it is ready, and sends `to` a signal.
fn signalled(sandbox: &Sandbox, script: &str, signal: Signal) -> Run {
    let mut process = start(sandbox, script);
    let mut ready = String::new();
    let mut stdout = BufReader::new(process.stdout());
    stdout.read_line(&mut ready).unwrap();
    assert_eq!(ready, "ready\n");
    process.signal(signal);
    let rest = thread::spawn(move || stdout.lines().map_while(Result::ok).collect::<Vec<_>>());
    let run = process.finish();
    rest.join().unwrap();
    run
}

#[test]
fn a_signal_is_passed_on_and_the_execution_is_ended() {
    for (signal, name, status) in [(Signal::INT, "INT", 130), (Signal::TERM, "TERM", 143)] {
        let server = Server::start();
        let sandbox = sandbox(&server);
        let script = format!(
            "trap 'cp saved.xml report.xml; exit 3' {name}; echo ready; while :; do sleep 0.05; done"
        );
        sandbox.write("saved.xml", REPORT);
        let run = signalled(&sandbox, &script, signal);
        let number = signal.as_raw();
        let warning = format!(
            "warning: the command ended with signal {number}: the execution is not PASSED, but \
             ENDED_PREMATURELY\nexecution 1 is "
        );
        let said = said("1 passed, 0 failed, 0 skipped", "ENDED_PREMATURELY");
        // The shell tells of its `sleep`, which got the signal too.
        let run = Run { stderr: run.stderr.replace("Terminated\n", ""), ..run };
        assert_eq!(run, Run::new(status, "", &said.replace("execution 1 is ", &warning)));
        let execution = server.execution(1);
        assert_eq!((&*execution.status, execution.events.len()), ("ENDED_PREMATURELY", 1));
        assert_eq!(execution.events[0]["event_name"], "command_ended");
        assert_eq!(execution.events[0]["detail"], format!("signal {number}"));
    }
}

#[test]
fn a_command_that_will_not_end_is_killed_and_the_execution_is_ended() {
    let server = Server::start();
    let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
    let run = signalled(&sandbox(&server), script, Signal::TERM);
    assert_eq!(run.status, 143);
    assert_eq!(server.execution(1).status, "ENDED_PREMATURELY");
}
