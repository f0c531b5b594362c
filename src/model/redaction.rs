//! Secrets that must not go out in results: their values are replaced.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::model::warnings::Warnings;
use crate::util::clip::marks;

/// Stands for a secret.
const REDACTED: &str = "[redacted]";

/// Characters of the shortest value that is replaced: a shorter one is part of many words.
const SHORTEST: usize = 8;

/// Bytes of the shortest part of one that is replaced where a text was cut.
const SHORTEST_PART: usize = 4;

/// Ends of the names of variables whose values are secret.
const SECRET: [&str; 4] = ["_TOKEN", "_SECRET", "_PASSWORD", "_API_KEY"];

/// Searches texts for all secrets at once. It cannot be printed.
#[derive(Clone, Default)]
pub struct Redaction(Option<Arc<Secrets>>);

struct Secrets {
    searcher: AhoCorasick,
    list: Vec<Secret>,
}

/// A secret by its name.
pub struct Secret {
    pub name: String,
    pub value: String,
}

impl Secret {
    /// Returns the value of a variable as a secret, if it can be told from other words.
    pub fn of_variable(name: &str, value: &str) -> Option<Self> {
        let value = value.trim();
        let is_word = value.chars().all(char::is_alphabetic);
        let is_secret = value.chars().count() >= SHORTEST && !is_word;
        is_secret.then(|| Self { name: name.to_owned(), value: value.to_owned() })
    }

    /// Returns the secret as it stands in JSON, if that is another text.
    fn escaped(&self) -> Option<Self> {
        let json = serde_json::Value::from(self.value.as_str()).to_string();
        let value = json.trim_matches('"').to_owned();
        (value != self.value).then(|| Self { name: self.name.clone(), value })
    }

    /// Returns the key as a secret, if it is long enough.
    pub fn of_key(value: &str) -> Option<Self> {
        (value.chars().count() >= SHORTEST)
            .then(|| Self { name: "the API key".to_owned(), value: value.to_owned() })
    }
}

/// Tells whether the name of a variable says that its value is secret.
pub fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|end| name.ends_with(end))
}

impl Redaction {
    /// Searches for these secrets. Of several with one value the first has the name.
    pub fn new(secrets: Vec<Secret>) -> Self {
        if secrets.is_empty() {
            return Self::default();
        }
        let escaped = secrets.iter().filter_map(Secret::escaped).collect::<Vec<_>>();
        let secrets: Vec<_> = secrets.into_iter().chain(escaped).collect();
        let mut builder = AhoCorasick::builder();
        let values = secrets.iter().map(|secret| &secret.value);
        let searcher = builder.match_kind(MatchKind::LeftmostLongest).build(values).ok();
        Self(searcher.map(|searcher| Arc::new(Secrets { searcher, list: secrets })))
    }

    /// Replaces the secrets in a text of the result `of`, and counts them by their names.
    pub fn apply(&self, text: &mut String, of: &str, warnings: &mut Warnings) {
        if let Cow::Owned(redacted) = self.redacted(text, |name| {
            let warning = format!("the value of {name} became {REDACTED}");
            warnings.add(warning, of);
        }) {
            *text = redacted;
        }
    }

    /// Returns the text without secrets.
    pub fn redacted<'a>(&self, text: &'a str, mut found: impl FnMut(&str)) -> Cow<'a, str> {
        let Some(secrets) = &self.0 else { return text.into() };
        let mut places = secrets.places(text);
        if places.is_empty() {
            return text.into();
        }
        places.sort_by_key(|(place, _)| place.start);
        let (mut redacted, mut end) = (String::new(), 0);
        for (place, secret) in places {
            if place.start >= end {
                found(&secret.name);
                redacted.push_str(&text[end..place.start]);
                redacted.push_str(REDACTED);
            }
            end = end.max(place.end);
        }
        (redacted + &text[end..]).into()
    }
}

impl Secrets {
    /// Finds the secrets in a text, and what is left of one where the text was cut through it, on either
    /// side of the line that says so.
    fn places(&self, text: &str) -> Vec<(Range<usize>, &Secret)> {
        let whole = self.searcher.find_iter(text);
        let whole = whole.map(|found| (found.range(), &self.list[found.pattern().as_usize()]));
        let mut places: Vec<_> = whole.collect();
        // A text that a message quotes ends in dots.
        let dots = text.match_indices('…').map(|(at, _)| at..text.len());
        for mark in marks(text).map(|(mark, _)| mark).chain(dots) {
            let bytes = text.as_bytes();
            let (before, behind) = (&bytes[..mark.start], &bytes[mark.end..]);
            let begun = self.longest_part(|secret, length| before.ends_with(&secret[..length]));
            let ended = self.longest_part(|secret, length| {
                behind.starts_with(&secret[secret.len() - length..])
            });
            places.extend(begun.map(|(length, secret)| (mark.start - length..mark.start, secret)));
            places.extend(ended.map(|(length, secret)| (mark.end..mark.end + length, secret)));
        }
        places
    }

