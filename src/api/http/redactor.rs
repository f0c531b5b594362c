//! Text without the key, in whatever spelling a server or proxy echoes it.
//!
//! The text is read in windows, each as it is and with its escapes taken off up to [`LAYERS`] times,
//! so that the work is linear in its length and the memory does not grow with it.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;

/// What is shown in a key's place.
const REDACTED: &str = "[key]";

/// As many escapes around each other are seen through: JSON in JSON, a URL that was encoded twice.
const LAYERS: u32 = 3;

/// The bytes of a window, without what it shares with the next one.
const WINDOW: usize = 64 << 10;

/// The longest spelling of one character, percent-encoded in every layer.
const LONGEST_SPELLING: usize = 3_usize.pow(LAYERS);

/// The least of a key's base64 that is told from other text.
const SHORTEST_BASE64: usize = 8;

/// The longest entity, as in `&#x0000002B;`.
const LONGEST_ENTITY: usize = 12;

/// Takes one key out of texts.
pub struct Redactor {
    /// The key in lower case, as it is and as it reads where it holds escapes itself.
    keys: Vec<Finder<'static>>,
    /// The parts of its base64 that do not depend on what stands before and behind it.
    base64: Vec<Finder<'static>>,
    /// What a window shares with the next one.
    overlap: usize,
}

impl Redactor {
    pub fn new(key: &str) -> Self {
        let mut keys = vec![key.as_bytes().to_ascii_lowercase()];
        let mut layer = Layer::of(key.as_bytes());
        for _ in 0..LAYERS {
            let Some(inner) = layer.decoded() else { break };
            keys.push(inner.bytes.to_ascii_lowercase());
            layer = inner;
        }
        let mut base64 = base64_parts(key.as_bytes());
        for needles in [&mut keys, &mut base64] {
            needles.sort();
            needles.dedup();
            needles.retain(|needle| !needle.is_empty());
        }
        let finders = |needles: Vec<Vec<u8>>| {
            needles.iter().map(|needle| Finder::new(needle).into_owned()).collect()
        };
        let overlap = key.len() * LONGEST_SPELLING;
        Self { keys: finders(keys), base64: finders(base64), overlap }
    }

    /// Returns the text with a mark in the place of each occurrence of the key.
    pub fn redact(&self, text: String) -> String {
        let found = self.find(text.as_bytes());
        if found.is_empty() {
            return text;
        }
        let mut clean = String::with_capacity(text.len());
        let mut end = 0;
        for place in found {
            clean.push_str(&text[end..place.start]);
            clean.push_str(REDACTED);
            end = place.end;
        }
        clean.push_str(&text[end..]);
        clean
    }

    /// Returns the places of the key, in order and apart from each other.
    fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = text.len().min(start + WINDOW + self.overlap);
            let mut places = self.find_in(&text[start..end]);
            places.retain(|place| place.start < WINDOW);
            places.sort_by_key(|place| place.start);
            for place in places {
                let place = place.start + start..place.end + start;
                match found.last_mut() {
                    Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                    _ => found.push(place),
                }
            }
            start = found.last().map_or(0, |last| last.end).max(start + WINDOW);
        }
        found
    }

    fn find_in(&self, window: &[u8]) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        let mut layer = Some(Layer::of(window));
        // Escapes of the key's own come off with those around it.
        for _ in 0..=LAYERS as usize + self.keys.len() {
            let Some(text) = layer else { break };
            let lower = text.bytes.to_ascii_lowercase();
            for key in &self.keys {
                let length = key.needle().len();
                places.extend(key.find_iter(&lower).map(|at| text.origin(at..at + length)));
            }
            for part in &self.base64 {
                let length = part.needle().len();
                let found = part.find_iter(&text.bytes);
                places.extend(found.map(|at| text.origin(text.with_edges(at..at + length))));
            }
            layer = text.decoded();
        }
        places
    }
}

/// Text without its outermost escapes, and the place of each of its bytes in the text as it came.
struct Layer {
    bytes: Vec<u8>,
    /// Of each byte, and of the end.
    starts: Vec<usize>,
}

