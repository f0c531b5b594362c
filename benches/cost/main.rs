//! What `to` costs, beside the floor and the contract's figures: `cargo bench`.
//!
//! Whole processes are measured, in interleaved runs, and the medians compared: this machine's speed
//! drops out of the ratios. The floor of a submission is quick-xml's bare events over the same file
//! plus curl posting the very bodies that `to` sends. Instructions are counted by callgrind, and the
//! calls of a `start` by strace, where these are installed.

#![allow(clippy::expect_used, reason = "a benchmark says that it fails by panicking")]
#![allow(clippy::cast_precision_loss, reason = "what is printed has few digits")]

mod process;
mod server;
mod shapes;

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use process::{Cost, TO, fsyncs, instructions, interleaved, measure, measure_here};
use server::Server;
use shapes::{SHAPES, standard};

/// Runs of each process; the median counts.
const RUNS: usize = 7;
const SHORT_RUNS: usize = 41;

/// The server of the paced run takes so long for each result, as the real one does.
const PACE: Duration = Duration::from_millis(20);
const PACED_RESULTS: usize = 1_000;

/// The fields of a `start`.
const FIELDS: &str = "--family snap --name core22 --version 1 --revision 1 --track 22 --store ubuntu \
                      --arch amd64 --stage beta --environment vm --test-plan smoke";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["events", path] => bare_events(path),
        ["measure", command @ ..] => measure_here(command),
        _ => compare(),
    }
}

fn compare() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let place = place.path();
    println!("| | measured | target | |\n|---|---|---|---|");
    for cases in [1_000, 10_000, 100_000] {
        beside_the_floor(place, cases);
    }
    paced(place);
    start(place);
    version();
    for (cases, millions) in [(1_000, 26), (10_000, 235), (100_000, 2_300)] {
        count_instructions(place, cases, millions);
    }
    for (name, make, most) in SHAPES {
        memory(place, name, &make(place), most);
    }
    for (cases, most) in [(1_000, 12), (10_000, 12), (1_000_000, 20), (5_000_000, 50)] {
        let path = standard(place, cases);
        memory(place, &format!("{cases} cases"), &path, most);
        fs::remove_file(path).expect("a report");
    }
    binary();
}

/// Measures the binary as users build it: that of a benchmark has the features that tests add too.
fn binary() {
    let build = Command::new(env!("CARGO")).args(["build", "--release", "--locked"]).output();
    assert!(build.is_ok_and(|build| build.status.success()), "the release build fails");
    let size = fs::metadata(TO).expect("the binary").len() as f64 / 1e6;
    row("the binary, stripped", &format!("{size:.2} MB"), "6 MB", size < 6.0);
}

/// Prints one figure with its target.
fn row(what: &str, measured: &str, target: &str, holds: bool) {
    println!("| {what} | {measured} | {target} | {} |", if holds { "holds" } else { "**short**" });
}

/// Compares a submission to a server that answers at once with the least that it can cost.
fn beside_the_floor(place: &Path, cases: usize) {
    let path = standard(place, cases);
    let server = Server::start(Duration::ZERO);
    let url = server.url();
    let submit = || measure(&to(place, &url, &path));
    server.record(true);
    submit();
    server.record(false);
    let post = curl_script(place, &url, &server.take());
    let itself = env::current_exe().expect("this program");
    let events = || measure(Command::new(&itself).args(["events", &text(&path)]));
    let curl = || measure(Command::new("curl").args(["-sS", "-K", &text(&post)]));
    let [ours, reading, posting] = interleaved(RUNS, [&submit, &events, &curl]);
    let floor = reading.seconds + posting.seconds;
    let ratio = ours.seconds / floor;
    let measured = format!(
        "{:.3} s, the floor {floor:.3} s: {ratio:.2}; {} page faults",
        ours.seconds, ours.faults
    );
    row(&format!("submit {cases} cases, beside the floor"), &measured, "1.00", ratio <= 1.0);
}

/// Submits to a server that takes its time: what counts is how little comes on top.
fn paced(place: &Path) {
    let path = standard(place, PACED_RESULTS);
    let server = Server::start(PACE);
    let ours = measure(&to(place, &server.url(), &path));
    let share = (ours.seconds / server.busy().as_secs_f64() - 1.0) * 100.0;
    let what = format!("{PACED_RESULTS} results to a server of 20 ms each, on top of its own time");
    row(&what, &format!("{share:.2} %"), "0.5 %", share <= 0.5);
}

