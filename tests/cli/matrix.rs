//! A matrix of faults: what goes wrong or which signal comes, at which request, for how long, under which
//! command. Whatever happens, each result and change is stored, or kept and delivered by the next push, or named with an
//! exit status that is not 0; nothing is claimed that is missing, and nothing is doubled.

use std::io::Write as _;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::fake_server::{ALWAYS, Fault, Response, Server, anything};
use crate::support::{Dice, Process, Run, Sandbox, lines, names};

/// What a request meets, each with a name.
fn fault(number: usize) -> (String, Fault) {
    const STATUSES: [u16; 14] =
        [400, 401, 403, 406, 408, 413, 422, 425, 429, 500, 501, 502, 503, 504];
    let after = number % 2 == 1;
    let done = |fault: Fault| if after { fault.after_the_work() } else { fault };
    let (name, fault) = match number / 2 {
        0 => ("hang up".to_owned(), Fault::hang_up()),
        1 => ("outage".to_owned(), Fault::outage(Some(Duration::from_millis(20)))),
        2 => (
            "web page".to_owned(),
            Fault::answer(Response::page(200, "text/html", "<html></html>")),
        ),
        3 => {
            ("bare object".to_owned(), Fault::answer(Response::page(200, "application/json", "{}")))
        }
        other if other < 18 => {
            let status = STATUSES[other - 4];
            (format!("API's {status}"), Fault::answer(Response::refusal(status, "no")))
        }
        other => {
            let status = STATUSES[(other - 18) % STATUSES.len()];
            (format!("proxy's {status}"), Fault::answer(Response::nginx(status)))
        }
    };
    // Only what leaves a fate unknown is done first: no other refusal is a lie.
    let may_lie = matches!(name.as_str(), "hang up" | "outage")
        || name.ends_with("502")
        || name.ends_with("504");
    if may_lie {
        (format!("{name}{}", if after { ", done" } else { "" }), done(fault))
    } else {
        (name, fault)
    }
}

const FAULTS: usize = 64;

const COMMANDS: [&str; 6] = [
    "submit -q report.jsonl",
    "submit -q -",
    "update -q --link log=https://l.example/ --event e",
    "end -q",
    "push -q",
    "push -q spool",
];

/// A sandbox with a report, and for a push with what it delivers.
fn sandbox(server: &Server, command: &str) -> Sandbox {
    let sandbox = Sandbox::new(&server.url())
        .with_snap()
        .with("TO_RETRY_FOR", "0.05")
        .with("TO_EXECUTION", "1")
        .with("TO_CI_LINK", "https://ci.example/1");
    sandbox.write("report.jsonl", lines(&names(5)));
    if command.ends_with("spool") {
        sandbox.write("spool/1/results.jsonl", lines(&names(5)));
        let home = format!("{{\"url\":\"{}\",\"execution\":1}}", server.url());
        sandbox.write("spool/1/execution.json", home);
    } else if command.starts_with("push") {
        server.go_down();
        assert_eq!(sandbox.to("submit -q report.jsonl --retry-for 0").status, 4);
        server.come_back();
    }
    sandbox
}

fn spawn(sandbox: &Sandbox, command: &str) -> Process {
    let mut process = sandbox.spawn(command);
    let mut pipe = process.stdin();
    if command.ends_with('-') {
        // A command that does not want its input may have closed the pipe.
        _ = pipe.write_all(lines(&names(5)).as_bytes());
    }
    process
}

/// Runs the command into one trouble, and says which.
fn meet_trouble(
    server: &Server,
    sandbox: &Sandbox,
    command: &str,
    dice: &mut Dice,
) -> (Run, String) {
    if dice.one_in(4) {
        let signal = dice.pick(&[Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM]);
        // Of an update three requests are certain, of the others one.
        let at = if command.starts_with("update") { dice.roll(3) } else { 0 };
        let (place, fault) = if dice.one_in(2) {
            ("before", Fault::silence())
        } else {
            ("after", Fault::silence().after_the_work())
        };
        server.fault(anything, at, Fault::none());
        server.fault(anything, 1, fault);
        let process = spawn(sandbox, command);
        server.wait_for(|requests| requests.len() > at);
        process.signal(signal);
        let run = process.finish();
        assert_eq!(run.status, 128 + signal.as_raw(), "{command}, {signal:?} after {at}: {run:?}");
        return (run, format!("{signal:?} {place} the work of the request behind {at}"));
    }
    let (name, fault) = fault(dice.roll(FAULTS));
    let (at, times) = (dice.roll(3), [1, 2, ALWAYS][dice.roll(3)]);
    server.fault(anything, at, Fault::none());
    server.fault(anything, times, fault);
    let run = spawn(sandbox, command).finish();
    assert!((0..=6).contains(&run.status), "{command}, {name}: {run:?}");
    (run, format!("{name} {times} times after {at}"))
}

fn stored(server: &Server) -> Vec<String> {
    server.execution(1).results().iter().map(|result| result.name.clone()).collect()
}

#[test]
fn whatever_goes_wrong_nothing_is_lost_claimed_or_doubled() {
    let mut dice = Dice::new(20_261_125);
    for case in 0..330 {
        let command = COMMANDS[case % COMMANDS.len()];
        let server = Server::start();
        server.open_execution();
        let sandbox = sandbox(&server, command);
        let (first, trouble) = meet_trouble(&server, &sandbox, command, &mut dice);
        let what = format!("{case}: {command}, {trouble}: {first:?}");
        let has_results = !command.starts_with("update") && !command.starts_with("end");
        if first.status == 0 && has_results {
            assert_eq!(sorted(stored(&server)), names(5), "{what}");
        }
        // The trouble is over; what was kept is delivered by a push.
        server.mend();
        let pushed =
            sandbox.to(if command.ends_with("spool") { "push -q spool" } else { "push -q" });
        if has_results {
            assert_results(&server, [&first, &pushed], &what);
        }
        let execution = server.execution(1);
        assert!(execution.links.len() <= 1 && execution.events.len() <= 1, "doubled: {what}");
        if command.starts_with("update") && first.status == 0 {
            assert_eq!((execution.links.len(), execution.events.len()), (1, 1), "{what}");
        }
        if command.starts_with("end") && first.status == 0 {
            assert_eq!(execution.status, "ENDED_PREMATURELY", "{what}");
        }
    }
}

/// Each result is stored, once, or was named by a run that did not succeed.
fn assert_results(server: &Server, runs: [&Run; 2], what: &str) {
    let held = stored(server);
    for result in names(5) {
        let times = held.iter().filter(|stored| **stored == result).count();
        assert!(times <= 1, "{result} is doubled: {what}");
        let is_named = runs.iter().any(|run| run.status != 0 && run.stderr.contains(&result));
        assert!(times == 1 || is_named, "{result} is lost: {what}\n{:?}", runs[1]);
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
