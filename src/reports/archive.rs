//! Reports that are packed: by gzip or xz, alone or in a tar archive of Checkbox.
//!
//! What is in them goes to an unnamed temporary file, so that a report is unpacked once and memory does
//! not go with its size. A few kilobytes can hold more than any disk: there are limits.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use tar::{EntryType, PaxExtensions};

use super::error::{ReadError, Severity};
use crate::util::temp_file::TempFile;
use crate::util::text::{excerpt, innermost};

/// Bytes that a file may unpack to. Real ones stay under a tenth of it.
const UNPACKED_MAX: u64 = 512 << 20;

/// Memory, in KiB, that the dictionary of xz may take: that of `xz -8`, with what comes on top of it.
const XZ_MEMORY_MAX: u32 = (32 << 10) + 512;

/// Bytes of a name in an archive. The format has room for gigabytes.
const NAME_MAX: u64 = 64 << 10;

/// Characters of an error's text that are repeated.
const EXCERPT: usize = 60;

/// The file of an archive that is read.
const SUBMISSION: &[u8] = b"submission.json";

/// The ways to pack a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Packing {
    Gzip,
    Xz,
}

/// A file that was unpacked.
#[derive(Debug)]
pub struct Unpacked {
    pub file: File,
    /// It was an archive, and this is the submission in it.
    pub is_submission: bool,
    /// The error behind what could be unpacked.
    pub error: Option<ReadError>,
}

impl Packing {
    /// Tells how a file is packed by its beginning.
    pub fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\x1F\x8B") {
            Some(Self::Gzip)
        } else if head.starts_with(b"\xFD7zXZ\0") {
            Some(Self::Xz)
        } else {
            None
        }
    }

    /// Unpacks all of `source`. That its bytes are the ones which were packed is known only when the
    /// checksum behind them has been seen.
    ///
    /// # Errors
    /// A temporary file that cannot be written.
    pub fn unpack(self, source: File) -> io::Result<Unpacked> {
        let source = BufReader::new(source);
        let (file, error) = match self {
            Self::Gzip => copy(MultiGzDecoder::new(source), UNPACKED_MAX)?,
            Self::Xz => copy(XzReader::new_mem_limit(source, true, XZ_MEMORY_MAX), UNPACKED_MAX)?,
        };
        let unpacked = Unpacked { file, is_submission: false, error };
        unpacked.submission()
    }
}

impl Unpacked {
    /// Returns the submission, where the file is an archive.
    fn submission(mut self) -> io::Result<Self> {
        let mut magic = Vec::new();
        self.file.rewind()?;
        (&mut self.file).take(262).read_to_end(&mut magic)?;
        self.file.rewind()?;
        if magic.get(257..) != Some(b"ustar") {
            return Ok(self);
        }
        let mut submission = Submission::default();
        let read = submission.find(&mut tar::Archive::new(&mut self.file));
        let broken = read.err().map(|error| broken(&error));
        let error = self.error.or(broken).or(submission.error);
        let none = || ReadError::no_results("no `submission.json` in the archive");
        let error = if submission.file.is_some() { error } else { error.or_else(|| Some(none())) };
        let file = submission.file.map_or_else(TempFile::new, Ok)?.into_file()?;
        Ok(Self { file, is_submission: true, error })
    }
}

/// The search for a submission.
#[derive(Default)]
struct Submission {
    file: Option<TempFile>,
    error: Option<ReadError>,
}

impl Submission {
    /// Reads an archive to its end. Its entries are taken as they lie, because the library would hold
    /// long names whole.
    fn find(&mut self, archive: &mut tar::Archive<impl Read>) -> io::Result<()> {
        let mut long_name = None;
        for entry in archive.entries()?.raw(true) {
            let mut entry = entry?;
            match entry.header().entry_type() {
                EntryType::GNULongName => {
                    let mut name = bounded(&mut entry)?;
                    name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
                    long_name = Some(name);
                    continue;
                }
                EntryType::XHeader => {
                    let header = bounded(&mut entry)?;
                    let mut fields = PaxExtensions::new(&header).flatten();
                    let path = fields.find(|field| field.key_bytes() == b"path");
                    long_name = path.map(|path| path.value_bytes().to_vec()).or(long_name);
                    continue;
                }
                _ => {}
            }
            let path = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
            let name = path.rsplit(|byte| *byte == b'/').next();
            if !entry.header().entry_type().is_file() || name != Some(SUBMISSION) {
                continue;
            }
            if self.file.is_none() {
                io::copy(&mut entry, self.file.insert(TempFile::new()?))?;
            } else {
                let path = String::from_utf8_lossy(&path);
                let reason = format!("`{path}` is not read: another is before it");
                let error = ReadError::remainder(None, reason);
                self.error = Some(ReadError { severity: Severity::One, ..error });
            }
        }
        Ok(())
    }
}

