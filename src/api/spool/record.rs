//! One execution as a directory: `start.json` or `execution.json`, `results.jsonl`, `patch.json`,
//! `links.jsonl` and `status_updates.jsonl`.
//!
//! Other tools write such directories too, and `to push` delivers them. A last line without its line feed
//! counts where it is a whole object; a process that was killed may have torn it, and then it is moved
//! to `torn.jsonl`.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{ApiError, Artefact, Execution};
use crate::model::encoded::Batch;
use crate::model::execution::{COMPLETED, ExecutionId, ExecutionRef, JsonObject, Link};
use crate::model::result::{Status, TestResult};
use crate::model::start_request::StartRequest;
use crate::model::update::{Patch, StatusUpdate, add_value};
use crate::util::files::{self, Readers};
use crate::util::signals::{self, Interrupt};

const START: &str = "start.json";
const EXECUTION: &str = "execution.json";
const SERVER: &str = "server.json";
const STARTING: &str = "starting";
const RESULTS: &str = "results.jsonl";
const PATCH: &str = "patch.json";
const LINKS: &str = "links.jsonl";
const EVENTS: &str = "status_updates.jsonl";
const TORN: &str = "torn.jsonl";
const SENT_EVENTS: &str = "sent-events.json";

/// The directory of one execution.
#[derive(Clone, Debug)]
pub struct Record {
    pub path: PathBuf,
    readers: Readers,
}

/// How much a directory holds; not the same once anything was added.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// Bytes of whole lines.
    results: u64,
    links: u64,
    status_updates: u64,
    patch: Option<Value>,
}

/// The server that is to open an execution.
#[derive(Serialize, Deserialize)]
struct Destination {
    url: String,
}

/// A line of one of the files that does not belong there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BadLine {
    pub path: PathBuf,
    /// Counted from 1.
    pub number: u64,
    pub reason: String,
}

impl BadLine {
    /// Returns the line itself, as far as it can be read.
    pub fn text(&self) -> String {
        let before = usize::try_from(self.number.saturating_sub(1)).unwrap_or(usize::MAX);
        let file = files::open(&self.path).ok().flatten();
        let line = file.and_then(|file| BufReader::new(file).split(b'\n').nth(before)?.ok());
        String::from_utf8_lossy(&line.unwrap_or_default()).into_owned()
    }
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path.display(), self.number, self.reason)
    }
}

impl From<BadLine> for ApiError {
    fn from(BadLine { path, number, reason }: BadLine) -> Self {
        Self::SpoolContent { path, reason: format!("line {number}: {reason}") }
    }
}

impl Record {
    /// # Errors
    /// There is no such directory.
    pub fn open(path: PathBuf, readers: Readers) -> Result<Self, ApiError> {
        match files::check_directory(&path) {
            Ok(()) => Ok(Self::of(path, readers)),
            Err(error) if files::is_absence(&error) => Err(ApiError::NoSuchExecution { path }),
            Err(error) => Err(ApiError::at(&path)(error)),
        }
    }

    /// A directory that is known to be there.
    pub fn of(path: PathBuf, readers: Readers) -> Self {
        Self { path, readers }
    }

    pub fn write_start(&self, request: &StartRequest) -> Result<(), ApiError> {
        self.write_json(START, request)
    }

    /// The request as it is written, unchecked.
    pub fn start(&self) -> Result<Option<String>, ApiError> {
        let path = self.path.join(START);
        let text = files::read(&path).map_err(ApiError::at(&path))?.map(String::from_utf8);
        text.transpose().map_err(|error| ApiError::at(&path)(io::Error::other(error)))
    }

    /// Notes that a start is under way which nothing could find again.
    pub fn write_starting(&self) -> Result<(), ApiError> {
        let path = self.path.join(STARTING);
        files::open_to_write(&path, self.readers).map(drop).map_err(ApiError::at(&path))
    }

    pub fn is_starting(&self) -> bool {
        fs::symlink_metadata(self.path.join(STARTING)).is_ok()
    }

