//! Options that several commands have, with their variables and the values that they take.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "comments of options are the help")]

pub mod amounts;
pub mod color;
pub mod common;
pub mod limits;
pub mod reading;
pub mod start;
pub mod start_help;
pub mod values;
pub mod variables;

pub use common::Common;
