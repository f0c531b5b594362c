//! From the paths of a command line to the files that they mean.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use walkdir::{DirEntry, WalkDir};

use super::ReadError;
use crate::util::text::os_message;

/// What a directory is searched for.
const EXTENSIONS: [&str; 3] = ["xml", "json", "jsonl"];

/// The name of standard input on a command line.
const STANDARD_INPUT: &str = "-";

/// Something to read reports from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    StandardInput,
    File {
        path: PathBuf,
        /// Whether the file itself was named, rather than found in a directory or by a glob: what
        /// was found may be another tool's.
        named: bool,
    },
}

impl Source {
    /// What was found is named after all.
    fn name_it(&mut self, now: bool) {
        if let Self::File { named, .. } = self {
            *named |= now;
        }
    }

    /// Whether it was last written before `moment`.
    pub fn is_older_than(&self, moment: Option<SystemTime>) -> bool {
        let (Self::File { path, .. }, Some(moment)) = (self, moment) else { return false };
        let written = fs::metadata(path).and_then(|metadata| metadata.modified());
        written.is_ok_and(|written| written < moment)
    }

    /// Whether whoever runs the command said that this is a report.
    pub fn is_named(&self) -> bool {
        match self {
            Self::StandardInput => true,
            Self::File { named, .. } => *named,
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StandardInput => f.write_str("standard input"),
            Self::File { path, .. } => path.display().fmt(f),
        }
    }
}

/// The sources that a command line means, and what is wrong with some of it.
#[derive(Debug, Default)]
pub struct Found {
    pub sources: Vec<Source>,
    /// Paths that cannot be read.
    pub faults: Vec<(String, ReadError)>,
    /// Directories and globs in which nothing matches.
    pub empty: Vec<String>,
    seen: HashMap<PathBuf, usize>,
    /// How often something matched, what had matched before included.
    matches: usize,
}

/// Finds the files of each path, in the order given; those of one directory or glob by name.
pub fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in paths {
        found.take(path);
    }
    found
}

impl Found {
    fn take(&mut self, path: &Path) {
        let before = self.matches;
        if path.as_os_str() == STANDARD_INPUT {
            self.add(Source::StandardInput);
        } else if path.is_dir() {
            self.search(path);
        } else if let Some(pattern) = pattern(path) {
            self.expand(&pattern);
        } else {
            self.add_file(path, true);
        }
        if before == self.matches {
            self.empty.push(path.display().to_string());
        }
    }

    fn search(&mut self, directory: &Path) {
        let entries = WalkDir::new(directory)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry));
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_report(entry.path()) => {
                    self.add_file(entry.path(), false);
                }
                Ok(_) => {}
                Err(error) if is_beside_the_point(&error) => {}
                Err(error) => self.unsearchable(error.path().unwrap_or(directory), &error),
            }
        }
    }

    fn unsearchable(&mut self, path: &Path, error: &walkdir::Error) {
        match error.io_error() {
            Some(cause) => self.unreadable(path, cause),
            None => self.unreadable(path, error),
        }
    }

    fn expand(&mut self, pattern: &str) {
        let options =
            glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        match glob::glob_with(pattern, options) {
            Err(error) => self.fault(pattern.to_owned(), format!("is no glob: {}", error.msg)),
            Ok(paths) => {
                for path in paths {
                    match path {
                        Ok(path) if path.is_dir() => {}
                        Ok(path) => self.add_file(&path, false),
                        Err(error) => self.unreadable(error.path(), error.error()),
                    }
                }
            }
        }
    }

    fn add_file(&mut self, path: &Path, named: bool) {
        if let Err(error) = fs::metadata(path) {
            return self.unreadable(path, &error);
        }
        // A shell's `<(command)` is a file without a true path.
        let true_path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        self.matches += 1;
        match self.seen.get(&true_path) {
            None => {
                self.seen.insert(true_path, self.sources.len());
                self.sources.push(Source::File { path: path.to_path_buf(), named });
            }
            Some(&at) => self.sources[at].name_it(named),
        }
    }

    fn add(&mut self, source: Source) {
        self.matches += 1;
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }

    fn unreadable(&mut self, path: &Path, error: &dyn std::error::Error) {
        self.fault(path.display().to_string(), os_message(error));
    }

    fn fault(&mut self, path: String, reason: String) {
        self.matches += 1;
        self.faults.push((path, ReadError::of_file(reason)));
    }
}

/// The path as a glob, where it is one and no file has it as its name.
fn pattern(path: &Path) -> Option<String> {
    let text = path.to_str().filter(|text| text.contains(['*', '?', '[']))?;
    (!path.exists()).then(|| text.to_owned())
}

/// A link to a directory around it, whose reports are found anyway, or to nothing, under a name that no
/// report has.
fn is_beside_the_point(error: &walkdir::Error) -> bool {
    let leads_nowhere = error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound);
    error.loop_ancestor().is_some()
        || (leads_nowhere && error.path().is_some_and(|path| !is_report(path)))
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_report(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}
