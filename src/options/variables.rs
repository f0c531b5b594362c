//! The variables of options: `TO_` and the name in capitals, with a blank one unset.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::limits::LimitOptions;
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
                _ => format!("--{}", name.replace('_', "-")),
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

/// Gives each option of `command` its variable: `--state-dir` has `TO_STATE_DIR`.
///
/// clap takes a blank variable for a value, so the variable is bound only where it is not blank;
/// and it would show the variable only where it is bound, so the help says it itself.
pub fn with_variables(command: Command, environment: Environment<'_>) -> Command {
    with_some_variables(command, |_| true, environment)
}

/// Gives the options that all results have in common their variables: what is secret for one command
/// is so for all.
pub fn with_variables_of_limits(command: Command, environment: Environment<'_>) -> Command {
    let limits = LimitOptions::augment_args(Command::default());
    let is_limit = |arg: &Arg| limits.get_arguments().any(|limit| limit.get_id() == arg.get_id());
    with_some_variables(command, is_limit, environment)
}

fn with_some_variables(
    command: Command,
    is_bound: impl Fn(&Arg) -> bool,
    environment: Environment<'_>,
) -> Command {
    command.mut_args(|arg| {
        let Some(variable) = arg.get_long().map(start_request::variable) else { return arg };
        // TO_RESULTS has several paths, which clap would take for one.
        let is_apart = arg.get_id() == "results" || !is_bound(&arg);
        if is_apart || matches!(arg.get_action(), ArgAction::Help | ArgAction::Version) {
            return arg;
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let arg = arg.help(format!("{help} [env: {variable}]")).hide_env(true);
        let Some(value) = environment(&variable).filter(|value| !is_blank(value)) else {
            return arg;
        };
        let arg = match arg.get_action() {
            ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
            _ => arg,
        };
        // clap takes the white space around a value for a part of it.
        match value.to_str().map(|text| (text, text.trim())) {
            Some((text, trimmed)) if text != trimmed => {
                let takes_value = arg.get_action().takes_values();
                arg.default_value(trimmed.to_owned()).hide_default_value(takes_value)
            }
            _ => arg.env(variable),
        }
    })
}

fn is_blank(value: &OsStr) -> bool {
    value.to_str().is_some_and(|text| text.trim().is_empty())
}
