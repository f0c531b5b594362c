//! A directory in place of a server.

mod record;
mod server;

pub use record::{ExecutionRef, Extent, Record, StatusUpdate};
pub use server::Spool;
