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

/// One thing to say, how often it happened, and a few of the names that it happened to.
#[derive(Debug, Eq, PartialEq)]
pub struct Warning {
    pub text: Cow<'static, str>,
    pub count: u64,
    pub names: Vec<String>,
}

impl Warnings {
    /// Takes in the warnings of another reading.
    pub fn append(&mut self, other: Self) {
        for theirs in other.0 {
            match self.0.iter_mut().find(|ours| ours.text == theirs.text) {
                Some(ours) => {
                    ours.count += theirs.count;
                    theirs.names.iter().for_each(|name| ours.show(name));
                }
                None => self.0.push(theirs),
            }
        }
    }

    /// All warnings, in the order in which each was first taken.
    pub fn all(&self) -> &[Warning] {
        &self.0
    }

    /// One line a note.
    pub fn lines(&self) -> Vec<String> {
        self.all().iter().map(ToString::to_string).collect()
    }

    /// Counts one more `text`, about `name` (a test, a file, a field).
    pub fn add(&mut self, text: impl Into<Cow<'static, str>>, name: &str) {
        self.add_many(text, name, 1);
    }

    /// Counts `count` more of `text`, about `name`.
    pub fn add_many(&mut self, text: impl Into<Cow<'static, str>>, name: &str, count: u64) {
        let text = text.into();
        if count == 0 {
            return;
        }
        let at = self.0.iter().position(|note| note.text == text).unwrap_or_else(|| {
            self.0.push(Warning { text, count: 0, names: Vec::new() });
            self.0.len() - 1
        });
        self.0[at].count += count;
        self.0[at].show(name);
    }
}

impl Warning {
    fn show(&mut self, name: &str) {
        if self.names.len() < NAMES_SHOWN && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.count)?;
        for (index, name) in self.names.iter().enumerate() {
            let name = excerpt(name, LONGEST_NAME);
            write!(f, "{}`{name}`", if index == 0 { ": " } else { ", " })?;
        }
        if self.count > self.names.len() as u64 { f.write_str(", …") } else { Ok(()) }
    }
}
