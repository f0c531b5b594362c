//! Help that teaches: it fits a screen, corrects typos, and agrees with docs/reference.md.

use std::collections::{BTreeMap, BTreeSet};

use crate::documents::document;
use crate::support::{Run, Sandbox};

/// The heading of the options that every command has.
const COMMON: &str = "Options of every command:";

/// Each flag, with its variable where it has one.
type Flags = BTreeMap<String, Option<String>>;

/// What this command's `--help` says; without a command, `to --help`.
pub fn help(command: &str) -> String {
    let run = Sandbox::new("").with("COLUMNS", "80").to(&format!("{command} --help"));
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "to {command} --help");
    run.stdout
}

/// All commands that `to help` lists, but for `help` itself.
pub fn commands() -> Vec<String> {
    let help = help("");
    let (_, list) = help.split_once("\nCommands:\n").expect("a list of commands");
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !matches!(*name, "" | "help")).map(str::to_owned).collect()
}

#[test]
fn the_overview_fits_a_screen() {
    let sandbox = Sandbox::new("").with("COLUMNS", "80");
    let overview = sandbox.to("help");
    assert_eq!((overview.status, overview.stderr.as_str()), (0, ""));
    for arguments in ["--help", "-h"] {
        assert_eq!(sandbox.to(arguments), overview);
    }
    // A screen of 24 lines has one for the prompt.
    assert!(overview.stdout.lines().count() < 24, "{}", overview.stdout);
    assert!(overview.stdout.lines().all(|line| line.len() <= 80), "{}", overview.stdout);
    for sandbox in [Sandbox::new(""), sandbox] {
        assert_eq!(sandbox.with("COLUMNS", "80").to(""), Run::new(2, "", &overview.stdout));
    }
}

#[test]
fn no_help_is_wider_than_a_terminal() {
    for command in commands() {
        let help = help(&command);
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}

#[test]
fn the_help_of_start_fits_two_screens_and_the_short_one_half_a_screen() {
    let sandbox = Sandbox::new("").with("COLUMNS", "80");
    for (flag, lines, begins) in [
        (
            "--help",
            48,
            "  * needed, + possible     snap deb charm image solution\n  --family FAMILY ",
        ),
        ("-h", 12, "Every family needs --family, --environment and --test-plan, and besides:\n"),
    ] {
        let help = sandbox.to(&format!("start {flag}"));
        assert_eq!((help.status, help.stderr.as_str()), (0, ""));
        assert!(help.stdout.lines().count() <= lines, "{}", help.stdout);
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 80), "{}", help.stdout);
        let (_, below) = help.stdout.split_once("\nUsage: to start [OPTIONS]\n\n").expect("usage");
        assert!(below.starts_with(begins), "{below}");
    }
}

#[test]
fn the_short_help_leaves_out_what_every_command_has() {
    for command in commands() {
        let help = Sandbox::new("").to(&format!("{command} -h"));
        assert_eq!((help.status, help.stderr.as_str()), (0, ""));
        assert!(!help.stdout.contains("--best-effort") && help.stdout.contains("Usage: to "));
    }
}

#[test]
fn help_of_an_unknown_command_is_a_usage_error() {
    let said = "error: unrecognized subcommand 'strat'\n\nUsage: to [OPTIONS] <COMMAND>\n\n\
                For more information, try '--help'.\n";
    assert_eq!(Sandbox::new("").to("help strat"), Run::new(2, "", said));
}

/// The flags that a help lists: those of every command, and the command's own.
fn listed(help: &str) -> [Flags; 2] {
    let (own, common) = help.split_once(COMMON).unwrap_or((help, ""));
    let common = common.split("\n\n").next().unwrap_or_default();
    [flags_of(common), flags_of(own)]
}

fn flags_of(help: &str) -> Flags {
    let mut entries: Vec<String> = Vec::new();
    for line in help.lines() {
        // A text that is broken in front of a flag stands further to the right.
        if line.starts_with("  -") || line.starts_with("      --") {
            entries.push(line.to_owned());
        } else if let Some(entry) = entries.last_mut() {
            *entry = format!("{entry} {}", line.trim());
        }
    }
    let flag = |entry: &String| Some((flags_in(entry).into_iter().next()?, variable_of(entry)));
    entries.iter().filter_map(flag).filter(|(flag, _)| flag != "--help").collect()
}

