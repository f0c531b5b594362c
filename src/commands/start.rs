//! `to start`: opens an execution, notes it, and prints its id.

use std::fs;
use std::io;
use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::{CommandError, Context, Exit};
use crate::api::{ApiError, Applied, Execution, Retry, Server};
use crate::delivery::changes::Maker;
use crate::delivery::notes::Note;
use crate::delivery::outbox::Outbox;
use crate::delivery::state_dir::StateDirectory;
use crate::model::execution::{ExecutionId, Link};
use crate::model::family::Family;
use crate::model::start_request::{Draft, StartRequest, suggestion};
use crate::model::update::Change;
use crate::options::start::StartOptions;
use crate::ui::terminal::{self, Ui};
use crate::util::text::os_message;

/// Opens an execution of a test plan and prints its id
#[derive(Debug, Args)]
#[command(after_help = START_MORE)]
pub struct Start {
    #[command(flatten)]
    pub request: StartOptions,

    /// Print a sample request in JSON, for --from, and open nothing
    #[arg(long, value_name = "FAMILY", hide_possible_values = true)]
    pub example: Option<Family>,
}

const START_MORE: &str = "\
May be repeated where a CI link is given: the first execution is found again.

Examples:
  to start --family snap --name lxd --version 5.21 --arch arm64 --revision 31 \\
    --track 5.21 --store ubuntu --stage beta --environment cm3 --test-plan smoke
  to start --family deb --name curl --version 8.5.0 --arch amd64 --repo main \\
    --series noble --stage proposed --environment vm --test-plan smoke
  to start --family charm --name postgresql --version 14 --arch host \\
    --revision 281 --track 14 --stage edge --environment aws --test-plan smoke
  to start --family image --name core24 --version 24.1 --arch arm64 --os core \\
    --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 \\
    --release 24 --owner images --image-url https://cdimage.example/24.img \\
    --stage pending --environment rpi4 --test-plan boot
  to start --family solution --name k8s --version 1.32 --track 1.32 \\
    --arch amd64 --source hub --stage edge --environment vm --test-plan smoke";

/// The statuses of an execution that still goes on.
const OPEN: [&str; 2] = ["NOT_STARTED", "IN_PROGRESS"];

/// The object that `--json` prints.
#[derive(Serialize)]
struct Report {
    execution: ExecutionId,
    url: String,
}

pub fn run(start: Start, context: &Context) -> Result<Exit, CommandError> {
    if let Some(family) = start.example {
        terminal::data(family.sample().as_bytes())?;
        return Ok(Exit::Success);
    }
    open(start.request, context, |execution| {
        let url = context.target()?.to_string();
        if context.common.json {
            return Ok(terminal::json(&Report { execution, url })?);
        }
        Ok(terminal::data(format!("{execution}\n").as_bytes())?)
    })
}

/// Opens an execution and notes it. `announce` is told of it as soon as it is open: what goes wrong
/// after that does not close it.
///
/// # Errors
/// A request that is not right, a state directory that cannot be written, a server that refuses or
/// cannot be reached.
pub fn open(
    options: StartOptions,
    context: &Context,
    announce: impl FnOnce(ExecutionId) -> Result<(), CommandError>,
) -> Result<Exit, CommandError> {
    let request = request(options, context);
    let begun = begin(request.as_ref().ok(), context);
    let request = request?;
    if let Some(exit) = context.nothing_to_do()? {
        return Ok(exit);
    }
    begun?;
    let state = context.state()?;
    let server = context.server()?;

    let id = match server.start(&request) {
        Err(error) if context.common.best_effort && context.interrupt.signal().is_none() => {
            open_in_outbox(&request, error, &state, context)?
        }
        started => started?,
    };
    // The id is said also where it cannot be noted: nothing else may name the execution.
    let noted = note(&request, id, &state, context);
    announce(id)?;
    context.tell_github(|github| github.set(&[("execution", id.to_string())]));
    noted?;

    if matches!(id, ExecutionId::Outbox(_)) {
        return Ok(Exit::Success);
    }
    let found = found_before(&*server, &request, id, &context.ui);
    let Err((label, error)) = add_links(Maker::knowing(&*server, id, found), &request.links) else {
        return Ok(Exit::Success);
    };
    let is_final = error.retry() == Retry::Never;
    let lacks = if error.applied() == Applied::Maybe { "may lack" } else { "lacks" };
    let error = CommandError::from(error)
        .context(format!("execution {id} is open, but {lacks} the link `{label}`"));
    if is_final {
        return Err(error);
    }
    // Those that the server has by then are not sent again.
    let links: Vec<_> = request.links.into_iter().map(Change::Link).collect();
    let path = Outbox::new(state.outbox()).keep_changes(&context.home(id)?, &links)?;
    Ok(context.report_undelivered(&error, Some(("the links".to_owned(), path))))
}

