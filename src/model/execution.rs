//! An execution: what names it, what state it can be in, and what it links to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

/// An execution: the server's number, or that of an execution which waits in the outbox until a
/// server opens it. The server's column is a signed 32-bit integer: a larger number is a bare 500.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum ExecutionId {
    Server(i32),
    Outbox(i32),
}

/// The beginning of the name of an execution in the outbox.
const OUTBOX: &str = "outbox-";

impl ExecutionId {
    /// The number, which is also the name of its directory in a spool.
    pub fn number(self) -> i32 {
        match self {
            Self::Server(number) | Self::Outbox(number) => number,
        }
    }
}

impl FromStr for ExecutionId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (make, digits): (fn(i32) -> Self, _) = match text.strip_prefix(OUTBOX) {
            Some(digits) => (Self::Outbox, digits),
            None => (Self::Server, text),
        };
        match digits.parse::<i32>() {
            Ok(number) if number > 0 => Ok(make(number)),
            _ => Err("an execution is a number from 1 to 2147483647, as `to start` prints it"),
        }
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(number) => number.fmt(f),
            Self::Outbox(number) => write!(f, "{OUTBOX}{number}"),
        }
    }
}

impl TryFrom<Value> for ExecutionId {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        value.as_str().map_or_else(|| value.to_string().parse(), str::parse)
    }
}

impl From<ExecutionId> for Value {
    fn from(id: ExecutionId) -> Self {
        match id {
            ExecutionId::Server(number) => number.into(),
            ExecutionId::Outbox(_) => id.to_string().into(),
        }
    }
}

/// An object of the API, as the server tells it.
pub type JsonObject = Map<String, Value>;

/// The execution of a server that a directory belongs to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ExecutionRef {
    /// The server, in the form of `Target`'s `Display`.
    pub url: String,
    pub execution: ExecutionId,
}

/// The statuses of an execution that the server stores, in the API's spelling.
pub const STATUSES: [&str; 6] =
    ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", ENDED_PREMATURELY];

/// A status that PATCH alone takes: the server computes the execution's status from its results.
pub const COMPLETED: &str = "COMPLETED";

/// The status of an execution of which something may be missing.
pub const ENDED_PREMATURELY: &str = "ENDED_PREMATURELY";

/// A labelled link to something that belongs to an execution.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub label: String,
    pub url: String,
}

impl FromStr for Link {
    type Err = String;

    /// Reads `LABEL=URL`; the label ends at the first `=`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (label, url) = text.split_once('=').ok_or("a link is written LABEL=URL")?;
        let link = Self { label: label.trim().to_owned(), url: url.trim().to_owned() };
        link.problem().map_or(Ok(link), Err)
    }
}

/// The server answers 422 to a longer URL of a link.
const LONGEST_URL: usize = 2083;

impl Link {
    /// Tells whether both lead to the same place: the server adds a slash to `https://host`.
    pub fn same_as(&self, other: &Self) -> bool {
        let normal = |url: &str| Url::parse(url).map_or_else(|_| url.to_owned(), Into::into);
        self.label == other.label && normal(&self.url) == normal(&other.url)
    }

    /// Returns what the server would refuse, if anything: it answers 422 to a URL that is not one of http.
    pub fn problem(&self) -> Option<String> {
        if self.label.is_empty() {
            return Some("a link needs a label".to_owned());
        }
        if self.url.chars().count() > LONGEST_URL {
            return Some(format!("the URL of `{}` is over {LONGEST_URL} characters", self.label));
        }
        http_url_problem(&self.url)
    }
}

/// Returns why this is not a URL that the server takes, if it is not.
pub fn http_url_problem(text: &str) -> Option<String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => None,
        Ok(url) => Some(format!("`{text}` is a `{}` URL, not one of http or https", url.scheme())),
        Err(error) => Some(format!("`{text}` is not a URL: {error}")),
    }
}