fn variable_of(entry: &str) -> Option<String> {
    let (_, variable) = entry.split_once("[env: ")?;
    Some(variable.split(']').next()?.to_owned())
}

/// All `--flags` of a text, in order.
fn flags_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let is_flag = |word: &&str| word.len() > 2 && word.starts_with("--") && !word.ends_with('-');
    words.filter(is_flag).map(str::to_owned).collect()
}

/// What docs/reference.md says of a command's options: the paragraphs from `Of it` to the next `Of`.
fn said_of<'a>(options: &'a str, subject: &str) -> &'a str {
    let start = options.find(&format!("\nOf {subject}"));
    let below = &options[start.unwrap_or_else(|| panic!("Options: Of {subject}")) + 1..];
    below.split("\nOf ").next().unwrap_or(below)
}

/// The other commands whose options these are too: the first line names them.
fn inherited<'a>(said: &'a str, commands: &'a [String]) -> impl Iterator<Item = &'a String> {
    let line = said.lines().next().unwrap_or_default();
    commands.iter().filter(move |command| line.contains(&format!("`{command}`")))
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let below = text.split_once(from).map_or("", |(_, below)| below);
    below.split(to).next().unwrap_or_default()
}

fn assert_agree(subject: &str, said: &BTreeSet<String>, flags: &Flags, help: &str) {
    for flag in flags.keys() {
        assert!(said.contains(flag), "docs/reference.md lacks {flag} of {subject}");
    }
    let in_help: BTreeSet<String> = flags_in(help).into_iter().collect();
    for flag in said {
        assert!(
            in_help.contains(flag),
            "docs/reference.md has {flag} of {subject}, the help has not"
        );
    }
}

#[test]
fn the_reference_has_the_flags_that_the_help_has() {
    let (reference, commands) = (document("docs/reference.md"), commands());
    let options = between(&reference, "\n## Options\n", "\n## ");
    for command in commands.iter().filter(|command| !listed(&help(command))[1].is_empty()) {
        let subject = format!("`{command}`");
        let whole = help(command);
        let said = said_of(options, &subject);
        let all = inherited(said, &commands).map(|other| said_of(options, &format!("`{other}`")));
        let but_for = flags_in(between(said, "(but for", ")"));
        let flags = all.flat_map(flags_in).filter(|flag| !but_for.contains(flag)).collect();
        assert_agree(&subject, &flags, &listed(&whole)[1], &whole);
    }
    let whole = help("end");
    let said = flags_in(said_of(options, "every command")).into_iter().collect();
    assert_agree("every command", &said, &listed(&whole)[0], &whole);
}

/// `TO_` and the flag's name in capitals, said in one sentence of docs/reference.md.
#[test]
fn variables_are_named_after_their_flags() {
    for command in commands() {
        let [common, own] = listed(&help(&command));
        for (flag, variable) in common.iter().chain(&own) {
            let named = flag.trim_start_matches('-').replace('-', "_").to_uppercase();
            let expected = Some(format!("TO_{named}"));
            // One sentence says it of all flags of `start`.
            let may_lack = own.contains_key(flag) && command != "submit";
            assert!(*variable == expected || may_lack && variable.is_none(), "{command} {flag}");
        }
    }
}

#[test]
fn the_reference_has_the_variables_that_the_help_has() {
    let reference = document("docs/reference.md");
    let options = between(&reference, "\n## Options\n", "\n## ");
    let mut rows = 0;
    for command in commands().into_iter().filter(|command| command != "start") {
        let [mut flags, own] = listed(&help(&command));
        flags.extend(own);
        let own = format!("\nOf `{command}`");
        let tables = options.find(&own).map(|_| said_of(options, &format!("`{command}`")));
        for table in tables.into_iter().chain([said_of(options, "every command")]) {
            for row in table.lines().filter(|row| row.contains("| `TO_")) {
                let cells: Vec<&str> = row.split('|').map(str::trim).collect();
                let flag = flags_in(cells[1]).remove(0);
                let variable = Some(cells[2].trim_matches('`').to_owned());
                assert_eq!(flags.get(&flag), Some(&variable), "{row}");
                rows += 1;
            }
        }
    }
    assert!(rows > 0, "there is a table");
}
