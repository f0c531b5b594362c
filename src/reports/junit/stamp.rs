//! Stamps at the end of suites' names: a date or an id of the run, which is another in each run.
//!
//! Categories and names of tests are to be the same in each run, because histories hang on them.

/// Characters that stand between a name and its stamp.
const SEPARATORS: [char; 5] = ['-', '_', '.', ' ', '('];

/// Returns `name` without a stamp at its end: an ISO date with or without a time, 14 digits, a UUID, and
/// behind one of these 7 to 40 hexadecimal digits.
pub fn without_stamp(name: &str) -> &str {
    let visible = name.trim_end();
    if is_stamp(visible) {
        return "";
    }
    let mut separators = visible.char_indices().filter(|(_, char)| SEPARATORS.contains(char));
    let begin = separators.find(|(at, char)| is_stamp(&visible[at + char.len_utf8()..]));
    begin.map_or(name, |(at, _)| name[..at].trim_end_matches(SEPARATORS))
}

/// Tells whether all of `text` is a stamp, perhaps with an id of the run behind it.
fn is_stamp(text: &str) -> bool {
    let text = text.strip_suffix(')').unwrap_or(text);
    let uuid = matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    let stamps = [date_and_time(text), matches(text, "00000000000000"), uuid];
    stamps.into_iter().flatten().any(|rest| {
        let id = rest.strip_prefix(SEPARATORS).filter(|id| (7..=40).contains(&id.len()));
        rest.is_empty() || id.is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

/// Returns what is behind a date such as `2026-11-24`, and behind its time such as `T23:33:05.123Z` if
/// there is one; avocado writes it as `T23.33`.
fn date_and_time(text: &str) -> Option<&str> {
    let rest = matches(text, "0000-00-00")?;
    let Some(time) = rest.strip_prefix(['T', 't', ' ', '_']).and_then(clock) else {
        return Some(rest);
    };
    let zone = matches(time, "+00:00").or_else(|| matches(time, "+0000")).filter(is_end);
    Some(zone.or_else(|| time.strip_prefix('Z')).unwrap_or(time))
}

/// Returns what is behind hours and minutes, and seconds and their fraction where they are there.
fn clock(text: &str) -> Option<&str> {
    let rest = matches(text, "00:00").or_else(|| matches(text, "0000"))?;
    let seconds = matches(rest, ":00").or_else(|| matches(rest, "00"));
    let Some(rest) = seconds.filter(is_end) else {
        return Some(rest);
    };
    match rest.strip_prefix(['.', ',']) {
        Some(fraction) if fraction.starts_with(|first: char| first.is_ascii_digit()) => {
            Some(fraction.trim_start_matches(|char: char| char.is_ascii_digit()))
        }
        _ => Some(rest),
    }
}

/// Tells whether digits end before `rest`: with more behind them they begin an id.
fn is_end(rest: &&str) -> bool {
    !rest.starts_with(|next: char| next.is_ascii_hexdigit())
}

/// Returns what is behind a text of this form: `0` is a digit, `x` a hexadecimal one, `:` any mark
/// between the parts of a time, `+` either sign.
fn matches<'a>(text: &'a str, form: &str) -> Option<&'a str> {
    let begin = text.get(..form.len())?;
    let fits = |(char, form): (u8, u8)| match form {
        b'0' => char.is_ascii_digit(),
        b'x' => char.is_ascii_hexdigit(),
        b':' => b":.-".contains(&char),
        b'+' => b"+-".contains(&char),
        same => char == same,
    };
    begin.bytes().zip(form.bytes()).all(fits).then(|| &text[form.len()..])
}

#[cfg(test)]
mod tests {
    use super::without_stamp;

    #[test]
    fn stamps_go_with_their_separator() {
        for (name, plain) in [
            ("job-2026-11-24T23.33-0c5a22f", "job"),
            ("job-2026-11-24T23.33-1234567", "job"),
            ("job-2026-11-24T23:33:05-1234567", "job"),
            ("test_a.A-20261124233305", "test_a.A"),
            ("suite 2026-11-24", "suite"),
            ("suite - 2026-11-24 23:33:05", "suite"),
            ("suite (2026-11-24T23:33:05.123456+01:00)", "suite"),
            ("suite_2026-11-24T233305Z", "suite"),
            ("suite.2026-11-24T23:33", "suite"),
            ("run-123e4567-e89b-12d3-a456-426614174000", "run"),
            ("run-123e4567-e89b-12d3-a456-426614174000-0123456789abcdef", "run"),
            ("2026-11-24", ""),
            ("20261124233305", ""),
            ("-20261124233305", ""),
        ] {
            assert_eq!(without_stamp(name), plain, "{name}");
        }
    }

    #[test]
    fn other_numbers_stay() {
        for name in [
            "",
            " suite ",
            "suite",
            "python-3.11",
            "ubuntu-24.04",
            "suite-0c5a22f",
            "suite-2026",
            "suite-20261124",
            "suite2026-11-24",
            "2026-11-24-suite",
            "suite-2026-11-24-xyz",
            "suite-2026-11-24-abc",
            "suite-202611242333051",
            "é-2026-11-2é",
        ] {
            assert_eq!(without_stamp(name), name);
        }
    }
}
