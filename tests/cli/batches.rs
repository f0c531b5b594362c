//! Results in batches: in order, each in one of them, bounded by count, by bytes and by the time that
//! the server takes, so that its proxy never gives up on one.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::fake_server::Server;
use crate::support::reports::{delivered, open, passed};
use crate::support::{Run, TestContext};

/// The most bytes of JSON in one batch, unless one result alone has more.
const MOST_BYTES: usize = 4 << 20;

/// The most results in one batch, and in the first: later ones go with the server's pace.
const MOST_RESULTS: usize = 1000;
const FIRST: usize = 100;

fn batches(server: &Server) -> Vec<Vec<Value>> {
    server.requests().iter().map(|post| post.json().as_array().unwrap().clone()).collect()
}

#[test]
fn the_first_batch_has_a_hundred_results_and_none_has_more_than_a_thousand() {
    for count in [1, 99, 100, 101, 250, 3000] {
        let (server, sandbox) = open();
        let names: Vec<String> = (1..=count).map(|n| format!("t{n}")).collect();
        sandbox.write("r.xml", passed(names.iter().map(String::as_str)));
        let run = sandbox.to("submit r.xml");

        let batches = batches(&server);
        let results = if count == 1 { "1 result".to_owned() } else { format!("{count} results") };
        let files = match batches.len() {
            1 => String::new(),
            several => format!("1 file, {several} batches"),
        };
        assert_eq!(run, delivered(&results, [count, 0, 0], &files, ""));
        assert_eq!(batches[0].len(), count.min(FIRST));
        assert!(batches.iter().all(|batch| (1..=MOST_RESULTS).contains(&batch.len())));
        let sent: Vec<&str> =
            batches.iter().flatten().map(|result| result["name"].as_str().unwrap()).collect();
        assert_eq!(sent, names);
    }
}

/// A proxy of 60 s and a server of 20 ms a result, a hundred times as fast.
#[test]
fn no_batch_after_the_first_two_is_too_slow_for_the_proxy() {
    let cases = [
        // Microseconds a result, and results.
        (200, 4_000),
        (5_000, 300),
        (6_500, 150),
    ];
    for (micros, count) in cases {
        let context = TestContext::new().with("TO_BATCH_TIME", "0.05");
        let names = context.report(count);
        context.server.pace(Duration::from_micros(micros), Some(Duration::from_millis(600)));
        assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
        assert_eq!(context.stored_sorted(), names);
        let statuses: Vec<_> = context.posts().iter().map(|(_, status)| *status).collect();
        assert!(statuses.iter().skip(2).all(|status| *status == Some(200)), "{statuses:?}");
        say_ratio(&context, micros);
    }
}

/// How much longer all took than the server. Machines are noisy: nothing is asserted.
fn say_ratio(context: &TestContext, micros: u64) {
    let requests = context.server.requests();
    let server: Duration = requests.iter().filter_map(|request| request.took).sum();
    let (first, last) = (&requests[0], &requests[requests.len() - 1]);
    let whole = last.at + last.took.unwrap_or_default() - first.at;
    let ratio = whole.as_secs_f64() / server.as_secs_f64();
    println!(
        "{micros} µs a result: {} requests, {whole:?}, {ratio:.3} of the server's time",
        requests.len()
    );
}

#[test]
fn batches_grow_while_the_server_is_quick() {
    let context = TestContext::new();
    let names = context.report(3_500);
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
    assert_eq!(context.stored(), names);
    let sizes: Vec<usize> = context.posts().iter().map(|(count, _)| *count).collect();
    assert_eq!(sizes, [100, 400, 1000, 1000, 1000]);
}

#[test]
fn batches_shrink_when_the_server_becomes_slow() {
    let context = TestContext::new().with("TO_BATCH_TIME", "0.02");
    let names = context.report(300);
    context.server.pace(Duration::from_millis(2), None);
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
    assert_eq!(context.stored(), names);
    let sizes: Vec<usize> = context.posts().iter().map(|(count, _)| *count).collect();
    assert_eq!(sizes[0], 100);
    assert!(sizes[1..].iter().all(|size| *size <= 10), "{sizes:?}");
}

/// Logs of these sizes.
fn input(sizes: &[usize]) -> Vec<Value> {
    let result = |(at, size): (usize, &usize)| json!({ "name": format!("t{at}"), "status": "PASSED", "io_log": "x".repeat(1 + size) });
    sizes.iter().enumerate().map(result).collect()
}

/// Submits logs of these sizes and gives back the sizes of the batches.
fn submit(sizes: &[usize]) -> Vec<usize> {
    let (server, sandbox) = open();
    let input = input(sizes);
    sandbox.write("r.json", json!(input).to_string());
    let run = sandbox.to("submit --max-log 100M r.json");
    assert_eq!(run.status, 0, "{}", run.stderr);

    let batches = batches(&server);
    assert!(batches.concat() == input, "the batches are not the input: {sizes:?}");
    let bodies: Vec<usize> = server.requests().iter().map(|post| post.body.len()).collect();
    for (batch, bytes) in batches.iter().zip(bodies) {
        assert!(batch.len() <= MOST_RESULTS && batches[0].len() <= FIRST);
        assert!(bytes <= MOST_BYTES || batch.len() == 1, "{} results, {bytes} bytes", batch.len());
    }
    batches.iter().map(Vec::len).collect()
}

#[test]
fn a_batch_has_at_most_four_mebibytes() {
    let mib = 1 << 20;
    assert_eq!(submit(&[mib; 4]), [3, 1]);
    // `{"name":"t0","status":"PASSED","io_log":""}` and brackets are 46 bytes.
    let rest = 46 + 1 - 1;
    assert_eq!(submit(&[MOST_BYTES - 2 * rest - 2, rest - 46]), [2]);
    // One that is too large goes alone, and takes nothing with it.
    assert_eq!(submit(&[10, 20, MOST_BYTES, 30]), [2, 1, 1]);
}

#[test]
fn batches_are_the_input_whatever_its_sizes() {
    let size = prop_oneof![
        6 => 0..2000_usize,
        2 => 300_000..900_000_usize,
        1 => MOST_BYTES / 2 - 200..MOST_BYTES / 2 + 200,
    ];
    let sizes = prop_oneof![
        3 => prop::collection::vec(size, 1..9),
        1 => prop::collection::vec(0..50_usize, 90..210),
    ];
    let config =
        Config { cases: 6, failure_persistence: None, max_shrink_iters: 50, ..Config::default() };
    TestRunner::new(config)
        .run(&sizes, |sizes| {
            submit(&sizes);
            Ok(())
        })
        .unwrap();
}
