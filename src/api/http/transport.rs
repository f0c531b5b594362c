//! One request over the network, and its answer or the trouble with it.
//!
//! This module owns the connection and the patience with a single request; that requests are repeated,
//! and what they mean, it does not know.

use std::cell::RefCell;
use std::io::{self, Read};
use std::path::PathBuf;
use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use bytes::{Buf, Bytes};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Client, Response};
use rustls::pki_types::CertificateDer;
use tokio::runtime::{self, Runtime};
use tokio::{task, time};
use url::Url;

use super::answer::Answer;
use super::failure;
use super::proxy::Proxy;
use super::redactor::Redactor;
use super::request::Request;
use super::setup;
use super::token::Token;
use super::trust;
use crate::api::{ApiError, Policy};
use crate::util::signals::{self, Interrupt};

/// The longest answer, in bytes: a 422 echoes what was sent, and a batch is at most 4 MiB of JSON.
const LONGEST_ANSWER: usize = 16 << 20;

/// The most bytes that are kept of an answer which is not UTF-8.
const NO_UTF8: usize = 64 << 10;

/// The way in which a server is reached.
#[derive(Clone)]
pub struct HttpSettings {
    pub token: Option<Token>,
    /// Certificates in PEM or DER that are trusted besides the system's store.
    pub ca_cert: Option<PathBuf>,
    /// For one connection: the lookup of the name, TCP, a proxy's tunnel and TLS together.
    pub connect_timeout: Duration,
    /// For one request, once connected.
    pub timeout: Duration,
    pub retry: Policy,
    pub interrupt: Interrupt,
}

/// A client for one server.
pub struct Transport {
    /// The address that all paths follow.
    pub(super) base: String,
    pub(super) server: Url,
    pub(super) proxy: Option<Proxy>,
    pub(super) settings: HttpSettings,
    /// Trusted besides the system's store.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    redactor: Option<Redactor>,
    /// In this thread, which waits for every answer.
    runtime: Runtime,
    /// Made by the first request: a machine without certificates must not stand in the way of keeping
    /// what cannot be sent.
    client: RefCell<Option<Client>>,
}

impl Transport {
    /// # Errors
    /// A certificate file or a proxy's variable that cannot be used.
    pub fn new(server: &Url, settings: HttpSettings) -> Result<Self, ApiError> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| ApiError::setup(&error))?;
        let certificates = match &settings.ca_cert {
            Some(path) => trust::read_certificates(path)?,
            None => Vec::new(),
        };
        Ok(Self {
            base: format!("{}/v1", server.as_str().trim_end_matches('/')),
            server: server.clone(),
            proxy: Proxy::find(server, |name| std::env::var_os(name))?,
            redactor: settings.token.as_ref().map(Token::redactor),
            certificates,
            settings,
            runtime,
            client: RefCell::default(),
        })
    }

    /// Has the next request open a connection. Some servers close theirs unannounced, and a request that
    /// meets the closing has a fate that nobody knows.
    pub fn reconnect(&self) {
        self.client.take();
    }

    /// Makes a request once.
    ///
    /// # Errors
    /// No answer, for whatever reason; an answer of any status is none.
    pub fn send(&self, request: &Request<'_>) -> Result<Response, ApiError> {
        let interrupt = &self.settings.interrupt;
        interrupt.catch().map_err(|error| ApiError::setup(&error))?;
        self.check_interrupt()?;
        let url = format!("{}{}", self.base, request.path);
        let mut sent = self.client()?.request(request.method.clone(), url);
        if let Some(token) = &self.settings.token {
            sent = sent.bearer_auth(token.secret());
        }
        if let Some(body) = &request.body {
            sent = sent.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = self.finish(async { sent.send().await })?;
        // After such an answer it closes.
        if matches!(response.status().as_u16(), 413 | 500..) {
            self.reconnect();
        }
        Ok(response)
    }

    fn client(&self) -> Result<Client, ApiError> {
        let mut client = self.client.borrow_mut();
        if let Some(client) = &*client {
            return Ok(client.clone());
        }
        let new = setup::client(self)?;
        Ok(client.insert(new).clone())
    }

    /// Reads an answer of at most [`LONGEST_ANSWER`]; what is longer is cut off where it is a refusal.
    pub fn read(&self, mut response: Response) -> Result<Answer, ApiError> {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let location = header(response.headers(), LOCATION).map(|place| self.redact(place));
        let mut body = Vec::new();
        while let Some(chunk) = self.finish(async { response.chunk().await })? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                if status.is_success() {
                    return Err(self.too_long(LONGEST_ANSWER));
                }
                break;
            }
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8(body).unwrap_or_else(|error| {
            // No JSON: no more of it is needed than is shown.
            let bytes = error.as_bytes();
            String::from_utf8_lossy(&bytes[..bytes.len().min(NO_UTF8)]).into_owned()
        });
        Ok(Answer { status: status.as_u16(), retry_after, location, body: self.redact(body) })
    }

    /// Leaves the body of an answer to be read, of at most `longest` bytes.
    pub fn stream(&self, response: Response, longest: usize) -> Body<'_> {
        Body { transport: self, response, chunk: Bytes::new(), longest, taken: 0, error: None }
    }

    fn too_long(&self, longest: usize) -> ApiError {
        ApiError::TooLong { url: self.base.clone(), mebibytes: longest >> 20 }
    }

    /// Waits for a part of an answer, or for what went wrong with it.
    fn finish<T>(&self, work: impl Future<Output = reqwest::Result<T>>) -> Result<T, ApiError> {
        match self.abandonable(work)? {
            Ok(done) => Ok(done),
            Err(error) => self.abandonable(failure::api_error(self, &error)).and_then(Err),
        }
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

    /// Takes the key out of text that came from elsewhere.
    pub fn redact(&self, text: String) -> String {
        match &self.redactor {
            Some(redactor) => redactor.redact(text),
            None => text,
        }
    }
}

