//! What `to` costs, beside the floor: `cargo bench`.
//!
//! Whole processes are measured, in interleaved runs, and the medians compared: this machine's speed
//! drops out of the ratios. The floor of a submission is quick-xml's bare events over the same file
//! plus curl posting the same bodies, made before.

#![allow(clippy::expect_used, reason = "a benchmark says that it fails by panicking")]
#![allow(clippy::cast_precision_loss, reason = "what is printed has few digits")]

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use tempfile::TempDir;

const TO: &str = env!("CARGO_BIN_EXE_to");

/// Runs of each process; the median counts.
const RUNS: usize = 7;
const SHORT_RUNS: usize = 41;

/// The server of the paced run takes so long for each result, as the real one does.
const PACE: Duration = Duration::from_millis(20);
const PACED_RESULTS: usize = 1_000;

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
    println!("| | `to` | floor | ratio | memory |\n|---|---|---|---|---|");
    let reports = [10_000, 100_000, 1_000_000].map(|cases| (cases, report(place.path(), cases)));
    for (cases, path) in &reports {
        submission(&place, *cases, path);
    }
    paced(&place);
    start(&place);
    version();
    let size = fs::metadata(TO).expect("the binary").len();
    println!("\nbinary: {:.1} MB", size as f64 / 1e6);
}

/// One run of a process.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    /// The most memory that was resident at once.
    bytes: u64,
}

fn submission(place: &TempDir, cases: usize, path: &Path) {
    let server = Server::start(Duration::ZERO);
    let url = server.url();
    let submit = || to(place, &["submit", "-q", "--url", &url, "--execution", "1", &text(path)]);
    server.record(true);
    submit();
    server.record(false);
    let post = curl_script(place.path(), &url, &server.take());
    let itself = env::current_exe().expect("this program");
    let events = || measure(Command::new(&itself).args(["events", &text(path)]));
    let curl = || measure(Command::new("curl").args(["-sS", "-K", &text(&post)]));
    let runs = if cases > 100_000 { 3 } else { RUNS };
    let [ours, reading, posting] = interleaved(runs, [&submit, &events, &curl]);
    let megabytes = fs::metadata(path).expect("a report").len() / 1_000_000;
    row(&format!("submit {cases} cases ({megabytes} MB)"), ours, reading.seconds + posting.seconds);
}

/// A server that takes its time: what counts is how little comes on top.
fn paced(place: &TempDir) {
    let path = report(place.path(), PACED_RESULTS);
    let server = Server::start(PACE);
    let url = server.url();
    let ours = to(place, &["submit", "-q", "--url", &url, "--execution", "1", &text(&path)]);
    let own = server.busy().as_secs_f64();
    row(&format!("submit {PACED_RESULTS} results to a server of 20 ms each"), ours, own);
}

fn start(place: &TempDir) {
    let server = Server::start(Duration::ZERO);
    let url = server.url();
    let fields = [
        "--family",
        "snap",
        "--name",
        "core22",
        "--version",
        "1",
        "--revision",
        "1",
        "--track",
        "22",
        "--store",
        "ubuntu",
        "--arch",
        "amd64",
        "--stage",
        "beta",
        "--environment",
        "vm",
        "--test-plan",
        "smoke",
    ];
    let ours = || to(place, &[&["start", "-q", "--url", &url][..], &fields].concat());
    let address = format!("{url}/v1/test-executions/start-test");
    let body = r#"{"family":"snap"}"#;
    let json = "content-type: application/json";
    let curl = || {
        measure(Command::new("curl").args(["-sS", "-X", "PUT", "-H", json, "-d", body, &address]))
    };
    let [ours, theirs] = interleaved(SHORT_RUNS, [&ours, &curl]);
    row("start over http, beside curl", ours, theirs.seconds);
}

fn version() {
    let ours = || measure(Command::new(TO).arg("--version"));
    let curl = || measure(Command::new("curl").arg("--version"));
    let [ours, theirs] = interleaved(SHORT_RUNS, [&ours, &curl]);
    row("--version, beside curl", ours, theirs.seconds);
}

fn row(what: &str, ours: Cost, floor: f64) {
    let Cost { seconds, bytes } = ours;
    let ratio = seconds / floor;
    let memory = bytes as f64 / f64::from(1 << 20);
    println!("| {what} | {seconds:.3} s | {floor:.3} s | {ratio:.2} | {memory:.1} MiB |");
}

