//! Options that several commands have, with their variables and the values that they take.

pub mod color;
pub mod common;
pub mod limits;
pub mod reading;
pub mod secret;
pub mod size;
pub mod start;
pub mod start_help;
pub mod target;
pub mod time;
pub mod variables;
mod words;

pub use common::Common;
