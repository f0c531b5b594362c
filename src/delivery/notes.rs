//! Notes of the executions that `to start` opened, so that the commands after it need no id.
//!
//! Several jobs may work in one directory at once. Each is known by the variables of `start`: a command
//! works on the last execution whose variables are those that are set now.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::delivery::state_error::StateError;
use crate::model::execution::{ExecutionRef, JsonObject};
use crate::util::files::{self, Readers};
use crate::util::text::fnv1a;

/// Executions that have ended are remembered for a while: they may be looked at.
const ENDED: usize = 20;

/// The ending of the file of a start that is under way.
const BEGUN: &str = "begun";

/// The variables of `start` that are set, by name.
pub type Variables = BTreeMap<String, String>;

/// The directory of notes.
#[derive(Clone, Debug)]
pub struct Notes {
    directory: PathBuf,
}

/// An execution that was opened here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    #[serde(flatten)]
    pub home: ExecutionRef,
    /// The request that opened it.
    #[serde(default)]
    pub fields: JsonObject,
    /// The variables of `start` that were set then.
    #[serde(default)]
    pub variables: Variables,
    /// The time of the start, in RFC 3339 with microseconds: notes are ordered by it.
    #[serde(default)]
    time: String,
    #[serde(default)]
    pub ended: bool,
}

/// A start that is under way, or that failed.
#[derive(Serialize, Deserialize)]
struct Begun {
    url: String,
    ci_link: Option<String>,
    variables: Variables,
    /// In the form of [`Note::time`].
    time: String,
}

/// A note that cannot be read.
struct Damaged {
    /// The time at which it was written, in the form of [`Note::time`].
    time: String,
    error: StateError,
}

impl Note {
    /// Makes a note of an execution that was opened just now.
    pub fn new(home: ExecutionRef, fields: JsonObject, variables: Variables) -> Self {
        Self { home, fields, variables, time: String::new(), ended: false }
    }

