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

    /// Takes the key out of words that came from elsewhere: servers and proxies echo headers, and
    /// escape what they echo in the ways of JSON, HTML and URLs.
    pub fn redact(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            if let Some(length) = self.length_at(&text[at..]) {
                clean.push_str(REDACTED);
                at += length;
            } else {
                clean.push(next);
                at += next.len_utf8();
            }
        }
        clean
    }

    /// The length of the key with which `text` begins, in whatever spelling.
    fn length_at(&self, text: &str) -> Option<usize> {
        if text.starts_with(&self.0) {
            return Some(self.0.len());
        }
        self.0.bytes().try_fold(0, |end, byte| Some(end + spelling(&text[end..], byte)?))
    }
}

/// The length of the spelling of `byte` with which `text` begins: in any case, behind backslashes,
/// or as `\u002B`, `%2B`, `&#43;`, `&#x2B;` or a named entity.
fn spelling(text: &str, byte: u8) -> Option<usize> {
    let tail = text.trim_start_matches('\\');
    let slashes = text.len() - tail.len();
    let hex = |digits: Option<&str>| {
        digits.is_some_and(|digits| u32::from_str_radix(digits, 16) == Ok(u32::from(byte)))
    };
    match tail.as_bytes().first().copied().unwrap_or_default() {
        b'u' | b'U' if slashes > 0 && hex(tail.get(1..5)) => Some(slashes + 5),
        b'%' if hex(tail.get(1..3)) => Some(slashes + 3),
        b'&' if entity(tail).is_some_and(|(is, _)| is == u32::from(byte)) => {
            entity(tail).map(|(_, length)| slashes + length)
        }
        _ if byte == b'\\' && slashes > 0 => Some(slashes),
        first if first.eq_ignore_ascii_case(&byte) => Some(slashes + 1),
        _ => None,
    }
}

/// The character of the entity with which `text` begins, and the entity's length.
fn entity(text: &str) -> Option<(u32, usize)> {
    let (name, _) = text.strip_prefix('&')?.split_once(';')?;
    let character = match name {
        "amp" => u32::from(b'&'),
        "lt" => u32::from(b'<'),
        "gt" => u32::from(b'>'),
        "quot" => u32::from(b'"'),
        "apos" => u32::from(b'\''),
        number => {
            let number = number.strip_prefix('#')?;
            match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            }
        }
    };
    Some((character, name.len() + "&;".len()))
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

    #[test]
    fn a_key_is_taken_out_however_it_is_spelled() {
        let token: Token = r#"sekr+et/K"EY&x=\q"#.parse().unwrap();
        for spelled in [
            r#"sekr+et/K"EY&x=\q"#,
            r#"sekr+et\/K\"EY&x=\\q"#,
            r#"sekr+et/K\\\"EY&x=\\\\q"#,
            r"sekr\u002Bet\/K\u0022EY\u0026x\u003d\u005cq",
            "sekr+et/K&quot;EY&amp;x=\\q",
            "sekr&#43;et&#x2F;K&#34;EY&#38;x=\\q",
            "sekr%2Bet%2FK%22EY%26x%3D%5Cq",
            r#"SEKR+ET/k"ey&X=\Q"#,
        ] {
            let said = format!("Bearer {spelled}, ä");
            assert_eq!(token.redact(&said), "Bearer [key], ä", "{spelled}");
        }
        assert_eq!(token.redact("sekr+et/K is another"), "sekr+et/K is another");
    }
}
