//! `to` submits test results to Test Observer: `to start && to submit && to end`.

use std::process::ExitCode;

fn main() -> ExitCode {
    test_observer_cli::main()
}
