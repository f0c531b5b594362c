//! Test Observer's API over HTTP: one type, one short method an endpoint.

use std::cell::Cell;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::transport::{HttpSettings, Transport};
use crate::api::error::{Answer, Locate};
use crate::api::retry::{self, Applied, Attempts, Policy, Repeat};
use crate::api::{
    Access, ApiError, Event, Execution, ExecutionDetails, KeyProblem, Listener, Server,
};
use crate::model::batch::Batch;
use crate::model::execution::{ExecutionId, Link};
use crate::model::start_request::StartRequest;
use crate::model::update::Patch;
use crate::model::update::StatusUpdate;

/// The permission that every write needs.
const WRITE_PERMISSION: &str = "change_test";

/// The API behind one URL.
pub struct HttpServer {
    transport: Transport,
    retry: Policy,
    listener: Listener,
    /// When the first of the requests began that all failed since one was accepted.
    failing_since: Cell<Option<Instant>>,
}

/// A request that can be made several times.
struct Request<'a> {
    method: Method,
    path: String,
    body: Option<Bytes>,
    repeat: Repeat,
    locate: Locate<'a>,
}

#[derive(Deserialize)]
struct Started {
    id: ExecutionId,
}

/// `GET /v1/version`. What it says is of no use: "0.0.0".
#[derive(Deserialize)]
struct Version {
    #[expect(dead_code, reason = "that it is there tells the API from other servers")]
    version: String,
}

/// `GET /v1/applications/me`. Its `api_key` echoes the key and is not read.
#[derive(Deserialize)]
struct Application {
    name: String,
    permissions: Vec<String>,
}

impl Server for HttpServer {
    fn start(&self, request: &StartRequest) -> Result<ExecutionId, ApiError> {
        let has_identity = request.ci_link().is_some();
        let put = Request {
            repeat: if has_identity { Repeat::Idempotent } else { Repeat::NonIdempotent },
            ..Request::new(Method::PUT, "/test-executions/start-test".to_owned(), &locate_start)
        };
        let put = put.with_body(request)?;
        self.ask::<Started>(&put).map(|started| started.id).map_err(|error| {
            if error.applied() == Applied::Maybe && request.ci_link().is_none() {
                ApiError::MayExist(Box::new(error))
            } else {
                error
            }
        })
    }

    fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, ApiError> {
        let path = format!("/test-executions/{id}");
        absent_on_old_servers(self.ask(&Request::new(Method::GET, path, &locate_path)))
    }

    fn add_link(&self, id: ExecutionId, link: &Link) -> Result<(), ApiError> {
        let post = Request {
            repeat: Repeat::NonIdempotent,
            ..Request::new(Method::POST, format!("/test-executions/{id}/links"), &locate_path)
        };
        self.ask::<Value>(&post.with_body(link)?).map(drop)
    }

    fn submit(&self, id: ExecutionId, batch: &Batch, repeat: Repeat) -> Result<Duration, ApiError> {
        let locate = |loc: &[Value]| locate_result(loc, batch);
        let path = format!("/test-executions/{id}/test-results");
        let body = Some(batch.body().into());
        let post = Request { body, repeat, ..Request::new(Method::POST, path, &locate) };
        self.ask_timed::<Value>(&post).map(|(_, elapsed)| elapsed)
    }

    fn pause(&self, error: &ApiError) -> Result<(), ApiError> {
        let mut failed = Attempts::default();
        failed.add(error);
        let (policy, jitter) = (self.retry, fastrand::f64());
        let elapsed = self.failing_since.get().map(|since| since.elapsed()).unwrap_or_default();
        let delay = failed.next_delay(error, elapsed, Repeat::Idempotent, policy, jitter);
        let delay = delay.unwrap_or_default();
        let left = retry::patience(error, policy).saturating_sub(elapsed);
        (self.listener)(&Event::Retry { error: error.cause(), attempts: 1, delay, left });
        self.transport.wait(delay)
    }

    fn status_updates(&self, id: ExecutionId) -> Result<Option<Vec<StatusUpdate>>, ApiError> {
        let path = format!("/test-executions/{id}/status_update");
        absent_on_old_servers(self.ask(&Request::new(Method::GET, path, &locate_path)))
    }

    fn add_status_update(&self, id: ExecutionId, update: &StatusUpdate) -> Result<(), ApiError> {
        let path = format!("/test-executions/{id}/status_update");
        let post = Request {
            repeat: Repeat::NonIdempotent,
            ..Request::new(Method::POST, path, &locate_path)
        };
        self.ask::<Value>(&post.with_body(&json!({ "events": [update] }))?).map(drop)
    }

