//! A process that hangs, or leaves behind what does, fails its test by name.

use std::process::Command;
use std::time::Duration;

use crate::support::Process;

fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

fn finish_in_time(script: &str) {
    let limit = Duration::from_millis(100);
    Process::start_within(limit, shell(script)).expect("a shell").finish();
}

#[test]
#[should_panic(expected = "`/bin/sh -c sleep 60` took longer than 100ms and was killed")]
fn a_process_that_hangs_fails_its_test() {
    finish_in_time("sleep 60");
}

#[test]
#[should_panic(expected = "took longer than 100ms and was killed")]
fn a_process_that_leaves_one_behind_which_hangs_fails_its_test() {
    finish_in_time("sleep 60 & exit 0");
}
