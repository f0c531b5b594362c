//! Requests to run an execution again, and the search that tells an execution's artefact.
//!
//! A request is for a group: all executions of one plan, build and environment.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::clock::iso_time;
use super::state::{Execution, Outcome, Refusal, State};

/// A group that is to run again.
#[derive(Clone, Debug)]
pub struct Rerun {
    group: String,
    pub priority: i64,
    created_at: String,
}

/// The ids of a request; the filters are the real server's alone.
pub fn ids(body: &Value) -> Result<Vec<usize>, Refusal> {
    let ids = body["test_execution_ids"].as_array().into_iter().flatten();
    let ids: Option<Vec<usize>> =
        ids.map(|id| id.as_u64().and_then(|id| usize::try_from(id).ok())).collect();
    ids.ok_or(Refusal::Said(422, "Input should be a valid integer"))
}

impl State {
    /// `POST reruns`: one request a group, whose priority the last one sets.
    pub fn request_reruns(&mut self, ids: &[usize], priority: Option<i64>) -> Outcome {
        let groups: Vec<String> = self.known(ids).map(group).collect();
        if groups.is_empty() {
            return Err(Refusal::Said(404, "Didn't find test executions with provided ids"));
        }
        for group in &groups {
            if !self.reruns.iter().any(|known| known.group == *group) {
                let created_at = iso_time(SystemTime::now());
                self.reruns.push(Rerun { group: group.clone(), priority: 0, created_at });
            }
            let rerun = self.reruns.iter_mut().find(|known| known.group == *group);
            if let (Some(rerun), Some(priority)) = (rerun, priority) {
                rerun.priority = priority;
            }
        }
        let told = self.reruns.iter().filter(|rerun| groups.contains(&rerun.group));
        Ok(told.map(|rerun| self.pending(rerun)).collect())
    }

    /// `GET reruns`: the most urgent first, and of equals the oldest.
    pub fn show_reruns(&self, query: &[(String, String)]) -> Value {
        let mut reruns: Vec<&Rerun> = self.reruns.iter().collect();
        reruns.sort_by_key(|rerun| -rerun.priority);
        let told = reruns.into_iter().map(|rerun| self.pending(rerun));
        let is_asked = |rerun: &Value| {
            query.iter().all(|(name, value)| match name.as_str() {
                "family" => rerun["family"] == **value,
                "environment" => rerun["test_execution"]["environment"]["name"] == **value,
                "environment_architecture" => {
                    rerun["test_execution"]["environment"]["architecture"] == **value
                }
                "build_architecture" => rerun["artefact_build"]["architecture"] == **value,
                _ => true,
            })
        };
        told.filter(is_asked).collect()
    }

    /// `DELETE reruns`: of the whole groups of these executions.
    pub fn remove_reruns(&mut self, ids: &[usize]) {
        let groups: Vec<String> = self.known(ids).map(group).collect();
        self.reruns.retain(|rerun| !groups.contains(&rerun.group));
    }

    /// A start takes the request of its group off the list, also a repeated one.
    pub fn forget_rerun(&mut self, id: usize) {
        self.remove_reruns(&[id]);
    }

    /// Whether the group of this execution is to run again, and how urgently.
    pub fn rerun_of(&self, execution: &Execution) -> Option<i64> {
        let group = group(execution);
        self.reruns.iter().find(|rerun| rerun.group == group).map(|rerun| rerun.priority)
    }

    /// `GET test-executions`: those without results, those with any, or that of a result.
    pub fn search(&self, query: &[(String, String)]) -> Value {
        let asked = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, value)| &**value);
        let is_asked = |execution: &&Execution| {
            let has_results = match asked("test_result") {
                Some("none") => execution.results().is_empty(),
                None | Some("any") => !execution.results().is_empty(),
                Some(id) => id.parse().is_ok_and(|id| execution.has_result(id)),
            };
            let is = |name: &str, value: &str| asked(name).is_none_or(|asked| asked == value);
            has_results
                && is("environments", &execution.environment.name)
                && is("families", &text(&execution.request, "family"))
                && is("artefacts", &text(&execution.request, "name"))
                && is("artefact_versions", &text(&execution.request, "version"))
        };
        let found = self.executions.iter().rev().filter(is_asked).map(|execution| {
            let mut told = self.with_rerun(execution);
            told["artefact"] = self.artefact(execution);
            told["artefact_build"] = build(execution);
            told["test_results"] = json!([]);
            told
        });
        let limit = asked("limit").and_then(|limit| limit.parse().ok()).unwrap_or(50);
        let found: Vec<Value> = found.take(limit).collect();
        json!({ "count": found.len(), "limit": limit, "offset": 0, "test_executions": found })
    }

    /// An execution with what is known of its rerun.
    pub fn with_rerun(&self, execution: &Execution) -> Value {
        let priority = self.rerun_of(execution);
        let mut told = execution.to_json(self.before);
        told["is_rerun_requested"] = priority.is_some().into();
        told["rerun_priority"] = priority.into();
        told
    }

    fn known<'a>(&'a self, ids: &'a [usize]) -> impl Iterator<Item = &'a Execution> {
        ids.iter().filter_map(|id| self.executions.get(id.checked_sub(1)?))
    }

    fn pending(&self, rerun: &Rerun) -> Value {
        let of_group = |execution: &&Execution| group(execution) == rerun.group;
        let newest = self.executions.iter().rev().find(of_group).expect("a group has executions");
        json!({
            "test_execution_id": newest.id, "ci_link": newest.ci_link,
            "family": newest.request["family"], "test_execution": self.with_rerun(newest),
            "artefact": self.artefact(newest), "artefact_build": build(newest),
            "priority": rerun.priority, "created_at": rerun.created_at,
        })
    }

    fn artefact(&self, execution: &Execution) -> Value {
        let request = &execution.request;
        json!({
            "id": self.artefact_id(request), "name": text(request, "name"),
            "version": text(request, "version"), "family": text(request, "family"),
            "stage": text(request, "execution_stage"), "track": text(request, "track"),
            "store": text(request, "store"), "branch": text(request, "branch"),
            "series": text(request, "series"), "repo": text(request, "repo"),
            "source": text(request, "source"), "os": text(request, "os"),
            "release": text(request, "release"),
        })
    }
}

fn build(execution: &Execution) -> Value {
    json!({
        "id": 1, "architecture": execution.environment.arch,
        "revision": execution.request["revision"],
    })
}

/// The plan, build and environment.
fn group(execution: &Execution) -> String {
    let request = &execution.request;
    let fields = ["family", "name", "version", "revision", "track", "store", "series", "repo"];
    let build: Vec<&Value> = fields.iter().map(|field| &request[field]).collect();
    json!([execution.test_plan, build, execution.environment.id]).to_string()
}

fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_default().to_owned()
}
