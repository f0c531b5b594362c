//! `--url none`: commands check what they are given and do nothing, so that a script need not.

use crate::support::{Run, Sandbox, files};

const SAID: &str = "nothing is done: --url (or TO_URL) is none\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new("none").with_snap();
    sandbox.write("r.xml", "<testsuite><testcase name='boot'/></testsuite>");
    sandbox
}

#[test]
fn every_command_says_once_that_it_does_nothing() {
    let sandbox = sandbox();
    for line in [
        "start",
        "submit r.xml",
        "submit r.xml missing.xml",
        "end",
        "end --exit-code --status PASSED",
        "result boot passed",
        "update --event provisioned",
        "show",
        "rerun 1",
        "reruns",
        "push",
        "check",
    ] {
        assert_eq!(sandbox.to(line), Run::new(0, "", SAID), "{line}");
        assert_eq!(sandbox.to(&format!("-q {line}")), Run::new(0, "", ""), "{line}");
        let run = sandbox.to(&format!("{line} --json"));
        assert_eq!(run, Run::new(0, "{\"schema\":1,\"disabled\":true}\n", SAID), "{line}");
    }
    assert_eq!(files(&sandbox.path(".to")), Vec::<String>::new());
}

#[test]
fn a_wrong_command_line_is_an_error_all_the_same() {
    let plain = Sandbox::new("none");
    for line in ["start", "end --status DONE", "update", "result boot", "run -- true", "strat"] {
        let run = plain.to(line);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{line}: {run:?}");
    }
}

/// A writer to the pipe is not stopped before its end.
#[test]
fn standard_input_is_read_to_its_end() {
    let sandbox = sandbox();
    for line in ["to submit", "to submit -", "to result boot failed --log -"] {
        let script = format!("(head -c 1000000 /dev/zero && echo written > done) | {line}");
        assert_eq!(sandbox.shell(&script), Run::new(0, "", SAID), "{line}");
        assert_eq!(sandbox.read("done"), "written\n");
        std::fs::remove_file(sandbox.path("done")).expect("a file");
    }
    let run = sandbox.pipe("{\"environment\": \"cm4\"}", "start --from -");
    assert_eq!(run, Run::new(0, "", SAID));
}

#[test]
fn run_runs_its_command() {
    let sandbox = sandbox();
    let script = "echo ran; echo \"<${TO_EXECUTION-unset}>\"";
    let run = sandbox.to_with(&["run", "--results", "r.xml", "--", "sh", "-c", script]);
    assert_eq!(run, Run::new(0, "ran\n<unset>\n", SAID));
    let run = sandbox.to_with(&["run", "--results", "r.xml", "--", "sh", "-c", "exit 7"]);
    assert_eq!(run, Run::new(7, "", SAID));
    let run = sandbox.to("run --results r.xml -- no-such-command");
    assert_eq!(run.status, 127);
}

#[test]
fn what_the_outbox_holds_stays_and_is_named() {
    let sandbox = Sandbox::new("http://127.0.0.1:9").with_snap().with("TO_RETRY_FOR", "0");
    assert_eq!(sandbox.to("start --best-effort").status, 0);
    let kept = files(&sandbox.path(".to/outbox"));
    let said = format!("{SAID}warning: what is kept in .to/outbox stays there\n");
    assert_eq!(sandbox.to("end --url none"), Run::new(0, "", &said));
    assert_eq!(sandbox.to("push --url none"), Run::new(0, "", &said));
    assert_eq!(files(&sandbox.path(".to/outbox")), kept);
}
