//! Words for messages: errors in a few of them, and text from outside made fit to be shown.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;
use std::iter;

/// Returns an error's text as part of a message: without the number that helps nobody, in lower case.
pub fn os_message(error: &dyn Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

/// Returns an error with its causes, as one line but for lists.
pub fn describe(error: &dyn Error) -> String {
    chain(error).map(os_message).collect::<Vec<_>>().join(": ")
}

/// Returns the message of the last of an error's causes, which names the trouble.
pub fn innermost(error: &dyn Error) -> String {
    chain(error).last().map(os_message).unwrap_or_default()
}

/// Returns an error and its causes.
fn chain(error: &dyn Error) -> impl Iterator<Item = &dyn Error> {
    iter::successors(Some(error), |&error| error.source())
}

/// Returns `1 file`, `2 files`, `3 batches`.
pub fn plural(count: u64, noun: &str) -> String {
    match (count, noun.ends_with("ch")) {
        (1, _) => format!("1 {noun}"),
        (_, true) => format!("{count} {noun}es"),
        (_, false) => format!("{count} {noun}s"),
    }
}

/// Returns `text` on one line that is what it seems: escaped is what would move a terminal's cursor,
/// begin a line of its own, turn the direction of writing, or form a command of a CI runner that is
/// looked for anywhere in a line (`##[group]`, `##vso[task.setvariable]`).
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_deceptive) && !text.contains("##") {
        return text.into();
    }
    let mut line = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if is_deceptive(character) {
            line.extend(character.escape_default());
        } else if begins_command(&text[at..]) {
            line.extend(character.escape_unicode());
        } else {
            line.push(character);
        }
    }
    line.into()
}

/// Returns `text` as a line of its own: what begins like a workflow command of GitHub (`::error::`) is
/// escaped too.
pub fn own_line(text: &str) -> Cow<'_, str> {
    let line = one_line(text);
    let start = line.len() - line.trim_start().len();
    match line[start..].strip_prefix("::") {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", &line[..start]).into(),
        None => line,
    }
}

/// Returns JSON in which no text deceives either: its strings are the same.
pub fn safe_json(json: &str) -> Cow<'_, str> {
    let is_safe = |character| character == '\n' || !is_deceptive(character);
    if json.chars().all(is_safe) && !json.contains("##") {
        return json.into();
    }
    let mut safe = String::with_capacity(json.len());
    for (at, character) in json.char_indices() {
        if is_safe(character) && !begins_command(&json[at..]) {
            safe.push(character);
        } else {
            // Nothing that is escaped so lies outside of the first plane.
            _ = write!(safe, "\\u{:04x}", u32::from(character));
        }
    }
    safe.into()
}

/// Tells whether a character has an effect where it is shown.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Marks of direction, and separators of lines.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

fn begins_command(text: &str) -> bool {
    text.starts_with("##[") || text.starts_with("##vso[")
}

/// Returns the beginning of `text` on one line: at most `longest` characters of it, then `…`.
pub fn excerpt(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => one_line(&text[..end]).into_owned() + "…",
        None => one_line(text).into_owned(),
    }
}

/// The 64-bit FNV-1a hash of Fowler, Noll and Vo. Names and links
/// that are cut end in it, and histories hang on them: it never changes.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        for (text, line) in [
            ("plain é 😀", "plain é 😀"),
            ("a\nb\u{1b}[2J\u{9b}\t", "a\\nb\\u{1b}[2J\\u{9b}\\t"),
            ("a\u{202e}b\u{2028}c\u{200f}", "a\\u{202e}b\\u{2028}c\\u{200f}"),
            ("###[error]x ##vso[a] # ## ##x", "#\\u{23}#[error]x \\u{23}#vso[a] # ## ##x"),
            ("x ::error::y", "x ::error::y"),
            ("", ""),
        ] {
            assert_eq!(one_line(text), line);
        }
    }

    #[test]
    fn a_line_of_its_own_begins_no_workflow_command() {
        for (text, line) in [
            ("::error::x", "\\u{3a}:error::x"),
            (" \t::error::x", " \\t::error::x"),
            ("  ::error::x", "  \\u{3a}:error::x"),
            ("x::error::y", "x::error::y"),
            (":x", ":x"),
        ] {
            assert_eq!(own_line(text), line);
        }
    }

    #[test]
    fn json_keeps_its_strings() {
        let value = serde_json::json!({"a##[b": "\u{9b}2J\u{202e}\u{2028}##vso[x]\n ::error::é😀"});
        let json = serde_json::to_string_pretty(&value).unwrap();
        let safe = safe_json(&json);
        assert!(!safe.contains("##") && !safe.contains(['\u{9b}', '\u{202e}', '\u{2028}']));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
        assert_eq!(safe_json("[1,\n\"é\"]"), "[1,\n\"é\"]");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        for (text, longest, shown) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "abc…"),
            ("éé\n\né", 3, "éé\\n…"),
            ("x", 0, "…"),
            ("", 0, ""),
        ] {
            assert_eq!(excerpt(text, longest), shown);
        }
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