    fn update(&self, id: ExecutionId, patch: &Patch) -> Result<Execution, ApiError> {
        let path = format!("/test-executions/{id}");
        self.ask(&Request::new(Method::PATCH, path, &locate_patch).with_body(patch)?)
    }

    fn show(&self, id: ExecutionId) -> Result<ExecutionDetails, ApiError> {
        let get = |path| self.ask(&Request::new(Method::GET, path, &locate_path));
        Ok(ExecutionDetails {
            execution: get(format!("/test-executions/{id}"))
                .and_then(|told| self.read_as(told, "an execution"))?,
            results: get(format!("/test-executions/{id}/test-results"))
                .and_then(|told| self.read_as(told, "results"))?,
        })
    }

    fn access(&self) -> Result<Access, ApiError> {
        let has_key = self.transport.has_token();
        let unwelcome =
            || ApiError::Key(if has_key { KeyProblem::Unknown } else { KeyProblem::NoneGiven });
        let is_locked = self.is_locked()?;
        match self.application() {
            Ok(None) if is_locked || self.refuses_writes()? => Err(unwelcome()),
            Ok(None) => Ok(Access::Open { is_key_unknown: has_key }),
            Ok(Some(application)) => match application.problem() {
                Some(problem) => Err(ApiError::Key(problem)),
                None => Ok(Access::Granted { application: application.name }),
            },
            Err(error) if is_answer(&error, 401) => Err(unwelcome()),
            Err(error) => Err(error),
        }
    }
}

impl HttpServer {
    /// # Errors
    /// As those of [`Transport::new`].
    pub fn new(base: &Url, settings: HttpSettings, listener: Listener) -> Result<Self, ApiError> {
        let retry = settings.retry;
        let transport = Transport::new(base, settings)?;
        Ok(Self { transport, retry, listener, failing_since: Cell::default() })
    }

    /// Makes the request until it is answered, refused, or no longer worth repeating.
    fn ask<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, ApiError> {
        self.ask_timed(request).map(|(answer, _)| answer)
    }

    /// The same, with the time that the attempt took which was answered.
    fn ask_timed<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
    ) -> Result<(T, Duration), ApiError> {
        let start = Instant::now();
        let mut failed = Attempts::default();
        loop {
            let attempt = Instant::now();
            let error = match self.attempt(request, failed.count() + 1) {
                Ok(answer) => {
                    self.failing_since.set(None);
                    return Ok((self.parse(&answer)?, attempt.elapsed()));
                }
                Err(error) => error,
            };
            let since = self.failing_since.get().unwrap_or(start);
            self.failing_since.set(Some(since));
            failed.add(&error);
            let (elapsed, policy, jitter) = (since.elapsed(), self.retry, fastrand::f64());
            let delay = failed.next_delay(&error, elapsed, request.repeat, policy, jitter);
            let Some(delay) = delay else {
                return Err(self.explain(failed.give_up(error, elapsed, policy)));
            };
            let left = retry::patience(&error, policy).saturating_sub(elapsed);
            let attempts = failed.count();
            (self.listener)(&Event::Retry { error: &error, attempts, delay, left });
            self.transport.wait(delay)?;
        }
    }

    /// Asks what is wrong with the key where that is what the API refuses.
    fn explain(&self, error: ApiError) -> ApiError {
        match error {
            ApiError::Status(mut refusal) if refusal.status == 403 && !refusal.from_proxy => {
                refusal.key = self.key_problem();
                ApiError::Status(refusal)
            }
            error => error,
        }
    }

    /// Makes the request once.
    fn attempt(&self, request: &Request<'_>, attempt: u32) -> Result<Answer, ApiError> {
        let start = Instant::now();
        if request.repeat == Repeat::NonIdempotent {
            self.transport.reconnect();
        }
        let method = request.method.clone();
        let result = self.transport.exchange(method, &request.path, request.body.as_ref());
        let outcome = match &result {
            Ok(answer) => Ok(answer.status),
            Err(error) => Err(error),
        };
        let proxy = self.transport.proxy().map(ToString::to_string);
        (self.listener)(&Event::Request {
            method: request.method.as_str(),
            path: &format!("/v1{}", request.path),
            bytes: request.body.as_ref().map_or(0, Bytes::len),
            elapsed: start.elapsed(),
            attempt,
            proxy: proxy.as_deref(),
            outcome,
        });
        let answer = result?;
        match answer.status {
            200..300 => Ok(answer),
            _ => Err(answer.into_error(self.transport.base(), request.locate)),
        }
    }

    fn parse<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, ApiError> {
        serde_json::from_str(&answer.body).map_err(|_| ApiError::NotTheApi {
            url: self.transport.base().to_owned(),
            what: answer.page(),
        })
    }

    /// Asks what is wrong with the key; `None` where the server does not tell.
    fn key_problem(&self) -> Option<KeyProblem> {
        if !self.transport.has_token() {
            return Some(KeyProblem::NoneGiven);
        }
        match self.application() {
            Err(error) if is_answer(&error, 401) => Some(KeyProblem::Unknown),
            Err(_) => None,
            Ok(None) => Some(KeyProblem::Unknown),
            Ok(Some(application)) => application.problem(),
        }
    }

    /// Whether the API wants another key than the one sent, or any: it wants it for its version too.
    ///
    /// # Errors
    /// What answers is not the API, or nothing does.
    fn is_locked(&self) -> Result<bool, ApiError> {
        let get = Request::new(Method::GET, "/version".to_owned(), &locate_path);
        match self.attempt(&get, 1) {
            Err(ApiError::Status(refusal)) if refusal.status == 401 && !refusal.from_proxy => {
                Ok(true)
            }
            answer => self.parse::<Version>(&answer?).map(|Version { .. }| false),
        }
    }

    /// Whether a write is refused: some servers tell anybody of themselves, but let only some write.
    /// Nothing is written, since there is no execution 0.
    ///
    /// # Errors
    /// What answers is not the API, or nothing does.
    fn refuses_writes(&self) -> Result<bool, ApiError> {
        let path = "/test-executions/0/test-results".to_owned();
        let post = Request::new(Method::POST, path, &locate_path).with_body(&json!([]))?;
        match self.attempt(&post, 1) {
            Err(ApiError::Status(refusal)) if !refusal.from_proxy => {
                Ok(matches!(refusal.status, 401 | 403))
            }
            answer => answer.map(|_| false),
        }
    }

    /// The application that the key belongs to, asked for once.
    fn application(&self) -> Result<Option<Application>, ApiError> {
        let me = Request::new(Method::GET, "/applications/me".to_owned(), &locate_path);
        let answer = self.attempt(&me, 1)?;
        // The answer holds the key: none of it is shown, whatever it is.
        let told = serde_json::from_str(&answer.body).unwrap_or(Value::from("no JSON"));
        self.read_as(told, "an application")
    }

    /// Reads what is JSON, but perhaps not what was asked for.
    fn read_as<T: DeserializeOwned>(&self, told: Value, wanted: &str) -> Result<T, ApiError> {
        serde_json::from_value(told).map_err(|_| ApiError::NotTheApi {
            url: self.transport.base().to_owned(),
            what: format!("something else than {wanted}"),
        })
    }
}

