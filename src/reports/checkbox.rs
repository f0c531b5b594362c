//! Checkbox's `submission.json`.
//!
//! What else a submission holds than its jobs describes the machine, for which the API has no field.

use serde_json::{Map, Value};

use super::error::ReadError;
use super::foreign::start_hint;
use super::format::{Findings, Format, ReportReader};
use super::json::document::{Document, EXCERPT, Element, Item, Object, ResultShape, Source};
use super::json::{Shape, shape};
use super::xml::entities::unescape;
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::util::text::excerpt;

/// Fields of a job that say nothing of its result, or repeat another field.
const NOT_SENT: [&str; 8] = [
    "full_id",
    "name",
    "certification_status",
    "category_id",
    "type",
    "project",
    "duration",
    "plugin",
];

/// Old submissions know no outcome.
const JOB: ResultShape = ResultShape {
    keys: &[&["id"], &["status", "outcome"]],
    lacking: "no element of its `results` has both an `id` and a `status`",
    lists: &["results", "resource-results", "attachment-results", "rejected-jobs"],
};

/// What is noted of a job that is no test.
const LEFT_OUT: &str = "resource or attachment job, not a test, left out";

/// What is noted of a job that Checkbox would not run.
const REJECTED: &str = "job that Checkbox rejected, no result";

pub static FORMAT: Format = Format {
    name: "checkbox",
    detect: |head| shape(head) == Some(Shape::Checkbox),
    open: |input, options, _| Ok(Box::new(Reader::new(input.file, options.longest())?)),
    is_live: false,
};

/// Reads the jobs of a submission, and what was tested as far as it says so.
struct Reader {
    document: Document,
    test_plan: Option<String>,
    architecture: Option<String>,
}

impl Reader {
    fn new(source: impl Source + 'static, longest: usize) -> Result<Self, ReadError> {
        let document = Document::open(source, &JOB, longest)?;
        Ok(Self { document, test_plan: None, architecture: None })
    }
}

impl ReportReader for Reader {
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        let word = |json: &[u8]| serde_json::from_slice(json).ok();
        while let Some(item) = self.document.next()? {
            match item {
                Item::Member(key, value) => match &*key {
                    "testplan_id" => self.test_plan = word(value),
                    "architecture" => self.architecture = word(value),
                    list if value != b"null" && list != "results" && JOB.lists.contains(&list) => {
                        warnings.add("unknown field, not sent", list);
                    }
                    _ => {}
                },
                Item::Element(job) if job.list.is_some_and(|list| list != "results") => {
                    note_job(job, warnings);
                }
                Item::Element(job) => {
                    if let Some(result) = result(job, warnings)? {
                        return Ok(Some(result));
                    }
                }
            }
        }
        Ok(None)
    }

    fn finish(self: Box<Self>, _: &mut Warnings) -> Result<Findings, ReadError> {
        let hint = start_hint(self.test_plan.as_deref(), self.architecture.as_deref());
        Ok(Findings { hint, ..Findings::default() })
    }
}

/// Counts a job that is in another list than the results.
fn note_job(job: Element<'_>, warnings: &mut Warnings) {
    let text = if job.list == Some("rejected-jobs") { REJECTED } else { LEFT_OUT };
    match serde_json::from_slice::<Map<String, Value>>(job.json) {
        Ok(job) => {
            let field = |key| job.get(key).and_then(Value::as_str);
            let name = field("id").or_else(|| field("full_id").map(without_namespace));
            warnings.add(text, &unescape(name.unwrap_or_default()));
        }
        Err(_) => warnings.add("unknown field, not sent", job.list.unwrap_or_default()),
    }
}

/// One result from a job's JSON; none from a job that is no test.
fn result(job: Element<'_>, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
    let mut object = job.object(warnings)?;
    let name = unescape(&object.name("id", "job")?);
    if matches!(&*object.text("plugin")?, "resource" | "attachment") {
        warnings.add(LEFT_OUT, &name);
        return Ok(None);
    }
    let (status, outcome) = outcome(&mut object)?;
    let result = TestResult {
        name,
        status,
        category: unescape(&object.text("category")?),
        template_id: without_namespace(&object.text("template_id")?).to_owned(),
        comment: comment(&mut object, &outcome)?,
        io_log: object.text("io_log")?,
    };
    object.note_rest(&NOT_SENT);
    Ok(Some(result))
}

/// The status, and the word that says the most about it.
fn outcome(object: &mut Object<'_, '_>) -> Result<(Status, String), ReadError> {
    let (status, outcome) = (object.text("status")?, object.text("outcome")?);
    let shown = |word: &str| excerpt(word, EXCERPT);
    let unknown = || match (&*status, &*outcome) {
        ("", "") => "no `status`".to_owned(),
        ("", word) => format!("no `status`, and its outcome `{}` is unknown", shown(word)),
        (word, "") => format!("unknown status `{}`", shown(word)),
        (word, other) => {
            format!("unknown status `{}` and outcome `{}`", shown(word), shown(other))
        }
    };
    let known = status_of(&status).or_else(|| status_of(&outcome));
    let known = known.ok_or_else(|| object.error("status", &unknown()))?;
    Ok((known, if outcome.is_empty() { status } else { outcome }))
}

