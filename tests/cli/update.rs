//! `to update`: what else an execution can be told, in which order, and what becomes of it where the
//! server is not there.

use serde_json::{Value, json};

use crate::support::fake_server::{ALWAYS, Fault, Request, Response, Server, anything, patches};
use crate::support::{Run, Sandbox, kept};

/// A sandbox with an execution at the server, which is tried once.
fn open(server: &Server) -> Sandbox {
    server.open_execution();
    Sandbox::new(&server.url()).with("TO_EXECUTION", "1").with("TO_RETRY_FOR", "0")
}

const EVERYTHING: &[&str] = &[
    "update",
    "--status",
    "NOT_TESTED",
    "--ci-link",
    "https://CI.example",
    "--c3-link",
    "https://c3.example/9",
    "--metadata",
    "cloud=aws",
    "--metadata",
    "cloud=gcp",
    "--metadata",
    "cloud=aws",
    "--metadata",
    "kernel=6.8=x",
    "--link",
    "Logs=https://logs.example",
    "--link",
    "Logs=https://logs.example/",
    "--link",
    "Build=https://build.example/1",
    "--event",
    "provisioned=in 12 minutes",
    "--event",
    "job_end",
];

fn asked(server: &Server) -> Vec<String> {
    let part = |request: &Request| {
        let rest = request.route().trim_start_matches("/v1/test-executions/1").to_owned();
        format!("{} {rest}", request.method).trim_end().to_owned()
    };
    server.requests().iter().map(part).collect()
}

fn of_link(request: &Request) -> bool {
    request.route().ends_with("/links")
}

fn of_event(request: &Request) -> bool {
    request.method == "POST" && request.route().ends_with("/status_update")
}

/// What the first execution holds of all that can be updated, without ids and times.
fn held(server: &Server) -> Value {
    let execution = server.execution(1);
    let links: Vec<Value> =
        execution.links.iter().map(|link| json!([link["label"], link["url"]])).collect();
    let event = |event: &Value| json!([event["event_name"], event["detail"]]);
    let events: Vec<Value> = execution.events.iter().map(event).collect();
    json!({
        "status": execution.status, "ci_link": execution.ci_link, "c3_link": execution.c3_link,
        "metadata": execution.metadata, "links": links, "events": events,
    })
}

fn everything() -> Value {
    json!({
        "status": "NOT_TESTED", "ci_link": "https://ci.example/",
        "c3_link": "https://c3.example/9",
        "metadata": {"cloud": ["aws", "gcp"], "kernel": ["6.8=x"]},
        "links": [["Logs", "https://logs.example/"], ["Build", "https://build.example/1"]],
        "events": [["provisioned", "in 12 minutes"], ["job_end", ""]],
    })
}

/// What is said of links and events that are kept.
const TWICE: &str = "hint: do not repeat the command: what is kept would be added twice\n";

/// What is said before the outbox is delivered.
const FIRST: &str = "sending what .to/outbox/1 holds first\n";

#[test]
fn everything_at_once_in_order() {
    let server = Server::start();
    let run = open(&server).to_with(EVERYTHING);
    assert_eq!(run, Run::new(0, "", ""));
    assert_eq!(held(&server), everything());
    let expected = [
        "PATCH",
        "PATCH",
        "PATCH",
        "POST /links",
        "POST /links",
        "POST /status_update",
        "POST /status_update",
        "PATCH",
    ];
    assert_eq!(asked(&server), expected);
    let requests = server.requests();
    let bodies: Vec<Value> =
        requests.iter().filter(|request| patches(request)).map(Request::json).collect();
    assert_eq!(
        bodies,
        [
            json!({"execution_metadata": {"cloud": ["aws", "gcp"], "kernel": ["6.8=x"]}}),
            json!({"status": "NOT_TESTED"}),
            json!({"c3_link": "https://c3.example/9"}),
            json!({"ci_link": "https://CI.example"}),
        ]
    );
}

#[test]
fn a_link_that_is_there_is_not_added_again_and_metadata_is_added_to() {
    let server = Server::start();
    let sandbox = open(&server);
    for value in ["aws", "gcp", "aws"] {
        let metadata = format!("cloud={value}");
        let run = sandbox.to_with(&["update", "--metadata", &metadata]);
        assert_eq!(run, Run::new(0, "", ""));
        let run = sandbox.to("update --link Logs=https://logs.example");
        assert_eq!(run, Run::new(0, "", ""));
    }
    assert_eq!(held(&server)["metadata"], json!({"cloud": ["aws", "gcp"]}));
    assert_eq!(held(&server)["links"], json!([["Logs", "https://logs.example/"]]));
}

