//! Searches against servers that are closures: a table of what goes wrong, and laws over all of it.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::api::InvalidItem;
use crate::api::examples::{refusal, refusal_of_proxy};
use crate::model::limits::Limits;
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;

/// A server: what it makes of a request.
type Rule<'a> = dyn FnMut(&Asked<'_>) -> Result<(), ApiError> + 'a;

struct Asked<'a> {
    names: &'a [String],
    bytes: usize,
    /// Requests before this one.
    before: usize,
    repeat: Repeat,
}

/// What became of a delivery.
#[derive(Debug, Default)]
struct End {
    /// The last result of each name.
    stored: BTreeMap<String, EncodedResult>,
    /// The names in the order in which they came.
    accepted: Vec<String>,
    refused: Vec<(String, String)>,
    rest: Vec<String>,
    error: Option<ApiError>,
    requests: usize,
    /// The number of results in each.
    posts: Vec<usize>,
    steps: Vec<&'static str>,
    warnings: Vec<String>,
    sent: u64,
}

fn result(name: &str, log: usize, comment: usize) -> EncodedResult {
    let result = TestResult {
        comment: "c".repeat(comment),
        io_log: "l".repeat(log),
        ..TestResult::new(name, Status::Passed)
    };
    let limits = Limits::of_kept();
    EncodedResult::new(result, &limits, &mut Warnings::default())
}

fn plain(names: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<EncodedResult> {
    names.into_iter().map(|name| result(name.as_ref(), 0, 0)).collect()
}

/// `t00` and so on, in the order of the alphabet.
fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("t{number:03}")).collect()
}

fn deliver(results: Vec<EncodedResult>, rule: &mut Rule<'_>) -> End {
    let mut isolation = Isolation::new(BatchSize::new(Duration::from_secs(5)));
    let mut end = End::default();
    for result in results {
        isolation.push(result);
        if !drive(&mut isolation, Urgency::Full, rule, &mut end) {
            break;
        }
    }
    if end.error.is_none() {
        drive(&mut isolation, Urgency::End, rule, &mut end);
    }
    end.rest = isolation.take_rest().map(|result| result.name()).collect();
    let tally = isolation.tally;
    end.sent = tally.sent.total();
    end.warnings = tally.warnings.lines();
    end.refused =
        tally.refused.into_iter().map(|refused| (refused.result.name(), refused.reason)).collect();
    end
}

/// Makes requests while there are any, and tells whether the delivery goes on.
fn drive(isolation: &mut Isolation, urgency: Urgency, rule: &mut Rule<'_>, end: &mut End) -> bool {
    loop {
        let Request { batch, repeat } = match isolation.next_request(urgency) {
            Ok(None) => return true,
            Ok(Some(request)) => request,
            Err(error) => {
                end.error = Some(error);
                return false;
            }
        };
        assert!(!batch.results.is_empty());
        let names: Vec<String> = batch.results.iter().map(EncodedResult::name).collect();
        let asked = Asked { names: &names, bytes: batch.bytes(), before: end.requests, repeat };
        let outcome = rule(&asked).map(|()| Duration::from_secs(1));
        end.posts.push(names.len());
        end.requests += 1;
        assert!(end.requests < 10_000, "the search does not end: {:?}", &end.steps[9_900..]);
        if outcome.is_ok() {
            for (name, result) in names.into_iter().zip(&batch.results) {
                end.accepted.push(name.clone());
                end.stored.insert(name, result.clone());
            }
        }
        let step = isolation.next(batch, outcome);
        end.steps.push(match step {
            Step::Accepted => "accepted",
            Step::Proved => "proved",
            Step::Sort(_) => "sort",
            Step::Split => "split",
            Step::Truncate => "truncate",
            Step::Suspend => "suspend",
            Step::Refuse => "refuse",
            Step::Stop(error) => {
                end.error = Some(error);
                "stop"
            }
        });
        if end.error.is_some() {
            return false;
        }
    }
}

