//! Reading the arguments and variables of this process, and printing what is wrong with them.

use std::env;
use std::io;
use std::mem::ManuallyDrop;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, ValueHint};

use super::args::{Cli, Task, arranged, command};
use crate::model::start_request::variable;
use crate::options::variables::{Environment, results_variable, unused_of};
use crate::ui::terminal::{Level, Ui};
use crate::util::text::os_message;

/// Reads the arguments and variables of this process.
///
/// # Errors
/// A usage error, which names a variable where that is wrong; the help that was asked for.
pub fn parse() -> Result<Cli, clap::Error> {
    match parse_with(&|name| env::var_os(name)) {
        Err(error) if error.use_stderr() => match parse_with(&|_| None) {
            // These only print something of their own, whatever the variables say.
            Ok(cli) if matches!(cli.command, Task::Completions(_) | Task::Man(_)) => Ok(cli),
            Ok(_) => Err(about_variable(error)),
            Err(error) => Err(error),
        },
        parsed => parsed,
    }
}

fn parse_with(environment: Environment<'_>) -> Result<Cli, clap::Error> {
    let command = command(environment);
    let words = || env::args_os().skip(1).take_while(|word| word != "--");
    let is_brief = words().any(|word| word == "-h");
    let command = if is_brief || words().any(|word| word == "--help" || word == "help") {
        arranged(command, is_brief)
    } else {
        command
    };
    // It is not dropped, since that would take a tenth of the time of a start.
    let mut command = ManuallyDrop::new(command);
    let mut matches = command.try_get_matches_from_mut(env::args_os())?;
    refuse_execution(&matches)?;
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

/// Refuses `--execution` where an execution is opened. Its variable is no fault: a job may have it for
/// the commands that follow.
fn refuse_execution(matches: &ArgMatches) -> Result<(), clap::Error> {
    match matches.subcommand() {
        Some((name @ ("start" | "run"), own))
            if own.value_source("execution") == Some(ValueSource::CommandLine) =>
        {
            let said = format!("--execution chooses an execution, and `to {name}` opens one");
            Err(Cli::command().error(ErrorKind::ArgumentConflict, said))
        }
        _ => Ok(()),
    }
}

/// Names the variable that is wrong where clap names its flag, or nothing.
fn about_variable(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::InvalidUtf8
        && let Some(variable) = variable_not_utf8()
    {
        return Cli::command().error(ErrorKind::InvalidUtf8, format!("{variable} is not UTF-8"));
    }
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(arg)) => arg.split([' ', '[', '=']).next(),
        _ => None,
    };
    if let Some(flag) = flag.and_then(|flag| flag.strip_prefix("--")) {
        let variable = ContextValue::String(variable(flag));
        error.insert(ContextKind::InvalidArg, variable);
    }
    error
}

/// Finds the variable of an option whose text must be UTF-8, and is not.
fn variable_not_utf8() -> Option<String> {
    let is_text =
        |hint| !matches!(hint, ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath);
    let command = command(&|_| None);
    let args = command.get_subcommands().flat_map(Command::get_arguments);
    let texts = command.get_arguments().chain(args).filter(|arg| is_text(arg.get_value_hint()));
    texts
        .filter_map(|arg| arg.get_long().map(variable))
        .find(|name| env::var_os(name).is_some_and(|value| value.to_str().is_none()))
}

/// Prints a usage error or help, each where it belongs, and returns the exit status.
pub fn print(error: &clap::Error) -> u8 {
    match error.print() {
        Err(unprinted) if !error.use_stderr() && unprinted.kind() != io::ErrorKind::BrokenPipe => {
            let problem = format!("standard output cannot be written: {}", os_message(&unprinted));
            Ui::new(Level::Normal, false).error(&problem);
            1
        }
        _ => u8::from(error.use_stderr()) * 2,
    }
}
