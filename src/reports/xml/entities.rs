//! Entity and character references, as in `&lt;` and `&#233;`.
//!
//! Nothing is lost: what stands for no character is kept as it was written, because a report that says
//! `&nbsp;` or `a & b` was meant for people and is readable so. Entities of a document type are among
//! the unknown ones on purpose: who expands them can be made to expand a billion.

/// Bytes of the longest name of what can stand for a character: `#x` and `#` with many zeros are not for people.
pub const LONGEST: usize = 32;

/// Returns `raw` with its references resolved.
pub fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    push_unescaped(&mut text, raw);
    text
}

/// Appends `raw` with its references resolved. Line ends are taken as XML takes them.
pub fn push_unescaped(to: &mut String, raw: &str) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr2(b'&', b'\r', rest.as_bytes()) {
        to.push_str(&rest[..at]);
        rest = if rest.as_bytes()[at] == b'&' {
            push_after_ampersand(to, &rest[at + 1..])
        } else {
            to.push('\n');
            let after = &rest[at + 1..];
            after.strip_prefix('\n').unwrap_or(after)
        };
    }
    to.push_str(rest);
}

/// Appends `raw`, in which no reference is one, with the line ends that XML gives it.
pub fn push_literal(to: &mut String, raw: &str) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\r', rest.as_bytes()) {
        to.push_str(&rest[..at]);
        to.push('\n');
        let after = &rest[at + 1..];
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    to.push_str(rest);
}

/// Appends what the `&` before `rest` begins, and gives back what is left.
fn push_after_ampersand<'a>(to: &mut String, rest: &'a str) -> &'a str {
    let near = &rest.as_bytes()[..rest.len().min(LONGEST)];
    let reference = memchr::memchr(b';', near).map(|end| (&rest[..end], &rest[end + 1..]));
    if let Some((name, after)) = reference
        && push_meaning(to, name)
    {
        return after;
    }
    to.push('&');
    rest
}

/// Appends what `&name;` stands for, and tells whether it stands for anything.
///
/// Two references to the halves of a surrogate pair are joined: XML forbids them, and old Java
/// serialisers write every character beyond U+FFFF so.
fn push_meaning(to: &mut String, name: &str) -> bool {
    match meaning(name) {
        Some(Meaning::Char(character)) => to.push(character),
        Some(Meaning::Surrogate(low)) => return join_surrogates(to, low),
        None => return false,
    }
    true
}

#[derive(Clone, Copy)]
enum Meaning {
    Char(char),
    Surrogate(u16),
}

fn meaning(name: &str) -> Option<Meaning> {
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return code_point(name),
    };
    Some(Meaning::Char(character))
}

fn code_point(name: &str) -> Option<Meaning> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => (hexadecimal, 16),
        None => (number, 10),
    };
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    match char::from_u32(code) {
        Some(character) => Some(Meaning::Char(character)),
        // Of the numbers of 16 bits, surrogates alone are no characters.
        None => u16::try_from(code).ok().map(Meaning::Surrogate),
    }
}

/// Replaces a reference to a high surrogate at the end of `to`, which was kept as written, by the
/// character of which `low` is the other half.
fn join_surrogates(to: &mut String, low: u16) -> bool {
    let Some(start) = to.rfind('&') else { return false };
    let high = to[start + 1..].strip_suffix(';').filter(|name| name.len() <= LONGEST);
    let Some(Meaning::Surrogate(high)) = high.and_then(meaning) else { return false };
    let Some(Ok(character)) = char::decode_utf16([high, low]).next() else { return false };
    to.truncate(start);
    to.push(character);
    true
}

#[cfg(test)]
mod tests {
    use super::push_unescaped;

    #[test]
    fn references_become_what_they_stand_for_or_stay() {
        for (raw, text) in [
            ("plain", "plain"),
            ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
            ("&#233;&#xe9;&#XE9;&#0000000000233;", "éééé"),
            ("&#0;&#1;&#x1b;", "\0\u{1}\u{1b}"),
            ("&#x1F600;", "😀"),
            ("&#xD83D;&#xDE00;&#55357;&#56832;", "😀😀"),
            ("&#xD83D;", "&#xD83D;"),
            ("&#xDE00;&#xD83D;", "&#xDE00;&#xD83D;"),
            ("&#xD83D;x&#xDE00;", "&#xD83D;x&#xDE00;"),
            ("&#x110000;&#;&#x;&#+1;&#x-1;", "&#x110000;&#;&#x;&#+1;&#x-1;"),
            ("&nbsp;&foo;&LT;", "&nbsp;&foo;&LT;"),
            ("a & b && c &", "a & b && c &"),
            ("& &lt; &x &gt;", "& < &x >"),
            ("&;", "&;"),
            ("&éééééééééééééééééééééé;", "&éééééééééééééééééééééé;"),
            ("&amp;lt;", "&lt;"),
            ("a\r\nb\rc\n\r\r\nd", "a\nb\nc\n\n\nd"),
            ("a&#13;\nb", "a\r\nb"),
        ] {
            let mut unescaped = String::new();
            push_unescaped(&mut unescaped, raw);
            assert_eq!(unescaped, text, "{raw}");
        }
    }
}
