//! `to result`: one result typed by hand.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are the help")]

use std::fs;
use std::io::{self, Read};

use super::Context;
use super::session::Session;
use crate::commands::error::Exit;
use crate::model::batch::EncodedResult;
use crate::model::limits;
use crate::model::result::Status;
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::options::size::size;
use crate::ui::github::Failures;
use crate::ui::progress::Progress;
use crate::ui::summary::Summary;
use crate::util::text::os_message;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::path::PathBuf;

/// Sends one result, typed by hand
#[derive(Debug, Args)]
#[command(after_help = RESULT_MORE)]
pub struct NewResult {
    /// The test's name
    #[arg(value_parser = name)]
    pub name: String,

    /// What came of it, in any case; also pass, fail and skip
    #[arg(ignore_case = true, value_parser = outcomes())]
    pub status: Status,

    /// What there is to say about it
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,

    /// Its log: a text, @FILE, or - for standard input
    #[arg(long, value_name = "TEXT|@FILE|-")]
    pub log: Option<LogSource>,

    /// The group of tests that it belongs to
    #[arg(long, value_name = "TEXT")]
    pub category: Option<String>,

    /// What it has in common with tests that are made from the same template
    #[arg(long, value_name = "TEXT")]
    pub template_id: Option<String>,

    /// The longest log, in bytes or with K or M; a longer one keeps its head and tail
    #[arg(long, value_name = "SIZE", default_value = "1M", value_parser = size)]
    pub max_log: usize,
}

const RESULT_MORE: &str = "\
May be repeated: the last result of a name replaces the one before.

Examples:
  to result 'screen/brightness' passed
  to result 'wifi/roaming' failed --comment 'lost the network' --log @wifi.log
  dmesg | to result 'suspend/resume' fail --log -";

/// Where a log is.
#[derive(Clone, Debug)]
pub enum LogSource {
    Text(String),
    File(PathBuf),
    StandardInput,
}

impl From<String> for LogSource {
    fn from(text: String) -> Self {
        match text.strip_prefix('@') {
            Some(path) => Self::File(PathBuf::from(path)),
            None if text == "-" => Self::StandardInput,
            None => Self::Text(text),
        }
    }
}

fn outcomes() -> impl TypedValueParser<Value = Status> {
    let short = [("passed", "pass"), ("failed", "fail"), ("skipped", "skip")];
    let values = short.map(|(word, short)| PossibleValue::new(word).alias(short));
    let read = |word: String| Status::from_word(&word).ok_or("none of the three");
    PossibleValuesParser::new(values).try_map(read)
}

fn name(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("a result needs a name") } else { Ok(text.to_owned()) }
}

/// # Errors
/// No execution to send it to, a result that can neither be sent nor kept.
pub fn run(new: NewResult, context: &Context) -> anyhow::Result<Exit> {
    let is_piped = matches!(new.log, Some(LogSource::StandardInput));
    let mut warnings = Warnings::default();
    let log = match read_log(new.log.as_ref(), &new.name, &mut warnings) {
        Ok(log) => log,
        Err(problem) => {
            context.ui.problem(&problem);
            return Ok(Exit::Input);
        }
    };
    let mut result = TestResult {
        name: new.name,
        status: new.status,
        category: new.category.unwrap_or_default(),
        template_id: new.template_id.unwrap_or_default(),
        comment: new.comment.unwrap_or_default(),
        io_log: log,
    };
    limits::sanitize(&mut result, &mut warnings);
    limits::shorten_log(&mut result, new.max_log, &mut warnings);

    let destination = Session::new(is_piped, context)?;
    let mut failures = Failures::default();
    failures.see(&result);
    let progress = Progress::new(Some(1), &context.ui);
    let (mut courier, before) = destination.courier(&progress, context)?;
    courier.push(EncodedResult::new(&result)?)?;
    let outcome = courier.finish()?;
    progress.finish();
    let mut summary = Summary { total: 1, ..destination.summarise(&before, &outcome, context) };
    summary.warnings.splice(..0, warnings.lines());
    destination.conclude(&summary, &failures, before, outcome, context)
}

/// # Errors
/// Why the log cannot be read, with the file's name.
fn read_log(
    source: Option<&LogSource>,
    name: &str,
    warnings: &mut Warnings,
) -> Result<String, String> {
    let (bytes, place) = match source {
        None => return Ok(String::new()),
        Some(LogSource::Text(text)) => return Ok(text.clone()),
        Some(LogSource::File(path)) => (fs::read(path), path.display().to_string()),
        Some(LogSource::StandardInput) => {
            let mut bytes = Vec::new();
            let read = io::stdin().read_to_end(&mut bytes);
            (read.map(|_| bytes), "standard input".to_owned())
        }
    };
    let bytes = bytes.map_err(|error| format!("{place}: {}", os_message(&error)))?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
        warnings.add("bytes of a log that are no UTF-8 became U+FFFD", name);
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    }))
}
