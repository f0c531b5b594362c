//! `to completions`: the scripts by which shells complete `to`.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use clap::Args;
use clap_complete::Shell;

use super::command;

/// Prints the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_MORE)]
pub struct Completions {
    pub shell: Shell,
}

const COMPLETIONS_MORE: &str = "\
May be repeated: nothing is sent.

Examples:
  to completions bash > ~/.local/share/bash-completion/completions/to";

/// The script that completes `to` in `shell`.
pub fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(&|_| None), "to", &mut script);
    script
}
