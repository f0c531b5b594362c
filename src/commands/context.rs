//! The options of every command, made usable: where to work, and on which execution.

use std::cell::Cell;
use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::{CommandError, Exit};
use crate::api::{self, HttpSettings, Policy, Server, Spool, Target, Token};
use crate::delivery::batch_size::BatchSize;
use crate::delivery::notes::Variables;
use crate::delivery::outbox::Outbox;
use crate::delivery::replay::ReplayReport;
use crate::delivery::state_dir::{RefusedFile, StateDirectory};
use crate::delivery::state_error::StateError;
use crate::model::ci_job::Job;
use crate::model::execution::{ExecutionId, ExecutionRef};
use crate::model::limits::Limits;
use crate::model::redaction::{Redaction, Secret, is_secret};
use crate::model::start_request::{FIELDS, variable};
use crate::model::tally::RefusedResult;
use crate::options::Common;
use crate::options::limits::LimitOptions;
use crate::options::values::Destination;
use crate::ui::github::GitHub;
use crate::ui::terminal::{self, Label, Level, OutputError, Ui};
use crate::util::signals::Interrupt;
use crate::util::temp_file;
use crate::util::text::{os_message, plural};

/// The longest that a server is asked for what can be done without.
const PATIENCE: Duration = Duration::from_secs(5);

/// The options of every command, made usable.
pub struct Context {
    pub common: Common,
    pub ui: Ui,
    pub interrupt: Interrupt,
    pub job: Option<Job>,
    github: Option<GitHub>,
    /// The execution that this command itself started.
    pub started: Cell<Option<ExecutionId>>,
    /// The number of requests that were made again.
    pub retries: Rc<Cell<u64>>,
    /// Those of `start` that are set.
    pub variables: Variables,
}

impl Context {
    pub fn new(common: Common) -> Self {
        let level = match (common.quiet, common.verbose) {
            (true, _) => Level::Quiet,
            (_, true) => Level::Verbose,
            _ => Level::Normal,
        };
        let github = GitHub::find();
        Self {
            common,
            ui: Ui::new(level, github.is_some()),
            interrupt: Interrupt::default(),
            job: Job::find(),
            github,
            started: Cell::default(),
            retries: Rc::default(),
            variables: start_variables(),
        }
    }

    /// The size of batches to begin with.
    pub fn batch_size(&self) -> BatchSize {
        BatchSize::new(self.common.batch_time)
    }

    /// Returns the server or directory that `--url` names.
    ///
    /// # Errors
    /// Nothing says where to.
    pub fn target(&self) -> Result<&Target, CommandError> {
        match &self.common.url {
            Some(Destination::Server(target)) => Ok(target),
            _ => Err(CommandError::usage("no server is given").hint(
                "--url (or TO_URL) takes the API's address, https://HOST, \
                 or file:DIR for a spool directory",
            )),
        }
    }

    /// The state directory, found to be writable.
    pub fn state(&self) -> Result<StateDirectory, StateError> {
        let state = StateDirectory::new(self.common.state_dir.clone());
        state.prepare()?;
        temp_file::also_in(&self.common.state_dir);
        Ok(state)
    }

    /// The state directory as it is, for a command that writes nothing.
    pub fn state_to_read(&self) -> StateDirectory {
        StateDirectory::new(self.common.state_dir.clone())
    }

    /// The execution that this command started, or else the one that was given.
    pub fn given_execution(&self) -> Option<ExecutionId> {
        self.started.get().or(self.common.execution)
    }

    /// The execution to work on: the one given, or the one noted.
    ///
    /// # Errors
    /// Neither is there.
    pub fn execution(&self, state: &StateDirectory) -> Result<ExecutionId, CommandError> {
        let target = self.target()?;
        let id = match self.given_execution() {
            Some(id) => id,
            None => state.notes().find(&self.absolute_url()?, &self.variables)?.home.execution,
        };
        // One that waited in the outbox may have been delivered since it was named.
        Ok(Outbox::new(state.outbox()).delivered(id, target).unwrap_or(id))
    }

    /// The server's execution that results are for, as the outbox names it.
    ///
    /// # Errors
    /// Nothing says which server; a current directory that is gone.
    pub fn home(&self, execution: ExecutionId) -> Result<ExecutionRef, CommandError> {
        Ok(ExecutionRef { url: self.absolute_url()?, execution })
    }

    /// Returns the server's address as it is noted.
    pub fn absolute_url(&self) -> Result<String, CommandError> {
        Ok(self.target()?.absolute().map_err(CommandError::fault)?.to_string())
    }

