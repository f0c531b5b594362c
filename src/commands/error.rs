//! The error that ends a command: its message, the exit status that it gives, and its cure.
//!
//! A message is worded where the trouble is known. Its status and cure are found here, where the flags
//! are known, by a conversion from each error of the rooms below: the compiler asks for one that is
//! missing.

use std::borrow::Cow;

use super::{Exit, hints};
use crate::api::{ApiError, Retry};
use crate::delivery::replay::ReplayError;
use crate::delivery::state_error::StateError;
use crate::delivery::submitter::LostResults;
use crate::model::start_request::InvalidRequest;
use crate::options::start::sample_command;
use crate::submission::SubmissionError;
use crate::ui::terminal::OutputError;
use crate::util::text::describe;

/// An error with the exit status that it gives, and what would cure it.
#[derive(Debug)]
pub struct CommandError {
    source: anyhow::Error,
    /// Several problems, a line each.
    pub list: Vec<String>,
    pub exit: Exit,
    pub hints: Vec<Cow<'static, str>>,
}

impl CommandError {
    fn new(source: impl Into<anyhow::Error>, exit: Exit) -> Self {
        Self { source: source.into(), list: Vec::new(), exit, hints: Vec::new() }
    }

    /// Makes an error of something that this machine does not do.
    pub fn fault(source: impl Into<anyhow::Error>) -> Self {
        Self::new(source, Exit::Fault)
    }

    /// Makes an error of a command line or configuration that clap cannot find fault with.
    pub fn usage(problem: impl Into<String>) -> Self {
        Self::new(anyhow::Error::msg(problem.into()), Exit::Usage)
    }

    /// Makes an error of input that holds nothing to send.
    pub fn empty(problem: impl Into<String>) -> Self {
        Self::new(anyhow::Error::msg(problem.into()), Exit::Input)
    }

    /// Makes an error of something that is at no server yet.
    pub fn undelivered(problem: impl Into<String>) -> Self {
        Self::new(anyhow::Error::msg(problem.into()), Exit::Undelivered)
    }

    /// Makes the error of reports in which there is nothing to send.
    pub fn no_results() -> Self {
        Self::empty("there are no results to send").hint("--allow-empty makes this no error")
    }

    pub fn list(self, list: Vec<String>) -> Self {
        Self { list, ..self }
    }

    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hints.push(hint.into());
        self
    }

    fn hints(mut self, hint: Option<impl Into<Cow<'static, str>>>) -> Self {
        self.hints.extend(hint.map(Into::into));
        self
    }

    /// Puts the thing first that the error is about.
    pub fn context(self, thing: impl Into<String>) -> Self {
        Self { source: self.source.context(thing.into()), ..self }
    }

    /// Returns the error with its causes, but for its list.
    pub fn message(&self) -> String {
        describe(&*self.source)
    }
}

impl From<InvalidRequest> for CommandError {
    fn from(error: InvalidRequest) -> Self {
        let example = match error.family {
            Some(family) => format!("for example\n  {}", sample_command(family).join("\n  ")),
            None => "`to start --example FAMILY` prints a sample request for --from".to_owned(),
        };
        let example = error.is_incomplete.then_some(Cow::Owned(example));
        let list = error.list.clone();
        Self::new(error, Exit::Usage)
            .list(list)
            .hints(example)
            .hint("every flag has a variable: that of --test-plan is TO_TEST_PLAN")
    }
}

impl From<SubmissionError> for CommandError {
    fn from(error: SubmissionError) -> Self {
        Self::fault(error)
    }
}

impl From<OutputError> for CommandError {
    fn from(error: OutputError) -> Self {
        Self::fault(error)
    }
}

impl From<LostResults> for CommandError {
    fn from(error: LostResults) -> Self {
        let exit = exit_status_of(&error.source);
        let names = error.names.iter().map(|name| format!("`{name}`")).collect();
        Self::new(error, exit).list(names)
    }
}

