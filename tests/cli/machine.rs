//! A machine that lacks something: a temporary directory, locks, threads, certificates. What can be done
//! without is; what was piped in is never lost without a word.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::fake_server::Server;
use crate::support::interposed::Interposed;
use crate::support::peer::Peer;
use crate::support::{Process, Run, Sandbox, TestContext, lines, names};

/// A report for which a temporary file is made, and what is made of it.
fn report() -> (String, Vec<String>) {
    let cases = (1..=50).map(|number| format!("<testcase name='case-{number:05}'/>"));
    (format!("<testsuite name='s'>{}</testsuite>", cases.collect::<String>()), {
        let name = |name: &String| format!("s.{name}");
        names(50).iter().map(name).collect()
    })
}

/// Pipes something into `to` with one of the variables of `interposed.c`.
fn pipe(
    interposed: &Interposed,
    sandbox: &Sandbox,
    input: &str,
    arguments: &str,
    variable: &str,
    value: &str,
) -> Run {
    let mut command = interposed.command(sandbox, arguments, variable, value);
    command.stdin(Stdio::piped());
    let mut process = Process::start(command);
    process.stdin().write_all(input.as_bytes()).expect("a reader");
    process.finish()
}

#[test]
fn a_temporary_directory_that_is_missing_is_done_without() {
    let (report, names) = report();
    let context = TestContext::new().with("TMPDIR", "/nonexistent");
    let run = context.sandbox.pipe(&report, "submit -q -");
    assert_eq!((run, context.stored()), (Run::quiet(), names));
    // Neither is a state directory needed to look at what would be sent.
    let run = context.sandbox.pipe(&report, "submit -q --dry-run -");
    assert_eq!((run.status, run.stdout.lines().count(), &*run.stderr), (0, 50, ""));
}

/// What is piped in is sent from the state directory, or from memory, where the disks are full.
#[test]
fn a_temporary_directory_that_is_full_is_done_without() {
    let Some(interposed) = Interposed::library() else { return };
    let (report, names) = report();
    for full in ["tmp", ""] {
        let context = TestContext::new();
        let directory = fs::canonicalize(context.sandbox.directory.path()).expect("a directory");
        fs::create_dir(directory.join("tmp")).expect("a directory");
        let context = context.with("TMPDIR", directory.join("tmp").to_str().expect("UTF-8"));
        let full = directory.join(full);
        let full = full.to_str().expect("UTF-8");
        let run =
            pipe(interposed, &context.sandbox, &report, "submit -q -", "INTERPOSED_FULL", full);
        let is_kept_from_writing = !full.ends_with("tmp");
        let said = "warning: the state directory cannot be written: .to: no space left on device\n";
        let said = if is_kept_from_writing { said } else { "" };
        assert_eq!(run, Run::new(0, "", said), "{full}");
        assert_eq!(context.stored(), names, "{full}");
    }
}

#[test]
fn what_can_be_neither_sent_nor_kept_is_named_wherever_it_came_from() {
    let Some(interposed) = Interposed::library() else { return };
    let (xml, of_xml) = report();
    let few = names(3);
    for (input, names) in [(&*xml, &of_xml), (&*lines(&few), &few)] {
        let context = TestContext::new().with("TO_RETRY_FOR", "0");
        context.server.go_down();
        let directory = fs::canonicalize(context.sandbox.directory.path()).expect("a directory");
        let full = directory.to_str().expect("UTF-8");
        let context = context.with("TMPDIR", full);
        let arguments = "submit -q --json -";
        let run = pipe(interposed, &context.sandbox, input, arguments, "INTERPOSED_FULL", full);
        assert_eq!(run.status, 1, "{run:?}");
        let said = format!("error: {} results can be neither sent (", names.len());
        assert!(run.stderr.contains(&said), "{run:?}");
        assert!(run.stderr.contains(&format!("\n  `{}`\n  `{}`\n", names[0], names[1])), "{run:?}");
        let told: Value = serde_json::from_str(&run.stdout).expect("an object");
        assert_eq!((&told["lost"], &told["total"]), (&json!(names), &json!(names.len())));
        context.server.come_back();
        assert_eq!(context.to("push -q"), Run::quiet());
        assert_eq!(context.to("end -q"), Run::printed("ENDED_PREMATURELY\n"));
    }
}

#[test]
fn piped_results_are_kept_where_nothing_can_be_trusted() {
    let peer = Peer::silent();
    for input in [report().0, lines(&names(50))] {
        let sandbox = Sandbox::new(&peer.url("https"))
            .with("TO_EXECUTION", "1")
            .with("SSL_CERT_FILE", "nothing.pem")
            .with("SSL_CERT_DIR", "nothing");
        sandbox.write("nothing.pem", "");
        let run = sandbox.pipe(&input, "submit -q -");
        let said = format!(
            "error: 0 of 50 results were sent: cannot trust {}/v1: no certificate authorities are \
             installed here\n\
             hint: install the package ca-certificates, or name an authority with --ca-cert PEM\n\
             warning: kept 50 results in .to/outbox/1\nhint: `to push` delivers what is kept\n",
            peer.url("https")
        );
        assert_eq!(run, Run::failed(4, &said));
        let kept = sandbox.read(".to/outbox/1/results.jsonl");
        assert_eq!(kept.lines().count(), 50);
    }
}

