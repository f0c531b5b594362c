//! SIGHUP, SIGINT, SIGQUIT and SIGTERM as something to ask about: work that is under way ends in order.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;

/// The time between two looks at the signal while something is waited for: a signal is to end a command within a second.
pub const POLL: Duration = Duration::from_millis(50);

/// Tells whether this process was asked to end.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    signal: Arc<AtomicUsize>,
    is_caught: Arc<AtomicBool>,
}

impl Interrupt {
    /// Catches the signals from now on: before, they end the process, which has nothing to lose.
    pub fn catch(&self) -> io::Result<()> {
        if self.is_caught.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let ignored = ignored();
        for (signal, number) in [(SIGHUP, 1), (SIGINT, 2), (SIGQUIT, 3), (SIGTERM, 15)] {
            // `nohup`, or a shell's `&`, wants it so.
            if ignored & 1 << (number - 1) == 0 {
                flag::register_usize(signal, Arc::clone(&self.signal), number)?;
            }
        }
        Ok(())
    }

    /// Forgets a signal, so that what is left to do is done: the next one ends that.
    pub fn forget(&self) {
        self.signal.store(0, Ordering::Relaxed);
    }

    /// The signal's number, once one came.
    pub fn signal(&self) -> Option<u8> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number => u8::try_from(number).ok(),
        }
    }
}

/// Returns the signals that were ignored when this process began, a bit each, where the system tells.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
