//! Readers of reports for fuzz targets: each gives all that is in a report, or ends.

use std::io::{Seek, Write};

use crate::model::warnings::Warnings;
use crate::reports::error::Severity;
use crate::reports::format::{Findings, Format, ReadOptions};
use crate::reports::report::Report;
use crate::reports::source::Source;

/// Reads a report of this format twice, as `to submit` does, and returns the number of its results.
/// Nothing that is read may end the process, and the second reading gives the names of the first.
///
/// # Panics
/// Where the two readings differ, or an error does not end a report.
#[must_use]
pub fn read(format: &str, bytes: &[u8]) -> usize {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return 0 };
    if file.write_all(bytes).and_then(|()| file.rewind()).is_err() {
        return 0;
    }
    let source = Source::File { path: file.path().into(), named: true };
    let Ok(report) = Report::new(source, Format::named(format)) else { return 0 };
    let options = ReadOptions { max_log: 1 << 16, ..ReadOptions::default() };
    let (names, findings) = names(&report, &options);
    let results = results(&report, &options, findings);
    assert_eq!(names, results, "the readings of one report differ");
    // Each result takes some bytes; a packed one takes fewer.
    let is_packed = bytes.starts_with(b"\x1F\x8B") || bytes.starts_with(b"\xFD7zXZ");
    assert!(is_packed || names.len() <= bytes.len() + 1, "more results than bytes");
    names.len()
}

fn names(report: &Report, options: &ReadOptions) -> (Vec<String>, Findings) {
    let mut names = Vec::new();
    let Ok(mut reader) = report.read(options, Findings::default()) else {
        return (names, Findings::default());
    };
    let mut warnings = Warnings::default();
    loop {
        match reader.next_name(&mut warnings) {
            Ok(Some(name)) => names.push(name),
            Err(error) if error.severity == Severity::One => {}
            _ => break,
        }
    }
    let findings = reader.finish(&mut warnings).unwrap_or_default();
    (names, findings)
}

fn results(report: &Report, options: &ReadOptions, findings: Findings) -> Vec<String> {
    let mut names = Vec::new();
    let Ok(mut reader) = report.read(options, findings) else { return names };
    let mut warnings = Warnings::default();
    loop {
        match reader.next(&mut warnings) {
            Ok(Some(result)) => names.push(result.name),
            Err(error) if error.severity == Severity::One => {}
            _ => return names,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_seeds_of_the_fuzz_targets_are_read() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        let mut read = 0;
        for directory in fs::read_dir(seeds).unwrap() {
            let directory = directory.unwrap().path();
            let format = directory.file_name().unwrap().to_str().unwrap().to_owned();
            for seed in fs::read_dir(directory).unwrap() {
                let path = seed.unwrap().path();
                assert!(super::read(&format, &fs::read(&path).unwrap()) > 0, "{}", path.display());
                read += 1;
            }
        }
        assert!(read >= 14, "{read} seeds");
    }
}
