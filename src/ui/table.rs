//! Rows of two columns that fit a terminal: what is too long goes on in the next line, under itself.
//!
//! Nothing is cut off: a name that is not whole cannot be searched for.

use unicode_width::UnicodeWidthChar;

use crate::util::text::{one_line, own_line};

/// As many columns as every terminal has.
const COLUMNS: usize = 80;

/// A row with its line feed. Its value begins behind `indent` columns; control characters are
/// escaped.
pub fn row(label: &str, value: &str, indent: usize) -> String {
    let value = one_line(value);
    let mut row = String::new();
    for (number, line) in wrapped(&value, COLUMNS - indent).into_iter().enumerate() {
        let label = if number == 0 { one_line(label) } else { "".into() };
        row += own_line(format!("{label:indent$}{line}").trim_end()).as_ref();
        row.push('\n');
    }
    row
}

/// Breaks a line at its last space that fits, or where there is none, in a word. The white space it
/// begins with stands before each part.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let margin = text.len() - text.trim_start_matches(' ').len();
    let margin = " ".repeat(margin.min(columns / 2));
    let mut rest = text.trim_matches(' ');
    let mut lines = Vec::new();
    loop {
        let end = fitting(rest, columns - margin.len());
        if end == rest.len() {
            lines.push(format!("{margin}{rest}"));
            return lines;
        }
        let end = if rest[end..].starts_with(' ') {
            end
        } else {
            rest[..end].rfind(' ').filter(|space| *space > 0).unwrap_or(end)
        };
        lines.push(format!("{margin}{}", &rest[..end]));
        rest = rest[end..].trim_start_matches(' ');
    }
}

/// How many bytes of the text fit into so many columns.
fn fitting(text: &str, columns: usize) -> usize {
    let mut width = 0;
    for (at, character) in text.char_indices() {
        width += character.width().unwrap_or_default();
        if width > columns {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_goes_on_under_itself() {
        let value = format!("{} {} end", "a".repeat(40), "b".repeat(40));
        let expected = format!("x     {}\n      {} end\n", "a".repeat(40), "b".repeat(40));
        assert_eq!(row("x", &value, 6), expected);
    }

    #[test]
    fn a_long_word_is_broken_and_none_of_it_lost() {
        let value = "ä".repeat(200);
        let row = row("", &value, 10);
        assert!(row.lines().all(|line| line.chars().count() <= COLUMNS), "{row}");
        assert_eq!(row.replace([' ', '\n'], ""), value);
    }

    #[test]
    fn wide_characters_count_twice_and_controls_are_escaped() {
        let row = row("", &"漢".repeat(36), 10);
        assert_eq!(
            row.lines().map(|line| line.trim().chars().count()).collect::<Vec<_>>(),
            [35, 1]
        );
        assert_eq!(super::row("", "::error::x ::y", 2), "  \\u{3a}:error::x ::y\n");
        assert_eq!(super::row("a\nb", "c\u{1b}[2J", 6), "a\\nb  c\\u{1b}[2J\n");
    }
}
