//! Files that somebody else put in place: a checkout, a spool, another user's directory. They can make
//! `to` fail, and nothing else.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::process::geteuid;

use crate::support::fake_server::{Poison, Server};
use crate::support::{Run, Sandbox, TestContext, files, lines, names};

const SECRET: &str = "somebody's file\n";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a file");
}

/// Something is kept for the execution 1, and the server is back.
fn kept() -> TestContext {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    context.report(3);
    context.server.go_down();
    assert_eq!(context.to("submit -q report.jsonl").status, 4);
    context.server.come_back();
    context
}

#[test]
fn no_link_below_the_state_directory_is_followed() {
    for link in
        ["outbox/.lock", "outbox/1/results.jsonl", "outbox/1/execution.json", "refused.jsonl"]
    {
        let context = kept();
        let victim = context.sandbox.write("victim", SECRET);
        let path = context.sandbox.path(&format!(".to/{link}"));
        let held = fs::read(&path).ok();
        _ = fs::remove_file(&path);
        symlink(&victim, &path).expect("a link");
        context.server.poison(|name| name == "case-00002", Poison::Refusal);
        let runs =
            ["submit -q report.jsonl", "push -q", "end -q"].map(|command| context.to(command));
        assert_eq!(context.sandbox.read("victim"), SECRET, "{link}");
        assert!(runs.iter().any(|run| run.status != 0), "{link}: {runs:?}");
        let said: String = runs.iter().map(|run| run.stderr.as_str()).collect();
        let reason = "it is a symbolic link, which is not followed";
        assert!(said.contains(reason), "{link}: {said}");
        // The link was all that stood in the way.
        fs::remove_file(&path).expect("a link");
        if let Some(held) = held {
            fs::write(&path, held).expect("a file");
        }
        assert!(matches!(context.to("push -q").status, 0 | 6), "{link}");
        assert_eq!(context.stored_sorted(), ["case-00001", "case-00003"], "{link}");
    }
}

#[test]
fn a_mark_of_a_start_is_not_written_through_a_link() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    server.go_down();
    let offline = sandbox.to("start -q --best-effort --retry-for 0");
    assert_eq!((offline.status, &*offline.stdout), (0, "outbox-1\n"));
    server.come_back();
    let victim = sandbox.write("victim", SECRET);
    symlink(&victim, sandbox.path(".to/outbox/1/starting")).expect("a link");
    assert_ne!(sandbox.to("push -q --start-again").status, 0);
    assert_eq!(sandbox.read("victim"), SECRET);
    fs::remove_file(sandbox.path(".to/outbox/1/starting")).expect("a link");
    assert_eq!(sandbox.to("push -q"), Run::printed("1\n"));
}

#[test]
fn directories_of_the_state_directory_are_no_links_either() {
    let context = kept();
    fs::rename(context.sandbox.path(".to/outbox"), context.sandbox.path("elsewhere")).unwrap();
    symlink(context.sandbox.path("elsewhere"), context.sandbox.path(".to/outbox")).unwrap();
    let said = "error: .to/outbox: it is a symbolic link, which is not followed\n";
    for command in ["submit -q report.jsonl", "end -q", "push -q"] {
        assert_eq!(context.to(command), Run::failed(1, said), "{command}");
    }
    assert!(context.stored().is_empty());
    assert_eq!(context.to("push -q elsewhere"), Run::printed("1\n"));
}

#[test]
fn a_state_directory_that_came_as_a_link_is_refused_and_one_that_was_named_is_not() {
    let context = TestContext::new();
    context.report(2);
    fs::create_dir(context.sandbox.path("elsewhere")).unwrap();
    symlink(context.sandbox.path("elsewhere"), context.sandbox.path(".to")).unwrap();
    let said = "error: the state directory .to is a symbolic link\n\
                hint: --state-dir (or TO_STATE_DIR) chooses another directory\n";
    for command in ["submit -q report.jsonl", "end -q", "push -q"] {
        assert_eq!(context.to(command), Run::failed(2, said), "{command}");
    }
    symlink(context.sandbox.path("elsewhere"), context.sandbox.path("named")).unwrap();
    assert_eq!(context.to("submit -q --state-dir named report.jsonl"), Run::quiet());
}

