//! JSON strings, written in leaps: logs are most of what is sent, and most need no escape but for the
//! ends of their lines.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` as a JSON string, with its quotes.
pub fn push_string(to: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    to.reserve(rest.len() + 2);
    to.push(b'"');
    // The loop has no early end, so that compilers make vector instructions of it.
    let is_rare = |byte: u8| byte < 0x20 && byte != b'\n';
    let has_control = rest.iter().fold(false, |found, byte| found | is_rare(*byte));
    let next_escape = |rest: &[u8]| {
        if has_control {
            rest.iter().position(|byte| needs_escape(*byte))
        } else {
            memchr::memchr3(b'"', b'\\', b'\n', rest)
        }
    };
    while let Some(at) = next_escape(rest) {
        to.extend_from_slice(&rest[..at]);
        push_escaped(to, rest[at]);
        rest = &rest[at + 1..];
    }
    to.extend_from_slice(rest);
    to.push(b'"');
}

fn push_escaped(to: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            return to.extend_from_slice(&[b'\\', b'u', b'0', b'0', digits[0], digits[1]]);
        }
    };
    to.extend_from_slice(&[b'\\', letter]);
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_as_serde_json_writes_it(text: &str) {
        let mut json = Vec::new();
        push_string(&mut json, text);
        assert_eq!(String::from_utf8(json).unwrap(), serde_json::to_string(text).unwrap());
    }

    #[test]
    fn every_character_of_ascii_is_written_at_every_place_of_a_word() {
        for character in 0..=0x80_u8 {
            for before in 0..9 {
                let text = "x".repeat(before) + &char::from(character).to_string() + "yz\u{e9}";
                is_as_serde_json_writes_it(&text);
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_does(text in any::<String>()) {
            is_as_serde_json_writes_it(&text);
        }

        #[test]
        fn so_is_one_of_many_escapes(text in "[\"\\\\\n\t\0\u{1f}\u{7f}aé😀 !#\\[\\]]{0,40}") {
            is_as_serde_json_writes_it(&text);
        }
    }
}
