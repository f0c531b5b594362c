//! Rows of two columns that fit a terminal: what is too long goes on in the next line, under itself.
//!
//! Nothing is cut off: a name that is not whole cannot be searched for.

use std::io;

use unicode_width::UnicodeWidthChar;

use crate::util::text::{one_line, own_line};

/// The fewest columns of a value: a terminal that is narrower wraps as it likes.
const NARROWEST: usize = 20;

/// Returns the columns of the terminal that standard output is; `None` where it is none, such as a
/// pipe, whose lines are as long as they are.
pub fn columns() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Returns a row with its line feed. Its value begins behind `indent` columns, and goes on below
/// itself where it does not fit into `columns`; control characters are escaped.
pub fn row(label: &str, value: &str, indent: usize, columns: Option<usize>) -> String {
    let value = one_line(value);
    let room = columns.map(|columns| columns.saturating_sub(indent).max(NARROWEST));
    let lines = match room {
        Some(room) => wrapped(&value, room),
        None => vec![value.into_owned()],
    };
    let mut row = String::new();
    for (number, line) in lines.into_iter().enumerate() {
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

/// Returns the number of bytes of the text that fit into so many columns.
pub fn fitting(text: &str, columns: usize) -> usize {
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
        assert_eq!(row("x", &value, 6, Some(80)), expected);
    }

    #[test]
    fn a_long_word_is_broken_and_none_of_it_lost() {
        let value = "ä".repeat(200);
        let row = row("", &value, 10, Some(80));
        assert!(row.lines().all(|line| line.chars().count() <= 80), "{row}");
        assert_eq!(row.replace([' ', '\n'], ""), value);
    }

    #[test]
    fn wide_characters_count_twice_and_controls_are_escaped() {
        let row = row("", &"漢".repeat(36), 10, Some(80));
        assert_eq!(
            row.lines().map(|line| line.trim().chars().count()).collect::<Vec<_>>(),
            [35, 1]
        );
        assert_eq!(super::row("", "::error::x ::y", 2, Some(80)), "  \\u{3a}:error::x ::y\n");
        assert_eq!(super::row("a\nb", "c\u{1b}[2J", 6, Some(80)), "a\\nb  c\\u{1b}[2J\n");
    }

    #[test]
    fn a_pipe_gets_whole_lines_and_a_narrow_terminal_some_of_each() {
        let value = "word ".repeat(50);
        assert_eq!(row("x", &value, 6, None).lines().count(), 1);
        assert!(row("x", &value, 6, Some(5)).lines().count() > 10);
    }
}
