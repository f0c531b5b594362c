//! `to result`: one result typed by hand.

use std::fs;
use std::io::{self, Read};

use super::Context;
use super::session::Destination;
use crate::cli::args::{LogSource, NewResult};
use crate::commands::error::Exit;
use crate::model::batch::Encoded;
use crate::model::limits;
use crate::model::result::TestResult;
use crate::model::warnings::Notes;
use crate::ui::github::Failures;
use crate::ui::progress::Progress;
use crate::ui::summary::Summary;
use crate::util::text::reason;

/// # Errors
/// No execution to send it to, a result that can neither be sent nor kept.
pub fn run(new: NewResult, context: &Context) -> anyhow::Result<Exit> {
    let is_piped = matches!(new.log, Some(LogSource::StandardInput));
    let mut notes = Notes::default();
    let log = match read_log(new.log.as_ref(), &new.name, &mut notes) {
        Ok(log) => log,
        Err(problem) => {
            context.talk.problem(&problem);
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
    limits::mend(&mut result, &mut notes);
    limits::shorten_log(&mut result, new.max_log, &mut notes);

    let destination = Destination::new(is_piped, context)?;
    let mut failures = Failures::default();
    failures.see(&result);
    let progress = Progress::new(Some(1), &context.talk);
    let (mut courier, before) = destination.courier(&progress, context)?;
    courier.push(Encoded::new(&result)?)?;
    let outcome = courier.finish()?;
    progress.finish();
    let mut summary = Summary { total: 1, ..destination.summarise(&before, &outcome, context) };
    summary.warnings.splice(..0, notes.lines());
    destination.conclude(&summary, &failures, before, outcome, context)
}

/// # Errors
/// Why the log cannot be read, with the file's name.
fn read_log(source: Option<&LogSource>, name: &str, notes: &mut Notes) -> Result<String, String> {
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
    let bytes = bytes.map_err(|error| format!("{place}: {}", reason(&error)))?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
        notes.add("bytes of a log that are no UTF-8 became U+FFFD", name);
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    }))
}
