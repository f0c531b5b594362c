//! One line of TAP or KTAP, and what it says.

use crate::model::result::Status;

/// The meaning of a line, without the blanks before it.
#[derive(Debug, Eq, PartialEq)]
pub enum Line<'a> {
    /// `TAP version 14`, `KTAP version 1`.
    Version {
        is_kernel: bool,
    },
    /// `1..5`, perhaps with the reason for which it is `1..0`.
    Plan {
        count: u64,
        reason: &'a str,
    },
    Point(Point<'a>),
    /// `# Subtest: name`: the name of the tests that follow deeper.
    Subtest(&'a str),
    BailOut(&'a str),
    /// `pragma +strict`: how strictly a harness is to read.
    Pragma,
    /// `---`: lines of YAML follow, up to `...`.
    Yaml,
    /// `{`: behind the YAML of a point, its subtests follow.
    BlockStart,
    /// `}`: ends the subtests that stand behind their point.
    BlockEnd,
    /// A comment, or what the program under test wrote.
    Other,
}

/// `not ok 3 - name # SKIP reason`.
#[derive(Debug, Eq, PartialEq)]
pub struct Point<'a> {
    pub is_ok: bool,
    pub number: Option<u64>,
    pub description: &'a str,
    /// The directive as it is written, or nothing, and what follows it.
    pub directive: Option<(&'a str, &'a str)>,
    /// It ends in ` {`: its subtests may follow, up to `}`.
    pub has_block: bool,
}

const DIRECTIVES: [&str; 6] = ["SKIP", "SKIPPED", "TODO", "XFAIL", "TIMEOUT", "ERROR"];

impl<'a> Line<'a> {
    /// Tells what a line says, given without the blanks before it. In KTAP each ` #` ends a description,
    /// and there are no blocks.
    pub fn parse(line: &'a str, is_kernel: bool) -> Self {
        let line = line.trim_end();
        let version =
            |word: &str| line.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '));
        if version("TAP version") || version("KTAP version") {
            return Self::Version { is_kernel: line.starts_with('K') };
        }
        if let Some(reason) = line.strip_prefix("Bail out!") {
            return Self::BailOut(reason.trim());
        }
        if let Some(name) = line.strip_prefix("# Subtest:").or(line.strip_prefix("# Subtest ")) {
            return Self::Subtest(name.trim());
        }
        if line.starts_with("pragma +") || line.starts_with("pragma -") {
            return Self::Pragma;
        }
        match line {
            "---" => return Self::Yaml,
            "{" => return Self::BlockStart,
            "}" => return Self::BlockEnd,
            _ => {}
        }
        let point = || Point::parse(line, is_kernel).map(Self::Point);
        plan(line).or_else(point).unwrap_or(Self::Other)
    }
}

/// Returns a line of the kernel's log without the time before it: `[    1.100000] `.
pub fn without_time(line: &str) -> &str {
    let time = line.strip_prefix('[').and_then(|line| line.split_once("] "));
    match time {
        Some((time, rest)) if time.trim_start().starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => line,
    }
}

fn plan(line: &str) -> Option<Line<'_>> {
    let (digits, rest) = split_digits(line.strip_prefix("1..")?);
    let count = digits.parse().ok()?;
    let reason = rest.trim();
    if !reason.is_empty() && !rest.starts_with(char::is_whitespace) {
        return None;
    }
    Some(Line::Plan { count, reason: without_skip(reason.trim_start_matches('#').trim()) })
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()))
}

/// Returns the reason behind `SKIP`, `skipped:` and the like.
fn without_skip(text: &str) -> &str {
    let word = text.split(|char: char| !char.is_ascii_alphabetic()).next().unwrap_or_default();
    if begins(word, "SKIP") {
        let reason = text[word.len()..].trim_start_matches(':').trim();
        if reason.is_empty() { word } else { reason }
    } else {
        text
    }
}

