//! One request over the network, and what went wrong with it.
//!
//! This module owns the client, its trust and its patience with a single request; that requests are
//! repeated, and what they mean, it does not know.

use std::cell::{Cell, RefCell};
use std::error::Error as StdError;
use std::fs;
use std::io;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Client, ClientBuilder, Method, Response, redirect};
use rustls::crypto::ring;
use tokio::runtime::{self, Runtime};
use tokio::{task, time};
use url::Url;

use super::redactor::Redactor;
use super::token::Token;
use crate::api::error::Answer;
use crate::api::{ApiError, Policy};
use crate::util::signals::{self, Interrupt};
use crate::util::text::{innermost, os_message};

/// As much of an answer is read: a 422 echoes what was sent, and a batch is at most 4 MiB of JSON.
const LONGEST_ANSWER: usize = 16 << 20;

/// As much is read of what was asked for: an execution's results come in one answer, logs and all.
const LONGEST_READING: usize = 1 << 30;

/// How a server is reached.
#[derive(Clone)]
pub struct HttpSettings {
    pub token: Option<Token>,
    /// A certificate in PEM that is trusted besides the system's store.
    pub ca_cert: Option<PathBuf>,
    /// For one request, connecting included.
    pub timeout: Duration,
    pub retry: Policy,
    pub interrupt: Interrupt,
}

/// A client for one server.
pub struct Transport {
    base: String,
    /// In this thread, which waits for every answer. Dropping it would wait for the lookup of a name,
    /// also of one that was abandoned.
    runtime: ManuallyDrop<Runtime>,
    client: RefCell<Client>,
    settings: HttpSettings,
    redactor: Option<Redactor>,
    connection: Cell<Connection>,
}

/// What is known of the connection that the next request would take.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Connection {
    #[default]
    None,
    Open,
    /// The server may be about to close it, and a request that meets the closing has a fate that
    /// nobody knows.
    Closing,
}

impl Transport {
    /// # Errors
    /// A certificate file that cannot be used, a machine without any trusted certificate.
    pub fn new(base: &Url, settings: HttpSettings) -> Result<Self, ApiError> {
        let base = format!("{}/v1", base.as_str().trim_end_matches('/'));
        let setup = |error: io::Error| ApiError::Setup { reason: os_message(&error) };
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(setup)?;
        let client = RefCell::new(client(&base, &settings)?);
        let runtime = ManuallyDrop::new(runtime);
        let redactor = settings.token.as_ref().map(Token::redactor);
        Ok(Self { base, runtime, client, settings, redactor, connection: Cell::default() })
    }

    /// The address that all paths follow.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn has_token(&self) -> bool {
        self.settings.token.is_some()
    }

    /// Has the next request open a connection. Some servers close theirs unannounced.
    pub fn reconnect(&self) {
        if self.connection.get() == Connection::Open {
            self.connection.set(Connection::Closing);
        }
    }

    /// Makes a request once.
    ///
    /// # Errors
    /// No answer, for whatever reason; an answer of any status is none.
    pub fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Bytes>,
    ) -> Result<Answer, ApiError> {
        let interrupt = &self.settings.interrupt;
        interrupt.catch().map_err(|error| ApiError::Setup { reason: os_message(&error) })?;
        self.check_interrupt()?;
        let longest = if method == Method::GET { LONGEST_READING } else { LONGEST_ANSWER };
        if self.connection.replace(Connection::Open) == Connection::Closing {
            *self.client.borrow_mut() = client(&self.base, &self.settings)?;
        }
        let url = format!("{}{path}", self.base);
        let mut builder = self.client.borrow().request(method, url);
        if let Some(body) = body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let answer = self.abandonable(async { read(builder.send().await?, longest).await })?;
        let answer = answer.map_err(|error| self.sending_error(&error))?;
        // After such an answer it closes.
        if matches!(answer.status, 413 | 500..) {
            self.connection.set(Connection::Closing);
        }
        Ok(Answer {
            location: answer.location.map(|place| self.redact(&place)),
            body: self.redact(&answer.body),
            ..answer
        })
    }

    /// Does something, and abandons it where that is asked.
    ///
    /// # Errors
    /// [`ApiError::Interrupted`].
    fn abandonable<T>(&self, work: impl Future<Output = T>) -> Result<T, ApiError> {
        self.runtime.block_on(async {
            // What the server closed since the last request is found out here, and not used again.
            task::yield_now().await;
            let mut work = pin!(work);
            loop {
                match time::timeout(signals::POLL, work.as_mut()).await {
                    Ok(done) => return Ok(done),
                    Err(_) => self.check_interrupt()?,
                }
            }
        })
    }

    /// Waits before another request.
    ///
    /// # Errors
    /// [`ApiError::Interrupted`].
    pub fn wait(&self, delay: Duration) -> Result<(), ApiError> {
        let end = Instant::now() + delay;
        loop {
            self.check_interrupt()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(signals::POLL));
        }
    }

    fn check_interrupt(&self) -> Result<(), ApiError> {
        match self.settings.interrupt.signal() {
            Some(signal) => Err(ApiError::Interrupted { signal }),
            None => Ok(()),
        }
    }

    fn redact(&self, text: &str) -> String {
        match &self.redactor {
            Some(redactor) => redactor.redact(text).into_owned(),
            None => text.to_owned(),
        }
    }

    fn sending_error(&self, error: &reqwest::Error) -> ApiError {
        let url = self.base.clone();
        let reason = innermost(error);
        if error.is_dns() {
            ApiError::UnknownHost { url }
        } else if let Some(tls) = find::<rustls::Error>(error) {
            ApiError::Tls { url, reason: tls_reason(tls) }
        } else if error.is_connect() {
            ApiError::Unconnected { url, reason }
        } else if error.is_timeout() {
            ApiError::Timeout { url, after: self.settings.timeout }
        } else {
            ApiError::Broken { url, reason }
        }
    }
}

