//! Servers that take nothing, or not that: nothing is blamed that is good, nothing is lost, and no
//! other result pays.

use std::thread;
use std::time::Duration;

use crate::support::fake_server::{ALWAYS, Fault, Request, Response, results};
use crate::support::{Run, Sandbox, Switch, TestContext, lines, names};

fn holds(name: &'static str) -> impl Fn(&Request) -> bool + Send + 'static {
    move |request| {
        results(request) && String::from_utf8_lossy(&request.body).contains(&format!("\"{name}\""))
    }
}

#[test]
fn an_outage_that_begins_in_the_last_results_refuses_none() {
    for last in [1, 4, 5] {
        let context = TestContext::new().with("TO_RETRY_FOR", "0.5");
        let names = context.report(100 + last);
        context.server.fault(results, 1, Fault::none());
        let switch = Switch::on();
        context.crash_until(&switch);
        let run = context.to("submit -q report.jsonl");
        assert_eq!(run.status, 4, "{last}: {}", run.stderr);
        assert!(!context.sandbox.path(".to/refused.jsonl").exists(), "{last}");
        let kept = context.sandbox.read(".to/outbox/1/results.jsonl");
        assert_eq!(kept.lines().count(), last);
        switch.turn_off();
        assert_eq!(context.to("push -q"), Run::printed("1\n"));
        assert_eq!(context.stored_sorted(), names);
    }
}

#[test]
fn too_large_for_everything_is_an_outage_and_no_fault_of_the_results() {
    let context = TestContext::new();
    let names = context.report(3000);
    context.server.limit_body(10);
    let run = context.to("submit -q report.jsonl");
    let said = "error: 0 of 3000 results were sent: a proxy answered 413: 413 Request Entity Too \
                Large\nhint: the proxy before the server limits the size of a request\n\
                warning: kept 3000 results in .to/outbox/1\n\
                hint: `to push` delivers what is kept\n";
    assert_eq!(run, Run::failed(4, said));
    assert!(context.posts().len() <= 3010, "{} requests", context.posts().len());
    assert!(!context.sandbox.path(".to/refused.jsonl").exists());
    context.server.limit_body(1 << 30);
    assert_eq!(context.to("push -q"), Run::printed("1\n"));
    assert_eq!(context.stored(), names);
}

#[test]
fn one_result_that_something_refuses_costs_no_other() {
    let pages: [fn() -> Response; 5] = [
        || Response::page(400, "text/plain", ""),
        || Response::refusal(422, "no"),
        || Response::nginx(403),
        || Response::nginx(406),
        || Response::nginx(501),
    ];
    for page in pages {
        let context = TestContext::new();
        let mut names = context.report(501);
        let culprit = "case-00300";
        let status = page().status;
        context.server.fault(holds(culprit), ALWAYS, Fault::answer(page()));
        let run = context.to("submit -q report.jsonl");
        assert_eq!(run.status, 6, "{status}: {}", run.stderr);
        let said = format!("error: result `{culprit}` was refused: ");
        assert!(run.stderr.starts_with(&said), "{status}: {}", run.stderr);
        names.retain(|name| name != culprit);
        assert_eq!(context.stored_sorted(), names, "{status}");
        assert!(context.sandbox.read(".to/refused.jsonl").contains(culprit), "{status}");
    }
}

#[test]
fn a_connection_that_breaks_at_large_bodies_gets_smaller_ones() {
    let context = TestContext::new();
    let names = context.report(400);
    let large = |request: &Request| results(request) && request.body.len() > 3000;
    context.server.fault(large, ALWAYS, Fault::hang_up());
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
    assert_eq!(context.stored(), names);
    let broken = context.posts().iter().filter(|(_, status)| status.is_none()).count();
    assert!(broken <= 6, "{broken} of {:?}", context.posts());
}

#[test]
fn after_a_500_batches_go_in_the_order_of_names_and_without_one_as_given() {
    let given: Vec<String> = names(250).into_iter().rev().collect();
    for fails in [false, true] {
        let context = TestContext::new();
        context.sandbox.write("report.jsonl", lines(&given));
        if fails {
            context.server.fault(results, 1, Fault::answer(Response::internal_error()));
        }
        assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
        let stored = context.stored();
        if fails {
            let batches = [&stored[..100], &stored[100..]];
            assert!(batches.iter().all(|batch| batch.is_sorted()), "{stored:?}");
        } else {
            assert_eq!(stored, given);
        }
    }
}

#[test]
fn parallel_legs_with_new_names_in_different_orders_all_deliver() {
    let context = TestContext::new();
    context.server.deadlock(Duration::from_millis(100));
    let legs: Vec<Sandbox> = (0..4)
        .map(|leg| {
            let id = if leg == 0 { 1 } else { context.server.open_execution() };
            let sandbox = Sandbox::new(&context.server.url()).with("TO_EXECUTION", &id.to_string());
            let mut names = names(60);
            if leg % 2 == 1 {
                names.reverse();
            }
            sandbox.write("report.jsonl", lines(&names));
            sandbox
        })
        .collect();
    let runs: Vec<Run> = thread::scope(|scope| {
        let submit = |leg: &Sandbox| leg.to("submit -q report.jsonl");
        let threads: Vec<_> = legs.iter().map(|leg| scope.spawn(move || submit(leg))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a run")).collect()
    });
    for run in runs {
        assert_eq!(run, Run::quiet());
    }
    for execution in context.server.executions() {
        assert_eq!(execution.results().len(), 60);
    }
    assert!(context.server.deadlocks() > 0, "nothing was locked in two orders");
}

/// The first request waits for a lock of the database, say: that tells nothing of those that follow.
#[test]
fn after_one_504_batches_grow_again() {
    let context = TestContext::new();
    let names = context.report(1_000);
    context.server.fault(results, 1, Fault::answer(Response::nginx(504)));
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
    assert_eq!(context.stored(), names);
    let sizes: Vec<usize> = context.posts().iter().map(|(size, _)| *size).collect();
    assert_eq!(sizes, [100, 50, 50, 50, 100, 100, 100, 200, 200, 150]);
}