    /// Notes that the fate of a start is known.
    pub fn remove_starting(&self) -> Result<(), ApiError> {
        let path = self.path.join(STARTING);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ApiError::at(&path)(error))
            }
            _ => Ok(()),
        }
    }

    pub fn write_home(&self, home: &ExecutionRef) -> Result<(), ApiError> {
        self.write_json(EXECUTION, home)
    }

    /// The execution that the server has already.
    pub fn home(&self) -> Result<Option<ExecutionRef>, ApiError> {
        let home = self.read_json::<ExecutionRef>(EXECUTION)?;
        match home.as_ref().map(|home| home.execution) {
            Some(id @ ExecutionId::Outbox(_)) => Err(ApiError::SpoolContent {
                path: self.path.join(EXECUTION),
                reason: format!("`{id}` is at no server"),
            }),
            _ => Ok(home),
        }
    }

    /// Notes the server that is to open the execution.
    pub fn write_server(&self, url: &str) -> Result<(), ApiError> {
        self.write_json(SERVER, &Destination { url: url.to_owned() })
    }

    /// Returns the address of the server that has the execution or is to open it, where one is noted.
    pub fn server(&self) -> Result<Option<String>, ApiError> {
        if let Some(home) = self.home()? {
            return Ok(Some(home.url));
        }
        Ok(self.read_json::<Destination>(SERVER)?.map(|server| server.url))
    }

    /// The link by which a start finds the execution again: that of the last change, where there is one that
    /// can be read, else that of its start.
    pub fn ci_link(&self) -> Result<Option<String>, ApiError> {
        match self.patch() {
            Ok(Some(Patch { ci_link: changed @ Some(_), .. })) => Ok(changed),
            _ => self.start_field("ci_link"),
        }
    }

    fn start_field(&self, field: &str) -> Result<Option<String>, ApiError> {
        let start = self.read_json::<JsonObject>(START)?;
        Ok(start.and_then(|start| start.get(field)?.as_str().map(str::to_owned)))
    }

    pub fn append_results(&self, batch: &Batch) -> Result<(), ApiError> {
        self.append(RESULTS, &batch.lines())
    }

    /// Opens the results to read as many whole lines as `extent` counts.
    pub fn results(&self, extent: &Extent) -> Result<Box<dyn BufRead>, ApiError> {
        let path = self.results_path();
        Ok(match files::open(&path).map_err(ApiError::at(&path))? {
            Some(file) => Box::new(BufReader::new(file).take(extent.results)),
            None => Box::new(io::empty()),
        })
    }

    /// Returns the path of the results, for messages.
    pub fn results_path(&self) -> PathBuf {
        self.path.join(RESULTS)
    }

    /// Counts the results that are recorded, by their lines.
    pub fn count_results(&self) -> Result<u64, ApiError> {
        let path = self.results_path();
        let Some(mut file) = files::open(&path).map_err(ApiError::at(&path))? else { return Ok(0) };
        let (mut lines, mut chunk) = (0, vec![0; 64 << 10]);
        loop {
            match file.read(&mut chunk).map_err(ApiError::at(&path))? {
                0 => return Ok(lines),
                read => lines += memchr::memchr_iter(b'\n', &chunk[..read]).count() as u64,
            }
        }
    }

    pub fn append_link(&self, link: &Link) -> Result<(), ApiError> {
        self.append_json(LINKS, link)
    }

    /// Returns the links, and adds what is wrong with lines that are none.
    pub fn links(&self, problems: &mut Vec<BadLine>) -> Result<Vec<Link>, ApiError> {
        read_lines(&self.path.join(LINKS), problems)
    }

    pub fn append_status_update(&self, update: &StatusUpdate) -> Result<(), ApiError> {
        self.append_json(EVENTS, update)
    }

    /// Returns the events, and adds what is wrong with lines that are none.
    pub fn status_updates(
        &self,
        problems: &mut Vec<BadLine>,
    ) -> Result<Vec<StatusUpdate>, ApiError> {
        read_lines(&self.path.join(EVENTS), problems)
    }

    /// Returns how many events were sent to a server that does not tell which it has.
    pub fn sent_events(&self) -> Result<usize, ApiError> {
        Ok(self.read_json(SENT_EVENTS)?.unwrap_or_default())
    }

    /// Notes how many events were sent.
    pub fn note_sent_events(&self, count: usize) -> Result<(), ApiError> {
        self.write_json(SENT_EVENTS, &count)
    }

    /// Returns the path of the lines that were cut short.
    pub fn torn_path(&self) -> PathBuf {
        self.path.join(TORN)
    }

    pub fn torn_lines(&self) -> Result<Vec<String>, ApiError> {
        let path = self.torn_path();
        let text = files::read(&path).map_err(ApiError::at(&path))?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    /// Puts what `patch` says over what was said before; metadata is added to, as at the server.
    pub fn merge_patch(&self, patch: &Patch) -> Result<(), ApiError> {
        let mut merged = self.read_json::<JsonObject>(PATCH)?.unwrap_or_default();
        let known = self.patch()?.and_then(|patch| patch.execution_metadata);
        merged.extend(json!(patch).as_object().cloned().unwrap_or_default());
        if let (Some(mut metadata), Some(added)) = (known, &patch.execution_metadata) {
            for (key, values) in added {
                let known = metadata.entry(key.clone()).or_default();
                for value in values {
                    add_value(known, value.clone());
                }
            }
            merged.insert("execution_metadata".to_owned(), json!(metadata));
        }
        self.write_json(PATCH, &merged)
    }

    pub fn patch(&self) -> Result<Option<Patch>, ApiError> {
        self.read_json(PATCH)
    }

    /// Returns the names in the patch that are none of its fields: no server takes them.
    pub fn unknown_in_patch(&self) -> Result<Vec<String>, ApiError> {
        let patch = self.read_json::<JsonObject>(PATCH)?.unwrap_or_default();
        Ok(patch.into_iter().map(|(name, _)| name).filter(|name| !Patch::has(name)).collect())
    }

    /// The execution by the server's rules.
    pub fn execution(&self) -> Result<Execution, ApiError> {
        let patched = self.patch()?.and_then(|patch| patch.status);
        let status = match patched.as_deref() {
            Some(COMPLETED) => self.computed_status()?.to_owned(),
            Some(status) => status.to_owned(),
            None => self.start_field("initial_status")?.unwrap_or_else(|| "IN_PROGRESS".to_owned()),
        };
        Ok(Execution {
            status,
            environment: None,
            relevant_links: whole(|problems| self.links(problems))?,
            has_metadata: true,
        })
    }

    /// The execution as the server would tell it. What was not said is absent.
    pub fn told(&self) -> Result<JsonObject, ApiError> {
        let Execution { status, relevant_links, .. } = self.execution()?;
        let patch = self.patch()?.unwrap_or_default();
        let start = self.read_json::<JsonObject>(START)?.unwrap_or_default();
        let started = |field: &str| json!(start.get(field));
        let environment =
            json!({ "name": started("environment"), "architecture": started("arch") });
        let told = [
            ("status", json!(status)),
            ("test_plan", started("test_plan")),
            ("environment", environment),
            ("ci_link", patch.ci_link.map_or_else(|| started("ci_link"), Value::from)),
            ("c3_link", json!(patch.c3_link)),
            ("relevant_links", json!(relevant_links)),
            ("execution_metadata", json!(patch.execution_metadata.unwrap_or_default())),
        ];
        Ok(told.map(|(field, value)| (field.to_owned(), value)).into_iter().collect())
    }

    /// The artefact that its start names.
    pub fn artefact(&self) -> Result<Option<Artefact>, ApiError> {
        Ok(self.read_json(START)?.as_ref().map(Artefact::of_start))
    }

    /// The last result of each name, in the order in which they were stored.
    pub fn last_results(&self) -> Result<Vec<TestResult>, ApiError> {
        let (mut results, mut last) = (Vec::new(), HashMap::new());
        whole(|problems| {
            each_line(&self.results_path(), problems, |result: TestResult| {
                last.insert(result.name.clone(), results.len());
                results.push(result);
            })
        })?;
        let numbered = results.into_iter().enumerate();
        let latest = numbered.filter(|(at, result)| last.get(&result.name) == Some(at));
        Ok(latest.map(|(_, result)| result).collect())
    }

    /// Returns what COMPLETED becomes: a name's last result counts, and no result at all is an early end.
    fn computed_status(&self) -> Result<&'static str, ApiError> {
        let mut last = HashMap::new();
        whole(|problems| {
            each_line(&self.results_path(), problems, |result: TestResult| {
                last.insert(result.name, result.status);
            })
        })?;
        Ok(if last.is_empty() {
            "ENDED_PREMATURELY"
        } else if last.values().any(|status| *status == Status::Failed) {
            "FAILED"
        } else {
            "PASSED"
        })
    }

    /// Waits until no other process delivers this directory, and keeps others from it until the
    /// file is dropped. `None` where another took it away.
    ///
    /// # Errors
    /// [`ApiError::Interrupted`]; a directory that cannot be read.
    pub fn lock(&self, interrupt: &Interrupt) -> Result<Option<File>, ApiError> {
        let directory =
            match files::check_directory(&self.path).and_then(|()| File::open(&self.path)) {
                Err(error) if files::is_absence(&error) => return Ok(None),
                directory => directory.map_err(ApiError::at(&self.path))?,
            };
        while !files::try_lock(&directory).map_err(ApiError::at(&self.path))? {
            if let Some(signal) = interrupt.signal() {
                return Err(ApiError::Interrupted { signal });
            }
            thread::sleep(signals::POLL);
        }
        Ok(self.is_begun()?.then_some(directory))
    }

    /// Has every file end with a whole line: a killed process leaves one that is torn, and another tool
    /// one without a line feed.
    pub fn mend(&self) -> Result<(), ApiError> {
        for name in [RESULTS, LINKS, EVENTS] {
            let path = self.path.join(name);
            if files::open(&path).map_err(ApiError::at(&path))?.is_some() {
                let mut file =
                    files::open_to_write(&path, self.readers).map_err(ApiError::at(&path))?;
                files::lock(&file).map_err(ApiError::at(&path))?;
                self.end_last_line(&mut file, &path).map_err(ApiError::at(&path))?;
            }
        }
        Ok(())
    }

    /// Gives a last line that is a whole object its line feed, and moves one that is torn to a file of
    /// its own.
    fn end_last_line(&self, file: &mut File, path: &Path) -> io::Result<()> {
        let end = end_of_lines(file)?;
        let mut last = Vec::new();
        file.seek(SeekFrom::Start(end))?;
        file.read_to_end(&mut last)?;
        if last.trim_ascii().is_empty() {
            return file.set_len(end);
        }
        if serde_json::from_slice::<JsonObject>(&last).is_ok() {
            return file.write_all(b"\n");
        }
        last.push(b'\n');
        files::append(&self.torn_path(), &last, self.readers, |_| Ok(()))?;
        files::warn(format!("{}: the last line is cut short: moved to {TORN}", path.display()));
        file.set_len(end)
    }

    /// Returns how much there is to deliver.
    pub fn extent(&self) -> Result<Extent, ApiError> {
        let whole_lines = |name| whole_lines(&self.path.join(name));
        Ok(Extent {
            results: whole_lines(RESULTS)?,
            links: whole_lines(LINKS)?,
            status_updates: whole_lines(EVENTS)?,
            patch: self.read_json(PATCH)?,
        })
    }

    /// Tells whether anything was recorded: a process may be killed before it comes to that.
    pub fn is_begun(&self) -> Result<bool, ApiError> {
        match fs::read_dir(&self.path) {
            Err(error) if files::is_absence(&error) => return Ok(false),
            listed => drop(listed.map_err(ApiError::at(&self.path))?),
        }
        for name in [START, EXECUTION, RESULTS, PATCH, LINKS, EVENTS] {
            let path = self.path.join(name);
            match fs::symlink_metadata(&path) {
                Ok(_) => return Ok(true),
                Err(error) if files::is_absence(&error) => {}
                Err(error) => return Err(ApiError::at(&path)(error)),
            }
        }
        Ok(false)
    }

    /// Tells whether the directory is this user's own: one that came with a checkout is not. One that
    /// another process has delivered and removed was.
    pub fn is_private(&self) -> bool {
        match fs::symlink_metadata(&self.path) {
            Ok(found) => files::is_private(&found),
            Err(error) => files::is_absence(&error),
        }
    }

    /// Adds lines to a file of the directory that nobody else has.
    fn append(&self, name: &str, lines: &[u8]) -> Result<(), ApiError> {
        let path = self.path.join(name);
        let end_last_line = |file: &mut File| self.end_last_line(file, &path);
        files::append(&path, lines, self.readers, end_last_line).map_err(ApiError::at(&path))
    }

    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), ApiError> {
        let path = self.path.join(name);
        files::write_json(&path, value, self.readers).map_err(ApiError::at(&path))
    }

    /// Takes the directory away, all at once: half of one would be taken for something to deliver. In the
    /// place of an execution that waited, the server's is left: variables and notes may still name it, and
    /// its number must not come to mean another.
    pub fn remove(self) -> Result<(), ApiError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let hidden = Self::of(self.path.with_file_name(format!(".{name}")), self.readers);
        if fs::symlink_metadata(&hidden.path).is_ok() {
            fs::remove_dir_all(&hidden.path).map_err(ApiError::at(&hidden.path))?;
        }
        fs::rename(&self.path, &hidden.path).map_err(ApiError::at(&self.path))?;
        hidden.finish_removal(&self.path)
    }

    /// Ends the removal of what was at `path`.
    pub fn finish_removal(&self, path: &Path) -> Result<(), ApiError> {
        if fs::symlink_metadata(path).is_err()
            && self.start()?.is_some()
            && let Some(home) = self.home()?
        {
            files::write_json(path, &home, self.readers).map_err(ApiError::at(path))?;
        }
        fs::remove_dir_all(&self.path).map_err(ApiError::at(&self.path))
    }

    fn append_json(&self, name: &str, value: &impl Serialize) -> Result<(), ApiError> {
        let json = serde_json::to_string(value).map_err(io::Error::from);
        let json = json.map_err(ApiError::at(&self.path.join(name)))?;
        self.append(name, format!("{json}\n").as_bytes())
    }

    /// Reads a file in JSON; one that is not there is `None`.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ApiError> {
        let path = self.path.join(name);
        files::read_json(&path).map_err(ApiError::at(&path))
    }
}