#[test]
fn json_tells_the_status() {
    let server = Server::start();
    let sandbox = open(&server);
    for (arguments, status, made) in [
        ("update --json --status FAILED", Some("FAILED"), "the status"),
        ("update --json --link Logs=https://logs.example", Some("FAILED"), "the link `Logs`"),
        ("update --json --event job_end", None, "the event `job_end`"),
        ("update --json --status COMPLETED", Some("ENDED_PREMATURELY"), "the status"),
    ] {
        let run = sandbox.to(arguments);
        let told: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{arguments}");
        assert_eq!(told.get("status").and_then(Value::as_str), status, "{arguments}");
        assert_eq!((&told["execution"], &told["made"]), (&json!(1), &json!([made])), "{arguments}");
        assert_eq!((&told["kept"], &told["refused"]), (&json!([]), &json!([])), "{arguments}");
    }
}

#[test]
fn all_problems_are_said_at_once_and_nothing_is_sent() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1");
    let (link, long) = (format!("https://c3.example/{}", "x".repeat(200)), "k".repeat(201));
    let metadata = [format!("{long}=v"), format!("k={long}")];
    let run = sandbox.to_with(&[
        "update",
        "--ci-link",
        "job 1",
        "--c3-link",
        &link,
        "--metadata",
        "kernel",
        "--metadata",
        "=v",
        "--metadata",
        "k=",
        "--metadata",
        &metadata[0],
        "--metadata",
        &metadata[1],
        "--link",
        "Logs",
        "--link",
        "Logs=ftp://logs.example",
        "--event",
        "=detail",
    ]);
    let said = format!(
        "error: the update is not right\n  \
         --ci-link is wrong: `job 1` is not a URL: relative URL without a base\n  \
         --c3-link has 219 characters; the server stores 200\n  \
         --metadata `kernel`: metadata is written KEY=VALUE\n  \
         --metadata `=v`: the key is empty\n  \
         --metadata `k=`: the value is empty\n  \
         --metadata `{long}=v`: the key has 201 characters; the server takes 200\n  \
         --metadata `k={long}`: the value has 201 characters; the server takes 200\n  \
         --link `Logs`: a link is written LABEL=URL\n  \
         --link `Logs=ftp://logs.example`: `ftp://logs.example` is a `ftp` URL, not one of http \
         or https\n  \
         --event `=detail`: an event needs a name\n"
    );
    assert_eq!(run, Run::new(2, "", &said));
}

#[test]
fn something_must_be_updated() {
    let server = Server::start();
    server.expect_no_requests();
    let said = "error: nothing is to be updated\n\
                hint: give --status, --ci-link, --c3-link, --metadata, --link or --event\n";
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1").with("TO_STATUS", "PASSED");
    assert_eq!(sandbox.to("update"), Run::new(2, "", said));
}

#[test]
fn what_cannot_be_delivered_is_kept_and_pushed_in_order() {
    let server = Server::start();
    let sandbox = open(&server);
    server.fault(anything, 1, Fault::answer(Response::nginx(503)));
    let error = "error: a proxy answered 503: 503 Service Temporarily Unavailable\n";
    let said = format!("{error}{}{TWICE}", kept("9 changes", ".to"));
    // The links are not compared before they are delivered: `push` does.
    assert_eq!(sandbox.to_with(EVERYTHING), Run::new(4, "", &said));
    let run = sandbox.to("push");
    assert_eq!(run, Run::new(0, "1\n", ".to/outbox/1: sent 0 results to execution 1\n"));
    assert_eq!(held(&server)["metadata"], everything()["metadata"]);
    assert_eq!(held(&server)["events"], everything()["events"]);
    assert_eq!(held(&server)["status"], "NOT_TESTED");
    assert!(!sandbox.path(".to/outbox/1").exists());
}

#[test]
fn what_comes_after_something_kept_joins_it() {
    let server = Server::start();
    let sandbox = open(&server);
    server.fault(anything, 2, Fault::answer(Response::nginx(503)));
    let error = "error: a proxy answered 503: 503 Service Temporarily Unavailable\n";
    let said = format!("{error}{}", kept("the metadata", ".to"));
    assert_eq!(sandbox.to("update --metadata cloud=aws"), Run::new(4, "", &said));
    let said = format!("{FIRST}{error}{}", kept("the metadata", ".to"));
    assert_eq!(sandbox.to("update --metadata cloud=gcp"), Run::new(4, "", &said));
    let patch: Value = serde_json::from_str(&sandbox.read(".to/outbox/1/patch.json")).unwrap();
    assert_eq!(patch, json!({"execution_metadata": {"cloud": ["aws", "gcp"]}}));
    assert_eq!(sandbox.to("update --event job_end"), Run::new(0, "", FIRST));
    assert_eq!(held(&server)["metadata"], json!({"cloud": ["aws", "gcp"]}));
    assert_eq!(held(&server)["events"], json!([["job_end", ""]]));
}

