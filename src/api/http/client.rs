//! Test Observer's API over HTTP: one type, one short method an endpoint.

use std::cell::Cell;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{Method, Response};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use url::{Url, form_urlencoded};

use super::answer::Answer;
use super::elements;
use super::request::{CHANGE, Request, VIEW, locate_patch, locate_result, locate_start};
use super::transport::{HttpSettings, Transport};
use crate::api::retry::{self, Applied, Attempts, Repeat};
use crate::api::{
    Access, ApiError, Artefact, ArtefactSearch, Event, Execution, Key, KeyProblem, Listener,
    RerunFilter, Server,
};
use crate::model::encoded::Batch;
use crate::model::execution::{COMPLETED, ExecutionId, JsonObject, Link};
use crate::model::family::Family;
use crate::model::start_request::StartRequest;
use crate::model::update::{Patch, StatusUpdate};

/// An execution that no server has: whoever may write is told so, and nothing is changed.
const NO_EXECUTION: &str = "/test-executions/999999999";

/// The most bytes of an execution's results, which come in one answer, logs and all.
const LONGEST_RESULTS: usize = 256 << 20;

/// Known causes of a start that the server answers with a bare 500 every time.
const START_CAUSES: &str = "the server fails so at a snap of this name, version and track that it knows \
                            from another store, and before 2026-06-30 at an image whose sha256 it \
                            knows under another name or version";

/// Those of a new CI link.
const CI_LINK_CAUSES: &str = "the server fails so where another execution has this CI link";

/// The permission to request reruns one at a time, and to take them off the list.
const CHANGE_RERUN: &str = "change_rerun";

/// The permission to list them.
const VIEW_RERUN: &str = "view_rerun";

const RERUNS: &str = "/test-executions/reruns";

/// The API behind one URL.
pub struct HttpServer {
    transport: Transport,
    listener: Listener,
    /// The moment when the first of the requests began that all failed since one was accepted.
    failing_since: Cell<Option<Instant>>,
}

#[derive(Deserialize)]
struct Started {
    id: i32,
}

/// The answer to a post of results: `null`, or a list on old servers.
type Stored = Option<Vec<IgnoredAny>>;

/// The answer to a post of a link: the link.
#[derive(Deserialize)]
struct Linked {
    #[expect(dead_code, reason = "that it is there tells the API from other servers")]
    url: IgnoredAny,
}

/// An execution, as every answer about one has it.
#[derive(Deserialize)]
struct ThisExecution {
    id: i64,
    #[serde(flatten)]
    execution: Execution,
}

/// The answer to a search of executions.
#[derive(Deserialize)]
struct Found {
    test_executions: Vec<FoundExecution>,
}

#[derive(Deserialize)]
struct FoundExecution {
    id: ExecutionId,
    artefact: Artefact,
    artefact_build: Build,
}

#[derive(Deserialize)]
struct Build {
    architecture: String,
    revision: Option<i64>,
}

/// `GET /v1/applications/me`. Its `api_key` echoes the key and is not read.
#[derive(Deserialize)]
struct Application {
    name: String,
    permissions: Vec<String>,
}

impl Server for HttpServer {
    fn start(&self, request: &StartRequest) -> Result<ExecutionId, ApiError> {
        let is_found_again = request.ci_link().is_some();
        let put = Request {
            repeat: if is_found_again { Repeat::Idempotent } else { Repeat::NonIdempotent },
            locate: &locate_start,
            causes: Some(START_CAUSES),
            ..Request::with(Method::PUT, "/test-executions/start-test", request)?
        };
        let started = self.ask(&put).and_then(|answer| self.started(&answer));
        started.map_err(|error| match error.applied() {
            Applied::Maybe if !is_found_again => ApiError::MayExist(Box::new(error)),
            _ => error,
        })
    }

    fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, ApiError> {
        let answer = self.read_execution(id)?;
        answer.map(|answer| self.this_execution(&answer, id)).transpose()
    }