fn reset() -> ApiError {
    ApiError::Broken { url: "URL".to_owned(), reason: "reset".to_owned() }
}

fn late() -> ApiError {
    ApiError::Timeout { url: "URL".to_owned(), after: Duration::from_secs(75) }
}

/// The error after which nothing is tried any more.
fn exhausted(status: u16) -> ApiError {
    let (elapsed, last) = (Duration::from_mins(5), Box::new(refusal(status)));
    ApiError::GivenUp { attempts: 9, elapsed, is_exhausted: true, asked: None, causes: None, last }
}

fn named(index: usize) -> ApiError {
    let ApiError::Status(mut refusal) = refusal(422) else { panic!("a refusal") };
    refusal.invalid_items = vec![InvalidItem { index, reason: "name: no".to_owned() }];
    ApiError::Status(refusal)
}

/// Every error that may be one of a batch's content.
fn problems() -> Vec<fn() -> ApiError> {
    vec![
        || refusal(500),
        || refusal(504),
        || refusal(413),
        || refusal(400),
        || refusal(422),
        || refusal_of_proxy(403),
        || refusal_of_proxy(406),
        || refusal(501),
        reset,
        late,
        || named(7777),
    ]
}

#[test]
fn a_culprit_is_found_wherever_it_is_and_costs_no_other_result() {
    for error in problems() {
        for at in [100, 101, 150, 298, 299] {
            let names = numbered(300);
            let culprit = names[at].clone();
            let end = deliver(plain(&names), &mut |asked| {
                if asked.names.contains(&culprit) { Err(error()) } else { Ok(()) }
            });
            let case = format!("{} at {at}: {:?}", error(), end.steps);
            assert!(end.error.is_none(), "{case}: {:?}", end.error);
            assert_eq!((end.stored.len(), end.rest.len(), end.sent), (299, 0, 299), "{case}");
            assert_eq!(end.refused, [(culprit, error().to_string())], "{case}");
            assert!(end.requests < 40, "{} requests: {case}", end.requests);
        }
    }
}

#[test]
fn culprits_before_anything_was_accepted_are_found_too() {
    // A proxy that refuses the first request may refuse all of them.
    let is_filtered = |error: &ApiError| error.scope() == Scope::Batch(BatchProblem::Filtered);
    for error in problems().into_iter().filter(|error| !is_filtered(&error())) {
        for culprits in [1, 4, 5, 6, 20, 120] {
            let names = numbered(150);
            let end = deliver(plain(&names), &mut |asked| {
                let is_culprit = |name: &String| names[..culprits].contains(name);
                if asked.names.iter().any(is_culprit) { Err(error()) } else { Ok(()) }
            });
            let case = format!("{culprits} times {}: {:?}", error(), end.steps);
            assert!(end.error.is_none(), "{case}: {:?}", end.error);
            assert_eq!((end.stored.len(), end.refused.len()), (150 - culprits, culprits), "{case}");
            assert!(end.requests < 2 * culprits + 30, "{} requests: {case}", end.requests);
        }
    }
}

#[test]
fn a_proxy_that_refuses_the_first_batch_ends_the_delivery() {
    for error in [refusal_of_proxy(403), refusal_of_proxy(406), refusal(501)] {
        let status = error.to_string();
        let mut error = Some(error);
        let names = numbered(150);
        let end = deliver(plain(&names), &mut |_| Err(error.take().expect("one request")));
        assert_eq!((end.requests, end.rest), (1, names[..101].to_vec()), "{status}");
        assert!(matches!(end.error, Some(ApiError::Status(_))), "{status}");
    }
}

