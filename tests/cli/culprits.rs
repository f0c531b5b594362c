//! Results that the server does not take do not take the others with them; and an outage is none of
//! their fault.

use serde_json::{Value, json};

use crate::support::fake_server::{ALWAYS, Fault, Poison, Response, results};
use crate::support::{Run, Switch, TestContext, lines, names};

/// A context that loses little time with four attempts at each half.
fn quick() -> TestContext {
    TestContext::new().with("TO_RETRY_DELAY", "0.002")
}

/// The lines of `refused.jsonl`.
fn refused(context: &TestContext) -> Vec<Value> {
    let text = context.sandbox.read(".to/refused.jsonl");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn reason(poison: Poison) -> &'static str {
    match poison {
        Poison::Crash => "the server answered 500: Internal Server Error",
        Poison::Refusal => "name: This name is not wanted",
    }
}

#[test]
fn poison_results_are_named_and_the_others_stored() {
    let sandboxes: [&[usize]; 4] = [&[0], &[499], &[999], &[0, 499, 999]];
    for poison in [Poison::Crash, Poison::Refusal] {
        for at in sandboxes {
            let context = quick();
            let names = context.report(1000);
            let culprits: Vec<String> = at.iter().map(|at| names[*at].clone()).collect();
            let is_culprit = culprits.clone();
            context
                .server
                .poison(move |name| is_culprit.iter().any(|culprit| culprit == name), poison);

            let run = context.to("submit -q --json report.jsonl");
            let reason = reason(poison);
            let line = |name| format!("error: result `{name}` was refused: {reason}\n");
            let said = culprits.iter().map(line).collect::<Vec<_>>().concat();
            let count = match at.len() {
                1 => "1 result".to_owned(),
                count => format!("{count} results"),
            };
            let hint = format!("hint: {count} refused: written to .to/refused.jsonl\n");
            assert_eq!((run.status, run.stderr), (6, said + &hint), "{poison:?} {at:?}");

            let summary: Value = serde_json::from_str(&run.stdout).expect("JSON");
            let named = |name| json!({ "name": name, "reason": reason });
            assert_eq!(summary["refused"], culprits.iter().map(named).collect::<Value>());
            assert_eq!((&summary["total"], &summary["kept"]), (&json!(1000), &json!(0)));
            assert_eq!(summary["sent"], json!(1000 - at.len()));

            let good: Vec<_> = names.iter().filter(|name| !culprits.contains(name)).collect();
            assert_eq!(
                context.stored_sorted().iter().collect::<Vec<_>>(),
                good,
                "{poison:?} {at:?}"
            );
            let line = |name| {
                let result: Value =
                    serde_json::from_str(&lines(std::slice::from_ref(name))).expect("JSON");
                let url = context.server.url();
                json!({ "url": url, "execution": 1, "reason": reason, "result": result })
            };
            assert_eq!(refused(&context), culprits.iter().map(line).collect::<Vec<_>>());
            assert_eq!(context.files(), [".gitignore", "refused.jsonl"]);
        }
    }
}

#[test]
fn a_result_that_is_refused_is_not_sent_again_by_a_push() {
    let context = quick();
    context.report(20);
    context.server.poison(|name| name == "case-00007", Poison::Crash);
    assert_eq!(context.to("submit -q report.jsonl").status, 6);
    let posts = context.posts().len();
    assert_eq!(context.to("push"), Run::new(0, "", "nothing is kept in the outbox\n"));
    assert_eq!(context.posts().len(), posts);
    // Repeated, the command says the same again.
    assert_eq!(context.to("submit -q report.jsonl").status, 6);
    assert_eq!(context.stored_sorted().len(), 19);
}

#[test]
fn best_effort_makes_a_refusal_no_failure() {
    let context = quick();
    context.report(3);
    context.server.poison(|name| name == "case-00002", Poison::Refusal);
    let run = context.to("submit -q --best-effort report.jsonl");
    let said = "error: result `case-00002` was refused: name: This name is not wanted\n\
                hint: 1 result refused: written to .to/refused.jsonl\n";
    assert_eq!(run, Run::new(0, "", said));
    assert_eq!(context.stored(), ["case-00001", "case-00003"]);
}

