//! `to result`: one result typed by hand.

use std::fs::File;
use std::io;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::session::{Session, Sources};
use super::{CommandError, Context, Exit};
use crate::model::encoded::EncodedResult;
use crate::model::limits::MAX_COMMENT;
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::options::limits::LimitOptions;
use crate::util::clip::Clipped;
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
    pub log: Option<String>,

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
    let log = new.log.unwrap_or_default();
    let is_piped = log == "-";
    let limits = context.limits(&new.limits);
    let mut warnings = Warnings::default();
    let io_log = match read_log(&log, limits.max_log, &new.name, &mut warnings) {
        Ok(io_log) => io_log,
        Err(problem) => {
            context.ui.error(&problem);
            if !is_piped {
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
        io_log,
    };
    let result = EncodedResult::new(result, &limits, &mut warnings);
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    let session = Session::new(is_piped, context)?;
    let delivery = session.deliver(Some(1), |feed| {
        feed.push(result);
        Ok(())
    });
    delivery.conclude(Sources { warnings, ..Sources::default() })
}

/// Reads the log that `source` says: a text, `@FILE`, or `-`. No more of it is held than `longest` bytes ask
/// for.
///
/// # Errors
/// Why the log cannot be read, with the file's name.
fn read_log(
    source: &str,
    longest: usize,
    name: &str,
    warnings: &mut Warnings,
) -> Result<String, String> {
    let mut log = Clipped::new(longest.max(MAX_COMMENT));
    let (read, place) = match (source, source.strip_prefix('@')) {
        ("-", _) => (log.push_from(io::stdin()), "standard input"),
        (_, Some(path)) if !path.starts_with('@') => {
            (File::open(path).and_then(|file| log.push_from(file)), path)
        }
        (_, escaped) => return Ok(escaped.unwrap_or(source).to_owned()),
    };
    let is_utf8 = read.map_err(|error| format!("{place}: {}", os_message(&error)))?;
    if !is_utf8 {
        warnings.add("bytes of a log that are no UTF-8 became U+FFFD", name);
    }
    Ok(log.to_text().into_owned())
}