fn status_of(word: &str) -> Option<Status> {
    match word {
        "pass" => Some(Status::Passed),
        "fail" | "crash" => Some(Status::Failed),
        "skip" | "skipped-dependency" | "skipped-resource" | "skipped-manifest"
        | "not-supported" | "not-implemented" | "undecided" => Some(Status::Skipped),
        _ => None,
    }
}

/// The outcome where it says more than the status, why the job was skipped, and Checkbox's comments.
fn comment(object: &mut Object<'_, '_>, outcome: &str) -> Result<String, ReadError> {
    let mark = match outcome {
        "pass" | "fail" | "skip" => String::new(),
        _ => format!("[{outcome}]"),
    };
    let reasons = object.take("skip_reason").map(|reason| spell_out(&reason)).unwrap_or_default();
    let skipped = join([mark, reasons].into_iter(), " ");
    Ok(join([skipped, object.text("comments")?].into_iter(), "\n"))
}

/// What a skipped job lacks: `{"related_manifests": ["a", "b"]}` is "manifests: a, b".
fn spell_out(reason: &Value) -> String {
    match reason {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => join(values.iter().map(spell_out), ", "),
        Value::Object(kinds) => {
            let lists = kinds.iter().map(|(key, value)| match spell_out(value) {
                text if text.is_empty() => text,
                text => format!("{}: {text}", key.strip_prefix("related_").unwrap_or(key)),
            });
            join(lists, "; ")
        }
        other => other.to_string(),
    }
}

fn join(texts: impl Iterator<Item = String>, separator: &str) -> String {
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(separator)
}

