//! Errors of a server, or of the way to it. What follows from one for the next request is decided in
//! `retry`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::network::{ProxyProblem, TlsProblem};
use crate::util::text::innermost;

/// A failed request, or a request that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("the key is not sent to {url}: plain http can be read on the way")]
    ExposedKey { url: String },
    #[error("--ca-cert {}: {reason}", path.display())]
    CaCert { path: PathBuf, reason: String },
    #[error("cannot set up the HTTP client: {reason}")]
    Setup { reason: String },
    #[error("cannot reach {url}: unknown host")]
    UnknownHost { url: String },
    /// No connection; nothing was sent.
    #[error("cannot reach {url}: {reason}")]
    Unconnected { url: String, reason: String },
    /// A connection that cannot be trusted, or is none of TLS; nothing was sent.
    #[error("cannot trust {url}: {problem}")]
    Tls { url: String, problem: TlsProblem },
    /// A variable that is to name a proxy.
    #[error("the variable {variable} cannot be used: {reason}")]
    ProxyVariable { variable: &'static str, reason: String },
    /// No connection through a proxy, with its address and variable; nothing was sent.
    #[error("cannot reach {url} through the proxy {proxy}: {problem}")]
    Proxy { url: String, proxy: String, problem: ProxyProblem },
    #[error("{url} is not Test Observer's API: what answers does not speak HTTP")]
    NotHttp { url: String },
    #[error("{url} is not Test Observer's API: what answers there takes https")]
    WantsHttps { url: String },
    #[error("{url} answers with more than {mebibytes} MiB")]
    TooLong { url: String, mebibytes: usize },
    #[error("no answer from {url} within {} s", after.as_secs_f64())]
    Timeout { url: String, after: Duration },
    /// The connection broke before the answer was whole.
    #[error("the connection to {url} broke: {reason}")]
    Broken { url: String, reason: String },
    /// The API, or a proxy before it, answered with an error.
    #[error(transparent)]
    Status(Box<Refusal>),
    /// The server was asked about the key, and it may not be used to write.
    #[error(transparent)]
    Key(#[from] KeyProblem),
    /// A web page, a redirect, or another answer that is not the API's.
    #[error("{url} is not Test Observer's API: it answers with {what}")]
    NotTheApi { url: String, what: String },
    /// A server from before 2025-07-30 ignores what it does not know.
    #[error("the server is too old for metadata, and drops it")]
    MetadataDropped,
    /// A signal asked to end.
    #[error("{}", if *signal == 2 { "interrupted" } else { "terminated" })]
    Interrupted { signal: u8 },
    /// The error that ended several attempts.
    #[error("{last}{}{}", tries(*attempts, *elapsed), wish(*asked))]
    GivenUp {
        attempts: u32,
        /// Since anything was accepted.
        elapsed: Duration,
        /// Nothing was accepted for as long as anybody wanted to wait.
        is_exhausted: bool,
        /// The wait that the server asked for, where nobody wanted to wait as long.
        asked: Option<Duration>,
        /// Known causes of a server's failure that no repetition cures.
        causes: Option<&'static str>,
        last: Box<Self>,
    },
    /// The last of many errors of a server that takes no result.
    #[error("{0}")]
    Outage(Box<Self>),
    /// A start that must not be repeated, and may have been carried out.
    #[error("the execution may exist all the same: {0}")]
    MayExist(Box<Self>),
    /// The directory that stands in place of a server cannot be read or written.
    #[error("{}", path.display())]
    Spool { path: PathBuf, source: io::Error },
    /// The spool directory holds what is not to be there.
    #[error("{}: {reason}", path.display())]
    SpoolContent { path: PathBuf, reason: String },
    #[error("no such execution: {} does not exist", path.display())]
    NoSuchExecution { path: PathBuf },
}

/// An error status with what was said about it.
#[derive(Debug, thiserror::Error)]
#[error("{} answered {status}: {words}", if *from_proxy { "a proxy" } else { "the server" })]
pub struct Refusal {
    pub status: u16,
    /// The server's words, short.
    pub words: String,
    /// The problems of a 422, each with what it is about; its message leaves them to who shows it.
    pub problems: Vec<String>,
    /// Those of them that are about one element of a list.
    pub invalid_items: Vec<InvalidItem>,
    pub retry_after: Option<Duration>,
    pub key: Option<KeyProblem>,
    /// A proxy's page said it, not the API.
    pub from_proxy: bool,
}

/// An element of a list that the server does not take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidItem {
    /// Its place in the list, from 0.
    pub index: usize,
    pub reason: String,
}

