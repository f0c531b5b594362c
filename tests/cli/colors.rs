//! Colour where a person looks, and where it was asked for: messages, usage errors and help alike.

use std::process::Command;

use crate::support::{BINARY, Process, Sandbox, Terminal};

/// A command whose error `to` says itself, one whose error the parser says, and help.
const LINES: [&str; 3] = ["end --execution 1", "end --timeout soon", "end --help"];

fn command(sandbox: &Sandbox, line: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = sandbox.command(BINARY);
    command.args(line.split(' ')).env_remove("TO_URL").envs(variables.iter().copied());
    command
}

fn is_colored_in_pipe(line: &str, variables: &[(&str, &str)]) -> bool {
    let run = Process::start(command(&Sandbox::new(""), line, variables)).finish();
    run.stdout.contains('\u{1b}') || run.stderr.contains('\u{1b}')
}

fn is_colored_at_terminal(line: &str, variables: &[(&str, &str)]) -> bool {
    let sandbox = Sandbox::new("");
    let terminal = Terminal::start(command(&sandbox, line, variables), 80).expect("the binary");
    terminal.finish().is_styled
}

#[test]
fn a_pipe_gets_colour_where_it_is_asked_for() {
    for line in LINES {
        for (arguments, variables, expected) in [
            ("", &[][..], false),
            (" --color always", &[], true),
            (" --color=always", &[("NO_COLOR", "1")], true),
            ("", &[("TO_COLOR", "always")], true),
            ("", &[("CLICOLOR_FORCE", "1")], true),
            (" --color never", &[("CLICOLOR_FORCE", "1")], false),
            ("", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        ] {
            // Help ends the reading of the command line.
            let line = line.replacen(' ', &format!("{arguments} "), 1);
            assert_eq!(is_colored_in_pipe(&line, variables), expected, "{line} {variables:?}");
        }
    }
}

#[test]
fn a_terminal_gets_colour_unless_it_is_asked_for_none() {
    for line in LINES {
        for (variables, expected) in [
            (&[][..], true),
            (&[("NO_COLOR", "1")], false),
            (&[("NO_COLOR", "")], true),
            (&[("CLICOLOR", "0")], false),
            (&[("TERM", "dumb")], false),
            (&[("TO_COLOR", "never")], false),
        ] {
            assert_eq!(is_colored_at_terminal(line, variables), expected, "{line} {variables:?}");
        }
    }
}