/// Everything fails so, once so many results were accepted.
fn fail_after(accepted: usize, error: fn() -> ApiError, count: usize) -> End {
    let mut stored = 0;
    deliver(plain(numbered(count)), &mut |asked| {
        if stored >= accepted {
            // Whoever waits for as long as patience lasts learns that it is at its end.
            let error = error();
            let waits = matches!(error.retry(), Retry::Backoff | Retry::After(_));
            return Err(if waits && asked.repeat == Repeat::Idempotent {
                exhausted(500)
            } else {
                error
            });
        }
        stored += asked.names.len();
        Ok(())
    })
}

#[test]
fn an_outage_refuses_nothing_and_keeps_all() {
    for error in problems() {
        for (count, accepted) in [(1, 0), (4, 0), (300, 0), (300, 100), (104, 100)] {
            let end = fail_after(accepted, error, count);
            let names = numbered(count);
            let case = format!("{} of {count}, {accepted} taken: {:?}", error(), end.steps);
            assert!(end.error.is_some(), "{case}");
            assert!(end.refused.is_empty(), "{case}: {:?}", end.refused);
            // What comes after the error is not taken any more.
            let taken = end.accepted.len() + end.rest.len();
            let all = [&end.accepted[..], &end.rest[..]].concat();
            assert_eq!((all, end.accepted.len()), (names[..taken].to_vec(), accepted), "{case}");
            let most = count - accepted + 10;
            assert!(end.requests <= most + 10, "{} requests: {case}", end.requests);
        }
    }
}

#[test]
fn an_outage_is_told_from_a_refusal() {
    for (error, accepted, is_outage) in [
        (problems()[0], 0, false),
        ((|| refusal(413)) as fn() -> ApiError, 0, true),
        (|| refusal(413), 100, true),
        (|| refusal(400), 0, false),
        (|| refusal(400), 100, true),
        (|| refusal_of_proxy(403), 100, true),
        (|| refusal(403), 100, false),
        (|| refusal(404), 100, false),
    ] {
        let end = fail_after(accepted, error, 200);
        let error = end.error.expect("an error");
        assert_eq!(matches!(error, ApiError::Outage(_)), is_outage, "{accepted}: {error:?}");
    }
}

#[test]
fn too_large_for_everything_takes_a_request_a_result_and_ten_more_at_most() {
    for (count, log) in [(1, 0), (3, 0), (100, 0), (300, 0), (999, 0), (3, 5000), (150, 5000)] {
        let results = numbered(count).iter().map(|name| result(name, log, log)).collect();
        let end = deliver(results, &mut |_| Err(refusal(413)));
        assert!(matches!(end.error, Some(ApiError::Outage(_))), "{count}: {:?}", end.error);
        assert_eq!((end.rest.len(), end.refused.len()), (count, 0), "{count}");
        assert!(end.requests <= count + 10, "{count}: {} requests", end.requests);
    }
}

#[test]
fn a_search_before_anything_is_accepted_is_bounded() {
    let end = deliver(plain(numbered(3000)), &mut |_| Err(refusal(400)));
    assert!(matches!(end.error, Some(ApiError::Status(_))), "{:?}", end.error);
    assert!(end.requests <= MOST_SUSPECTS + 10, "{}", end.requests);
    let many = numbered(20).iter().map(|name| result(name, 1 << 20, 0)).collect();
    let end = deliver(many, &mut |_| Err(refusal(400)));
    assert!(end.requests < 10, "{}: four of them are enough to hold", end.requests);
}

#[test]
fn nothing_accepted_is_waited_for_while_it_may_pass() {
    // After the search the first that waits out its patience finds the server well again.
    let names = numbered(20);
    let mut is_well = false;
    let end = deliver(plain(&names), &mut |asked| {
        is_well |= asked.repeat == Repeat::Idempotent;
        if is_well { Ok(()) } else { Err(refusal(500)) }
    });
    assert!(end.error.is_none() && end.refused.is_empty(), "{:?}", end.error);
    assert_eq!(end.accepted, names);
}

