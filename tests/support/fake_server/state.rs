//! What Test Observer remembers, and the rules by which requests that are well formed change it.
//!
//! A request is done whole or not at all. What a request may say is `validation`'s, who may send it and
//! where to is `routes`'. Not kept: reviews, issues and what they would say in an answer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::clock::iso_time;
use super::reruns::Rerun;
use super::validation;

/// The longest texts that the database's columns take, in characters.
const COLUMNS: &[(&str, usize)] = &[
    ("name", 200),
    ("environment", 200),
    ("arch", 100),
    ("ci_link", 200),
    ("c3_link", 200),
    ("branch", 200),
    ("os", 200),
    ("release", 200),
    ("owner", 200),
    ("sha256", 200),
    ("image_url", 200),
];

/// The longest text that the database's indices take, in bytes, where it cannot be compressed.
const LONGEST_INDEXED: usize = 2690;

/// What an image must say of itself at its first start.
const NEW_IMAGE: &[&str] =
    &["name", "version", "os", "release", "owner", "image_url", "execution_stage", "arch"];

/// What tells one artefact from another; what a family lacks is the same in all of it.
const ARTEFACT_KEY: &[&str] = &[
    "family", "name", "version", "arch", "track", "store", "branch", "series", "repo", "source",
    "sha256",
];

/// The first release that keeps `execution_metadata`, that of keys and `/v1/applications/me`, that of
/// permissions, and that of GET of an execution.
pub const METADATA: &str = "2025-07-30";
pub const KEYS: &str = "2025-09-10";
pub const PERMISSIONS: &str = "2025-10-13";
pub const GET_EXECUTION: &str = "2025-11-27";

/// Whether a server from before one day is one from before another.
pub fn is_before(release: &str, day: &str) -> bool {
    !release.is_empty() && release <= day
}

/// Why a request is not done.
#[derive(Debug)]
pub enum Refusal {
    /// 422 with pydantic's list.
    Invalid(Vec<Value>),
    /// A status with one sentence.
    Said(u16, &'static str),
    /// The bare 500, of which the real server's log alone knows the reason.
    Crash,
}

/// The JSON of a 200, or a refusal.
pub type Outcome = Result<Value, Refusal>;

/// One execution and all that was sent for it.
#[derive(Clone, Debug)]
pub struct Execution {
    pub id: usize,
    /// The start that made it, as sent.
    pub request: Value,
    pub ci_link: Option<String>,
    pub c3_link: Option<String>,
    pub environment: Environment,
    pub test_plan: String,
    pub status: String,
    pub metadata: BTreeMap<String, Vec<String>>,
    /// `{id, label, url}` each.
    pub links: Vec<Value>,
    /// `{event_name, timestamp, detail}` each.
    pub events: Vec<Value>,
    created_at: String,
    results: BTreeMap<u64, TestResult>,
    result_by_name: HashMap<String, u64>,
}

/// Where an execution runs; made by the first start that names it.
#[derive(Clone, Debug)]
pub struct Environment {
    pub id: usize,
    pub name: String,
    pub arch: String,
}

/// One stored result. Its category and template id are those of the first writer of its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TestResult {
    pub name: String,
    pub status: String,
    pub category: String,
    pub template_id: String,
    pub comment: String,
    pub io_log: String,
    created_at: String,
}

/// A key and what it may do.
#[derive(Clone, Debug)]
pub struct Application {
    pub name: String,
    pub key: String,
    pub permissions: Vec<String>,
}

/// The whole server's memory.
#[derive(Default)]
pub struct State {
    /// `REQUIRE_AUTHENTICATION`: what tells of the server itself wants a known key.
    pub requires_authentication: bool,
    /// The permissions that are needed: all but those of `IGNORE_PERMISSIONS`.
    pub permissions: Vec<&'static str>,
    /// The day before which the server was released; empty for the newest.
    pub before: &'static str,
    pub applications: Vec<Application>,
    pub executions: Vec<Execution>,
    environments: Vec<Environment>,
    /// The number of an artefact is its place here, counted from 1.
    artefacts: Vec<String>,
    pub reruns: Vec<Rerun>,
    /// The architecture of each image, by its sha256.
    images: HashMap<String, String>,
    /// Category and template id of each test name of the server.
    test_cases: HashMap<String, (String, String)>,
    last_result: u64,
    last_link: u64,
}

