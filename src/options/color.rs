//! `--color`, which holds for help and usage errors too, before anything is parsed.

use std::ffi::{OsStr, OsString};

use clap::{ColorChoice, ValueEnum};

/// Finds the colour that these arguments ask for, or else the variable `TO_COLOR`.
pub fn wanted(arguments: impl Iterator<Item = OsString>, variable: Option<&OsStr>) -> ColorChoice {
    let mut words = arguments.take_while(|word| word != "--").map(|word| lossy(&word));
    let mut flag = None;
    while let Some(word) = words.next() {
        if word == "--color" {
            flag = words.next();
        } else if let Some(value) = word.strip_prefix("--color=") {
            flag = Some(value.to_owned());
        }
    }
    let word = flag.or(variable.map(lossy)).unwrap_or_default();
    ColorChoice::from_str(word.trim(), false).unwrap_or(ColorChoice::Auto)
}

/// Has all output obey from now on. `auto` obeys `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM`.
pub fn apply(color: ColorChoice) {
    match color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

fn lossy(word: &OsStr) -> String {
    word.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(line: &str, variable: Option<&str>) -> ColorChoice {
        super::wanted(line.split(' ').map(OsString::from), variable.map(OsStr::new))
    }

    #[test]
    fn the_last_flag_beats_the_variable() {
        for (line, variable, color) in [
            ("end", None, ColorChoice::Auto),
            ("end", Some("always"), ColorChoice::Always),
            ("end --color never", Some("always"), ColorChoice::Never),
            ("--color=always strat", None, ColorChoice::Always),
            ("end --color=always --color never", None, ColorChoice::Never),
            ("run -- ls --color=always", None, ColorChoice::Auto),
            ("end --colour=always", Some(" never "), ColorChoice::Never),
            ("end --color", None, ColorChoice::Auto),
            ("end --color=blue", Some("always"), ColorChoice::Auto),
        ] {
            assert_eq!(wanted(line, variable), color, "{line}");
        }
    }
}
