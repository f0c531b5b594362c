//! The three steps, as a CI job runs them.

use crate::support::fake_server::Server;
use crate::support::{Run, Sandbox, fixture};

#[test]
fn start_submit_end_with_everything_in_variables() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url())
        .with_snap()
        .with("TO_CI_LINK", "")
        .with("TO_RESULTS", fixture("pytest.xml").to_str().unwrap());
    let run = sandbox.shell("to start && to submit && to end");
    assert_eq!(
        run,
        Run::new(
            0,
            "1\nFAILED\n",
            "sent 32 results to execution 1: 16 passed, 12 failed, 4 skipped\n\
             warning: properties have no place in a result and were left out (1): `shelf`\n\
             warning: result merged into the first of its name (1): \
             `test_basket.test_failure_and_teardown_error`\n"
        )
    );
    assert_eq!(server.execution(1).ci_link, None);
    assert_eq!(server.execution(1).results().len(), 32);
}