#[test]
fn a_file_system_without_locks_is_warned_of_and_used() {
    let Some(interposed) = Interposed::library() else { return };
    let warning = "warning: the file system of the state directory or spool has no locks: let only one \
                   `to` work there at a time\n";
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    let names = context.report(3);
    let to = |arguments: &str| {
        context.plain(interposed.run(&context.sandbox, arguments, "INTERPOSED_NO_LOCKS", "1"))
    };
    context.server.go_down();
    let run = to("submit -q report.jsonl");
    assert_eq!(run.status, 4, "{run:?}");
    assert!(
        run.stderr.ends_with(&format!("{}{warning}", crate::support::kept("3 results", ".to")))
    );
    assert_eq!(run.stderr.matches("no locks").count(), 1);
    context.server.come_back();
    assert_eq!(to("submit -q report.jsonl"), Run::new(0, "", warning));
    assert_eq!(to("end -q"), Run::printed("PASSED\n"));
    assert_eq!(context.stored(), names);
    let spool = Sandbox::new("file:spool").with_snap().with("TO_CI_LINK", "https://ci.example/1");
    for arguments in ["start -q", "result -q a passed"] {
        let run = interposed.run(&spool, arguments, "INTERPOSED_NO_LOCKS", "1");
        assert_eq!((run.status, &*run.stderr), (0, warning), "{arguments}");
    }
}

/// A name server that fails may know the host, another time.
#[test]
fn a_name_server_that_fails_is_told_from_an_unknown_host() {
    let Some(interposed) = Interposed::library() else { return };
    let url = "https://test-observer.example";
    let sandbox = Sandbox::new(url).with_snap().with("TO_RETRY_FOR", "0");
    let check =
        "check --url (or TO_URL), whether the server is up, and whether the VPN is connected";
    for (error, reason, cure) in [
        ("-2", "unknown host", "check the host in --url (or TO_URL)"),
        ("-3", "no name server answers", check),
        ("-4", "no name server answers", check),
    ] {
        let run = interposed.run(&sandbox, "start -q", "INTERPOSED_NAMES", error);
        let said = format!("error: cannot reach {url}/v1: {reason}\nhint: {cure}\n");
        assert_eq!(run, Run::failed(4, &said), "{error}");
    }
}

/// What is not certain to be this machine gets no key over plain http, and nobody is asked for it.
#[test]
fn a_key_asks_no_name_server_for_a_host_below_localhost() {
    let Some(interposed) = Interposed::library() else { return };
    let sandbox =
        Sandbox::new("http://x.localhost:1").with_snap().with("TO_API_KEY", "to_12345678");
    // An error that no lookup has, were there one.
    let run = interposed.run(&sandbox, "start -q", "INTERPOSED_NAMES", "-4");
    assert_eq!(run.status, 2, "{run:?}");
    assert!(
        run.stderr.starts_with("error: the key is not sent to http://x.localhost:1"),
        "{run:?}"
    );
}

#[test]
fn one_thread_is_enough() {
    let Some(interposed) = Interposed::library() else { return };
    let context = TestContext::new();
    let (xml, of_xml) = report();
    let names = context.report(300);
    let sandbox = &context.sandbox;
    let to = |arguments: &str| interposed.run(sandbox, arguments, "INTERPOSED_NO_THREADS", "1");
    assert_eq!(to("submit -q report.jsonl"), Run::quiet());
    assert_eq!(context.stored(), names);
    for (input, stored) in
        [(&*xml, of_xml), (&*lines(&["live".to_owned()]), vec!["live".to_owned()])]
    {
        let run = pipe(interposed, sandbox, input, "submit -q -", "INTERPOSED_NO_THREADS", "1");
        assert_eq!(run, Run::quiet());
        let held = context.stored();
        assert!(stored.iter().all(|name| held.contains(name)), "{held:?}");
    }
    let run = to("submit -q --dry-run report.jsonl");
    assert_eq!((run.status, run.stdout.lines().count()), (0, 300));
    assert_eq!(to("end -q"), Run::printed("PASSED\n"));
    assert_eq!(to("show -q").status, 0);
    assert_eq!(to("check").status, 0);
    sandbox.write(
        "spool/b/execution.json",
        json!({"url": context.server.url(), "execution": 1}).to_string(),
    );
    sandbox.write("spool/b/results.jsonl", lines(&names));
    assert_eq!(to("push -q spool"), Run::printed("1\n"));

    // The name of a host is looked up without one, too.
    let server = Server::start();
    let sandbox = Sandbox::new(&format!("http://localhost:{}", server.port())).with_snap();
    let run = interposed.run(&sandbox, "start -q", "INTERPOSED_NO_THREADS", "1");
    assert_eq!(run, Run::printed("1\n"));
    let mut command =
        interposed.command(&sandbox, "-q run --results r.jsonl --", "INTERPOSED_NO_THREADS", "1");
    command.args(["/bin/sh", "-c", "printf '{\"name\":\"a\",\"status\":\"PASSED\"}\\n' > r.jsonl"]);
    command.env("TO_CI_LINK", "https://ci.example/1");
    assert_eq!(Process::start(command).finish(), Run::quiet());
    assert_eq!(server.execution(2).status, "PASSED");
}
