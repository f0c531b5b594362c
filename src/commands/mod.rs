//! The commands, one file each, and what they have in common.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "comments of options are the help")]

pub mod check;
mod context;
pub mod end;
mod error;
mod exit;
mod hints;
pub mod push;
pub mod rerun;
pub mod reruns;
pub mod result;
pub mod run;
mod session;
pub mod show;
pub mod start;
pub mod submit;
pub mod update;
mod web;

pub use context::Context;
pub use error::CommandError;
pub use exit::Exit;
