//! The key: the one value that appears in no output, file or error.

use std::str::FromStr;

/// What is shown in a key's place.
const REDACTED: &str = "[key]";

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
        if key.chars().any(char::is_control) {
            return Err("the key contains a control character, such as a line feed");
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

    /// Takes the key out of words that came from elsewhere: servers and proxies echo headers.
    pub fn redact(&self, text: &str) -> String {
        let json = serde_json::Value::from(self.0.as_str()).to_string();
        let json = json.trim_matches('"').to_owned();
        let html = self.0.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let quoted = html.replace('"', "&quot;");
        let form: String = url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        let forms = [&self.0, &json, &html, &quoted, &form];
        forms.into_iter().fold(text.to_owned(), |text, form| text.replace(form, REDACTED))
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
        assert!("to_a\u{e4}".parse::<Token>().is_err());
        assert!(" \n".parse::<Token>().is_err());
    }

    #[test]
    fn redacting_takes_out_every_occurrence() {
        let token: Token = "to_abc".parse().unwrap();
        assert_eq!(token.redact("Bearer to_abc, to_abc"), "Bearer [key], [key]");
    }
}
