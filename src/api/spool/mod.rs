//! A directory in place of a server.

mod record;
mod server;

pub use record::{BadLine, Extent, Record};
pub use server::{Records, Spool};