    fn add_link(&self, id: ExecutionId, link: &Link) -> Result<(), ApiError> {
        let post = Request::post_once(format!("/test-executions/{id}/links"), link)?;
        self.ask(&post).and_then(|answer| self.parse::<Linked>(&answer)).map(drop)
    }

    fn submit(&self, id: ExecutionId, batch: &Batch, repeat: Repeat) -> Result<Duration, ApiError> {
        let locate = |loc: &[serde_json::Value]| locate_result(loc, batch);
        let path = format!("/test-executions/{id}/test-results");
        let body = Some(batch.body().into());
        let post = Request {
            method: Method::POST,
            body,
            repeat,
            locate: &locate,
            permission: CHANGE,
            ..Request::get(path)
        };
        let timed = |attempt| {
            let start = Instant::now();
            self.attempt(&post, attempt).map(|answer| (answer, start.elapsed()))
        };
        let outcome = self.repeat(&post, timed);
        let (answer, elapsed) = outcome.map_err(|error| self.explain(error, post.permission))?;
        self.parse::<Stored>(&answer).map(|_| elapsed)
    }

    fn pause(&self, error: &ApiError) -> Result<(), ApiError> {
        let mut failed = Attempts::default();
        failed.add(error);
        let (policy, jitter) = (self.transport.settings.retry, fastrand::f64());
        let elapsed = self.failing_since.get().map(|since| since.elapsed()).unwrap_or_default();
        let delay = failed.next_delay(error, elapsed, Repeat::Idempotent, policy, jitter);
        let delay = delay.unwrap_or_default();
        let left = retry::patience(error, policy).saturating_sub(elapsed);
        (self.listener)(&Event::Retry { error: error.cause(), attempts: 1, delay, left });
        self.transport.wait(delay)
    }

    fn status_updates(&self, id: ExecutionId) -> Result<Option<Vec<StatusUpdate>>, ApiError> {
        let get = Request::get(format!("/test-executions/{id}/status_update"));
        let answer = where_told(self.request(&get))?;
        answer.map(|answer| self.parse(&answer)).transpose()
    }

    fn add_status_update(&self, id: ExecutionId, update: &StatusUpdate) -> Result<(), ApiError> {
        let path = format!("/test-executions/{id}/status_update");
        let post = Request::post_once(path, &json!({ "events": [update] }))?;
        self.ask(&post).and_then(|answer| self.parse::<Stored>(&answer)).map(drop)
    }

    fn update(&self, id: ExecutionId, patch: &Patch) -> Result<Execution, ApiError> {
        let path = format!("/test-executions/{id}");
        let causes = patch.ci_link.is_some().then_some(CI_LINK_CAUSES);
        let change = Request::with(Method::PATCH, path, patch)?;
        let change = Request { locate: &locate_patch, causes, ..change };
        let answer = self.ask(&change)?;
        let execution = self.this_execution(&answer, id)?;
        if is_status_of(&execution.status, patch.status.as_deref()) {
            return Ok(execution);
        }
        Err(self.not_the_api(format!("an execution that is {}", execution.status)))
    }

    fn details(&self, id: ExecutionId) -> Result<JsonObject, ApiError> {
        if let Some(answer) = self.read_execution(id)? {
            return self.parse(&answer);
        }
        let unknown = KeyProblem::Lacks { application: None, permission: VIEW };
        Err(ApiError::Key(self.key_problem(VIEW).unwrap_or(unknown)))
    }

