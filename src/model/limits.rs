//! What is changed in a result for the server's sake: it would answer with a bare 500.

use std::borrow::Cow;

use crate::model::result::TestResult;
use crate::model::warnings::Warnings;
use crate::util::hash::fnv1a;

/// The most bytes of a name, category or template id: the server's index takes about 2,690.
const LONGEST_NAME: usize = 2000;

/// Makes a result one that the server can store. Done before names are compared: two that become the
/// same are one name at the server.
pub fn sanitize(result: &mut TestResult, warnings: &mut Warnings) {
    let TestResult { name, status: _, category, template_id, comment, io_log } = result;
    let texts = [&mut *name, category, template_id, comment, io_log];
    if texts.map(replace_nul).contains(&true) {
        warnings.add("NUL characters became U+FFFD", name);
    }
    for text in [name, category, template_id] {
        if shorten_name(text) {
            warnings.add("a name, category or template id was cut to 2,000 bytes", text);
        }
    }
}

/// What [`sanitize`] makes of a name.
pub fn sanitize_name(name: &mut String) {
    replace_nul(name);
    shorten_name(name);
}

/// PostgreSQL stores no NUL in a text.
fn replace_nul(text: &mut String) -> bool {
    let found = memchr::memchr(0, text.as_bytes()).is_some();
    if found {
        *text = text.replace('\0', "\u{FFFD}");
    }
    found
}

fn shorten_name(name: &mut String) -> bool {
    let is_long = name.len() > LONGEST_NAME;
    if is_long {
        *name = cut_name(name);
    }
    is_long
}

/// The start of a long name with a hash of all of it: it stays one name, and the same one always.
fn cut_name(name: &str) -> String {
    let hash = format!("…{:016x}", fnv1a(name.as_bytes()));
    let end = name.floor_char_boundary(LONGEST_NAME - hash.len());
    format!("{}{hash}", &name[..end])
}

/// Shortens a log of more than `longest` bytes.
pub fn shorten_log(result: &mut TestResult, longest: usize, warnings: &mut Warnings) {
    if let Cow::Owned(short) = truncate_middle(&result.io_log, longest) {
        result.io_log = short;
        warnings.add("a log was cut to the length of --max-log", &result.name);
    }
}

/// Keeps the head and the tail of a text that is longer than `longest` bytes, with a line between
/// them that says how much was cut. The line comes on top of `longest`.
pub fn truncate_middle(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest {
        return text.into();
    }
    let head = &text[..text.floor_char_boundary(longest / 2)];
    let tail = &text[text.ceil_char_boundary(text.len() - (longest - longest / 2))..];
    let cut = text.len() - head.len() - tail.len();
    format!("{head}\n[… {cut} bytes cut …]\n{tail}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::result::Status;

    fn named(name: &str) -> TestResult {
        TestResult {
            name: name.to_owned(),
            status: Status::Passed,
            category: String::new(),
            template_id: String::new(),
            comment: String::new(),
            io_log: String::new(),
        }
    }

    #[test]
    fn long_names_that_differ_at_the_end_stay_different_and_fit() {
        let long = "ä".repeat(1500);
        let mended = ["a", "b"].map(|end| {
            let mut result = named(&format!("{long}{end}"));
            sanitize(&mut result, &mut Warnings::default());
            result.name
        });
        assert_ne!(mended[0], mended[1]);
        assert!(mended[0].len() <= LONGEST_NAME && mended[0].starts_with("ää"));
    }

    #[test]
    fn nul_is_replaced_everywhere_and_noted_once() {
        let mut result = TestResult { io_log: "a\0b\0".to_owned(), ..named("x\0") };
        let mut warnings = Warnings::default();
        sanitize(&mut result, &mut warnings);
        assert_eq!(
            (result.name.as_str(), result.io_log.as_str()),
            ("x\u{FFFD}", "a\u{FFFD}b\u{FFFD}")
        );
        assert_eq!(warnings.lines(), ["NUL characters became U+FFFD (1): `x\u{FFFD}`"]);
    }

    #[test]
    fn a_log_keeps_head_and_tail_on_character_boundaries() {
        assert_eq!(truncate_middle("abcdef", 6), "abcdef");
        assert_eq!(truncate_middle("abcdefgh", 4), "ab\n[… 4 bytes cut …]\ngh");
        assert_eq!(truncate_middle("ääää", 3), "\n[… 6 bytes cut …]\nä");
    }
}
