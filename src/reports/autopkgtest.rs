//! The `summary` that autopkgtest writes, with the logs beside it.
//!
//! One line is one test: `NAME PASS|FAIL|SKIP|FLAKY reason`. Its output lies in files of its name in the
//! same directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::ReadError;
use super::format::{Format, ReportReader};
use super::lines::Lines;
use super::source::Source;
use crate::model::result::{Section, Status, TestResult, join_sections};
use crate::model::warnings::Warnings;
use crate::util::clip::Clipped;
use crate::util::text::os_message;

pub static FORMAT: Format = Format {
    name: "autopkgtest",
    detect: is_summary,
    open: |input, options, _| {
        let directory = match input.source {
            Source::File { path, .. } => path.parent().map(Path::to_path_buf),
            Source::StandardInput => None,
        };
        let lines = Lines::new(input.file)?;
        Ok(Box::new(Reader { lines, directory, longest: options.longest(), names_only: false }))
    },
    is_live: false,
};

/// Lines about the whole run, which failed.
const OF_THE_RUN: [&str; 4] = ["blame:", "badpkg:", "quitting:", "erroneous package:"];

/// Returns the result in one line of a summary, but for its log.
fn result(line: &str) -> Option<TestResult> {
    let (name, rest) = line.trim_end().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (outcome, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (status, mark) = match outcome {
        "PASS" => (Status::Passed, ""),
        "FAIL" => (Status::Failed, ""),
        "SKIP" => (Status::Skipped, ""),
        "FLAKY" => (Status::Skipped, "[flaky]"),
        _ => return None,
    };
    let comment = [mark, reason.trim()].join(" ").trim().to_owned();
    (!name.is_empty()).then(|| TestResult { comment, ..TestResult::new(name, status) })
}

fn is_of_the_run(line: &str) -> bool {
    OF_THE_RUN.iter().any(|word| line.starts_with(word))
}

/// Tells whether each line of a text has the form of a summary, but for the last, which may be cut.
fn is_summary(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    let mut told = 0;
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none() && !head.ends_with(b"\n");
        match result(line) {
            Some(_) => told += 1,
            None if is_of_the_run(line) => told += 1,
            None if is_last && told > 0 => {}
            None => return false,
        }
    }
    told > 0
}

/// Reads a summary line by line.
struct Reader {
    lines: Lines<File>,
    directory: Option<PathBuf>,
    longest: usize,
    names_only: bool,
}

impl Reader {
    /// Returns what the test wrote. A name that leads elsewhere, or to a link, has no log: a summary that
    /// a stranger prepared must not make a file of this machine a result.
    fn log(&self, name: &str) -> String {
        let Some(directory) = self.directory.as_ref().filter(|_| !name.contains('/')) else {
            return String::new();
        };
        let mut sections: Vec<Section<'static>> = Vec::new();
        for stream in ["stdout", "stderr"] {
            let path = directory.join(format!("{name}-{stream}"));
            let is_regular = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
            let text = if is_regular { self.text_of(&path) } else { String::new() };
            if !text.is_empty() {
                sections.push((stream.into(), text.into()));
            }
        }
        join_sections(sections)
    }

    /// Returns the text of a file, or what keeps it from being read.
    fn text_of(&self, path: &Path) -> String {
        let mut text = Clipped::new(self.longest);
        match File::open(path).and_then(|file| text.push_from(file)) {
            Ok(_) => text.to_text().into_owned(),
            Err(error) => {
                format!("[… {} cannot be read: {} …]", path.display(), os_message(&error))
            }
        }
    }
}

impl ReportReader for Reader {
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        while let Some(line) = self.lines.next()? {
            if let Some(mut result) = result(&line) {
                if !self.names_only {
                    result.io_log = self.log(&result.name);
                }
                return Ok(Some(result));
            }
            if !line.trim().is_empty() {
                let not_one = "no line of a summary: a name and PASS, FAIL, SKIP or FLAKY";
                let reason = if is_of_the_run(&line) { &*line } else { not_one };
                return Err(ReadError::one(self.lines.number(), reason));
            }
        }
        self.lines.note(warnings);
        Ok(None)
    }

    fn next_name(&mut self, warnings: &mut Warnings) -> Result<Option<String>, ReadError> {
        self.names_only = true;
        Ok(self.next(warnings)?.map(|result| result.name))
    }
}