    /// Returns the server of an execution, or the outbox in its place: one that waits in the outbox has none yet.
    pub fn server_of(
        &self,
        execution: ExecutionId,
        state: &StateDirectory,
    ) -> Result<Box<dyn Server>, CommandError> {
        match execution {
            ExecutionId::Server(_) => self.server(),
            ExecutionId::Outbox(_) => Ok(Box::new(Spool::private(state.outbox()))),
        }
    }

    /// Prints the object where `--json` asks for one.
    pub fn print_json(&self, object: &impl Serialize) -> Result<(), OutputError> {
        if self.common.json { terminal::json(object) } else { Ok(()) }
    }

    /// Writes to a file of GitHub's runner, if this is one, and warns of one that was not written: what became
    /// of the results is the same.
    pub fn tell_github(&self, write: impl FnOnce(&GitHub) -> io::Result<()>) {
        if let Some(Err(error)) = self.github.as_ref().map(write) {
            self.ui.warning(&format!(
                "the files of GITHUB_OUTPUT and GITHUB_STEP_SUMMARY cannot be written: {}",
                os_message(&error)
            ));
        }
    }

    pub fn report(&self, error: &CommandError) {
        self.ui.say(Label::Error, &error.message(), &error.list);
        for hint in &error.hints {
            // An example is on lines of its own.
            let mut lines = hint.split("\n  ");
            let first = lines.next().unwrap_or_default();
            self.ui.say(Label::Hint, first, &lines.map(str::to_owned).collect::<Vec<_>>());
        }
    }

    /// Returns the exit status of a step, whose error is said here: the steps after it are taken all
    /// the same.
    pub fn exit_of(&self, step: Result<Exit, CommandError>) -> Exit {
        self.ui.screen.show_outage(None);
        step.unwrap_or_else(|error| {
            self.report(&error);
            error.exit
        })
    }

    /// Names the results that a server refused; they are written down already.
    pub fn report_refused(&self, refused: &[RefusedResult], file: &RefusedFile) -> Exit {
        if refused.is_empty() {
            return Exit::Success;
        }
        for RefusedResult { result, reason } in refused {
            self.ui.error(&format!("result `{}` was refused: {reason}", result.name()));
        }
        let count = plural(refused.len() as u64, "result");
        self.ui.hint(&format!("{count} refused: written to {}", file.path().display()));
        self.exit_of_refused()
    }

    /// Returns the exit status of results or changes that were refused, and are written down.
    pub fn exit_of_refused(&self) -> Exit {
        if self.common.best_effort { Exit::Success } else { Exit::ResultsRefused }
    }

    /// Says what of the outbox, or of a spool, was not delivered and never will be; it is written down
    /// already.
    pub fn report_replay(&self, report: &ReplayReport, file: &RefusedFile) -> Exit {
        report.tally.warnings.lines().iter().for_each(|line| self.ui.warning(line));
        let mut exit = self.report_refused(&report.tally.refused, file);
        report.refused.iter().for_each(|refused| self.ui.error(refused));
        if !report.refused.is_empty() {
            let count = plural(report.refused.len() as u64, "change");
            let path = file.changes_path();
            self.ui.hint(&format!("{count} refused: written to {}", path.display()));
            exit = exit.and(self.exit_of_refused());
        }
        if let Some((path, count)) = &report.torn {
            let lines = plural(*count as u64, "line");
            self.ui.error(&format!("{}: {lines} cut short, not sent", path.display()));
        }
        report.unreadable.iter().for_each(|unreadable| self.ui.error(&unreadable.said));
        let is_whole = report.unreadable.is_empty() && report.torn.is_none();
        exit.and(if is_whole { Exit::Success } else { Exit::Input })
    }

    /// Says why something was not delivered and where it is kept.
    pub fn report_undelivered(
        &self,
        error: &CommandError,
        kept: Option<(String, PathBuf)>,
    ) -> Exit {
        let is_failure = !self.common.best_effort || self.interrupt.signal().is_some();
        if is_failure {
            self.report(error);
        } else {
            self.ui.say(Label::Warning, &error.message(), &error.list);
        }
        if let Some((what, path)) = kept {
            self.ui.warning(&format!("kept {what} in {}", path.display()));
            self.ui.hint("`to push` delivers what is kept");
        }
        if is_failure { error.exit } else { Exit::Success }
    }

    /// Returns the end of a command that is to do nothing, and says so; `None` where there is
    /// something to do.
    ///
    /// # Errors
    /// An outbox that cannot be read; a stdout that cannot be written.
    pub fn nothing_to_do(&self) -> Result<Option<Exit>, CommandError> {
        if !self.is_disabled() {
            return Ok(None);
        }
        self.say_nothing_is_done()?;
        self.print_json(&json!({ "disabled": true }))?;
        Ok(Some(Exit::Success))
    }

