//! The completions that packages ship are those that the binary prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Process, Run, Sandbox};

/// Each shell's script, by the name under which the shell looks for it.
const SCRIPTS: [(&str, &str); 3] = [("bash", "to.bash"), ("zsh", "_to"), ("fish", "to.fish")];

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)
}

#[test]
fn the_files_are_what_the_binary_prints() {
    let sandbox = Sandbox::new("");
    for (shell, name) in SCRIPTS {
        let printed = sandbox.to(&format!("completions {shell}"));
        let committed = fs::read_to_string(script(name)).unwrap_or_default();
        assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
        assert!(
            printed.stdout == committed,
            "completions/{name} is out of date; write it anew with\n    \
             cargo run -- completions {shell} > completions/{name}"
        );
    }
}

#[test]
fn variables_do_not_change_what_is_printed() {
    let plain = Sandbox::new("").to("completions fish");
    let sandbox =
        Sandbox::new("https://observer.example").with_snap().with("TO_API_KEY", "to_secret");
    assert_eq!(sandbox.to("completions fish"), plain);
}

#[test]
fn a_shell_that_is_unknown_is_a_usage_error() {
    let run = Sandbox::new("").to("completions tcsh");
    let said = "error: invalid value 'tcsh' for '<SHELL>'\n  \
                [possible values: bash, elvish, fish, powershell, zsh]\n\n  \
                tip: a similar value exists: 'zsh'\n\n\
                For more information, try '--help'.\n";
    assert_eq!(run, Run::new(2, "", said));
}

/// What bash would offer at the end of this line.
fn offered(line: &str) -> Option<Vec<String>> {
    let script = r#"
        . "$1"
        complete -p to > /dev/null || exit 1
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _to to "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut command = Command::new("bash");
    command.args(["--norc", "--noprofile", "-c", script, "bash"]).arg(self::script("to.bash"));
    command.args(line.split(' '));
    let Ok(process) = Process::try_start(command) else {
        println!("skipped: there is no bash");
        return None;
    };
    let run = process.finish();
    assert_eq!((run.status, &*run.stderr), (0, ""), "{run:?}");
    Some(run.stdout.lines().map(str::to_owned).collect())
}

#[test]
fn bash_loads_the_script_and_completes_with_it() {
    let cases: [(&str, &[&str]); 5] = [
        ("to s", &["show", "start", "submit"]),
        ("to start --test-p", &["--test-plan"]),
        ("to end --status F", &["FAILED"]),
        ("to submit --on-duplicate l", &["last"]),
        ("to start --rel", &["--release", "--relevant-link"]),
    ];
    for (line, words) in cases {
        let Some(mut offered) = offered(line) else { return };
        offered.sort();
        let mut words = words.to_vec();
        words.sort_unstable();
        assert_eq!(offered, words, "{line}");
    }
}
