//! Checkbox's submissions, plain and as the archive that Checkbox makes of them.

use std::fs::File;
use std::time::{Duration, SystemTime};

use lzma_rust2::{XzOptions, XzWriter};

use crate::model::{Record, held, held_names};
use crate::support::fake_server::Server;
use crate::support::reports::{delivered, open, summary};
use crate::support::{Run, Sandbox};

/// As since July 2026: resource jobs among the results, template ids, reasons for skips.
pub const NEWER: &str = r#"{
  "title": "session", "origin": {"name": "Checkbox", "version": "7.0"},
  "testplan_id": "com.canonical.certification::smoke", "custom_joblist": false,
  "packages": [{"name": "bash", "version": "5.2"}],
  "results": [
    {"id": "disk/stats_&#34;sda&#34;", "full_id": "com.canonical.certification::disk/stats_sda",
     "name": "Disk", "certification_status": "blocker", "category": "Disk &amp; &lt;storage&gt;",
     "category_id": "com.canonical.plainbox::disk", "status": "pass", "outcome": "pass",
     "skip_reason": null, "comments": null, "io_log": "1 &lt; 2\nfine\n", "type": "test",
     "project": "certification", "duration": 0.2, "plugin": "shell",
     "template_id": "com.canonical.certification::disk/stats_name"},
    {"id": "audio", "name": "A", "category": "Audio", "status": "fail", "outcome": "crash",
     "comments": "dies &amp; dies", "io_log": "boom", "plugin": "manual", "template_id": null},
    {"id": "package", "name": "P", "category": "C", "status": "pass", "outcome": "pass",
     "comments": null, "io_log": "name: bash", "plugin": "resource"},
    {"id": "lspci", "name": "L", "status": "pass", "outcome": "pass", "plugin": "attachment"},
    {"id": "fan", "name": "F", "category": "Fan", "status": "skip", "outcome": "skipped-manifest",
     "skip_reason": {"related_manifests": ["manifest.has_fan == 'True'"],
                     "related_dependencies": [], "related_resources": []},
     "comments": null, "io_log": null, "plugin": "shell", "template_id": null},
    {"id": "touch", "name": "T", "category": "Touch", "status": "skip", "outcome": "undecided",
     "comments": "None left", "io_log": "", "plugin": "manual", "template_id": null}
  ],
  "rejected-jobs": [], "category_map": {}, "launcher": null, "system_information": {},
  "architecture": "arm64"
}"#;

/// As before: resources apart, no template ids, at last no outcomes.
const OLDER: &str = r#"{
  "title": "session", "custom_joblist": false,
  "results": [
    {"id": "a", "full_id": "n::a", "name": "A", "category": "C", "status": "pass",
     "outcome": "pass", "comments": null, "io_log": "x", "type": "test", "duration": 0},
    {"id": "b", "full_id": "n::b", "name": "B", "category": "C", "status": "skip",
     "outcome": "not-supported", "comments": null, "io_log": ""},
    {"id": "c", "full_id": "n::c", "name": "C", "category": "C", "status": "crash"}
  ],
  "resource-results": [{"id": "cpuinfo", "full_id": "n::cpuinfo", "status": "fail"}],
  "attachment-results": [{"id": "dmi", "io_log": "…"}],
  "category_map": {}
}"#;

fn newer() -> [Record; 4] {
    let record = |name: &str, status: &str, category: &str, comment: &str, io_log: &str| Record {
        category: category.to_owned(),
        comment: comment.to_owned(),
        io_log: io_log.to_owned(),
        ..Record::new(name, status)
    };
    let disk = "Disk & <storage>";
    let reason = "[skipped-manifest] manifests: manifest.has_fan == 'True'";
    [
        Record {
            template_id: "disk/stats_name".to_owned(),
            ..record("disk/stats_\"sda\"", "PASSED", disk, "", "1 &lt; 2\nfine\n")
        },
        record("audio", "FAILED", "Audio", "[crash]\ndies &amp; dies", "boom"),
        record("fan", "SKIPPED", "Fan", reason, ""),
        record("touch", "SKIPPED", "Touch", "[undecided]\nNone left", ""),
    ]
}

const LEFT_OUT: &str = "warning: resource or attachment job, not a test, left out (2): ";
const SESSION: &str = "hint: for `to start`, the submission says \
                       `--test-plan com.canonical.certification::smoke --arch arm64`\n";

pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(XzWriter::new(Vec::new(), XzOptions::default()).unwrap());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_run_sends_the_submission_that_it_made_and_no_earlier_one() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url());
    let submission = |id: &str| {
        let json =
            format!(r#"{{"results": [{{"id": "{id}", "status": "pass", "outcome": "pass"}}]}}"#);
        archive(&[("submission.json", &json)])
    };
    let earlier = sandbox.write("checkbox-ng/submission_2026-01.tar.xz", submission("earlier"));
    let hour = Duration::from_hours(1);
    let file = File::options().write(true).open(earlier).unwrap();
    file.set_modified(SystemTime::now() - hour).unwrap();
    sandbox.write("made", submission("boots"));
    let run = sandbox.to_with(&[
        "run",
        "-q",
        "--family",
        "deb",
        "--name",
        "bash",
        "--version",
        "1",
        "--series",
        "noble",
        "--repo",
        "main",
        "--arch",
        "amd64",
        "--stage",
        "proposed",
        "--environment",
        "vm",
        "--test-plan",
        "smoke",
        "--results",
        "checkbox-ng/submission_*.tar.xz",
        "--",
        "cp",
        "made",
        "checkbox-ng/submission_2026-02.tar.xz",
    ]);
    let said = "warning: older than the start of the command, not sent (1): \
                `checkbox-ng/submission_2026-01.tar.xz`\n";
    assert_eq!(run, Run::new(0, "", said));
    assert_eq!(held_names(&server), ["P boots"]);
}

#[test]
fn a_newer_submission_is_read_plain_packed_and_piped() {
    let page = "<html></html>";
    let junit = "<testsuites><testcase name='not this one'/></testsuites>";
    let packed = archive(&[
        ("submission.html", page),
        ("submission.junit.xml", junit),
        ("submission.json", NEWER),
        ("test_output/disk", "1 < 2"),
    ]);
    let inside = archive(&[("./submission_1/submission.json", NEWER)]);
    for (name, bytes) in [
        ("submission.json", NEWER.as_bytes()),
        ("submission_2026-11-22.tar.xz", &packed),
        ("nameless", &inside),
    ] {
        for from_pipe in [false, true] {
            let (server, sandbox) = open();
            sandbox.write(name, bytes);
            let run = if from_pipe {
                sandbox.pipe(bytes, "submit")
            } else {
                sandbox.to(&format!("submit {name}"))
            };
            let more = format!("{LEFT_OUT}`package`, `lspci`\n{SESSION}");
            let expected = delivered("4 results", [1, 1, 2], "", &more);
            assert_eq!(run, expected, "{name}");
            assert_eq!(held(&server), newer(), "{name}");
        }
    }
}

#[test]
fn an_older_submission_is_read() {
    let (server, sandbox) = open();
    sandbox.write("submission.json", OLDER);
    let more = format!("{LEFT_OUT}`cpuinfo`, `dmi`\n");
    assert_eq!(sandbox.to("submit ."), delivered("3 results", [1, 1, 1], "", &more));
    let of_c = |name, status| Record { category: "C".to_owned(), ..Record::new(name, status) };
    assert_eq!(
        held(&server),
        [
            Record { io_log: "x".to_owned(), ..of_c("a", "PASSED") },
            Record { comment: "[not-supported]".to_owned(), ..of_c("b", "SKIPPED") },
            Record { comment: "[crash]".to_owned(), ..of_c("c", "FAILED") },
        ]
    );
}

#[test]
fn what_checkbox_may_say_one_day_is_an_error_that_names_the_job_and_never_passed() {
    let (server, sandbox) = open();
    let text = OLDER.replace("\"crash\"", "\"melted\"").replace("\"not-supported\"", "\"new\"");
    sandbox.write("submission.json", text);
    let run = sandbox.to("submit submission.json");
    assert_eq!(
        run,
        Run::new(
            3,
            "",
            &format!(
                "error: submission.json:8: job `c`: unknown status `melted`\n{}\
                 {LEFT_OUT}`cpuinfo`, `dmi`\n",
                summary("2 results", [1, 0, 1], "")
            )
        )
    );
    assert_eq!(server.execution(1).result("b").comment, "[new]");
}

#[test]
fn an_archive_that_is_cut_short_or_holds_no_submission_is_named() {
    let (server, sandbox) = open();
    let noise = (0..20_000_u32).map(|n| n.wrapping_mul(0x9E37_79B9).to_string());
    let noise = noise.collect::<String>();
    let whole = archive(&[("submission.json", NEWER), ("noise", &noise)]);
    sandbox.write("cut.tar.xz", &whole[..whole.len() / 2]);
    sandbox.write("other.tar.xz", archive(&[("notes.txt", "hello")]));
    sandbox.write("good.json", OLDER);
    let run = sandbox.to("submit cut.tar.xz other.tar.xz good.json");
    assert_eq!((run.status, held(&server).len()), (3, 3), "{}", run.stderr);
    let mut lines = run.stderr.lines();
    let cut = lines.next().unwrap();
    assert!(cut.starts_with("error: cut.tar.xz: cannot be unpacked: "), "{cut}");
    let other = "error: other.tar.xz: no `submission.json` in the archive";
    assert_eq!(lines.next(), Some(other));
    sandbox.write("no.tar.xz", b"\xFD7zXZ\0 and no more");
    assert_eq!(sandbox.to("submit no.tar.xz").status, 3);
}
