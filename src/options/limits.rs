//! The options that say what a result may hold: those of the gate that every result passes.

use clap::Args;

use super::amounts::size;

/// The length of logs, and the secrets that are replaced.
#[derive(Debug, Args)]
pub struct LimitOptions {
    /// The longest log, in bytes or with K or M; a longer one keeps its head and tail
    #[arg(long, value_name = "SIZE", default_value = "1M", value_parser = size)]
    pub max_log: usize,

    /// Keep the value of this variable out of results; repeatable (TO_REDACT has several, separated by
    /// white space). Those of *_TOKEN, *_SECRET, *_PASSWORD and *_API_KEY are kept out anyway
    #[arg(long, value_name = "NAME")]
    pub redact: Vec<String>,

    /// Keep nothing out of results but the API key
    #[arg(long)]
    pub no_redact: bool,
}