#[test]
fn everything_in_the_state_directory_is_for_the_user_alone() {
    let context = kept();
    let sandbox = Sandbox::new(&context.server.url()).with_snap();
    assert_eq!(sandbox.to("start -q").status, 0);
    context.server.poison(|name| name == "case-00002", Poison::Refusal);
    assert_eq!(context.to("submit -q report.jsonl").status, 6);
    context.server.go_down();
    assert_eq!(context.to("update -q --event late").status, 4);
    for (at, directories) in
        [(&context.sandbox, &["", "outbox", "outbox/1"][..]), (&sandbox, &["", "executions"])]
    {
        for directory in directories {
            assert_eq!(mode(&at.path(&format!(".to/{directory}"))), 0o700, "{directory}");
        }
        for file in files(&at.path(".to")) {
            assert_eq!(mode(&at.path(&format!(".to/{file}"))), 0o600, "{file}");
        }
    }
}

#[test]
fn looser_modes_of_a_state_directory_are_tightened() {
    let context = TestContext::new();
    context.report(2);
    fs::create_dir(context.sandbox.path(".to")).unwrap();
    set_mode(&context.sandbox.path(".to"), 0o777);
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
    assert_eq!(mode(&context.sandbox.path(".to")), 0o700);
}

/// An entry of the outbox as a checkout brings it: with the user's server and execution.
fn plant(context: &TestContext) {
    let home = format!("{{\"url\":\"{}\",\"execution\":1}}\n", context.server.url());
    context.sandbox.write(".to/outbox/1/execution.json", home);
    context.sandbox.write(".to/outbox/1/results.jsonl", lines(&["planted".to_owned()]));
    set_mode(&context.sandbox.path(".to/outbox/1"), 0o755);
}

#[test]
fn a_planted_entry_of_the_outbox_is_named_and_left() {
    let context = TestContext::new();
    let names = context.report(2);
    plant(&context);
    let left = "warning: .to/outbox/1 is left: it was not made by this user's `to`, or its mode was \
                changed; `to push .to/outbox` sends it\n";
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(4, "", left));
    assert_eq!(context.to("result -q typed passed"), Run::new(4, "", left));
    assert_eq!(context.to("update -q --event e"), Run::new(4, "", left));
    let over = "execution 1 is not completed over it\n";
    assert_eq!(context.to("end -q"), Run::failed(4, &format!("{left}error: {over}")));
    let run = context.to("end -q --best-effort");
    assert_eq!(run, Run::new(0, "", &format!("{left}warning: {over}")));
    assert_eq!(context.to("end -q --status NOT_TESTED"), Run::new(4, "NOT_TESTED\n", left));
    let run = context.to("push -q");
    let said = "error: .to/outbox/1 is left: it was not made by this user's `to`, or its mode was \
                changed\nhint: `to push .to/outbox` sends it\n";
    assert_eq!(run, Run::failed(4, said));
    assert_eq!(context.stored(), [&names[..], &["typed".to_owned()]].concat());
    // Who asks for it by name gets it.
    assert_eq!(context.to("push -q .to/outbox"), Run::printed("1\n"));
    assert!(context.stored().contains(&"planted".to_owned()));
}

#[test]
fn what_is_kept_beside_a_planted_entry_is_delivered() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    let names = context.report(2);
    plant(&context);
    context.server.go_down();
    assert_eq!(context.to("submit -q report.jsonl").status, 4);
    context.server.come_back();
    assert_eq!(context.to("end -q").status, 4);
    assert_eq!(context.stored(), names);
    assert_eq!(context.to("push -q .to/outbox").status, 0);
    fs::remove_dir_all(context.sandbox.path(".to/outbox")).unwrap();
    assert_eq!(context.to("end -q"), Run::printed("PASSED\n"));
}

#[test]
fn a_damaged_entry_of_the_outbox_stands_in_nobodys_way() {
    let context = kept();
    context.sandbox.write(".to/outbox/1/execution.json", "{");
    let said = "warning: left in the outbox: .to/outbox/1/execution.json: EOF while parsing an \
                object at line 1 column 1\n";
    assert_eq!(context.server.open_execution(), 2);
    for execution in ["1", "2"] {
        let submit = format!("submit -q --execution {execution} report.jsonl");
        assert_eq!(context.to(&submit), Run::new(0, "", said));
        let end = format!("end -q --execution {execution}");
        assert_eq!(context.to(&end), Run::new(0, "PASSED\n", said));
    }
    let run = context.to("push -q");
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains(".to/outbox/1/execution.json: EOF"), "{}", run.stderr);
}

