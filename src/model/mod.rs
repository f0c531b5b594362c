//! The words of Test Observer's API as types, and what is made of a result before it is sent.

pub mod ci_job;
pub mod encoded;
pub mod execution;
pub mod family;
pub mod limits;
pub mod redaction;
pub mod result;
pub mod start_request;
pub mod tally;
pub mod update;
pub mod warnings;
