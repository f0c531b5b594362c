//! The CI job that this process is a part of, as the environment tells.

use std::env;

use serde_json::{Map, Value};

use crate::util::text::fnv1a;

/// The server stores so many characters of a CI link.
const LONGEST_LINK: usize = 200;

/// A job of a CI system.
#[derive(Debug, Eq, PartialEq)]
pub struct Job {
    /// The page of the job; on GitHub that of the run's attempt, which has no page a job.
    url: String,
    /// The name that tells the job from others with this page.
    name: String,
}

impl Job {
    /// The job of GitHub, GitLab, Jenkins, CircleCI, Buildkite or Azure, if this is one.
    pub fn find() -> Option<Self> {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let name = |variable: &str| set(variable).unwrap_or_default();
        if set("GITHUB_ACTIONS").is_some() {
            let server = set("GITHUB_SERVER_URL")?;
            let (repository, run) = (set("GITHUB_REPOSITORY")?, set("GITHUB_RUN_ID")?);
            let attempt = set("GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".to_owned());
            let url = format!("{server}/{repository}/actions/runs/{run}/attempts/{attempt}");
            return Some(Self { url, name: name("GITHUB_JOB") });
        }
        if set("TF_BUILD").is_some() {
            let collection = set("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")?;
            let (project, build) = (set("SYSTEM_TEAMPROJECT")?, set("BUILD_BUILDID")?);
            let collection = collection.trim_end_matches('/');
            let project = project.replace(' ', "%20");
            let url = format!("{collection}/{project}/_build/results?buildId={build}");
            return Some(Self { url, name: name("SYSTEM_JOBID") + &name("SYSTEM_JOBATTEMPT") });
        }
        [
            ("CI_JOB_URL", "CI_JOB_NAME"),
            ("CIRCLE_BUILD_URL", "CIRCLE_JOB"),
            ("BUILDKITE_BUILD_URL", "BUILDKITE_JOB_ID"),
            ("BUILD_URL", "JOB_NAME"),
        ]
        .into_iter()
        // Jenkins's name for it is one that others may have, too.
        .filter(|(url, _)| *url != "BUILD_URL" || set("JENKINS_URL").is_some())
        .find_map(|(url, job)| Some(Self { url: set(url)?, name: name(job) }))
    }

    /// The link that is the execution's identity: legs of a matrix differ in it, a repeated start
    /// does not. Its fragment is readable, and ends in a hash of all that tells executions apart.
    pub fn link(&self, identity: &Map<String, Value>) -> String {
        let fields = Value::from(identity.clone());
        let hash = fnv1a(format!("{} {} {fields}", self.url, self.name).as_bytes());
        let parts = ["name", "version", "arch", "environment", "test_plan"];
        let said = parts.iter().filter_map(|field| identity.get(*field)?.as_str());
        let readable: Vec<&str> = [self.name.as_str()].into_iter().chain(said).collect();
        let fragment = slug(&readable.join("-"));
        let end = format!("-{hash:016x}");
        let room = LONGEST_LINK - end.len();
        let start: String = format!("{}#{fragment}", self.url).chars().take(room).collect();
        start + &end
    }
}

/// Only what may stand in a fragment as it is.
fn slug(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    text.chars().map(|character| if plain(character) { character } else { '-' }).collect()
}
