//! The web page of an execution, where it can be told.

use url::Url;

use super::Context;
use crate::api::{Artefact, ArtefactSearch, Execution, Target};
use crate::model::execution::ExecutionId;

/// Returns what an execution tests, as `to start` noted it. The server is asked where nothing is noted,
/// where only its answer leads to the page, and where a CI link may have found another start's execution.
pub fn tested(id: ExecutionId, search: &ArtefactSearch, context: &Context) -> Option<Artefact> {
    let note = context.state_to_read().notes().of(&context.home(id).ok()?);
    let fields = note.map(|note| note.fields).filter(|fields| !fields.is_empty());
    let is_sure = fields.as_ref().is_some_and(|fields| !fields.contains_key("ci_link"));
    let asked =
        if is_sure && front_end(context).is_none() { None } else { artefact(id, search, context) };
    asked.or_else(|| fields.as_ref().map(Artefact::of_start))
}

/// Asks once what an execution tests. That it cannot be told is no error.
fn artefact(id: ExecutionId, search: &ArtefactSearch, context: &Context) -> Option<Artefact> {
    let server = match id {
        ExecutionId::Server(_) => context.impatient_server().ok()?,
        ExecutionId::Outbox(_) => context.server_of(id, &context.state_to_read()).ok()?,
    };
    server.artefact(id, search).ok().flatten()
}

/// Returns the address of the page of an execution of this artefact.
pub fn page(id: ExecutionId, artefact: &Artefact, context: &Context) -> Option<String> {
    let front_end = front_end(context)?;
    // The front end has no page for solutions.
    let family = Some(artefact.family.as_str()).filter(|family| *family != "solution")?;
    Some(format!("{front_end}/#/{family}s/{}?testExecutionId={id}", artefact.id?))
}

/// Says where an execution that has ended can be looked at, where that is known.
pub fn announce(id: ExecutionId, ended: &Execution, context: &Context) {
    if front_end(context).is_none() || context.interrupt.signal().is_some() {
        return;
    }
    let environment = ended.environment.as_ref().and_then(|environment| environment.get("name"));
    let search = ArtefactSearch {
        environment: environment.and_then(|name| name.as_str()).map(str::to_owned),
        // The server computes this status of an execution without results.
        has_results: ended.status != "ENDED_PREMATURELY",
        result: None,
    };
    let page = artefact(id, &search, context).and_then(|artefact| page(id, &artefact, context));
    if let Some(page) = page {
        context.ui.info(format_args!("look at it: {page}"));
    }
}

/// Returns the front end's address: the one given, or the API's without `-api` in its first label.
fn front_end(context: &Context) -> Option<String> {
    if let Some(given) = &context.common.web_url {
        return Some(given.trim_end_matches('/').to_owned());
    }
    match context.target().ok()? {
        Target::Api(url) => front_end_of(url),
        Target::Spool(_) => None,
    }
}

fn front_end_of(api: &Url) -> Option<String> {
    let mut front_end = api.clone();
    let (label, domain) = api.host_str()?.split_once('.')?;
    let (before, after) =
        label.split_once("-api").filter(|(_, after)| after.is_empty() || after.starts_with('-'))?;
    front_end.set_host(Some(&format!("{before}{after}.{domain}"))).ok()?;
    Some(front_end.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_end_is_beside_an_api_that_is_called_so() {
        for (api, front_end) in [
            (
                "https://test-observer-api.canonical.com",
                Some("https://test-observer.canonical.com"),
            ),
            (
                "https://test-observer-api-staging.canonical.com",
                Some("https://test-observer-staging.canonical.com"),
            ),
            ("http://observer-api.lab:8080", Some("http://observer.lab:8080")),
            ("https://observer.example", None),
            ("https://observer-apiary.example", None),
            ("http://127.0.0.1:8000", None),
            ("http://localhost", None),
        ] {
            let url = api.parse().unwrap();
            assert_eq!(front_end_of(&url).as_deref(), front_end, "{api}");
        }
    }
}