impl<'a> Point<'a> {
    fn parse(line: &'a str, is_kernel: bool) -> Option<Self> {
        let before_block = line.strip_suffix(" {").filter(|_| !is_kernel);
        let line = before_block.unwrap_or(line).trim_end();
        let (is_ok, rest) = match line.strip_prefix("not ok") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("ok")?),
        };
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            return None;
        }
        let rest = rest.trim_start();
        let (digits, behind) = split_digits(rest);
        // A description may begin with digits: a number is a word.
        let is_word = behind.chars().next().is_none_or(char::is_whitespace);
        let number = digits.parse().ok().filter(|_| is_word);
        let rest = if number.is_some() { behind.trim_start() } else { rest };
        let (description, directive) = split_directive(rest, is_kernel);
        let description = match description.strip_prefix('-') {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => rest,
            _ => description,
        };
        let (description, has_block) = (description.trim(), before_block.is_some());
        Some(Self { is_ok, number, description, directive, has_block })
    }

    /// Returns the status, which a directive changes.
    pub fn status(&self) -> Status {
        match self.directive {
            Some((word, _)) if begins(word, "TIMEOUT") || begins(word, "ERROR") => Status::Failed,
            Some((word, _)) if !word.is_empty() => Status::Skipped,
            _ if self.is_ok => Status::Passed,
            _ => Status::Failed,
        }
    }

    /// Returns the directive's reason, behind its word unless that is SKIP.
    pub fn comment(&self) -> String {
        match self.directive {
            None => String::new(),
            Some((word, reason)) if word.is_empty() || begins(word, "SKIP") => reason.to_owned(),
            Some((word, reason)) => format!("[{word}] {reason}").trim_end().to_owned(),
        }
    }

    /// Returns the description without the backslashes before `#` and `\`.
    pub fn name(&self) -> String {
        let mut name = String::with_capacity(self.description.len());
        let mut chars = self.description.chars().peekable();
        while let Some(char) = chars.next() {
            let next = chars.next_if(|next| char == '\\' && matches!(next, '#' | '\\'));
            name.push(next.unwrap_or(char));
        }
        name
    }
}

fn begins(word: &str, with: &str) -> bool {
    word.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with))
}

/// Splits a point's text at the ` #` of a directive, or of a time before it. A `#` before any other word
/// is part of the description, but for KTAP, and where two blanks stand before it: so avocado writes that
/// a test warned. A backslash that is escaped may stand for the blank.
fn split_directive(text: &str, is_kernel: bool) -> (&str, Option<(&str, &str)>) {
    let mut description = text;
    let mut escaped = false;
    let is_gap = |char: char| char.is_whitespace() || char == '\\';
    for (at, char) in text.char_indices() {
        if char == '#' && !escaped && (at == 0 || text[..at].ends_with(is_gap)) {
            let (before, rest) = (&text[..at.min(description.len())], &text[at + 1..]);
            if let Some(directive) = directive(rest) {
                return (before, Some(directive));
            }
            if is_time(rest) {
                description = before;
            } else if is_kernel || text[..at].ends_with("  ") {
                return (before, Some(("", rest.trim())));
            } else {
                description = text;
            }
        }
        escaped = char == '\\' && !escaped;
    }
    (description, None)
}

/// Returns the directive behind a `#` and its reason. `#error-box` is the id of something, and no
/// directive.
fn directive(rest: &str) -> Option<(&str, &str)> {
    let text = rest.trim_start();
    let joins = if text.len() == rest.len() { "-_" } else { "" };
    let end = text.find(|char: char| !char.is_alphanumeric() && !joins.contains(char));
    let (word, reason) = text.split_at(end.unwrap_or(text.len()));
    let is_known = DIRECTIVES.iter().any(|directive| word.eq_ignore_ascii_case(directive));
    is_known.then(|| (word, reason.trim_start_matches(':').trim()))
}

