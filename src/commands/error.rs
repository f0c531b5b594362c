//! The error that ends a command: its message, the exit status that it gives, and its cure.
//!
//! A message is worded where the trouble is known. Its status and cure are found here, where the flags
//! are known, by a conversion from each error of the rooms below: the compiler asks for one that is
//! missing.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::api::{ApiError, KeyProblem, Refusal};
use crate::commands::exit::Exit;
use crate::delivery::replay::ReplayError;
use crate::delivery::state_dir::StateError;
use crate::delivery::submitter::LostResults;
use crate::model::start_request::InvalidRequest;
use crate::submission::error::SubmissionError;
use crate::ui::terminal::OutputError;
use crate::util::text::os_message;

/// An error with the exit status that it gives, and what would cure it.
#[derive(Debug)]
pub struct CommandError {
    source: anyhow::Error,
    pub exit: Exit,
    pub hints: Vec<Cow<'static, str>>,
}

impl CommandError {
    fn new(source: impl Into<anyhow::Error>, exit: Exit) -> Self {
        Self { source: source.into(), exit, hints: Vec::new() }
    }

    /// Makes an error of something that this machine does not do.
    pub fn fault(source: impl Into<anyhow::Error>) -> Self {
        Self::new(source, Exit::Fault)
    }

    /// Makes an error of a command line or configuration that clap cannot find fault with.
    pub fn usage(problem: impl Into<String>) -> Self {
        Self::new(anyhow::Error::msg(problem.into()), Exit::Usage)
    }

    /// Adds a cure.
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Puts the thing first that the error is about.
    pub fn context(self, thing: impl Into<String>) -> Self {
        Self { source: self.source.context(thing.into()), ..self }
    }

    /// Returns the error with its causes, as one line but for lists.
    pub fn message(&self) -> String {
        let mut causes = Vec::new();
        for cause in self.source.chain() {
            causes.push(os_message(cause));
        }
        causes.join(": ")
    }
}

/// Reports or a spool in which there is nothing to send.
#[derive(Debug, thiserror::Error)]
pub enum NoResults {
    #[error("there are no results to send")]
    InReports,
    #[error("{}: no execution is recorded there", .0.display())]
    InSpool(PathBuf),
}

impl From<NoResults> for CommandError {
    fn from(error: NoResults) -> Self {
        let hint = match error {
            NoResults::InReports => Some("--allow-empty makes this no error"),
            NoResults::InSpool(_) => None,
        };
        Self::new(error, Exit::Input).hints(hint)
    }
}

impl From<InvalidRequest> for CommandError {
    fn from(error: InvalidRequest) -> Self {
        Self::new(error, Exit::Usage)
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
        Self::new(error, exit)
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
            ReplayError::NoRequest { .. }
            | ReplayError::NotJson { .. }
            | ReplayError::Directory { .. } => Self::fault(error),
        }
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        let (exit, hint) = match error {
            StateError::Unwritable { .. } => {
                (Exit::Fault, Some("--state-dir (or TO_STATE_DIR) chooses another directory"))
            }
            StateError::Unreadable { .. } => (Exit::Fault, None),
            StateError::Damaged { .. } => {
                (Exit::Usage, Some("`to start` writes it anew; --execution does without it"))
            }
            StateError::NoNote { .. } => (
                Exit::Usage,
                Some(
                    "run `to start` first, in this directory, or say --execution (or TO_EXECUTION)",
                ),
            ),
            StateError::OtherServer { .. } => (
                Exit::Usage,
                Some(
                    "use that --url, run `to start` for this one, or say --execution \
                     (or TO_EXECUTION)",
                ),
            ),
        };
        Self::new(error, exit).hints(hint)
    }
}

impl From<ApiError> for CommandError {
    fn from(error: ApiError) -> Self {
        let hint = match &error {
            ApiError::MayExist(_) => Some(MAY_EXIST),
            error => api_hint(error.cause()),
        };
        let exit = exit_status_of(&error);
        Self::new(error, exit).hints(hint)
    }
}

