//! Disks that are full, directories that cannot be written, files that are damaged: said clearly, and
//! nothing is claimed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::process::geteuid;

use crate::support::fake_server::{Server, patches};
use crate::support::{Run, Sandbox, TestContext, files, lines, names};

/// Runs `to` where no file can be longer than a kilobyte or so, as on a disk that is full.
fn on_a_full_disk(sandbox: &Sandbox, arguments: &str) -> Run {
    sandbox.shell(&format!("trap '' XFSZ; ulimit -f 1; exec to {arguments}"))
}

#[test]
fn a_full_disk_is_said_and_a_repetition_mends_it() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    let names = context.report(500);
    context.server.go_down();
    let run = context.plain(on_a_full_disk(&context.sandbox, "submit -q report.jsonl"));
    let said = "\nerror: 500 results can be neither sent (cannot reach URL/v1: connection refused) nor \
                kept: .to/outbox/1/results.jsonl: file too large\n  `case-00001`\n  `case-00002`\n";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(run.stderr.ends_with("\n  `case-00020`\n  and 480 more\n"), "{}", run.stderr);
    assert_eq!((run.status, &*run.stdout), (1, ""));
    // Half of a line is never left behind, and half of the results is not all of them.
    assert_eq!(context.sandbox.read(".to/outbox/1/results.jsonl"), "");
    context.server.come_back();
    assert_eq!(context.to("push -q"), Run::new(0, "1\n", ""));
    assert_eq!(context.stored(), [""; 0]);
    assert_eq!(context.to("submit -q report.jsonl"), Run::new(0, "", ""));
    assert_eq!(context.stored(), names);
}

#[test]
fn a_full_disk_under_a_spool_is_said_and_a_repetition_mends_it() {
    let server = Server::start();
    let sandbox = Sandbox::new("file:spool").with_snap().with("TO_CI_LINK", "none");
    sandbox.write("report.jsonl", lines(&names(500)));
    assert_eq!(sandbox.to("start"), Run::printed("1\n"));
    let run = on_a_full_disk(&sandbox, "submit -q report.jsonl");
    let said = "\nerror: 500 results can be neither sent (spool/1/results.jsonl: file too large) nor \
                kept: .to/outbox/1/results.jsonl: file too large\n  `case-00001`\n";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert_eq!((run.status, &*run.stdout), (1, ""));
    assert_eq!(sandbox.to("submit -q report.jsonl"), Run::new(0, "", ""));
    let push = format!("push -q spool --url {}", server.url());
    assert_eq!(sandbox.to(&push), Run::printed("1\n"));
    assert_eq!(server.execution(1).results().len(), 500);
}

#[test]
fn an_id_that_cannot_be_printed_is_an_error() {
    let server = Server::start();
    let sandbox =
        Sandbox::new(&server.url()).with_snap().with("TO_CI_LINK", "https://ci.example/1");
    let run = sandbox.shell("to start -q > /dev/full");
    assert_eq!(
        run,
        Run::failed(1, "error: standard output cannot be written: no space left on device\n")
    );
    assert_eq!(sandbox.to("start -q"), Run::printed("1\n"));
}

#[test]
fn a_state_directory_that_cannot_be_written_is_found_before_anything_is_sent() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    sandbox.write("file", "");
    sandbox.write("report.jsonl", lines(&names(1)));
    let locked = sandbox.path("locked");
    fs::create_dir(&locked).expect("a directory");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).expect("a directory");
    let mut cases = vec![
        ("file", "not a directory"),
        ("file/x", "file exists"),
        ("/proc/to", "no such file or directory"),
    ];
    // The administrator may write everywhere.
    if !geteuid().is_root() {
        cases.push(("locked", "permission denied"));
    }
    for (directory, reason) in cases {
        let said = format!(
            "error: the state directory cannot be written: {directory}: {reason}\n\
             hint: --state-dir (or TO_STATE_DIR) chooses another directory\n"
        );
        for command in ["start", "submit -", "end", "push"] {
            let run = sandbox.to(&format!("{command} --state-dir {directory}"));
            assert_eq!(run, Run::failed(1, &said), "{command}");
        }
    }
}

#[test]
fn a_damaged_entry_of_the_outbox_is_named_and_loses_nothing() {
    let damages = [("patch.json", "{", "EOF while parsing an object at line 1 column 1")];
    for (file, content, said) in damages {
        let context = TestContext::new().with("TO_RETRY_FOR", "0");
        let names = context.report(3);
        context.server.go_down();
        assert_eq!(context.to("submit -q report.jsonl").status, 4);
        context.server.come_back();
        let path = format!(".to/outbox/1/{file}");
        let whole = fs::read(context.sandbox.path(&path)).ok();
        context.sandbox.write(&path, content);
        for command in ["submit -q report.jsonl", "end -q", "push -q"] {
            let run = context.to(command);
            assert!(run.stderr.contains(&format!("{path}: {said}")), "{file}: {}", run.stderr);
            assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
            assert_eq!(run.status, 1, "{command}: {}", run.stderr);
        }
        assert!(!context.server.requests().iter().any(patches), "ended over what is in the outbox");
        match whole {
            Some(whole) => _ = context.sandbox.write(&path, whole),
            None => fs::remove_file(context.sandbox.path(&path)).expect("a file"),
        }
        let run = context.to("push -q");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{file}");
        assert_eq!(context.stored(), names);
    }
}

#[test]
fn an_outbox_that_is_no_directory_is_named() {
    let context = TestContext::new().with("TO_RETRY_FOR", "0");
    context.report(3);
    context.sandbox.write(".to/outbox", "");
    context.server.go_down();
    let run = context.to("submit -q report.jsonl");
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("error: .to/outbox: "), "{}", run.stderr);
    fs::remove_file(context.sandbox.path(".to/outbox")).expect("a file");
    context.server.come_back();
    assert_eq!(context.to("submit -q report.jsonl"), Run::quiet());
}

#[test]
fn refusals_that_cannot_be_written_down_are_named() {
    let context = TestContext::new();
    context.report(3);
    fs::create_dir_all(context.sandbox.path(".to/refused.jsonl")).expect("a directory");
    context
        .server
        .poison(|name| name == "case-00002", crate::support::fake_server::Poison::Refusal);
    let run = context.to("submit -q report.jsonl");
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: result `case-00002` was refused: "), "{}", run.stderr);
    assert!(run.stderr.contains(".to/refused.jsonl: "), "{}", run.stderr);
    assert_eq!(files(&context.sandbox.path(".to")), [".gitignore"]);
}
