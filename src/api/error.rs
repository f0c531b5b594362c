//! Why a server did not do what it was asked: one function from its answer to an error.
//!
//! The server's own words are kept, in whichever of its shapes they come (`contract`: a list of
//! details, a string, plain text, a proxy's HTML). What to do about an error is said elsewhere.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::network::{ProxyProblem, TlsProblem};
use crate::util::text::os_message;

/// No more of a server's words than this is shown: an echo of the input may be megabytes long.
const WORDS_SHOWN: usize = 300;

/// A failed request, or a request that could not be made.
#[derive(Debug)]
pub enum ApiError {
    /// A key would cross the network in the clear.
    ExposedKey {
        url: String,
    },
    /// The file of `--ca-cert` cannot be used.
    CaCert {
        path: PathBuf,
        reason: String,
    },
    /// The client cannot be set up on this machine.
    Setup {
        reason: String,
    },
    UnknownHost {
        url: String,
    },
    /// No connection; nothing was sent.
    Unconnected {
        url: String,
        reason: String,
    },
    /// A connection that cannot be trusted, or is none of TLS; nothing was sent.
    Tls {
        url: String,
        problem: TlsProblem,
    },
    /// A variable that is to name a proxy.
    ProxyVariable {
        variable: &'static str,
        reason: String,
    },
    /// No connection through a proxy; nothing was sent.
    Proxy {
        url: String,
        /// Its address and variable.
        proxy: String,
        problem: ProxyProblem,
    },
    /// Another protocol than HTTP.
    NotHttp {
        url: String,
    },
    /// An answer that is longer than any of the API's.
    TooLong {
        url: String,
        mebibytes: usize,
    },
    /// No answer in time. The request may have been carried out.
    Timeout {
        url: String,
        after: Duration,
    },
    /// The connection broke before the answer was whole. The request may have been carried out.
    Broken {
        url: String,
        reason: String,
    },
    /// The API, or a proxy before it, answered with an error.
    Status(Box<Refusal>),
    /// The server was asked about the key, and it may not be used to write.
    Key(KeyProblem),
    /// What answers is not the API: a web page, a redirect.
    NotTheApi {
        url: String,
        what: String,
    },
    /// A signal asked to end.
    Interrupted {
        signal: u8,
    },
    /// The error that ended several attempts.
    GivenUp {
        attempts: u32,
        /// Since anything was accepted.
        elapsed: Duration,
        /// Nothing else is worth trying either.
        retries_exhausted: bool,
        last: Box<ApiError>,
    },
    /// A start that must not be repeated, and may have been carried out.
    MayExist(Box<ApiError>),
    /// The directory that stands in place of a server cannot be read or written.
    Spool {
        path: PathBuf,
        source: io::Error,
    },
    /// What the spool directory holds is not what it should.
    SpoolContent {
        path: PathBuf,
        reason: String,
    },
    /// The spool directory holds no such execution.
    NoSuchExecution {
        path: PathBuf,
    },
}

/// An error status with what was said about it.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    /// The server's words, short.
    pub words: String,
    /// The problems of a 422, each with what it is about.
    pub problems: Vec<String>,
    /// Those of them that are about one element of a list, by its place.
    pub invalid_items: Vec<(usize, String)>,
    pub retry_after: Option<Duration>,
    pub key: Option<KeyProblem>,
    /// Whether a proxy's page said it, not the API.
    pub from_proxy: bool,
}

/// What the server's single 403 means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyProblem {
    NoneGiven,
    Unknown,
    /// The application that the key belongs to may not write.
    Lacks {
        application: String,
        permission: &'static str,
    },
}

