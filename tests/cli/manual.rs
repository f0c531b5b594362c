//! The pages of the manual: `to man` prints them, `man/` has them, and the package ships them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::help::{commands, help};
use crate::support::{BINARY, Process, Run, Sandbox, Terminal};

/// The arguments that print each page, and the page's name.
fn pages() -> Vec<(String, String)> {
    let of_command = |command: String| (format!("man {command}"), format!("to-{command}"));
    [("man".to_owned(), "to".to_owned())]
        .into_iter()
        .chain(commands().into_iter().map(of_command))
        .collect()
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_files_are_what_the_binary_prints() {
    let sandbox = Sandbox::new("");
    let mut names = BTreeSet::new();
    for (arguments, name) in pages() {
        let printed = sandbox.to(&arguments);
        let committed = fs::read_to_string(project(&format!("man/{name}.1"))).unwrap_or_default();
        assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
        assert!(
            printed.stdout == committed,
            "man/{name}.1 is out of date; write it anew with\n    \
             cargo run -- {arguments} > man/{name}.1"
        );
        names.insert(format!("{name}.1"));
    }
    let files = fs::read_dir(project("man")).expect("man/");
    let files = files.map(|file| file.expect("a file").file_name().into_string().expect("a name"));
    assert_eq!(files.collect::<BTreeSet<_>>(), names);
}

#[test]
fn variables_do_not_change_what_is_printed() {
    let plain = Sandbox::new("").to("man start");
    let sandbox =
        Sandbox::new("https://observer.example").with_snap().with("TO_API_KEY", "to_secret");
    assert_eq!(sandbox.with("COLUMNS", "40").to("man start"), plain);
}

#[test]
fn a_page_of_an_unknown_command_is_a_usage_error() {
    let said = "error: invalid value 'strat' for '[COMMAND]'\n  \
                [possible values: start, submit, end, run, result, update, show, rerun, reruns, \
                push, check, \
                completions, man]\n\n  tip: a similar value exists: 'start'\n\n\
                For more information, try '--help'.\n";
    assert_eq!(Sandbox::new("").to("man strat"), Run::new(2, "", said));
}

/// What `man` shows of this page, on lines that are long enough for anything.
fn shown(page: &str) -> Option<String> {
    let mut command = Command::new("man");
    command
        .args(["--warnings", "-E", "UTF-8", "-l", "-"])
        .envs([("MANWIDTH", "1000"), ("MAN_KEEP_FORMATTING", ""), ("LC_ALL", "C.UTF-8")])
        .stdin(Stdio::piped());
    let Ok(mut man) = Process::try_start(command) else {
        println!("skipped: there is no man");
        return None;
    };
    man.stdin().write_all(page.as_bytes()).expect("man reads");
    let run = man.finish();
    assert_eq!((run.status, &*run.stderr), (0, ""));
    Some(run.stdout)
}

/// The words of a text: a page and a help break their lines at different places.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_page_shows_the_flags_variables_examples_and_exit_statuses() {
    let sandbox = Sandbox::new("");
    for (arguments, name) in pages() {
        let Some(page) = shown(&sandbox.to(&arguments).stdout) else { return };
        let page = words(&page);
        let help = help(arguments.trim_start_matches("man"));
        for word in help.split_whitespace().filter_map(flag_or_variable) {
            assert!(page.contains(word), "{name} lacks {word}");
        }
        let examples = match help.split_once("Examples:\n") {
            Some((_, examples)) => examples.split("\n\n").next().unwrap_or_default(),
            None => "to start && to submit && to end",
        };
        assert!(page.contains(&format!(" EXAMPLES {}", words(examples))), "{name}: {page}");
        assert!(page.contains(" EXIT STATUS 0 all delivered 1 a fault"), "{name}");
        assert!(page.contains(" FILES .to/ the state directory"), "{name}");
        assert!(page.contains(" ENVIRONMENT TO_"), "{name}");
        assert!(page.contains(" TO_URL as --url TO_API_KEY as --api-key "), "{name}");
        let (_, footer) = page.rsplit_once("to 0.1.0 ").expect("a footer");
        let date = footer.split(' ').next().expect("a date");
        assert!(date.split('-').all(|part| part.parse::<u16>().is_ok()), "{name}: {date}");
    }
}

#[test]
fn each_page_links_to_all_others() {
    let sandbox = Sandbox::new("");
    let names: BTreeSet<String> = pages().into_iter().map(|(_, name)| name).collect();
    for (arguments, name) in pages() {
        let page = sandbox.to(&arguments).stdout.replace("\\-", "-");
        let (_, links) = page.split_once(".SH \"SEE ALSO\"\n").expect("a section");
        let links = links.trim().split(", ").map(|link| link.trim_end_matches("(1)").to_owned());
        let mut links: BTreeSet<String> = links.collect();
        assert!(links.insert(name), "a page links to itself");
        assert_eq!(links, names);
    }
}

#[test]
fn a_page_is_shown_at_a_terminal_as_man_shows_it() {
    let sandbox = Sandbox::new("").with("MANPAGER", "cat").with("PATH", "/usr/bin:/bin");
    if !sandbox.has("man") {
        println!("skipped: there is no man");
        return;
    }
    let mut command = sandbox.command(BINARY);
    command.args(["man", "end"]);
    let transcript = Terminal::start(command, 80).expect("the binary").finish();
    assert_eq!(transcript.status, 0);
    assert!(transcript.last().contains("\nSEE ALSO\n       to(1), "), "{}", transcript.last());
}

#[test]
fn a_page_is_printed_at_a_terminal_without_man() {
    let sandbox = Sandbox::new("");
    let mut command = sandbox.command(BINARY);
    command.args(["man", "end"]).env("PATH", "/nowhere");
    let transcript = Terminal::start(command, 80).expect("the binary").finish();
    assert_eq!(transcript.status, 0);
    assert!(transcript.last().contains(".SH \"SEE ALSO\""), "{}", transcript.last());
}

fn flag_or_variable(word: &str) -> Option<&str> {
    let word = word.split(['[', ']', ',', ';', '.', '`', ')']).find(|word| !word.is_empty())?;
    (word.starts_with("--") || word.starts_with("TO_")).then_some(word)
}

/// What is in Cargo.toml's list for `cargo deb`, but for the binary.
#[test]
fn the_package_ships_files_that_are_there() {
    let manifest = fs::read_to_string(project("Cargo.toml")).expect("Cargo.toml");
    let (_, assets) = manifest.split_once("\nassets = [\n").expect("the package's list");
    let (assets, _) = assets.split_once("\n]\n").expect("its end");
    let sources: Vec<&str> = assets.lines().filter_map(|line| line.split('"').nth(1)).collect();
    for shipped in ["target/release/to", "man/*.1", "completions/to.bash", "completions/_to"] {
        assert!(sources.contains(&shipped), "{shipped}");
    }
    for source in sources.iter().filter(|source| !source.contains(['*', ' '])) {
        assert!(project(source).exists() || source.starts_with("target/"), "{source}");
    }
}
