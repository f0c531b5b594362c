//! Results on their way to a server: batches, retries by halves, and the outbox behind them.

pub mod batch_size;
pub mod outbox;
pub mod replay;
pub mod sender;
pub mod state_dir;
pub mod submitter;

/// Told how many results a server has accepted so far.
pub type Progress<'a> = &'a dyn Fn(u64);