/// The body of a good answer, as it comes.
pub struct Body<'a> {
    transport: &'a Transport,
    response: Response,
    chunk: Bytes,
    /// In bytes, as is `taken`.
    longest: usize,
    taken: usize,
    error: Option<ApiError>,
}

impl Body<'_> {
    /// Returns the trouble that ended the reading.
    pub fn into_error(self) -> Option<ApiError> {
        self.error
    }

    /// Returns the next part, of which the last is empty.
    fn next(&mut self) -> Result<Bytes, ApiError> {
        let transport = self.transport;
        let chunk = transport.finish(async { self.response.chunk().await })?.unwrap_or_default();
        self.taken += chunk.len();
        if self.taken > self.longest { Err(transport.too_long(self.longest)) } else { Ok(chunk) }
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() {
            match self.next() {
                Ok(chunk) => self.chunk = chunk,
                Err(error) => {
                    self.error = Some(error);
                    return Err(io::ErrorKind::Other.into());
                }
            }
        }
        let length = buffer.len().min(self.chunk.len());
        self.chunk.split_to(length).copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Returns the wait that is asked for, in seconds or until a date, which is one of the clock that
/// the answer's own date is of.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = header(headers, RETRY_AFTER)?;
    if let Ok(seconds) = asked.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| httpdate::parse_http_date(text.trim()).ok();
    let now = header(headers, DATE).and_then(|now| date(&now)).unwrap_or_else(SystemTime::now);
    Some(date(&asked)?.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_measured_by_the_clock_that_asks_for_it() {
        let noon = "Sun, 06 Nov 1994 12:00:00 GMT";
        let later = "Sun, 06 Nov 1994 12:01:30 GMT";
        let cases = [
            ("7", Some(noon), Some(7)),
            (" 7 ", None, Some(7)),
            (later, Some(noon), Some(90)),
            (noon, Some(later), Some(0)),
            // Without a date of its own the clock is this machine's, and the date long past.
            (later, None, Some(0)),
            ("soon", Some(noon), None),
            ("-1", Some(noon), None),
        ];
        for (asked, now, seconds) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.parse().unwrap());
            if let Some(now) = now {
                headers.insert(DATE, now.parse().unwrap());
            }
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(&headers), expected, "{asked} at {now:?}");
        }
    }
}