#[test]
fn a_result_that_takes_too_long_alone_is_a_culprit() {
    let context = quick();
    let names = context.report(20);
    context.server.fault(
        |request| results(request) && String::from_utf8_lossy(&request.body).contains("00011"),
        ALWAYS,
        Fault::answer(Response::nginx(504)),
    );
    let run = context.to("submit -q report.jsonl");
    let said = "error: result `case-00011` was refused: a proxy answered 504: 504 Gateway Time-out\n\
                hint: 1 result refused: written to .to/refused.jsonl\n";
    assert_eq!(run, Run::new(6, "", said));
    assert_eq!(context.stored_sorted().len(), names.len() - 1);
}

#[test]
fn an_outage_of_500s_is_not_mistaken_for_culprits() {
    for count in [1, 4, 1000] {
        let context = TestContext::new().with("TO_RETRY_FOR", "0.7");
        let names = context.report(count);
        let switch = Switch::on();
        context.crash_until(&switch);
        let run = context.to("submit -q report.jsonl");
        let results = if count == 1 { "1 result".to_owned() } else { format!("{count} results") };
        let said = format!(
            "error: 0 of {count} results were sent: the server answered 500: Internal Server Error\n\
             warning: kept {results} in .to/outbox/1\n\
             hint: `to push` delivers what is kept\n"
        );
        assert_eq!(run, Run::new(4, "", &said));
        assert_eq!(context.sandbox.read(".to/outbox/1/results.jsonl"), lines(&names));
        assert!(!context.sandbox.path(".to/refused.jsonl").exists());
        assert!(context.posts().len() < 200, "{} requests", context.posts().len());

        switch.turn_off();
        assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
        assert_eq!(context.stored(), names);
        assert_eq!(context.files(), [".gitignore", "outbox/.lock"]);
    }
}

#[test]
fn an_outage_of_500s_in_the_middle_is_not_mistaken_for_culprits() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0.7");
    let names = context.report(1000);
    context.server.fault(results, 2, Fault::none());
    let switch = Switch::on();
    context.crash_until(&switch);
    assert_eq!(context.to("submit -q report.jsonl").status, 4);
    assert_eq!(context.stored(), names[..500]);
    assert_eq!(context.sandbox.read(".to/outbox/1/results.jsonl"), lines(&names[500..]));
    assert!(!context.sandbox.path(".to/refused.jsonl").exists());
    assert!(context.posts().len() < 90, "{} requests", context.posts().len());
    switch.turn_off();
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
    assert_eq!(context.stored_sorted(), names);
}

#[test]
fn a_server_that_recovers_from_500s_in_time_gets_everything() {
    for failures in [3, 4, 30, 50] {
        let context = quick();
        let names = context.report(1000);
        context.server.fault(results, failures, Fault::answer(Response::internal_error()));
        assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""), "{failures}");
        assert_eq!(context.stored_sorted(), names, "{failures}");
        assert_eq!(context.files(), [".gitignore"], "{failures}");
    }
}

/// Results with logs of this many bytes.
fn report_with_logs(context: &TestContext, count: usize, bytes: usize) -> String {
    let log = "0123456789abcde\n".repeat(bytes / 16);
    let line = |name| json!({ "name": name, "status": "FAILED", "io_log": log }).to_string() + "\n";
    context.sandbox.write("report.jsonl", names(count).iter().map(line).collect::<String>());
    log
}

#[test]
fn batches_keep_to_a_limit_of_bodies() {
    for (limit, size) in [(1_000_000, 50_000), (64_000, 10_000), (64_000, 40_000)] {
        let context = quick();
        let log = report_with_logs(&context, 60, size);
        context.server.limit_body(limit);
        assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""), "{limit}");
        let execution = context.server.execution(1);
        assert_eq!(context.stored(), names(60));
        assert!(execution.results().iter().all(|result| result.io_log.len() >= log.len() - 1));
        let refused = context.posts().iter().filter(|(_, status)| *status == Some(413)).count();
        assert!(refused <= 9, "{limit}: {refused} requests that were too large");
    }
}

