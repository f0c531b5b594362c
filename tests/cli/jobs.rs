//! Several jobs in one directory, at once or one after the other: none writes into another's execution.

use crate::support::fake_server::Server;
use crate::support::{Process, Run, Sandbox, lines, names};

/// Runs `to` with another value of a variable.
fn leg(sandbox: &Sandbox, environment: &str, arguments: &str) -> Run {
    let mut command = sandbox.command(crate::support::BINARY);
    command.env("TO_ENVIRONMENT", environment).args(arguments.split_whitespace());
    Process::start(command).finish()
}

#[test]
fn legs_of_one_directory_keep_to_their_executions() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    for (environment, count) in [("cm3", 1), ("vm", 2)] {
        sandbox.write(&format!("{environment}.jsonl"), lines(&names(count)));
        assert_eq!(leg(&sandbox, environment, "start -q").status, 0);
    }
    for environment in ["cm3", "vm"] {
        let submit = format!("submit -q {environment}.jsonl");
        assert_eq!(leg(&sandbox, environment, &submit), Run::quiet());
        assert_eq!(leg(&sandbox, environment, "end -q"), Run::printed("PASSED\n"));
    }
    let held = server.executions();
    let held: Vec<_> = held
        .iter()
        .map(|one| (&*one.environment.name, one.results().len(), &*one.status))
        .collect();
    assert_eq!(held, [("cm3", 1, "PASSED"), ("vm", 2, "PASSED")]);
}

#[test]
fn a_variable_that_no_start_had_is_named() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(leg(&sandbox, "cm3", "start -q").status, 0);
    let said = "error: no execution that was started here has TO_ENVIRONMENT=vm: execution 1 was \
                started with `cm3`\n\
                hint: run `to start` with these variables, or say --execution (or TO_EXECUTION)\n";
    assert_eq!(leg(&sandbox, "vm", "end"), Run::failed(2, said));
    assert_eq!(leg(&sandbox, "vm", "end -q --execution 1").status, 0);
}

#[test]
fn a_flag_of_the_start_alone_does_no_harm() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start -q --environment vm --test-plan other").status, 0);
    // The variables are those of the start; the sent environment is named by another variable now.
    assert_eq!(leg(&sandbox, "vm", "end -q"), Run::printed("ENDED_PREMATURELY\n"));
    assert_eq!(sandbox.to("end -q"), Run::printed("ENDED_PREMATURELY\n"));
}

#[test]
fn old_notes_of_executions_that_have_ended_go() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    for _ in 0..24 {
        assert_eq!(sandbox.to("start -q").status, 0);
        assert_eq!(sandbox.to("end -q").status, 0);
    }
    let notes = crate::support::files(&sandbox.path(".to/executions"));
    assert_eq!(notes.len(), 21, "{notes:?}");
    assert!(!notes.contains(&"1.json".to_owned()));
}

#[test]
fn two_runs_that_find_each_others_reports_are_told() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let script = "touch running; while [ ! -e done ]; do sleep 0.02; done";
    let mut command = sandbox.command(crate::support::BINARY);
    command.args(["run", "-q", "--results", "*.xml", "--", "sh", "-c", script]);
    let first = Process::start(command);
    crate::support::eventually(|| sandbox.path("running").exists());
    let second = sandbox.to_with(&["run", "-q", "--results", "*.xml", "--", "true"]);
    assert_eq!(second.status, 2, "{}", second.stderr);
    assert!(second.stderr.starts_with("error: another `to run` is at work here"), "{second:?}");
    sandbox.write("done", "");
    assert_eq!(first.finish().status, 3);
    assert_eq!(server.executions().len(), 1);
}

#[test]
fn starts_at_once_with_one_ci_link_find_one_execution_of_a_spool() {
    let sandbox = Sandbox::new("file:spool").with_snap().with("TO_CI_LINK", "https://ci.example/1");
    let runs: Vec<Process> =
        (0..8).map(|state| sandbox.spawn(&format!("start -q --state-dir s{state}"))).collect();
    for run in runs {
        assert_eq!(run.finish(), Run::printed("1\n"));
    }
}
