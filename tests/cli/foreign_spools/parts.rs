//! The parts of a spool, each with what is to become of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;

use serde_json::{Map, Value, json};

use crate::support::Dice;
use crate::support::fake_server::Server;

/// The file that the torn ends of others are moved to.
pub const TORN: &str = "torn.jsonl";

/// An entry of a spool.
#[derive(Debug)]
pub struct Entry {
    /// A part of its name that no other has.
    pub token: String,
    pub name: OsString,
    pub files: Vec<(&'static str, Content)>,
    pub execution: Identity,
    pub plan: Plan,
}

/// How its execution is found at the server.
#[derive(Debug)]
pub enum Identity {
    CiLink(String),
    Number(usize),
    None,
}

/// What stands where a file belongs.
pub enum Content {
    Bytes(Vec<u8>),
    Directory,
    /// To a file elsewhere, as good as any.
    Link,
}

/// What is to become of an entry.
#[derive(Debug, Default)]
pub struct Plan {
    /// It is no execution: nothing is said, and nothing is sent.
    pub is_left: bool,
    /// None of it need be delivered, and one of these stands beside the entry's name in what is said.
    pub stops: Vec<String>,
    /// Each stands beside the entry's name in what is said.
    pub said: Vec<String>,
    /// Each stands somewhere in what is said.
    pub noted: Vec<String>,
    /// Each is named, and written down beside what the entry holds.
    pub aside: Vec<String>,
    is_lacking: bool,
    pub results: BTreeMap<String, String>,
    pub links: BTreeSet<String>,
    pub events: Vec<String>,
    pub metadata: BTreeMap<String, Vec<String>>,
    patched: Option<&'static str>,
}

/// A name as it is compared: a long one is cut on its way.
pub fn key(name: &str) -> String {
    name.chars().take(16).collect()
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => {
                let end = bytes.len().min(3000);
                f.write_str(&String::from_utf8_lossy(&bytes[..end]))
            }
            Self::Directory => f.write_str("a directory"),
            Self::Link => f.write_str("a link"),
        }
    }
}

impl Plan {
    pub fn is_stopped(&self) -> bool {
        !self.stops.is_empty()
    }

    /// Whether all of it is to be delivered.
    pub fn is_well(&self) -> bool {
        !self.is_stopped() && !self.is_lacking
    }

    /// Whether some of what cannot be read may be results.
    fn lacks_results(&self) -> bool {
        self.said.iter().any(|words| words == TORN || words.starts_with("results.jsonl:"))
    }

    /// The status at the end, by the server's rules, but for a pass where results are missing.
    pub fn status(&self) -> &'static str {
        match self.patched {
            None => "IN_PROGRESS",
            Some("COMPLETED") if self.results.is_empty() => "ENDED_PREMATURELY",
            Some("COMPLETED") if self.results.values().any(|status| status == "FAILED") => "FAILED",
            Some("COMPLETED") if self.lacks_results() => "ENDED_PREMATURELY",
            Some("COMPLETED") => "PASSED",
            Some(other) => other,
        }
    }

    fn stop(&mut self, words: &str) {
        self.stops.push(words.to_owned());
    }

    /// A change is refused.
    fn refuse(&mut self, words: impl Into<String>) {
        self.is_lacking = true;
        self.aside.push(words.into());
    }

    /// A part is not delivered, and named.
    fn lack(&mut self, words: impl Into<String>) {
        self.is_lacking = true;
        self.said.push(words.into());
    }
}

impl Entry {
    pub fn new(number: usize, server: &Server, dice: &mut Dice) -> Self {
        let token = format!("lab{number}");
        let mut entry = Self {
            execution: Identity::CiLink(format!("https://ci.example/{token}")),
            name: name(&token, dice),
            token,
            files: Vec::new(),
            plan: Plan::default(),
        };
        let is_hidden = dice.one_in(15);
        if is_hidden {
            entry.name = format!(".{}", entry.token).into();
        }
        entry.begin(server, dice);
        entry.add_lines("results.jsonl", dice, result_line);
        entry.add_lines("links.jsonl", dice, link_line);
        entry.add_lines("status_updates.jsonl", dice, event_line);
        entry.add_patch(dice);
        entry.plan.is_left = is_hidden || entry.files.is_empty();
        entry.replace_a_file(dice);
        if dice.one_in(10) {
            entry.add("notes.txt", "not ours");
        }
        entry
    }

