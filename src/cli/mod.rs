//! From the command line to the exit status: parse, dispatch, exit.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

mod completions;
mod man;
mod roff;

use std::env;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::exit::Exit;
use crate::commands::{Context, check, end, push, result, run, show, start, submit, update};
use crate::options::Common;
use crate::options::variables::{Environment, results_variable, unused_of, with_variables};
use crate::ui::terminal;

/// Submits test results to Test Observer: to start && to submit && to end
#[derive(Debug, Parser)]
#[command(name = "to", version, max_term_width = 100)]
#[command(help_template = OVERVIEW, after_help = format!("{OVERVIEW_MORE}\n\n{EXIT_STATUS}"))]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Task,
}

/// What `to help` shows. It is to fit a screen, which the options of every command would fill.
const OVERVIEW: &str = "\
{about}

Usage: {usage}

Commands:
{subcommands}

`to COMMAND --help` says more of each, with examples, and lists its options.{after-help}
";

const OVERVIEW_MORE: &str = "\
Examples:
  to start && to submit && to end";

const EXIT_STATUS: &str = "\
Exit status:
  0  all delivered
  1  a fault of this machine, such as a full disk
  2  the command line or configuration
  3  some input could not be read, or held nothing; the rest was delivered
  4  not delivered: unreachable, timed out, 5xx to the end; kept in the outbox
  5  refused: key, permission, unknown execution, invalid request; not the API
  6  delivered but for results that the server refused, each named
  127, 126  `run`: the command does not exist, or cannot be run
  10, 11  `end --exit-code`: FAILED, ENDED_PREMATURELY
  130, 143  interrupted; what was not delivered is kept";

#[derive(Debug, Subcommand)]
pub enum Task {
    Start(Box<start::Start>),
    Submit(submit::Submit),
    End(end::End),
    Push(push::Push),
    Run(Box<run::Run>),
    Result(result::NewResult),
    Update(update::Update),
    Show(show::Show),
    Check(check::Check),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Runs the command that the arguments of this process ask for.
#[must_use]
pub fn main() -> ExitCode {
    match parse() {
        Ok(cli) => ExitCode::from(run(cli).code()),
        Err(error) => ExitCode::from(say(&error)),
    }
}

fn run(cli: Cli) -> Exit {
    let context = Context::new(cli.common, &|name| std::env::var(name).ok());
    let outcome = match cli.command {
        Task::Start(start) => start::run(*start, &context),
        Task::Submit(submit) => submit::run(&submit, &context),
        Task::End(end) => end::run(end, &context),
        Task::Result(result) => result::run(result, &context),
        Task::Update(update) => update::run(update, &context),
        Task::Show(show) => show::run(&show, &context),
        Task::Check(_) => check::run(&context),
        Task::Push(push) => push::run(&push, &context),
        Task::Run(run) => run::run(*run, &context),
        Task::Completions(completions) => terminal::data(&completions::script(completions.shell))
            .map(|()| Exit::Success)
            .map_err(Into::into),
        Task::Man(page) => man::page(page.page.as_deref())
            .and_then(|page| Ok(terminal::data(&page)?))
            .map(|()| Exit::Success),
    };
    context.exit_of(outcome)
}

/// Reads the arguments and variables of this process.
///
/// # Errors
/// What clap has to say: a usage error, or the help that was asked for.
pub fn parse() -> Result<Cli, clap::Error> {
    let mut matches = command(&|name| env::var_os(name)).try_get_matches()?;
    let conflict = |text| Cli::command().error(ErrorKind::ArgumentConflict, text);
    let unused = |one, other| unused_of(&matches, one, other).map_err(conflict);
    let unused = [unused("api_key", "api_key_file")?, unused("quiet", "verbose")?];
    let mut cli = Cli::from_arg_matches_mut(&mut matches)?;
    unused.into_iter().flatten().for_each(|name| cli.common.unset(name));
    match &mut cli.command {
        Task::Submit(submit) if submit.paths.is_empty() => submit.paths = results_variable(),
        Task::Run(run) if run.results.is_empty() => run.results = results_variable(),
        _ => {}
    }
    Ok(cli)
}

/// Prints a usage error or help, each where it belongs, and returns the exit status.
pub fn say(error: &clap::Error) -> u8 {
    // Nobody is left to tell where even this cannot be written.
    _ = error.print();
    u8::from(error.use_stderr()) * 2
}

fn command(environment: Environment<'_>) -> Command {
    let command = with_variables(Cli::command(), environment);
    ["start", "submit", "run"].into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |command| with_variables(command, environment))
    })
}
