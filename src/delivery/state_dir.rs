//! The state directory: the user's own, for the user alone.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::delivery::notes::Notes;
use crate::delivery::state_error::StateError;
use crate::model::execution::ExecutionRef;
use crate::model::tally::RefusedResult;
use crate::util::files::{self, Readers};
use crate::util::text::fnv1a;

/// The directory where nothing else is said.
pub const DEFAULT: &str = ".to";

/// The directory of `--state-dir`.
#[derive(Clone, Debug)]
pub struct StateDirectory {
    path: PathBuf,
}

/// A file of results that a server refused, and of changes.
#[derive(Clone, Debug)]
pub struct RefusedFile {
    directory: PathBuf,
    readers: Readers,
}

/// A line of `refused.jsonl`.
#[derive(Serialize)]
struct RefusedLine<'a> {
    #[serde(flatten)]
    home: &'a ExecutionRef,
    reason: &'a str,
    result: &'a RawValue,
}

impl StateDirectory {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns the directory in which what cannot be delivered is kept.
    pub fn outbox(&self) -> PathBuf {
        self.path.join("outbox")
    }

    /// Returns the file in which is written down what a server refused.
    pub fn refused(&self) -> RefusedFile {
        RefusedFile { directory: self.path.clone(), readers: Readers::Owner }
    }

    /// Returns the executions that were started here.
    pub fn notes(&self) -> Notes {
        Notes::new(self.path.join("executions"))
    }

    /// Finds the directory to be the user's own, if it is there.
    ///
    /// # Errors
    /// One of another user, or a link that came with a checkout.
    pub fn check(&self) -> Result<(), StateError> {
        let path = &self.path;
        let unreadable = |source| StateError::Unreadable { path: path.clone(), source };
        match fs::symlink_metadata(path) {
            // Something else in the way is found when the directory is made.
            Err(error) if files::is_absence(&error) => return Ok(()),
            Err(source) => return Err(unreadable(source)),
            Ok(found) if found.is_symlink() && path.as_os_str() == DEFAULT => {
                return Err(StateError::Link { path: path.clone() });
            }
            Ok(_) => {}
        }
        // In a container one often works in another user's workspace.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let around = fs::metadata(parent.unwrap_or(Path::new("."))).map_err(unreadable)?.uid();
        let owner = fs::metadata(path).map_err(unreadable)?.uid();
        if owner != rustix::process::geteuid().as_raw() && owner != around {
            return Err(StateError::Foreign { path: path.clone() });
        }
        Ok(())
    }

    /// Makes the directory where it is missing, for the user alone, and finds out whether it takes
    /// files.
    ///
    /// # Errors
    /// One that does not, or that is another user's.
    pub fn prepare(&self) -> Result<(), StateError> {
        self.check()?;
        self.make().map_err(StateError::unwritable(&self.path))
    }

    fn make(&self) -> io::Result<()> {
        if fs::metadata(&self.path).is_err() {
            files::require_directory(&self.path, Readers::Owner)?;
        }
        let found = fs::metadata(&self.path)?;
        let is_own = found.uid() == rustix::process::geteuid().as_raw();
        if found.is_dir() && is_own && !files::is_private(&found) {
            fs::set_permissions(&self.path, Permissions::from_mode(0o700))?;
        }
        match files::create(&self.path.join(".gitignore"), b"*\n", Readers::Owner) {
            // One that is there may be the user's own.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                tempfile::tempfile_in(&self.path).map(drop)
            }
            made => made,
        }
    }

    /// Takes the lock of all runs whose reports are found in the same way, if no other process holds it.
    pub fn lock_run(&self, results: &[PathBuf]) -> Result<Option<File>, StateError> {
        let directory = self.path.join("runs");
        let lock = || {
            files::require_directory(&directory, Readers::Owner)?;
            let name = format!("{:016x}.lock", fnv1a(format!("{results:?}").as_bytes()));
            let file = files::open_to_write(&directory.join(name), Readers::Owner)?;
            Ok(files::try_lock(&file)?.then_some(file))
        };
        lock().map_err(StateError::unwritable(&directory))
    }

    /// The present, by the clock that files are stamped with: it may lag behind the system's.
    pub fn now(&self) -> Result<SystemTime, StateError> {
        tempfile::tempfile_in(&self.path)
            .and_then(|file| file.metadata()?.modified())
            .map_err(StateError::unwritable(&self.path))
    }
}

impl RefusedFile {
    /// Returns the file beside what `directory` holds of an execution.
    pub fn beside(directory: &Path) -> Self {
        Self { directory: directory.to_path_buf(), readers: Readers::Usual }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.join("refused.jsonl")
    }

    /// Returns the path of the file for what is no result.
    pub fn changes_path(&self) -> PathBuf {
        self.directory.join("refused-changes.jsonl")
    }

    /// Writes down results, with the reasons for which they were refused, one a line.
    pub fn add(&self, home: &ExecutionRef, refused: &[RefusedResult]) -> Result<(), StateError> {
        let mut lines = Vec::new();
        for RefusedResult { result, reason } in refused {
            let written = serde_json::from_slice::<&RawValue>(result.json()).and_then(|result| {
                serde_json::to_writer(&mut lines, &RefusedLine { home, reason, result })
            });
            written.map_err(|error| StateError::unwritable(&self.path())(error.into()))?;
            lines.push(b'\n');
        }
        self.append(&self.path(), &lines)
    }

    /// Writes down something else, with the reason for which it was refused.
    pub fn add_change(
        &self,
        home: &ExecutionRef,
        reason: &str,
        kind: &str,
        change: &serde_json::Value,
    ) -> Result<(), StateError> {
        let line = serde_json::json!({
            "url": home.url, "execution": home.execution, "reason": reason, kind: change,
        });
        self.append(&self.changes_path(), format!("{line}\n").as_bytes())
    }

    /// Tells whether something is written down that nobody has dealt with.
    pub fn is_open(&self) -> bool {
        let holds = |path: PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.len() > 0);
        holds(self.path()) || holds(self.changes_path())
    }

    fn append(&self, path: &Path, lines: &[u8]) -> Result<(), StateError> {
        if lines.is_empty() {
            return Ok(());
        }
        let appended = files::append(path, lines, self.readers, |_| Ok(()));
        appended.map_err(StateError::unwritable(path))
    }
}
