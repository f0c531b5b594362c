//! The commands, one file each, and what they have in common.

pub mod check;
mod context;
pub mod end;
pub mod error;
pub mod exit;
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