impl From<ReplayError> for CommandError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Api(error) => error.into(),
            ReplayError::MayBeStarted { .. } => Self::new(error, Exit::Undelivered)
                .hint("look for it at the server; --start-again opens another execution"),
            ReplayError::OtherServer { .. } => {
                Self::new(error, Exit::Usage).hint("push with that --url")
            }
            ReplayError::Request { place, source } => Self::from(source).context(place),
            ReplayError::State(error) => error.into(),
            ReplayError::NoRequest { .. } | ReplayError::NotJson { .. } => Self::fault(error),
        }
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        let exit = match error {
            StateError::Unwritable { .. } | StateError::Unreadable { .. } => Exit::Fault,
            StateError::Foreign { .. }
            | StateError::Link { .. }
            | StateError::OtherStart { .. }
            | StateError::Damaged { .. }
            | StateError::NoNote { .. }
            | StateError::NoStart { .. }
            | StateError::OtherServer { .. } => Exit::Usage,
        };
        let hint = match error {
            StateError::Unreadable { .. } => None,
            StateError::Unwritable { .. }
            | StateError::Foreign { .. }
            | StateError::Link { .. } => {
                Some("--state-dir (or TO_STATE_DIR) chooses another directory")
            }
            StateError::OtherStart { .. } => {
                Some("run `to start` with these variables, or say --execution (or TO_EXECUTION)")
            }
            StateError::Damaged { .. } => {
                Some("remove it, and run `to start` or say --execution (or TO_EXECUTION)")
            }
            StateError::NoNote { .. } => Some(
                "run `to start` first, in this directory, or say --execution (or TO_EXECUTION)",
            ),
            StateError::NoStart { .. } => {
                Some("run `to start` again, or say --execution (or TO_EXECUTION)")
            }
            StateError::OtherServer { .. } => Some(
                "use that --url, run `to start` for this one, or say --execution \
                 (or TO_EXECUTION)",
            ),
        };
        Self::new(error, exit).hints(hint)
    }
}

impl From<ApiError> for CommandError {
    fn from(error: ApiError) -> Self {
        let (exit, hint) = (exit_status_of(&error), hints::api_hint(&error));
        let list = match error.cause() {
            ApiError::Status(refusal) => refusal.problems.clone(),
            _ => Vec::new(),
        };
        Self::new(error, exit).list(list).hints(hint)
    }
}

pub fn exit_status_of(error: &ApiError) -> Exit {
    if let ApiError::Outage(_) = error {
        return Exit::Undelivered;
    }
    match error.cause() {
        ApiError::Interrupted { signal } => Exit::Signal(*signal),
        ApiError::ExposedKey { .. } | ApiError::CaCert { .. } | ApiError::ProxyVariable { .. } => {
            Exit::Usage
        }
        ApiError::NotTheApi { .. }
        | ApiError::NotHttp { .. }
        | ApiError::WantsHttps { .. }
        | ApiError::TooLong { .. }
        | ApiError::NoSuchExecution { .. }
        | ApiError::MetadataDropped
        | ApiError::Key(_) => Exit::Refused,
        ApiError::Status(refusal)
            if refusal.status < 500 && matches!(error.retry(), Retry::Never | Retry::Later) =>
        {
            Exit::Refused
        }
        ApiError::Status(_)
        | ApiError::Tls { .. }
        | ApiError::Proxy { .. }
        | ApiError::UnknownHost { .. }
        | ApiError::Unconnected { .. }
        | ApiError::Timeout { .. }
        | ApiError::Broken { .. }
        // The cause of these is one of the others.
        | ApiError::GivenUp { .. }
        | ApiError::MayExist(_)
        | ApiError::Outage(_) => Exit::Undelivered,
        ApiError::Setup { .. } | ApiError::Spool { .. } | ApiError::SpoolContent { .. } => {
            Exit::Fault
        }
    }
}