fn read_lines<T: DeserializeOwned>(
    path: &Path,
    problems: &mut Vec<BadLine>,
) -> Result<Vec<T>, ApiError> {
    let mut values = Vec::new();
    each_line(path, problems, |value| values.push(value))?;
    Ok(values)
}

/// Hands on each line, and adds what is wrong with those that are no such value. A last line needs no
/// line feed; a file that is not there has no lines.
fn each_line<T: DeserializeOwned>(
    path: &Path,
    problems: &mut Vec<BadLine>,
    mut take: impl FnMut(T),
) -> Result<(), ApiError> {
    let Some(file) = files::open(path).map_err(ApiError::at(path))? else { return Ok(()) };
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(ApiError::at(path))? == 0 {
            break;
        }
        if !line.trim_ascii().is_empty() {
            match serde_json::from_slice(&line) {
                Ok(value) => take(value),
                Err(_) if !line.ends_with(b"\n") => {
                    files::warn(format!("{}: the last line is cut short", path.display()));
                }
                Err(error) => problems.push(bad_line(path, number, &error)),
            }
        }
    }
    Ok(())
}

/// Makes an error of the first problem that a reading has.
pub fn whole<T>(
    read: impl FnOnce(&mut Vec<BadLine>) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut problems = Vec::new();
    let value = read(&mut problems)?;
    problems.into_iter().next().map_or(Ok(value), |line| Err(line.into()))
}

