//! `to result`: one result typed by hand.

use serde_json::{Value, json};

use crate::model::{Record, held};
use crate::support::fake_server::{ALWAYS, Fault, Response, Server, anything, results};
use crate::support::{Run, Sandbox, kept};

/// A sandbox with an execution at the server, which is tried once.
fn open(server: &Server) -> Sandbox {
    server.open_execution();
    Sandbox::new(&server.url()).with("TO_EXECUTION", "1").with("TO_RETRY_FOR", "0")
}

fn said(counts: &str) -> String {
    format!("sent 1 result to execution 1: {counts}\n")
}

#[test]
fn a_result_with_everything() {
    let server = Server::start();
    let sandbox = open(&server);
    sandbox.write("wifi.log", "scan\nlost\n");
    let run = sandbox.to_with(&[
        "result",
        "wifi/roaming",
        "failed",
        "--comment",
        "lost the network",
        "--log",
        "@wifi.log",
        "--category",
        "wifi",
        "--template-id",
        "wifi/roaming_template",
    ]);
    assert_eq!(run, Run::new(0, "", &said("0 passed, 1 failed, 0 skipped")));
    let expected = Record {
        name: "wifi/roaming".to_owned(),
        status: "FAILED".to_owned(),
        category: "wifi".to_owned(),
        template_id: "wifi/roaming_template".to_owned(),
        comment: "lost the network".to_owned(),
        io_log: "scan\nlost\n".to_owned(),
    };
    assert_eq!(held(&server), [expected]);
}

#[test]
fn a_status_in_any_case_and_short() {
    let words = [
        ("passed", "PASSED"),
        ("PASS", "PASSED"),
        ("Failed", "FAILED"),
        ("fail", "FAILED"),
        ("SKIPPED", "SKIPPED"),
        ("sKip", "SKIPPED"),
    ];
    let server = Server::start();
    let sandbox = open(&server);
    for (word, status) in words {
        let run = sandbox.to(&format!("-q result boot {word}"));
        assert_eq!(run, Run::new(0, "", ""), "{word}");
        assert_eq!(held(&server), [Record::new("boot", status)]);
    }
}

#[test]
fn a_log_as_text_and_from_standard_input() {
    let server = Server::start();
    let sandbox = open(&server);
    let run = sandbox.to_with(&["-q", "result", "text", "pass", "--log", "two words"]);
    assert_eq!(run, Run::new(0, "", ""));
    assert_eq!(sandbox.pipe("piped\n", "-q result pipe pass --log -"), Run::new(0, "", ""));
    assert_eq!(server.execution(1).result("text").io_log, "two words");
    assert_eq!(server.execution(1).result("pipe").io_log, "piped\n");
}

#[test]
fn what_the_server_cannot_store_is_mended_and_said() {
    let server = Server::start();
    let sandbox = open(&server);
    let name = "n".repeat(3000);
    let run = sandbox.pipe(b"a\0b\xff", &format!("result {name} pass --log -"));
    let shown = format!("{}…", "n".repeat(200));
    let warnings = format!(
        "warning: bytes of a log that are no UTF-8 became U+FFFD (1): `{shown}`\n\
         warning: NUL characters became U+FFFD (1): `{shown}`\n\
         warning: a name, category or template id was cut to 2,000 bytes (1): `{shown}`\n"
    );
    let said = said("1 passed, 0 failed, 0 skipped") + &warnings;
    assert_eq!(run, Run::new(0, "", &said));
    assert_eq!(held(&server)[0].io_log, "a\u{FFFD}b\u{FFFD}");

    let run = sandbox.pipe("x".repeat(100), "result long pass --log - --max-log 10");
    let warning = "warning: a log was cut to the length of --max-log (1): `long`\n";
    assert_eq!(run.stderr, self::said("1 passed, 0 failed, 0 skipped") + warning);
    let log = &server.execution(1).result("long").io_log.clone();
    assert_eq!(log, "xxxxx\n[… 90 bytes cut …]\nxxxxx");
    // The line that says what was cut takes up to 42 bytes: less than that is not cut.
    let cut = |length: usize| {
        let run = sandbox.pipe("x".repeat(length), "result longer pass --log -");
        run.stderr.contains("--max-log (1): `longer`")
    };
    assert_eq!([cut((1 << 20) + 42), cut((1 << 20) + 43)], [false, true], "1M is the default");
}