/// Notes that a start is under way, where the commands after it would find an older execution if it failed.
fn begin(request: Option<&StartRequest>, context: &Context) -> Result<(), CommandError> {
    if !context.is_disabled() && context.state_to_read().notes().is_any() {
        let (url, ci_link) = (context.absolute_url()?, request.and_then(StartRequest::ci_link));
        context.state()?.notes().begin(&url, ci_link, &context.variables)?;
    }
    Ok(())
}

/// `--best-effort`: what no server could open waits in the outbox for `to push`.
fn open_in_outbox(
    request: &StartRequest,
    error: ApiError,
    state: &StateDirectory,
    context: &Context,
) -> Result<ExecutionId, CommandError> {
    let outbox = Outbox::new(state.outbox());
    // Nothing could find one again that the server has opened all the same.
    let is_open_perhaps = error.applied() == Applied::Maybe && request.ci_link().is_none();
    let (id, path) = outbox.start(&context.absolute_url()?, request, is_open_perhaps)?;
    let kept = Some(("the execution".to_owned(), path));
    context.report_undelivered(&CommandError::from(error), kept);
    Ok(id)
}

/// Makes the request that these options ask for.
///
/// # Errors
/// A file that cannot be read; all that the server would refuse.
pub fn request(options: StartOptions, context: &Context) -> Result<StartRequest, CommandError> {
    let mut draft = options.fields.0;
    draft.links = options.relevant_link;
    if let Some(path) = &options.from {
        let base = read_draft(path)?;
        for name in &base.unknown {
            let place = path.display();
            let meant = suggestion(name).map(|field| format!("; did you mean `{field}`?"));
            let meant = meant.unwrap_or_default();
            let said = format!("`{name}` in {place} is no field of start and is not sent{meant}");
            context.ui.warning(&said);
        }
        draft = draft.over(base);
    }
    let mut request = draft.check()?;
    for note in &request.notes {
        context.ui.warning(note);
    }
    if let Some(job) = &context.job {
        request.link_to(job);
    }
    Ok(request)
}

fn read_draft(path: &Path) -> Result<Draft, CommandError> {
    let usage = CommandError::usage;
    let read = if path == Path::new("-") {
        io::read_to_string(io::stdin())
    } else {
        fs::read_to_string(path)
    };
    let text =
        read.map_err(|error| usage(format!("{}: {}", path.display(), os_message(&error))))?;
    Draft::from_json(&text)
        .map_err(|error| usage(format!("{}:{}: {error}", path.display(), error.line())))
}

/// Returns the execution as it is, where the CI link may have found one of an earlier start, and warns of
/// one that has ended. It is open by now: that it cannot be looked at (a key may lack the permission) is
/// no failure of the start.
fn found_before(
    server: &dyn Server,
    request: &StartRequest,
    id: ExecutionId,
    ui: &Ui,
) -> Option<Execution> {
    request.ci_link()?;
    let found = server.execution(id).unwrap_or_else(|error| {
        ui.warning(&format!("whether execution {id} is a new one cannot be told: {error}"));
        None
    })?;
    let status = &found.status;
    if !OPEN.contains(&status.as_str()) {
        ui.warning(&format!(
            "execution {id} of an earlier start with the same CI link has ended: it is {status}"
        ));
    }
    Some(found)
}

/// Notes the execution, and warns of one that was started before it and has not ended.
fn note(
    request: &StartRequest,
    id: ExecutionId,
    state: &StateDirectory,
    context: &Context,
) -> Result<(), CommandError> {
    let fields = serde_json::to_value(request).unwrap_or_default();
    let fields = fields.as_object().cloned().unwrap_or_default();
    let note = Note::new(context.home(id)?, fields, context.variables.clone());
    if let Some(open) = state.notes().add(note)? {
        let before = open.home.execution;
        context.ui.warning(&format!(
            "execution {before}, which was started here before, has not been ended"
        ));
    }
    Ok(())
}

/// Adds the links that the execution lacks.
///
/// # Errors
/// The label of the first that is not there, and why. Each is tried: one that is refused says nothing
/// of the others.
fn add_links(mut maker: Maker<'_>, links: &[Link]) -> Result<(), (String, ApiError)> {
    let mut outcome = Ok(());
    for link in links {
        let made = maker.make(&Change::Link(link.clone()));
        outcome = outcome.and(made.map_err(|error| (link.label.clone(), error)));
    }
    outcome
}
