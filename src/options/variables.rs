//! The variables of options: `TO_` and the name in capitals, with a blank one unset.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, Id};

use crate::model::start_request;

/// Returns the one of two options which exclude each other that is not used: a flag beats the
/// other's variable.
///
/// # Errors
/// Both are flags, or both variables.
pub fn unused_of(
    matches: &ArgMatches,
    one: &'static str,
    other: &'static str,
) -> Result<Option<&'static str>, String> {
    let is_set = |name| env::var_os(start_request::variable(name)).is_some_and(|v| !is_blank(&v));
    let rank = |name| match matches.value_source(name) {
        Some(ValueSource::CommandLine) => 2,
        _ if is_set(name) => 1,
        _ => 0,
    };
    match (rank(one), rank(other)) {
        (0, _) | (_, 0) => Ok(None),
        (first, second) if first > second => Ok(Some(other)),
        (first, second) if first < second => Ok(Some(one)),
        (rank, _) => {
            let [one, other] = [one, other].map(|name| match rank {
                1 => start_request::variable(name),
                _ => start_request::flag(name),
            });
            Err(format!("{one} and {other} exclude each other"))
        }
    }
}

/// `TO_RESULTS` holds several paths, separated by white space.
pub fn results_variable() -> Vec<PathBuf> {
    let variable = env::var_os("TO_RESULTS").unwrap_or_default();
    match variable.to_str() {
        Some(text) => text.split_whitespace().map(PathBuf::from).collect(),
        None => vec![PathBuf::from(variable)],
    }
}

/// Looks a variable up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The options of a command that have variables.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    All,
    /// Those that all results have in common: what is secret for one command is so for all.
    Limits,
}

/// Binds the options of `command` to their variables: `--state-dir` has `TO_STATE_DIR`.
///
/// clap takes a blank variable for a value, so a variable is bound only where it is not blank.
pub fn bind(command: Command, bound: Bound, environment: Environment<'_>) -> Command {
    let mut set = variables(&command, bound);
    set.retain(|(_, variable)| environment(variable).is_some_and(|value| !is_blank(&value)));
    change_those(command, &set, |arg, variable| {
        let arg = match arg.get_action() {
            ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
            _ => arg,
        };
        // clap takes the white space around a value for a part of it.
        let value = environment(variable).unwrap_or_default();
        match value.to_str().map(|text| (text, text.trim())) {
            Some((text, trimmed)) if text != trimmed => {
                let takes_value = arg.get_action().takes_values();
                arg.default_value(trimmed.to_owned()).hide_default_value(takes_value)
            }
            _ => arg.env(variable.to_owned()).hide_env(true),
        }
    })
}

/// Says in the help of each option what its variable is: clap would do so only where it is bound.
pub fn document(command: Command, bound: Bound) -> Command {
    let all = variables(&command, bound);
    change_those(command, &all, |arg, variable| {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        arg.help(format!("{help} [env: {variable}]"))
    })
}

fn change_those(
    command: Command,
    options: &[(Id, String)],
    change: impl Fn(Arg, &str) -> Arg,
) -> Command {
    if options.is_empty() {
        return command;
    }
    command.mut_args(|arg| match options.iter().find(|(id, _)| id == arg.get_id()) {
        Some((_, variable)) => change(arg, variable),
        None => arg,
    })
}

/// Returns the options that have variables, with these.
fn variables(command: &Command, bound: Bound) -> Vec<(Id, String)> {
    let group = command.get_groups().find(|group| group.get_id() == "LimitOptions");
    let limits: Vec<_> = group.map(|group| group.get_args().collect()).unwrap_or_default();
    let variable = |arg: &Arg| {
        // TO_RESULTS has several paths, which clap would take for one.
        let is_apart = arg.get_id() == "results"
            || matches!(arg.get_action(), ArgAction::Help | ArgAction::Version)
            || (matches!(bound, Bound::Limits) && !limits.contains(&arg.get_id()));
        let name = arg.get_long().filter(|_| !is_apart)?;
        Some((arg.get_id().clone(), start_request::variable(name)))
    };
    command.get_arguments().filter_map(variable).collect()
}

fn is_blank(value: &OsStr) -> bool {
    value.to_str().is_some_and(|text| text.trim().is_empty())
}