impl ApiError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::UnknownHost { .. }
            | Self::Unconnected { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. } => true,
            Self::Proxy { problem, .. } => {
                !matches!(problem, ProxyProblem::Refused { status: 403 | 407, .. })
            }
            Self::Status(refusal) => {
                matches!(refusal.status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            Self::GivenUp { last, .. } => last.is_transient(),
            _ => false,
        }
    }

    /// Whether the server may have carried out the request all the same.
    pub fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Broken { .. } | Self::Interrupted { .. } => true,
            Self::Status(refusal) => matches!(refusal.status, 502 | 504),
            Self::GivenUp { last, .. } | Self::MayExist(last) => last.may_have_been_applied(),
            _ => false,
        }
    }

    /// Whether repeating will never help: nobody can change what was asked for.
    pub fn is_final(&self) -> bool {
        matches!(self.cause(), Self::NoSuchExecution { .. })
            || matches!(self.status(), Some(400 | 404 | 405 | 422))
    }

    /// Whether nothing was accepted for as long as anybody wanted to wait.
    pub fn retries_exhausted(&self) -> bool {
        matches!(self, Self::GivenUp { retries_exhausted: true, .. })
    }

    /// Whether the server failed at the request itself.
    pub fn is_crash(&self) -> bool {
        self.status() == Some(500)
    }

    /// Whether the request took the server, or the proxy's patience, too long.
    pub fn is_delay(&self) -> bool {
        matches!(self.cause(), Self::Timeout { .. }) || self.status() == Some(504)
    }

    /// The status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self.cause() {
            Self::Status(refusal) => Some(refusal.status),
            _ => None,
        }
    }

    /// The elements of a list that a 422 is about, by place, each with what is wrong.
    pub fn invalid_items(&self) -> &[(usize, String)] {
        match self.cause() {
            Self::Status(refusal) => &refusal.invalid_items,
            _ => &[],
        }
    }

    /// The wait that the server asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(refusal) => refusal.retry_after,
            _ => None,
        }
    }

    /// The error itself, without the count of its attempts.
    pub fn cause(&self) -> &Self {
        match self {
            Self::GivenUp { last, .. } | Self::MayExist(last) => last.cause(),
            other => other,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExposedKey { url } => {
                write!(f, "the key is not sent to {url}: plain http can be read on the way")
            }
            Self::CaCert { path, reason } => write!(f, "--ca-cert {}: {reason}", path.display()),
            Self::Setup { reason } => write!(f, "cannot set up the HTTP client: {reason}"),
            Self::UnknownHost { url } => write!(f, "cannot reach {url}: unknown host"),
            Self::Unconnected { url, reason } => write!(f, "cannot reach {url}: {reason}"),
            Self::Tls { url, problem } => write!(f, "cannot trust {url}: {problem}"),
            Self::ProxyVariable { variable, reason } => {
                write!(f, "the variable {variable} cannot be used: {reason}")
            }
            Self::Proxy { url, proxy, problem } => {
                write!(f, "cannot reach {url} through the proxy {proxy}: {problem}")
            }
            Self::NotHttp { url } => {
                write!(f, "{url} is not Test Observer's API: what answers does not speak HTTP")
            }
            Self::TooLong { url, mebibytes } => {
                write!(f, "{url} answers with more than {mebibytes} MiB")
            }
            Self::Timeout { url, after } => {
                write!(f, "no answer from {url} within {} s", after.as_secs_f64())
            }
            Self::Broken { url, reason } => write!(f, "the connection to {url} broke: {reason}"),
            Self::Status(refusal) => refusal.fmt(f),
            Self::Key(problem) => problem.fmt(f),
            Self::NotTheApi { url, what } => {
                write!(f, "{url} is not Test Observer's API: it answers with {what}")
            }
            Self::Interrupted { signal: 2 } => f.write_str("interrupted"),
            Self::Interrupted { .. } => f.write_str("terminated"),
            Self::GivenUp { attempts: 1, last, .. } => last.fmt(f),
            Self::GivenUp { attempts, elapsed, last, .. } => {
                write!(f, "{last} (tried {attempts} times in {:.1} s)", elapsed.as_secs_f64())
            }
            Self::MayExist(error) => write!(f, "the execution may exist all the same: {error}"),
            Self::Spool { path, source } => write!(f, "{}: {}", path.display(), os_message(source)),
            Self::SpoolContent { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::NoSuchExecution { path } => {
                write!(f, "no such execution: {} does not exist", path.display())
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.from_proxy { "a proxy" } else { "the server" };
        write!(f, "{who} answered {}: {}", self.status, self.words)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl fmt::Display for KeyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoneGiven => f.write_str("the server wants a key"),
            Self::Unknown => f.write_str("the key is unknown to the server"),
            Self::Lacks { application, permission } => {
                write!(f, "the key of the application `{application}` lacks `{permission}`")
            }
        }
    }
}

impl std::error::Error for ApiError {}

/// Turns a 422's `loc` into the words of the one who made the request.
pub type Locate<'a> = &'a dyn Fn(&[Value]) -> String;

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The new address of a redirect.
    pub location: Option<String>,
    pub body: String,
}

