//! Results on their way to a server: batches, retries by halves, and the outbox behind them.

use crate::model::tally::Counts;

pub mod batch_size;
pub mod changes;
mod isolation;
pub mod notes;
pub mod outbox;
mod queue;
pub mod replay;
pub mod sender;
pub mod state_dir;
pub mod state_error;
pub mod submitter;
mod truncation;

/// Told of the results of each batch that a server has accepted.
pub type Progress<'a> = &'a dyn Fn(Counts);
