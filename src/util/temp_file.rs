//! Files without a name, which no crash leaves behind, and byte strings that are kept in one: memory does
//! not go with the size of a report.
//!
//! A small one stays in memory. A larger one lies in the temporary directory; where that is missing or
//! full, in another one that is known to be writable; and where no disk takes it, in memory again, up to a
//! limit: what was piped in is nowhere else.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::OnceLock;

/// Bytes of a file that is small.
const SMALL: u64 = 256 << 10;

/// The most bytes that are held in memory where no disk takes them.
const LARGEST: u64 = 64 << 20;

/// Where else temporary files may lie.
static ELSEWHERE: OnceLock<Box<Path>> = OnceLock::new();

/// Lets temporary files lie in this directory where the temporary one takes none.
pub fn also_in(directory: &Path) {
    _ = ELSEWHERE.set(directory.into());
}

/// A file that can be read and written until it is dropped.
#[derive(Debug)]
pub struct TempFile {
    content: Content,
    place: Place,
}

#[derive(Debug)]
enum Content {
    Small(Cursor<Vec<u8>>),
    File(File),
}

/// The places of a file, in the order in which they are tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Small,
    TemporaryDirectory,
    Elsewhere,
    Memory,
}

impl TempFile {
    /// Makes one that stays in memory while it is small.
    pub fn small() -> Self {
        Self { content: Content::Small(Cursor::default()), place: Place::Small }
    }

    /// Makes one that is a file from the beginning.
    pub fn new() -> io::Result<Self> {
        let mut file = Self::small();
        file.move_on()?;
        Ok(file)
    }

    pub fn into_file(mut self) -> io::Result<File> {
        loop {
            match self.content {
                Content::File(file) => return Ok(file),
                Content::Small(_) => self.move_on()?,
            }
        }
    }

    /// Moves it to the next place that takes it.
    ///
    /// # Errors
    /// That of the first place, where none does.
    fn move_on(&mut self) -> io::Result<()> {
        let position = self.stream_position()?;
        let mut refused = None;
        while let Some(place) = self.place.next() {
            self.place = place;
            match self.copy_to(place, position) {
                Ok(file) => {
                    self.content = Content::File(file);
                    return Ok(());
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        self.seek(SeekFrom::Start(position))?;
        Err(refused.unwrap_or_else(|| io::ErrorKind::StorageFull.into()))
    }

    fn copy_to(&mut self, place: Place, position: u64) -> io::Result<File> {
        let mut file = place.file()?;
        self.rewind()?;
        io::copy(self, &mut file)?;
        file.seek(SeekFrom::Start(position))?;
        Ok(file)
    }
}

impl Place {
    fn next(self) -> Option<Self> {
        match self {
            Self::Small => Some(Self::TemporaryDirectory),
            Self::TemporaryDirectory => Some(Self::Elsewhere),
            Self::Elsewhere => Some(Self::Memory),
            Self::Memory => None,
        }
    }

    /// Returns the most bytes that may lie there, where there is a limit.
    fn most(self) -> Option<u64> {
        match self {
            Self::Small => Some(SMALL),
            Self::TemporaryDirectory | Self::Elsewhere => None,
            Self::Memory => Some(LARGEST),
        }
    }

    fn file(self) -> io::Result<File> {
        match self {
            Self::Small | Self::TemporaryDirectory => tempfile::tempfile(),
            Self::Elsewhere => match ELSEWHERE.get() {
                Some(directory) => tempfile::tempfile_in(directory),
                None => Err(io::ErrorKind::NotFound.into()),
            },
            #[cfg(target_os = "linux")]
            Self::Memory => {
                let flags = rustix::fs::MemfdFlags::CLOEXEC;
                Ok(rustix::fs::memfd_create("temporary", flags)?.into())
            }
            #[cfg(not(target_os = "linux"))]
            Self::Memory => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl Write for TempFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(most) = self.place.most()
            && self.stream_position()? + bytes.len() as u64 > most
        {
            self.move_on()?;
        }
        loop {
            let written = match &mut self.content {
                Content::Small(memory) => memory.write(bytes),
                Content::File(file) => file.write(bytes),
            };
            match written {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    self.move_on().map_err(|_| error)?;
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for TempFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match &mut self.content {
            Content::Small(memory) => memory.read(bytes),
            Content::File(file) => file.read(bytes),
        }
    }
}

impl Seek for TempFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.content {
            Content::Small(memory) => memory.seek(to),
            Content::File(file) => file.seek(to),
        }
    }
}

/// A store that only grows, and that forgets everything when it is dropped.
#[derive(Debug)]
pub struct TempStore {
    file: TempFile,
    len: u64,
}

/// The place of a byte string in the [`TempStore`] that gave it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Span {
    start: u64,
    len: usize,
}

impl Default for TempStore {
    fn default() -> Self {
        Self { file: TempFile::small(), len: 0 }
    }
}

impl TempStore {
    /// Keeps a copy of `bytes`.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<Span> {
        self.file.seek(SeekFrom::Start(self.len))?;
        self.file.write_all(bytes)?;
        let span = Span { start: self.len, len: bytes.len() };
        self.len += bytes.len() as u64;
        Ok(span)
    }

    /// Returns the bytes that were put at `span`.
    pub fn get(&mut self, span: Span) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; span.len];
        self.file.seek(SeekFrom::Start(span.start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut file: impl Read + Seek) -> Vec<u8> {
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_grows_becomes_a_file_and_stays_the_same() {
        let mut file = TempFile::small();
        let bytes = vec![7; usize::try_from(SMALL).unwrap()];
        file.write_all(&bytes).unwrap();
        assert_eq!(file.place, Place::Small);
        file.write_all(b"more").unwrap();
        assert_eq!(file.place, Place::TemporaryDirectory);
        file.seek(SeekFrom::Start(1)).unwrap();
        file.write_all(b"x").unwrap();
        let expected = [&b"\x07x"[..], &bytes[2..], b"more"].concat();
        assert!(read(&mut file) == expected);
        assert!(read(file.into_file().unwrap()) == expected);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_no_disk_takes_is_held_in_memory_up_to_a_limit() {
        let mut named = tempfile::NamedTempFile::new().unwrap();
        named.write_all(b"ab").unwrap();
        // Opened to be read alone, it takes no more, as on a disk that is full.
        let full = File::open(named.path()).unwrap();
        let mut file = TempFile { content: Content::File(full), place: Place::Elsewhere };
        file.seek(SeekFrom::End(0)).unwrap();
        file.write_all(b"c").unwrap();
        assert_eq!(file.place, Place::Memory);
        assert_eq!(read(&mut file), b"abc");
        file.seek(SeekFrom::Start(LARGEST)).unwrap();
        assert_eq!(file.write(b"b").unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn gives_back_what_was_put_in_any_order() {
        let mut spill = TempStore::default();
        let texts: Vec<Vec<u8>> = (0..60u8).map(|n| vec![n; usize::from(n) * 500]).collect();
        let spans: Vec<Span> = texts.iter().map(|text| spill.put(text).unwrap()).collect();
        for (text, span) in texts.iter().zip(spans).rev() {
            assert_eq!(&spill.get(span).unwrap(), text);
        }
    }

    #[test]
    fn goes_on_after_a_get() {
        let mut spill = TempStore::default();
        let one = spill.put(b"one").unwrap();
        spill.get(one).unwrap();
        let two = spill.put(b"two").unwrap();
        assert_eq!(spill.get(one).unwrap(), b"one");
        assert_eq!(spill.get(two).unwrap(), b"two");
    }
}
