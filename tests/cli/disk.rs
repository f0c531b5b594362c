//! Disks that are full, directories that cannot be written, files that are damaged: said clearly, and
//! nothing is claimed.

use std::fs;

use crate::lab::{Lab, files, lines, names};
use crate::standin::{Server, patches};
use crate::to::{Place, Run};

/// Runs `to` where no file can be longer than a kilobyte or so, as on a disk that is full.
fn on_a_full_disk(place: &Place, arguments: &str) -> Run {
    place.shell(&format!("trap '' XFSZ; ulimit -f 1; exec to {arguments}"))
}

#[test]
fn a_full_disk_is_said_and_a_repetition_mends_it() {
    let lab = Lab::new().with("TO_RETRY_FOR", "0");
    let names = lab.report(500);
    lab.server.go_down();
    let run = lab.plain(on_a_full_disk(&lab.place, "submit -q report.jsonl"));
    let said = "error: results can be neither sent (cannot reach URL/v1: connection refused) nor \
                kept: .to/outbox/1/results.jsonl: file too large\n";
    assert_eq!(run, Run::new(1, "", said));
    let torn = lab.place.read(".to/outbox/1/results.jsonl");
    assert!(lines(&names).starts_with(&torn) && torn.len() < 4096, "{torn}");

    // What is torn is never read as good.
    lab.server.come_back();
    assert_eq!(lab.to("push -q"), Run::new(0, "1\n", ""));
    let whole = torn.matches('\n').count();
    assert_eq!(lab.stored(), names[..whole]);
    assert_eq!(lab.to("submit -q report.jsonl"), Run::new(0, "", ""));
    assert_eq!(lab.stored(), names);
}

#[test]
fn a_full_disk_under_a_spool_is_said_and_a_repetition_mends_it() {
    let server = Server::start();
    let place = Place::new("file:spool").with_snap().with("TO_CI_LINK", "none");
    place.write("report.jsonl", lines(&names(500)));
    assert_eq!(place.to("start"), Run::new(0, "1\n", ""));
    let run = on_a_full_disk(&place, "submit -q report.jsonl");
    let said = "error: results can be neither sent (spool/1/results.jsonl: file too large) nor kept: \
                .to/outbox/1/results.jsonl: file too large\n";
    assert_eq!(run, Run::new(1, "", said));
    assert_eq!(place.to("submit -q report.jsonl"), Run::new(0, "", ""));
    let push = format!("push -q spool --url {}", server.url());
    assert_eq!(place.to(&push), Run::new(0, "1\n", ""));
    assert_eq!(server.execution(1).results().len(), 500);
}

#[test]
fn an_id_that_cannot_be_printed_is_an_error() {
    let server = Server::start();
    let place = Place::new(&server.url()).with_snap().with("TO_CI_LINK", "https://ci.example/1");
    let run = place.shell("to start -q > /dev/full");
    assert_eq!(
        run,
        Run::new(1, "", "error: standard output cannot be written: no space left on device\n")
    );
    assert_eq!(place.to("start -q"), Run::new(0, "1\n", ""));
}

#[test]
fn a_state_directory_that_cannot_be_written_is_found_before_anything_is_sent() {
    let server = Server::start();
    server.expect_no_requests();
    let place = Place::new(&server.url()).with_snap();
    place.write("file", "");
    place.write("report.jsonl", lines(&names(1)));
    for (directory, reason) in [
        ("file", "file exists"),
        ("file/x", "not a directory"),
        ("/proc/to", "no such file or directory"),
    ] {
        let said = format!(
            "error: the state directory cannot be written: {directory}: {reason}\n\
             hint: --state-dir (or TO_STATE_DIR) chooses another directory\n"
        );
        for command in ["start", "submit report.jsonl", "end", "push"] {
            let run = place.to(&format!("{command} --state-dir {directory}"));
            assert_eq!(run, Run::new(1, "", &said), "{command}");
        }
    }
}

