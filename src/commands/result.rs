//! `to result`: one result typed by hand.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::session::{Session, Sources};
use super::{CommandError, Context, Exit};
use crate::model::encoded::EncodedResult;
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::options::limits::LimitOptions;
use crate::util::text::os_message;

/// Sends one result, typed by hand
#[derive(Debug, Args)]
#[command(after_help = RESULT_MORE)]
pub struct NewResult {
    /// The test's name
    #[arg(value_parser = name)]
    pub name: String,

    /// The outcome: in any case, and also pass, fail and skip
    #[arg(ignore_case = true, value_parser = outcomes())]
    pub status: Status,

    /// A remark about it
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,

    /// Its log: a text, @FILE, or - for standard input; @@ begins a text with @
    #[arg(long, value_name = "TEXT|@FILE|-")]
    pub log: Option<LogSource>,

    /// The group of tests that it belongs to
    #[arg(long, value_name = "TEXT")]
    pub category: Option<String>,

    /// The template that it was made from, which it has in common with other tests
    #[arg(long, value_name = "TEXT")]
    pub template_id: Option<String>,

    #[command(flatten)]
    pub limits: LimitOptions,
}

const RESULT_MORE: &str = "\
May be repeated: the last result of a name replaces the one before.

Examples:
  to result 'screen/brightness' passed
  to result 'wifi/roaming' failed --comment 'lost the network' --log @wifi.log
  dmesg | to result 'suspend/resume' fail --log -";

/// The place of a log.
#[derive(Clone, Debug)]
pub enum LogSource {
    Text(String),
    File(PathBuf),
    StandardInput,
}

impl From<String> for LogSource {
    fn from(text: String) -> Self {
        match text.strip_prefix('@') {
            Some(escaped) if escaped.starts_with('@') => Self::Text(escaped.to_owned()),
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
pub fn run(new: NewResult, context: &Context) -> Result<Exit, CommandError> {
    let is_piped = matches!(new.log, Some(LogSource::StandardInput));
    let mut warnings = Warnings::default();
    let log = match read_log(new.log.as_ref(), &new.name, &mut warnings) {
        Ok(log) => log,
        Err(problem) => {
            context.ui.error(&problem);
            if matches!(new.log, Some(LogSource::File(_))) {
                context.ui.hint("@@ begins a text with @, which names a file alone");
            }
            return Ok(Exit::Input);
        }
    };
    let result = TestResult {
        name: new.name,
        status: new.status,
        category: new.category.unwrap_or_default(),
        template_id: new.template_id.unwrap_or_default(),
        comment: new.comment.unwrap_or_default(),
        io_log: log,
    };
    let result = EncodedResult::new(result, &context.limits(&new.limits), &mut warnings);
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let session = Session::new(is_piped, context)?;
    let delivery = session.deliver(Some(1), context, |feed| {
        feed.push(result);
        Ok(())
    });
    delivery.conclude(Sources { warnings, ..Sources::default() }, context)
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
