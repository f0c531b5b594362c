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
        if key.is_empty() {
            return Err("the key is empty");
        }
        if key.starts_with(['"', '\'']) {
            return Err("the key begins with a quote, which is no part of it");
        }
        if key.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
            return Err("the key begins with `Bearer`, which is no part of it");
        }
        if key.chars().any(char::is_control) {
            return Err("the key contains a control character, such as a line feed");
        }
        if key.contains(' ') {
            return Err("the key contains a space");
        }
        if !key.is_ascii() {
            return Err("the key contains a character that is not ASCII");
        }
        Ok(Self(key.to_owned()))
    }
}

impl Token {
    /// The value of the `Authorization` header. The server knows `Bearer` with a capital B alone.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
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
        assert_eq!(token.authorization(), "Bearer to_abc");
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
