//! Standard input that says nothing yet.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Waits until standard input can be read or has ended, and tells whether that took longer than
/// `limit`.
pub fn is_silent_for(limit: Duration) -> bool {
    let stdin = io::stdin();
    let mut wanted = [PollFd::new(&stdin, PollFlags::IN)];
    Timespec::try_from(limit).is_ok_and(|limit| poll(&mut wanted, Some(&limit)) == Ok(0))
}
