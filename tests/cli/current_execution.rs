//! The note of `to start`, by which the commands after it need no id, and what beats it.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::fake_server::{Fault, Response, Server, patches, starts};
use crate::support::{BINARY, Process, Run, Sandbox, TestContext};

const NOTE: &str = ".to/executions/1.json";

/// A report of one passed test.
const REPORT: &str = r#"<testsuites name="s"><testcase name="boot"/></testsuites>"#;

/// What `end` and `submit` say without a note.
const NO_NOTE: &str = "error: no execution is given, and .to/executions notes none\n\
                       hint: run `to start` first, in this directory, or say --execution \
                       (or TO_EXECUTION)\n";

/// A sandbox in which a snap was started.
fn started(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start"), Run::printed("1\n"));
    sandbox
}

#[test]
fn start_submit_and_end_need_no_id() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    server.open_execution();
    sandbox.write("report.xml", REPORT);
    let run = sandbox.shell("to start && to submit report.xml && to end");
    let said = "sent 1 result to execution 2: 1 passed, 0 failed, 0 skipped\n";
    assert_eq!(run, Run::new(0, "2\nPASSED\n", said));
    assert_eq!(server.execution(2).result("boot").status, "PASSED");
    assert_eq!(server.execution(1).results().len(), 0);
}

#[test]
fn the_note_names_server_and_execution_in_a_directory_that_git_ignores() {
    let server = Server::start();
    let sandbox = started(&server);
    let note: Value = serde_json::from_str(&sandbox.read(NOTE)).unwrap();
    assert_eq!((&note["url"], &note["execution"]), (&json!(server.url()), &json!(1)));
    assert_eq!((&note["fields"]["name"], &note["ended"]), (&json!("core22"), &json!(false)));
    assert_eq!(note["variables"]["TO_TEST_PLAN"], "smoke");
    assert_eq!(sandbox.read(".to/.gitignore"), "*\n");
    let left: Vec<_> = fs::read_dir(sandbox.path(".to")).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_gitignore_that_is_there_is_left_as_it_is() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_STATE_DIR", ".");
    sandbox.write(".gitignore", "/target\n");
    assert_eq!(sandbox.to("start"), Run::printed("1\n"));
    assert_eq!(sandbox.read(".gitignore"), "/target\n");
}

#[test]
fn the_flag_beats_the_variable_and_both_beat_the_note() {
    let server = Server::start();
    let sandbox = started(&server).with("TO_EXECUTION", "2");
    server.open_execution();
    server.open_execution();
    assert_eq!(sandbox.to("end"), Run::printed("ENDED_PREMATURELY\n"));
    assert_eq!(sandbox.to("end --execution 3 --status PASSED"), Run::printed("PASSED\n"));
    let paths: Vec<String> =
        server.requests().into_iter().filter(patches).map(|request| request.path).collect();
    assert_eq!(paths, ["/v1/test-executions/2", "/v1/test-executions/3"]);
}

#[test]
fn each_start_notes_its_own_execution() {
    let server = Server::start();
    let sandbox = started(&server);
    let warning = "warning: execution 1, which was started here before, has not been ended\n";
    assert_eq!(sandbox.to("start"), Run::new(0, "2\n", warning));
    assert_eq!(sandbox.to("end --status PASSED"), Run::new(0, "PASSED\n", ""));
    assert_eq!(server.execution(1).status, "IN_PROGRESS");
    assert_eq!(server.execution(2).status, "PASSED");
}

#[test]
fn without_a_note_nothing_is_sent() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url());
    sandbox.write("report.xml", REPORT);
    assert_eq!(sandbox.to("end"), Run::failed(2, NO_NOTE));
    assert_eq!(sandbox.to("submit report.xml"), Run::failed(2, NO_NOTE));
}

#[test]
fn the_note_of_another_server_is_not_used() {
    let (server, other) = (Server::start(), Server::start());
    other.expect_no_requests();
    let sandbox = started(&server).with("TO_URL", &other.url());
    let said = format!(
        "error: .to/executions notes execution 1 of {}, which is another server\n\
         hint: use that --url, run `to start` for this one, or say --execution (or TO_EXECUTION)\n",
        server.url()
    );
    assert_eq!(sandbox.to("end"), Run::failed(2, &said));
}

#[test]
fn all_spellings_of_a_url_are_the_same_server() {
    let server = Server::start();
    let sandbox = started(&server);
    for end in ["", "/", "/v1", "/v1/"] {
        let run = sandbox.to(&format!("end --url {}{end}", server.url()));
        assert_eq!(run, Run::printed("ENDED_PREMATURELY\n"), "{end}");
    }
}

