//! Writing files so that a reader, or a killed process, never sees half of one.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::de::DeserializeOwned;
use tempfile::Builder;

/// Puts a file with `content` in the place of `path`, or leaves all as it was.
///
/// # Errors
/// Whatever keeps the file from being written: no directory, no permission, a full disk.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = with_usual_modes().tempfile_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Reads a file in JSON; one that is not there is `None`.
///
/// # Errors
/// A file that cannot be read, or is no JSON of this type.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => Ok(Some(serde_json::from_slice(&read?)?)),
    }
}

/// Temporary files are their owner's alone; what becomes a file of the user's has the usual modes.
fn with_usual_modes() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}
