//! The key: the one value that appears in no output, file or error.

use std::str::FromStr;

use super::redactor::Redactor;

/// An API key. It has neither `Debug` nor `Display`, so that it cannot be printed by mistake.
#[derive(Clone)]
pub struct Token(String);

impl FromStr for Token {
    type Err = &'static str;

    /// Takes the key without white space around it, as files and variables often have it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = text.trim();
        let is_scheme = |start: &str| start.eq_ignore_ascii_case("bearer ");
        let problems = [
            (key.is_empty(), "the key is empty"),
            (key.starts_with(['"', '\'']), "the key begins with a quote, which is no part of it"),
            (
                key.get(..7).is_some_and(is_scheme),
                "the key begins with `Bearer`, which is no part of it",
            ),
            (
                key.chars().any(char::is_control),
                "the key contains a control character, such as a line feed",
            ),
            (key.contains(' '), "the key contains a space"),
            (!key.is_ascii(), "the key contains a character that is not ASCII"),
        ];
        match problems.into_iter().find(|(is_there, _)| *is_there) {
            Some((_, problem)) => Err(problem),
            None => Ok(Self(key.to_owned())),
        }
    }
}

impl Token {
    /// Returns the key itself, to be sent.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Returns what takes the key out of words that came from elsewhere.
    pub fn redactor(&self) -> Redactor {
        Redactor::new(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_loses_white_space_around_it_and_is_refused_with_some_inside() {
        let token: Token = " to_abc\n".parse().unwrap();
        assert_eq!(token.secret(), "to_abc");
        assert!("to_a\nb".parse::<Token>().is_err());
        assert!("to_a b".parse::<Token>().is_err());
        assert!("to_a\u{e4}".parse::<Token>().is_err());
        assert!(" \n".parse::<Token>().is_err());
    }

    #[test]
    fn a_key_that_was_copied_with_too_much_is_recognised() {
        for (text, said) in [
            ("\"to_abc\"", "the key begins with a quote, which is no part of it"),
            ("'to_abc", "the key begins with a quote, which is no part of it"),
            ("Bearer to_abc", "the key begins with `Bearer`, which is no part of it"),
            ("bearer to_abc", "the key begins with `Bearer`, which is no part of it"),
        ] {
            assert_eq!(text.parse::<Token>().err(), Some(said));
        }
        assert!("bearer_of_news".parse::<Token>().is_ok());
    }
}
