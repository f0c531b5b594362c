//! From the paths of a command line to the files that they mean.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::Fault;
use crate::reason::reason;

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
    pub faults: Vec<(String, Fault)>,
    /// Directories and globs in which nothing matches.
    pub empty: Vec<String>,
    seen: HashSet<PathBuf>,
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
        let before = self.sources.len() + self.faults.len() + self.seen.len();
        if path.as_os_str() == STANDARD_INPUT {
            self.add(Source::StandardInput);
        } else if path.is_dir() {
            self.search(path);
        } else if let Some(pattern) = pattern(path) {
            self.expand(&pattern);
        } else {
            self.add_file(path, true);
        }
        if before == self.sources.len() + self.faults.len() + self.seen.len() {
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
                Err(error) => self.unreadable(error.path().unwrap_or(directory), &error),
            }
        }
    }

    fn expand(&mut self, pattern: &str) {
        let options =
            glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
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
        if self.seen.insert(true_path) {
            self.sources.push(Source::File { path: path.to_path_buf(), named });
        }
    }

    fn add(&mut self, source: Source) {
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }

    fn unreadable(&mut self, path: &Path, error: &dyn std::error::Error) {
        self.fault(path.display().to_string(), reason(error));
    }

    fn fault(&mut self, path: String, reason: String) {
        self.faults.push((path, Fault::of_file(reason)));
    }
}

/// The path as a glob, where it is one and no file has it as its name.
fn pattern(path: &Path) -> Option<String> {
    let text = path.to_str().filter(|text| text.contains(['*', '?', '[']))?;
    (!path.exists()).then(|| text.to_owned())
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_report(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}
