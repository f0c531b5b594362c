//! What an execution can be told besides results, checked before anything of it is sent.
//!
//! The server answers some of these problems with a bare 500 and the others one at a time, so all of
//! them are found here, each with its flag. How changes are made, this module does not know.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::model::execution::{JsonObject, Link, http_url_problem};
use crate::util::text::plural;

/// The most characters of a link to a job, and of a key or value of the metadata: a longer link is
/// a bare 500, a longer key a 422.
pub const LONGEST: usize = 200;

/// The body of `PATCH /v1/test-executions/{id}`: only what is to change.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Patch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_link: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c3_link: Option<String>,
    /// Known-issue rules look at it while results are posted: it goes before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_metadata: Option<BTreeMap<String, Vec<String>>>,
}

impl Patch {
    /// Tells whether it has a field of this name.
    pub fn has(name: &str) -> bool {
        matches!(name, "status" | "ci_link" | "c3_link" | "execution_metadata")
    }

    /// Tells whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        let Self { status, ci_link, c3_link, execution_metadata } = self;
        status.is_none() && ci_link.is_none() && c3_link.is_none() && execution_metadata.is_none()
    }
}

/// Something that happened to an execution, with a time in RFC 3339.
pub type StatusUpdate = JsonObject;

/// One request to the server.
#[derive(Debug)]
pub enum Change {
    Patch(Patch),
    /// Added where the execution lacks it.
    Link(Link),
    Event(StatusUpdate),
}

/// The changes that are asked for, as they were typed.
#[derive(Debug, Default)]
pub struct UpdateOptions {
    pub status: Option<String>,
    pub ci_link: Option<String>,
    pub c3_link: Option<String>,
    /// `KEY=VALUE` each; several values of one key gather.
    pub metadata: Vec<String>,
    /// `LABEL=URL` each.
    pub links: Vec<String>,
    /// `NAME` or `NAME=DETAIL` each.
    pub events: Vec<String>,
}

impl UpdateOptions {
    /// The changes in the order in which they are made. Metadata goes first: rules that attach
    /// known issues look at it.
    ///
    /// # Errors
    /// All that the server would refuse, each with its flag.
    pub fn check(self) -> Result<Vec<Change>, Vec<String>> {
        let mut problems = Vec::new();
        for (flag, link) in [("--ci-link", &self.ci_link), ("--c3-link", &self.c3_link)] {
            let problem = link.as_deref().and_then(job_link_problem);
            problems.extend(problem.map(|problem| format!("{flag} {problem}")));
        }
        let mut metadata = BTreeMap::<String, Vec<String>>::new();
        for (key, value) in taken("--metadata", &self.metadata, metadatum, &mut problems) {
            add_value(metadata.entry(key).or_default(), value);
        }
        let links = taken("--link", &self.links, str::parse::<Link>, &mut problems);
        let events = taken("--event", &self.events, parse_event, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let execution_metadata = (!metadata.is_empty()).then_some(metadata);
        let metadata = Patch { execution_metadata, ..Patch::default() };
        let Self { status, ci_link, c3_link, .. } = self;
        let status = Patch { status, ..Patch::default() };
        let c3_link = Patch { c3_link, ..Patch::default() };
        let ci_link = Patch { ci_link, ..Patch::default() };
        let patch = |patch: Patch| (!patch.is_empty()).then_some(Change::Patch(patch));
        let first = [metadata, status, c3_link].into_iter().filter_map(patch);
        let appended =
            links.into_iter().map(Change::Link).chain(events.into_iter().map(Change::Event));
        Ok(first.chain(appended).chain(patch(ci_link)).collect())
    }
}

/// Adds a value of the metadata as the server does: once.
pub fn add_value(values: &mut Vec<String>, value: String) {
    if !values.contains(&value) {
        values.push(value);
    }
}

/// Reads each text, and puts aside what is wrong with it.
fn taken<T>(
    flag: &str,
    texts: &[String],
    read: impl Fn(&str) -> Result<T, String>,
    problems: &mut Vec<String>,
) -> Vec<T> {
    let mut values = Vec::new();
    for text in texts {
        match read(text) {
            Ok(value) => values.push(value),
            Err(problem) => problems.push(format!("{flag} `{text}`: {problem}")),
        }
    }
    values
}

/// The server stores a link in its normal form, which may be longer than what was typed.
fn job_link_problem(text: &str) -> Option<String> {
    if let Some(problem) = http_url_problem(text) {
        return Some(format!("is wrong: {problem}"));
    }
    let length = Url::parse(text).map_or(0, |url| url.as_str().chars().count());
    (length > LONGEST).then(|| format!("has {length} characters; the server stores {LONGEST}"))
}

fn metadatum(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("metadata is written KEY=VALUE")?;
    for (part, name) in [(key, "key"), (value, "value")] {
        let length = part.chars().count();
        if part.trim().is_empty() {
            return Err(format!("the {name} is empty"));
        }
        if length > LONGEST {
            return Err(format!("the {name} has {length} characters; the server takes {LONGEST}"));
        }
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// Reads `NAME` or `NAME=DETAIL` as an event of this moment.
fn parse_event(text: &str) -> Result<StatusUpdate, String> {
    let (name, detail) = text.split_once('=').unwrap_or((text, ""));
    if name.trim().is_empty() {
        return Err("an event needs a name".to_owned());
    }
    Ok(event(name.trim(), detail))
}

/// Makes an event of this moment. The time is in microseconds: the events of one command keep their
/// order.
pub fn event(name: &str, detail: &str) -> StatusUpdate {
    let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
    let fields = [("event_name", name), ("timestamp", &now), ("detail", detail)];
    fields.map(|(field, text)| (field.to_owned(), text.into())).into_iter().collect()
}

impl Change {
    /// Tells whether the change is appended, so that making it twice is not the same as once.
    pub fn is_appended(&self) -> bool {
        !matches!(self, Self::Patch(_))
    }

    /// Tells whether it gives the execution a CI link, which no other may have.
    pub fn has_identity(&self) -> bool {
        matches!(self, Self::Patch(Patch { ci_link: Some(_), .. }))
    }

    /// Returns what the server would answer with a bare 500 every time, in a change that somebody else
    /// wrote down.
    pub fn problem(&self) -> Option<String> {
        if holds_nul(&self.to_json()) {
            return Some("it holds a NUL character".to_owned());
        }
        let Self::Patch(Patch { ci_link, c3_link, .. }) = self else { return None };
        [ci_link, c3_link].into_iter().flatten().find_map(|link| job_link_problem(link))
    }

    /// Returns the word for the change in a file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Patch(_) => "patch",
            Self::Link(_) => "link",
            Self::Event(_) => "event",
        }
    }

    /// Returns the change as the server takes it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Patch(patch) => serde_json::json!(patch),
            Self::Link(link) => serde_json::json!(link),
            Self::Event(event) => serde_json::json!(event),
        }
    }

    /// The change in a few words.
    pub fn describe(&self) -> String {
        match self {
            Self::Patch(Patch { execution_metadata: Some(_), .. }) => "the metadata".to_owned(),
            Self::Patch(Patch { status: Some(_), .. }) => "the status".to_owned(),
            Self::Patch(Patch { c3_link: Some(_), .. }) => "the C3 link".to_owned(),
            Self::Patch(_) => "the CI link".to_owned(),
            Self::Link(link) => format!("the link `{}`", link.label),
            Self::Event(event) => {
                let name = event.get("event_name").and_then(|name| name.as_str());
                format!("the event `{}`", name.unwrap_or_default())
            }
        }
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value))
        }
        _ => false,
    }
}