impl Execution {
    /// The results in the order in which they were stored; one that was replaced counts anew.
    pub fn results(&self) -> Vec<&TestResult> {
        self.results.values().collect()
    }

    /// The result of this name; panics where there is none.
    pub fn result(&self, name: &str) -> &TestResult {
        match self.result_by_name.get(name) {
            Some(id) => &self.results[id],
            None => panic!("no result `{name}`"),
        }
    }

    fn replace(&mut self, id: u64, result: TestResult) {
        if let Some(old) = self.result_by_name.insert(result.name.clone(), id) {
            self.results.remove(&old);
        }
        self.results.insert(id, result);
    }

    fn has(&self, statuses: &[&str]) -> bool {
        self.results.values().any(|result| statuses.contains(&&*result.status))
    }

    fn computed_status(&self) -> &'static str {
        match () {
            () if self.results.is_empty() => "ENDED_PREMATURELY",
            () if self.has(&["FAILED"]) => "FAILED",
            () => "PASSED",
        }
    }

    /// Whether it has the result of this id.
    pub fn has_result(&self, id: u64) -> bool {
        self.results.contains_key(&id)
    }

    pub fn to_json(&self, before: &str) -> Value {
        let Environment { id, name, arch } = &self.environment;
        let mut told = json!({
            "id": self.id, "ci_link": self.ci_link, "c3_link": self.c3_link,
            "relevant_links": self.links,
            "environment": { "id": id, "name": name, "architecture": arch },
            "status": self.status, "test_plan": self.test_plan, "created_at": self.created_at,
            "execution_metadata": self.metadata,
            "is_triaged": !self.has(&["FAILED", "SKIPPED"]),
            "is_rerun_requested": false, "rerun_priority": null,
        });
        if is_before(before, METADATA) {
            told.as_object_mut().expect("an object").remove("execution_metadata");
        }
        told
    }
}

impl TestResult {
    fn to_json(&self, id: u64) -> Value {
        json!({
            "id": id, "name": self.name, "created_at": self.created_at, "category": self.category,
            "template_id": self.template_id, "status": self.status, "comment": self.comment,
            "io_log": self.io_log, "previous_results": [], "issues": [],
        })
    }
}

impl State {
    /// `PUT start-test`: the execution of its CI link, or a new one.
    pub fn start(&mut self, body: &Value) -> Outcome {
        let request = validation::check_start(body).map_err(Refusal::Invalid)?;
        let arch = self.arch(&request)?;
        check_storable(&request)?;
        if request["family"] == "image" {
            self.images.insert(text(&request, "sha256"), arch.clone());
        }
        let artefact = artefact_key(&request);
        if !self.artefacts.contains(&artefact) {
            self.artefacts.push(artefact);
        }
        let environment = self.environment(&text(&request, "environment"), &arch);
        let found = request.get("ci_link").and_then(|link| self.find_by_ci_link(link.as_str()));
        let id = found.unwrap_or_else(|| self.create(body, &request, environment));
        self.forget_rerun(id);
        for link in request["relevant_links"].as_array().into_iter().flatten() {
            self.append_link(id, link);
        }
        Ok(json!({ "id": id }))
    }

    /// `POST test-results`: each replaces what its name had in this execution.
    pub fn post_results(&mut self, id: usize, results: &Value) -> Outcome {
        self.find(id)?;
        check_storable(results)?;
        let results = results.as_array().expect("a checked list");
        if results.iter().any(|result| !self.is_indexable(result)) {
            return Err(Refusal::Crash);
        }
        let created_at = iso_time(SystemTime::now());
        for result in results {
            self.store(id, result, &created_at);
        }
        Ok(Value::Null)
    }

