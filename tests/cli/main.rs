//! Tests that run the real binary against a stand-in of Test Observer, over real sockets.
//!
//! They are one target, so that the suite is linked once.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says that it fails by panicking"
)]

mod basics;
mod completions;
mod end;
mod exchanges;
mod identity;
mod note;
mod refusals;
mod retry;
mod secrets;
mod spool;
mod standin;
mod start;
mod to;
