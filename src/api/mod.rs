//! A server: Test Observer's API, or a directory in its place.
//!
//! Commands know only the trait [`Server`]; which of the two they talk to is decided by the
//! `--url` alone. Nothing here knows how results are read, and nothing here prints.

mod error;
mod http;
mod retry;
mod spool;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::model::batch::Batch;
use crate::model::execution::{ExecutionId, Link};
use crate::model::start_request::StartRequest;

pub use error::{ApiError, KeyProblem, Refusal};
pub use http::{HttpServer, HttpSettings, Token};
pub use retry::{Policy, Repeat};
pub use spool::{ExecutionRef, Extent, Record, Spool, StatusUpdate};

/// What commands can ask of a server.
pub trait Server {
    /// Opens an execution, or finds the one with the same CI link.
    fn start(&self, request: &StartRequest) -> Result<ExecutionId, ApiError>;

    /// What the server knows of an execution; `None` where it is too old to tell (before 2025-11).
    fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, ApiError>;

    /// Adds a link. Appended each time: not to be repeated where its fate is unknown.
    fn add_link(&self, id: ExecutionId, link: &Link) -> Result<(), ApiError>;

    /// Stores a batch of results, all or none of it, and tells how long the server took.
    fn submit(&self, id: ExecutionId, batch: &Batch, repeat: Repeat) -> Result<Duration, ApiError>;

    /// The events of an execution; `None` where the server does not tell.
    fn status_updates(&self, id: ExecutionId) -> Result<Option<Vec<StatusUpdate>>, ApiError>;

    /// Adds an event. Appended each time: not to be repeated where its fate is unknown.
    fn add_status_update(&self, id: ExecutionId, update: &StatusUpdate) -> Result<(), ApiError>;

    /// Changes the execution and returns it as it is then.
    fn update(&self, id: ExecutionId, patch: &Patch) -> Result<Execution, ApiError>;

    /// Everything about an execution. Servers from before 2025-11 answer 405.
    fn show(&self, id: ExecutionId) -> Result<ExecutionDetails, ApiError>;

    /// Finds out whether this is a server, and whether results may be submitted. Tries once.
    ///
    /// # Errors
    /// [`ApiError::Key`] where it is one and they may not; else what makes it none.
    fn access(&self) -> Result<Access, ApiError>;
}

/// An object of the server's, as it is told.
pub type JsonObject = Map<String, Value>;

/// An execution with all its results.
#[derive(Debug)]
pub struct ExecutionDetails {
    pub execution: JsonObject,
    pub results: Vec<JsonObject>,
}

/// Why results may be submitted.
#[derive(Debug)]
pub enum Access {
    /// The server wants no key.
    Open { is_key_unknown: bool },
    /// The key is that of an application which may write.
    Granted { application: String },
    /// The directory can be written.
    Writable,
}

/// An execution as the server tells it.
#[derive(Debug, Deserialize)]
pub struct Execution {
    pub status: String,
    #[serde(default)]
    pub relevant_links: Vec<Link>,
}

/// The body of `PATCH /v1/test-executions/{id}`: only what is to change.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Patch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_link: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c3_link: Option<String>,
    /// Known-issue rules look at it while results are posted: it goes before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_metadata: Option<BTreeMap<String, Vec<String>>>,
}

impl Patch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        let Self { status, ci_link, c3_link, execution_metadata } = self;
        status.is_none() && ci_link.is_none() && c3_link.is_none() && execution_metadata.is_none()
    }
}

/// Where `--url` points.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    Api(Url),
    Spool(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("file:") {
            return spool_target(path);
        }
        let url = Url::parse(text).map_err(|error| {
            format!("{error}; an API is written https://HOST, a spool directory file:DIR")
        })?;
        api_target(url).map(Self::Api)
    }
}

/// Reads `DIR`, `/DIR` or the `///DIR` of a URL in full.
fn spool_target(path: &str) -> Result<Target, String> {
    let path = path.strip_prefix("//localhost").or(path.strip_prefix("//")).unwrap_or(path);
    if path.is_empty() {
        return Err("a spool directory is written file:DIR".to_owned());
    }
    Ok(Target::Spool(PathBuf::from(path)))
}

/// Brings `https://host`, `https://host/` and `https://host/v1/` to one form.
fn api_target(mut url: Url) -> Result<Url, String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{}` is none of https, http and file", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "a user or password has no place in it; the key goes to --api-key-file".to_owned()
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an API's URL has no query and no fragment".to_owned());
    }
    let path = url.path().trim_end_matches('/');
    let base = path.strip_suffix("/v1").unwrap_or(path).to_owned();
    url.set_path(&base);
    Ok(url)
}

impl Target {
    /// The form in which it is noted: a relative directory would mean another one elsewhere.
    ///
    /// # Errors
    /// A current directory that is gone.
    pub fn absolute(&self) -> std::io::Result<Self> {
        match self {
            Self::Api(url) => Ok(Self::Api(url.clone())),
            // One directory has one name, also where it is reached through `..` or a link.
            Self::Spool(path) => {
                let name = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
                Ok(Self::Spool(name?))
            }
        }
    }

    /// Whether what is sent there can be read on the way.
    pub fn is_exposed(&self) -> bool {
        match self {
            Self::Spool(_) => false,
            Self::Api(url) => url.scheme() == "http" && !is_loopback(url),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(url) => f.write_str(url.as_str().trim_end_matches('/')),
            Self::Spool(path) => write!(f, "file:{}", path.display()),
        }
    }
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
        outcome: Result<u16, &'a ApiError>,
    },
    /// The request will be made again.
    Retry { error: &'a ApiError, delay: Duration },
}
