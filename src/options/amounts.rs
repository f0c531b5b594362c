//! Times and sizes as they are typed: a number, or one with a unit.

use std::time::Duration;

/// The longest wait that clocks can add to the present.
const LONGEST: Duration = Duration::from_hours(24 * 365);

const TIMES: &str = "a time is seconds, or has a unit: 90s, 5m, 1h";

/// Reads `30`, `0.5`, `90s` or `1h 30m`.
///
/// # Errors
/// A text that is no time, in words.
pub fn time(text: &str) -> Result<Duration, String> {
    let time = match text.trim().parse::<f64>() {
        Ok(seconds) if seconds < 0.0 => return Err("a time is not negative".to_owned()),
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    match time {
        Some(time) if time > LONGEST => Err("that is more than a year".to_owned()),
        Some(time) => Ok(time),
        None => Err(TIMES.to_owned()),
    }
}

/// Reads a time in which something can happen.
///
/// # Errors
/// A text that is no time, or no time at all.
pub fn time_limit(text: &str) -> Result<Duration, String> {
    match time(text)? {
        Duration::ZERO => Err("no request is answered in no time".to_owned()),
        longer => Ok(longer),
    }
}

/// Units with their bytes: as for `dd`, `K` is 1024 and `KB` is 1000.
const UNITS: [(&[&str], u64); 5] = [
    (&["", "b"], 1),
    (&["k", "kib"], 1 << 10),
    (&["m", "mib"], 1 << 20),
    (&["kb"], 1000),
    (&["mb"], 1_000_000),
];

const SIZES: &str = "a size is bytes, or has a unit: 64K, 2MB, 1MiB";

/// Reads a number of bytes: `65536`, `64K` and `64KiB` are the same, `64KB` is 64,000.
///
/// # Errors
/// A text that is no size, in words.
pub fn size(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = (&text[..end], text[end..].to_ascii_lowercase());
    let unit = UNITS.iter().find(|(names, _)| names.contains(&&*unit));
    let Some((_, bytes)) = unit.filter(|_| !digits.is_empty()) else {
        return Err(SIZES.to_owned());
    };
    let size = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(*bytes));
    size.and_then(|size| size.try_into().ok()).ok_or_else(|| "that is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_or_has_a_unit() {
        for (text, milliseconds) in [
            ("0", 0),
            ("75", 75_000),
            ("0.5", 500),
            (" 1.5 ", 1500),
            ("90s", 90_000),
            ("250ms", 250),
            ("5m", 300_000),
            ("1h 30m", 5_400_000),
        ] {
            assert_eq!(time(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_explained() {
        for text in ["", "soon", "5x", "m", "5 m 3", "inf", "NaN", "1e400"] {
            assert_eq!(time(text).unwrap_err(), TIMES, "{text}");
        }
        assert_eq!(time("-1").unwrap_err(), "a time is not negative");
        for text in ["1e9", "400d", "9000h"] {
            assert_eq!(time(text).unwrap_err(), "that is more than a year", "{text}");
        }
        for text in ["0", "0s", "0.0"] {
            assert_eq!(time_limit(text).unwrap_err(), "no request is answered in no time");
        }
    }

    #[test]
    fn a_size_is_bytes_or_has_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("1048576", 1 << 20),
            ("64K", 64 << 10),
            ("64k", 64 << 10),
            ("64KiB", 64 << 10),
            ("64KB", 64_000),
            ("2MB", 2_000_000),
            ("1MiB", 1 << 20),
            ("1M", 1 << 20),
            ("12b", 12),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_explained() {
        for text in ["", "K", "1G", "-1", "1.5M", "1 M", "1 000", "ten", "0x10"] {
            assert_eq!(size(text).unwrap_err(), SIZES, "{text}");
        }
        for text in ["18446744073709551616", "99999999999999M"] {
            assert_eq!(size(text).unwrap_err(), "that is too large", "{text}");
        }
    }
}
