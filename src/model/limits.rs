//! Limits that every result is brought within: secrets stay here, and what the server would answer with a
//! bare 500 is cut.

use std::borrow::Cow;

use crate::model::redaction::Redaction;
use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::util::clip::truncate_middle;
use crate::util::text::fnv1a;

/// Bytes of a name, category or template id: the server's index takes about 2,690.
const LONGEST_NAME: usize = 2000;

/// Bytes of a comment, without the line that says what was cut of it: it is read in a table.
pub const MAX_COMMENT: usize = 64 << 10;

/// Limits of a result's texts.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a log, without the line that says what was cut of it.
    pub max_log: usize,
    /// Secrets that are replaced first.
    pub redaction: Redaction,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_log: 1 << 20, redaction: Redaction::default() }
    }
}

impl Limits {
    /// Returns the limits of what the outbox holds: it was brought within those that held when it was
    /// kept.
    pub fn of_kept() -> Self {
        Self { max_log: usize::MAX, ..Self::default() }
    }

    /// Brings a result within the limits. Applying them twice is the same as once.
    pub fn apply(&self, result: &mut TestResult, warnings: &mut Warnings) {
        let TestResult { name, status: _, category, template_id, comment, io_log } = result;
        if let Cow::Owned(redacted) = self.redaction.redacted(name, |_| {}) {
            self.redaction.apply(name, &redacted, warnings);
        }
        for text in [&mut *category, template_id, comment, io_log] {
            self.redaction.apply(text, name, warnings);
        }
        let texts = [&mut *name, category, template_id, comment, io_log];
        if texts.map(replace_nul).contains(&true) {
            warnings.add("NUL characters became U+FFFD", name);
        }
        for text in [name, category, template_id] {
            if text.len() > LONGEST_NAME {
                *text = cut_name(text);
                warnings.add("a name, category or template id was cut to 2,000 bytes", text);
            }
        }
        if shorten(&mut result.comment, MAX_COMMENT) {
            warnings.add("a comment was cut to 64 KiB", &result.name);
        }
        if shorten(&mut result.io_log, self.max_log) {
            warnings.add("a log was cut to the length of --max-log", &result.name);
        }
    }

    /// Returns the name under which a result of this name is sent. Results are compared by it: two
    /// names that become the same are one name at the server.
    pub fn name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        let mut name = self.redaction.redacted(name, |_| {});
        if name.contains('\0') {
            name = Cow::Owned(name.replace('\0', "\u{FFFD}"));
        }
        if name.len() > LONGEST_NAME { Cow::Owned(cut_name(&name)) } else { name }
    }
}

/// Shortens a text of more than `longest` bytes, and tells whether it was longer.
pub fn shorten(text: &mut String, longest: usize) -> bool {
    let Cow::Owned(short) = truncate_middle(text, longest) else { return false };
    *text = short;
    true
}

/// Replaces NUL, which PostgreSQL stores in no text.
fn replace_nul(text: &mut String) -> bool {
    let found = memchr::memchr(0, text.as_bytes()).is_some();
    if found {
        *text = text.replace('\0', "\u{FFFD}");
    }
    found
}

/// Returns the start of a long name with a hash of all of it: it stays one name, and the same one
/// always.
fn cut_name(name: &str) -> String {
    let hash = format!("…{:016x}", fnv1a(name.as_bytes()));
    let end = name.floor_char_boundary(LONGEST_NAME - hash.len());
    format!("{}{hash}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::result::Status;

    fn named(name: &str) -> TestResult {
        TestResult::new(name, Status::Passed)
    }

    fn within(mut result: TestResult, max_log: usize) -> (TestResult, Vec<String>) {
        let mut warnings = Warnings::default();
        Limits { max_log, ..Limits::default() }.apply(&mut result, &mut warnings);
        (result, warnings.lines())
    }

    #[test]
    fn long_names_that_differ_at_the_end_stay_different_and_fit() {
        let long = "ä".repeat(1500);
        let cut = ["a", "b"].map(|end| within(named(&format!("{long}{end}")), 0).0.name);
        assert_ne!(cut[0], cut[1]);
        assert!(cut[0].len() <= LONGEST_NAME && cut[0].starts_with("ää"));
    }

    #[test]
    fn a_name_of_2000_bytes_is_kept_and_one_of_2001_is_not() {
        for (length, is_kept) in [(2000, true), (2001, false)] {
            let name = "x".repeat(length);
            assert_eq!(within(named(&name), 0).0.name == name, is_kept, "{length}");
        }
    }

    #[test]
    fn a_log_has_a_mebibyte_and_what_was_kept_any_length() {
        assert_eq!((Limits::default().max_log, Limits::of_kept().max_log), (1_048_576, usize::MAX));
    }

    #[test]
    fn a_cut_name_is_as_long_as_may_be() {
        assert_eq!(within(named(&"x".repeat(3000)), 0).0.name.len(), LONGEST_NAME);
    }

    #[test]
    fn results_are_compared_by_the_names_that_are_sent() {
        let long = "x".repeat(2001);
        for name in ["a", "a\0b", &"ä".repeat(1001), &"\0".repeat(700), "", &long[..2000], &long] {
            assert_eq!(Limits::default().name(name), within(named(name), 0).0.name);
        }
    }

    #[test]
    fn nul_is_replaced_everywhere_and_said_once() {
        let (result, warnings) =
            within(TestResult { io_log: "a\0b\0".to_owned(), ..named("x\0") }, 100);
        assert_eq!(
            (result.name.as_str(), result.io_log.as_str()),
            ("x\u{FFFD}", "a\u{FFFD}b\u{FFFD}")
        );
        assert_eq!(warnings, ["NUL characters became U+FFFD (1): `x\u{FFFD}`"]);
    }

    #[test]
    fn a_long_log_or_comment_keeps_head_and_tail() {
        let long = |length: usize| format!("head{}tail", "é".repeat(length));
        let (max_log, max_comment) = (2_000_000, 64 << 10);
        for (log, comment) in [(max_log, max_comment), (max_log + 100, max_comment + 100)] {
            let result =
                TestResult { io_log: long(log / 2), comment: long(comment / 2), ..named("x") };
            let (cut, warnings) = within(result.clone(), max_log);
            if log > max_log {
                for (text, longest) in [(&cut.io_log, max_log), (&cut.comment, max_comment)] {
                    assert!(text.starts_with("headé") && text.ends_with("étail"));
                    assert!(text.contains(" bytes cut …]") && text.len() < longest + 50);
                }
                let expected = [
                    "a comment was cut to 64 KiB (1): `x`",
                    "a log was cut to the length of --max-log (1): `x`",
                ];
                assert_eq!(warnings, expected);
                assert_eq!(within(cut.clone(), max_log), (cut, vec![]));
            } else {
                assert_eq!((cut, warnings), (result, vec![]));
            }
        }
    }
}
