//! One request to the API, and the words for what a 422 finds wrong with it.

use bytes::Bytes;
use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use super::answer::Locate;
use crate::api::ApiError;
use crate::api::retry::Repeat;
use crate::model::encoded::Batch;

/// The permission that every write needs.
pub const CHANGE: &str = "change_test";

/// The permission that every look at an execution needs.
pub const VIEW: &str = "view_test";

/// A request that can be made several times.
pub struct Request<'a> {
    pub method: Method,
    /// Behind `/v1`.
    pub path: String,
    pub body: Option<Bytes>,
    pub repeat: Repeat,
    pub locate: Locate<'a>,
    /// Needed by the application that the key belongs to.
    pub permission: &'static str,
    /// Known causes of a bare 500 that no repetition cures.
    pub causes: Option<&'static str>,
}

impl Request<'_> {
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: None,
            repeat: Repeat::Idempotent,
            locate: &locate_path,
            permission: VIEW,
            causes: None,
        }
    }

    pub fn with(
        method: Method,
        path: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(body).map_err(|error| ApiError::setup(&error))?;
        let body = Some(body.into());
        Ok(Self { method, body, permission: CHANGE, ..Self::get(path) })
    }

    pub fn post_once(path: impl Into<String>, body: &impl Serialize) -> Result<Self, ApiError> {
        let post = Self::with(Method::POST, path, body)?;
        Ok(Self { repeat: Repeat::NonIdempotent, ..post })
    }
}

/// `["body", "snap", "test_plan"]` is the flag `--test-plan`.
pub fn locate_start(loc: &[Value]) -> String {
    loc.get(2).map_or_else(|| "the request".to_owned(), flag)
}

/// `["body", "c3_link"]` is the flag `--c3-link`, whatever follows.
pub fn locate_patch(loc: &[Value]) -> String {
    loc.get(1).map_or_else(|| "the request".to_owned(), flag)
}

fn flag(field: &Value) -> String {
    format!("--{}", field.as_str().unwrap_or_default().replace('_', "-"))
}

/// `["body", 1, "status"]` is a field of the batch's second result.
pub fn locate_result(loc: &[Value], batch: &Batch) -> String {
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
