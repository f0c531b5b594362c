//! Secrets that must not go out in results: their values are replaced.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::model::warnings::Warnings;

/// Stands for a secret.
const REDACTED: &str = "[redacted]";

/// Characters of the shortest value that is replaced: a shorter one is part of many words.
const SHORTEST: usize = 8;

/// Ends of the names of variables whose values are secret.
const SECRET: [&str; 4] = ["_TOKEN", "_SECRET", "_PASSWORD", "_API_KEY"];

/// Searches texts for all secrets at once. It cannot be printed.
#[derive(Clone, Default)]
pub struct Redaction(Option<Arc<Secrets>>);

struct Secrets {
    searcher: AhoCorasick,
    /// The name of each secret.
    names: Vec<String>,
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
        let mut builder = AhoCorasick::builder();
        let (names, values): (Vec<_>, Vec<_>) =
            secrets.into_iter().map(|secret| (secret.name, secret.value)).unzip();
        let searcher = builder.match_kind(MatchKind::LeftmostLongest).build(&values).ok();
        Self(searcher.map(|searcher| Arc::new(Secrets { searcher, names })))
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
        let (mut redacted, mut end) = (String::new(), 0);
        for found_at in secrets.searcher.find_iter(text) {
            found(&secrets.names[found_at.pattern().as_usize()]);
            redacted.push_str(&text[end..found_at.start()]);
            redacted.push_str(REDACTED);
            end = found_at.end();
        }
        if end == 0 { text.into() } else { (redacted + &text[end..]).into() }
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