#[test]
fn a_log_that_cannot_be_read_sends_nothing() {
    let server = Server::start();
    let run = open(&server).to("result boot failed --log @missing.log");
    assert_eq!(
        run,
        Run::new(
            3,
            "",
            "error: missing.log: no such file or directory\n\
                hint: @@ begins a text with @, which names a file alone\n"
        )
    );
    server.expect_no_requests();
}

#[test]
fn a_name_or_status_that_is_none() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1");
    let more = "\n\nFor more information, try '--help'.\n";
    let said = format!("error: invalid value ' ' for '<NAME>': a result needs a name{more}");
    assert_eq!(sandbox.to_with(&["result", " ", "pass"]), Run::new(2, "", &said));
    let said = format!(
        "error: invalid value 'known' for '<STATUS>'\n  \
         [possible values: passed, failed, skipped]{more}"
    );
    assert_eq!(sandbox.to("result boot known"), Run::new(2, "", &said));
}

#[test]
fn what_cannot_be_delivered_is_kept_and_goes_first_later() {
    let server = Server::start();
    let sandbox = open(&server);
    server.fault(anything, 1, Fault::answer(Response::nginx(503)));
    let said = "error: 0 of 1 results were sent: a proxy answered 503: \
                503 Service Temporarily Unavailable\n";
    let said = format!("{said}{}", kept("1 result", ".to"));
    assert_eq!(sandbox.to("result boot failed"), Run::new(4, "", &said));
    assert!(held(&server).is_empty());
    let run = sandbox.to("result boot passed");
    let said = "sending what .to/outbox/1 holds first\n\
                sent 1 result from the outbox first\n"
        .to_owned()
        + &self::said("1 passed, 0 failed, 0 skipped");
    assert_eq!(run, Run::new(0, "", &said));
    assert_eq!(held(&server), [Record::new("boot", "PASSED")]);
}

#[test]
fn a_log_from_a_pipe_is_kept_also_where_the_server_refuses() {
    let server = Server::start();
    let sandbox = open(&server);
    server.fault(results, ALWAYS, Fault::answer(Response::refusal(404, "TestExecution not found")));
    let refused = "error: 0 of 1 results were sent: the server answered 404: TestExecution not \
                   found\nhint: `to start` opens an execution; --execution (or TO_EXECUTION) \
                   chooses another\n";
    assert_eq!(sandbox.to("result boot failed"), Run::new(5, "", refused));
    let run = sandbox.pipe("a log", "result boot failed --log -");
    assert_eq!(run, Run::new(5, "", &format!("{refused}{}", kept("1 result", ".to"))));
}

#[test]
fn json_is_that_of_submit() {
    let server = Server::start();
    let run = open(&server).to("result boot fail --json -q");
    let mut told: Value = serde_json::from_str(&run.stdout).expect("JSON");
    told["seconds"] = Value::Null;
    let expected = json!({
        "schema": 1, "execution": 1, "total": 1, "passed": 0, "failed": 1, "skipped": 0, "sent": 1, "kept": 0,
        "refused": [], "merged": 0, "files": [], "batches": 1, "retries": 0, "seconds": null,
        "warnings": [],
    });
    assert_eq!((run.status, told), (0, expected));
}

#[test]
fn a_spool_takes_it_and_the_examples_of_the_help_run() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    sandbox.write("wifi.log", "lost\n");
    let help = sandbox.to("result --help").stdout;
    let examples = help.split("Examples:\n").nth(1).expect("examples");
    assert_eq!(examples.lines().count(), 3);
    for example in examples.lines() {
        let example = example.replace("dmesg", "echo suspended");
        let run = sandbox.shell(&example);
        assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{example}: {run:?}");
    }
    let lines = sandbox.read("spool/1/results.jsonl");
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(
        lines,
        [
            json!({"name": "screen/brightness", "status": "PASSED"}),
            json!({"name": "wifi/roaming", "status": "FAILED", "comment": "lost the network",
                   "io_log": "lost\n"}),
            json!({"name": "suspend/resume", "status": "FAILED", "io_log": "suspended\n"}),
        ]
    );
}
