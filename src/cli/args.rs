//! The commands with their options and variables, as clap reads them.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory, Parser, Subcommand};

use super::{completions, man};
use crate::commands::{check, end, push, result, run, show, start, submit, update};
use crate::options::Common;
use crate::options::variables::{Environment, with_variables};

/// Submits test results to Test Observer: to start && to submit && to end
#[derive(Debug, Parser)]
#[command(name = "to", version, max_term_width = 100, help_template = OVERVIEW)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Task,
}

/// The text of `to help`, which fits a screen of 24 lines: options are in each command's help.
const OVERVIEW: &str = "\
{about}

Usage: {usage}

Commands:
{subcommands}

`to COMMAND --help` explains a command, with examples; `to man` is the manual.
";

#[derive(Debug, Subcommand)]
pub enum Task {
    Start(Box<start::Start>),
    Submit(submit::Submit),
    End(end::End),
    Run(Box<run::Run>),
    Result(result::NewResult),
    Update(update::Update),
    Show(show::Show),
    Push(push::Push),
    Check(check::Check),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Task {
    /// Tells commands that only print something of their own, whatever the variables say.
    pub fn is_about_itself(&self) -> bool {
        matches!(self, Self::Completions(_) | Self::Man(_))
    }
}

/// Builds the commands without their variables.
pub fn tree() -> Command {
    let command = Cli::command();
    let pages: Vec<_> =
        command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    command.mut_subcommand("man", |man| {
        man.mut_arg("page", |page| page.value_parser(PossibleValuesParser::new(pages)))
    })
}

/// Builds the commands with the variables that are set in `environment`.
pub fn command(environment: Environment<'_>) -> Command {
    let command = with_variables(tree(), environment);
    ["start", "submit", "run"].into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |command| with_variables(command, environment))
    })
}
