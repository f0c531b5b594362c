//! Sizes as they are typed: bytes, or with a unit.

/// Units with their bytes: as for `dd`, `K` is 1024 and `KB` is 1000.
const UNITS: [(&[&str], u64); 5] = [
    (&["", "b"], 1),
    (&["k", "kib"], 1 << 10),
    (&["m", "mib"], 1 << 20),
    (&["kb"], 1000),
    (&["mb"], 1_000_000),
];

const FORMS: &str = "a size is bytes, or has a unit: 64K, 2MB, 1MiB";

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
        return Err(FORMS.to_owned());
    };
    let size = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(*bytes));
    size.and_then(|size| size.try_into().ok()).ok_or_else(|| "that is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(size(text).unwrap_err(), FORMS, "{text}");
        }
        for text in ["18446744073709551616", "99999999999999M"] {
            assert_eq!(size(text).unwrap_err(), "that is too large", "{text}");
        }
    }
}