impl CommandError {
    fn hints(mut self, hint: Option<&'static str>) -> Self {
        self.hints.extend(hint.map(Cow::Borrowed));
        self
    }
}

/// Returns the exit status of what a server did, or did not.
pub fn exit_status_of(error: &ApiError) -> Exit {
    match error.cause() {
        ApiError::Interrupted { signal } => Exit::Signal(*signal),
        ApiError::ExposedKey { .. } | ApiError::CaCert { .. } => Exit::Usage,
        ApiError::NotTheApi { .. } | ApiError::NoSuchExecution { .. } | ApiError::Key(_) => {
            Exit::Refused
        }
        ApiError::Status(refusal) if refusal.status < 500 && !error.is_transient() => Exit::Refused,
        ApiError::Status(_)
        | ApiError::Tls { .. }
        | ApiError::UnknownHost { .. }
        | ApiError::Unconnected { .. }
        | ApiError::Timeout { .. }
        | ApiError::Broken { .. }
        // The cause of these is one of the others.
        | ApiError::GivenUp { .. }
        | ApiError::MayExist(_) => Exit::Undelivered,
        ApiError::Setup { .. } | ApiError::Spool { .. } | ApiError::SpoolContent { .. } => {
            Exit::Fault
        }
    }
}

const MAY_EXIST: &str = "look for it before you start another; with --ci-link (or TO_CI_LINK) a \
                         start may be repeated";

const UNKNOWN_EXECUTION: &str =
    "`to start` opens an execution; --execution (or TO_EXECUTION) chooses another";

fn api_hint(error: &ApiError) -> Option<&'static str> {
    Some(match error {
        ApiError::ExposedKey { .. } => "use https, or leave out the key",
        ApiError::UnknownHost { .. } => "check the host in --url (or TO_URL)",
        ApiError::Unconnected { .. } => {
            "check --url (or TO_URL), and whether the server is up and this network reaches it"
        }
        ApiError::Tls { .. } => "--ca-cert PEM trusts a private certificate authority",
        ApiError::Timeout { .. } => "--timeout SECONDS allows one request more time",
        ApiError::NotTheApi { .. } => {
            "--url (or TO_URL) takes the API's address, which is not that of its web page"
        }
        ApiError::NoSuchExecution { .. } => UNKNOWN_EXECUTION,
        ApiError::Key(problem) => key_hint(problem),
        ApiError::Status(refusal) => return refusal_hint(refusal),
        ApiError::CaCert { .. }
        | ApiError::Setup { .. }
        | ApiError::Broken { .. }
        | ApiError::Interrupted { .. }
        | ApiError::GivenUp { .. }
        | ApiError::MayExist(_)
        | ApiError::Spool { .. }
        | ApiError::SpoolContent { .. } => return None,
    })
}

fn key_hint(problem: &KeyProblem) -> &'static str {
    match problem {
        KeyProblem::NoneGiven => "no key was sent: give one with --api-key-file or TO_API_KEY",
        KeyProblem::Unknown => {
            "the server does not know the key: check --api-key, --api-key-file and TO_API_KEY"
        }
        KeyProblem::Lacks { .. } => {
            "the key is known, but its application lacks the permission `change_test`: \
             ask an administrator of Test Observer for it"
        }
    }
}

fn refusal_hint(refusal: &Refusal) -> Option<&'static str> {
    Some(match (refusal.status, &refusal.key) {
        (_, Some(problem)) => key_hint(problem),
        (403, None) if refusal.from_proxy => "a proxy refuses this network: is the VPN connected?",
        // The words with which the API answers for a path that it does not have.
        (404, None) if refusal.words == "Not Found" => {
            "--url (or TO_URL) takes the API's address: nothing is known at this one"
        }
        (404, None) => UNKNOWN_EXECUTION,
        (422, None) => {
            "nothing of this request was stored: mend what is named and repeat the command"
        }
        (413, None) => "the proxy before the server limits the size of a request",
        (407, None) => "the proxy wants credentials: check HTTPS_PROXY",
        _ => return None,
    })
}
