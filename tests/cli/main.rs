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
mod batches;
mod broken;
mod checkbox;
mod ci;
mod completions;
mod dry_run;
mod duplicates;
mod end;
mod exchanges;
mod fixtures;
mod identity;
mod limits;
mod live;
mod model;
mod note;
mod paths;
mod properties;
mod refusals;
mod reports;
mod retry;
mod run;
mod secrets;
mod shapes;
mod spool;
mod standin;
mod start;
mod templates;
mod terminal;
mod to;
