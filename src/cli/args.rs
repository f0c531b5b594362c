//! The commands with their options and variables, as clap reads them.

use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory, Parser, Subcommand};

use super::{completions, man};
use crate::commands::{check, end, push, rerun, reruns, result, run, show, start, submit, update};
use crate::options::variables::{Bound, Environment, bind, document};
use crate::options::{Common, start_help};

/// Submits test results to Test Observer: to start && to submit && to end
#[derive(Parser)]
#[command(name = "to", version, override_usage = "to [OPTIONS] <COMMAND>", max_term_width = 100, help_template = OVERVIEW)]
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
    Rerun(rerun::Rerun),
    Reruns(reruns::Reruns),
    Push(push::Push),
    Check(check::Check),
    Completions(completions::Completions),
    Man(man::Man),
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

/// The help of `to start`, whose options are in a table.
const START: &str = "\
{about}
{usage-heading} {usage}{after-help}
";

/// Arranges the commands for their help, of which the brief one leaves out what every command has.
pub fn arranged(command: Command, is_brief: bool) -> Command {
    let command = documented(command).mut_subcommand("start", |start| {
        let more = start.get_after_help().map(ToString::to_string).unwrap_or_default();
        start.help_template(START).after_help(if is_brief {
            format!("{}\n\n`to start --help` has all options, and examples.", start_help::needs())
        } else {
            let (table, others, notes) =
                (start_help::table(), start_help::OTHERS, start_help::NOTES);
            format!("{table}{others}\n{notes}\n{more}")
        })
    });
    let command = command.mut_subcommand("run", |run| {
        let more = run.get_after_help().map(ToString::to_string).unwrap_or_default();
        run.mut_args(|arg| {
            let is_in_table = start_help::has(arg.get_id());
            if is_in_table { arg.hide(true) } else { arg }
        })
        .after_help(format!("{}\n{}\n\n{more}", start_help::table(), start_help::NOTES))
    });
    if is_brief { command.mut_args(|arg| arg.hide(true)) } else { command }
}

/// Builds the commands with the variables that are set in `environment`.
pub fn command(environment: Environment<'_>) -> Command {
    each_with_variables(tree(), &|command, bound| bind(command, bound, environment))
}

/// Says in the help of all options what their variables are.
pub fn documented(command: Command) -> Command {
    each_with_variables(command, &document)
}

fn each_with_variables(command: Command, change: &dyn Fn(Command, Bound) -> Command) -> Command {
    change(command, Bound::All).mut_subcommands(|command| match command.get_name() {
        "start" | "submit" | "run" => change(command, Bound::All),
        "result" | "push" => change(command, Bound::Limits),
        _ => command,
    })
}
