//! From what is written on a command line to the reports that are read.

use std::ffi::OsStr;
use std::fs;

use crate::model::{held, held_names, records, report_of};
use crate::support::reports::{delivered, open, passed, summary};
use crate::support::{Run, Sandbox, fixture};

/// pytest's report, whole and in three: each with the suite around its cases.
fn whole_and_in_three() -> (String, [String; 3]) {
    let whole = fs::read_to_string(fixture("pytest.xml")).unwrap();
    // The parts do not hold what the suite counts.
    let whole = whole.replacen(" errors=\"4\" failures=\"9\"", "", 1);
    let begin = whole.find("<testcase").unwrap();
    let end = whole.find("</testsuite>").unwrap();
    let cases: Vec<usize> =
        whole[begin..end].match_indices("<testcase").map(|(at, _)| begin + at).collect();
    // The second part ends between two cases of the same name.
    let cuts = [begin, cases[9], cases[cases.len() - 4], end];
    let part = |at: usize| {
        format!("{}{}{}", &whole[..begin], &whole[cuts[at]..cuts[at + 1]], &whole[end..])
    };
    let parts = [part(0), part(1), part(2)];
    (whole, parts)
}

#[test]
fn one_report_is_the_same_however_it_comes() {
    let (whole, parts) = whole_and_in_three();
    let expected = records(&[report_of(&whole)]);
    let all_parts: Vec<_> = parts.iter().map(|part| report_of(part)).collect();
    assert_eq!(records(&all_parts), expected, "the parts are to be the whole");
    let hold_a_name_twice =
        |text: &String| text.matches("test_failure_and_teardown_error\"").count();
    assert_eq!(parts.each_ref().map(hold_a_name_twice), [0, 1, 1], "over a cut");

    for (files, script) in [
        ("1 file", "to submit whole/pytest.xml"),
        ("1 file", "to submit whole/pytest.xml whole/pytest.xml ./whole/../whole/pytest.xml whole"),
        ("1 file", "to submit < whole/pytest.xml"),
        ("1 file", "cat whole/pytest.xml | to submit"),
        ("1 file", "cat whole/pytest.xml | to submit -"),
        ("1 file", "cat whole/pytest.xml | to submit - -"),
        ("1 file", "cat whole/pytest.xml | { to submit /dev/fd/3 3<&0 < /dev/null; }"),
        ("1 file", "mkfifo pipe && { cat whole/pytest.xml > pipe & to submit pipe; }"),
        ("1 file", "TO_RESULTS=whole/pytest.xml to submit"),
        ("3 files", "to submit parts/a.xml parts/b/1.xml parts/b/2/c.xml"),
        ("3 files", "to submit parts"),
        ("3 files", "to submit 'parts/**/*.xml'"),
        ("3 files", "to submit 'parts/[a-z].xml' 'parts/?/*.xml' parts/b parts"),
        ("3 files", "cat parts/b/1.xml | to submit parts/a.xml - parts/b/2/c.xml"),
        ("3 files", "TO_RESULTS=' parts/a.xml\tparts/b/*.xml\n parts/**/c.xml ' to submit"),
    ] {
        let (server, sandbox) = open();
        sandbox.write("whole/pytest.xml", &whole);
        for (name, part) in ["a.xml", "b/1.xml", "b/2/c.xml"].iter().zip(&parts) {
            sandbox.write(&format!("parts/{name}"), part);
        }
        let run = sandbox.shell(script);
        let warnings = "warning: properties have no place in a result and were left out (1): `shelf`\n\
                        warning: result merged into the first of its name (1): \
                        `test_basket.test_failure_and_teardown_error`\n";
        let files = if files == "1 file" { String::new() } else { format!("{files}, 1 batch") };
        assert_eq!(run, delivered("32 results", [16, 12, 4], &files, warnings), "{script}");
        assert_eq!(held(&server), expected, "{script}");
    }
}