    fn results(
        &self,
        id: ExecutionId,
        each: &mut dyn FnMut(String) -> bool,
    ) -> Result<bool, ApiError> {
        let get = Request::get(format!("/test-executions/{id}/test-results"));
        let open = |attempt| {
            let stream = |response| Ok(self.transport.stream(response, LONGEST_RESULTS));
            self.exchange(&get, attempt, stream)
        };
        let Some(mut body) = where_told(self.repeat(&get, open))? else { return Ok(false) };
        let read = elements::each(&mut body, |text| each(self.transport.redact(text)));
        match (body.into_error(), read) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(true),
            (None, Err(_)) => Err(self.not_the_api("something else than results".to_owned())),
        }
    }

    fn artefact(
        &self,
        id: ExecutionId,
        search: &ArtefactSearch,
    ) -> Result<Option<Artefact>, ApiError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        match search.result {
            Some(result) => query.append_pair("test_result", &result.to_string()),
            None if search.has_results => query.append_pair("test_result", "any"),
            None => query.append_pair("test_result", "none"),
        };
        query.extend_pairs(search.environment.as_deref().map(|name| ("environments", name)));
        // Results come with the executions that have any: the newest is enough.
        query.append_pair("limit", if search.has_results { "1" } else { "50" });
        let get = Request::get(format!("/test-executions?{}", query.finish()));
        let found: Found = self.parse(&self.attempt(&get, 1)?)?;
        let of_this = found.test_executions.into_iter().find(|found| found.id == id);
        Ok(of_this.map(|found| Artefact {
            revision: found.artefact_build.revision,
            arch: found.artefact_build.architecture,
            ..found.artefact
        }))
    }

    fn request_rerun(&self, id: ExecutionId, priority: Option<i32>) -> Result<bool, ApiError> {
        let mut body = json!({ "test_execution_ids": [id] });
        if let Some(priority) = priority {
            body["priority"] = priority.into();
        }
        let post = Request::with(Method::POST, RERUNS, &body)?;
        match self.ask(&Request { permission: CHANGE_RERUN, ..post }) {
            Err(ApiError::Status(refusal)) if refusal.is_unknown_rerun() => Ok(false),
            answer => self.parse::<Vec<IgnoredAny>>(&answer?).map(|_| true),
        }
    }

    fn reruns(&self, filter: &RerunFilter) -> Result<Vec<JsonObject>, ApiError> {
        let RerunFilter { family, environment, arch } = filter;
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("family", family.map(Family::name)),
            ("environment", environment.as_deref()),
            ("environment_architecture", arch.as_deref()),
        ] {
            query.extend_pairs(value.map(|value| (name, value)));
        }
        let get = Request::get(format!("{RERUNS}?{}", query.finish()));
        let answer = self.ask(&Request { permission: VIEW_RERUN, ..get })?;
        self.parse(&answer)
    }

    fn remove_rerun(&self, id: ExecutionId) -> Result<bool, ApiError> {
        // The removal is answered alike for an execution that is not known. A key that may not look at
        // one can remove it all the same.
        let is_unknown = matches!(
            self.read_execution(id),
            Err(ApiError::Status(refusal)) if refusal.is_unknown_execution()
        );
        if is_unknown {
            return Ok(false);
        }
        let body = json!({ "test_execution_ids": [id] });
        let delete = Request::with(Method::DELETE, RERUNS, &body)?;
        let answer = self.ask(&Request { permission: CHANGE_RERUN, ..delete })?;
        self.parse::<Stored>(&answer).map(|_| true)
    }

    fn access(&self) -> Result<Access, ApiError> {
        let change = Request::with(Method::PATCH, NO_EXECUTION, &json!({}))?;
        let look = Request::get(format!("{NO_EXECUTION}/test-results"));
        let writes = self.is_allowed::<ThisExecution>(&change)?;
        Ok(Access { key: self.key(), writes, reads: self.is_allowed::<Vec<IgnoredAny>>(&look)? })
    }
}

impl HttpServer {
    pub fn new(base: &Url, settings: HttpSettings, listener: Listener) -> Result<Self, ApiError> {
        let transport = Transport::new(base, settings)?;
        Ok(Self { transport, listener, failing_since: Cell::default() })
    }

    /// Makes the request until it is answered, refused, or no longer worth repeating, and says what is
    /// wrong with the key where that is what the API refuses.
    fn ask(&self, request: &Request<'_>) -> Result<Answer, ApiError> {
        self.request(request).map_err(|error| self.explain(error, request.permission))
    }

    /// Makes the request likewise, and asks nothing about the key.
    fn request(&self, request: &Request<'_>) -> Result<Answer, ApiError> {
        self.repeat(request, |attempt| self.attempt(request, attempt))
    }