/// The API's error body.
#[derive(Deserialize)]
struct ErrorBody {
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Text(String),
    List(Vec<Item>),
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    loc: Vec<Value>,
    msg: String,
}

impl Answer {
    /// The error that this answer is.
    pub fn into_error(self, url: &str, locate: Locate<'_>) -> ApiError {
        if (300..400).contains(&self.status) {
            let place = self.location.as_deref().unwrap_or("an address that it does not name");
            let what = format!("a redirect ({}) to {}", self.status, shorten(place));
            return ApiError::NotTheApi { url: url.to_owned(), what };
        }
        let from_proxy = looks_like_html(&self.body);
        if from_proxy && !is_a_proxys(self.status) {
            return ApiError::NotTheApi { url: url.to_owned(), what: self.page() };
        }
        let items = self.items();
        ApiError::Status(Box::new(Refusal {
            status: self.status,
            words: self.words(),
            problems: items.iter().map(|item| item.said(locate)).collect(),
            invalid_items: items.iter().filter_map(Item::blame).collect(),
            retry_after: self.retry_after,
            key: None,
            from_proxy,
        }))
    }

    fn words(&self) -> String {
        match serde_json::from_str::<ErrorBody>(&self.body) {
            Ok(ErrorBody { detail: Detail::Text(text) }) => shorten(&text),
            Ok(ErrorBody { detail: Detail::List(_) }) => "the request is not valid".to_owned(),
            Err(_) if looks_like_html(&self.body) => title(&self.body),
            Err(_) if self.body.trim().is_empty() => "no reason given".to_owned(),
            Err(_) => shorten(self.body.trim()),
        }
    }

    fn items(&self) -> Vec<Item> {
        match serde_json::from_str(&self.body) {
            Ok(ErrorBody { detail: Detail::List(items) }) => items,
            _ => Vec::new(),
        }
    }

    /// A description of a body that is not the API's.
    pub fn page(&self) -> String {
        if looks_like_html(&self.body) {
            format!("a web page ({}), titled `{}`", self.status, title(&self.body))
        } else if self.body.trim().is_empty() {
            format!("nothing ({})", self.status)
        } else {
            format!("`{}` ({})", shorten(self.body.trim()), self.status)
        }
    }
}

impl Item {
    fn said(&self, locate: Locate<'_>) -> String {
        format!("{}: {}", locate(&self.loc), self.message())
    }

    /// The place in the list of the element that this is about, and what is wrong with it:
    /// `["body", 1, "status"]` is about the status of the second.
    fn blame(&self) -> Option<(usize, String)> {
        let index = usize::try_from(self.loc.get(1)?.as_u64()?).ok()?;
        let reason = match self.loc.get(2).and_then(Value::as_str) {
            Some(field) => format!("{field}: {}", self.message()),
            None => self.message(),
        };
        Some((index, reason))
    }

    fn message(&self) -> String {
        shorten(self.msg.strip_prefix("Value error, ").unwrap_or(&self.msg))
    }
}

/// Statuses with which nginx answers in the API's place; its page says no more than the status.
fn is_a_proxys(status: u16) -> bool {
    matches!(status, 403 | 407 | 413 | 429 | 500..)
}

fn looks_like_html(body: &str) -> bool {
    let start: String = body.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head"].iter().any(|tag| start.starts_with(tag))
}

/// The title of a page, or its first words.
fn title(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let inside = lower.find("<title>").map(|start| start + "<title>".len()).and_then(|start| {
        lower[start..].find("</title>").map(|length| &html[start..start + length])
    });
    shorten(inside.unwrap_or(html).trim())
}

/// One line of at most [`WORDS_SHOWN`] characters.
fn shorten(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(WORDS_SHOWN) {
        words.truncate(end);
        words.push('…');
    }
    words
}