#[test]
fn an_outage_that_ends_in_time_refuses_nothing() {
    let names = numbered(110);
    let mut is_well = false;
    let end = deliver(plain(&names), &mut |asked| {
        is_well |= asked.repeat == Repeat::Idempotent;
        if asked.before == 0 || is_well { Ok(()) } else { Err(refusal(500)) }
    });
    assert!(end.error.is_none() && end.refused.is_empty(), "{:?}", end.steps);
    assert_eq!(end.stored.len(), 110);
}

#[test]
fn a_sample_is_sent_before_the_first_is_blamed_and_again_after_five() {
    let names = numbered(112);
    let end = deliver(plain(&names), &mut |asked| {
        let is_culprit = |name: &String| names[100..].contains(name);
        if asked.names.iter().any(is_culprit) { Err(refusal(400)) } else { Ok(()) }
    });
    let after_the_split = end.steps.iter().skip_while(|step| **step != "suspend");
    let one = ["suspend", "proved", "refuse"];
    let five = [&["suspend"; 5][..], &["proved"], &["refuse"; 5]].concat();
    let last = ["suspend", "proved", "refuse"];
    let expected = [&one[..], &five, &five, &last].concat();
    assert_eq!(after_the_split.copied().collect::<Vec<_>>(), expected);
    assert_eq!((end.refused.len(), end.stored.len()), (12, 100));
}

#[test]
fn results_that_the_server_names_need_no_sample() {
    let names = numbered(10);
    let end = deliver(plain(&names), &mut |asked| {
        let at = asked.names.iter().position(|name| name == "t003" || name == "t007");
        at.map_or(Ok(()), |index| Err(named(index)))
    });
    assert_eq!(end.steps, ["refuse", "refuse", "accepted"]);
    let refused = ["t003", "t007"].map(|name| (name.to_owned(), "name: no".to_owned()));
    assert_eq!((end.refused, end.stored.len()), (refused.to_vec(), 8));
}

#[test]
fn a_batch_is_sorted_after_a_crash_and_all_that_follow() {
    let names: Vec<String> = numbered(220).into_iter().rev().collect();
    let mut order = Vec::new();
    let end = deliver(plain(&names), &mut |asked| {
        order.push((asked.names.is_sorted(), asked.names.len()));
        if asked.before == 1 { Err(refusal(500)) } else { Ok(()) }
    });
    assert_eq!(order, [(false, 100), (false, 120), (true, 120)]);
    assert_eq!(end.steps, ["accepted", "sort", "accepted"]);
    let mut order = Vec::new();
    deliver(plain(&names), &mut |asked| {
        order.push((asked.names.is_sorted(), asked.names.len()));
        if asked.before == 0 { Err(refusal(500)) } else { Ok(()) }
    });
    assert_eq!(order, [(false, 100), (true, 100), (true, 120)]);
}

#[test]
fn other_errors_leave_the_order_of_the_report() {
    let names: Vec<String> = numbered(150).into_iter().rev().collect();
    for error in problems().into_iter().skip(1) {
        let mut posts = Vec::new();
        deliver(plain(&names), &mut |asked| {
            posts.push(asked.names.to_vec());
            if asked.before == 1 { Err(error()) } else { Ok(()) }
        });
        let is_in_order = |post: &Vec<String>| post.is_sorted_by(|a, b| a > b);
        assert!(posts.iter().all(is_in_order), "{}", error());
    }
}

#[test]
fn results_of_one_name_stay_in_order_whatever_happens() {
    let twice = |number: usize| ["a", "b"][number % 2].to_owned() + &(number / 2 % 3).to_string();
    let results: Vec<_> = (0..12).map(|number| result(&twice(number), 0, number)).collect();
    for error in problems() {
        let mut crashed = false;
        let end = deliver(results.clone(), &mut |_| {
            if std::mem::replace(&mut crashed, true) { Ok(()) } else { Err(error()) }
        });
        if end.error.is_some() {
            continue;
        }
        for (name, stored) in &end.stored {
            let given = results.iter().rfind(|result| &result.name() == name).expect("given");
            assert_eq!(stored, given, "{}: {name}", error());
        }
    }
}