/// A place with a tree of reports, each of which has one case that is named after it.
fn with_tree(sandbox: &Sandbox, paths: &[&str]) {
    for path in paths {
        let content = match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("json") => format!(r#"[{{"name": "{path}", "status": "PASSED"}}]"#),
            Some("jsonl") => format!(r#"{{"name": "{path}", "status": "PASSED"}}"#),
            _ => passed([*path]),
        };
        sandbox.write(path, content);
    }
}

#[test]
fn paths_mean_what_a_shell_user_expects() {
    let tree = [
        "a.xml",
        "b.json",
        "c.jsonl",
        "d.txt",
        "e.XML",
        "f.xml.bak",
        ".hidden.xml",
        ".hidden/x.xml",
        "sub/a.xml",
        "sub/.git/x.xml",
        "sub/deep/er/a.xml",
        "odd/a[1].xml",
        "odd/a1.xml",
        "odd/*.xml",
        "dir.xml/in.xml",
    ];
    let everything = [
        "a.xml",
        "b.json",
        "c.jsonl",
        "dir.xml/in.xml",
        "e.XML",
        "odd/*.xml",
        "odd/a1.xml",
        "odd/a[1].xml",
        "sub/a.xml",
        "sub/deep/er/a.xml",
    ];
    let cases: [(&[&str], &[&str]); 19] = [
        (&["."], &everything),
        (&["sub"], &["sub/a.xml", "sub/deep/er/a.xml"]),
        // What is named is read, whatever it is called.
        (&["d.txt", ".hidden.xml", "f.xml.bak"], &["d.txt", ".hidden.xml", "f.xml.bak"]),
        (&[".hidden"], &[".hidden/x.xml"]),
        // The order is that of the command line.
        (&["c.jsonl", "b.json", "a.xml"], &["c.jsonl", "b.json", "a.xml"]),
        (&["*.xml"], &["a.xml"]),
        (&["*.json*"], &["b.json", "c.jsonl"]),
        (&["*"], &["a.xml", "b.json", "c.jsonl", "d.txt", "e.XML", "f.xml.bak"]),
        (&["**/a.xml"], &["a.xml", "sub/a.xml", "sub/deep/er/a.xml"]),
        (&["sub/**/*.xml"], &["sub/a.xml", "sub/deep/er/a.xml"]),
        // A literal path beats a glob.
        (&["odd/a[1].xml"], &["odd/a[1].xml"]),
        (&["odd/*.xml"], &["odd/*.xml"]),
        (&["odd/a[[]1].xml"], &["odd/a[1].xml"]),
        (&["odd/[a]1.xml", "odd/a?.xml"], &["odd/a1.xml"]),
        (&["{a,z}.xml", "b.{jsonl,json}"], &["a.xml", "b.json"]),
        (&["{sub/deep,odd}/**/a*.xml"], &["odd/a1.xml", "odd/a[1].xml", "sub/deep/er/a.xml"]),
        // A dot is matched by a dot only.
        (&["**/.*/x.xml"], &[".hidden/x.xml", "sub/.git/x.xml"]),
        (&[".h*/*", ".*.xml"], &[".hidden/x.xml", ".hidden.xml"]),
        (&["./s?b/*.xml"], &["sub/a.xml"]),
    ];
    for (arguments, expected) in cases {
        let (server, sandbox) = open();
        with_tree(&sandbox, &tree);
        let run = sandbox.to_with(&[&["submit"], arguments].concat());
        assert_eq!(run.status, 0, "{arguments:?}: {}", run.stderr);
        let held: Vec<String> =
            held_names(&server).iter().map(|name| name.replacen("P ", "", 1)).collect();
        assert_eq!(held, expected, "{arguments:?}");
    }
}

#[test]
fn a_path_that_matches_nothing_is_an_error() {
    for (path, error) in [
        ("nothing.xml", "error: nothing.xml: no such file or directory\n"),
        ("no/*.xml", "error: no/*.xml: nothing there is a report\n"),
        ("empty", "error: empty: nothing there is a report\n"),
        ("other", "error: other: nothing there is a report\n"),
    ] {
        let (server, sandbox) = open();
        fs::create_dir(sandbox.path("empty")).unwrap();
        sandbox.write("other/notes.txt", "hello");
        sandbox.write("other/.xml", passed(["hidden"]));
        sandbox.write("good.xml", passed(["good"]));

        let run = sandbox.to_with(&["submit", path]);
        assert_eq!((run.status, run.stdout.as_str()), (3, ""), "{path}: {}", run.stderr);
        assert!(run.stderr.starts_with(error), "{path}: {}", run.stderr);
        assert!(server.requests().is_empty());

        let run = sandbox.to_with(&["submit", path, "good.xml"]);
        assert_eq!((run.status, held_names(&server)), (3, vec!["P good".to_owned()]), "{path}");
        assert!(run.stderr.starts_with(error), "{path}: {}", run.stderr);
    }
}

#[test]
fn allow_empty_makes_it_no_error() {
    let (server, sandbox) = open();
    fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.write("none.xml", passed([]));
    sandbox.write("none.json", "[]");
    let none = "sent 0 results to execution 1: 0 passed, 0 failed, 0 skipped\n";
    for (arguments, files) in [
        ("empty", ""),
        ("no/*.xml", ""),
        ("none.xml", ""),
        ("none.xml none.json empty", "2 files, 0 batches, N s\n"),
    ] {
        let nothing = sandbox.to(&format!("submit {arguments}"));
        assert_eq!((nothing.status, nothing.stdout.as_str()), (3, ""), "{arguments}");
        let run = sandbox.to(&format!("submit --allow-empty {arguments}"));
        assert_eq!(run, Run::new(0, "", &format!("{none}{files}")), "{arguments}");
    }
    // A file that was named is not empty but missing.
    assert_eq!(sandbox.to("submit --allow-empty nothing.xml").status, 3);
    server.expect_no_requests();
}

#[test]
fn reports_without_results_are_said_so_once() {
    let (server, sandbox) = open();
    sandbox.write("none.xml", passed([]));
    sandbox.write("none.json", "{\"results\": []}");
    assert_eq!(
        sandbox.to("submit none.xml none.json"),
        Run::new(
            3,
            "",
            "error: there are no results to send\nhint: --allow-empty makes this no error\n"
        )
    );
    server.expect_no_requests();
}

#[test]
fn json_of_another_kind_is_passed_over_where_it_was_found_and_an_error_where_it_was_named() {
    let lacking =
        "holds no results: no element of it, or of its `results`, has both a `name` and a `status`";
    let (server, sandbox) = open();
    sandbox.write("all/package.json", "{\"name\": \"shop\", \"version\": \"1.0\"}");
    sandbox.write("all/report.xml", passed(["a"]));
    let note = format!("warning: no report, passed over (1): `all/package.json: {lacking}`\n");
    let expected = delivered("1 result", [1, 0, 0], "", &note);
    assert_eq!(sandbox.to("submit all"), expected);
    assert_eq!(sandbox.to("submit all/*"), expected);

    assert_eq!(
        sandbox.to("submit all/package.json all/report.xml"),
        Run::new(
            3,
            "",
            &format!(
                "error: all/package.json: {lacking}\n\
                 hint: reports are JUnit XML, TAP, Test Observer's JSON, autopkgtest's summary, \
                 or submissions of Checkbox and YARF\n{}",
                summary("1 result", [1, 0, 0], "2 files, 1 batch")
            )
        )
    );
    assert_eq!(held_names(&server), ["P a"]);
    // It was found before it was named.
    assert_eq!(sandbox.to("submit all all/package.json").status, 3);

    fs::remove_file(sandbox.path("all/report.xml")).unwrap();
    assert_eq!(sandbox.to("submit all").status, 3);
}

#[test]
fn without_paths_at_a_terminal_or_with_an_empty_pipe_there_is_an_error() {
    let (server, sandbox) = open();
    let run = sandbox.to("submit");
    assert_eq!((run.status, run.stdout.as_str()), (3, ""), "{}", run.stderr);
    assert!(run.stderr.contains("error: there are no results to send\n"), "{}", run.stderr);
    let run = sandbox.with("TO_RESULTS", " \n ").pipe(passed(["piped"]), "submit");
    assert_eq!(run, delivered("1 result", [1, 0, 0], "", ""));
    assert_eq!(held_names(&server), ["P piped"]);
}

#[test]
fn paths_beat_the_variable() {
    let (server, sandbox) = open();
    sandbox.write("a.xml", passed(["a"]));
    sandbox.write("b.xml", passed(["b"]));
    let run = sandbox.with("TO_RESULTS", "a.xml").to("submit b.xml");
    assert_eq!(run, delivered("1 result", [1, 0, 0], "", ""));
    assert_eq!(held_names(&server), ["P b"]);
}

#[test]
fn links_to_files_are_read_once_and_those_to_directories_are_not_followed() {
    use std::os::unix::fs::symlink;
    let (server, sandbox) = open();
    sandbox.write("all/a.xml", passed(["a"]));
    sandbox.write("elsewhere/b.xml", passed(["b"]));
    sandbox.write("elsewhere/c.xml", passed(["c"]));
    symlink("../elsewhere", sandbox.path("all/linked")).unwrap();
    symlink("../elsewhere", sandbox.path("all/linked.xml")).unwrap();
    symlink("a.xml", sandbox.path("all/z.xml")).unwrap();
    symlink("../elsewhere/c.xml", sandbox.path("all/c.xml")).unwrap();
    symlink(".", sandbox.path("all/again")).unwrap();
    symlink("nowhere", sandbox.path("all/lost")).unwrap();
    for path in ["all", "all/**/*.xml", "a*/**/*.xml"] {
        let run = sandbox.to_with(&["submit", path]);
        assert_eq!(run, delivered("2 results", [2, 0, 0], "2 files, 1 batch", ""), "{path}");
    }
    assert_eq!(held_names(&server), ["P a", "P c"]);

    symlink("nowhere", sandbox.path("all/lost.xml")).unwrap();
    let run = sandbox.to("submit all");
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: all/lost.xml: "), "{}", run.stderr);
}

#[test]
fn pipes_and_devices_that_are_found_are_not_opened() {
    use std::os::unix::fs::symlink;
    let (server, sandbox) = open();
    sandbox.write("all/a.xml", passed(["a"]));
    assert_eq!(sandbox.shell("mkfifo all/pipe.xml"), Run::quiet());
    symlink("/dev/zero", sandbox.path("all/zero.json")).unwrap();
    let note = "warning: no regular file, passed over (2): `all/pipe.xml`, `all/zero.json`\n";
    for path in ["all", "all/*", "**/*.{xml,json}"] {
        let run = sandbox.to_with(&["submit", path]);
        assert_eq!(run, delivered("1 result", [1, 0, 0], "", note), "{path}");
    }
    assert_eq!(held_names(&server), ["P a"]);
}

#[test]
fn a_file_of_the_kernel_that_waits_is_not_waited_for() {
    let waiting = "/proc/kmsg";
    if fs::File::open(waiting).is_err() {
        println!("skipped, {waiting} cannot be read here");
        return;
    }
    let (_server, sandbox) = open();
    sandbox.write("all/a.xml", passed(["a"]));
    std::os::unix::fs::symlink(waiting, sandbox.path("all/log.xml")).unwrap();
    let run = sandbox.to("submit all");
    let said = "error: all/log.xml: resource temporarily unavailable\n";
    assert_eq!(run, Run::new(3, "", &format!("{said}{}", summary("1 result", [1, 0, 0], ""))));
}

#[test]
fn file_names_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let (server, sandbox) = open();
    let path = |name: &[u8]| sandbox.path("all").join(OsStr::from_bytes(name));
    fs::create_dir_all(path(b"dir \xFF")).unwrap();
    fs::write(path(b"caf\xE9.xml"), passed(["latin"])).unwrap();
    fs::write(path(b"dir \xFF/b.xml"), passed(["below"])).unwrap();
    fs::write(path(b"z\xFF.txt"), "no report").unwrap();
    for path in ["all", "all/**/*.xml", "all/**/?*.x[m]l"] {
        let run = sandbox.to_with(&["submit", path]);
        assert_eq!(run, delivered("2 results", [2, 0, 0], "2 files, 1 batch", ""), "{path}");
        assert_eq!(held_names(&server), ["P latin", "P below"], "{path}");
    }
    let run = sandbox.to_with(&[OsStr::new("submit"), path(b"caf\xE9.xml").as_os_str()]);
    assert_eq!(run, delivered("1 result", [1, 0, 0], "", ""));
}

#[test]
fn what_is_no_glob_and_no_file_is_an_error() {
    let (server, sandbox) = open();
    let run = sandbox.to("submit a[.xml ***");
    assert_eq!((run.status, run.stdout.as_str()), (3, ""));
    let mut lines = run.stderr.lines();
    assert!(lines.next().unwrap().starts_with("error: a[.xml: "), "{}", run.stderr);
    assert!(lines.next().unwrap().starts_with("error: ***: "), "{}", run.stderr);
    server.expect_no_requests();
}