/// Returns how many bytes of a file are whole lines. One that is not there has none.
fn whole_lines(path: &Path) -> Result<u64, ApiError> {
    match files::open(path).map_err(ApiError::at(path))? {
        None => Ok(0),
        Some(mut file) => end_of_lines(&mut file).map_err(ApiError::at(path)),
    }
}

/// The place behind the file's last line feed.
fn end_of_lines(file: &mut File) -> io::Result<u64> {
    const BLOCK: u64 = 64 << 10;
    let mut end = file.metadata()?.len();
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        Read::by_ref(file).take(end - start).read_to_end(&mut block)?;
        if let Some(last) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(end)
}

/// Lines are counted from where the reading began. What `serde_json` says of the place is left out:
/// to it, each line is the first.
fn bad_line(path: &Path, number: u64, error: &serde_json::Error) -> BadLine {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text).to_owned();
    BadLine { path: path.to_path_buf(), number, reason }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const GOOD: &str = "{\"name\":\"a\",\"status\":\"PASSED\"}\n";

    /// A directory with these files.
    fn record(files: &[(&str, &str)]) -> (tempfile::TempDir, Record) {
        let place = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(place.path().join(name), content).unwrap();
        }
        let record = Record::of(place.path().to_path_buf(), Readers::Usual);
        (place, record)
    }

    fn read(place: &tempfile::TempDir, name: &str) -> String {
        fs::read_to_string(place.path().join(name)).unwrap_or_default()
    }

    #[test]
    fn what_another_push_has_removed_is_no_strangers() {
        let (place, record) = record(&[]);
        for (mode, is_private) in [(0o755, false), (0o700, true)] {
            fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(record.is_private(), is_private);
        }
        place.close().unwrap();
        assert!(record.is_private());
    }

    #[test]
    fn files_end_with_whole_lines() {
        let whole = GOOD.trim_end();
        for (end, kept, torn) in [
            ("", "", ""),
            ("\n \n", "\n \n", ""),
            (" \t", "", ""),
            (whole, GOOD, ""),
            ("{}", "{}\n", ""),
            ("{\"name\"", "", "{\"name\"\n"),
            // An array is whole, and no line of any of these files.
            ("[1]", "", "[1]\n"),
            ("{} {}", "", "{} {}\n"),
        ] {
            for name in [RESULTS, LINKS, EVENTS] {
                let (place, record) = record(&[(name, &format!("{GOOD}{end}"))]);
                record.mend().unwrap();
                assert_eq!(read(&place, name), format!("{GOOD}{kept}"), "{end:?}");
                assert_eq!(read(&place, TORN), torn, "{end:?}");
                let lines: Vec<_> = torn.lines().map(str::to_owned).collect();
                assert_eq!(record.torn_lines().unwrap(), lines);
            }
        }
    }

    #[test]
    fn what_is_added_is_seen_in_the_extent() {
        let (_place, record) = record(&[(RESULTS, GOOD), (PATCH, "{}")]);
        let before = record.extent().unwrap();
        assert_eq!(record.extent().unwrap(), before);
        for (name, content) in [
            (RESULTS, [GOOD, GOOD].concat()),
            (LINKS, "{}\n".to_owned()),
            (EVENTS, "{}\n".to_owned()),
            (PATCH, "{\"status\":\"COMPLETED\"}".to_owned()),
        ] {
            fs::write(record.path.join(name), content).unwrap();
            assert_ne!(record.extent().unwrap(), before, "{name}");
        }
    }

    #[test]
    fn a_line_that_was_named_is_found() {
        let (_place, record) = record(&[(RESULTS, "a\nb\nlast"), (LINKS, "c\nd\n")]);
        for (name, number, text) in [
            (RESULTS, 1, "a"),
            (RESULTS, 2, "b"),
            (RESULTS, 3, "last"),
            (RESULTS, 4, ""),
            (RESULTS, u64::MAX, ""),
            (LINKS, 1, "c"),
            (EVENTS, 1, ""),
        ] {
            let path = record.path.join(name);
            let line = BadLine { path, number, reason: "not JSON".to_owned() };
            assert_eq!(line.text(), text, "{line}");
        }
    }

    #[test]
    fn the_last_result_of_a_name_counts_and_a_torn_end_does_not() {
        let failed = GOOD.replace("PASSED", "FAILED");
        let skipped = GOOD.replace("PASSED", "SKIPPED");
        for (results, status) in [
            ("", "ENDED_PREMATURELY"),
            (GOOD, "PASSED"),
            (&skipped, "PASSED"),
            (&failed, "FAILED"),
            (&[&failed, GOOD].concat(), "PASSED"),
            (&[GOOD, &failed].concat(), "FAILED"),
            (&[GOOD, failed.trim_end()].concat(), "FAILED"),
            (&[GOOD, &failed[..20]].concat(), "PASSED"),
        ] {
            let (_place, record) =
                record(&[(START, "{}"), (PATCH, "{\"status\":\"COMPLETED\"}"), (RESULTS, results)]);
            assert_eq!(record.execution().unwrap().status, status, "{results}");
        }
    }

    #[test]
    fn a_removal_leaves_the_servers_execution_where_one_waited() {
        let home = "{\"url\":\"https://api.example\",\"execution\":7}\n";
        for (start, left) in [(Some("{}"), home), (None, "")] {
            for is_cut_off in [false, true] {
                let place = tempfile::tempdir().unwrap();
                let path = place.path().join("1");
                let hidden = place.path().join(".1");
                fs::create_dir(&path).unwrap();
                fs::write(path.join(EXECUTION), home).unwrap();
                if let Some(start) = start {
                    fs::write(path.join(START), start).unwrap();
                }
                if is_cut_off {
                    fs::rename(&path, &hidden).unwrap();
                    Record::of(hidden.clone(), Readers::Owner).finish_removal(&path).unwrap();
                } else {
                    Record::of(path.clone(), Readers::Owner).remove().unwrap();
                }
                assert_eq!(fs::read_to_string(&path).unwrap_or_default(), left);
                assert!(!hidden.exists());
            }
        }
    }
}