    /// `PATCH` of an execution.
    pub fn patch(&mut self, id: usize, patch: &Value) -> Outcome {
        self.find(id)?;
        check_storable(patch)?;
        let taken = patch.get("ci_link").and_then(|link| self.find_by_ci_link(link.as_str()));
        if taken.is_some_and(|other| other != id) {
            return Err(Refusal::Crash);
        }
        let before = self.before;
        let execution = self.find(id)?;
        for (field, link) in
            [("ci_link", &mut execution.ci_link), ("c3_link", &mut execution.c3_link)]
        {
            if let Some(given) = patch.get(field) {
                *link = given.as_str().map(str::to_owned);
            }
        }
        let metadata =
            if is_before(before, METADATA) { &Value::Null } else { &patch["execution_metadata"] };
        for (key, values) in metadata.as_object().into_iter().flatten() {
            add_metadata(&mut execution.metadata, key, values);
        }
        match patch["status"].as_str() {
            Some("COMPLETED") => execution.status = execution.computed_status().to_owned(),
            Some(status) => status.clone_into(&mut execution.status),
            None => {}
        }
        Ok(execution.to_json(before))
    }

    /// `POST links`: always one link more.
    pub fn post_link(&mut self, id: usize, link: &Value) -> Outcome {
        self.find(id)?;
        check_storable(link)?;
        Ok(self.append_link(id, link))
    }

    /// `POST status_update`: always more events.
    pub fn post_events(&mut self, id: usize, update: &Value) -> Outcome {
        let execution = self.find(id)?;
        check_storable(update)?;
        execution.events.extend(update["events"].as_array().into_iter().flatten().cloned());
        Ok(Value::Null)
    }

    /// `GET` of an execution.
    pub fn show(&mut self, id: usize) -> Outcome {
        self.find(id)?;
        Ok(self.with_rerun(&self.executions[id - 1]))
    }

    /// `GET test-results`.
    pub fn show_results(&mut self, id: usize) -> Outcome {
        let results = &self.find(id)?.results;
        Ok(results.iter().map(|(id, result)| result.to_json(*id)).collect())
    }

    /// `GET status_update`.
    pub fn show_events(&mut self, id: usize) -> Outcome {
        self.find(id).map(|execution| json!(execution.events))
    }

    /// What this body would be the first to name: an artefact and an environment, or test names.
    pub fn first_sights(&self, body: &Value) -> HashSet<String> {
        if let Some(results) = body.as_array() {
            let names = results.iter().map(|result| text(result, "name"));
            return names.filter(|name| !self.test_cases.contains_key(name)).collect();
        }
        let (name, arch) = (text(body, "environment"), text(body, "arch"));
        let known = self.environments.iter().any(|known| known.name == name && known.arch == arch);
        let environment = (!known).then(|| format!("{name} on {arch}"));
        let artefact = Some(artefact_key(body)).filter(|key| !self.artefacts.contains(key));
        environment.into_iter().chain(artefact).collect()
    }

    /// The architecture that is tested: an image that is known may leave it out.
    fn arch(&self, request: &Value) -> Result<String, Refusal> {
        let given = request["arch"].as_str();
        match self.images.get(&text(request, "sha256")) {
            _ if request["family"] != "image" => Ok(text(request, "arch")),
            Some(known) if given.is_none_or(|arch| arch == known) => Ok(known.clone()),
            Some(_) => {
                Err(Refusal::Said(422, "'arch' must match the existing image build architecture."))
            }
            None if NEW_IMAGE.iter().all(|field| request.get(field).is_some()) => {
                Ok(text(request, "arch"))
            }
            None => Err(Refusal::Said(
                422,
                "No image with this sha256 exists yet; provide the full image details to create it.",
            )),
        }
    }

    fn environment(&mut self, name: &str, arch: &str) -> Environment {
        let known = self.environments.iter().find(|known| known.name == name && known.arch == arch);
        known.cloned().unwrap_or_else(|| {
            let id = self.environments.len() + 1;
            let new = Environment { id, name: name.to_owned(), arch: arch.to_owned() };
            self.environments.push(new.clone());
            new
        })
    }

