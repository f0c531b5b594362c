//! Results in batches: bounded by count and by bytes, in order, each result in one of them.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::fake_server::Server;
use crate::support::reports::{delivered, open, passed};

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
            1 => "1 file, 1 batch".to_owned(),
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
