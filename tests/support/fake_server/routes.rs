//! From a request to the rule that answers it: paths, methods, keys and bodies.
//!
//! Paths that the client never asks for are not found here, though the real server has them.

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::reruns;
use super::state::{
    Application, GET_EXECUTION, KEYS, Outcome, PERMISSIONS, Refusal, State, is_before,
};
use super::validation::{self, EVENTS, Kind, LINK, PATCH, RESULTS};

/// The start of every execution's path.
const EXECUTIONS: &str = "/v1/test-executions/";

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(problems) => Self::json(422, &json!({ "detail": problems })),
            Refusal::Said(status, detail) => Self::refusal(status, detail),
            Refusal::Crash => Self::internal_error(),
        }
    }
}

/// Answers one request by the rules of the real server.
pub fn answer(state: &mut State, request: &Request) -> Response {
    match route(state, request) {
        Ok(body) => Response::json(200, &body),
        Err(refusal) => refusal.into(),
    }
}

/// Which execution a request would write to, and so wait for.
pub fn written_execution(request: &Request) -> Option<&str> {
    let rest = request.route().strip_prefix(EXECUTIONS)?;
    let id = rest.split('/').next()?;
    (request.method != "GET" && id != "start-test").then_some(id)
}

fn route(state: &mut State, request: &Request) -> Outcome {
    let path: Vec<&str> = request.route().split('/').skip(1).collect();
    match (request.method.as_str(), path.as_slice()) {
        // A trailing slash makes another path, and there is nothing at it.
        (_, [.., ""]) => Err(Refusal::Said(404, "Not Found")),
        ("GET", ["v1", "version"]) => {
            check_known(state, request)?;
            Ok(json!({ "version": "0.0.0" }))
        }
        (_, ["v1", "applications", "me"]) if is_before(state.before, KEYS) => {
            Err(Refusal::Said(404, "Not Found"))
        }
        ("GET", ["v1", "applications", "me"]) => show_application(state, request),
        ("PUT", ["v1", "test-executions", "start-test"]) => {
            let body = read_body(request)?;
            check_permission(state, request, "change_test")?;
            state.start(&body)
        }
        ("GET", ["v1", "test-executions"]) => {
            check_permission(state, request, "view_test")?;
            Ok(state.search(&request.query()))
        }
        (_, ["v1", "test-executions", "reruns"]) => route_reruns(state, request),
        ("GET", ["v1", "test-executions", _]) if is_before(state.before, GET_EXECUTION) => {
            Err(Refusal::Said(405, "Method Not Allowed"))
        }
        ("GET", ["v1", "test-executions", id]) => read(state, request, id, State::show),
        ("PATCH", ["v1", "test-executions", id]) => write(state, request, id, &PATCH, State::patch),
        (_, ["v1", "test-executions", id, part]) => route_part(state, request, id, part),
        (_, ["v1", "version"] | ["v1", "applications", "me"] | ["v1", "test-executions", _]) => {
            Err(Refusal::Said(405, "Method Not Allowed"))
        }
        _ => Err(Refusal::Said(404, "Not Found")),
    }
}

fn route_reruns(state: &mut State, request: &Request) -> Outcome {
    if request.method == "GET" {
        check_permission(state, request, "view_rerun")?;
        return Ok(state.show_reruns(&request.query()));
    }
    let body = read_body(request)?;
    let ids = reruns::ids(&body)?;
    check_permission(state, request, "change_rerun")?;
    if ids.len() > 1 {
        check_permission(state, request, "change_rerun_bulk")?;
    }
    match request.method.as_str() {
        "POST" => state.request_reruns(&ids, body["priority"].as_i64()),
        "DELETE" => {
            state.remove_reruns(&ids);
            Ok(Value::Null)
        }
        _ => Err(Refusal::Said(405, "Method Not Allowed")),
    }
}