/// Returns an id without the namespace before it.
pub fn without_namespace(id: &str) -> &str {
    id.split_once("::").map_or(id, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::reports::error::Severity;
    use crate::reports::trial::{Given, fuzz, note};

    /// As Checkbox writes it since July 2026: resource jobs among the results, no member for them.
    const NEWER: &str = r#"{
    "title": "session title",
    "origin": {"name": "Checkbox", "version": "7.0", "packaging": {"type": "snap"}},
    "testplan_id": "com.canonical.certification::client-cert-desktop",
    "custom_joblist": false,
    "packages": [
        {"name": "bash", "version": "5.2"}
    ],
    "results": [
        {
            "id": "disk/stats_sda",
            "full_id": "com.canonical.certification::disk/stats_sda",
            "name": "Disk &#34;sda&#34; statistics",
            "certification_status": "blocker",
            "category": "Disk &amp; storage tests",
            "category_id": "com.canonical.plainbox::disk",
            "status": "skip",
            "outcome": "skipped-manifest",
            "skip_reason": {"related_manifests": ["manifest.has_disk == 'True'", "x"],
                            "related_dependencies": [], "related_resources": ["package.name == 'fio'"]},
            "comments": null,
            "io_log": "",
            "type": "test",
            "project": "certification",
            "duration": 0.2,
            "plugin": "shell",
            "template_id": "com.canonical.certification::disk/stats_name"
        },
        {
            "id": "audio/&lt;b&gt;_&#34;x&#34;_&#39;y&#39;_&amp;amp;",
            "full_id": "com.canonical.certification::audio/b", "name": "n",
            "certification_status": "non-blocker", "category": "Audio", "category_id": "c",
            "status": "fail", "outcome": "crash", "skip_reason": null,
            "comments": "dies &amp; dies\nagain", "io_log": "Segmentation &amp; error\n",
            "type": "test", "project": "certification", "duration": 1, "plugin": "user-interact-verify",
            "template_id": null
        },
        {"id": "package", "full_id": "com.canonical.certification::package", "name": "n", "category": "c",
         "status": "pass", "outcome": "pass", "comments": null, "io_log": "name: bash", "plugin": "resource"},
        {"id": "lspci_attachment", "name": "n", "status": "pass", "outcome": "pass", "plugin": "attachment"},
        {"id": "manual", "name": "n", "category": "Uncategorised", "status": "pass", "outcome": "pass",
         "comments": "looks &lt;good&gt;", "io_log": null, "plugin": "manual", "template_id": null}
    ],
    "rejected-jobs": [{"full_id": "com.canonical.certification::suspend"}],
    "category_map": {"com.canonical.plainbox::disk": "Disk tests"},
    "launcher": null,
    "system_information": {},
    "architecture": "amd64"
}
"#;

    /// As it was before: resources and attachments apart, no template ids, no reasons.
    const OLDER: &str = r#"{
    "title": "t",
    "custom_joblist": false,
    "results": [
        {"id": "a", "full_id": "n::a", "name": "A", "category": "C", "status": "pass", "outcome": "pass",
         "comments": null, "io_log": "x", "type": "test", "project": "certification", "duration": 0},
        {"id": "b", "full_id": "n::b", "name": "B", "category": "C", "status": "skip",
         "comments": "later", "io_log": ""},
        {"id": "c", "full_id": "n::c", "name": "C", "category": "C", "status": "crash"}
    ],
    "resource-results": [{"id": "cpuinfo", "full_id": "n::cpuinfo"}, {"full_id": "n::dpkg", "status": "fail"}],
    "attachment-results": [{"id": "dmi", "io_log": "…"}],
    "rejected-jobs": [],
    "architecture": null
}"#;

    fn given(reader: Result<Reader, ReadError>) -> Given {
        match reader {
            Ok(mut reader) => Given::by(|warnings| reader.next(warnings)),
            Err(error) => Given::error(error),
        }
    }

    fn read(text: impl AsRef<[u8]>) -> Given {
        given(Reader::new(Cursor::new(text.as_ref().to_vec()), 1 << 20))
    }

    fn read_jobs(jobs: &[&str]) -> Given {
        read(format!("{{\"title\": \"t\", \"results\": [\n{}\n]}}", jobs.join(",\n")))
    }

    #[test]
    fn reads_a_newer_submission() {
        let given = read(NEWER);
        let disk = TestResult {
            category: "Disk & storage tests".into(),
            template_id: "disk/stats_name".into(),
            comment: "[skipped-manifest] manifests: manifest.has_disk == 'True', x; \
                      resources: package.name == 'fio'"
                .into(),
            ..TestResult::new("disk/stats_sda", Status::Skipped)
        };
        let audio = TestResult {
            category: "Audio".into(),
            comment: "[crash]\ndies &amp; dies\nagain".into(),
            io_log: "Segmentation &amp; error\n".into(),
            ..TestResult::new("audio/<b>_\"x\"_'y'_&amp;", Status::Failed)
        };
        let manual = TestResult {
            category: "Uncategorised".into(),
            comment: "looks &lt;good&gt;".into(),
            ..TestResult::new("manual", Status::Passed)
        };
        assert_eq!(given.results, [disk, audio, manual]);
        assert_eq!(given.errors, []);
        assert_eq!(
            given.warnings.all(),
            [note(LEFT_OUT, 2, &["package", "lspci_attachment"]), note(REJECTED, 1, &["suspend"]),]
        );
    }

    #[test]
    fn reads_an_older_submission() {
        let given = read(OLDER);
        let in_c =
            |name, status| TestResult { category: "C".into(), ..TestResult::new(name, status) };
        let expected = [
            TestResult { io_log: "x".into(), ..in_c("a", Status::Passed) },
            TestResult { comment: "later".into(), ..in_c("b", Status::Skipped) },
            TestResult { comment: "[crash]".into(), ..in_c("c", Status::Failed) },
        ];
        assert_eq!(given.results, expected);
        assert_eq!(given.errors, []);
        assert_eq!(given.warnings.all(), [note(LEFT_OUT, 3, &["cpuinfo", "dpkg", "dmi"])]);
    }

    #[test]
    fn hints_at_the_flags_of_start() {
        let hint = |text: &str| {
            let mut reader = Reader::new(Cursor::new(text.as_bytes().to_vec()), 1 << 20).unwrap();
            Given::by(|warnings| reader.next(warnings));
            Box::new(reader).finish(&mut Warnings::default()).unwrap().hint
        };
        let expected = "for `to start`, the submission says \
            `--test-plan com.canonical.certification::client-cert-desktop --arch amd64`";
        assert_eq!(hint(NEWER).as_deref(), Some(expected));
        assert_eq!(hint(OLDER), None);
        let pasted = |word: &str| hint(&format!(r#"{{"results": [], "testplan_id": "{word}"}}"#));
        assert_eq!(
            pasted("a::b").as_deref(),
            Some("for `to start`, the submission says `--test-plan a::b`")
        );
        assert_eq!((pasted("$(x)"), pasted("a b"), pasted("")), (None, None, None));
    }

    #[test]
    fn takes_the_status_then_the_outcome() {
        let cases = [
            ("pass", "pass", Status::Passed, ""),
            ("fail", "fail", Status::Failed, ""),
            ("fail", "crash", Status::Failed, "[crash]"),
            ("crash", "crash", Status::Failed, "[crash]"),
            ("skip", "skip", Status::Skipped, ""),
            ("skip", "undecided", Status::Skipped, "[undecided]"),
            ("skip", "not-supported", Status::Skipped, "[not-supported]"),
            ("skip", "not-implemented", Status::Skipped, "[not-implemented]"),
            ("skip", "skipped-resource", Status::Skipped, "[skipped-resource]"),
            ("skip", "skipped-dependency", Status::Skipped, "[skipped-dependency]"),
            ("skip", "skipped-moon", Status::Skipped, "[skipped-moon]"),
            ("new", "crash", Status::Failed, "[crash]"),
            ("", "pass", Status::Passed, ""),
        ];
        for (status, outcome, expected, comment) in cases {
            let job = format!(r#"{{"id": "a", "status": "{status}", "outcome": "{outcome}"}}"#);
            let result = TestResult { comment: comment.into(), ..TestResult::new("a", expected) };
            assert_eq!(read_jobs(&[&job]).results, [result], "{status} {outcome}");
        }
    }

    #[test]
    fn spells_out_any_reason() {
        let cases = [
            ("null", "[undecided]"),
            ("{}", "[undecided]"),
            ("\"no disk\"", "[undecided] no disk"),
            ("[\"a\", \"\", 5]", "[undecided] a, 5"),
            (r#"{"why": {"related_moon": ["full"]}, "x": null}"#, "[undecided] why: moon: full"),
        ];
        for (reason, comment) in cases {
            let job = format!(
                r#"{{"id": "a", "status": "skip", "outcome": "undecided", "skip_reason": {reason}}}"#
            );
            assert_eq!(read_jobs(&[&job]).results[0].comment, comment, "{reason}");
        }
    }

    #[test]
    fn names_each_bad_job_and_reads_the_others() {
        let given = read_jobs(&[
            "{\"id\": \"a\",\n\"status\": \"great\", \"outcome\": \"grand\"}",
            r#"{"id": "b", "status": "great"}"#,
            r#"{"id": "c", "outcome": "grand"}"#,
            r#"{"id": "d", "status": null, "outcome": null}"#,
            r#"{"id": null, "status": "pass"}"#,
            r#"{"id": "f", "status": "pass", "comments": 5}"#,
            "5",
            r#"{"id": "g", "status": "pass", "units": "m", "template_id": "None"}"#,
        ]);
        let good =
            TestResult { template_id: "None".into(), ..TestResult::new("g", Status::Passed) };
        assert_eq!(given.results, [good]);
        assert!(given.errors.iter().all(|error| error.severity == Severity::One));
        assert_eq!(
            given.words(),
            [
                "3: job `a`: unknown status `great` and outcome `grand`",
                "4: job `b`: unknown status `great`",
                "5: job `c`: no `status`, and its outcome `grand` is unknown",
                "6: job `d`: no `status`",
                "7: element 5: no `id`",
                "8: job `f`: `comments` is a number, not a text",
                "9: element 7: a number where an object belongs",
            ]
        );
        assert_eq!(given.warnings.all(), [note("unknown field, not sent", 1, &["units"])]);
    }

    #[test]
    fn odd_lists_are_noted() {
        let given = read(r#"{"results": [], "resource-results": 5, "rejected-jobs": null}"#);
        let noted = note("unknown field, not sent", 1, &["resource-results"]);
        assert_eq!((given.words(), given.warnings.all()), (vec![], &[noted][..]));
    }

    #[test]
    fn is_recognised() {
        assert_eq!(shape(NEWER.as_bytes()), Some(Shape::Checkbox));
        assert_eq!(shape(&NEWER.as_bytes()[..300]), Some(Shape::Checkbox));
        assert_eq!(shape(OLDER.as_bytes()), Some(Shape::Checkbox));
        let results = &OLDER[OLDER.find("\"results\"").unwrap()..];
        assert_eq!(shape(format!("{{{results}").as_bytes()), Some(Shape::Checkbox));
    }

    #[test]
    fn unescapes_once() {
        let cases = [
            ("&#34;&#39;&amp;&lt;&gt;&quot;&#x27;", "\"'&<>\"'"),
            ("&amp;lt; &amp;amp;", "&lt; &amp;"),
            ("& && &nbsp; &lt &#60;&", "& && &nbsp; &lt <&"),
            ("", ""),
            ("é&amp;", "é&"),
        ];
        for (escaped, plain) in cases {
            assert_eq!(unescape(escaped), plain);
        }
    }

    #[test]
    fn a_cut_document_gives_its_beginning() {
        let whole = read(NEWER).results;
        for end in 0..NEWER.trim_end().len() {
            let cut = read(&NEWER.as_bytes()[..end]);
            assert!(whole.starts_with(&cut.results), "{end}");
            assert_eq!(
                cut.errors.last().map(|error| error.severity),
                Some(Severity::Remainder),
                "{end}"
            );
        }
    }

    #[test]
    fn damaged_texts_do_no_harm() {
        fuzz(&[NEWER.into(), OLDER.into()], |text| read(text));
    }
}
