//! One execution as a directory: `start.json` or `execution.json`, `results.jsonl`, `patch.json`,
//! `links.jsonl` and `status_updates.jsonl`.
//!
//! Other tools write such directories too, and `to push` delivers them. A process that is killed
//! leaves whole lines: a last line without its line feed was never accepted, and is cut off at the
//! next opening.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{ApiError, Execution};
use crate::model::batch::Batch;
use crate::model::encoded::EncodedResult;
use crate::model::execution::{COMPLETED, Link};
use crate::model::execution::{ExecutionRef, JsonObject};
use crate::model::limits::Limits;
use crate::model::result::{Status, TestResult};
use crate::model::start_request::StartRequest;
use crate::model::update::{Patch, StatusUpdate, add_value};
use crate::model::warnings::Warnings;
use crate::util::files;
use crate::util::signals::{self, Interrupt};

const START: &str = "start.json";
const EXECUTION: &str = "execution.json";
const STARTING: &str = "starting";
const RESULTS: &str = "results.jsonl";
const PATCH: &str = "patch.json";
const LINKS: &str = "links.jsonl";
const EVENTS: &str = "status_updates.jsonl";

/// The directory of one execution.
#[derive(Clone, Debug)]
pub struct Record {
    pub path: PathBuf,
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

impl Record {
    /// # Errors
    /// There is no such directory.
    pub fn open(path: PathBuf) -> Result<Self, ApiError> {
        if path.is_dir() { Ok(Self { path }) } else { Err(ApiError::NoSuchExecution { path }) }
    }

    pub fn write_start(&self, request: &StartRequest) -> Result<(), ApiError> {
        write_json(&self.path.join(START), request)
    }

    /// The request as it is written, unchecked.
    pub fn start(&self) -> Result<Option<String>, ApiError> {
        read_text(&self.path.join(START))
    }

    /// Warnings that a start is under way which nothing could find again.
    pub fn write_starting(&self) -> Result<(), ApiError> {
        let path = self.path.join(STARTING);
        fs::write(&path, b"").map_err(at(&path))
    }

    pub fn is_starting(&self) -> bool {
        self.path.join(STARTING).exists()
    }

