//! `to completions`: the scripts by which shells complete `to`.
//!
//! clap writes them. What it leaves to each shell's default, which is the files of the directory, is
//! put right behind its script: files are offered where a path belongs, and nowhere else.

use std::fmt::Write as _;

use clap::builder::PossibleValue;
use clap::{Arg, Args, Command, ValueHint};
use clap_complete::Shell;

use super::args::tree;
use crate::commands::{CommandError, Exit};
use crate::ui::terminal;

/// Prints the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_MORE)]
pub struct Completions {
    pub shell: Shell,
}

const COMPLETIONS_MORE: &str = "\
May be repeated: nothing is sent.

Examples:
  to completions bash > ~/.local/share/bash-completion/completions/to";

pub fn run(completions: &Completions) -> Result<Exit, CommandError> {
    terminal::data(&script(completions.shell))?;
    Ok(Exit::Success)
}

fn script(shell: Shell) -> Vec<u8> {
    let mut command = offered(&tree());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "to", &mut script);
    let more = match shell {
        Shell::Bash => bash(&command),
        Shell::Fish => fish(&command),
        _ => String::new(),
    };
    script.extend(more.into_bytes());
    script
}

/// Copies a command without its hidden options: clap's scripts would offer them.
fn offered(command: &Command) -> Command {
    let args = command.get_arguments().filter(|arg| !arg.is_hide_set()).cloned().map(hinted);
    let copy = Command::new(command.get_name().to_owned())
        .args(args)
        .subcommands(command.get_subcommands().map(offered));
    match command.get_about() {
        Some(about) => copy.about(about.clone()),
        None => copy,
    }
}

/// Says of an argument that it is no path, unless it is one.
fn hinted(arg: Arg) -> Arg {
    match arg.get_value_hint() {
        ValueHint::Unknown
            if arg.get_action().takes_values() && arg.get_possible_values().is_empty() =>
        {
            arg.value_hint(ValueHint::Other)
        }
        _ => arg,
    }
}

/// Wraps the function of clap's script: a flag is offered behind a dash, and a file where neither a
/// word nor the value of an option belongs.
fn bash(command: &Command) -> String {
    let takes = |command: &&Command, hint| {
        command.get_positionals().any(|arg| arg.get_value_hint() == hint)
    };
    let names = |hint| {
        let commands = command.get_subcommands().filter(|command| takes(command, hint));
        commands.map(Command::get_name).collect::<Vec<_>>().join(" | ")
    };
    let flags = command.get_subcommands().flat_map(Command::get_arguments);
    let flags = flags.filter(|arg| !arg.get_action().takes_values());
    let mut flags: Vec<&str> = flags.filter_map(Arg::get_long).collect();
    flags.sort_unstable();
    flags.dedup();
    format!(
        r#"
_to_offers() {{
    local word paths=
    local -a words=()
    _to "$@"
    [[ "$2" == -* || "${{COMPREPLY[*]}}" == "$2" && -n "$2" ]] && return
    for word in "${{COMPREPLY[@]}}" ; do
        [[ -z "${{word}}" || "${{word}}" == -* ]] || words+=("${{word}}")
    done
    COMPREPLY=("${{words[@]}}")
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}" ; do
        case "${{word}}" in
            {files}) paths=default ;;
            {directories}) paths=dirnames ;;
            --) COMPREPLY=($(compgen -c -- "$2")) ; return ;;
        esac
    done
    case "$3" in
        --{flags} | -q | -v) ;;
        -*) paths= ;;
    esac
    [[ ${{#words[@]}} -eq 0 && -n "${{paths}}" ]] && compopt -o "${{paths}}"
    return 0
}}

complete -F _to_offers -o nosort to
"#,
        files = names(ValueHint::AnyPath),
        directories = names(ValueHint::DirPath),
        flags = flags.join(" | --"),
    )
}

/// Offers the words and paths of positional arguments, which clap's script leaves out.
fn fish(command: &Command) -> String {
    let mut script = "\n# Files are offered where a path belongs.\ncomplete -c to -f\n".to_owned();
    for subcommand in command.get_subcommands() {
        let using = format!("__fish_to_using_subcommand {}", subcommand.get_name());
        for (index, arg) in subcommand.get_positionals().enumerate() {
            let values = arg.get_possible_values();
            let words: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
            let offer = match arg.get_value_hint() {
                _ if !words.is_empty() => format!("-a \"{}\"", words.join(" ")),
                ValueHint::AnyPath => "-F".to_owned(),
                ValueHint::DirPath => "-a \"(__fish_complete_directories)\"".to_owned(),
                ValueHint::CommandName => "-a \"(__fish_complete_command)\"".to_owned(),
                _ => continue,
            };
            let behind = format!("test (count (commandline -opc)) -ge {}", index + 2);
            // Writing to a string does not fail.
            _ = writeln!(script, "complete -c to -n \"{using}; and {behind}\" {offer}");
        }
    }
    script
}
