//! The parts of `to`, which submits test results to Test Observer. `ARCHITECTURE.md` is their map.
//!
//! Each module is a room on a floor: it may use the rooms below it, and none beside or above it.

mod api;
mod cli;
mod commands;
mod delivery;
#[doc(hidden)]
pub mod fuzz;
mod model;
mod options;
mod reports;
mod submission;
mod ui;
mod util;

pub use cli::main;