    fn find_by_ci_link(&self, link: Option<&str>) -> Option<usize> {
        let same = |execution: &&Execution| execution.ci_link.as_deref() == link;
        self.executions.iter().find(same).map(|execution| execution.id)
    }

    fn create(&mut self, body: &Value, request: &Value, environment: Environment) -> usize {
        let id = self.executions.len() + 1;
        self.executions.push(Execution {
            id,
            request: body.clone(),
            ci_link: request["ci_link"].as_str().map(str::to_owned),
            c3_link: None,
            environment,
            test_plan: text(request, "test_plan"),
            status: request["initial_status"].as_str().unwrap_or("IN_PROGRESS").to_owned(),
            metadata: BTreeMap::new(),
            links: Vec::new(),
            events: Vec::new(),
            created_at: iso_time(SystemTime::now()),
            results: BTreeMap::new(),
            result_by_name: HashMap::new(),
        });
        id
    }

    fn append_link(&mut self, id: usize, link: &Value) -> Value {
        self.last_link += 1;
        let mut link = link.clone();
        link["id"] = self.last_link.into();
        self.executions[id - 1].links.push(link.clone());
        link
    }

    /// Only a name's first writer puts texts into an index.
    fn is_indexable(&self, result: &Value) -> bool {
        let fits = |field| text(result, field).len() <= LONGEST_INDEXED;
        self.test_cases.contains_key(&text(result, "name"))
            || (fits("name") && fits("category") && fits("template_id"))
    }

    fn store(&mut self, id: usize, result: &Value, created_at: &str) {
        let name = text(result, "name");
        let first_said = || (text(result, "category"), text(result, "template_id"));
        let test_case = self.test_cases.entry(name.clone()).or_insert_with(first_said);
        let (category, template_id) = test_case.clone();
        self.last_result += 1;
        let stored = TestResult {
            name,
            status: text(result, "status"),
            category,
            template_id,
            comment: text(result, "comment"),
            io_log: text(result, "io_log"),
            created_at: created_at.to_owned(),
        };
        self.executions[id - 1].replace(self.last_result, stored);
    }

    /// The number of the artefact that a start names.
    pub fn artefact_id(&self, request: &Value) -> Option<usize> {
        let key = artefact_key(request);
        self.artefacts.iter().position(|known| *known == key).map(|index| index + 1)
    }

    fn find(&mut self, id: usize) -> Result<&mut Execution, Refusal> {
        let found = id.checked_sub(1).and_then(|index| self.executions.get_mut(index));
        found.ok_or(Refusal::Said(404, "TestExecution not found"))
    }
}

/// A field's text; empty where it is left out.
fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_default().to_owned()
}

fn artefact_key(request: &Value) -> String {
    // A solution at another stage is another artefact; others move through their stages.
    let stage = (request["family"] == "solution").then(|| &request["execution_stage"]);
    let key: Vec<&Value> = ARTEFACT_KEY.iter().map(|field| &request[field]).chain(stage).collect();
    json!(key).to_string()
}

fn add_metadata(metadata: &mut BTreeMap<String, Vec<String>>, key: &str, values: &Value) {
    for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
        let known = metadata.entry(key.to_owned()).or_default();
        if !known.iter().any(|known| known == value) {
            known.push(value.to_owned());
        }
    }
}

/// The database refuses what the schema let through, and the application does not expect it to.
fn check_storable(request: &Value) -> Result<(), Refusal> {
    let too_long = |&(field, most): &(&str, usize)| text(request, field).chars().count() > most;
    let revision = request["revision"].as_i64();
    let revision_fits = request["revision"].is_null()
        || revision.is_some_and(|revision| i32::try_from(revision).is_ok());
    if COLUMNS.iter().any(too_long) || !revision_fits || holds_nul(request) {
        return Err(Refusal::Crash);
    }
    Ok(())
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(key, v)| key.contains('\0') || holds_nul(v)),
        _ => false,
    }
}