    /// Says once that nothing is done, and what is kept in the outbox all the same.
    ///
    /// # Errors
    /// An outbox that cannot be read.
    pub fn say_nothing_is_done(&self) -> Result<(), CommandError> {
        self.ui.info("nothing is done: --url (or TO_URL) is none");
        let outbox = self.state_to_read().outbox();
        let found = Spool::new(outbox.clone()).records()?;
        if !found.records.is_empty() || !found.problems.is_empty() {
            let place = outbox.display();
            self.ui.warning(&format!("what is kept in {place} stays there"));
        }
        Ok(())
    }

    /// Tells whether nothing is to be done: some runs of a job have no server.
    pub fn is_disabled(&self) -> bool {
        matches!(self.common.url, Some(Destination::Nowhere))
    }

    /// The server, not asked anything yet.
    ///
    /// # Errors
    /// A key or certificate that cannot be used.
    pub fn server(&self) -> Result<Box<dyn Server>, CommandError> {
        self.connect(Duration::MAX, self.common.retry_for)
    }

    /// The server for a question that is asked once, for five seconds at most, and whose answer can be done
    /// without.
    pub fn impatient_server(&self) -> Result<Box<dyn Server>, CommandError> {
        self.connect(PATIENCE / 2, Duration::ZERO)
    }

    /// Returns the server, of which nothing takes more than `longest`.
    fn connect(
        &self,
        longest: Duration,
        retry_for: Duration,
    ) -> Result<Box<dyn Server>, CommandError> {
        let settings = HttpSettings {
            token: self.token()?,
            ca_cert: self.common.ca_cert.clone(),
            connect_timeout: self.common.connect_timeout.min(longest),
            timeout: self.common.timeout.min(longest),
            retry: Policy { retry_for, first_delay: self.common.retry_delay },
            interrupt: self.interrupt.clone(),
        };
        let (ui, retries) = (self.ui.clone(), Rc::clone(&self.retries));
        let listener = Box::new(move |event: &api::Event<'_>| {
            if matches!(event, api::Event::Retry { .. }) {
                retries.set(retries.get() + 1);
            }
            ui.event(event);
        });
        Ok(api::connect(self.target()?, settings, listener)?)
    }

    /// Returns the limits that these options ask for, and keeps the secrets out of what is said, too.
    pub fn limits(&self, options: &LimitOptions) -> Limits {
        let redaction = self.redaction(options);
        terminal::keep_out(redaction.clone());
        Limits { max_log: options.max_log, redaction }
    }

    /// Returns the secrets that must not go out in results: the key, and the values of variables. One that
    /// was named and cannot be told from other words is warned about.
    fn redaction(&self, options: &LimitOptions) -> Redaction {
        let mut secrets = Vec::new();
        if let Ok(Some(token)) = self.token() {
            secrets.extend(Secret::of_key(token.secret()));
        }
        if options.no_redact {
            return Redaction::new(secrets);
        }
        for name in options.redact.iter().flat_map(|names| names.split_whitespace()) {
            let value = env::var(name).unwrap_or_default();
            let secret = Secret::of_variable(name, &value);
            if secret.is_none() {
                self.ui.warning(&format!(
                    "{name} is not redacted: its value is no text of eight characters that are not \
                     letters alone"
                ));
            }
            secrets.extend(secret);
        }
        let variables = env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| is_secret(name))?;
            Secret::of_variable(&name, value.to_str()?)
        });
        secrets.extend(variables);
        Redaction::new(secrets)
    }

    fn token(&self) -> Result<Option<Token>, CommandError> {
        let (given, place) = match (&self.common.api_key, &self.common.api_key_file) {
            (Some(given), _) => (given.clone(), "--api-key (or TO_API_KEY)".to_owned()),
            (None, Some(path)) => {
                let place = path.display();
                let key = fs::read_to_string(path).map_err(|error| {
                    CommandError::usage(os_message(&error))
                        .context(format!("the key file {place} cannot be read"))
                })?;
                (key.parse(), place.to_string())
            }
            (None, None) => return Ok(None),
        };
        given.map(Some).map_err(|problem| CommandError::usage(problem).context(place))
    }
}

/// Returns the variables of `start` that are set: they tell one job from another.
fn start_variables() -> Variables {
    let names = FIELDS.iter().map(|field| variable(field.name)).chain(["TO_STAGE".to_owned()]);
    let set = names.filter_map(|name| {
        let value = env::var(&name).ok()?.trim().to_owned();
        (!value.is_empty()).then_some((name, value))
    });
    set.collect()
}