    fn add(&mut self, name: &'static str, bytes: impl Into<Vec<u8>>) {
        self.files.push((name, Content::Bytes(bytes.into())));
    }

    /// Adds a request that begins the execution, or one that was begun, or what is neither.
    fn begin(&mut self, server: &Server, dice: &mut Dice) {
        let ci_link = format!("https://ci.example/{}", self.token);
        let mut request = json!({
            "family": "snap", "name": "core22", "version": "1", "revision": 1, "track": "22",
            "store": "ubuntu", "arch": "amd64", "execution_stage": "beta", "environment": "vm",
            "test_plan": "smoke", "ci_link": ci_link, "branch": null,
        });
        match dice.roll(10) {
            0 => self.plan.stop("start.json"),
            1 | 2 => {
                let good = request.to_string();
                let bad: [&[u8]; 8] = [
                    b"",
                    b"[]",
                    b"{}",
                    br#"{"family": "snap"}"#,
                    br#"{"family": 5}"#,
                    b"{\"family\": \"\xff\"}",
                    br#"{"family": "snap\u0000"}"#,
                    &good.as_bytes()[..=dice.roll(good.len() - 1)],
                ];
                self.add("start.json", dice.pick(&bad));
                self.plan.stop("start.json");
            }
            3 | 4 => self.add_home(server, dice),
            kind => {
                if kind == 5 {
                    request["enviroment"] = "x".into();
                    self.plan.noted.push("enviroment".to_owned());
                }
                if kind == 6 {
                    request["relevant_links"] =
                        json!([{ "label": "of start", "url": "https://l.example/" }]);
                    self.plan.links.insert("of start".to_owned());
                }
                self.add("start.json", request.to_string());
            }
        }
    }

    /// Adds an execution of a server, which the outbox has in place of a request.
    fn add_home(&mut self, server: &Server, dice: &mut Dice) {
        let home = |execution| json!({ "url": server.url(), "execution": execution }).to_string();
        self.execution = Identity::None;
        let (text, stop) = match dice.roll(9) {
            0 => ("{".to_owned(), "execution.json"),
            1 => (home(json!(-1)), "execution.json"),
            2 => (
                json!({ "url": "https://other.example", "execution": 1 }).to_string(),
                "other.example",
            ),
            3 => (home(json!(999)), "not found"),
            4 => (home(json!("outbox-1")), "execution.json"),
            _ => {
                let number = server.open_execution();
                self.execution = Identity::Number(number);
                (home(json!(number)), "")
            }
        };
        self.add("execution.json", text);
        if stop.is_empty() {
            if dice.one_in(3) {
                self.add("start.json", "{\"fam");
                self.plan.lack("start.json");
            }
            return;
        }
        self.plan.stop(stop);
        // Where nothing is to be delivered, nothing need be wrong.
        self.add("results.jsonl", "{\"name\": \"a\", \"status\": \"PASSED\"}\n");
    }

    /// Adds a file of lines, perhaps with an end that is torn or lacks its line feed.
    fn add_lines(
        &mut self,
        file: &'static str,
        dice: &mut Dice,
        line: fn(&mut Plan, usize, &mut Dice) -> Vec<u8>,
    ) {
        if dice.one_in(3) || self.files.iter().any(|(name, _)| *name == file) {
            return;
        }
        let mut text = Vec::new();
        for number in 1..=dice.roll(7) {
            text.extend(line(&mut self.plan, number, dice));
            text.extend(dice.pick(&[&b"\n"[..], b"\n", b"\r\n"]));
        }
        match dice.roll(5) {
            0 => text.extend(dice.pick(&[&b"\n\n"[..], b"  \t", b""])),
            1 => {
                // Whichever file it is in, no beginning of it is whole.
                let good = b"{\"name\": \"torn\", \"status\": \"PASSED\", \"label\": \"torn\"}";
                text.extend(&good[..=dice.roll(good.len() - 1)]);
                self.plan.lack(TORN);
            }
            2 if ends_with_an_object(&text) => {
                text.pop();
            }
            _ => {}
        }
        self.add(file, text);
    }

