//! The command line: flags, variables and help. No other file knows clap.
//!
//! Flag beats variable beats default, and a blank variable counts as unset. The rule for variables
//! stands in one place, [`with_variables`]: every option of every command, of `start` and of
//! `submit` has the variable `TO_` and its name in capitals.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser};
use clap::{Subcommand, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man as Manual;

use super::man;
use crate::api::{Target, Token};
use crate::commands::error::Usage;
use crate::model::execution::{COMPLETED, ExecutionId, Link, STATUSES};
use crate::model::result::Status;
use crate::model::start_request::{self, Draft, FIELDS, Family, Field, Kind, Origin};
use crate::reports::Format;
use crate::reports::junit::Template;
use crate::submission::duplicates::OnDuplicate;

/// The heading of the options that every command has.
const COMMON: &str = "Options of every command";

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

    /// Where `to start` warnings its execution
    #[arg(long, global = true, value_name = "DIR", default_value = ".to")]
    pub state_dir: PathBuf,

    /// A certificate authority to trust besides the system's, in PEM
    #[arg(long, global = true, value_name = "PEM")]
    pub ca_cert: Option<PathBuf>,

    /// The longest that one request may take
    #[arg(long, global = true, value_name = "SECONDS", default_value = "75", value_parser = some_seconds)]
    pub timeout: Duration,

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

#[derive(Debug, Subcommand)]
pub enum Task {
    Start(Box<Start>),
    Submit(Submit),
    End(End),
    Push(Push),
    Run(Box<Run>),
    Result(NewResult),
    Update(Update),
    Show(Show),
    Check(Check),
    Completions(Completions),
    Man(Man),
}

/// Opens an execution of a test plan and prints its id
#[derive(Debug, Args)]
#[command(after_help = START_MORE)]
pub struct Start {
    #[command(flatten)]
    pub request: StartOptions,
}

/// What an execution is opened with.
#[derive(Debug, Args)]
pub struct StartOptions {
    #[command(flatten)]
    pub fields: StartFields,

    /// A link to show with the execution; repeatable (the variable has one a line)
    #[arg(long, value_name = "LABEL=URL", value_delimiter = '\n')]
    pub relevant_link: Vec<Link>,

    /// A file with the request in JSON, or - for standard input; flags and variables go over it
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

const START_MORE: &str = "\
The id is also noted in the state directory, for the commands that follow.

May be repeated where a CI link is given: the server then finds the first execution again. Without
one, every start opens another execution.

Examples:
  to start --family snap --name core22 --version 20260101 --arch host --revision 4711 \\
    --track latest --store ubuntu --stage beta --environment cm3 --test-plan smoke
  to start --from request.json --environment cm4";

/// The flags of [`FIELDS`].
#[derive(Debug)]
pub struct StartFields(pub Draft);

/// Reads reports and sends their results
#[derive(Debug, Args)]
#[command(after_help = SUBMIT_MORE)]
pub struct Submit {
    /// Files, directories, quoted globs, or - for standard input; without any, those of
    /// TO_RESULTS, else standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub reading: Reading,

    /// Print the results as JSON lines and send nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// How reports are read and what is made of them.
#[derive(Debug, Args)]
pub struct Reading {
    /// What the reports are written in, instead of telling it by content
    #[arg(long, value_name = "FORMAT", value_parser = words::<Format>(&Format::ALL.map(|(name, _)| name)))]
    pub format: Option<Format>,

    /// Names of JUnit cases; by default the class and the name
    #[arg(long, value_name = "TEMPLATE")]
    pub case_name: Option<Template>,

    /// Categories of JUnit cases; by default the suite
    #[arg(long, value_name = "TEMPLATE")]
    pub case_category: Option<Template>,

    /// Template ids of JUnit cases; by default none
    #[arg(long, value_name = "TEMPLATE")]
    pub case_template_id: Option<Template>,

    /// What becomes of several results of one name: merge makes one of them, number appends
    /// ` [2]`, first and last keep one, error sends none
    #[arg(long, value_name = "HOW", default_value = "merge")]
    #[arg(value_parser = words::<OnDuplicate>(&OnDuplicate::ALL.map(|(name, _)| name)))]
    pub on_duplicate: OnDuplicate,

    /// The longest log, in bytes or with K or M; a longer one keeps its head and tail
    #[arg(long, value_name = "SIZE", default_value = "1M", value_parser = size)]
    pub max_log: usize,

    /// Send the whole cases of a truncated file too
    #[arg(long)]
    pub salvage: bool,

    /// It is no error that nothing matches, or that what matches holds no results
    #[arg(long)]
    pub allow_empty: bool,
}

const SUBMIT_MORE: &str = "\
JUnit XML, JSON, JSON lines and Checkbox submissions are told apart by content. Every file is read
through before the first request: one that cannot be read is named, and the results of the others
are sent. JSON lines from a pipe are sent as they come in.

May be repeated: the last result of a name replaces the one before.

Templates are made of text and {name} {classname} {suite} {suites} {file}; {{ is a brace.

Examples:
  to submit report.xml
  to submit 'build/**/TEST-*.xml'
  to submit --case-name '{name}' --case-template-id '{classname}' report.xml
  pytest --junitxml=/dev/fd/3 3>&1 >&2 | to submit -
  jq '[.[] | {name: .title, status: .outcome}]' results.json | to submit -";

/// Completes the execution and prints the status that the server computed
#[derive(Debug, Args)]
#[command(after_help = END_MORE)]
pub struct End {
    /// Set this status instead of having it computed
    #[arg(long, default_value = COMPLETED, hide_default_value = true)]
    #[arg(value_parser = PossibleValuesParser::new([&STATUSES[..], &[COMPLETED]].concat()))]
    pub status: String,

    /// Exit 10 when the execution is FAILED, 11 when it is ENDED_PREMATURELY
    #[arg(long)]
    pub exit_code: bool,
}

const END_MORE: &str = "\
May be repeated: the status is computed again.

Examples:
  to end
  to end --exit-code
  to end --status NOT_TESTED";

/// Opens an execution, runs the tests, sends their reports, and completes the execution
#[derive(Debug, Args)]
#[command(after_help = RUN_MORE)]
pub struct Run {
    #[command(flatten)]
    pub request: StartOptions,

    #[command(flatten)]
    pub reading: Reading,

    /// Files, directories or quoted globs that the command writes; those that are older than the
    /// start are not sent [env: TO_RESULTS]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub results: Vec<PathBuf>,

    /// What runs the tests, with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

const RUN_MORE: &str = "\
The execution is completed whatever happens: also when the command fails, cannot be run or writes no
report, and when `to` gets SIGINT or SIGTERM, which it passes on. The command finds the execution in
TO_EXECUTION; stdin and stdout are the command's. Exits with the command's status, and where that is
0 with its own.

May be repeated where a CI link is given or found: see `to start`.

Examples:
  to run --results report.xml -- pytest --junitxml=report.xml
  to run --results 'target/nextest/**/junit.xml' -- cargo nextest run";

/// Delivers what is kept: the outbox, or a spool directory
#[derive(Debug, Args)]
#[command(after_help = PUSH_MORE)]
pub struct Push {
    /// A directory with a directory an execution; by default the outbox in the state directory
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// Open an execution again where an interrupted push may have opened one
    #[arg(long)]
    pub start_again: bool,
}

const PUSH_MORE: &str = "\
Executions that are not open at the server yet are started. What is delivered is marked, or in the
outbox removed. Every 500 or broken connection leaves the rest where it is.

May be repeated, also after it was interrupted: nothing is lost, and nothing is started twice.

Examples:
  to push
  to push results-of-the-lab";

/// Sends one result, typed by hand
#[derive(Debug, Args)]
#[command(after_help = RESULT_MORE)]
pub struct NewResult {
    /// The test's name
    #[arg(value_parser = name)]
    pub name: String,

    /// What came of it, in any case; also pass, fail and skip
    #[arg(ignore_case = true, value_parser = outcomes())]
    pub status: Status,

    /// What there is to say about it
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,

    /// Its log: a text, @FILE, or - for standard input
    #[arg(long, value_name = "TEXT|@FILE|-")]
    pub log: Option<LogSource>,

    /// The group of tests that it belongs to
    #[arg(long, value_name = "TEXT")]
    pub category: Option<String>,

    /// What it has in common with tests that are made from the same template
    #[arg(long, value_name = "TEXT")]
    pub template_id: Option<String>,

    /// The longest log, in bytes or with K or M; a longer one keeps its head and tail
    #[arg(long, value_name = "SIZE", default_value = "1M", value_parser = size)]
    pub max_log: usize,
}

const RESULT_MORE: &str = "\
May be repeated: the last result of a name replaces the one before.

Examples:
  to result 'screen/brightness' passed
  to result 'wifi/roaming' failed --comment 'lost the network' --log @wifi.log
  dmesg | to result 'suspend/resume' fail --log -";

/// Where a log is.
#[derive(Clone, Debug)]
pub enum LogSource {
    Text(String),
    File(PathBuf),
    StandardInput,
}

impl From<String> for LogSource {
    fn from(text: String) -> Self {
        match text.strip_prefix('@') {
            Some(path) => Self::File(PathBuf::from(path)),
            None if text == "-" => Self::StandardInput,
            None => Self::Text(text),
        }
    }
}

fn outcomes() -> impl TypedValueParser<Value = Status> {
    let short = [("passed", "pass"), ("failed", "fail"), ("skipped", "skip")];
    let values = short.map(|(word, short)| PossibleValue::new(word).alias(short));
    let read = |word: String| Status::from_word(&word).ok_or("none of the three");
    PossibleValuesParser::new(values).try_map(read)
}

fn name(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("a result needs a name") } else { Ok(text.to_owned()) }
}

/// Tells the execution something else: a status, links, metadata, an event
#[derive(Debug, Args)]
#[command(after_help = UPDATE_MORE)]
pub struct Update {
    /// The status; COMPLETED has the server compute it
    #[arg(long, value_name = "STATUS")]
    #[arg(value_parser = PossibleValuesParser::new([&STATUSES[..], &[COMPLETED]].concat()))]
    pub status: Option<String>,

    /// The CI job's URL, which no other execution may have
    #[arg(long, value_name = "URL")]
    pub ci_link: Option<String>,

    /// The URL of a submission in Certification
    #[arg(long, value_name = "URL")]
    pub c3_link: Option<String>,

    /// A fact about the execution; repeatable, also with several values of one key
    #[arg(long, value_name = "KEY=VALUE")]
    pub metadata: Vec<String>,

    /// A link to show with the execution; repeatable
    #[arg(long, value_name = "LABEL=URL")]
    pub link: Vec<String>,

    /// Something that happened now; repeatable
    #[arg(long, value_name = "NAME[=DETAIL]")]
    pub event: Vec<String>,
}

const UPDATE_MORE: &str = "\
Metadata goes first, then status and job links, then links, then events. Metadata is added to what
is there.

May be repeated: a link that the execution has is not added again. An event is added each time.

Examples:
  to update --metadata cloud=aws --metadata cloud=gcp --metadata kernel=6.8.0-50-generic
  to update --link 'Logs=https://logs.example/1' --c3-link https://c3.example/submission/9
  to update --event 'provisioned=in 12 minutes'";

/// Shows the execution and its results, failures first
#[derive(Debug, Args)]
#[command(after_help = SHOW_MORE)]
pub struct Show {
    /// Show the logs too
    #[arg(long)]
    pub logs: bool,
}

const SHOW_MORE: &str = "\
May be repeated: nothing is changed.

Examples:
  to show
  to show --logs
  to show --json | jq -r '.results[] | select(.status == \"FAILED\") | .name'";

/// Tells whether results can be submitted here, and what stands in the way
#[derive(Debug, Args)]
#[command(after_help = CHECK_MORE)]
pub struct Check {}

const CHECK_MORE: &str = "\
Asks whether this is Test Observer's API, reachable and trusted, whether it knows the key, and
whether the key may submit. Each question is asked once. Exits 0 where all is well, 4 where the
server cannot be reached, 5 where it refuses or is not the API.

May be repeated: nothing is changed.

Examples:
  to check
  to check --json";

/// Prints the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_MORE)]
pub struct Completions {
    pub shell: Shell,
}

const COMPLETIONS_MORE: &str = "\
May be repeated: nothing is sent.

Examples:
  to completions bash > ~/.local/share/bash-completion/completions/to";

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

/// Reads the arguments and variables of this process.
///
/// # Errors
/// What clap has to say: a usage error, or the help that was asked for.
pub fn parse() -> Result<Cli, clap::Error> {
    let mut matches = command_with(&|name| env::var_os(name)).try_get_matches()?;
    let exclusive =
        [set_aside(&matches, "api_key", "api_key_file")?, set_aside(&matches, "quiet", "verbose")?];
    let mut cli = Cli::from_arg_matches_mut(&mut matches)?;
    let common = &mut cli.common;
    match exclusive[0] {
        Some("api_key") => common.api_key = None,
        Some(_) => common.api_key_file = None,
        None => {}
    }
    match exclusive[1] {
        Some("quiet") => common.quiet = false,
        Some(_) => common.verbose = false,
        None => {}
    }
    match &mut cli.command {
        Task::Submit(submit) if submit.paths.is_empty() => submit.paths = results_variable(),
        Task::Run(run) if run.results.is_empty() => run.results = results_variable(),
        _ => {}
    }
    Ok(cli)
}

/// Which of two options that exclude each other is not used: a flag beats the other's variable.
///
/// # Errors
/// Both are flags, or both variables.
fn set_aside(
    matches: &ArgMatches,
    one: &'static str,
    other: &'static str,
) -> Result<Option<&'static str>, clap::Error> {
    let rank = |name| match matches.value_source(name) {
        Some(ValueSource::CommandLine) => 2,
        Some(ValueSource::EnvVariable) => 1,
        _ => 0,
    };
    match (rank(one), rank(other)) {
        (0, _) | (_, 0) => Ok(None),
        (first, second) if first > second => Ok(Some(other)),
        (first, second) if first < second => Ok(Some(one)),
        _ => {
            let flags = [one, other].map(|name| format!("--{}", name.replace('_', "-")));
            let said = format!("{} and {} exclude each other", flags[0], flags[1]);
            Err(Cli::command().error(clap::error::ErrorKind::ArgumentConflict, said))
        }
    }
}

/// Prints a usage error or help, each where it belongs, and returns the exit status.
pub fn say(error: &clap::Error) -> u8 {
    // Nobody is left to tell where even this cannot be written.
    _ = error.print();
    u8::from(error.use_stderr()) * 2
}

/// The script that completes `to` in `shell`.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command_with(&|_| None), "to", &mut script);
    script
}

/// The page of the manual about `to`, or about one of its commands.
///
/// # Errors
/// There is no such command.
pub fn man(page: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let mut whole = command_with(&|_| None).disable_help_subcommand(true);
    whole.build();
    let unknown = |name: &str| Usage {
        problem: format!("there is no command `{name}`"),
        hint: Some("`to help` lists them".to_owned()),
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
    Ok(man::literally(&write_page(&manual, &more, page.is_none())?).into_bytes())
}

fn write_page(manual: &Manual, more: &str, is_overview: bool) -> io::Result<String> {
    let mut page = Vec::new();
    manual.render_title(&mut page)?;
    manual.render_name_section(&mut page)?;
    manual.render_synopsis_section(&mut page)?;
    manual.render_description_section(&mut page)?;
    man::paragraphs(more).to_writer(&mut page)?;
    if is_overview {
        manual.render_subcommands_section(&mut page)?;
    }
    manual.render_options_section(&mut page)?;
    man::listings(more).to_writer(&mut page)?;
    if !is_overview {
        man::listings(EXIT_STATUS).to_writer(&mut page)?;
        man::see_also("to(1)").to_writer(&mut page)?;
    }
    String::from_utf8(page).map_err(io::Error::other)
}

/// `TO_RESULTS` holds several paths, separated by white space.
fn results_variable() -> Vec<PathBuf> {
    let variable = env::var_os("TO_RESULTS").unwrap_or_default();
    match variable.to_str() {
        Some(text) => text.split_whitespace().map(PathBuf::from).collect(),
        None => vec![PathBuf::from(variable)],
    }
}

type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn command_with(environment: Environment<'_>) -> Command {
    let command = with_variables(Cli::command(), environment);
    ["start", "submit", "run"].into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |command| with_variables(command, environment))
    })
}

/// Gives each option of `command` its variable: `--state-dir` has `TO_STATE_DIR`.
///
/// clap takes a blank variable for a value, so the variable is bound only where it is not blank;
/// and it would show the variable only where it is bound, so the help says it itself.
fn with_variables(command: Command, environment: Environment<'_>) -> Command {
    command.mut_args(|arg| {
        let Some(variable) = arg.get_long().map(start_request::variable) else { return arg };
        // TO_RESULTS has several paths, which clap would take for one.
        let is_apart = arg.get_id() == "results";
        if is_apart || matches!(arg.get_action(), ArgAction::Help | ArgAction::Version) {
            return arg;
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let arg = arg.help(format!("{help} [env: {variable}]")).hide_env(true);
        let set = environment(&variable).is_some_and(|value| !is_blank(&value));
        let arg = match arg.get_action() {
            ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
            _ => arg,
        };
        if set { arg.env(variable) } else { arg }
    })
}

fn is_blank(value: &OsStr) -> bool {
    value.to_str().is_some_and(|text| text.trim().is_empty())
}

/// A parser that shows the words it takes in help, errors and completions.
fn words<T>(words: &[&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = &'static str> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.to_vec()).try_map(|word| word.parse::<T>())
}

/// Reads a number of bytes, also in K (1024) or M.
fn size(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 1 << 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    let number = digits.parse::<usize>().map_err(|error| error.to_string())?;
    number.checked_mul(unit).ok_or_else(|| "too large".to_owned())
}

/// The longest wait that clocks can add to the present: a day and a year are alike to a request.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(24 * 365);

fn some_seconds(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("no request is answered in no time".to_owned()),
        longer if longer > LONGEST_TIMEOUT => Err("that is more than a year".to_owned()),
        seconds => Ok(seconds),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

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
        .help(field.help)
        .help_heading(heading(field));
    match field.kind {
        Kind::Stage => arg.alias("stage"),
        Kind::Boolean => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        _ => arg,
    }
}

fn value_name(kind: Kind) -> &'static str {
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

/// Groups the fields by the families that have them.
fn heading(field: &Field) -> String {
    let families: Vec<&str> =
        Family::ALL.into_iter().filter(|family| field.allows(*family)).map(Family::name).collect();
    if families.len() == Family::ALL.len() {
        "Every family".to_owned()
    } else {
        format!("For {}", families.join(", "))
    }
}

impl FromArgMatches for StartFields {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut draft = Draft::default();
        for field in FIELDS {
            let Some(value) = matches.get_one::<String>(field.name) else { continue };
            let origin = match matches.value_source(field.name) {
                Some(ValueSource::EnvVariable) => Origin::Variable,
                _ => Origin::Flag,
            };
            draft.set(field, value.clone(), origin);
        }
        Ok(Self(draft))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