/// Reads an entry that is a name.
fn bounded(entry: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut name = Vec::new();
    entry.take(NAME_MAX + 1).read_to_end(&mut name)?;
    if name.len() as u64 > NAME_MAX {
        return Err(io::Error::other("a name in it is longer than 64 KiB"));
    }
    Ok(name)
}

/// Copies what can be unpacked to a temporary file, `most` bytes of it, and gives the error behind it.
fn copy(mut from: impl Read, most: u64) -> io::Result<(File, Option<ReadError>)> {
    let mut file = TempFile::new()?;
    let mut left = most;
    let mut piece = vec![0; 64 << 10];
    let error = loop {
        match from.read(&mut piece) {
            Ok(0) => break None,
            Ok(length) if length as u64 > left => {
                break Some(unpackable(&format!("it unpacks to more than {} MiB", most >> 20)));
            }
            Ok(length) => {
                left -= length as u64;
                file.write_all(&piece[..length])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(broken(&error)),
        }
    };
    Ok((file.into_file()?, error))
}

fn broken(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => unpackable("it is cut short"),
        io::ErrorKind::OutOfMemory => {
            unpackable("its dictionary takes more than 32 MiB of memory: pack it with `xz -6`")
        }
        // `tar` wraps the error of its source in its own.
        _ => unpackable(&excerpt(&innermost(error), EXCERPT)),
    }
}

fn unpackable(why: &str) -> ReadError {
    ReadError::remainder(None, format!("cannot be unpacked: {why}"))
}

#[cfg(test)]
mod tests {
    use std::slice;

    use flate2::{Compression, write::GzEncoder};
    use lzma_rust2::{XzOptions, XzWriter};
    use tempfile::NamedTempFile;

    use super::*;
    use crate::reports::format::{Findings, ReadOptions};
    use crate::reports::report::Report;
    use crate::reports::source::Source;
    use crate::reports::trial::{Given, fuzz};

    const NAME: &str = "submission.json";

