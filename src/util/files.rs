//! Files that somebody else may have put in place, and writing that nobody sees half of.
//!
//! Nothing is opened through a symbolic link in its last part, nothing but regular files is read, and
//! nothing is truncated: a link that came with a checkout leads nowhere.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::OFlags;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of a file in JSON that is read whole.
const LONGEST_JSON: u64 = 16 << 20;

/// The users who may read what is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Readers {
    /// Those whom the umask lets.
    Usual,
    /// The user alone.
    Owner,
}

impl Readers {
    fn file_mode(self) -> u32 {
        if self == Self::Owner { 0o600 } else { 0o666 }
    }

    fn directory_mode(self) -> u32 {
        if self == Self::Owner { 0o700 } else { 0o777 }
    }
}

/// Puts a file with `content` in the place of `path`, or leaves all as it was.
pub fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    // Temporary files are their owner's alone; what takes the place of a file has its modes.
    let mode = Permissions::from_mode(readers.file_mode());
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Makes a file with `content`, which may be lost when the machine is.
///
/// # Errors
/// Something is there already, also a symbolic link; no permission, a full disk.
pub fn create(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = File::options();
    options.create_new(true).write(true).mode(readers.file_mode());
    options.open(path)?.write_all(content)
}

/// Makes one directory.
///
/// # Errors
/// It is there already; no permission, a full disk.
pub fn create_directory(path: &Path, readers: Readers) -> io::Result<()> {
    DirBuilder::new().mode(readers.directory_mode()).create(path)
}

/// Makes a directory where it is missing, with those that it lies in, and finds it to be one.
///
/// # Errors
/// Something else in its place, also a symbolic link; no permission, a full disk.
pub fn require_directory(path: &Path, readers: Readers) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    match create_directory(path, readers) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check_directory(path),
        made => made,
    }
}

/// Finds a path to be a directory, and no symbolic link to one.
///
/// # Errors
/// It is neither; it cannot be looked at.
pub fn check_directory(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Err(io::Error::other("it is a symbolic link, which is not followed"));
    }
    if metadata.is_dir() { Ok(()) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

/// Opens a regular file to read it; one that is not there is `None`.
///
/// # Errors
/// A symbolic link, a pipe, a directory; a file that cannot be read.
pub fn open(path: &Path) -> io::Result<Option<File>> {
    match open_with(File::options().read(true), path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// Opens a regular file to read and write it, and makes it where it is missing.
///
/// # Errors
/// A symbolic link, a pipe, a directory; a file that cannot be written.
pub fn open_to_write(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true).mode(readers.file_mode());
    open_with(&mut options, path)
}

/// Opens a file to read it, also by a link. Where reading would wait for somebody to write, it fails: some
/// of the kernel's files that do so look regular.
pub fn open_without_waiting(path: &Path) -> io::Result<File> {
    never_waiting(File::options().read(true), OFlags::empty()).open(path)
}

/// A pipe must not have the opening wait for its other end.
fn never_waiting(options: &mut OpenOptions, flags: OFlags) -> &mut OpenOptions {
    options.custom_flags((flags | OFlags::NONBLOCK).bits().cast_signed())
}

fn open_with(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let opened = never_waiting(options, OFlags::NOFOLLOW).open(path);
    if opened.is_err() && fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        return Err(io::Error::other("it is a symbolic link, which is not followed"));
    }
    let file = opened?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no regular file"))
    }
}

/// Lists what is in a directory; one that is not there holds nothing.
pub fn list(path: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.path())).collect(),
    }
}

/// Tells whether an error says that there is no such file.
pub fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Adds whole lines at the end of a file, which other processes may do too, once `prepare` has seen to
/// what is there.
pub fn append(
    path: &Path,
    lines: &[u8],
    readers: Readers,
    prepare: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = open_to_write(path, readers)?;
    // Two processes may append to one file, and neither may break the other's line.
    lock(&file)?;
    prepare(&mut file)?;
    let end = file.seek(SeekFrom::End(0))?;
    let written = file.write_all(lines).and_then(|()| file.sync_data());
    if written.is_err() {
        // Half of them would be taken for all.
        file.set_len(end)?;
    }
    written
}

/// Puts a value in JSON in the place of the file at `path`, as a line.
pub fn write_json(path: &Path, value: &impl Serialize, readers: Readers) -> io::Result<()> {
    let mut json = serde_json::to_vec(value)?;
    json.push(b'\n');
    replace(path, &json, readers)
}

/// Reads a file in JSON; one that is not there is `None`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    let text = read(path)?;
    Ok(text.map(|text| serde_json::from_slice(&text)).transpose()?)
}

/// Reads a file; one that is not there is `None`.
///
/// # Errors
/// A file that cannot be read, or is longer than any that is written here.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = open(path)? else { return Ok(None) };
    let mut text = Vec::new();
    file.take(LONGEST_JSON + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LONGEST_JSON {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Some(text))
}

/// Tells whether nobody but the owner can do anything with a file or directory: nothing that comes
/// with a checkout is so.
pub fn is_private(metadata: &Metadata) -> bool {
    metadata.mode().is_multiple_of(0o100)
}

/// What is to be said of files that stood in nobody's way, each once.
static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Has something said of a file at the end.
pub fn warn(text: String) {
    let mut warnings = WARNINGS.lock().unwrap_or_else(PoisonError::into_inner);
    if !warnings.contains(&text) {
        warnings.push(text);
    }
}

/// Takes what is to be said.
pub fn take_warnings() -> Vec<String> {
    std::mem::take(&mut *WARNINGS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Waits until no other process holds the lock of this file, and holds it until the file is dropped.
///
/// # Errors
/// None where the file system has no locks.
pub fn lock(file: &File) -> io::Result<()> {
    file.lock().or_else(without_locks)
}

/// Takes the lock of this file, and tells whether no other process holds it.
///
/// # Errors
/// None where the file system has no locks.
pub fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => without_locks(error).map(|()| true),
    }
}

fn without_locks(error: io::Error) -> io::Result<()> {
    // ENOLCK has no kind of its own.
    let has_none = error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(37);
    if !has_none {
        return Err(error);
    }
    warn(
        "the file system of the state directory or spool has no locks: let only one `to` work \
         there at a time"
            .to_owned(),
    );
    Ok(())
}
