//! Helpers that know nothing of Test Observer.

pub mod clip;
pub mod files;
pub mod hash;
pub mod json;
pub mod signals;
pub mod stdin;
pub mod temp_store;
pub mod text;