#[test]
fn a_damaged_note_is_said_and_nothing_is_sent() {
    let server = Server::start();
    server.expect_no_requests();
    let place = Place::new(&server.url());
    place.write("report.jsonl", lines(&names(1)));
    let notes =
        ["", "{", "{\"url\":\"http://x\"}", "[]", "{\"url\":1,\"execution\":1}", "\u{0}\u{1}"];
    for note in notes {
        place.write(".to/current.json", note);
        for command in ["submit -q report.jsonl", "end"] {
            let run = place.to(command);
            assert!(
                run.stderr.starts_with("error: .to/current.json is damaged: "),
                "{}",
                run.stderr
            );
            let hint = "hint: `to start` writes it anew; --execution does without it\n";
            assert!(run.stderr.ends_with(hint), "{}", run.stderr);
            assert_eq!((run.status, &*run.stdout), (2, ""), "{note:?}");
        }
    }
}

#[test]
fn a_damaged_note_is_mended_by_a_start_or_an_execution() {
    let lab = Lab::new();
    lab.report(1);
    lab.place.write(".to/current.json", "{");
    assert_eq!(lab.to("submit -q report.jsonl"), Run::new(0, "", ""));
    let place = Place::new(&lab.server.url()).with_snap();
    place.write(".to/current.json", "{");
    assert_eq!(place.to("start -q"), Run::new(0, "2\n", ""));
    assert_eq!(place.to("end -q"), Run::new(0, "ENDED_PREMATURELY\n", ""));
}

#[test]
fn a_damaged_entry_of_the_outbox_is_named_and_loses_nothing() {
    let damages = [
        ("execution.json", "{", "EOF while parsing an object at line 1 column 1"),
        ("execution.json", "", "EOF while parsing a value at line 1 column 0"),
        ("results.jsonl", "{\"name\":\n", "line 1: EOF while parsing a value"),
        ("patch.json", "{", "EOF while parsing an object at line 1 column 1"),
    ];
    for (file, content, said) in damages {
        let lab = Lab::new().with("TO_RETRY_FOR", "0");
        let names = lab.report(3);
        lab.server.go_down();
        assert_eq!(lab.to("submit -q report.jsonl").status, 4);
        lab.server.come_back();
        let path = format!(".to/outbox/1/{file}");
        let whole = fs::read(lab.place.path(&path)).ok();
        lab.place.write(&path, content);
        for command in ["submit -q report.jsonl", "end -q", "push -q"] {
            let run = lab.to(command);
            assert!(run.stderr.contains(&format!("{path}: {said}")), "{file}: {}", run.stderr);
            assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
            assert_eq!(run.status, 1, "{command}: {}", run.stderr);
        }
        assert!(!lab.server.requests().iter().any(patches), "ended over what is in the outbox");
        match whole {
            Some(whole) => _ = lab.place.write(&path, whole),
            None => fs::remove_file(lab.place.path(&path)).expect("a file"),
        }
        let run = lab.to("push -q");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{file}");
        assert_eq!(lab.stored(), names);
    }
}

#[test]
fn an_outbox_that_is_no_directory_is_named() {
    let lab = Lab::new().with("TO_RETRY_FOR", "0");
    lab.report(3);
    lab.place.write(".to/outbox", "");
    lab.server.go_down();
    let run = lab.to("submit -q report.jsonl");
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("error: .to/outbox: "), "{}", run.stderr);
    fs::remove_file(lab.place.path(".to/outbox")).expect("a file");
    lab.server.come_back();
    assert_eq!(lab.to("submit -q report.jsonl"), Run::new(0, "", ""));
}

#[test]
fn refusals_that_cannot_be_written_down_are_named() {
    let lab = Lab::new();
    lab.report(3);
    fs::create_dir_all(lab.place.path(".to/refused.jsonl")).expect("a directory");
    lab.server.poison(|name| name == "case-00002", crate::standin::Poison::Refusal);
    let run = lab.to("submit -q report.jsonl");
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: result `case-00002` was refused: "), "{}", run.stderr);
    assert!(run.stderr.contains(".to/refused.jsonl: "), "{}", run.stderr);
    assert_eq!(files(&lab.place.path(".to")), [".gitignore"]);
}
