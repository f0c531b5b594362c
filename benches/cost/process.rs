//! Whole processes, measured from outside.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// The binary that cargo built for this benchmark.
pub const TO: &str = env!("CARGO_BIN_EXE_to");

/// One run of a process.
#[derive(Clone, Copy)]
pub struct Cost {
    pub seconds: f64,
    /// The most memory that was resident at once.
    pub bytes: u64,
    /// Pages that had to be given to it.
    pub faults: u64,
}

/// Returns the medians of each process, which take turns.
pub fn interleaved<const N: usize>(runs: usize, processes: [&dyn Fn() -> Cost; N]) -> [Cost; N] {
    let mut costs = [(); N].map(|()| Vec::new());
    for _ in 0..runs {
        for (costs, process) in costs.iter_mut().zip(processes) {
            costs.push(process());
        }
    }
    costs.map(|mut costs: Vec<Cost>| {
        costs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        costs[costs.len() / 2]
    })
}

/// Runs a command under another process of this program, whose only child it is.
pub fn measure(command: &Command) -> Cost {
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
    let mut next = || numbers.next().expect("three numbers");
    Cost {
        seconds: next().parse().expect("seconds"),
        bytes: next().parse().expect("bytes"),
        faults: next().parse().expect("a count"),
    }
}

/// Runs a command and prints its cost, for [`measure`].
pub fn measure_here(command: &[&str]) {
    let start = Instant::now();
    let status = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).status();
    let seconds = start.elapsed().as_secs_f64();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} failed");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the usage of a child");
    println!("{seconds} {} {}", usage.max_rss() * 1024, usage.minor_page_faults());
}

/// Counts the instructions of a command by callgrind; nothing where valgrind is not installed.
pub fn instructions(command: &Command) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .ok()?;
    assert!(output.status.success(), "{command:?} failed under valgrind");
    let said = String::from_utf8_lossy(&output.stderr);
    let (_, count) = said.split_once("Collected : ")?;
    count.split_whitespace().next()?.parse().ok()
}

/// Counts the times that a command waits for the disk; nothing where strace is not installed.
pub fn fsyncs(command: &Command, place: &Path) -> Option<usize> {
    let trace = place.join("trace");
    let status = Command::new("strace")
        .args(["-f", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&trace)
        .arg(command.get_program())
        .args(command.get_args())
        .stdout(Stdio::null())
        .status()
        .ok()?;
    assert!(status.success(), "{command:?} failed under strace");
    Some(fs::read_to_string(trace).expect("a trace").matches("sync(").count())
}
