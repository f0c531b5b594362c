//! Words for messages: errors in a few of them, and text from outside made fit to be shown.

use std::borrow::Cow;
use std::error::Error;

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
    let mut message = os_message(error);
    let mut next = error.source();
    while let Some(cause) = next {
        message += ": ";
        message += &os_message(cause);
        next = cause.source();
    }
    message
}

/// Returns `1 file`, `2 files`, `3 batches`.
pub fn plural(count: u64, noun: &str) -> String {
    match (count, noun.ends_with("ch")) {
        (1, _) => format!("1 {noun}"),
        (_, true) => format!("{count} {noun}es"),
        (_, false) => format!("{count} {noun}s"),
    }
}

/// Returns the message of the last of an error's causes, which names the trouble.
pub fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    os_message(last)
}

/// Returns `text` on one line: control characters, which would move a terminal's cursor or begin a line
/// of their own, are escaped.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line.into()
}

/// Returns the beginning of `text` on one line: at most `longest` characters of it, then `…`.
pub fn excerpt(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => one_line(&text[..end]).into_owned() + "…",
        None => one_line(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        for (text, line) in [
            ("plain é 😀", "plain é 😀"),
            ("a\nb\u{1b}[2J\u{9b}\t", "a\\nb\\u{1b}[2J\\u{9b}\\t"),
            ("", ""),
        ] {
            assert_eq!(one_line(text), line);
        }
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
}