    /// Warnings that the fate of a start is known.
    pub fn remove_starting(&self) -> Result<(), ApiError> {
        let path = self.path.join(STARTING);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&path)(error)),
            _ => Ok(()),
        }
    }

    pub fn write_home(&self, home: &ExecutionRef) -> Result<(), ApiError> {
        write_json(&self.path.join(EXECUTION), home)
    }

    /// The execution that the server has already.
    pub fn home(&self) -> Result<Option<ExecutionRef>, ApiError> {
        read_json(&self.path.join(EXECUTION))
    }

    pub fn ci_link(&self) -> Result<Option<String>, ApiError> {
        self.start_field("ci_link")
    }

    fn start_field(&self, field: &str) -> Result<Option<String>, ApiError> {
        let start = read_json::<Map<String, Value>>(&self.path.join(START))?;
        Ok(start.and_then(|start| start.get(field)?.as_str().map(str::to_owned)))
    }

    pub fn append_results(&self, batch: &Batch) -> Result<(), ApiError> {
        append(&self.path.join(RESULTS), &batch.lines())
    }

    /// Hands on each result from the byte `from` on, and returns where the last one ended.
    ///
    /// # Errors
    /// Those of `take`; a file that cannot be read, or a line that is no result.
    pub fn each_result(
        &self,
        from: u64,
        mut take: impl FnMut(EncodedResult) -> Result<(), ApiError>,
    ) -> Result<u64, ApiError> {
        let path = self.path.join(RESULTS);
        each_line(&path, from, |result: TestResult| {
            take(EncodedResult::new(result, &Limits::default(), &mut Warnings::default()))
        })
    }

    /// Counts the results that are recorded, by their lines.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn count_results(&self) -> Result<u64, ApiError> {
        let path = self.path.join(RESULTS);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            opened => opened.map_err(at(&path))?,
        };
        let (mut lines, mut chunk) = (0, vec![0; 64 << 10]);
        loop {
            match file.read(&mut chunk).map_err(at(&path))? {
                0 => return Ok(lines),
                read => lines += memchr::memchr_iter(b'\n', &chunk[..read]).count() as u64,
            }
        }
    }

    pub fn append_link(&self, link: &Link) -> Result<(), ApiError> {
        self.append_json(LINKS, link)
    }

    pub fn links(&self) -> Result<Vec<Link>, ApiError> {
        read_lines(&self.path.join(LINKS))
    }

    pub fn append_status_update(&self, update: &StatusUpdate) -> Result<(), ApiError> {
        self.append_json(EVENTS, update)
    }

    pub fn status_updates(&self) -> Result<Vec<StatusUpdate>, ApiError> {
        read_lines(&self.path.join(EVENTS))
    }

    /// Puts what `patch` says over what was said before; metadata is added to, as at the server.
    pub fn merge_patch(&self, patch: &Patch) -> Result<(), ApiError> {
        let path = self.path.join(PATCH);
        let mut merged = read_json::<Map<String, Value>>(&path)?.unwrap_or_default();
        let value = serde_json::to_value(patch).map_err(|error| content(&path, &error))?;
        let mut metadata = self.patch()?.and_then(|patch| patch.execution_metadata);
        merged.extend(value.as_object().cloned().unwrap_or_default());
        if let (Some(metadata), Some(added)) = (&mut metadata, &patch.execution_metadata) {
            for (key, values) in added {
                let known = metadata.entry(key.clone()).or_default();
                for value in values {
                    add_value(known, value.clone());
                }
            }
            merged.insert("execution_metadata".to_owned(), json!(metadata));
        }
        write_json(&path, &merged)
    }

    pub fn patch(&self) -> Result<Option<Patch>, ApiError> {
        read_json(&self.path.join(PATCH))
    }

    /// The execution by the server's rules.
    pub fn execution(&self) -> Result<Execution, ApiError> {
        let patched = self.patch()?.and_then(|patch| patch.status);
        let status = match patched.as_deref() {
            Some(COMPLETED) => self.computed_status()?.to_owned(),
            Some(status) => status.to_owned(),
            None => self.start_field("initial_status")?.unwrap_or_else(|| "IN_PROGRESS".to_owned()),
        };
        Ok(Execution { status, relevant_links: self.links()? })
    }

    /// The execution as the server would tell it. What was not said is absent.
    pub fn told(&self) -> Result<JsonObject, ApiError> {
        let Execution { status, relevant_links } = self.execution()?;
        let patch = self.patch()?.unwrap_or_default();
        let ci_link = match patch.ci_link {
            Some(link) => Some(link),
            None => self.ci_link()?,
        };
        let environment = json!({
            "name": self.start_field("environment")?, "architecture": self.start_field("arch")?,
        });
        let told = [
            ("status", json!(status)),
            ("test_plan", json!(self.start_field("test_plan")?)),
            ("environment", environment),
            ("ci_link", json!(ci_link)),
            ("c3_link", json!(patch.c3_link)),
            ("relevant_links", json!(relevant_links)),
            ("execution_metadata", json!(patch.execution_metadata.unwrap_or_default())),
        ];
        Ok(told.map(|(field, value)| (field.to_owned(), value)).into_iter().collect())
    }

    /// The last result of each name, in the order in which they were stored.
    pub fn last_results(&self) -> Result<Vec<JsonObject>, ApiError> {
        let path = self.path.join(RESULTS);
        let (mut results, mut last) = (Vec::new(), HashMap::new());
        each_line(&path, 0, |result: TestResult| {
            last.insert(result.name.clone(), results.len());
            results.push(Some(result));
            Ok(())
        })?;
        let is_last = |(at, result): (usize, Option<TestResult>)| {
            result.filter(|result| last.get(&result.name) == Some(&at))
        };
        let told = |result| serde_json::to_value(result).and_then(serde_json::from_value);
        let results = results.into_iter().enumerate().filter_map(is_last).map(told);
        results.collect::<Result<_, _>>().map_err(|error| content(&path, &error))
    }

    /// What COMPLETED becomes: a name's last result counts, and no result at all is an early end.
    fn computed_status(&self) -> Result<&'static str, ApiError> {
        let mut last = HashMap::new();
        each_line(&self.path.join(RESULTS), 0, |result: TestResult| {
            last.insert(result.name, result.status);
            Ok(())
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
        let directory = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            directory => directory.map_err(at(&self.path))?,
        };
        loop {
            match directory.try_lock() {
                Ok(()) => return Ok(self.is_begun().then_some(directory)),
                Err(TryLockError::Error(error)) => return Err(at(&self.path)(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            if let Some(signal) = interrupt.signal() {
                return Err(ApiError::Interrupted { signal });
            }
            thread::sleep(signals::POLL);
        }
    }

    /// How much there is to deliver.
    pub fn extent(&self) -> Result<Extent, ApiError> {
        let whole_lines = |name| whole_lines(&self.path.join(name));
        Ok(Extent {
            results: whole_lines(RESULTS)?,
            links: whole_lines(LINKS)?,
            status_updates: whole_lines(EVENTS)?,
            patch: read_json(&self.path.join(PATCH))?,
        })
    }

    /// Whether anything was recorded: a process may be killed before it comes to that.
    pub fn is_begun(&self) -> bool {
        [START, EXECUTION, RESULTS, PATCH, LINKS, EVENTS]
            .iter()
            .any(|name| self.path.join(name).exists())
    }

    /// Takes the directory away, all at once: half of one would be taken for something to deliver.
    ///
    /// # Errors
    /// A directory that cannot be removed.
    pub fn remove(self) -> Result<(), ApiError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let hidden = self.path.with_file_name(format!(".{name}"));
        match fs::remove_dir_all(&hidden) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(at(&hidden)(error));
            }
            _ => fs::rename(&self.path, &hidden).map_err(at(&self.path))?,
        }
        fs::remove_dir_all(&hidden).map_err(at(&hidden))
    }

    /// Leaves the server's execution in the place of a directory that is removed: variables and
    /// notes may still name it, and its number must not come to mean another.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn leave(&self, home: &ExecutionRef) -> Result<(), ApiError> {
        write_json(&self.path, home)
    }

    fn append_json(&self, name: &str, value: &impl Serialize) -> Result<(), ApiError> {
        let path = self.path.join(name);
        let mut line = serde_json::to_vec(value).map_err(|error| content(&path, &error))?;
        line.push(b'\n');
        append(&path, &line)
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ApiError> {
    let mut json = serde_json::to_vec(value).map_err(|error| content(path, &error))?;
    json.push(b'\n');
    files::replace(path, &json).map_err(at(path))
}

/// A file that is not there is `None`.
fn read_text(path: &Path) -> Result<Option<String>, ApiError> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(at(path)),
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ApiError> {
    let parse = |text: String| serde_json::from_str(&text).map_err(|error| content(path, &error));
    read_text(path)?.map(parse).transpose()
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, ApiError> {
    let mut values = Vec::new();
    each_line(path, 0, |value| {
        values.push(value);
        Ok(())
    })?;
    Ok(values)
}

/// Hands on each whole line from the byte `from` on, and returns where the last one ended. A file
/// that is not there has none.
fn each_line<T: DeserializeOwned>(
    path: &Path,
    from: u64,
    mut take: impl FnMut(T) -> Result<(), ApiError>,
) -> Result<u64, ApiError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(from),
        file => file.map_err(at(path))?,
    };
    file.seek(SeekFrom::Start(from)).map_err(at(path))?;
    let mut reader = BufReader::new(file);
    let (mut line, mut end) = (Vec::new(), from);
    for number in 1.. {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(at(path))?;
        if !line.ends_with(b"\n") {
            break;
        }
        end += line.len() as u64;
        if !line.trim_ascii().is_empty() {
            take(
                serde_json::from_slice(&line)
                    .map_err(|error| line_content(path, number, &error))?,
            )?;
        }
    }
    Ok(end)
}

