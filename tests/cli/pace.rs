//! Batches follow the server's pace, so that its proxy never gives up on one.

use std::time::Duration;

use crate::support::{Run, TestContext};

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
        assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
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
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
    assert_eq!(context.stored(), names);
    let sizes: Vec<usize> = context.posts().iter().map(|(count, _)| *count).collect();
    assert_eq!(sizes, [100, 400, 1000, 1000, 1000]);
}

#[test]
fn batches_shrink_when_the_server_becomes_slow() {
    let context = TestContext::new().with("TO_BATCH_TIME", "0.02");
    let names = context.report(300);
    context.server.pace(Duration::from_millis(2), None);
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
    assert_eq!(context.stored(), names);
    let sizes: Vec<usize> = context.posts().iter().map(|(count, _)| *count).collect();
    assert_eq!(sizes[0], 100);
    assert!(sizes[1..].iter().all(|size| *size <= 10), "{sizes:?}");
}

#[test]
fn results_of_large_logs_are_sent_in_batches_of_four_mebibytes() {
    let context = TestContext::new();
    let log = "x".repeat(1 << 20);
    let line =
        |n| format!("{{\"name\":\"case-{n}\",\"status\":\"PASSED\",\"io_log\":\"{log}\"}}\n");
    context.sandbox.write("report.jsonl", (0..7).map(line).collect::<String>());
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
    let sizes: Vec<usize> = context.posts().iter().map(|(count, _)| *count).collect();
    assert_eq!(sizes, [3, 3, 1]);
    assert!(context.server.requests().iter().all(|request| request.body.len() <= 4 << 20));
}

#[test]
fn a_pipe_is_sent_as_it_comes_in() {
    use std::io::Write as _;
    let context = TestContext::new();
    let mut child = context.sandbox.spawn("submit -q -");
    let mut pipe = child.stdin();
    pipe.write_all(b"{\"name\":\"early\",\"status\":\"PASSED\"}\n").expect("a reader");
    // The pipe stays open: what is in it is sent all the same.
    context.server.wait_for_execution(1, |execution| !execution.results().is_empty());
    pipe.write_all(b"{\"name\":\"late\",\"status\":\"PASSED\"}\n").expect("a reader");
    drop(pipe);
    assert_eq!(child.finish(), Run::new(0, "", ""));
    assert_eq!(context.stored(), ["early", "late"]);
}
