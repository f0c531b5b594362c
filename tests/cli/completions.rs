//! The completions that packages ship are those that the binary prints, and work in real shells.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Process, Run, Sandbox, Terminal};

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

/// What each shell is to offer behind a line: words, a directory and a file.
const OFFERED: [(&str, &[&str]); 24] = [
    ("to s", &["show", "start", "submit"]),
    ("to start --family ", &["charm", "deb", "image", "snap", "solution"]),
    (
        "to start --stage ",
        &["beta", "candidate", "current", "edge", "pending", "proposed", "stable", "updates"],
    ),
    (
        "to start --arch ",
        &["amd64", "arm64", "armhf", "host", "i386", "ppc64el", "riscv64", "s390x"],
    ),
    ("to start --initial-status F", &["FAILED"]),
    ("to run --family d", &["deb"]),
    (
        "to end --status ",
        &[
            "COMPLETED",
            "ENDED_PREMATURELY",
            "FAILED",
            "IN_PROGRESS",
            "NOT_STARTED",
            "NOT_TESTED",
            "PASSED",
        ],
    ),
    ("to submit --on-duplicate l", &["last"]),
    ("to start --test-p", &["--test-plan"]),
    ("to start --rel", &["--release", "--relevant-link"]),
    ("to start --environment ", &[]),
    ("to submit --max-log re", &[]),
    ("to end --retry-d", &[]),
    ("to end --batch", &[]),
    ("to end re", &[]),
    ("to reruns --family s", &["snap", "solution"]),
    ("to reruns --arch r", &["riscv64"]),
    ("to result boots s", &["skipped"]),
    ("to completions z", &["zsh"]),
    ("to man up", &["update"]),
    ("to submit re", &["recorded/", "report.xml"]),
    ("to submit --dry-run rep", &["report.xml"]),
    ("to start --from rep", &["report.xml"]),
    ("to push re", &["recorded/"]),
];

fn shell_sandbox() -> Sandbox {
    let sandbox = Sandbox::new("");
    sandbox.write("report.xml", "");
    sandbox.write("recorded/1/start.json", "");
    sandbox
}

fn assert_offers(shell: &str, offered: impl Fn(&str) -> Vec<String>) {
    for (line, words) in OFFERED {
        // zsh writes the equals sign of an option with a value.
        let offered = offered(line).into_iter().map(|word| word.trim_end_matches('=').to_owned());
        let mut offered: Vec<String> = offered.collect();
        offered.sort();
        assert_eq!(offered, words, "{shell}: {line}");
    }
}

/// Types a line and the tabulator at a shell, and returns what it lists or completes.
fn type_at(shell: &mut Terminal, line: &str) -> Vec<String> {
    let last = |screen: &str| screen.lines().last().unwrap_or_default().to_owned();
    shell.press(&format!("{line}\t#done"));
    let screen = shell.wait_for(|screen| last(screen).ends_with("#done"));
    let lines: Vec<&str> = screen.lines().collect();
    let typed = format!("$ {line}");
    let first = lines.iter().position(|shown| shown.starts_with(typed.trim_end()));
    let (listed, end) = (&lines[first.expect("a line") + 1..], last(&screen));
    // The line and what is on the screen go.
    shell.press("\u{15}\u{c}");
    shell.wait_for(|screen| screen == "$");
    match listed {
        [] => {
            let end = end.trim_end_matches("#done").trim_end();
            let completed = end.rsplit(' ').next().expect("a word");
            let has_grown = end.len() > typed.trim_end().len();
            if has_grown { vec![completed.to_owned()] } else { Vec::new() }
        }
        [words @ .., _] => {
            words.iter().flat_map(|line| line.split_whitespace()).map(str::to_owned).collect()
        }
    }
}

/// Starts an interactive shell that has read `setup`, where there is one.
fn interactive(
    sandbox: &Sandbox,
    program: &str,
    arguments: &[&str],
    setup: &str,
) -> Option<Terminal> {
    let mut command = sandbox.command(program);
    let path = "/usr/local/bin:/usr/bin:/bin";
    command
        .args(arguments)
        .env("PATH", path)
        .env("HOME", sandbox.directory.path())
        .env("LC_ALL", "C");
    let Some(mut shell) = Terminal::start(command, 200) else {
        println!("skipped: there is no {program}");
        return None;
    };
    sandbox.write("setup", setup);
    shell.press(". ./setup\n");
    shell.wait_for(|screen| screen == "$");
    Some(shell)
}

#[test]
fn bash_offers_words_and_files_where_they_belong() {
    for library in ["", "/usr/share/bash-completion/bash_completion"] {
        if !library.is_empty() && !Path::new(library).exists() {
            println!("skipped: there is no bash-completion");
            continue;
        }
        let library = if library.is_empty() { String::new() } else { format!(". {library}\n") };
        let setup = format!(
            "PS1='$ '\n{library}. {}\nbind 'set show-all-if-ambiguous on'\n\
             bind 'set bell-style none'\nbind 'set enable-bracketed-paste off'\nclear\n",
            script("to.bash").display()
        );
        let sandbox = shell_sandbox();
        let arguments = ["--noprofile", "--norc", "-i"];
        let Some(shell) = interactive(&sandbox, "bash", &arguments, &setup) else { return };
        let shell = RefCell::new(shell);
        assert_offers("bash", |line| type_at(&mut shell.borrow_mut(), line));
    }
}

#[test]
fn zsh_offers_words_and_files_where_they_belong() {
    let setup = format!(
        "fpath=({} $fpath)\nautoload -Uz compinit\ncompinit -D -u\nPS1='$ '\n\
         unsetopt always_last_prompt prompt_sp auto_menu list_ambiguous\nsetopt no_beep\nLISTMAX=0\n\
         zstyle ':completion:*' verbose no\nclear\n",
        script("").display()
    );
    let sandbox = shell_sandbox();
    let Some(shell) = interactive(&sandbox, "zsh", &["-f", "-i"], &setup) else { return };
    let shell = RefCell::new(shell);
    assert_offers("zsh", |line| type_at(&mut shell.borrow_mut(), line));
}

#[test]
fn fish_offers_words_and_files_where_they_belong() {
    let sandbox = shell_sandbox();
    if !sandbox.has("fish") {
        println!("skipped: there is no fish");
        return;
    }
    assert_offers("fish", |line| {
        let mut command = sandbox.command("fish");
        let words = format!("source {}; complete -C '{line}'", script("to.fish").display());
        command.args(["--no-config", "-c", &words]).env("HOME", sandbox.directory.path());
        let run = Process::start(command).finish();
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{line}");
        let word = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
        run.stdout.lines().map(word).collect()
    });
}