    const SUBMITTED: &[u8] = br#"{"title": "t", "custom_joblist": false, "results": [
        {"id": "a", "status": "pass", "outcome": "pass"},
        {"id": "b", "status": "fail", "outcome": "crash"}]}"#;

    /// Reads a file of these bytes.
    fn unpack(bytes: impl AsRef<[u8]>) -> Given {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(bytes.as_ref()).unwrap();
        let report =
            Report::new(Source::File { path: file.path().into(), named: true }, None).unwrap();
        let options = ReadOptions { max_log: 1 << 20, ..ReadOptions::default() };
        match report.read(&options, Findings::default()) {
            Ok(mut reader) => Given::by(|warnings| reader.next(warnings)),
            Err(error) => Given::error(error),
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        compressed(&tar_of(files))
    }

    fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, path, *content).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn compressed(content: &[u8]) -> Vec<u8> {
        let mut xz = XzWriter::new(Vec::new(), XzOptions::with_preset(1)).unwrap();
        xz.write_all(content).unwrap();
        xz.finish().unwrap()
    }

    #[test]
    fn finds_the_submission_anywhere_in_an_archive() {
        let noise: Vec<u8> = (0..30_000_u32).flat_map(u32::to_le_bytes).collect();
        let archive = packed(&[
            ("submission.html", b"<html>"),
            ("attachment_files/submission.json.txt", &noise),
            ("./deep/submission.json", SUBMITTED),
            ("submission.junit", &noise),
        ]);
        let unpacked = unpack(&archive);
        assert_eq!(unpacked.results, unpack(SUBMITTED).results);
        assert_eq!(unpacked.errors, []);
    }

    #[test]
    fn an_archive_without_a_submission_holds_no_results() {
        let error = ReadError::no_results("no `submission.json` in the archive");
        assert_eq!(unpack(packed(&[("a.json", b"{}")])).errors, slice::from_ref(&error));
        let other = unpack(packed(&[(NAME, b"{}")])).errors;
        assert_eq!(other[0].severity, Severity::NoResults);
    }

    #[test]
    fn a_second_submission_is_told() {
        let archive = packed(&[(NAME, SUBMITTED), ("x/submission.json", b"{}")]);
        let unpacked = unpack(archive);
        assert_eq!(unpacked.names(), ["a", "b"]);
        assert_eq!(unpacked.words(), ["`x/submission.json` is not read: another is before it"]);
        assert_eq!(unpacked.errors[0].severity, Severity::One);
    }

    #[test]
    fn a_cut_archive_gives_what_was_before_and_a_fault() {
        let noise: Vec<u8> =
            (0..5_000_u32).flat_map(|n| n.wrapping_mul(0x9E37_79B9).to_le_bytes()).collect();
        let archive = packed(&[(NAME, SUBMITTED), ("noise", &noise)]);
        let whole = unpack(SUBMITTED).results;
        for end in (6..archive.len()).step_by(61) {
            let cut = unpack(&archive[..end]);
            assert!(whole.starts_with(&cut.results), "{end}");
            assert_eq!(cut.errors.len(), 1, "{end}: {:?}", cut.errors);
            assert_eq!(cut.errors[0].severity, Severity::Remainder, "{end}");
            assert!(cut.words()[0].starts_with("cannot be unpacked: "), "{:?}", cut.errors);
        }
        let last = unpack(&archive[..archive.len() - 1]);
        assert_eq!(last.results, whole);
    }

    #[test]
    fn a_flipped_bit_in_an_archive_is_found() {
        let archive = packed(&[(NAME, SUBMITTED)]);
        // Without its first bytes it is not recognised.
        for at in 6..archive.len() {
            let mut damaged = archive.clone();
            damaged[at] ^= 1;
            let unpacked = unpack(damaged);
            assert_eq!(
                unpacked.errors.last().map(|error| error.severity),
                Some(Severity::Remainder),
                "{at}"
            );
        }
    }

    #[test]
    fn what_is_packed_may_be_any_report() {
        let report = b"<testsuite name='s'><testcase name='a'/></testsuite>";
        for bytes in [gzip(report), compressed(report)] {
            assert_eq!(unpack(&bytes).names(), ["s.a"]);
            let cut = unpack(&bytes[..bytes.len() - 4]);
            assert_eq!(cut.words(), ["cannot be unpacked: it is cut short"]);
            assert_eq!(cut.errors[0].severity, Severity::Remainder);
        }
        let [one, two] = [&report[..20], &report[20..]].map(gzip);
        assert_eq!(unpack([one, two].concat()).names(), ["s.a"]);
        assert_eq!(unpack(b"\xFD7zXZ\0").words(), ["cannot be unpacked: it is cut short"]);
        assert_eq!(unpack(b"\x1F\x8B\x08").words(), ["cannot be unpacked: it is cut short"]);
    }

    #[test]
    fn a_name_of_gigabytes_is_not_held() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(EntryType::GNULongName);
        header.set_size(1 << 20);
        header.set_cksum();
        tar.append(&header, &*vec![b'x'; 1 << 20]).unwrap();
        let archive = compressed(&tar.into_inner().unwrap());
        let error = "cannot be unpacked: a name in it is longer than 64 KiB";
        assert_eq!(unpack(archive).words(), [error]);
    }

    #[test]
    fn a_bomb_is_refused() {
        let (mut file, error) = copy(io::repeat(0), 2 << 20).unwrap();
        let error = error.unwrap().to_string();
        assert_eq!(error, "cannot be unpacked: it unpacks to more than 2 MiB");
        assert_eq!(file.stream_position().unwrap(), 2 << 20);
    }

    #[test]
    fn a_dictionary_of_gigabytes_is_refused() {
        let mut archive = packed(&[(NAME, SUBMITTED)]);
        // Behind the stream's header of 12 bytes stands the block's: its size, flags, filter, the size
        // of the filter's properties, and these: the dictionary's size.
        assert_eq!(archive[14..16], [0x21, 1]);
        archive[16] = 40;
        let checksum = crc32(&archive[12..20]);
        archive[20..24].copy_from_slice(&checksum.to_le_bytes());
        let error = "cannot be unpacked: its dictionary takes more than 32 MiB of memory: pack it with `xz -6`";
        assert_eq!(unpack(archive).words(), [error]);
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc: u32, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
            })
        })
    }

    #[test]
    fn damaged_archives_do_no_harm() {
        let long = "x/".repeat(100) + NAME;
        let tar = tar_of(&[("a", b"b"), (NAME, SUBMITTED), (&long, b"{}")]);
        fuzz(&[compressed(&tar), tar], |bytes| {
            // The checksum finds damage to what is compressed, so the tar is damaged on its own too.
            let given = if Packing::of(bytes).is_some() {
                unpack(bytes)
            } else {
                unpack(compressed(bytes))
            };
            assert!(given.results.len() < 100);
            given
        });
    }
}
