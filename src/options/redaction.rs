//! The options of `submit`, `run` and `result` that say what is secret.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use clap::Args;

/// Secrets that are replaced in results.
#[derive(Debug, Default, Args)]
pub struct RedactionOptions {
    /// Keep the value of this variable out of results; repeatable (TO_REDACT has several, separated by
    /// white space). Those of *_TOKEN, *_SECRET, *_PASSWORD and *_API_KEY are kept out anyway
    #[arg(long, value_name = "NAME")]
    pub redact: Vec<String>,

    /// Keep nothing out of results but the API key
    #[arg(long)]
    pub no_redact: bool,
}

impl RedactionOptions {
    /// Returns the names of the variables that were named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.redact.iter().flat_map(|names| names.split_whitespace())
    }
}