    /// Adds what else the execution is told, in JSON.
    fn add_patch(&mut self, dice: &mut Dice) {
        if dice.one_in(3) {
            return;
        }
        if dice.one_in(5) {
            let bad = [
                "",
                "{",
                "[]",
                "5",
                r#"{"status": 5}"#,
                r#"{"execution_metadata": {"k": "v"}}"#,
                "{} {}",
                "\0",
            ];
            self.add("patch.json", dice.pick(&bad));
            return self.plan.stop("patch.json");
        }
        let mut patch = json!({ "c3_link": null });
        let long = format!("https://c3.example/{}", "x".repeat(300));
        if dice.one_in(2) {
            let status = dice.pick(&["COMPLETED", "COMPLETED", "NOT_TESTED", "DONE"]);
            patch["status"] = status.into();
            if status == "DONE" {
                self.plan.refuse("the status");
            } else {
                self.plan.patched = Some(status);
            }
        }
        if dice.one_in(4) {
            let link = dice.pick(&["https://c3.example/1", "ftp://c3.example/1", "\0", &long]);
            patch["c3_link"] = link.into();
            if link != "https://c3.example/1" {
                self.plan.refuse("the C3 link");
            }
        }
        if dice.one_in(4) {
            let key = dice.pick(&["kernel", "ker\0nel", &long, ""]);
            patch["execution_metadata"] = json!({ key: ["6.8", "6.9"] });
            if key == "kernel" {
                self.plan.metadata.insert(key.to_owned(), vec!["6.8".to_owned(), "6.9".to_owned()]);
            } else {
                self.plan.refuse("the metadata");
            }
        }
        if dice.one_in(6) {
            patch["stauts"] = "COMPLETED".into();
            self.plan.noted.push("stauts".to_owned());
        }
        self.add("patch.json", patch.to_string());
    }

    /// Puts a directory or a link where a file belongs, or a mark that cannot be read beside them.
    fn replace_a_file(&mut self, dice: &mut Dice) {
        if self.files.is_empty() {
            return;
        }
        if dice.one_in(12) {
            self.add("delivered.json", dice.pick(&["", "{", "[]"]));
            self.plan.stop("delivered.json");
        }
        if dice.one_in(10) {
            let at = dice.roll(self.files.len());
            let (name, content) = &mut self.files[at];
            *content = if dice.one_in(2) { Content::Directory } else { Content::Link };
            let name = *name;
            self.plan.stop(name);
        }
    }
}

/// Whether the last line is a whole object, so that it may do without its line feed.
fn ends_with_an_object(text: &[u8]) -> bool {
    let last = text.split(|byte| *byte == b'\n').rev().nth(1);
    last.is_some_and(|line| serde_json::from_slice::<Map<String, Value>>(line).is_ok())
}

/// Whatever a file system takes.
fn name(token: &str, dice: &mut Dice) -> OsString {
    let long = "x".repeat(200);
    let ends: [&[u8]; 9] = [
        b"",
        b"",
        b" and more",
        "-\u{fc}n\u{ef}".as_bytes(),
        b"\n::error::planted",
        b"\x1b[2J\x07",
        b"\xff\xfe",
        long.as_bytes(),
        b"'\"`$(x)\\",
    ];
    let front: &[u8] = if dice.one_in(8) { b"-" } else { b"" };
    OsString::from_vec([front, token.as_bytes(), dice.pick(&ends)].concat())
}

