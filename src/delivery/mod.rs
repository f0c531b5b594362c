//! Results on their way to a server: batches, retries by halves, and the outbox behind them.

pub mod batch_size;
pub mod outbox;
pub mod replay;
pub mod sender;
pub mod state_dir;
pub mod submitter;