async fn read(mut response: Response, longest: usize) -> reqwest::Result<Answer> {
    let status = response.status().as_u16();
    let text = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let retry_after = text(RETRY_AFTER).and_then(|wait| parse_retry_after(&wait));
    let location = text(LOCATION);
    let mut body = Vec::new();
    while body.len() < longest
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(longest);
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status, retry_after, location, body })
}

fn client(base: &str, settings: &HttpSettings) -> Result<Client, ApiError> {
    let builder = Client::builder()
        .user_agent(concat!("to/", env!("CARGO_PKG_VERSION")))
        .timeout(settings.timeout)
        .redirect(redirect::Policy::none())
        .default_headers(headers(settings.token.as_ref())?);
    let ca_cert = settings.ca_cert.as_ref();
    let builder = if base.starts_with("https:") {
        with_trust(builder, ca_cert)?
    } else {
        without_tls(builder)?
    };
    builder.build().map_err(|error| setup_error(&error, ca_cert))
}

fn headers(token: Option<&Token>) -> Result<HeaderMap, ApiError> {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&token.authorization()).map_err(|_| {
            ApiError::Setup { reason: "the key cannot be sent in a header".to_owned() }
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// Trusts the system's store, and `ca_cert` besides.
fn with_trust(
    builder: ClientBuilder,
    ca_cert: Option<&PathBuf>,
) -> Result<ClientBuilder, ApiError> {
    // An error says that a provider is there already, which serves as well.
    _ = ring::default_provider().install_default();
    let Some(path) = ca_cert else { return Ok(builder) };
    let problem = |reason: String| ApiError::CaCert { path: path.clone(), reason };
    let pem = fs::read(path).map_err(|error| problem(os_message(&error)))?;
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|error| problem(innermost(&error)))?;
    if certificates.is_empty() {
        return Err(problem("it holds no certificate in PEM".to_owned()));
    }
    Ok(builder.tls_certs_merge(certificates))
}

/// For plain http: reading the system's certificates would take longer than a request.
fn without_tls(builder: ClientBuilder) -> Result<ClientBuilder, ApiError> {
    let config = rustls::ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| ApiError::Setup { reason: error.to_string() })?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}

/// A certificate is decoded only here.
fn setup_error(error: &reqwest::Error, ca_cert: Option<&PathBuf>) -> ApiError {
    let reason = innermost(error);
    match ca_cert.filter(|_| find::<rustls::Error>(error).is_some()) {
        Some(path) => ApiError::CaCert { path: path.clone(), reason },
        None => ApiError::Setup { reason },
    }
}

/// What is wrong with a connection that is to be TLS.
fn tls_reason(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => "what answers there does not speak TLS".to_owned(),
        other => other.to_string(),
    }
}

/// The first of an error's causes of this type, also where an I/O error wraps it.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// Reads both forms: seconds, and a date.
fn parse_retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