impl Layer {
    fn of(text: &[u8]) -> Self {
        Self { bytes: text.to_vec(), starts: (0..=text.len()).collect() }
    }

    /// Returns the text without one more layer of escapes; `None` where it has none.
    fn decoded(&self) -> Option<Self> {
        let mut inner = Self { bytes: Vec::new(), starts: Vec::new() };
        let mut at = 0;
        while let Some(&byte) = self.bytes.get(at) {
            let (byte, length) = match byte {
                b'%' | b'&' | b'\\' => escape(&self.bytes[at..]).unwrap_or((byte, 1)),
                other => (other, 1),
            };
            inner.bytes.push(byte);
            inner.starts.push(self.starts[at]);
            at += length;
        }
        inner.starts.push(*self.starts.last()?);
        (inner.bytes.len() < self.bytes.len()).then_some(inner)
    }

    fn origin(&self, place: Range<usize>) -> Range<usize> {
        self.starts[place.start]..self.starts[place.end]
    }

    /// Returns a piece of base64 with the characters beside it, which hold bits of it.
    fn with_edges(&self, place: Range<usize>) -> Range<usize> {
        let is_part = |at: usize| {
            self.bytes.get(at).is_some_and(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
            })
        };
        let start = place.start.checked_sub(1).filter(|at| is_part(*at)).unwrap_or(place.start);
        start..if is_part(place.end) { place.end + 1 } else { place.end }
    }
}

/// Returns the character of the escape with which `text` begins, and the escape's length: `%2B`,
/// `\u002B`, `\x2B`, `\+`, `&#43;`, `&#x2B;` or a named entity.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let hex = |digits: Range<usize>| {
        let digits = str::from_utf8(text.get(digits)?).ok()?;
        u8::try_from(u32::from_str_radix(digits, 16).ok()?).ok()
    };
    match (text[0], text.get(1)?) {
        (b'%', _) => Some((hex(1..3)?, 3)),
        (b'\\', b'u' | b'U') => Some((hex(2..6)?, 6)),
        (b'\\', b'x') => Some((hex(2..4)?, 4)),
        (b'\\', other) => Some((*other, 2)),
        _ => entity(text),
    }
}

fn entity(text: &[u8]) -> Option<(u8, usize)> {
    let end = text.iter().take(LONGEST_ENTITY).position(|byte| *byte == b';')?;
    let character = match str::from_utf8(&text[1..end]).ok()? {
        "amp" => b'&',
        "lt" => b'<',
        "gt" => b'>',
        "quot" => b'"',
        "apos" => b'\'',
        number => {
            let number = number.strip_prefix('#')?;
            match number.strip_prefix(['x', 'X']) {
                Some(digits) => u8::try_from(u32::from_str_radix(digits, 16).ok()?).ok()?,
                None => number.parse().ok()?,
            }
        }
    };
    Some((character, end + 1))
}

