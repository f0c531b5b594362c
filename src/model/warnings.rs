//! What was mended, passed over or cut on the way, to be said once each in the summary.

use std::borrow::Cow;
use std::fmt;

use crate::util::text::excerpt;

/// Names that a warning shows of those that it counts.
const NAMES_SHOWN: usize = 3;

/// Characters of a name that a note shows: more would fill the screen.
const LONGEST_NAME: usize = 200;

/// Warnings by what they say, in the order in which each was first taken.
#[derive(Debug, Default)]
pub struct Warnings(Vec<Warning>);

/// One thing to say, how often it happened, and a few of the names that it happened to: one more than is
/// shown, where there are so many.
#[derive(Debug, Eq, PartialEq)]
pub struct Warning {
    pub text: Cow<'static, str>,
    pub count: u64,
    pub names: Vec<String>,
}

impl Warnings {
    /// Takes in the warnings of another reading.
    pub fn append(&mut self, other: Self) {
        for Warning { text, count, names } in other.0 {
            self.take(text, &names, count);
        }
    }

    /// Returns all of them.
    #[cfg(test)]
    pub fn all(&self) -> &[Warning] {
        &self.0
    }

    /// Returns a line for each, in the order in which they were first taken.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Counts one more `text`, about `name` (a test, a file, a field).
    pub fn add(&mut self, text: impl Into<Cow<'static, str>>, name: &str) {
        self.add_many(text, name, 1);
    }

    /// Counts `count` more of `text`, about `name`.
    pub fn add_many(&mut self, text: impl Into<Cow<'static, str>>, name: &str, count: u64) {
        if count > 0 {
            self.take(text.into(), &[name], count);
        }
    }

    fn take(&mut self, text: Cow<'static, str>, names: &[impl AsRef<str>], count: u64) {
        let at = self.0.iter().position(|known| known.text == text).unwrap_or_else(|| {
            self.0.push(Warning { text, count: 0, names: Vec::new() });
            self.0.len() - 1
        });
        let Warning { count: counted, names: shown, .. } = &mut self.0[at];
        *counted += count;
        for name in names.iter().map(AsRef::as_ref) {
            if shown.len() <= NAMES_SHOWN && !shown.iter().any(|known| known == name) {
                shown.push(name.to_owned());
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.count)?;
        for (index, name) in self.names.iter().take(NAMES_SHOWN).enumerate() {
            let name = excerpt(name, LONGEST_NAME);
            write!(f, "{}`{name}`", if index == 0 { ": " } else { ", " })?;
        }
        if self.names.len() > NAMES_SHOWN { f.write_str(", …") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_stand_for_other_names_than_those_that_are_shown() {
        for (names, line) in [
            ("a", "odd (1): `a`"),
            ("aa", "odd (2): `a`"),
            ("abc", "odd (3): `a`, `b`, `c`"),
            ("abcab", "odd (5): `a`, `b`, `c`"),
            ("abcd", "odd (4): `a`, `b`, `c`, …"),
            ("abcaed", "odd (6): `a`, `b`, `c`, …"),
        ] {
            let names: Vec<String> = names.chars().map(String::from).collect();
            // In one reading, and in two that are put together.
            for second in 0..=names.len() {
                let mut both = [Warnings::default(), Warnings::default()];
                for (at, name) in names.iter().enumerate() {
                    both[usize::from(at >= second)].add("odd", name);
                }
                let [mut all, later] = both;
                all.append(later);
                assert_eq!(all.lines(), [line]);
            }
        }
    }
}
