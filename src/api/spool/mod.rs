//! A directory in place of a server.

mod record;
mod server;

pub use record::{Extent, Home, Record, StatusUpdate};
pub use server::Spool;