    /// Returns the first variable that is set now to something else than at the start, and than the
    /// field that was sent.
    fn difference<'a>(&self, now: &'a Variables) -> Option<(&'a String, &'a String)> {
        now.iter().find(|(name, value)| {
            let field = name.strip_prefix("TO_").unwrap_or(name).to_lowercase();
            let field = if field == "stage" { "execution_stage".to_owned() } else { field };
            let sent = self.fields.get(&field).map(|sent| match sent {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            self.variables.get(*name) != Some(value) && sent.as_ref() != Some(value)
        })
    }
}

impl Notes {
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Tells whether anything was noted here.
    pub fn is_any(&self) -> bool {
        fs::symlink_metadata(&self.directory).is_ok_and(|found| found.is_dir())
    }

    /// Notes that a start is under way: where it fails, no older execution is to stand in for its own.
    pub fn begin(
        &self,
        url: &str,
        ci_link: Option<&str>,
        variables: &Variables,
    ) -> Result<(), StateError> {
        let time = later_than(&self.all());
        let (url, ci_link) = (url.to_owned(), ci_link.map(str::to_owned));
        let path = self.path_of_begun(&url, variables);
        let begun = Begun { url, ci_link, variables: variables.clone(), time };
        files::write_json(&path, &begun, Readers::Owner)
            .map_err(StateError::unwritable(&self.directory))
    }

    /// Returns the file of a start that is under way.
    fn path_of_begun(&self, url: &str, variables: &Variables) -> PathBuf {
        let hash = fnv1a(format!("{url} {variables:?}").as_bytes());
        self.directory.join(format!("{hash:016x}.{BEGUN}"))
    }

    /// Writes a note, and forgets those of executions that ended long ago. Returns the one before it,
    /// with the same variables, if that has not ended.
    pub fn add(&self, mut note: Note) -> Result<Option<Note>, StateError> {
        files::require_directory(&self.directory, Readers::Owner)
            .map_err(StateError::unwritable(&self.directory))?;
        let mut before = self.all();
        note.time = later_than(&before);
        self.write(&note)?;
        // One that is not there is as good.
        _ = fs::remove_file(self.path_of_begun(&note.home.url, &note.variables));
        self.forget_begun(&before);
        before.retain(|known| known.home != note.home);
        let ended = before.iter().rev().filter(|note| note.ended).skip(ENDED);
        // One that another process has removed is as good.
        ended.for_each(|note| _ = fs::remove_file(self.path_of(&note.home)));
        let is_same =
            |known: &Note| known.home.url == note.home.url && known.variables == note.variables;
        Ok(before.into_iter().rfind(is_same).filter(|known| !known.ended))
    }

    /// Returns the last execution of the server `url` that was started with the variables that are set
    /// now.
    ///
    /// # Errors
    /// There is none, or a note that cannot be read may be that of a later one.
    pub fn find(&self, url: &str, now: &Variables) -> Result<Note, StateError> {
        let (notes, damaged) = self.read()?;
        let (ours, others): (Vec<_>, Vec<_>) =
            notes.into_iter().partition(|note| note.home.url == url);
        let found = ours.iter().rfind(|note| note.difference(now).is_none());
        let may_be_meant = |damaged: &Damaged| found.is_none_or(|note| note.time < damaged.time);
        if let Some(Damaged { error, .. }) = damaged.filter(may_be_meant) {
            return Err(error);
        }
        if let Some(note) = found {
            if self.has_begun_after(note, now) {
                return Err(StateError::NoStart { path: self.directory.clone() });
            }
            return Ok(note.clone());
        }
        let path = self.directory.clone();
        let different = ours.last().and_then(|note| Some((note, note.difference(now)?)));
        Err(match (different, others.into_iter().next_back()) {
            (Some((note, (variable, value))), _) => {
                let started = note.variables.get(variable).map(|started| format!("`{started}`"));
                StateError::OtherStart {
                    variable: variable.clone(),
                    value: value.clone(),
                    execution: note.home.execution,
                    started: started.unwrap_or_else(|| "none".to_owned()),
                }
            }
            (None, Some(Note { home: ExecutionRef { url: noted, execution }, .. })) => {
                StateError::OtherServer { path, execution, noted }
            }
            (None, None) => StateError::NoNote { path },
        })
    }

    /// Forgets starts that failed before all executions that are noted.
    fn forget_begun(&self, noted: &[Note]) {
        let is_old = |path: &PathBuf| {
            let begun = files::read_json::<Begun>(path).ok().flatten();
            begun.is_some_and(|begun| noted.iter().all(|note| begun.time < note.time))
        };
        let is_begun = |path: &PathBuf| path.extension().is_some_and(|ending| ending == BEGUN);
        for path in files::list(&self.directory).unwrap_or_default() {
            if is_begun(&path) && is_old(&path) {
                _ = fs::remove_file(path);
            }
        }
    }

    /// Tells whether a start with the variables that are set now was begun after this one, for another
    /// execution, and did not end well.
    fn has_begun_after(&self, note: &Note, now: &Variables) -> bool {
        let begun = files::read_json::<Begun>(&self.path_of_begun(&note.home.url, now));
        let noted = note.fields.get("ci_link").and_then(|link| link.as_str());
        begun.ok().flatten().is_some_and(|begun| {
            let is_same = begun.ci_link.is_some() && begun.ci_link.as_deref() == noted;
            begun.time > note.time && !is_same
        })
    }

    /// Returns the note of an execution, if there is one.
    pub fn of(&self, home: &ExecutionRef) -> Option<Note> {
        self.all().into_iter().rfind(|note| &note.home == home)
    }

    /// Notes that an execution has ended.
    pub fn end(&self, home: &ExecutionRef) -> Result<(), StateError> {
        match self.of(home) {
            Some(note) if !note.ended => self.write(&Note { ended: true, ..note }),
            _ => Ok(()),
        }
    }

    /// Notes the execution that the server gave to one which waited in the outbox.
    pub fn rename(&self, from: &ExecutionRef, to: &ExecutionRef) -> Result<(), StateError> {
        let Some(note) = self.of(from) else { return Ok(()) };
        self.write(&Note { home: to.clone(), ..note })?;
        // A name that is no more is as good.
        _ = fs::remove_file(self.path_of(from));
        Ok(())
    }

    fn write(&self, note: &Note) -> Result<(), StateError> {
        files::write_json(&self.path_of(&note.home), note, Readers::Owner)
            .map_err(StateError::unwritable(&self.directory))
    }

    /// Returns the file of an execution. Another server may have one of the same number.
    fn path_of(&self, home: &ExecutionRef) -> PathBuf {
        let plain = self.directory.join(format!("{}.json", home.execution));
        match files::read_json::<Note>(&plain) {
            Ok(Some(known)) if known.home.url != home.url => {
                let server = fnv1a(home.url.as_bytes());
                self.directory.join(format!("{}-{server:016x}.json", home.execution))
            }
            _ => plain,
        }
    }

    /// Returns what can be read, in the order of the starts.
    fn all(&self) -> Vec<Note> {
        self.read().map(|(notes, _)| notes).unwrap_or_default()
    }

    /// Reads the notes, in the order of the starts, and of those that cannot be read the one that was
    /// written last.
    fn read(&self) -> Result<(Vec<Note>, Option<Damaged>), StateError> {
        let unreadable = |source| StateError::Unreadable { path: self.directory.clone(), source };
        let (mut notes, mut damaged) = (Vec::new(), Vec::new());
        for path in files::list(&self.directory).map_err(unreadable)? {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match files::read_json::<Note>(&path) {
                Ok(note) => notes.extend(note),
                Err(error) => {
                    let written = fs::metadata(&path).and_then(|found| found.modified());
                    let now = SystemTime::now();
                    let time = rfc3339(written.unwrap_or(now).min(now).max(SystemTime::UNIX_EPOCH));
                    let error = StateError::Damaged { path, reason: error.to_string() };
                    damaged.push(Damaged { time, error });
                }
            }
        }
        notes.sort_by(|a, b| a.time.cmp(&b.time));
        Ok((notes, damaged.into_iter().max_by(|one, other| one.time.cmp(&other.time))))
    }
}

/// Returns the present, or where the clock went back a time that is later than that of the last note.
fn later_than(notes: &[Note]) -> String {
    // The last second that can be written has none behind it.
    let last = notes.last().filter(|note| note.time.as_str() < "9999-12-31T23:59:59");
    let last = last.and_then(|note| humantime::parse_rfc3339(&note.time).ok());
    let after = last.map(|last| last + Duration::from_micros(1));
    rfc3339(after.unwrap_or(SystemTime::UNIX_EPOCH).max(SystemTime::now()))
}

/// Returns a time in the form in which times can be compared as texts.
fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_micros(time).to_string()
}