    /// Makes attempts, which are counted from 1, until one succeeds or no other is worth it.
    fn repeat<T>(
        &self,
        request: &Request<'_>,
        attempt: impl Fn(u32) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let start = Instant::now();
        let mut failed = Attempts::default();
        loop {
            let error = match attempt(failed.count() + 1) {
                Ok(done) => {
                    self.failing_since.set(None);
                    return Ok(done);
                }
                Err(error) => error,
            };
            let since = self.failing_since.get().unwrap_or(start);
            self.failing_since.set(Some(since));
            failed.add(&error);
            let (elapsed, policy, jitter) =
                (since.elapsed(), self.transport.settings.retry, fastrand::f64());
            let delay = failed.next_delay(&error, elapsed, request.repeat, policy, jitter);
            let causes = request.causes.filter(|_| failed.are_crashes());
            let Some(delay) = delay else {
                return Err(failed.give_up(error, elapsed, policy, causes));
            };
            let left = retry::patience(&error, policy).saturating_sub(elapsed);
            let attempts = failed.count();
            (self.listener)(&Event::Retry { error: &error, attempts, delay, left });
            if let Some(causes) = causes.filter(|_| failed.have_become_crashes()) {
                (self.listener)(&Event::Causes(causes));
            }
            self.transport.wait(delay)?;
        }
    }

    /// Asks what is wrong with the key where the API refuses for want of a permission.
    fn explain(&self, error: ApiError, permission: &'static str) -> ApiError {
        match error {
            ApiError::Status(mut refusal) if refusal.status == 403 && !refusal.from_proxy => {
                refusal.key = self.key_problem(permission);
                ApiError::Status(refusal)
            }
            error => error,
        }
    }

    /// Makes the request once.
    fn attempt(&self, request: &Request<'_>, attempt: u32) -> Result<Answer, ApiError> {
        self.exchange(request, attempt, |response| self.transport.read(response))
    }

    /// Makes the request once, has `take` read a good answer, and tells the listener.
    fn exchange<T>(
        &self,
        request: &Request<'_>,
        attempt: u32,
        take: impl FnOnce(Response) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let start = Instant::now();
        if request.repeat == Repeat::NonIdempotent {
            self.transport.reconnect();
        }
        let outcome = self.transport.send(request).and_then(|response| {
            let status = response.status();
            let answer = if status.is_success() {
                Ok(take(response)?)
            } else {
                Err(self.transport.read(response)?)
            };
            Ok((status.as_u16(), answer))
        });
        let proxy = self.transport.proxy.as_ref().map(ToString::to_string);
        (self.listener)(&Event::Request {
            method: request.method.as_str(),
            path: &format!("/v1{}", request.path),
            bytes: request.body.as_ref().map_or(0, Bytes::len),
            elapsed: start.elapsed(),
            attempt,
            proxy: proxy.as_deref(),
            outcome: outcome.as_ref().map(|(status, _)| *status),
        });
        let (_, answer) = outcome?;
        answer.map_err(|refused| refused.into_error(&self.transport.base, request.locate))
    }

    fn parse<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, ApiError> {
        serde_json::from_str(&answer.body).map_err(|_| self.not_the_api(answer.page()))
    }

    fn not_the_api(&self, what: String) -> ApiError {
        ApiError::NotTheApi { url: self.transport.base.clone(), what }
    }

    fn started(&self, answer: &Answer) -> Result<ExecutionId, ApiError> {
        match serde_json::from_str(&answer.body) {
            Ok(Started { id: id @ 1.. }) => Ok(ExecutionId::Server(id)),
            Err(error) if error.is_eof() && answer.body.trim_start().starts_with('{') => {
                let url = self.transport.base.clone();
                Err(ApiError::Broken { url, reason: "the answer is cut short".to_owned() })
            }
            _ => Err(self.not_the_api(answer.page())),
        }
    }