#[test]
fn a_link_or_event_of_unknown_fate_is_not_sent_blindly() {
    for is_done in [true, false] {
        let server = Server::start();
        let sandbox = open(&server).with("TO_RETRY_FOR", "1");
        let lost = |fault: Fault| if is_done { fault.after_the_work() } else { fault };
        server.fault(of_link, 1, lost(Fault::answer(Response::nginx(504))));
        server.fault(of_event, 1, lost(Fault::answer(Response::nginx(504))));
        for (arguments, what) in [
            ("update --link Logs=https://logs.example/ --state-dir a", "the link `Logs`"),
            ("update --event job_end --state-dir b", "the event `job_end`"),
        ] {
            let state = &arguments[arguments.len() - 1..];
            let said = format!(
                "error: {what} may be there all the same: a proxy answered 504: \
                 504 Gateway Time-out\n{}{TWICE}",
                kept(what, state)
            );
            assert_eq!(sandbox.to(arguments), Run::new(4, "", &said));
            assert_eq!(sandbox.to(&format!("push -q --state-dir {state}")), Run::new(0, "1\n", ""));
        }
        assert_eq!(held(&server)["links"], json!([["Logs", "https://logs.example/"]]));
        assert_eq!(held(&server)["events"], json!([["job_end", ""]]));
    }
}

#[test]
fn a_link_or_event_meets_no_connection_that_may_be_closing() {
    let server = Server::start();
    let run = open(&server)
        .to("update -q --link A=https://a.example --link B=https://b.example --event e=1");
    assert_eq!(run, Run::new(0, "", ""));
    let mut seen = Vec::new();
    let mut count = 0;
    for request in server.requests() {
        if of_link(&request) || of_event(&request) {
            assert!(!seen.contains(&request.connection), "{} {}", request.method, request.path);
            count += 1;
        }
        seen.push(request.connection);
    }
    assert_eq!(count, 3);
}

#[test]
fn a_refusal_costs_no_other_change() {
    let server = Server::start();
    let sandbox = open(&server);
    server.fault(of_link, ALWAYS, Fault::answer(Response::refusal(422, "No more links")));
    let run = sandbox.to_with(EVERYTHING);
    let refused = |label: &str| {
        format!(
            "error: the link `{label}` is not made: the server answered 422: No more links\n\
             hint: nothing of this request was stored: mend what is named and repeat the command\n"
        )
    };
    let said = [refused("Logs"), refused("Logs"), refused("Build")].concat();
    assert_eq!(run, Run::new(5, "", &said));
    assert!(!sandbox.path(".to/outbox").exists());
    let expected = everything();
    for field in ["events", "metadata", "status", "ci_link", "c3_link"] {
        assert_eq!(held(&server)[field], expected[field], "{field}");
    }
}

#[test]
fn an_unknown_execution() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "7");
    let said = "error: the server answered 404: TestExecution not found\n\
                hint: `to start` opens an execution; --execution (or TO_EXECUTION) chooses \
                another\n";
    for arguments in ["--status FAILED", "--link L=https://l.example", "--event e"] {
        let run = sandbox.to(&format!("update {arguments}"));
        assert_eq!(run, Run::new(5, "", said), "{arguments}");
    }
}

#[test]
fn a_ci_link_that_another_execution_has_does_not_stay_in_the_way() {
    let server = Server::start();
    let sandbox = open(&server);
    server.open_execution();
    let taken = "update --ci-link https://ci.example/1";
    assert_eq!(sandbox.to(&format!("{taken} --execution 2")), Run::new(0, "", ""));
    let said = "error: the server answered 500: Internal Server Error\n\
                hint: the server fails so where another execution has this CI link\n";
    assert_eq!(sandbox.to(taken), Run::new(5, "", said));
    assert!(!sandbox.path(".to/outbox").exists());
    assert_eq!(sandbox.to("update --status FAILED"), Run::new(0, "", ""));
    assert_eq!(server.requests().iter().filter(|request| patches(request)).count(), 4);
}

#[test]
fn a_spool_takes_it_merges_metadata_and_is_pushed() {
    let server = Server::start();
    let sandbox = Sandbox::new("file:spool").with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    assert_eq!(sandbox.to_with(EVERYTHING), Run::new(0, "", ""));
    assert_eq!(sandbox.to_with(&["update", "--metadata", "cloud=azure"]), Run::new(0, "", ""));
    let patch: Value = serde_json::from_str(&sandbox.read("spool/1/patch.json")).unwrap();
    assert_eq!(
        patch["execution_metadata"],
        json!({"cloud": ["aws", "gcp", "azure"], "kernel": ["6.8=x"]})
    );
    assert_eq!(sandbox.read("spool/1/links.jsonl").lines().count(), 2);
    let url = server.url();
    let run = sandbox.to(&format!("push -q spool --url {url}"));
    assert_eq!(run, Run::new(0, "1\n", ""));
    let mut expected = everything();
    expected["metadata"]["cloud"] = json!(["aws", "gcp", "azure"]);
    assert_eq!(held(&server), expected);
}

#[test]
fn the_examples_of_the_help_run() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let help = sandbox.to("update --help").stdout;
    let examples = help.split("Examples:\n").nth(1).expect("examples");
    assert_eq!(examples.lines().count(), 3);
    for example in examples.lines() {
        assert_eq!(sandbox.shell(example), Run::new(0, "", ""), "{example}");
    }
}