#[test]
fn a_log_that_fits_no_request_is_cut_and_the_rest_is_untouched() {
    let context = quick();
    let names = names(9);
    let long = "0123456789abcdef".repeat(60_000);
    let line = |name: &String| {
        let log = if name == "case-00005" { &long } else { "short" };
        json!({ "name": name, "status": "FAILED", "io_log": log }).to_string() + "\n"
    };
    context.sandbox.write("report.jsonl", names.iter().map(line).collect::<String>());
    context.server.limit_body(64_000);
    let run = context.to("submit -q report.jsonl");
    let said = "warning: log cut, because the server takes no larger request (1): `case-00005`\n";
    assert_eq!(run, Run::new(0, "", said));
    assert_eq!(context.stored_sorted(), names);
    let execution = context.server.execution(1);
    for result in execution.results() {
        assert_eq!(result.status, "FAILED");
        if result.name != "case-00005" {
            assert_eq!(result.io_log, "short");
        }
    }
    // The line says how much of the whole is missing.
    let log = &execution.result("case-00005").io_log;
    let (head, rest) = log.split_once("\n[… ").expect("a line that says what was cut");
    let (cut, tail) = rest.split_once(" bytes cut …]\n").expect("a number");
    assert!(long.starts_with(head) && long.ends_with(tail));
    assert_eq!(cut.parse::<usize>().expect("a number"), long.len() - head.len() - tail.len());
    assert!(log.len() > 20_000, "as much as fits is kept: {}", log.len());
}

#[test]
fn a_result_that_is_too_large_without_its_log_loses_of_its_comment() {
    let context = quick();
    let line = |name: &String| {
        let comment = if name == "case-00002" { "x".repeat(10_000) } else { String::new() };
        json!({ "name": name, "status": "PASSED", "comment": comment }).to_string() + "\n"
    };
    context.sandbox.write("report.jsonl", names(3).iter().map(line).collect::<String>());
    context.server.limit_body(5_000);
    let run = context.to("submit -q report.jsonl");
    let said =
        "warning: comment cut, because the server takes no larger request (1): `case-00002`\n";
    assert_eq!(run, Run::new(0, "", said));
    assert_eq!(context.stored_sorted(), names(3));
    let comment = context.server.execution(1).result("case-00002").comment.clone();
    assert!(comment.contains("bytes cut") && comment.len() > 2_000, "{}", comment.len());
}

#[test]
fn a_result_that_is_too_large_without_its_texts_is_refused() {
    let context = quick();
    let line = |name: &String| {
        let id = if name == "case-00002" { "x".repeat(1_900) } else { String::new() };
        json!({ "name": name, "status": "PASSED", "template_id": id }).to_string() + "\n"
    };
    context.sandbox.write("report.jsonl", names(3).iter().map(line).collect::<String>());
    context.server.limit_body(1_000);
    let run = context.to("submit -q report.jsonl");
    let said = "error: result `case-00002` was refused: a proxy answered 413: \
                413 Request Entity Too Large\n\
                hint: 1 result refused: written to .to/refused.jsonl\n";
    assert_eq!(run, Run::new(6, "", said));
    assert_eq!(context.stored(), ["case-00001", "case-00003"]);
    assert_eq!(refused(&context)[0]["result"]["template_id"].as_str().map(str::len), Some(1_900));
}

#[test]
fn a_422_that_blames_nothing_that_was_sent_loses_nothing() {
    let context = TestContext::new().with("TO_TIMEOUT", "20");
    context.report(3);
    let nonsense = json!({ "detail": [
        { "type": "x", "loc": ["body", 7, "name"], "msg": "not yours", "input": null },
    ] });
    let refusal = Fault::answer(Response::json(422, &nonsense));
    // Bounded, so that a client which goes on for ever ends here too.
    context.server.fault(results, 50, refusal);
    let run = context.to("submit -q report.jsonl");
    assert_eq!(run.status, 5, "{}", run.stderr);
    let sizes: Vec<usize> = context.posts().iter().map(|(count, _)| *count).collect();
    assert_eq!(sizes, [3, 1, 1, 1]);
    assert!(run.stderr.contains("warning: kept 3 results in .to/outbox/1\n"), "{}", run.stderr);
}

