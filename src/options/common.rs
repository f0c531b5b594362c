//! The options of every command.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{StringValueParser, TypedValueParser};
use clap::{Args, ColorChoice, ValueHint};

use super::amounts::{time, time_limit};
use super::values::{Destination, TargetParser};
use crate::api::Token;
use crate::model::execution::ExecutionId;

/// The heading of the options that every command has.
const COMMON: &str = "Options of every command";

#[derive(Args)]
#[command(next_help_heading = COMMON)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Common {
    /// The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing
    #[arg(long, global = true, value_name = "URL", value_parser = TargetParser)]
    pub url: Option<Destination>,

    /// The key; --api-key-file keeps it out of the list of processes
    // What is wrong with it is said after parsing: clap shows a value that it refuses.
    #[arg(long, global = true, value_name = "KEY", allow_hyphen_values = true)]
    #[arg(value_parser = StringValueParser::new().map(|key| key.parse::<Token>()))]
    pub api_key: Option<Result<Token, &'static str>>,

    /// A file that holds the key
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub api_key_file: Option<PathBuf>,

    /// The address of the web pages; by default the API's, without `-api` in its name
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub web_url: Option<String>,

    /// The execution to work on, instead of the one that `to start` noted
    #[arg(long, global = true, value_name = "ID")]
    pub execution: Option<ExecutionId>,

    /// The directory of the noted execution and the outbox
    #[arg(long, global = true, value_name = "DIR", default_value = ".to")]
    #[arg(value_hint = ValueHint::DirPath)]
    pub state_dir: PathBuf,

    /// A certificate authority to trust besides the system's, in PEM
    #[arg(long, global = true, value_name = "PEM", value_hint = ValueHint::FilePath)]
    pub ca_cert: Option<PathBuf>,

    /// The longest that one request may take, once connected
    #[arg(long, global = true, value_name = "TIME", default_value = "75s", value_parser = time_limit)]
    pub timeout: Duration,

    /// The longest that one connection may take to be made: tests make it short
    #[arg(long, global = true, value_name = "TIME", default_value = "10s", value_parser = time_limit)]
    #[arg(hide = true)]
    pub connect_timeout: Duration,

    /// Go on retrying while nothing is accepted for this long
    #[arg(long, global = true, value_name = "TIME", default_value = "5m", value_parser = time)]
    pub retry_for: Duration,

    /// Keep what cannot be delivered, warn, and exit 0
    #[arg(long, global = true)]
    pub best_effort: bool,

    /// The wait before the first retry: tests make it short
    #[arg(long, global = true, value_name = "TIME", default_value = "0.5s", value_parser = time)]
    #[arg(hide = true)]
    pub retry_delay: Duration,

    /// The time of the server that a batch aims at: tests make it short
    #[arg(long, global = true, value_name = "TIME", default_value = "5s", value_parser = time)]
    #[arg(hide = true)]
    pub batch_time: Duration,

    /// Print one JSON object instead of plain data
    #[arg(long, global = true)]
    pub json: bool,

    /// Print errors and warnings only
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Print each request with its status and time
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
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