#[test]
fn a_later_result_of_a_suspects_name_takes_its_place() {
    let results = ["a", "b", "b", "c"].iter().enumerate();
    let results: Vec<_> = results.map(|(at, name)| result(name, 0, at)).collect();
    // The first of the two crashes the server, and is put aside while nothing is accepted.
    let [crash, later] = [&results[1], &results[2]].map(|result| result.json().len());
    assert_ne!(crash, later);
    let mut isolation = Isolation::new(BatchSize::new(Duration::from_secs(5)));
    let mut end = End::default();
    isolation.push(results[1].clone());
    drive(&mut isolation, Urgency::All, &mut |_| Err(refusal(400)), &mut end);
    isolation.push(results[2].clone());
    drive(&mut isolation, Urgency::End, &mut |_| Ok(()), &mut end);
    assert_eq!(
        (end.steps, end.stored["b"].clone()),
        (vec!["suspend", "accepted"], results[2].clone())
    );
    assert_eq!((isolation.tally.sent.total(), isolation.tally.refused.len()), (2, 0));
}

#[test]
fn a_sample_never_takes_the_place_of_a_later_result() {
    // `b` comes again while its first result is the sample: `a`, before it, is sent instead.
    let mut isolation = Isolation::new(BatchSize::new(Duration::from_secs(5)));
    let mut end = End::default();
    for name in ["a", "b"] {
        isolation.push(result(name, 0, 0));
    }
    drive(&mut isolation, Urgency::All, &mut |_| Ok(()), &mut end);
    isolation.push(result("b", 0, 1));
    let mut probes = Vec::new();
    let is_culprit = |asked: &Asked<'_>| asked.names == ["b"];
    drive(
        &mut isolation,
        Urgency::End,
        &mut |asked| {
            probes.push(asked.names.to_vec());
            if is_culprit(asked) { Err(refusal(400)) } else { Ok(()) }
        },
        &mut end,
    );
    assert_eq!(probes, [["b"], ["a"], ["b"]]);
    assert_eq!(isolation.tally.refused.len(), 1);
}

#[test]
fn a_result_that_is_too_large_loses_its_log_then_its_comment() {
    let large = "t005";
    for (log, comment, limit, warned) in [
        (3000, 100, 2000, &["log"][..]),
        (3000, 100, 500, &["log"]),
        (300, 3000, 2000, &["comment"]),
        (3000, 3000, 2500, &["log", "comment"]),
        (700, 700, 900, &["log", "comment"]),
    ] {
        for first in [false, true] {
            let limit = limit + 300;
            let mut results: Vec<_> = plain(numbered(if first { 1 } else { 10 }));
            results.push(result(large, log, comment));
            let whole = results.last().expect("one").clone();
            let end = deliver(results.split_off(usize::from(first)), &mut |asked| {
                if asked.bytes > limit { Err(refusal(413)) } else { Ok(()) }
            });
            let case = format!("{log} {comment} {limit} {first}: {:?}", end.steps);
            assert!(end.error.is_none() && end.refused.is_empty(), "{case}");
            let stored = &end.stored[large];
            assert!(stored.json().len() < whole.json().len(), "{case}");
            assert!(stored.json().len() > limit / 3, "as much as fits is kept: {case}");
            let said = warned.iter().map(|text| {
                format!("{text} cut, because the server takes no larger request (1): `{large}`")
            });
            assert_eq!(end.warnings, said.collect::<Vec<_>>(), "{case}");
        }
    }
}

#[test]
fn a_result_that_is_too_large_without_its_texts_is_refused_whole() {
    let mut results = plain(numbered(10));
    results[5] = result("large", 3000, 3000);
    let end = deliver(results, &mut |asked| {
        if asked.names.contains(&"large".to_owned()) { Err(refusal(413)) } else { Ok(()) }
    });
    assert_eq!((end.stored.len(), end.refused.len()), (9, 1), "{:?}", end.steps);
    let cuts = end.steps.iter().filter(|step| **step == "truncate").count();
    assert_eq!(cuts, 11, "{:?}", end.steps);
    assert!(end.warnings.is_empty());
}

