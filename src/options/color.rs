//! `--color`, which holds for help and usage errors too, before anything is parsed.

use std::ffi::{OsStr, OsString};

use anstream::ColorChoice;
use clap::ValueEnum;

/// The cases in which output is coloured. `auto` obeys `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Finds the colour that these arguments ask for, or else the variable `TO_COLOR`.
    pub fn wanted(arguments: impl Iterator<Item = OsString>, variable: Option<&OsStr>) -> Self {
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
        Self::from_str(word.trim(), false).unwrap_or(Self::Auto)
    }

    /// Has all output obey from now on.
    pub fn apply(self) {
        match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        }
        .write_global();
    }
}

fn lossy(word: &OsStr) -> String {
    word.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(line: &str, variable: Option<&str>) -> Color {
        Color::wanted(line.split(' ').map(OsString::from), variable.map(OsStr::new))
    }

    #[test]
    fn the_last_flag_beats_the_variable() {
        for (line, variable, color) in [
            ("end", None, Color::Auto),
            ("end", Some("always"), Color::Always),
            ("end --color never", Some("always"), Color::Never),
            ("--color=always strat", None, Color::Always),
            ("end --color=always --color never", None, Color::Never),
            ("run -- ls --color=always", None, Color::Auto),
            ("end --colour=always", Some(" never "), Color::Never),
            ("end --color", None, Color::Auto),
            ("end --color=blue", Some("always"), Color::Auto),
        ] {
            assert_eq!(wanted(line, variable), color, "{line}");
        }
    }
}
