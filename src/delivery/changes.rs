//! Changes of an execution, each made on its own.

use crate::api::{ApiError, BatchProblem, Execution, Retry, Scope, Server};
use crate::model::execution::ExecutionId;
use crate::model::update::{Change, Patch};

/// Makes changes of one execution, and knows it as it is after each.
pub struct Maker<'a> {
    server: &'a dyn Server,
    id: ExecutionId,
    /// The execution as the server told it last.
    pub execution: Option<Execution>,
    /// The server does not tell.
    is_silent: bool,
}

impl<'a> Maker<'a> {
    pub fn new(server: &'a dyn Server, id: ExecutionId) -> Self {
        Self { server, id, execution: None, is_silent: false }
    }

    /// Begins with what the server told; of a new execution it has nothing to tell.
    pub fn knowing(server: &'a dyn Server, id: ExecutionId, execution: Option<Execution>) -> Self {
        Self { server, id, is_silent: execution.is_none(), execution }
    }

    /// Makes one change. A link that the execution has is not added again: it would be shown twice.
    ///
    /// # Errors
    /// That of the server; [`ApiError::MetadataDropped`].
    pub fn make(&mut self, change: &Change) -> Result<(), ApiError> {
        match change {
            Change::Patch(patch) => {
                let execution = self.server.update(self.id, patch)?;
                let is_dropped = patch.execution_metadata.is_some() && !execution.has_metadata;
                self.execution = Some(execution);
                if is_dropped { Err(ApiError::MetadataDropped) } else { Ok(()) }
            }
            Change::Link(link) => {
                self.look()?;
                let links = self.execution.as_ref().map(|execution| &execution.relevant_links);
                if links.is_some_and(|links| links.iter().any(|known| known.same_as(link))) {
                    return Ok(());
                }
                self.server.add_link(self.id, link)?;
                if let Some(execution) = &mut self.execution {
                    execution.relevant_links.push(link.clone());
                }
                Ok(())
            }
            Change::Event(event) => self.server.add_status_update(self.id, event),
        }
    }

    /// Has the server tell the execution, unless it has or does not.
    fn look(&mut self) -> Result<(), ApiError> {
        if self.execution.is_none() && !self.is_silent {
            self.execution = self.server.execution(self.id)?;
            self.is_silent = self.execution.is_none();
        }
        Ok(())
    }
}

/// Returns what a patch says, each on its own: metadata, which goes before the results, and the rest
/// with the CI link last.
pub fn split(patch: Patch) -> (Vec<Change>, Vec<Change>) {
    let [metadata, status, c3_link, ci_link] = patch.each();
    let rest = [c3_link, status, ci_link].into_iter().flatten().collect();
    (metadata.into_iter().collect(), rest)
}

/// Tells whether the server will never make a change. It fails with a bare 500 where another execution
/// has the CI link, and makes the change that changes nothing all the same.
pub fn is_refused(change: &Change, error: &ApiError, maker: &Maker<'_>) -> bool {
    let is_crash = error.cause().scope() == Scope::Batch(BatchProblem::Crash);
    match error.scope() {
        Scope::Request => false,
        _ if error.retry() == Retry::Never => true,
        _ => {
            let is_well = || maker.server.update(maker.id, &Patch::default()).is_ok();
            is_crash && change.has_identity() && is_well()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::examples::{refusal, refusal_of_proxy};
    use crate::api::{Spool, examples};
    use crate::model::execution::Link;

    #[test]
    fn what_will_never_be_made_is_told_from_what_may_be_made_later() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("1")).unwrap();
        let spool = Spool::new(place.path().to_path_buf());
        let (there, missing) = (ExecutionId::Server(1), ExecutionId::Server(2));
        let ci_link = || {
            let link = Some("https://ci.example/1".to_owned());
            Change::Patch(Patch { ci_link: link, ..Patch::default() })
        };
        let link =
            || Change::Link(Link { label: "log".to_owned(), url: "https://l.example/".to_owned() });
        for (change, error, execution, expected) in [
            (link(), refusal(422), there, true),
            (link(), refusal(400), there, true),
            (ci_link(), ApiError::MetadataDropped, there, true),
            // The execution is not there, or the key may not write: that is no fault of the change.
            (link(), refusal(404), there, false),
            (link(), refusal(403), there, false),
            (link(), refusal_of_proxy(403), there, false),
            (link(), refusal(503), there, false),
            (link(), examples::refusal_after(429, 5), there, false),
            // The server fails so at a CI link that another execution has, where it is well otherwise.
            (link(), refusal(500), there, false),
            (ci_link(), refusal(500), there, true),
            (ci_link(), refusal(500), missing, false),
            (ci_link(), refusal(503), there, false),
        ] {
            let maker = Maker::new(&spool, execution);
            assert_eq!(is_refused(&change, &error, &maker), expected, "{change:?}: {error:?}");
        }
    }

    #[test]
    fn a_patch_is_told_part_by_part_with_metadata_first_and_the_ci_link_last() {
        let all = Patch {
            status: Some("COMPLETED".to_owned()),
            ci_link: Some("https://ci.example/".to_owned()),
            c3_link: Some("https://c3.example/".to_owned()),
            execution_metadata: Some([("k".to_owned(), vec!["v".to_owned()])].into()),
        };
        let (first, rest) = split(all);
        let said = |changes: &[Change]| changes.iter().map(Change::describe).collect::<Vec<_>>();
        assert_eq!(said(&first), ["the metadata"]);
        assert_eq!(said(&rest), ["the C3 link", "the status", "the CI link"]);
        let (first, rest) = split(Patch::default());
        assert!(first.is_empty() && rest.is_empty());
    }
}
