//! `to update`: what else an execution can be told.

use std::collections::BTreeMap;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{CommandError, Context, Exit, session::Session};
use crate::model::execution::{COMPLETED, Link, STATUSES};
use crate::model::update::{
    Change, LONGEST, Patch, StatusUpdate, add_value, event, job_link_problem,
};

/// Adds links, metadata or events, or sets a status
#[derive(Debug, Args)]
#[command(after_help = UPDATE_MORE)]
pub struct Update {
    /// The status; COMPLETED has the server compute it
    #[arg(long, value_name = "STATUS")]
    #[arg(value_parser = PossibleValuesParser::new([&STATUSES[..], &[COMPLETED]].concat()))]
    pub status: Option<String>,

    /// The CI job's URL, which no other execution may have
    #[arg(long, value_name = "URL")]
    pub ci_link: Option<String>,

    /// The URL of a submission in Certification
    #[arg(long, value_name = "URL")]
    pub c3_link: Option<String>,

    /// A fact about the execution; repeatable, also with several values of one key
    #[arg(long, value_name = "KEY=VALUE")]
    pub metadata: Vec<String>,

    /// A link to show with the execution; repeatable
    #[arg(long, value_name = "LABEL=URL")]
    pub link: Vec<String>,

    /// Something that happened now; repeatable
    #[arg(long, value_name = "NAME[=DETAIL]")]
    pub event: Vec<String>,
}

const UPDATE_MORE: &str = "\
Metadata goes first, a CI link last. Metadata is added to what is there.

May be repeated, but for an event or a link that may be there already or is kept: `to` says so then. A
link that the execution has is not added again, an event is added each time. Each change is made on
its own: one that is refused costs no other.

Examples:
  to update --metadata cloud=aws --metadata kernel=6.8.0-50-generic
  to update --link 'Logs=https://logs.example/1' --c3-link https://c3.example/9
  to update --event 'provisioned=in 12 minutes'";

/// # Errors
/// Nothing to change, or something that is not right; a change that can neither be made nor kept.
pub fn run(update: Update, context: &Context) -> Result<Exit, CommandError> {
    let changes = changes(update)
        .map_err(|problems| CommandError::usage("the update is not right").list(problems))?;
    if changes.is_empty() {
        return Err(CommandError::usage("nothing is to be updated")
            .hint("give --status, --ci-link, --c3-link, --metadata, --link or --event"));
    }
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let session = Session::new(false, context)?;
    let (updated, exit) = session.change(changes);
    context.print_json(&updated)?;
    Ok(exit)
}

/// Returns the changes in the order in which they are made.
///
/// # Errors
/// All that the server would refuse, each with its flag: it answers some of these problems with a bare
/// 500, and the others one at a time.
fn changes(update: Update) -> Result<Vec<Change>, Vec<String>> {
    let Update { status, ci_link, c3_link, metadata, link, event } = update;
    let mut problems = Vec::new();
    for (flag, link) in [("--ci-link", &ci_link), ("--c3-link", &c3_link)] {
        let problem = link.as_deref().and_then(job_link_problem);
        problems.extend(problem.map(|problem| format!("{flag} {problem}")));
    }
    let mut gathered = BTreeMap::<String, Vec<String>>::new();
    for (key, value) in taken("--metadata", &metadata, metadatum, &mut problems) {
        add_value(gathered.entry(key).or_default(), value);
    }
    let links = taken("--link", &link, str::parse::<Link>, &mut problems);
    let events = taken("--event", &event, parse_event, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let execution_metadata = (!gathered.is_empty()).then_some(gathered);
    let [metadata, status, c3_link, ci_link] =
        Patch { status, ci_link, c3_link, execution_metadata }.each();
    let first = [metadata, status, c3_link].into_iter().flatten();
    let appended = links.into_iter().map(Change::Link).chain(events.into_iter().map(Change::Event));
    Ok(first.chain(appended).chain(ci_link).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Update = Update {
        status: None,
        ci_link: None,
        c3_link: None,
        metadata: Vec::new(),
        link: Vec::new(),
        event: Vec::new(),
    };

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_of_one_key_gather_once_each() {
        let metadata = texts(&["cloud=aws", "kernel=6.8=x", "cloud=gcp", "cloud=aws"]);
        let changes = changes(Update { metadata, ..NOTHING }).unwrap();
        let [Change::Patch(patch)] = &changes[..] else { panic!("{changes:?}") };
        let json = serde_json::to_string(patch).unwrap();
        let expected = r#"{"execution_metadata":{"cloud":["aws","gcp"],"kernel":["6.8=x"]}}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_link_is_measured_as_the_server_stores_it() {
        let link = |text: String| changes(Update { ci_link: Some(text), ..NOTHING });
        let host = "https://ci.example";
        assert!(link(format!("{host}/{}", "x".repeat(200 - host.len() - 1))).is_ok());
        assert!(link(format!("{host}/{}", "x".repeat(200 - host.len()))).is_err());
        assert!(link(format!("{host}/{}", "ä".repeat(50))).is_err(), "six characters each");
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