    /// Returns the length of the longest part of a secret, and the secret.
    fn longest_part(&self, is_there: impl Fn(&[u8], usize) -> bool) -> Option<(usize, &Secret)> {
        let length = |secret: &Secret| {
            let value = secret.value.as_bytes();
            (SHORTEST_PART..value.len()).rev().find(|length| is_there(value, *length))
        };
        let parts = self.list.iter().filter_map(|secret| Some((length(secret)?, secret)));
        parts.max_by_key(|(length, _)| *length)
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clip::Clipped;

    #[test]
    fn long_values_that_are_no_words_are_secrets() {
        for (value, is_secret) in [
            ("hunter22", true),
            (" hunter22\r\n", true),
            ("hunter2", false),
            ("password", false),
            ("passwörter", false),
            ("pass word", true),
            ("", false),
        ] {
            assert_eq!(Secret::of_variable("X", value).is_some(), is_secret, "{value:?}");
        }
        assert!(Secret::of_key("to_abcdef").is_some() && Secret::of_key("to_abc").is_none());
        for (name, expected) in
            [("A_TOKEN", true), ("B_API_KEY", true), ("TOKEN", false), ("A_TOKEN_ID", false)]
        {
            assert_eq!(is_secret(name), expected, "{name}");
        }
    }

    #[test]
    fn a_secret_is_replaced_wherever_a_text_was_cut_through_it() {
        let secret = "S3CRET-ünd-0123456789";
        let secrets = [("A", "S3CR-other"), ("B", secret)];
        let secrets =
            secrets.map(|(name, value)| Secret { name: name.into(), value: value.into() });
        let redaction = Redaction::new(secrets.into());
        for shift in 0..secret.len() {
            let mut clipped = Clipped::new(100);
            clipped.push_str(&"x".repeat(shift));
            for _ in 0..50 {
                clipped.push_str(secret);
                clipped.push_str(" ");
            }
            let clipped = clipped.to_text().into_owned();
            let whole = clipped.replace(secret, "");
            let mut warnings = Warnings::default();
            let mut text = clipped.clone();
            redaction.apply(&mut text, "t", &mut warnings);
            assert!(!text.contains("S3CR") && !text.contains("6789"), "{shift}: {whole}");
            assert!(text.contains(" bytes cut …]\n"), "{text}");
            let once = text.clone();
            redaction.apply(&mut text, "t", &mut warnings);
            assert_eq!(text, once, "{shift}");
        }
    }

    #[test]
    fn secrets_that_share_bytes_are_replaced_together() {
        let secrets =
            [("A", "postgres://u:hunter22-x@db/1"), ("B", "hunter22-x"), ("C", "2-x@db-other")];
        let secrets =
            secrets.map(|(name, value)| Secret { name: name.into(), value: value.into() });
        let redaction = Redaction::new(secrets.into());
        let cut = "\n[… 5 bytes cut …]\n";
        for (text, expected) in [
            (format!("a postgres://u:hunter22-x@d{cut}b"), format!("a [redacted]{cut}b")),
            (format!("a{cut}//u:hunter22-x@db/1 b"), format!("a{cut}[redacted] b")),
            (format!("a hunter22-x@db-oth{cut}b"), format!("a [redacted]{cut}b")),
            (format!("a hunter22-x b{cut}c"), format!("a [redacted] b{cut}c")),
            ("a hunter2…".to_owned(), "a [redacted]…".to_owned()),
        ] {
            assert_eq!(redaction.redacted(&text, |_| {}), expected, "{text}");
        }
    }

    #[test]
    fn all_secrets_are_replaced_and_counted_by_name() {
        let secrets = [("A", "secret-1"), ("B", "secret-12"), ("C", "ünique-ß"), ("D", "secret-1")];
        let secrets =
            secrets.map(|(name, value)| Secret { name: name.into(), value: value.into() });
        let redaction = Redaction::new(secrets.into());
        let mut text = "secret-12secret-1 ünique-ß\nsecret-1\u{301} secret- ".to_owned();
        let mut warnings = Warnings::default();
        redaction.apply(&mut text, "t", &mut warnings);
        assert_eq!(text, "[redacted][redacted] [redacted]\n[redacted]\u{301} secret- ");
        let line = |name, count| format!("the value of {name} became [redacted] ({count}): `t`");
        assert_eq!(warnings.lines(), [line("B", 1), line("A", 2), line("C", 1)]);
        assert_eq!(format!("{redaction:?}"), "[redacted]");
        let mut text = "secret-1".to_owned();
        Redaction::default().apply(&mut text, "t", &mut warnings);
        assert_eq!(text, "secret-1");
    }
}