fn is_answer(error: &ApiError, status: u16) -> bool {
    matches!(error, ApiError::Status(refusal) if refusal.status == status)
}

/// Servers from before 2025-11 do not know the question.
fn absent_on_old_servers<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Err(error) if is_answer(&error, 405) => Ok(None),
        answer => answer.map(Some),
    }
}

impl<'a> Request<'a> {
    fn new(method: Method, path: String, locate: Locate<'a>) -> Self {
        Self { method, path, body: None, repeat: Repeat::Idempotent, locate }
    }

    fn with_body(self, body: &impl serde::Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| ApiError::Setup { reason: error.to_string() })?;
        Ok(Self { body: Some(body.into()), ..self })
    }
}

impl Application {
    fn problem(&self) -> Option<KeyProblem> {
        let may_write = self.permissions.iter().any(|permission| permission == WRITE_PERMISSION);
        let application = self.name.clone();
        (!may_write).then_some(KeyProblem::Lacks { application, permission: WRITE_PERMISSION })
    }
}

/// `["body", "snap", "test_plan"]` is the flag `--test-plan`.
fn locate_start(loc: &[Value]) -> String {
    loc.get(2).map_or_else(|| "the request".to_owned(), flag)
}

/// `["body", "c3_link"]` is the flag `--c3-link`, whatever follows.
fn locate_patch(loc: &[Value]) -> String {
    loc.get(1).map_or_else(|| "the request".to_owned(), flag)
}

fn flag(field: &Value) -> String {
    format!("--{}", field.as_str().unwrap_or_default().replace('_', "-"))
}

/// `["body", 1, "status"]` is a field of the batch's second result.
fn locate_result(loc: &[Value], batch: &Batch) -> String {
    let index = loc.get(1).and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
    let Some(result) = index.and_then(|index| batch.results.get(index)) else {
        return locate_path(loc);
    };
    match loc.get(2).and_then(Value::as_str) {
        Some(field) => format!("result `{}`, {field}", result.name()),
        None => format!("result `{}`", result.name()),
    }
}

fn locate_path(loc: &[Value]) -> String {
    let parts =
        loc.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
    parts.collect::<Vec<_>>().join(".")
}