/// The meaning of the server's single 403.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyProblem {
    #[error("the server wants a key")]
    NoneGiven,
    #[error("the key is unknown to the server")]
    Unknown,
    /// The application that the key belongs to, where it is told, may not do it.
    #[error("the key{} lacks `{permission}`", of(.application.as_deref()))]
    Lacks { application: Option<String>, permission: &'static str },
}

impl ApiError {
    /// Makes one of what keeps the client from being set up on this machine.
    pub fn setup(error: &dyn std::error::Error) -> Self {
        Self::Setup { reason: innermost(error) }
    }

    /// Makes one of an I/O error at `path`.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Spool { path, source }
    }

    /// Returns the error itself, without the count of its attempts.
    pub fn cause(&self) -> &Self {
        match self {
            Self::GivenUp { last, .. } | Self::MayExist(last) | Self::Outage(last) => last.cause(),
            other => other,
        }
    }

    /// Returns the reason for which something alone was refused: all that is said, on one line.
    pub fn reason(&self) -> String {
        match self.cause() {
            Self::Status(refusal) if !refusal.problems.is_empty() => {
                format!("{refusal}: {}", refusal.problems.join("; "))
            }
            cause => cause.to_string(),
        }
    }
}

impl Refusal {
    /// Tells whether the API says that there is no such execution: only who may have it is told so.
    pub fn is_unknown_execution(&self) -> bool {
        self.status == 404 && !self.from_proxy && self.words == "TestExecution not found"
    }

    /// Tells whether the API says that there is no such execution to be run again.
    pub fn is_unknown_rerun(&self) -> bool {
        self.status == 404 && self.words == "Didn't find test executions with provided ids"
    }

    /// Tells whether the API, and not a proxy, refuses for want of a key or a permission.
    pub fn is_for_want_of_permission(&self) -> bool {
        let words = ["Insufficient permissions", "Not authenticated"];
        matches!(self.status, 401 | 403) && !self.from_proxy && words.contains(&&*self.words)
    }
}

fn tries(attempts: u32, elapsed: Duration) -> String {
    match attempts {
        1 => String::new(),
        _ => format!(" (tried {attempts} times in {:.1} s)", elapsed.as_secs_f64()),
    }
}

fn wish(asked: Option<Duration>) -> String {
    asked
        .map(|wait| format!("; it asks for a wait of {} s", wait.as_secs_f64()))
        .unwrap_or_default()
}

fn of(application: Option<&str>) -> String {
    application.map(|name| format!(" of the application `{name}`")).unwrap_or_default()
}

#[cfg(test)]
pub mod examples {
    use super::*;

    fn plain(status: u16) -> Refusal {
        Refusal {
            status,
            words: "no".to_owned(),
            problems: Vec::new(),
            invalid_items: Vec::new(),
            retry_after: None,
            key: None,
            from_proxy: false,
        }
    }

    /// Returns the error of an answer of this status in which nothing else is said.
    pub fn refusal(status: u16) -> ApiError {
        ApiError::Status(Box::new(plain(status)))
    }

    /// Returns the same from a proxy.
    pub fn refusal_of_proxy(status: u16) -> ApiError {
        ApiError::Status(Box::new(Refusal { from_proxy: true, ..plain(status) }))
    }

    /// Returns the same with a wait in seconds that the server asks for.
    pub fn refusal_after(status: u16, seconds: u64) -> ApiError {
        let retry_after = Some(Duration::from_secs(seconds));
        ApiError::Status(Box::new(Refusal { retry_after, ..plain(status) }))
    }
}
