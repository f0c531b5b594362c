//! Times as they are typed: seconds, or with a unit.

use std::time::Duration;

/// The longest wait that clocks can add to the present.
const LONGEST: Duration = Duration::from_hours(24 * 365);

const FORMS: &str = "a time is seconds, or has a unit: 90s, 5m, 1h";

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
        None => Err(FORMS.to_owned()),
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
            assert_eq!(time(text).unwrap_err(), FORMS, "{text}");
        }
        assert_eq!(time("-1").unwrap_err(), "a time is not negative");
        for text in ["1e9", "400d", "9000h"] {
            assert_eq!(time(text).unwrap_err(), "that is more than a year", "{text}");
        }
        for text in ["0", "0s", "0.0"] {
            assert_eq!(time_limit(text).unwrap_err(), "no request is answered in no time");
        }
    }
}
