//! `to result`: one result typed by hand.

use std::fs;
use std::io::{self, Read};

use super::Context;
use super::session::Session;
use crate::cli::args::{LogSource, NewResult};
use crate::commands::error::Exit;
use crate::model::batch::EncodedResult;
use crate::model::limits;
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::ui::github::Failures;
use crate::ui::progress::Progress;
use crate::ui::summary::Summary;
use crate::util::text::os_message;

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