#[test]
fn a_damaged_note_is_named_and_nothing_is_sent() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url());
    sandbox.write("report.xml", REPORT);
    let cases = [
        "",
        "{",
        "{\"url\": \"ht",
        "{\"url\": \"file:x\"}",
        "{\"url\": 1, \"execution\": 1}",
        "\0\u{1}",
    ];
    for note in cases {
        sandbox.write(NOTE, note);
        for command in ["submit -q report.xml", "end"] {
            let run = sandbox.to(command);
            let start = format!("error: {NOTE} is damaged: ");
            assert!(run.stderr.starts_with(&start), "{}", run.stderr);
            let hint =
                "\nhint: remove it, and run `to start` or say --execution (or TO_EXECUTION)\n";
            assert!(run.stderr.ends_with(hint), "{}", run.stderr);
            assert_eq!((run.status, &*run.stdout), (2, ""), "{note:?}");
        }
    }
}

#[test]
fn an_older_execution_does_not_stand_in_for_one_whose_start_failed() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0");
    sandbox.write("report.xml", REPORT);
    assert_eq!(sandbox.to("start -q"), Run::printed("1\n"));
    assert_eq!(sandbox.to("submit -q report.xml"), Run::quiet());
    assert_eq!(sandbox.to("end -q"), Run::printed("PASSED\n"));
    let said = "error: the last `to start` here did not end well, as .to/executions notes\n\
                hint: run `to start` again, or say --execution (or TO_EXECUTION)\n";
    let fails = |sandbox: &Sandbox| {
        for command in ["submit -q report.xml", "end -q", "update -q --status FAILED", "show -q"] {
            assert_eq!(sandbox.to(command), Run::failed(2, said), "{command}");
        }
    };
    // Not reached, not right, and refused.
    server.go_down();
    assert_eq!(sandbox.to("start -q").status, 4);
    fails(&sandbox);
    server.come_back();
    assert_eq!(sandbox.to("submit -q report.xml --execution 1"), Run::quiet());
    assert_eq!(sandbox.to("start -q"), Run::printed("2\n"));
    assert_eq!(sandbox.to("submit -q report.xml"), Run::quiet());
    assert_eq!(sandbox.to("start -q --revision x").status, 2);
    fails(&sandbox);
    server.fault(starts, 1, Fault::answer(Response::refusal(422, "no")));
    assert_eq!(sandbox.to("start -q").status, 5);
    fails(&sandbox);
    // Another job in this directory is another one.
    let other = sandbox.with("TO_ENVIRONMENT", "other");
    assert_eq!(other.to("start -q"), Run::printed("3\n"));
    assert_eq!(other.to("end -q"), Run::printed("ENDED_PREMATURELY\n"));
    fails(&other.with("TO_ENVIRONMENT", "cm3"));
}

#[test]
fn a_start_that_failed_is_no_matter_to_other_jobs_nor_to_its_own_execution() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0");
    let linked = sandbox.with("TO_CI_LINK", "https://ci.example/1");
    assert_eq!(linked.to("start -q"), Run::printed("1\n"));
    server.go_down();
    assert_eq!(linked.to("start -q").status, 4);
    server.come_back();
    // It would have found the same.
    assert_eq!(linked.to("end -q"), Run::printed("ENDED_PREMATURELY\n"));
    let directory = linked.path(".to/executions");
    let other = linked.with("TO_BRANCH", "b").with("TO_CI_LINK", "https://ci.example/2");
    server.go_down();
    assert_eq!(other.to("start -q").status, 4);
    server.come_back();
    let first = other.with("TO_BRANCH", "").with("TO_CI_LINK", "https://ci.example/1");
    assert_eq!(first.to("end -q"), Run::printed("ENDED_PREMATURELY\n"));
    // What failed before all that is noted is forgotten.
    let begun = || {
        let paths = fs::read_dir(&directory).unwrap();
        paths.filter(|path| path.as_ref().unwrap().path().extension().unwrap() == "begun").count()
    };
    assert_eq!(begun(), 2);
    fs::remove_file(first.path(NOTE)).unwrap();
    let last = first.with("TO_CI_LINK", "none");
    assert_eq!(last.to("start -q"), Run::printed("2\n"));
    assert_eq!(begun(), 0);
}

#[test]
fn a_time_that_none_follows_is_no_fault() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start -q"), Run::printed("1\n"));
    let note = sandbox.read(NOTE);
    let mut note: Value = serde_json::from_str(&note).unwrap();
    note["time"] = "9999-12-31T23:59:59.999999Z".into();
    sandbox.write(NOTE, note.to_string());
    assert_eq!(sandbox.to("start -q").stdout, "2\n");
}

