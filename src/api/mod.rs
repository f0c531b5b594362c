//! A server: Test Observer's API, or a directory in its place.
//!
//! Commands know only the trait [`Server`]; which of the two they talk to is decided by the
//! `--url` alone. Nothing here knows how results are read, and nothing here prints.

mod error;
mod http;
mod network;
mod retry;
mod spool;
mod target;

use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::model::encoded::Batch;
use crate::model::execution::{ExecutionId, JsonObject, Link};
use crate::model::family::Family;
use crate::model::start_request::StartRequest;
use crate::model::update::{Patch, StatusUpdate};

#[cfg(test)]
pub use error::examples;
pub use error::{ApiError, InvalidItem, KeyProblem, Refusal};
pub use http::{HttpServer, HttpSettings, Token};
pub use network::{ProxyProblem, TlsProblem};
pub use retry::{Applied, BatchProblem, Bounds, Policy, Repeat, Retry, Scope};
pub use spool::{BadLine, Extent, Record, Records, Spool};
pub use target::Target;

/// What commands can ask of a server.
pub trait Server {
    /// Opens an execution, or finds the one with the same CI link.
    fn start(&self, request: &StartRequest) -> Result<ExecutionId, ApiError>;

    /// Returns what the server knows of an execution; `None` where it is too old to tell (before 2025-11).
    fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, ApiError>;

    /// Adds a link. Appended each time: not to be repeated where its fate is unknown.
    fn add_link(&self, id: ExecutionId, link: &Link) -> Result<(), ApiError>;

    /// Stores a batch of results, all or none of it, and tells how long the server took.
    fn submit(&self, id: ExecutionId, batch: &Batch, repeat: Repeat) -> Result<Duration, ApiError>;

    /// Waits as before the second attempt at a request that failed with `error`.
    ///
    /// # Errors
    /// [`ApiError::Interrupted`].
    fn pause(&self, error: &ApiError) -> Result<(), ApiError>;

    /// The events of an execution; `None` where the server does not tell.
    fn status_updates(&self, id: ExecutionId) -> Result<Option<Vec<StatusUpdate>>, ApiError>;

    /// Adds an event. Appended each time: not to be repeated where its fate is unknown.
    fn add_status_update(&self, id: ExecutionId, update: &StatusUpdate) -> Result<(), ApiError>;

    /// Changes the execution and returns it as it is then.
    fn update(&self, id: ExecutionId, patch: &Patch) -> Result<Execution, ApiError>;

    /// Returns all that the server tells of an execution but its results.
    fn details(&self, id: ExecutionId) -> Result<JsonObject, ApiError>;

    /// Reads the results of an execution, as many as there are, and has `each` look at the JSON of one
    /// after the other; `false` from it means that this is no result.
    ///
    /// Returns `false` where the server does not tell them to this key.
    fn results(
        &self,
        id: ExecutionId,
        each: &mut dyn FnMut(String) -> bool,
    ) -> Result<bool, ApiError>;

    /// Finds the artefact of an execution. `None` where the server does not tell (before 2026-03).
    fn artefact(
        &self,
        id: ExecutionId,
        search: &ArtefactSearch,
    ) -> Result<Option<Artefact>, ApiError>;

    /// Requests that an execution be run again, and tells whether the server knows it.
    fn request_rerun(&self, id: ExecutionId, priority: Option<i32>) -> Result<bool, ApiError>;

    /// Lists the reruns that are requested, as the server tells them: the most urgent first.
    fn reruns(&self, filter: &RerunFilter) -> Result<Vec<JsonObject>, ApiError>;

    /// Takes the request for an execution off the list, whether it is on it or not, and tells whether
    /// the server knows the execution.
    fn remove_rerun(&self, id: ExecutionId) -> Result<bool, ApiError>;

    /// Finds out whether this is a server, and what may be done there. Tries once.
    ///
    /// # Errors
    /// What makes it none.
    fn access(&self) -> Result<Access, ApiError>;
}

/// The artefact and build that an execution tests; what is not known is empty.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Artefact {
    /// Absent where only a server could tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(default)]
    pub family: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub stage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    #[serde(default)]
    pub arch: String,
}

impl Artefact {
    /// Returns the one that the request of a start names.
    pub fn of_start(request: &JsonObject) -> Self {
        let text =
            |field: &str| request.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            id: None,
            family: text("family"),
            name: text("name"),
            version: text("version"),
            stage: text("execution_stage"),
            revision: request.get("revision").and_then(Value::as_i64),
            arch: text("arch"),
        }
    }
}

/// What is known of an execution whose artefact is looked for: it cannot be searched by its id.
#[derive(Debug, Default)]
pub struct ArtefactSearch {
    pub environment: Option<String>,
    pub has_results: bool,
    /// One of its results, which finds it alone.
    pub result: Option<u64>,
}

/// The reruns that a lab can do.
#[derive(Debug, Default)]
pub struct RerunFilter {
    pub family: Option<Family>,
    pub environment: Option<String>,
    /// That of the environment.
    pub arch: Option<String>,
}

/// What may be done at a server.
#[derive(Debug)]
pub struct Access {
    pub key: Key,
    /// Executions can be started and changed.
    pub writes: bool,
    /// Executions and results can be looked at.
    pub reads: bool,
}

/// What a server knows of the key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Key {
    /// None was given.
    None,
    Unknown,
    Known {
        application: String,
        permissions: Vec<String>,
    },
    /// The server does not tell: before 2025-09-10 it knows no keys.
    Untold,
}

/// An execution as the server tells it.
#[derive(Debug, Deserialize)]
pub struct Execution {
    pub status: String,
    #[serde(default)]
    pub environment: Option<JsonObject>,
    #[serde(default)]
    pub relevant_links: Vec<Link>,
    /// The server knows metadata: those from before 2025-07-30 do not.
    #[serde(default, rename = "execution_metadata", deserialize_with = "is_there")]
    pub has_metadata: bool,
}

/// Reads whatever a field holds as the fact that it is there.
fn is_there<'de, D: Deserializer<'de>>(field: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(field).map(|_| true)
}

/// Makes the server that `target` names, and asks nothing of it yet.
///
/// # Errors
/// A key that would cross an open line, a certificate that cannot be read.
pub fn connect(
    target: &Target,
    settings: HttpSettings,
    listener: Listener,
) -> Result<Box<dyn Server>, ApiError> {
    match target {
        Target::Spool(directory) => Ok(Box::new(Spool::new(directory.clone()))),
        Target::Api(url) => {
            if settings.token.is_some() && target.is_exposed() {
                return Err(ApiError::ExposedKey { url: target.to_string() });
            }
            Ok(Box::new(HttpServer::new(url, settings, listener)?))
        }
    }
}

/// Told of each [`Event`] while a server works.
pub type Listener = Box<dyn Fn(&Event<'_>)>;

/// What happens between a command's question and the server's answer.
#[derive(Debug)]
pub enum Event<'a> {
    /// A request was answered, or failed.
    Request {
        method: &'a str,
        path: &'a str,
        /// Bytes of the request's body.
        bytes: usize,
        elapsed: Duration,
        /// Counted from 1.
        attempt: u32,
        /// The address and variable of the proxy that it went through.
        proxy: Option<&'a str>,
        outcome: Result<u16, &'a ApiError>,
    },
    /// The request will be made again.
    Retry {
        error: &'a ApiError,
        /// Made so far.
        attempts: u32,
        delay: Duration,
        /// Until it is given up.
        left: Duration,
    },
    /// The server fails at a request so often that this may be why.
    Causes(&'static str),
}