fn route_part(state: &mut State, request: &Request, id: &str, part: &str) -> Outcome {
    match (request.method.as_str(), part) {
        ("GET", "test-results") => read(state, request, id, State::show_results),
        ("POST", "test-results") => write(state, request, id, &RESULTS, State::post_results),
        ("POST", "links") => write(state, request, id, &LINK, State::post_link),
        ("GET", "status_update") => read(state, request, id, State::show_events),
        ("POST", "status_update") => write(state, request, id, &EVENTS, State::post_events),
        (_, "test-results" | "links" | "status_update") => {
            Err(Refusal::Said(405, "Method Not Allowed"))
        }
        _ => Err(Refusal::Said(404, "Not Found")),
    }
}

fn read(
    state: &mut State,
    request: &Request,
    id: &str,
    rule: fn(&mut State, usize) -> Outcome,
) -> Outcome {
    check_permission(state, request, "view_test")?;
    let id = parse_id(id)?;
    rule(state, id)
}

/// A body that is no JSON is refused before the key is looked at, one that breaks the schema after.
fn write(
    state: &mut State,
    request: &Request,
    id: &str,
    schema: &Kind,
    rule: fn(&mut State, usize, &Value) -> Outcome,
) -> Outcome {
    let body = read_body(request)?;
    check_permission(state, request, "change_test")?;
    let body = validation::check(schema, &body).map_err(Refusal::Invalid)?;
    let id = parse_id(id)?;
    rule(state, id, &body)
}

fn parse_id(id: &str) -> Result<usize, Refusal> {
    let parsed: i64 = id.parse().map_err(|_| Refusal::Invalid(vec![validation::bad_id(id)]))?;
    let in_column = i32::try_from(parsed).map_err(|_| Refusal::Crash)?;
    // No execution has the number 0.
    Ok(usize::try_from(in_column).unwrap_or(0))
}

fn read_body(request: &Request) -> Outcome {
    // The real server decodes no content encoding: a compressed body is text that cannot be read.
    let Ok(text) = str::from_utf8(&request.body) else {
        return Err(Refusal::Said(400, "There was an error parsing the body"));
    };
    match request.header("content-type") {
        _ if text.is_empty() => Err(Refusal::Invalid(vec![validation::no_body()])),
        Some(kind) if !kind.starts_with("application/json") => Ok(json!(text)),
        _ => serde_json::from_str(text)
            .map_err(|_| Refusal::Invalid(vec![validation::broken_json(text)])),
    }
}

/// The application whose key was sent. The scheme's case matters.
fn caller<'a>(state: &'a State, request: &Request) -> Option<&'a Application> {
    let words: Vec<&str> = request.header("authorization")?.split_whitespace().collect();
    let ["Bearer", key] = words.as_slice() else { return None };
    state.applications.iter().find(|application| application.key == *key)
}

fn check_permission(state: &State, request: &Request, permission: &str) -> Result<(), Refusal> {
    let may = |caller: &Application| caller.permissions.iter().any(|held| held == permission);
    let is_needed = state.permissions.contains(&permission);
    if is_needed
        && !is_before(state.before, PERMISSIONS)
        && !caller(state, request).is_some_and(may)
    {
        return Err(Refusal::Said(403, "Insufficient permissions"));
    }
    Ok(())
}

fn check_known(state: &State, request: &Request) -> Result<(), Refusal> {
    if state.requires_authentication && caller(state, request).is_none() {
        return Err(Refusal::Said(401, "Not authenticated"));
    }
    Ok(())
}

fn show_application(state: &State, request: &Request) -> Outcome {
    check_known(state, request)?;
    let Some(caller) = caller(state, request) else { return Ok(Value::Null) };
    let index = state.applications.iter().position(|known| known.key == caller.key);
    Ok(json!({
        "id": index.map(|index| index + 1), "name": caller.name,
        "permissions": caller.permissions, "api_key": caller.key,
    }))
}