#[test]
fn a_stop_in_the_middle_of_a_search_keeps_all_in_order() {
    let error = |asked: &Asked<'_>| {
        if asked.names.iter().any(|name| name == "t104" || name == "t107") {
            Err(refusal(if asked.before.is_multiple_of(2) { 400 } else { 413 }))
        } else {
            Ok(())
        }
    };
    let whole = deliver(plain(numbered(120)), &mut |asked| error(asked));
    assert_eq!(whole.refused.len(), 2, "{:?}", whole.steps);
    for last in 1..whole.requests {
        let end = deliver(plain(numbered(120)), &mut |asked| {
            if asked.before >= last { Err(exhausted(503)) } else { error(asked) }
        });
        assert_eq!(end.steps.last(), Some(&"stop"), "{last}");
        let refused = end.refused.iter().map(|(name, _)| name.clone());
        let rest = end.rest.iter().filter(|name| !end.stored.contains_key(*name));
        let all: Vec<_> = end.stored.keys().cloned().chain(refused).chain(rest.cloned()).collect();
        let taken = all.len();
        let mut sorted = all;
        sorted.sort();
        assert_eq!(sorted, numbered(120)[..taken], "{last}: {:?}", end.steps);
        assert!(end.rest.is_sorted(), "{last}: {:?}", end.rest);
    }
}

#[test]
fn a_pipe_that_is_still_open_is_not_judged() {
    let mut isolation = Isolation::new(BatchSize::new(Duration::from_secs(5)));
    let mut end = End::default();
    for name in ["a", "b"] {
        isolation.push(result(name, 0, 0));
        assert!(drive(&mut isolation, Urgency::All, &mut |_| Err(refusal(400)), &mut end));
    }
    isolation.push(result("c", 0, 0));
    let mut good = |asked: &Asked<'_>| {
        if asked.names == ["c"] { Ok(()) } else { Err(refusal(400)) }
    };
    assert!(drive(&mut isolation, Urgency::All, &mut good, &mut end));
    assert_eq!(end.steps, ["suspend", "suspend", "accepted", "refuse", "refuse"]);
    assert!(isolation.next_request(Urgency::End).expect("no outage").is_none());
}

/// Attempts with crashes, delays and resets.
fn bounds(crashes: u32, delays: u32, resets: u32) -> Repeat {
    Repeat::Bounded(Bounds { crashes, delays, resets })
}

#[test]
fn a_request_gets_as_many_attempts_as_it_can_be_blamed_for() {
    let names = numbered(102);
    let mut asked = Vec::new();
    deliver(plain(&names), &mut |request| {
        asked.push((request.names.len(), request.repeat));
        match request.before {
            0 => Ok(()),
            _ if request.names == ["t099"] => Ok(()),
            _ => Err(refusal(500)),
        }
    });
    let single = bounds(4, 4, 3);
    let once = bounds(1, 1, 1);
    let expected = [
        (100, bounds(1, 1, 3)),
        (2, bounds(1, 1, 3)),
        // By name, and it crashed once already.
        (2, bounds(3, 1, 3)),
        (1, single),
        (1, Repeat::Idempotent),
        (1, once),
        (1, single),
        (1, Repeat::Idempotent),
        (1, once),
    ];
    assert_eq!(asked, expected);

    let mut asked = Vec::new();
    deliver(plain(numbered(4)), &mut |request| {
        asked.push((request.names.len(), request.repeat));
        Err(if request.before == 9 { exhausted(500) } else { refusal(500) })
    });
    let expected = [
        (4, bounds(1, 1, 3)),
        (4, bounds(3, 1, 3)),
        (2, bounds(4, 1, 3)),
        (1, single),
        (1, bounds(2, 1, 2)),
        (1, bounds(2, 1, 2)),
        (1, bounds(2, 1, 2)),
        (1, Repeat::Idempotent),
        (1, Repeat::Idempotent),
        (1, Repeat::Idempotent),
    ];
    assert_eq!(asked, expected);
}