/// Tells whether a point's time is behind a `#`, and nothing else up to the next: `time=1.01ms`, `in 12 ms`.
fn is_time(rest: &str) -> bool {
    let rest = rest.trim_start();
    let time = rest.strip_prefix("time=").or(rest.strip_prefix("in "));
    time.and_then(|time| time.split(" #").next()).is_some_and(|time| {
        let unit = time.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.');
        unit.len() < time.len() && matches!(unit.trim(), "ms" | "s")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(line: &str) -> (Status, Option<u64>, String, String) {
        let Line::Point(point) = Line::parse(line, false) else { panic!("no point: {line}") };
        (point.status(), point.number, point.name(), point.comment())
    }

    #[test]
    fn points_say_status_number_name_and_reason() {
        for (line, status, number, name, comment) in [
            ("ok", Status::Passed, None, "", ""),
            ("not ok", Status::Failed, None, "", ""),
            ("ok 1", Status::Passed, Some(1), "", ""),
            ("ok 1 - boots", Status::Passed, Some(1), "boots", ""),
            ("ok 1 boots", Status::Passed, Some(1), "boots", ""),
            ("ok 1 -boots", Status::Passed, Some(1), "-boots", ""),
            ("not ok 12 - a - b", Status::Failed, Some(12), "a - b", ""),
            ("ok - 2 suns", Status::Passed, None, "2 suns", ""),
            ("ok 2suns", Status::Passed, None, "2suns", ""),
            ("ok 3 # SKIP no radio", Status::Skipped, Some(3), "", "no radio"),
            ("ok 3 - x # skipped: no radio", Status::Skipped, Some(3), "x", "no radio"),
            ("not ok 4 - wifi # TODO later", Status::Skipped, Some(4), "wifi", "[TODO] later"),
            ("ok 4 - wifi # todo", Status::Skipped, Some(4), "wifi", "[todo]"),
            ("not ok 5 x # XFAIL", Status::Skipped, Some(5), "x", "[XFAIL]"),
            ("ok 5 x # TIMEOUT 45 seconds", Status::Failed, Some(5), "x", "[TIMEOUT] 45 seconds"),
            ("not ok 5 x # ERROR", Status::Failed, Some(5), "x", "[ERROR]"),
            ("ok 6 - issue #7 is fixed", Status::Passed, Some(6), "issue #7 is fixed", ""),
            ("ok 6 - item # 1", Status::Passed, Some(6), "item # 1", ""),
            ("ok 6 a.py:A.b  # it warned", Status::Passed, Some(6), "a.py:A.b", "it warned"),
            ("ok 6 - renders #todos list", Status::Passed, Some(6), "renders #todos list", ""),
            ("ok 6 - x # skips comments", Status::Passed, Some(6), "x # skips comments", ""),
            ("not ok 6 - C#TODO", Status::Failed, Some(6), "C#TODO", ""),
            ("ok 6 - shows #error-box", Status::Passed, Some(6), "shows #error-box", ""),
            ("ok 6 - shows # errors", Status::Passed, Some(6), "shows # errors", ""),
            ("ok 6 # SKIP: why", Status::Skipped, Some(6), "", "why"),
            ("ok 6 - x #skip", Status::Skipped, Some(6), "x", ""),
            ("ok 6 - x # SKIP(why)", Status::Skipped, Some(6), "x", "(why)"),
            ("not ok 6 - x # TODO:", Status::Skipped, Some(6), "x", "[TODO]"),
            ("ok 6 x # timeout after 1 s", Status::Failed, Some(6), "x", "[timeout] after 1 s"),
            ("ok 6 - x # time=1.01ms", Status::Passed, Some(6), "x", ""),
            ("not ok 6 x # in 12 ms", Status::Failed, Some(6), "x", ""),
            ("ok 6 x # in 12ms # skip why", Status::Skipped, Some(6), "x", "why"),
            ("ok 6 x # in 3 s # timeout", Status::Failed, Some(6), "x", "[timeout]"),
            ("ok 6 x # in 12 ms # or so", Status::Passed, Some(6), "x # in 12 ms # or so", ""),
            ("ok 6 x # in time", Status::Passed, Some(6), "x # in time", ""),
            (r"ok 7 - a \# SKIP b", Status::Passed, Some(7), "a # SKIP b", ""),
            (r"ok 7 - a \\# SKIP b", Status::Skipped, Some(7), r"a \", "b"),
            (r"ok 7 - C:\dir", Status::Passed, Some(7), r"C:\dir", ""),
        ] {
            assert_eq!(
                point(line),
                (status, number, name.to_owned(), comment.to_owned()),
                "{line}"
            );
        }
    }

    #[test]
    fn other_lines_say_what_they_are() {
        for (line, expected) in [
            ("TAP version 14", Line::Version { is_kernel: false }),
            ("KTAP version 1", Line::Version { is_kernel: true }),
            ("1..5", Line::Plan { count: 5, reason: "" }),
            ("1..0 # SKIP no radio", Line::Plan { count: 0, reason: "no radio" }),
            ("1..0 # skipped: no radio", Line::Plan { count: 0, reason: "no radio" }),
            ("1..0 no radio", Line::Plan { count: 0, reason: "no radio" }),
            ("1..0 # skip", Line::Plan { count: 0, reason: "skip" }),
            ("1..", Line::Other),
            ("1..2.5", Line::Other),
            ("1..99999999999999999999999", Line::Other),
            ("# Subtest: a b", Line::Subtest("a b")),
            ("# Subtest", Line::Other),
            ("Bail out! no disk", Line::BailOut("no disk")),
            ("---", Line::Yaml),
            ("pragma +strict", Line::Pragma),
            ("okay", Line::Other),
            ("not okay", Line::Other),
            ("# ok", Line::Other),
            ("", Line::Other),
        ] {
            assert_eq!(Line::parse(line, false), expected, "{line}");
        }
    }
}