    /// Reads an execution as GET gives it, and where that is missing (before 2025-11-27) or refused (to
    /// a key that may only write), as a change of nothing does; `None` where neither is given.
    fn read_execution(&self, id: ExecutionId) -> Result<Option<Answer>, ApiError> {
        let path = format!("/test-executions/{id}");
        match where_told(self.request(&Request::get(&*path)))? {
            Some(answer) => Ok(Some(answer)),
            None => where_told(self.request(&Request::with(Method::PATCH, path, &json!({}))?)),
        }
    }

    /// Reads an answer about this execution, and about no other.
    fn this_execution(&self, answer: &Answer, id: ExecutionId) -> Result<Execution, ApiError> {
        let ThisExecution { id: told, execution } = self.parse(answer)?;
        if told == i64::from(id.number()) {
            return Ok(execution);
        }
        Err(self.not_the_api(format!("execution {told} in place of {id}")))
    }

    /// Asks what is wrong with the key; `None` where the server does not tell.
    fn key_problem(&self, permission: &'static str) -> Option<KeyProblem> {
        match self.key() {
            Key::None => Some(KeyProblem::NoneGiven),
            Key::Unknown => Some(KeyProblem::Unknown),
            Key::Known { permissions, .. } if permissions.iter().any(|it| it == permission) => None,
            Key::Known { application, .. } => {
                Some(KeyProblem::Lacks { application: Some(application), permission })
            }
            Key::Untold => None,
        }
    }

    /// Asks once whose key it is: before 2025-09-10 a server knows no keys.
    fn key(&self) -> Key {
        if self.transport.settings.token.is_none() {
            return Key::None;
        }
        let answer = match self.attempt(&Request::get("/applications/me"), 1) {
            Ok(answer) => answer,
            Err(ApiError::Status(refusal)) if refusal.status == 401 => return Key::Unknown,
            Err(_) => return Key::Untold,
        };
        // The answer holds the key: none of it is shown, whatever it is.
        match serde_json::from_str(&answer.body) {
            Ok(Some(Application { name, permissions })) => {
                Key::Known { application: name, permissions }
            }
            Ok(None) => Key::Unknown,
            Err(_) => Key::Untold,
        }
    }

    /// Asks once for what is not there: only who may have it is told so.
    ///
    /// # Errors
    /// What answers is not the API, or nothing does.
    fn is_allowed<T: DeserializeOwned>(&self, probe: &Request<'_>) -> Result<bool, ApiError> {
        match self.attempt(probe, 1) {
            Err(ApiError::Status(refusal)) if refusal.is_unknown_execution() => Ok(true),
            Err(ApiError::Status(refusal)) if refusal.is_for_want_of_permission() => Ok(false),
            answer => self.parse::<T>(&answer?).map(|_| true),
        }
    }
}

/// Tells whether a change has the effect that was asked for: COMPLETED has the server compute a status.
fn is_status_of(status: &str, asked: Option<&str>) -> bool {
    match asked {
        None => true,
        Some(COMPLETED) => matches!(status, "PASSED" | "FAILED" | "ENDED_PREMATURELY"),
        Some(asked) => status == asked,
    }
}

/// Returns no answer where the server does not know the question, or does not answer it to this key.
fn where_told<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Err(ApiError::Status(refusal))
            if refusal.status == 405 || refusal.is_for_want_of_permission() =>
        {
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_status_is_believed_where_it_is_the_one_that_was_asked_for() {
        for (status, asked, is_believed) in [
            ("IN_PROGRESS", None, true),
            ("PASSED", Some(COMPLETED), true),
            ("FAILED", Some(COMPLETED), true),
            ("ENDED_PREMATURELY", Some(COMPLETED), true),
            ("IN_PROGRESS", Some(COMPLETED), false),
            ("COMPLETED", Some(COMPLETED), false),
            ("NOT_TESTED", Some("NOT_TESTED"), true),
            ("PASSED", Some("NOT_TESTED"), false),
        ] {
            assert_eq!(is_status_of(status, asked), is_believed, "{status} for {asked:?}");
        }
    }
}