/// Adds whole lines, after cutting off what a killed process left without a line feed.
fn append(path: &Path, lines: &[u8]) -> Result<(), ApiError> {
    append_to(path, lines).map_err(at(path))
}

fn append_to(path: &Path, lines: &[u8]) -> io::Result<()> {
    let mut file =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    // Two processes may append to one file, and neither may cut off the other's line.
    file.lock()?;
    let end = cut_torn_line(&mut file)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(lines)?;
    file.sync_data()
}

/// Truncates the file after its last line feed, and returns its length then.
fn cut_torn_line(file: &mut File) -> io::Result<u64> {
    let end = end_of_lines(file)?;
    if end < file.metadata()?.len() {
        file.set_len(end)?;
    }
    Ok(end)
}

/// How many bytes of a file are whole lines. One that is not there has none.
fn whole_lines(path: &Path) -> Result<u64, ApiError> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        file => file.and_then(|mut file| end_of_lines(&mut file)).map_err(at(path)),
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

/// An I/O error with its file.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> ApiError {
    let path = path.to_path_buf();
    move |source| ApiError::Spool { path, source }
}

fn content(path: &Path, error: &serde_json::Error) -> ApiError {
    ApiError::SpoolContent { path: path.to_path_buf(), reason: error.to_string() }
}

/// Lines are counted from where the reading began. What `serde_json` says of the place is left out:
/// to it, each line is the first.
fn line_content(path: &Path, number: u64, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    let reason = format!("line {number}: {reason}");
    ApiError::SpoolContent { path: path.to_path_buf(), reason }
}
