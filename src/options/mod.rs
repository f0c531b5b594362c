//! Options that several commands have, with their variables and the values that they take.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

pub mod reading;
pub mod size;
pub mod start;
pub mod time;
pub mod variables;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};

use crate::api::{Target, Token};
use crate::model::execution::ExecutionId;
use time::{seconds, some_seconds};

/// The heading of the options that every command has.
const COMMON: &str = "Options of every command";

#[derive(Debug, Args)]
#[command(next_help_heading = COMMON)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Common {
    /// The API, https://HOST, or file:DIR for a spool directory in its place
    #[arg(long, global = true, value_name = "URL", value_parser = TargetParser)]
    pub url: Option<Target>,

    /// The key; --api-key-file keeps it out of the list of processes
    #[arg(long, global = true, value_name = "KEY", allow_hyphen_values = true)]
    pub api_key: Option<Secret>,

    /// A file that holds the key
    #[arg(long, global = true, value_name = "PATH")]
    pub api_key_file: Option<PathBuf>,

    /// The execution to work on, instead of the one that `to start` noted
    #[arg(long, global = true, value_name = "ID")]
    pub execution: Option<ExecutionId>,

    /// Where `to start` notes its execution
    #[arg(long, global = true, value_name = "DIR", default_value = ".to")]
    pub state_dir: PathBuf,

    /// A certificate authority to trust besides the system's, in PEM
    #[arg(long, global = true, value_name = "PEM")]
    pub ca_cert: Option<PathBuf>,

    /// The longest that one request may take, once connected
    #[arg(long, global = true, value_name = "SECONDS", default_value = "75", value_parser = some_seconds)]
    pub timeout: Duration,

    /// The longest that one connection may take to be made: tests make it short
    #[arg(long, global = true, value_name = "SECONDS", default_value = "10", value_parser = some_seconds)]
    #[arg(hide = true)]
    pub connect_timeout: Duration,

    /// Go on retrying while nothing is accepted for this long
    #[arg(long, global = true, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub retry_for: Duration,

    /// Keep what cannot be delivered, warn, and exit 0
    #[arg(long, global = true)]
    pub best_effort: bool,

    /// The wait before the first retry: tests make it short
    #[arg(long, global = true, value_name = "SECONDS", default_value = "0.5", value_parser = seconds)]
    #[arg(hide = true)]
    pub retry_delay: Duration,

    /// The time of the server that a batch aims at: tests make it short
    #[arg(long, global = true, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    #[arg(hide = true)]
    pub batch_time: Duration,

    /// One JSON object on stdout instead of plain data
    #[arg(long, global = true)]
    pub json: bool,

    /// Say errors and warnings only
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say each request with its status and time
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// When to colour what is said
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

impl Common {
    /// Takes back the option of this name, as if it had not been given.
    pub fn unset(&mut self, name: &str) {
        match name {
            "api_key" => self.api_key = None,
            "api_key_file" => self.api_key_file = None,
            "quiet" => self.quiet = false,
            _ => self.verbose = false,
        }
    }
}

/// Reads a [`Target`], and does not show one that holds a password: clap shows what it refuses.
#[derive(Clone)]
struct TargetParser;

impl TypedValueParser for TargetParser {
    type Value = Target;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Target, clap::Error> {
        if value.to_str().is_some_and(|url| url.contains('@'))
            && let Some(Err(said)) = value.to_str().map(str::parse::<Target>)
        {
            let said = format!("--url (or TO_URL): {said}");
            return Err(command.clone().error(clap::error::ErrorKind::ValueValidation, said));
        }
        TypedValueParser::parse_ref(&str::parse::<Target>, command, arg, value)
    }
}

/// A key as it was given. It is checked later: clap would show a value that it refuses.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// # Errors
    /// Why this is no key.
    pub fn token(&self) -> Result<Token, &'static str> {
        self.0.parse()
    }
}

impl From<String> for Secret {
    fn from(key: String) -> Self {
        Self(key)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Returns a parser that shows the words it takes in help, errors and completions.
pub fn words<T>(words: &[&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = &'static str> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.to_vec()).try_map(|word| word.parse::<T>())
}