#[test]
fn a_result_alone_gets_its_attempts_from_the_first() {
    let mut asked = Vec::new();
    let end = deliver(plain(["a"]), &mut |request| {
        asked.push(request.repeat);
        Ok(())
    });
    assert_eq!((asked, end.accepted), (vec![bounds(4, 4, 3)], vec!["a".to_owned()]));
}

#[test]
fn what_was_pushed_waits_until_it_is_sent_and_batches_are_counted() {
    let mut isolation = Isolation::new(BatchSize::new(Duration::from_secs(5)));
    assert!(!isolation.is_waiting());
    for batches in 1..=2 {
        isolation.push(result("a", 0, 0));
        assert!(isolation.is_waiting());
        drive(&mut isolation, Urgency::All, &mut |_| Ok(()), &mut End::default());
        assert!(!isolation.is_waiting());
        assert_eq!(isolation.tally.batches, batches);
    }
}

#[test]
fn samples_are_few_and_small_but_for_the_first() {
    for (count, log, samples) in [(3, 0, 3), (20, 0, 8), (5, 20_000, 3), (2, 100_000, 1)] {
        let mut isolation = Isolation::new(BatchSize::new(Duration::from_secs(5)));
        for name in numbered(count) {
            isolation.push(result(&name, log, 0));
        }
        drive(&mut isolation, Urgency::End, &mut |_| Ok(()), &mut End::default());
        assert_eq!(isolation.samples.len(), samples, "{count} of {log}");
    }
}

#[test]
fn a_place_that_the_batch_does_not_have_names_nobody() {
    let end = deliver(plain(numbered(10)), &mut |asked| {
        let is_culprit = asked.names.contains(&"t003".to_owned());
        if is_culprit { Err(named(asked.names.len())) } else { Ok(()) }
    });
    assert!(end.error.is_none(), "{:?}", end.error);
    assert_eq!((end.stored.len(), end.refused.len()), (9, 1), "{:?}", end.steps);
}

#[test]
fn a_long_log_is_cut_for_its_size_alone() {
    for error in
        problems().into_iter().filter(|error| error().to_string() != refusal(413).to_string())
    {
        let mut results = plain(numbered(150));
        results[120] = result("long", 5000, 0);
        let end = deliver(results, &mut |asked| {
            let has_it = asked.names.contains(&"long".to_owned());
            assert!(!has_it || asked.bytes > 5000, "{} cuts it", error());
            if has_it { Err(error()) } else { Ok(()) }
        });
        assert_eq!(end.refused.len(), 1, "{}", error());
    }
}

#[test]
fn a_cut_result_that_the_server_names_is_refused_at_once() {
    let mut results = plain(numbered(10));
    results[5] = result("long", 5000, 0);
    let end = deliver(results, &mut |asked| {
        let at = asked.names.iter().position(|name| name == "long");
        if asked.bytes > 4000 { Err(refusal(413)) } else { at.map_or(Ok(()), |at| Err(named(at))) }
    });
    assert_eq!(end.refused, [("long".to_owned(), "name: no".to_owned())]);
    assert!(!end.steps.contains(&"suspend"), "{:?}", end.steps);
    assert_eq!(end.steps.iter().filter(|step| **step == "truncate").count(), 1, "{:?}", end.steps);
}

