//! JSON strings, written by words of eight bytes: logs are most of what is sent, and little of a log
//! needs an escape.

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` as a JSON string, with its quotes.
pub fn push_string(to: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    to.reserve(rest.len() + 2);
    to.push(b'"');
    while let (plain, [byte, after @ ..]) = rest.split_at(plain_length(rest)) {
        to.extend_from_slice(plain);
        push_escaped(to, *byte);
        rest = after;
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

/// Returns how many bytes stand before the first that needs an escape: a quote, a backslash, or a
/// control character.
fn plain_length(bytes: &[u8]) -> usize {
    // The loop over a block has no early end, so that compilers make vector instructions of it.
    let has_escape =
        |block: &[u8; 32]| block.iter().fold(false, |found, byte| found | needs_escape(*byte));
    let blocks = bytes.as_chunks::<32>().0.iter().take_while(|block| !has_escape(block)).count();
    blocks * 32 + plain_length_by_words(&bytes[blocks * 32..])
}

fn plain_length_by_words(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let found = escapes_in(u64::from_le_bytes(*word));
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + tail.iter().take_while(|byte| !needs_escape(**byte)).count()
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Sets the high bit of the lowest byte that needs an escape, and perhaps of bytes above it.
fn escapes_in(word: u64) -> u64 {
    let zero_in = |word: u64| word.wrapping_sub(ONES) & !word;
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    let quotes = zero_in(word ^ (ONES * u64::from(b'"')));
    let backslashes = zero_in(word ^ (ONES * u64::from(b'\\')));
    (controls | quotes | backslashes) & HIGH_BITS
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