#[test]
fn a_damaged_start_keeps_no_other_execution_from_being_started() {
    let server = Server::start();
    server.expect_no_requests();
    server.go_down();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0");
    let start = |number: usize, url: &str| {
        let link = format!("https://ci.example/{number}");
        sandbox.to_with(&["start", "-q", "--best-effort", "--ci-link", &link, "--url", url])
    };
    for (url, place, ids) in [
        (&*server.url(), ".to/outbox", ["outbox-1\n", "outbox-2\n"]),
        ("file:spool", "spool", ["1\n", "2\n"]),
    ] {
        assert_eq!(start(1, url).stdout, ids[0]);
        sandbox.write(&format!("{place}/1/start.json"), "{");
        let said = format!(
            "warning: {place}/1/start.json: EOF while parsing an object at line 1 column 1\n"
        );
        // The second is found again.
        for _ in 0..2 {
            let run = start(2, url);
            assert_eq!((run.status, &*run.stdout), (0, ids[1]), "{}", run.stderr);
            assert!(run.stderr.ends_with(&said), "{}", run.stderr);
        }
    }
}

#[test]
fn an_outbox_that_cannot_be_read_is_never_an_empty_one() {
    if geteuid().is_root() {
        println!("skipped: the administrator may read everything");
        return;
    }
    for locked in [".to/outbox", ".to/outbox/1"] {
        let context = kept();
        let path = context.sandbox.path(locked);
        set_mode(&path, 0o000);
        for command in ["end -q", "push -q"] {
            let run = context.to(command);
            assert_eq!((run.status, &*run.stdout), (1, ""), "{locked}: {command}: {}", run.stderr);
            assert!(run.stderr.contains("permission denied"), "{}", run.stderr);
        }
        set_mode(&path, 0o700);
        assert_eq!(context.to("end -q"), Run::printed("PASSED\n"));
    }
}

#[test]
fn another_users_state_directory_is_refused() {
    if !geteuid().is_root() {
        println!("skipped: only the administrator can give a directory away");
        return;
    }
    let context = TestContext::new();
    context.report(2);
    fs::create_dir(context.sandbox.path(".to")).unwrap();
    std::os::unix::fs::chown(context.sandbox.path(".to"), Some(12345), None).unwrap();
    let said = "error: the state directory .to belongs to another user\n\
                hint: --state-dir (or TO_STATE_DIR) chooses another directory\n";
    for command in ["submit -q report.jsonl", "end -q", "push -q"] {
        assert_eq!(context.to(command), Run::failed(2, said), "{command}");
    }
    // In a container one works in another user's workspace.
    std::os::unix::fs::chown(context.sandbox.directory.path(), Some(12345), None).unwrap();
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
}

#[test]
fn a_submission_of_files_needs_no_state_directory_where_the_execution_is_given() {
    let context = TestContext::new();
    let names = context.report(2);
    context.sandbox.write("file", "");
    let run = context.to("submit -q --state-dir file/x report.jsonl");
    let said = "warning: the state directory cannot be written: file/x: file exists\n";
    assert_eq!(run, Run::new(0, "", said));
    assert_eq!(context.stored(), names);
}

#[test]
fn a_spools_links_lead_nowhere_and_what_cannot_be_read_is_named() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    assert_eq!(sandbox.to("start -q --url file:spool").status, 0);
    let other = sandbox.write("other.jsonl", lines(&names(3)));
    symlink(&other, sandbox.path("spool/1/results.jsonl")).unwrap();
    symlink(sandbox.path("spool/1"), sandbox.path("spool/linked")).unwrap();
    let run = sandbox.to("push -q spool");
    let said = "error: spool/linked: it is a symbolic link, which is not followed\n\
                error: spool/1: spool/1/results.jsonl: it is a symbolic link, which is not \
                followed\n";
    assert_eq!(run, Run::failed(1, said));
    server.expect_no_requests();
    assert!(server.executions().iter().all(|execution| execution.results().is_empty()));
}

#[test]
fn a_pipe_in_a_spool_does_not_have_a_push_wait_for_ever() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    assert_eq!(sandbox.to("start -q --url file:spool").status, 0);
    assert_eq!(sandbox.shell("mkfifo spool/1/results.jsonl").status, 0);
    server.expect_no_requests();
    let run = sandbox.to("push -q spool");
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("results.jsonl: it is no regular file\n"), "{}", run.stderr);
}

#[test]
fn a_directory_of_a_spool_may_have_any_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "none");
    assert_eq!(sandbox.to("start -q --url file:spool").status, 0);
    sandbox.write("report.jsonl", lines(&names(3)));
    assert_eq!(sandbox.to("submit -q --url file:spool report.jsonl"), Run::quiet());
    let name = OsStr::from_bytes(b"run-\xff");
    fs::rename(sandbox.path("spool/1"), sandbox.path("spool").join(name)).unwrap();
    assert_eq!(sandbox.to("push -q spool"), Run::printed("1\n"));
    assert_eq!(server.execution(1).results().len(), 3);
}