#[test]
fn what_comes_from_the_outbox_and_is_refused_is_named_too() {
    let context = quick().with("TO_RETRY_FOR", "0.2");
    context.report(5);
    context.server.go_down();
    assert_eq!(context.to("submit -q report.jsonl").status, 4);
    context.server.come_back();
    context.server.poison(|name| name == "case-00003", Poison::Refusal);
    let run = context.to("push -q --retry-for 20");
    let said = "error: result `case-00003` was refused: name: This name is not wanted\n\
                hint: 1 result refused: written to .to/refused.jsonl\n";
    assert_eq!(run, Run::new(6, "1\n", said));
    assert_eq!(refused(&context)[0]["result"]["name"], "case-00003");
    assert_eq!(context.stored().len(), 4);
    assert_eq!(context.files(), [".gitignore", "outbox/.lock", "refused.jsonl"]);
}

#[test]
fn what_comes_from_the_outbox_and_is_refused_alone_is_set_aside() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0.2");
    context.report(3);
    context.server.go_down();
    assert_eq!(context.to("submit -q report.jsonl").status, 4);
    context.server.come_back();
    context.server.fault(results, 50, Fault::answer(Response::refusal(422, "not yours")));
    let run = context.to("push -q");
    assert_eq!((run.status, &*run.stdout), (6, "1\n"), "{}", run.stderr);
    let written = refused(&context);
    let refused: Vec<_> = written.iter().map(|line| line["result"]["name"].clone()).collect();
    assert_eq!(refused, names(3));
    assert_eq!(context.files(), [".gitignore", "outbox/.lock", "refused.jsonl"]);
}

#[test]
fn a_key_that_may_not_write_is_no_culprits_fault() {
    let context = TestContext::new();
    let names = context.report(150);
    context.server.require_keys(true);
    let run = context.to("submit -q report.jsonl");
    let said = "error: 0 of 150 results were sent: the server answered 403: Insufficient \
                permissions\n\
                hint: no key was sent: give one with --api-key-file or TO_API_KEY\n\
                warning: kept 150 results in .to/outbox/1\n\
                hint: `to push` delivers what is kept\n";
    assert_eq!(run, Run::new(5, "", said));
    assert_eq!(context.posts(), [(100, Some(403))]);
    context.server.require_keys(false);
    assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
    assert_eq!(context.stored(), names);
}

#[test]
fn a_live_pipe_isolates_culprits_as_a_file_does() {
    let context = quick();
    context.server.poison(|name| name == "case-00040", Poison::Crash);
    let run = context.plain(context.sandbox.pipe(lines(&names(60)), "submit -q -"));
    let said = "error: result `case-00040` was refused: the server answered 500: Internal Server \
                Error\n\
                hint: 1 result refused: written to .to/refused.jsonl\n";
    assert_eq!(run, Run::new(6, "", said));
    assert_eq!(context.stored_sorted().len(), 59);
}

#[test]
fn what_was_refused_can_be_submitted_again() {
    let context = quick();
    context.report(20);
    context.server.poison(|name| name.ends_with("00007"), Poison::Refusal);
    assert_eq!(context.to("submit -q report.jsonl").status, 6);
    assert_eq!(context.server.open_execution(), 2);
    // Refused once more, it is added to the file that is read.
    assert_eq!(context.to("submit -q .to/refused.jsonl").status, 6);
    assert_eq!(refused(&context).len(), 2);
    context.server.poison(|_| false, Poison::Refusal);
    let run = context.to("submit -q --execution 2 .to/refused.jsonl");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let stored = context.server.execution(2);
    assert_eq!(stored.results().len(), 1);
    assert_eq!(stored.result("case-00007").status, "PASSED");
}
