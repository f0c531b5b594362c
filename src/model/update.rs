//! What an execution can be told besides results. How changes are made, this module does not know.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::model::execution::{COMPLETED, JsonObject, Link, http_url_problem};
use crate::util::text::plural;

/// The most characters of a link to a job, and of a key or value of the metadata: a longer link is
/// a bare 500, a longer key a 422.
pub const LONGEST: usize = 200;

/// The body of `PATCH /v1/test-executions/{id}`: only what is to change.
#[derive(Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
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

    /// Returns what it changes, each on its own, in the order in which that is done: metadata first, since
    /// rules that attach known issues look at it, and a CI link last.
    pub fn each(self) -> [Option<Change>; 4] {
        let Self { status, ci_link, c3_link, execution_metadata } = self;
        [
            Self { execution_metadata, ..Self::default() },
            Self { status, ..Self::default() },
            Self { c3_link, ..Self::default() },
            Self { ci_link, ..Self::default() },
        ]
        .map(|patch| (patch != Self::default()).then_some(Change::Patch(patch)))
    }
}

/// Something that happened to an execution, with a time in RFC 3339.
pub type StatusUpdate = JsonObject;

/// One request to the server, in JSON as the server takes it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Change {
    Patch(Patch),
    /// Added where the execution lacks it.
    Link(Link),
    Event(StatusUpdate),
}

/// Adds a value of the metadata as the server does: once.
pub fn add_value(values: &mut Vec<String>, value: String) {
    if !values.contains(&value) {
        values.push(value);
    }
}

/// Returns what the server would refuse of a link to a job. It stores one in its normal form, which may be
/// longer than what was typed.
pub fn job_link_problem(text: &str) -> Option<String> {
    if let Some(problem) = http_url_problem(text) {
        return Some(format!("is wrong: {problem}"));
    }
    let length = Url::parse(text).map_or(0, |url| url.as_str().chars().count());
    (length > LONGEST).then(|| format!("has {length} characters; the server stores {LONGEST}"))
}

/// Makes an event of this moment. The time is in microseconds: the events of one command keep their
/// order.
pub fn event(name: &str, detail: &str) -> StatusUpdate {
    let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
    let fields = [("event_name", name), ("timestamp", &now), ("detail", detail)];
    fields.map(|(field, text)| (field.to_owned(), text.into())).into_iter().collect()
}

impl Change {
    /// Sets a status.
    pub fn status(status: impl Into<String>) -> Self {
        Self::Patch(Patch { status: Some(status.into()), ..Patch::default() })
    }

    /// Tells whether it has the server compute the execution's status from its results.
    pub fn completes(&self) -> bool {
        matches!(self, Self::Patch(Patch { status: Some(status), .. }) if status == COMPLETED)
    }

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

    pub fn to_json(&self) -> Value {
        json!(self)
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
}
