//! From the paths of a command line to the files that they mean.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use super::error::ReadError;
use super::source::Source;
use crate::util::text::innermost;

/// Endings of names that a directory is searched for.
const EXTENSIONS: [&str; 4] = ["xml", "json", "jsonl", "tap"];

/// The name of standard input on a command line.
const STANDARD_INPUT: &str = "-";

/// Characters that make a path a glob.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// The sources that a command line means, and what is wrong with some of it.
#[derive(Debug, Default)]
pub struct Found {
    pub sources: Vec<Source>,
    /// Paths that cannot be read.
    pub errors: Vec<(String, ReadError)>,
    /// Directories and globs in which nothing matches.
    pub empty: Vec<String>,
    /// Paths that match and are no regular files: reading a device may never end.
    pub irregular: Vec<String>,
    seen: HashMap<PathBuf, usize>,
    /// Counts matches, of what had matched before too.
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
            self.matches += 1;
            if !self.sources.contains(&Source::StandardInput) {
                self.sources.push(Source::StandardInput);
            }
        } else if path.is_dir() {
            self.walk(WalkDir::new(path), |entry| !is_hidden(entry), is_report);
        } else if let Some(pattern) = pattern(path) {
            self.expand(pattern);
        } else {
            self.add_file(path, true);
        }
        if before == self.matches {
            self.empty.push(path.display().to_string());
        }
    }

    fn expand(&mut self, pattern: &str) {
        match Glob::new(pattern) {
            Ok(glob) => {
                let walk = WalkDir::new(&glob.root).max_depth(glob.depth);
                self.walk(walk, |entry| glob.may_enter(entry), |path| glob.matches(path));
            }
            Err(error) => {
                self.add_error(pattern.to_owned(), format!("is no glob: {}", error.kind()));
            }
        }
    }

    /// Adds the files that match. Links to directories are not followed: they may lead anywhere.
    fn walk(
        &mut self,
        walk: WalkDir,
        may_enter: impl Fn(&DirEntry) -> bool,
        matches: impl Fn(&Path) -> bool,
    ) {
        let entries = walk.sort_by_file_name().into_iter();
        for entry in entries.filter_entry(|entry| entry.depth() == 0 || may_enter(entry)) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() || !matches(entry.path()) => {}
                Ok(entry) => {
                    let path = entry.path();
                    self.add_match(path.strip_prefix(".").unwrap_or(path));
                }
                // A directory that is not there holds nothing.
                Err(error) if error.depth() == 0 && is_missing(&error) => {}
                Err(error) => self.add_unreadable(error.path().unwrap_or(Path::new("")), &error),
            }
        }
    }

    fn add_match(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) if !metadata.is_file() => self.irregular.push(path.display().to_string()),
            _ => self.add_file(path, false),
        }
    }

    fn add_file(&mut self, path: &Path, named: bool) {
        if let Err(error) = fs::metadata(path) {
            return self.add_unreadable(path, &error);
        }
        // A shell's `<(command)` is a file without a true path.
        let true_path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        self.matches += 1;
        match self.seen.get(&true_path) {
            None => {
                self.seen.insert(true_path, self.sources.len());
                self.sources.push(Source::File { path: path.to_path_buf(), named });
            }
            Some(&at) => self.sources[at].set_named(named),
        }
    }

    fn add_unreadable(&mut self, path: &Path, error: &dyn std::error::Error) {
        self.add_error(path.display().to_string(), innermost(error));
    }

    fn add_error(&mut self, path: String, reason: String) {
        self.matches += 1;
        self.errors.push((path, ReadError::remainder(None, reason)));
    }
}

/// A glob below a directory.
struct Glob {
    /// The components before the first that is wild.
    root: PathBuf,
    /// Matches the path below the root.
    path: GlobMatcher,
    /// Match the hidden components that the glob names with their dot.
    hidden: Vec<GlobMatcher>,
    /// Components below the root that a match can have.
    depth: usize,
}

impl Glob {
    fn new(pattern: &str) -> Result<Self, globset::Error> {
        let components: Vec<&str> = pattern.split('/').collect();
        let literal = components.iter().take_while(|component| !component.contains(WILD)).count();
        let (root, wild) = components.split_at(literal);
        let is_deep = wild.iter().any(|component| component.contains("**"));
        let dotted = wild.iter().filter(|component| component.starts_with('.'));
        Ok(Self {
            root: match root {
                [] => ".".into(),
                [""] => "/".into(),
                names => names.join("/").into(),
            },
            path: compile(&wild.join("/"))?,
            hidden: dotted.map(|component| compile(component)).collect::<Result<_, _>>()?,
            depth: if is_deep { usize::MAX } else { wild.len() },
        })
    }

    fn may_enter(&self, entry: &DirEntry) -> bool {
        let is_named = |hidden: &GlobMatcher| hidden.is_match(entry.file_name());
        !is_hidden(entry) || self.hidden.iter().any(is_named)
    }

    fn matches(&self, path: &Path) -> bool {
        path.strip_prefix(&self.root).is_ok_and(|path| self.path.is_match(path))
    }
}

fn compile(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let mut glob = GlobBuilder::new(pattern);
    Ok(glob.literal_separator(true).backslash_escape(false).build()?.compile_matcher())
}

/// Returns the path as a glob, where it is one and no file has it as its name.
fn pattern(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.contains(WILD) && !path.exists())
}

fn is_missing(error: &walkdir::Error) -> bool {
    error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Tells a report by the name of its file.
fn is_report(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let extension = path.extension().unwrap_or_default();
    let is_any =
        |extension: &OsStr, of: &[&str]| of.iter().any(|one| extension.eq_ignore_ascii_case(one));
    let inner = path.file_stem().map(Path::new).and_then(Path::extension).unwrap_or_default();
    is_any(extension, &EXTENSIONS)
        || (is_any(extension, &["gz", "xz"]) && is_any(inner, &EXTENSIONS))
        || name == b"summary"
        || (name.starts_with(b"submission") && name.ends_with(b".tar.xz"))
}
