//! Failures: what is said of an error, what cures it, and the exit status that it gives.
//!
//! Hints and statuses are functions of the error, so that a message is worded where the trouble is
//! known and its cure here, where the flags are.

use std::path::PathBuf;

use anyhow::Error;

use crate::api::{self, KeyProblem, Refusal};
use crate::delivery::replay::{MayBeStarted, OtherServer};
use crate::delivery::state_dir;
use crate::model::start_request::Problems;

/// The exit statuses, as the help lists them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    Success,
    /// A fault of `to` or of its machine.
    ReadError,
    /// The command line or configuration.
    Usage,
    /// Some input could not be read, or held nothing.
    Input,
    /// Not delivered.
    Undelivered,
    /// Refused by the server, or what answers is not the API.
    Refused,
    /// Delivered but for results that the server refused.
    RefusedResult,
    /// `--exit-code`: the execution is FAILED.
    Failed,
    /// `--exit-code`: the execution is `ENDED_PREMATURELY`.
    EndedPrematurely,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// `to run`: the command's own.
    Command(u8),
}

impl Exit {
    /// The one to exit with where both apply.
    pub fn and(self, other: Self) -> Self {
        if self.rank() <= other.rank() { self } else { other }
    }

    /// The number that the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::ReadError => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Undelivered => 4,
            Self::Refused => 5,
            Self::RefusedResult => 6,
            Self::Failed => 10,
            Self::EndedPrematurely => 11,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Command(code) => code,
        }
    }

    /// The order in which statuses hide each other.
    fn rank(self) -> u8 {
        match self {
            Self::Command(_) | Self::Interrupted | Self::Terminated => 0,
            Self::ReadError => 1,
            Self::Usage => 2,
            Self::Undelivered => 3,
            Self::Refused => 4,
            Self::RefusedResult => 5,
            Self::Input => 6,
            Self::Failed | Self::EndedPrematurely => 7,
            Self::Success => 8,
        }
    }
}

/// A configuration that clap cannot find fault with, with its cure.
#[derive(Debug)]
pub struct Usage {
    pub problem: String,
    pub hint: Option<String>,
}

/// Nothing that could be sent.
#[derive(Debug)]
pub enum NoResults {
    InReports,
    InSpool(PathBuf),
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Usage {}

impl std::fmt::Display for NoResults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InReports => f.write_str("there are no results to send"),
            Self::InSpool(path) => write!(f, "{}: no execution is recorded there", path.display()),
        }
    }
}

impl std::error::Error for NoResults {}

/// The exit status of an error.
pub fn exit(error: &Error) -> Exit {
    if let Some(error) = error.downcast_ref::<api::ApiError>() {
        return server_exit(error.cause());
    }
    if let Some(error) = error.downcast_ref::<state_dir::StateError>() {
        return match error {
            state_dir::StateError::Unwritable { .. } | state_dir::StateError::Unreadable { .. } => {
                Exit::ReadError
            }
            _ => Exit::Usage,
        };
    }
    if error.is::<NoResults>() {
        return Exit::Input;
    }
    if error.is::<MayBeStarted>() {
        return Exit::Undelivered;
    }
    if error.is::<Usage>() || error.is::<Problems>() || error.is::<OtherServer>() {
        return Exit::Usage;
    }
    Exit::ReadError
}

/// The exit status of a command that a signal ended.
pub fn exit_of_signal(signal: u8) -> Exit {
    if signal == 2 { Exit::Interrupted } else { Exit::Terminated }
}

fn server_exit(error: &api::ApiError) -> Exit {
    match error {
        api::ApiError::Interrupted { signal } => exit_of_signal(*signal),
        api::ApiError::ExposedKey { .. } | api::ApiError::CaCert { .. } => Exit::Usage,
        api::ApiError::NotTheApi { .. }
        | api::ApiError::NoSuchExecution { .. }
        | api::ApiError::Key(_) => Exit::Refused,
        api::ApiError::Status(refusal) if refusal.status < 500 && !error.is_transient() => {
            Exit::Refused
        }
        api::ApiError::Status(_) | api::ApiError::Tls { .. } => Exit::Undelivered,
        error if error.is_transient() => Exit::Undelivered,
        _ => Exit::ReadError,
    }
}

/// What would cure an error, where something is known to.
pub fn hint(error: &Error) -> Option<String> {
    if let Some(error) = error.downcast_ref::<api::ApiError>() {
        if let api::ApiError::MayExist(_) = error {
            return Some(MAY_EXIST.to_owned());
        }
        return server_hint(error.cause()).map(Into::into);
    }
    if let Some(error) = error.downcast_ref::<state_dir::StateError>() {
        return state_hint(error).map(Into::into);
    }
    if let Some(NoResults::InReports) = error.downcast_ref() {
        return Some("--allow-empty makes this no error".to_owned());
    }
    if error.is::<MayBeStarted>() {
        let hint = "look for it at the server; --start-again opens another execution";
        return Some(hint.to_owned());
    }
    if error.is::<OtherServer>() {
        return Some("push with that --url".to_owned());
    }
    if error.is::<Problems>() {
        return Some("every flag has a variable: that of --test-plan is TO_TEST_PLAN".to_owned());
    }
    if error.is::<MayBeStarted>() {
        return Some("where the server has it not, --start-again opens it".to_owned());
    }
    if error.is::<OtherServer>() {
        return Some("use that --url".to_owned());
    }
    error.downcast_ref::<Usage>().and_then(|usage| usage.hint.clone())
}

fn server_hint(error: &api::ApiError) -> Option<&'static str> {
    Some(match error {
        api::ApiError::ExposedKey { .. } => "use https, or leave out the key",
        api::ApiError::UnknownHost { .. } => "check the host in --url (or TO_URL)",
        api::ApiError::Unconnected { .. } => {
            "check --url (or TO_URL), and whether the server is up and this network reaches it"
        }
        api::ApiError::Tls { .. } => "--ca-cert PEM trusts a private certificate authority",
        api::ApiError::Timeout { .. } => "--timeout SECONDS allows one request more time",
        api::ApiError::NotTheApi { .. } => {
            "--url (or TO_URL) takes the API's address, which is not that of its web page"
        }
        api::ApiError::NoSuchExecution { .. } => UNKNOWN_EXECUTION,
        api::ApiError::Key(problem) => key_hint(problem),
        api::ApiError::Status(refusal) => return refusal_hint(refusal),
        _ => return None,
    })
}

const MAY_EXIST: &str = "look for it before you start another; with --ci-link (or TO_CI_LINK) a \
                         start may be repeated";

const UNKNOWN_EXECUTION: &str =
    "`to start` opens an execution; --execution (or TO_EXECUTION) chooses another";

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

fn state_hint(error: &state_dir::StateError) -> Option<&'static str> {
    Some(match error {
        state_dir::StateError::Unwritable { .. } => {
            "--state-dir (or TO_STATE_DIR) chooses another directory"
        }
        state_dir::StateError::Unreadable { .. } => return None,
        state_dir::StateError::Damaged { .. } => {
            "`to start` writes it anew; --execution does without it"
        }
        state_dir::StateError::NoNote { .. } => {
            "run `to start` first, in this directory, or say --execution (or TO_EXECUTION)"
        }
        state_dir::StateError::OtherServer { .. } => {
            "use that --url, run `to start` for this one, or say --execution (or TO_EXECUTION)"
        }
    })
}
