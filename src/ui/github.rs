//! What GitHub Actions shows of a step: annotations, the step's summary, and its outputs.

use std::env;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::model::encoded::{EncodedResult, Gist};
use crate::model::result::Status;
use crate::util::text::{excerpt, one_line};

/// The most failures in the step's summary, which has a limit of its own.
const FAILURES_SHOWN: usize = 50;

/// The most characters of a cell of the summary's table.
const LONGEST_CELL: usize = 200;

/// The most bytes of a step's summary: the runner refuses one of more than twice as many.
const LONGEST_SUMMARY: u64 = 512 << 10;

/// The files that a step of GitHub Actions writes to.
#[derive(Clone, Debug)]
pub struct GitHub {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
}

/// The failed results of a submission, as far as they are shown.
#[derive(Debug, Default)]
pub struct Failures {
    shown: Vec<(String, String)>,
    count: usize,
}

impl Failures {
    /// Takes down a result that failed.
    pub fn see(&mut self, result: &EncodedResult) {
        if result.status != Status::Failed {
            return;
        }
        self.count += 1;
        if self.shown.len() < FAILURES_SHOWN {
            let Gist { name, comment } = result.gist();
            let reason = comment.lines().next().unwrap_or_default();
            self.shown.push((name, reason.to_owned()));
        }
    }

    /// Tells whether nothing failed.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// A table in Markdown; nothing where nothing failed.
    fn table(&self) -> String {
        let mut table = String::new();
        if self.count > 0 {
            table.push_str("\n| failed | |\n|---|---|\n");
        }
        for (name, reason) in &self.shown {
            _ = writeln!(table, "| {} | {} |", cell(name), cell(reason));
        }
        let rest = self.count - self.shown.len();
        if rest > 0 {
            _ = writeln!(table, "\nand {rest} more");
        }
        table
    }
}

impl GitHub {
    /// The step that this process is, if it is one.
    pub fn find() -> Option<Self> {
        env::var("GITHUB_ACTIONS").ok().filter(|value| value == "true")?;
        let path = |name| env::var(name).ok().filter(|path| !path.is_empty()).map(PathBuf::from);
        Some(Self { output: path("GITHUB_OUTPUT"), summary: path("GITHUB_STEP_SUMMARY") })
    }

    /// A message as a workflow command. What it holds cannot end it, or begin another.
    pub fn annotation(level: &str, text: &str) -> String {
        let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        format!("::{level}::{text}\n")
    }

    /// Sets outputs of the step. None of the values has line feeds.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn set(&self, outputs: &[(&str, String)]) -> io::Result<()> {
        let mut lines = String::new();
        for (name, value) in outputs {
            _ = writeln!(lines, "{name}={value}");
        }
        append(self.output.as_ref(), &lines)
    }

    /// Adds to the step's summary.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn summarise(&self, line: &str, failures: &Failures) -> io::Result<()> {
        let text = format!("{line}\n{}\n", failures.table());
        let written = self.summary.as_ref().and_then(|path| path.metadata().ok());
        let length = written.map_or(0, |file| file.len());
        if length + text.len() as u64 > LONGEST_SUMMARY {
            let kib = LONGEST_SUMMARY >> 10;
            return Err(io::Error::other(format!(
                "the step's summary would be longer than {kib} KiB"
            )));
        }
        append(self.summary.as_ref(), &text)
    }
}

fn append(path: Option<&PathBuf>, text: &str) -> io::Result<()> {
    let Some(path) = path else { return Ok(()) };
    File::options().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

/// Returns text for a cell of a table: not too long, and neither markup nor the table's end.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for character in excerpt(&one_line(text), LONGEST_CELL - 1).chars() {
        match character {
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '&' => cell.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '$' | '~' => cell.extend(['\\', character]),
            character => cell.push(character),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_short_and_no_markup() {
        for (text, expected) in [
            ("plain é", "plain é"),
            ("a|b <i>&*_~$`[x](y)", r"a\|b &lt;i&gt;&amp;\*\_\~\$\`\[x\](y)"),
            ("a\nb\u{202e}", r"a\\nb\\u{202e}"),
        ] {
            assert_eq!(cell(text), expected);
        }
        let long = cell(&"é".repeat(201));
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST_CELL, true));
        assert_eq!(cell(&"é".repeat(199)), "é".repeat(199));
    }

    #[test]
    fn a_summary_grows_to_its_limit_and_no_further() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("summary.md");
        let github = GitHub { output: None, summary: Some(path.clone()) };
        let line = "x".repeat(200 << 10);
        assert!(github.summarise(&line, &Failures::default()).is_ok());
        assert!(github.summarise(&line, &Failures::default()).is_ok());
        let error = github.summarise(&line, &Failures::default()).unwrap_err();
        assert_eq!(error.to_string(), "the step's summary would be longer than 512 KiB");
        assert!(std::fs::metadata(path).unwrap().len() < LONGEST_SUMMARY);
    }
}
