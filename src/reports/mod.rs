//! Reports: from the paths of a command line to results, one by one.
//!
//! A report is opened by its content, in the format that claims it; its reader gives the results before
//! an error, and says what the error costs. What becomes of a result is not known here.

mod archive;
mod autopkgtest;
pub mod checkbox;
mod decode;
pub mod error;
mod foreign;
pub mod format;
pub mod json;
pub mod junit;
mod lines;
pub mod paths;
pub mod report;
pub mod source;
mod tap;
#[cfg(test)]
mod trial;
mod tss;
mod xml;
