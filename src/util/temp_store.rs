//! Bytes that are needed again later, kept out of memory.
//!
//! This module owns a temporary store of byte strings and knows nothing of what they are. It exists so
//! that memory does not go with the size of a report: most stay below what a file is made for.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::temp_file::TempFile;

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