/// The medians of each process, which take turns.
fn interleaved<const N: usize>(runs: usize, processes: [&dyn Fn() -> Cost; N]) -> [Cost; N] {
    let mut costs = [(); N].map(|()| Vec::new());
    for _ in 0..runs {
        for (costs, process) in costs.iter_mut().zip(processes) {
            costs.push(process());
        }
    }
    costs.map(|mut costs: Vec<Cost>| {
        costs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        let bytes = costs.iter().map(|cost| cost.bytes).max().unwrap_or_default();
        Cost { bytes, ..costs[costs.len() / 2] }
    })
}

fn to(place: &TempDir, arguments: &[&str]) -> Cost {
    let state = text(&place.path().join("state"));
    measure(Command::new(TO).args(arguments).args(["--state-dir", &state]))
}

/// Runs a command under another process of this program, whose only child it is.
fn measure(command: &Command) -> Cost {
    let output = Command::new(env::current_exe().expect("this program"))
        .arg("measure")
        .arg(command.get_program())
        .args(command.get_args())
        .env_remove("TO_URL")
        .stderr(Stdio::inherit())
        .output()
        .expect("this program runs");
    assert!(output.status.success(), "{command:?} failed");
    let said = String::from_utf8(output.stdout).expect("numbers");
    let mut numbers = said.split_whitespace();
    let mut next = || numbers.next().expect("two numbers");
    Cost { seconds: next().parse().expect("seconds"), bytes: next().parse().expect("bytes") }
}

fn measure_here(command: &[&str]) {
    let start = Instant::now();
    let status = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).status();
    let seconds = start.elapsed().as_secs_f64();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} failed");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the usage of a child");
    println!("{seconds} {}", usage.max_rss() * 1024);
}

/// The floor of reading: what quick-xml itself takes to go through a file.
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

/// Makes a report of about 580 bytes a case: one in ten fails, and all have output.
fn report(place: &Path, cases: usize) -> PathBuf {
    let path = place.join(format!("{cases}.xml"));
    let mut file = BufWriter::new(File::create(&path).expect("a report"));
    write_report(&mut file, cases).and_then(|()| file.flush()).expect("a report");
    path
}

fn write_report(to: &mut impl Write, cases: usize) -> io::Result<()> {
    writeln!(to, "<?xml version=\"1.0\"?>\n<testsuites><testsuite name=\"suite\">")?;
    let trace = "  at frame of the trace &amp; what it was called with\n".repeat(16);
    let log = "some line of what the test has written to its output\n".repeat(7);
    for case in 0..cases {
        write!(to, "<testcase classname=\"pkg.module{}.Class\" name=\"test_{case}\" ", case % 97)?;
        write!(to, "line=\"12\" time=\"0.012\">")?;
        if case % 10 == 0 {
            write!(to, "<failure message=\"1 &lt; 2\" type=\"AssertionError\">{trace}</failure>")?;
        }
        writeln!(to, "<system-out>{log}</system-out></testcase>")?;
    }
    writeln!(to, "</testsuite></testsuites>")
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

/// A server that takes everything, each result for as long as it is told.
#[derive(Clone)]
struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    records: bool,
    bodies: Vec<Vec<u8>>,
    busy: Duration,
}

impl Server {
    fn start(pace: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, state: Arc::default() };
        let here = server.clone();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let server = here.clone();
                // A client that is gone is no news.
                thread::spawn(move || _ = server.serve(&connection, pace));
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn record(&self, records: bool) {
        self.state.lock().expect("a lock").records = records;
    }

    fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.state.lock().expect("a lock").bodies)
    }

    fn busy(&self) -> Duration {
        self.state.lock().expect("a lock").busy
    }

    fn serve(&self, connection: &TcpStream, pace: Duration) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(1 << 20, connection);
        loop {
            let Some(length) = read_head(&mut reader)? else { return Ok(()) };
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            if !pace.is_zero() {
                self.work(&body, pace);
            }
            let answer = if body.starts_with(b"{") { r#"{"id": 1}"# } else { "null" };
            let mut state = self.state.lock().expect("a lock");
            if state.records {
                state.bodies.push(body);
            }
            drop(state);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
            let mut connection = connection;
            connection.write_all(format!("{head}{}\r\n\r\n{answer}", answer.len()).as_bytes())?;
        }
    }

    fn work(&self, body: &[u8], pace: Duration) {
        let start = Instant::now();
        let results: Vec<serde_json::Value> = serde_json::from_slice(body).expect("results");
        let count = u32::try_from(results.len()).expect("a batch");
        thread::sleep((pace * count).saturating_sub(start.elapsed()));
        self.state.lock().expect("a lock").busy += start.elapsed();
    }
}

/// The length of the body that follows; nothing at the end of the connection.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<usize>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            return Ok(Some(length));
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
    }
}