/// A name's problem, if it has one.
fn any_problem() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![9 => Just(None), 1 => (0..problems().len()).prop_map(Some)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    /// Whatever is wrong with single results, with the server for a while, and with sizes: each result
    /// is stored, refused or given back; nothing that is good is refused; the last of a name counts.
    #[test]
    fn nothing_is_lost_and_nothing_good_is_blamed(
        problems_of_names in prop::collection::vec(any_problem(), 1..40),
        names in prop::collection::vec((0..40_usize, 0..1500_usize), 1..160),
        outage in (0..60_usize, 0..40_usize, 0..problems().len()),
        limit in 1200..100_000_usize,
        ends in any::<bool>(),
    ) {
        let names: Vec<_> =
            names.into_iter().map(|(name, log)| (name % problems_of_names.len(), log)).collect();
        let name = |number: usize| format!("n{number:02}");
        let given: Vec<_> = names.iter().enumerate()
            .map(|(at, (number, log))| result(&name(*number), *log, at % 500)).collect();
        let (start, length, error) = outage;
        let mut left = length;
        let mut rule = |asked: &Asked<'_>| {
            let is_out = asked.before >= start && left > 0;
            left -= usize::from(is_out);
            if is_out {
                let error = problems()[error]();
                let waits = asked.repeat == Repeat::Idempotent
                    && matches!(error.retry(), Retry::Backoff | Retry::After(_));
                // Who waits finds either the end of the outage or that of patience.
                if waits && ends {
                    left = 0;
                    return Ok(());
                }
                return Err(if waits { exhausted(500) } else { error });
            }
            let culprit = asked.names.iter().find_map(|asked| {
                (0..problems_of_names.len()).find(|number| &name(*number) == asked)
                    .and_then(|number| problems_of_names[number])
            });
            match culprit {
                Some(problem) => {
                    let error = problems()[problem]();
                    let waits = asked.repeat == Repeat::Idempotent
                        && matches!(error.retry(), Retry::Backoff | Retry::After(_));
                    Err(if waits { exhausted(500) } else { error })
                }
                None if asked.bytes > limit => Err(refusal(413)),
                None => Ok(()),
            }
        };
        let mut isolation = Isolation::new(BatchSize::new(Duration::from_secs(5)));
        let mut end = End::default();
        let mut taken = 0;
        for result in &given {
            isolation.push(result.clone());
            taken += 1;
            if !drive(&mut isolation, Urgency::Full, &mut rule, &mut end) {
                break;
            }
        }
        if end.error.is_none() {
            drive(&mut isolation, Urgency::End, &mut rule, &mut end);
        }
        let rest: Vec<EncodedResult> = isolation.take_rest().collect();
        let tally = isolation.tally;
        prop_assert_eq!(
            tally.sent.total(), (taken - tally.refused.len() - rest.len()) as u64,
            "{:?}", end.steps
        );
        for refused in &tally.refused {
            let number: usize = refused.result.name()[1..].parse().expect("a number");
            prop_assert!(
                problems_of_names[number].is_some(),
                "{} is good: {} {:?}", refused.result.name(), refused.reason, end.steps
            );
        }
        if end.error.is_none() {
            prop_assert!(rest.is_empty());
        }
        let is_open = |name: &String| {
            rest.iter().any(|result| &result.name() == name)
                || tally.refused.iter().any(|refused| &refused.result.name() == name)
        };
        for name in end.stored.keys().filter(|name| !is_open(name)) {
            let last = given[..taken].iter().rfind(|result| &result.name() == name).expect("given");
            // A log may have been cut: the comment tells them apart.
            prop_assert_eq!(
                end.stored[name].gist().comment.len(), last.gist().comment.len(),
                "{} {:?} {:?}", name, end.steps, end.accepted
            );
        }
        for name in rest.iter().map(EncodedResult::name) {
            let of_name = |results: &[EncodedResult]| -> Vec<_> {
                results.iter().filter(|result| result.name() == name).cloned().collect()
            };
            let kept = of_name(&rest);
            let all = of_name(&given[..taken]);
            let mut later = all.iter();
            prop_assert!(kept.iter().all(|kept| later.any(|given| given == kept)), "{}", name);
        }
    }
}