fn result_line(plan: &mut Plan, number: usize, dice: &mut Dice) -> Vec<u8> {
    const BAD: [&[u8]; 14] = [
        b"not JSON",
        b"[1]",
        b"5",
        b"\"x\"",
        b"{}",
        b"\0",
        b"{\"name\": \"x\"}",
        b"{\"name\": 5, \"status\": \"PASSED\"}",
        b"{\"name\": \"\", \"status\": \"PASSED\"}",
        b"{\"name\": \"x\", \"status\": \"OK\"}",
        b"{\"name\": \"x\", \"status\": \"PASSED\", \"io_log\": 5}",
        b"{\"name\": \"\xff\", \"status\": \"PASSED\"}",
        b"{\"name\": \"x\", \"status\": \"PASSED\"} {}",
        b"{\"name\": \"x\", \"status\": \"PASSED\"",
    ];
    let name = format!("case {}", dice.roll(12));
    let status = dice.pick(&["PASSED", "FAILED", "SKIPPED"]);
    let mut result = json!({ "name": name, "status": status });
    let mut stored = name.clone();
    match dice.roll(16) {
        0 => return dice.pick(&[&b""[..], b" \t "]).to_vec(),
        1 | 2 => {
            plan.lack(format!("results.jsonl:{number}: "));
            return dice.pick(&BAD).to_vec();
        }
        3 => {
            result["name"] = format!("{name}\0").into();
            stored = format!("{name}\u{fffd}");
            plan.noted.push("NUL characters became U+FFFD".to_owned());
        }
        4 => {
            result["duration"] = 5.into();
            plan.noted.push("`duration`".to_owned());
        }
        5 => result["status"] = status.to_lowercase().into(),
        6 => {
            result["name"] = format!("long {name} {}", "x".repeat(5000)).into();
            stored = format!("long {name} xxxxxxxxxxxxxxxx");
            plan.noted.push("was cut to 2,000 bytes".to_owned());
        }
        7 => {
            result["comment"] = "x".repeat(70_000).into();
            plan.noted.push("a comment was cut to 64 KiB".to_owned());
        }
        8 => result["io_log"] = "\u{1b}[2J\n::error::x\n\0".into(),
        9 => result["comment"] = Value::Null,
        _ => {}
    }
    plan.results.insert(key(&stored), status.to_owned());
    result.to_string().into_bytes()
}

const BAD_LINES: [&[u8]; 6] =
    [b"not JSON", b"[1]", b"5", b"\0", b"{\"label\": \"\xff\"}", b"{} {}"];

fn link_line(plan: &mut Plan, number: usize, dice: &mut Dice) -> Vec<u8> {
    let label = format!("link {}", dice.roll(6));
    let mut link = json!({ "label": label, "url": format!("https://l.example/{label}") });
    match dice.roll(10) {
        0 => return dice.pick(&[&b""[..], b" \t "]).to_vec(),
        1 => {
            plan.lack(format!("links.jsonl:{number}: "));
            return dice
                .pick(&[&BAD_LINES[..], &[b"{}", b"{\"label\": 5, \"url\": 6}"]].concat())
                .to_vec();
        }
        2 => {
            link["url"] = "ftp://l.example/".into();
            plan.refuse(format!("the link `{label}`"));
            return link.to_string().into_bytes();
        }
        3 => {
            link["label"] = "with \0".into();
            plan.refuse("the link `with");
            return link.to_string().into_bytes();
        }
        _ => {}
    }
    plan.links.insert(label);
    link.to_string().into_bytes()
}

fn event_line(plan: &mut Plan, number: usize, dice: &mut Dice) -> Vec<u8> {
    let name = format!("event {number}");
    let mut event = json!({
        "event_name": name, "timestamp": format!("2026-01-01T00:00:{number:02}Z"), "detail": "",
    });
    match dice.roll(10) {
        0 => return dice.pick(&[&b""[..], b" \t "]).to_vec(),
        1 => {
            plan.lack(format!("status_updates.jsonl:{number}: "));
            return dice.pick(&BAD_LINES).to_vec();
        }
        2 => event["timestamp"] = "yesterday".into(),
        3 => event["detail"] = "with \0".into(),
        4 => event["detail"] = 5.into(),
        5 => event["more"] = 5.into(),
        _ => {}
    }
    let is_good = event["timestamp"] != "yesterday" && event["detail"] == "";
    if is_good {
        plan.events.push(name);
    } else {
        plan.refuse(format!("the event `{name}`"));
    }
    event.to_string().into_bytes()
}
