//! Tests that run the real binary against a fake of Test Observer, over real sockets.
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
mod check;
mod checkbox;
mod ci;
mod ci_recipes;
mod claims;
mod colors;
mod completions;
mod culprits;
mod current_execution;
mod disk;
mod documents;
mod dry_run;
mod duplicates;
mod end;
mod examples;
mod exchanges;
mod fake_server;
mod fixtures;
mod floors;
mod foreign_spools;
mod formats;
mod help;
mod hostile;
mod identity;
mod install;
mod jobs;
mod key;
mod kill;
mod kill_anywhere;
mod limits;
mod live;
mod machine;
mod manual;
mod matrix;
mod meaning;
mod model;
mod network;
mod outages;
mod outbox;
mod packaging;
mod paths;
mod permissions;
mod processes;
mod properties;
mod push;
mod refusals;
mod reruns;
mod result;
mod retry;
mod run;
mod schema;
mod schemas;
mod secrets;
mod shapes;
mod show;
mod signals;
mod small_words;
mod spool;
mod start;
mod strangers;
#[path = "../support/mod.rs"]
mod support;
mod templates;
mod terminal;
mod tls;
mod transcripts;
mod trouble;
mod update;
mod url_none;
mod variables;
mod web;
mod wild;