#[test]
fn the_last_start_is_the_last_also_where_the_clock_went_back() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start -q"), Run::printed("1\n"));
    let mut note: Value = serde_json::from_str(&sandbox.read(NOTE)).unwrap();
    note["time"] = "2099-01-01T00:00:00.000000Z".into();
    sandbox.write(NOTE, note.to_string());
    assert_eq!(sandbox.to("start -q").stdout, "2\n");
    assert_eq!(sandbox.to("end -q"), Run::printed("ENDED_PREMATURELY\n"));
    assert_eq!(server.execution(1).status, "IN_PROGRESS");
    assert_eq!(server.execution(2).status, "ENDED_PREMATURELY");
}

#[test]
fn an_older_execution_does_not_stand_in_for_one_whose_note_is_damaged() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    sandbox.write("report.xml", REPORT);
    assert_eq!(sandbox.to("start -q"), Run::printed("1\n"));
    assert_eq!(sandbox.to("end -q"), Run::printed("ENDED_PREMATURELY\n"));
    assert_eq!(sandbox.to("start -q"), Run::printed("2\n"));
    let damaged = sandbox.write(".to/executions/2.json", "{");
    let set_modified = |time| {
        fs::File::options().write(true).open(&damaged).unwrap().set_modified(time).unwrap();
    };
    // A clock may have run ahead.
    for (command, hours) in [("submit -q report.xml", 0), ("end -q", 1)] {
        set_modified(SystemTime::now() + Duration::from_hours(hours));
        let run = sandbox.to(command);
        assert!(
            run.stderr.starts_with("error: .to/executions/2.json is damaged: "),
            "{}",
            run.stderr
        );
        assert_eq!((run.status, &*run.stdout), (2, ""), "{command}");
    }
    assert_eq!(server.execution(1).results().len(), 0);
    assert_eq!(sandbox.to("submit -q report.xml --execution 2"), Run::quiet());
    // One that was started later is not in doubt, and no time is too early to be read.
    set_modified(SystemTime::UNIX_EPOCH - Duration::from_hours(24));
    assert_eq!(sandbox.to("start -q"), Run::printed("3\n"));
    assert_eq!(sandbox.to("submit -q report.xml"), Run::quiet());
    assert_eq!(server.execution(3).results().len(), 1);
}

#[test]
fn a_damaged_note_is_mended_by_a_start_or_an_execution() {
    let context = TestContext::new();
    context.report(1);
    context.sandbox.write(NOTE, "{");
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
    let sandbox = Sandbox::new(&context.server.url()).with_snap();
    sandbox.write(NOTE, "{");
    assert_eq!(sandbox.to("start -q"), Run::printed("2\n"));
    assert_eq!(sandbox.to("end -q"), Run::printed("ENDED_PREMATURELY\n"));
}

#[test]
fn an_execution_that_cannot_be_noted_is_named_all_the_same() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    sandbox.write(".to/executions", "in the way");
    let run = sandbox.to("start");
    assert_eq!(run.status, 1);
    assert_eq!(run.stdout, "1\n", "{}", run.stderr);
}

#[test]
fn the_note_of_a_relative_spool_serves_from_another_directory() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    assert_eq!(sandbox.to("start"), Run::printed("1\n"));
    let note: Value = serde_json::from_str(&sandbox.read(NOTE)).unwrap();
    let noted = note["url"].as_str().unwrap().strip_prefix("file:").unwrap();
    assert_eq!(fs::canonicalize(noted).unwrap(), fs::canonicalize(sandbox.path("spool")).unwrap());

    fs::create_dir(sandbox.path("other")).unwrap();
    let absolute = format!("file:{noted}");
    for url in [absolute.as_str(), "file:../spool", "file:../spool/"] {
        let mut command = sandbox.command(BINARY);
        command.current_dir(sandbox.path("other"));
        let arguments = ["end", "--state-dir", "../.to", "--url", url];
        command.args(arguments);
        let run = Process::start(command).finish();
        assert_eq!(run, Run::printed("ENDED_PREMATURELY\n"), "{url}");
    }
}

#[test]
fn a_relative_spool_is_another_one_elsewhere() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    assert_eq!(sandbox.to("start"), Run::printed("1\n"));
    fs::create_dir(sandbox.path("other")).unwrap();
    let mut command = sandbox.command(BINARY);
    command.current_dir(sandbox.path("other"));
    command.args(["end", "--state-dir", "../.to"]);
    let run = Process::start(command).finish();
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.ends_with("or say --execution (or TO_EXECUTION)\n"), "{}", run.stderr);
}
