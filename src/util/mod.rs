//! Helpers that know nothing of Test Observer.

pub mod clip;
pub mod files;
pub mod json;
pub mod signals;
pub mod temp_file;
pub mod text;