/// Several changes in a few words.
pub fn describe(changes: &[Change]) -> String {
    match changes {
        [change] => change.describe(),
        several => plural(several.len() as u64, "change"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_of_one_key_gather_once_each() {
        let metadata = texts(&["cloud=aws", "kernel=6.8=x", "cloud=gcp", "cloud=aws"]);
        let changes = UpdateOptions { metadata, ..UpdateOptions::default() }.check().unwrap();
        let [Change::Patch(patch)] = &changes[..] else { panic!("{changes:?}") };
        let json = serde_json::to_string(patch).unwrap();
        let expected = r#"{"execution_metadata":{"cloud":["aws","gcp"],"kernel":["6.8=x"]}}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_link_is_measured_as_the_server_stores_it() {
        let link = |text: String| {
            UpdateOptions { ci_link: Some(text), ..UpdateOptions::default() }.check()
        };
        let host = "https://ci.example";
        assert!(link(format!("{host}/{}", "x".repeat(200 - host.len() - 1))).is_ok());
        assert!(link(format!("{host}/{}", "x".repeat(200 - host.len()))).is_err());
        assert!(link(format!("{host}/{}", "ä".repeat(50))).is_err(), "six characters each");
    }

    #[test]
    fn what_the_server_fails_at_every_time_is_known_of_a_change() {
        let patch = |patch| Change::Patch(patch);
        let link =
            |label: &str, url: &str| Change::Link(Link { label: label.into(), url: url.into() });
        let ci_link =
            |text: &str| patch(Patch { ci_link: Some(text.to_owned()), ..Patch::default() });
        let metadata = |key: &str, value: &str| {
            let execution_metadata = [(key.to_owned(), vec![value.to_owned()])].into();
            patch(Patch { execution_metadata: Some(execution_metadata), ..Patch::default() })
        };
        let event = |detail: &str| Change::Event(event("rebooted", detail));
        let nul = Some("it holds a NUL character");
        for (change, problem) in [
            (link("log", "https://l.example/"), None),
            // What is a 422 is the server's to say.
            (link("", "ftp://l.example/"), None),
            (link("a\0b", "https://l.example/"), nul),
            (event("\\u0000"), None),
            (event("\0"), nul),
            (metadata("kernel", "6.8"), None),
            (metadata("k\0", "6.8"), nul),
            (metadata("kernel", "\0"), nul),
            (ci_link("https://ci.example/1"), None),
            (
                ci_link("ci.example"),
                Some("is wrong: `ci.example` is not a URL: relative URL without a base"),
            ),
            (
                ci_link(&format!("https://ci.example/{}", "x".repeat(200))),
                Some("has 219 characters; the server stores 200"),
            ),
        ] {
            assert_eq!(change.problem().as_deref(), problem, "{change:?}");
        }
    }

    #[test]
    fn an_event_has_its_time_in_utc() {
        let event = parse_event("job_end=it went = well").unwrap();
        assert_eq!(event["event_name"], "job_end");
        assert_eq!(event["detail"], "it went = well");
        let time = event["timestamp"].as_str().unwrap();
        assert!(humantime::parse_rfc3339(time).is_ok() && time.ends_with('Z'), "{time}");
    }
}
