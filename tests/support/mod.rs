//! What tests of the whole program need, whatever their target: a fake server, a place to run `to` in,
//! and processes that end.

pub mod authority;
pub mod context;
pub mod dice;
pub mod fake_server;
pub mod interposed;
pub mod peer;
pub mod process;
pub mod reports;
pub mod sandbox;
pub mod terminal;

pub use context::{Switch, TestContext, files, lines, names};
pub use dice::Dice;
pub use process::{Process, Run, eventually};
pub use sandbox::{BINARY, Sandbox, fixture, kept};
pub use terminal::Terminal;
