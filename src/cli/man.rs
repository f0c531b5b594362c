//! `to man`: pages of the manual, made of the help.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use std::io;

use clap::Args;
use clap_mangen::Man as Manual;

use super::{EXIT_STATUS, command, roff};
use crate::commands::error::CommandError;

/// Prints a page of the manual, in roff
#[derive(Debug, Args)]
#[command(after_help = MAN_MORE)]
pub struct Man {
    /// The command that the page is about; by default `to` itself
    #[arg(value_name = "COMMAND")]
    pub page: Option<String>,
}

const MAN_MORE: &str = "\
May be repeated: nothing is sent.

Examples:
  to man > to.1
  to man start | man -l -";

/// The page of the manual about `to`, or about one of its commands.
///
/// # Errors
/// There is no such command.
pub fn page(page: Option<&str>) -> Result<Vec<u8>, CommandError> {
    let mut whole = command(&|_| None).disable_help_subcommand(true);
    whole.build();
    let unknown = |name: &str| {
        CommandError::usage(format!("there is no command `{name}`")).hint("`to help` lists them")
    };
    let mut command = match page {
        None => whole.clone(),
        Some(name) => whole.find_subcommand(name).ok_or_else(|| unknown(name))?.clone(),
    };
    let usage = command.render_usage().to_string();
    let more = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let command = command.override_usage(usage.trim_start_matches("Usage: ").to_owned());
    let version = whole.render_version();
    let manual = Manual::new(command).source(version.trim_end()).manual("Test Observer");
    // A page is the same on every day. An empty date would be left out, and the source take its place.
    let manual = manual.date(" ");
    Ok(roff::literally(&write_page(&manual, &more, page.is_none()).map_err(CommandError::fault)?)
        .into_bytes())
}

fn write_page(manual: &Manual, more: &str, is_overview: bool) -> io::Result<String> {
    let mut page = Vec::new();
    manual.render_title(&mut page)?;
    manual.render_name_section(&mut page)?;
    manual.render_synopsis_section(&mut page)?;
    manual.render_description_section(&mut page)?;
    roff::paragraphs(more).to_writer(&mut page)?;
    if is_overview {
        manual.render_subcommands_section(&mut page)?;
    }
    manual.render_options_section(&mut page)?;
    roff::listings(more).to_writer(&mut page)?;
    if !is_overview {
        roff::listings(EXIT_STATUS).to_writer(&mut page)?;
        roff::see_also("to(1)").to_writer(&mut page)?;
    }
    String::from_utf8(page).map_err(io::Error::other)
}