fn start(place: &Path) {
    let server = Server::start(Duration::ZERO);
    let url = server.url();
    let state = text(&place.join("fresh"));
    let fresh = || {
        // In a fresh directory each time.
        _ = fs::remove_dir_all(&state);
        let mut command = Command::new(TO);
        command.args(["start", "-q", "--url", &url, "--state-dir", &state]);
        command.args(FIELDS.split_whitespace());
        command
    };
    let address = format!("{url}/v1/test-executions/start-test");
    let json = "content-type: application/json";
    let body = r#"{"family":"snap"}"#;
    let curl = || {
        measure(Command::new("curl").args(["-sS", "-X", "PUT", "-H", json, "-d", body, &address]))
    };
    let [ours, theirs] = interleaved(SHORT_RUNS, [&|| measure(&fresh()), &curl]);
    let ratio = ours.seconds / theirs.seconds;
    row("start over http, beside curl", &format!("{ratio:.2}"), "1.00", ratio <= 1.0);
    if let Some(count) = instructions(&fresh()) {
        row("start, instructions", &millions(count), "2.5 M", count <= 2_500_000);
    }
    if let Some(count) = fsyncs(&fresh(), place) {
        row("start, fsyncs in a fresh directory", &count.to_string(), "1", count <= 1);
    }
}

fn version() {
    let ours = || measure(Command::new(TO).arg("--version"));
    let curl = || measure(Command::new("curl").arg("--version"));
    let [ours, theirs] = interleaved(SHORT_RUNS, [&ours, &curl]);
    let ratio = ours.seconds / theirs.seconds;
    row("--version, beside curl", &format!("{ratio:.2}"), "1.00", ratio <= 1.0);
    if let Some(count) = instructions(Command::new(TO).arg("--version")) {
        row("--version, instructions", &millions(count), "1.8 M", count <= 1_800_000);
    }
}

fn count_instructions(place: &Path, cases: usize, most: u64) {
    let server = Server::start(Duration::ZERO);
    let command = to(place, &server.url(), &standard(place, cases));
    match instructions(&command) {
        Some(count) => {
            let what = format!("submit {cases} cases, instructions");
            row(&what, &millions(count), &format!("{most} M"), count <= most * 1_000_000);
        }
        None => println!(
            "| submit {cases} cases, instructions | valgrind is not installed | {most} M | |"
        ),
    }
}

fn millions(count: u64) -> String {
    format!("{:.2} M", count as f64 / 1e6)
}

/// Measures the peak of memory. What is no file goes through a pipe.
fn memory(place: &Path, name: &str, path: &Path, most: u64) {
    let server = Server::start(Duration::ZERO);
    let mut command = to(place, &server.url(), path);
    if path.extension().is_some_and(|extension| extension == "jsonl") {
        let state = text(&place.join("state"));
        let script = format!(
            "cat {} | {TO} submit -q --url {} --execution 1 --state-dir {state} -",
            text(path),
            server.url()
        );
        command = Command::new("sh");
        command.args(["-c", &script]);
    }
    let Cost { bytes, seconds, .. } = measure(&command);
    let measured = bytes as f64 / f64::from(1 << 20);
    let what = format!("memory of {name} ({seconds:.1} s)");
    row(&what, &format!("{measured:.1} MiB"), &format!("{most} MiB"), measured <= most as f64);
}

/// A submission of what lies at `path`.
fn to(place: &Path, url: &str, path: &Path) -> Command {
    let mut command = Command::new(TO);
    let state = text(&place.join("state"));
    command.args(["submit", "-q", "--url", url, "--execution", "1", "--state-dir", &state]);
    command.arg(path);
    command
}

/// Goes through a file as quick-xml itself does: the floor of reading.
fn bare_events(path: &str) {
    let file = BufReader::with_capacity(64 << 10, File::open(path).expect("a report"));
    let mut reader = quick_xml::Reader::from_reader(file);
    let mut buffer = Vec::new();
    let mut count = 0_u64;
    while !matches!(reader.read_event_into(&mut buffer), Ok(quick_xml::events::Event::Eof)) {
        count += 1;
        buffer.clear();
    }
    assert!(count > 0);
}

/// Has curl post the bodies over one connection, from files.
fn curl_script(place: &Path, url: &str, bodies: &[Vec<u8>]) -> PathBuf {
    let mut script = String::new();
    for (number, body) in bodies.iter().enumerate() {
        let file = place.join(format!("body-{number}"));
        fs::write(&file, body).expect("a body");
        _ = write!(
            script,
            "url = \"{url}/v1/test-executions/1/test-results\"\ndata-binary = \"@{}\"\n\
             header = \"content-type: application/json\"\nheader = \"expect:\"\n\
             output = \"/dev/null\"\nnext\n",
            file.display()
        );
    }
    let path = place.join("script");
    fs::write(&path, script.trim_end_matches("next\n")).expect("a script");
    path
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
