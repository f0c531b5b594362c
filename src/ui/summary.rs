//! What a submission came to: a few lines for a person, or one JSON object.

use std::time::Duration;

use serde::Serialize;

use crate::model::execution::ExecutionId;
use crate::model::tally::{Counts, RefusedResult};
use crate::reports::format::Format;
use crate::util::text::plural;

/// The object that `--json` prints of `submit`, `result` and `push`.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Absent where a push delivered none, or several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionId>,
    pub total: u64,
    #[serde(flatten)]
    pub counts: Counts,
    pub sent: u64,
    /// In the outbox.
    pub kept: u64,
    pub refused: Vec<RefusedLine>,
    /// Names of results that could be neither sent nor kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    pub merged: u64,
    pub files: Vec<FileSummary>,
    pub batches: u64,
    pub retries: u64,
    pub seconds: f64,
    pub warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct RefusedLine {
    pub name: String,
    pub reason: String,
}

impl From<&RefusedResult> for RefusedLine {
    fn from(refused: &RefusedResult) -> Self {
        Self { name: refused.result.name(), reason: refused.reason.clone() }
    }
}

/// A report, or a directory of a spool.
#[derive(Debug, Serialize)]
pub struct FileSummary {
    pub path: String,
    /// The one that a directory was delivered to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    pub results: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl FileSummary {
    /// Sums up a report.
    pub fn of_report(
        path: String,
        format: Option<&Format>,
        results: u64,
        errors: &[String],
    ) -> Self {
        let format = format.map(|format| format.name);
        let error = (!errors.is_empty()).then(|| errors.join("\n"));
        Self { path, execution: None, format, results, error }
    }
}

impl Summary {
    /// Returns the outputs of a step in a CI job.
    pub fn outputs(&self) -> [(&'static str, String); 6] {
        let Counts { passed, failed, skipped } = self.counts;
        let refused = self.refused.len() as u64;
        [
            ("passed", passed),
            ("failed", failed),
            ("skipped", skipped),
            ("sent", self.sent),
            ("kept", self.kept),
            ("refused", refused),
        ]
        .map(|(name, count)| (name, count.to_string()))
    }

    /// Returns the line that says what became of the results.
    pub fn line(&self, execution: ExecutionId) -> String {
        let Counts { passed, failed, skipped } = self.counts;
        let done = match execution {
            ExecutionId::Server(_) => "sent",
            ExecutionId::Outbox(_) => "kept",
        };
        format!(
            "{done} {} to execution {execution}: {passed} passed, {failed} failed, \
             {skipped} skipped",
            plural(self.counts.total(), "result")
        )
    }

    /// Returns the line that says how much work it was, where that is worth a line.
    pub fn effort(&self) -> Option<String> {
        let files = self.files.iter().filter(|file| file.format.is_some()).count() as u64;
        if files <= 1 && self.batches <= 1 {
            return None;
        }
        // Results that were typed come from no file.
        let files = if files > 0 { plural(files, "file") + ", " } else { String::new() };
        let batches = plural(self.batches, "batch");
        Some(format!("{files}{batches}, {:.1} s", self.seconds))
    }
}

/// Returns seconds with as many places as a person reads.
pub fn seconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1000.0).round() / 1000.0
}
