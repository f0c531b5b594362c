//! Reports of the shapes that cost in different ways.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use lzma_rust2::{XzOptions, XzWriter};

/// Makes a report of about 580 bytes a case: one in ten fails, and all have output.
pub fn standard(place: &Path, cases: usize) -> PathBuf {
    write(place, &format!("{cases}.xml"), |to| {
        let trace = "  at frame of the trace &amp; what it was called with\n".repeat(16);
        let log = "some line of what the test has written to its output\n".repeat(7);
        suite(to, cases, |case, to| {
            write!(
                to,
                "<testcase classname=\"pkg.module{}.Class\" name=\"test_{case}\" ",
                case % 97
            )?;
            write!(to, "line=\"12\" time=\"0.012\">")?;
            if case % 10 == 0 {
                let start = "<failure message=\"1 &lt; 2\" type=\"AssertionError\">";
                write!(to, "{start}{trace}</failure>")?;
            }
            writeln!(to, "<system-out>{log}</system-out></testcase>")
        })
    })
}

/// A shape with its name, and the most memory that it may take, in MiB.
pub type Shape = (&'static str, fn(&Path) -> PathBuf, u64);

/// The contract's bound for any shape, in MiB.
const ANY: u64 = 64;

pub const SHAPES: [Shape; 14] = [
    ("standard: 100,000 cases", |place| standard(place, 100_000), 12),
    ("tiny: 1,000,000 cases without a text", tiny, ANY),
    ("1,000 logs of 64 KB", |place| logs(place, 1_000, 64 << 10), ANY),
    ("one log of 200 MB", |place| logs(place, 1, 200_000_000), ANY),
    ("5,000 files of 20 cases", many_files, ANY),
    ("100,000 cases of 1,000 names", |place| names(place, 1_000), ANY),
    ("100,000 cases of one name", |place| names(place, 1), ANY),
    ("1,000 suites with output and failures", suites_with_output, ANY),
    ("100,000 cases of entities", entities, ANY),
    ("100,000 cases in UTF-16", utf16, ANY),
    ("an array of 80 MB", array, ANY),
    ("a Checkbox submission of 80 MB", checkbox, ANY),
    ("its archive", archive, ANY),
    ("JSON lines of 80 MB", lines, ANY),
];

fn write(
    place: &Path,
    name: &str,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> PathBuf {
    let path = place.join(name);
    let mut file = BufWriter::new(File::create(&path).expect("a report"));
    content(&mut file).and_then(|()| file.flush()).expect("a report");
    path
}

fn suite(
    to: &mut dyn Write,
    cases: usize,
    mut each: impl FnMut(usize, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    writeln!(to, "<?xml version=\"1.0\"?>\n<testsuites><testsuite name=\"suite\">")?;
    (0..cases).try_for_each(|case| each(case, to))?;
    writeln!(to, "</testsuite></testsuites>")
}

fn tiny(place: &Path) -> PathBuf {
    write(place, "tiny.xml", |to| {
        suite(to, 1_000_000, |case, to| {
            writeln!(to, "<testcase classname=\"c\" name=\"t{case}\" time=\"0.001\"/>")
        })
    })
}

fn logs(place: &Path, cases: usize, bytes: usize) -> PathBuf {
    let line = "some line of what the test has written to its output\n";
    write(place, "logs.xml", |to| {
        suite(to, cases, |case, to| {
            write!(to, "<testcase classname=\"c\" name=\"t{case}\"><system-out>")?;
            (0..bytes / line.len()).try_for_each(|_| to.write_all(line.as_bytes()))?;
            writeln!(to, "</system-out></testcase>")
        })
    })
}

fn many_files(place: &Path) -> PathBuf {
    let directory = place.join("many");
    fs::create_dir_all(&directory).expect("a directory");
    for file in 0..5_000 {
        write(&directory, &format!("{file}.xml"), |to| {
            suite(to, 20, |case, to| {
                writeln!(to, "<testcase classname=\"c{file}\" name=\"t{case}\"/>")
            })
        });
    }
    directory
}

fn names(place: &Path, names: usize) -> PathBuf {
    let log = "some line of what the test has written to its output\n".repeat(7);
    write(place, "names.xml", |to| {
        suite(to, 100_000, |case, to| {
            write!(to, "<testcase classname=\"c\" name=\"t{}\">", case % names)?;
            writeln!(to, "<system-out>{log}</system-out></testcase>")
        })
    })
}

fn suites_with_output(place: &Path) -> PathBuf {
    let output = "some line of what the suite has written to its output\n".repeat(1_200);
    write(place, "suites.xml", |to| {
        writeln!(to, "<testsuites>")?;
        for suite in 0..1_000 {
            writeln!(to, "<testsuite name=\"s{suite}\">")?;
            for case in 0..25 {
                write!(to, "<testcase classname=\"c{suite}\" name=\"t{case}\">")?;
                writeln!(to, "<failure message=\"m\"/></testcase>")?;
            }
            writeln!(to, "<system-out>{output}</system-out></testsuite>")?;
        }
        writeln!(to, "</testsuites>")
    })
}

fn entities(place: &Path) -> PathBuf {
    let log = "&lt;a href=&quot;x&quot;&gt; &amp; &#233;&#10;".repeat(12);
    write(place, "entities.xml", |to| {
        suite(to, 100_000, |case, to| {
            write!(to, "<testcase classname=\"c\" name=\"t&lt;{case}&gt;\">")?;
            writeln!(to, "<system-out>{log}</system-out></testcase>")
        })
    })
}

fn utf16(place: &Path) -> PathBuf {
    let text = fs::read_to_string(standard(place, 100_000)).expect("a report");
    let text =
        text.replace("<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>");
    write(place, "utf16.xml", |to| {
        to.write_all(&[0xFF, 0xFE])?;
        text.encode_utf16().try_for_each(|unit| to.write_all(&unit.to_le_bytes()))
    })
}

fn log() -> String {
    "some line of what the test has written to its output\\n".repeat(14)
}

fn array(place: &Path) -> PathBuf {
    let log = log();
    write(place, "array.json", |to| {
        for case in 0..100_000 {
            let separator = if case == 0 { '[' } else { ',' };
            write!(
                to,
                "{separator}{{\"name\":\"t{case}\",\"status\":\"PASSED\",\"io_log\":\"{log}\"}}"
            )?;
        }
        writeln!(to, "]")
    })
}

fn lines(place: &Path) -> PathBuf {
    let log = log();
    write(place, "lines.jsonl", |to| {
        (0..100_000).try_for_each(|case| {
            writeln!(to, "{{\"name\":\"t{case}\",\"status\":\"PASSED\",\"io_log\":\"{log}\"}}")
        })
    })
}

fn checkbox(place: &Path) -> PathBuf {
    let log = log();
    write(place, "submission.json", |to| {
        writeln!(to, "{{\"title\": \"t\", \"custom_joblist\": false, \"results\": [")?;
        for case in 0..100_000 {
            let separator = if case == 0 { "" } else { "," };
            write!(
                to,
                "{separator}{{\"id\": \"t{case}\", \"status\": \"pass\", \"outcome\": \"pass\", "
            )?;
            writeln!(to, "\"io_log\": \"{log}\"}}")?;
        }
        writeln!(to, "]}}")
    })
}

fn archive(place: &Path) -> PathBuf {
    let submission = checkbox(place);
    write(place, "submission_1.tar.xz", |to| {
        let mut tar = tar::Builder::new(XzWriter::new(to, XzOptions::with_preset(1))?);
        tar.append_path_with_name(&submission, "submission.json")?;
        tar.into_inner()?.finish().map(drop)
    })
}
