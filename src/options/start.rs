//! The options of `start` and `run` that say what is under test.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueHint};

use super::values::Suggested;
use crate::model::execution::{Link, STATUSES};
use crate::model::family::Family;
use crate::model::start_request::{ARCHITECTURES, Draft, FIELDS, Field, Kind, Origin};

/// The options that make the request of `to start`.
#[derive(Debug, Args)]
pub struct StartOptions {
    #[command(flatten)]
    pub fields: StartFields,

    /// A link to show with the execution; repeatable
    #[arg(long, value_name = "LABEL=URL", value_delimiter = '\n')]
    pub relevant_link: Vec<Link>,

    /// A request in JSON, or - for standard input; flags and variables go over it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from: Option<PathBuf>,
}

/// The flags of [`FIELDS`].
#[derive(Debug)]
pub struct StartFields(pub Draft);

impl Args for StartFields {
    fn augment_args(command: Command) -> Command {
        command.args(FIELDS.iter().map(field_arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn field_arg(field: &'static Field) -> Arg {
    let flag = field.flag();
    let arg = Arg::new(field.name)
        .long(flag.trim_start_matches('-').to_owned())
        .value_name(value_name(field.kind))
        .help(field.help);
    let arg = match words(field.kind) {
        Some(words) => arg.value_parser(Suggested(words)).hide_possible_values(true),
        None => arg,
    };
    match field.kind {
        Kind::Stage => arg.visible_alias("stage"),
        Kind::Boolean => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        _ => arg,
    }
}

/// Returns Debian's words, and the one for this machine's.
pub fn architectures() -> Vec<&'static str> {
    ARCHITECTURES.into_iter().chain(["host"]).collect()
}

/// Returns the words that a shell offers for a field.
fn words(kind: Kind) -> Option<Vec<&'static str>> {
    Some(match kind {
        Kind::Family => Family::ALL.map(Family::name).to_vec(),
        Kind::Architecture => architectures(),
        Kind::Stage => {
            let stages = Family::ALL.iter().flat_map(|family| family.stages()).copied();
            stages.collect::<BTreeSet<_>>().into_iter().collect()
        }
        Kind::InitialStatus => STATUSES.to_vec(),
        Kind::Boolean => vec!["true", "false"],
        Kind::Text | Kind::Version | Kind::Revision | Kind::HttpUrl => return None,
    })
}

/// Returns the flag as it is typed most: the stage's has an alias.
pub fn spelling(field: &Field) -> String {
    if field.kind == Kind::Stage { "--stage".to_owned() } else { field.flag() }
}

/// Returns the word that stands for a field's value.
pub fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TEXT",
        Kind::Family => "FAMILY",
        Kind::Architecture => "ARCH",
        Kind::Version => "VERSION",
        Kind::Revision => "NUMBER",
        Kind::Stage => "STAGE",
        Kind::InitialStatus => "STATUS",
        Kind::Boolean => "BOOL",
        Kind::HttpUrl => "URL",
    }
}

impl FromArgMatches for StartFields {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut draft = Draft::default();
        for field in FIELDS {
            let Some(value) = matches.get_one::<String>(field.name) else { continue };
            let origin = match matches.value_source(field.name) {
                Some(ValueSource::CommandLine) => Origin::Flag,
                _ => Origin::Variable,
            };
            draft.set(field, value, origin);
        }
        Ok(Self(draft))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The most columns of a line of a command, which stands two columns from the edge.
const COLUMNS: usize = 78;

/// Returns a command with all that an artefact needs which the server has not seen, on lines that end
/// in a backslash where another follows.
pub fn sample_command(family: Family) -> Vec<String> {
    let mut lines = vec!["to start".to_owned()];
    for field in FIELDS.iter().filter(|field| is_needed(field, family)) {
        let Some(value) = family.sample_value(field.name) else { continue };
        let word = format!("{} {value}", spelling(field));
        match lines.last_mut() {
            Some(line) if line.len() + word.len() + " \\ ".len() <= COLUMNS => {
                *line = format!("{line} {word}");
            }
            _ => lines.push(format!("  {word}")),
        }
    }
    let last = lines.len() - 1;
    lines[..last].iter_mut().for_each(|line| line.push_str(" \\"));
    lines
}

/// Tells whether a new artefact of this family has the field: the server asks for more of an image
/// that it does not know, and of a deb that comes from the archive.
fn is_needed(field: &Field, family: Family) -> bool {
    field.required.contains(&family)
        || matches!(family, Family::Deb | Family::Image) && field.kind != Kind::Boolean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_lines_that_fit_and_go_on() {
        assert_eq!(
            sample_command(Family::Snap),
            [
                "to start --family snap --name core22 --version 20260101 --arch arm64 \\",
                "  --environment cm3 --test-plan smoke --stage beta --revision 4711 \\",
                "  --track latest --store ubuntu"
            ]
        );
        for family in Family::ALL {
            assert!(sample_command(family).iter().all(|line| line.len() <= COLUMNS), "{family:?}");
        }
    }
}