/// Returns the characters of a key's base64 that are the same wherever the key stands in a longer
/// text, for each of the three ways in which it may be cut into groups.
fn base64_parts(key: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    for before in 0..3 {
        let text = [&vec![0; before], key].concat();
        let first = (before * 8).div_ceil(6);
        let end = text.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&text).into_bytes();
            parts.extend(encoded.get(first..end).map(<[u8]>::to_vec));
        }
    }
    parts.retain(|part| part.len() >= SHORTEST_BASE64);
    parts
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = r#"sekr+et/K"EY&x=\q"#;

    fn percent(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
    }

    fn json(text: &str) -> String {
        let quoted = serde_json::to_string(text).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    }

    fn html(text: &str) -> String {
        text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('+', "&#43;")
    }

    #[test]
    fn a_key_is_taken_out_however_it_is_spelled() {
        for spelled in [
            KEY.to_owned(),
            KEY.to_lowercase(),
            r"sekr+et\/K\u0022EY\u0026x\u003d\u005cq".to_owned(),
            "sekr&#43;et&#x2F;K&#34;EY&#38;x=\\q".to_owned(),
            r"sekr\x2bet/K\x22EY&x=\\q".to_owned(),
            json(KEY),
            json(&json(KEY)),
            json(&json(&json(KEY))),
            html(KEY),
            html(&json(KEY)),
            percent(KEY),
            percent(&percent(KEY)),
            percent(&percent(&percent(KEY))),
            "sekr%2Bet%252FK%22EY%26x%3D%5Cq".to_owned(),
        ] {
            let said = format!("Bearer {spelled}, {spelled} ä");
            assert_eq!(Redactor::new(KEY).redact(said), "Bearer [key], [key] ä", "{spelled}");
        }
    }

    #[test]
    fn another_key_is_left() {
        for text in ["sekr+et/K is another", "", "%", "&", "\\", "&#", "%4", "\\u00", "&amp", "ä"]
        {
            assert_eq!(Redactor::new(KEY).redact(text.to_owned()), text);
        }
    }

    #[test]
    fn base64_is_taken_out_wherever_the_key_stands() {
        let key = "to_Kx7-very.secret_0123456789";
        for before in ["", "a", "user:", "Bearer ", "{\"authorization\": \""] {
            for after in ["", "\"", "\n\n", "ä"] {
                let encoded = STANDARD.encode(format!("{before}{key}{after}"));
                let clean = Redactor::new(key).redact(encoded.clone());
                let (start, end) = clean.split_once(REDACTED).unwrap();
                assert!(encoded.starts_with(start) && encoded.ends_with(end), "{clean}");
                let mut left = STANDARD_NO_PAD.decode(&start[..start.len() / 4 * 4]).unwrap();
                left.truncate(before.len() + 1);
                assert_eq!(left, before.as_bytes()[..left.len()], "nothing of the key is left");
                assert!(end.len() <= after.len() * 4 / 3 + 4, "{clean}");
            }
        }
    }

    #[test]
    fn a_key_that_looks_like_an_escape_is_taken_out() {
        for key in [r#"k"\/&%25+0"#, "%41%42%43", r"a\u0041b", "x&amp;y", r"a\\\\b"] {
            let deep = json(&json(&json(key)));
            for spelled in [key.to_owned(), json(key), deep, percent(key), html(key)] {
                assert_eq!(
                    Redactor::new(key).redact(spelled.clone()),
                    REDACTED,
                    "{key} as {spelled}"
                );
            }
        }
    }

    #[test]
    fn a_key_on_the_edge_of_a_window_is_taken_out() {
        let spelled = percent(&percent(KEY));
        for shift in (0..spelled.len() + 2).step_by(3) {
            let before = "x".repeat(WINDOW - shift);
            let clean = Redactor::new(KEY).redact(format!("{before}{spelled}!"));
            assert_eq!(clean, format!("{before}{REDACTED}!"), "{shift}");
        }
    }

    /// Work that goes with the square of the length would take hours.
    #[test]
    fn what_is_full_of_escapes_takes_no_longer_than_its_length() {
        let redactor = Redactor::new(KEY);
        let start = Instant::now();
        for unit in ["\\", "&", "%", "%25", "&amp;", "a"] {
            let text = unit.repeat((1 << 20) / unit.len());
            assert_eq!(redactor.redact(text.clone()), text, "{unit}");
        }
        assert!(start.elapsed() < Duration::from_mins(1));
    }

    proptest! {
        /// The key is gone from every text, and all else of it stays.
        #[test]
        fn nothing_else_is_taken_out(
            before in "[a-z%&;\\\\0-9 ä]{0,40}",
            after in "[a-z%&;\\\\0-9 ä]{0,40}",
        ) {
            let key = "KeyOfThisTest";
            let redactor = Redactor::new(key);
            prop_assert_eq!(redactor.redact(before.clone()), before.clone());
            let text = format!("{before} {key} {after}");
            prop_assert_eq!(redactor.redact(text), format!("{before} {REDACTED} {after}"));
        }
    }
}
