//! Texts that are cut in the middle where they are too long.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::Range;

use memchr::memmem;

/// Bytes of a file that are read at once.
const PIECE: usize = 64 << 10;

/// Begins the line that says what was cut.
const MARK_START: &str = "\n[… ";

/// Ends that line.
const MARK_END: &str = " bytes cut …]\n";

/// Bytes by which a text may exceed its limit: the line that says what was cut takes up to so many.
/// So a text that was cut once is not cut again.
pub const MARK: usize = MARK_START.len() + u64::MAX.ilog10() as usize + 1 + MARK_END.len();

/// Keeps head and tail of a text that is longer than `longest` bytes, with a line between them that says
/// how much was cut, also before. The line comes on top of `longest`.
pub fn truncate_middle(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest.saturating_add(MARK) {
        return text.into();
    }
    let mut head = text.floor_char_boundary(longest / 2);
    let mut tail = text.ceil_char_boundary(text.len() - (longest - longest / 2));
    let (mut bytes, mut len, mut end) = (0_u64, 0, 0);
    for (mark, cut) in marks(text) {
        if mark.start < tail && mark.end > head {
            (head, tail) = (head.min(mark.start), tail.max(mark.end));
            bytes = bytes.saturating_add(cut);
            // The line feed of one may begin the next.
            len += mark.end - mark.start.max(end);
            end = mark.end;
        }
    }
    bytes = bytes.saturating_add((tail - head - len) as u64);
    [&text[..head], &mark(bytes), &text[tail..]].concat().into()
}

/// Returns the line that says what was cut.
pub fn mark(bytes: u64) -> String {
    format!("{MARK_START}{bytes}{MARK_END}")
}

/// Returns the place of each line in `text` that says what was cut, and how much it was.
pub fn marks(text: &str) -> impl Iterator<Item = (Range<usize>, u64)> {
    memmem::find_iter(text.as_bytes(), MARK_START).filter_map(|at| {
        let rest = &text[at + MARK_START.len()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let cut = rest[..digits].parse().ok()?;
        let len = MARK_START.len() + digits + MARK_END.len();
        rest[digits..].starts_with(MARK_END).then_some((at..at + len, cut))
    })
}

/// A text that grows, of which only head and tail are held once it exceeds twice its limit.
#[derive(Clone, Debug, Default)]
pub struct Clipped {
    /// Bytes that are held at least of the head, and of the tail.
    limit: usize,
    head: String,
    tail: String,
    cut: u64,
}

impl Clipped {
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    /// Empties the text, and keeps its memory unless it is large.
    pub fn clear(&mut self) {
        self.head.clear();
        self.head.shrink_to(64 << 10);
        self.tail = String::new();
        self.cut = 0;
    }

    pub fn push_str(&mut self, text: &str) {
        self.push_with(|to| to.push_str(text));
    }

    /// Appends what `push` appends to the string that it gets, which ends as the text does.
    pub fn push_with(&mut self, push: impl FnOnce(&mut String)) {
        if self.tail.is_empty() && self.head.len() < self.limit {
            push(&mut self.head);
            if self.head.len() > self.limit {
                self.tail = self.head.split_off(self.head.floor_char_boundary(self.limit));
            }
        } else {
            push(&mut self.tail);
        }
        if self.tail.len() > self.limit.saturating_mul(2) {
            let end = self.tail.floor_char_boundary(self.tail.len() - self.limit);
            self.tail.drain(..end);
            self.cut += end as u64;
        }
    }

    /// Appends all that `from` holds, and tells whether it is UTF-8: what is not becomes U+FFFD.
    pub fn push_from(&mut self, mut from: impl Read) -> io::Result<bool> {
        let (mut bytes, mut is_utf8) = (Vec::new(), true);
        loop {
            let is_end = (&mut from).take(PIECE as u64).read_to_end(&mut bytes)? < PIECE;
            let mut rest = 0;
            let mut chunks = bytes.utf8_chunks().peekable();
            while let Some(chunk) = chunks.next() {
                self.push_str(chunk.valid());
                let is_last = !is_end && chunks.peek().is_none();
                if is_last && is_incomplete(chunk.invalid()) {
                    rest = chunk.invalid().len();
                } else if !chunk.invalid().is_empty() {
                    self.push_str("\u{FFFD}");
                    is_utf8 = false;
                }
            }
            if is_end {
                return Ok(is_utf8);
            }
            bytes.drain(..bytes.len() - rest);
        }
    }

    /// Returns the text, with a line that says what was cut of it.
    pub fn to_text(&self) -> Cow<'_, str> {
        match (self.tail.is_empty(), self.cut) {
            (true, _) => self.head.as_str().into(),
            (false, 0) => [&*self.head, &*self.tail].concat().into(),
            (false, cut) => [&*self.head, &*mark(cut), &*self.tail].concat().into(),
        }
    }
}

/// Tells whether bytes begin a character that others may end.
fn is_incomplete(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_tail_are_kept_on_character_boundaries() {
        let text = "x".repeat(42) + "abcdefgh";
        assert_eq!(truncate_middle(&text, 8), text);
        assert_eq!(truncate_middle(&text, 7), "xxx\n[… 43 bytes cut …]\nefgh");
        assert_eq!(truncate_middle(&"ä".repeat(24), 3), "\n[… 46 bytes cut …]\nä");
    }

    #[test]
    fn a_text_that_is_read_is_the_same_wherever_its_pieces_end() {
        let before = PIECE - 3;
        for (end, is_utf8) in [
            ("aé€😀b".as_bytes(), true),
            ("€😀".as_bytes(), true),
            (&b"\xff\xe2\x82\xac"[..], false),
            (&b"\xe2\x82"[..], false),
            (&b"\xf0\x9f\x98x\xf0\x9f\x98\x80"[..], false),
        ] {
            for shift in 0..6 {
                let bytes = ["x".repeat(before + shift).as_bytes(), end].concat();
                let mut text = Clipped::new(usize::MAX);
                assert_eq!(text.push_from(&*bytes).unwrap(), is_utf8);
                assert_eq!(text.to_text(), String::from_utf8_lossy(&bytes), "{end:?} {shift}");
            }
        }
    }

    #[test]
    fn what_was_cut_once_is_not_cut_again() {
        let text = "line\n".repeat(100_000);
        for longest in [0, 1, 7, 1000, 499_957, 499_958, 500_000, usize::MAX] {
            let once = truncate_middle(&text, longest).into_owned();
            assert!(once.len() <= longest.saturating_add(MARK), "{longest}");
            assert_eq!(truncate_middle(&once, longest), once, "{longest}");
        }
    }

    #[test]
    fn any_lines_that_say_what_was_cut_are_counted() {
        let marks = "\n".to_owned() + &"[… 5 bytes cut …]\n".repeat(1000);
        assert_eq!(truncate_middle(&marks, 0), mark(5000));
        let most = mark(u64::MAX);
        assert_eq!(truncate_middle(&[&*most, &*most, "x"].concat(), 0), most);
    }

    #[test]
    fn what_was_cut_before_is_counted_too() {
        let text = "0123456789".repeat(15_000);
        for limit in [100, 1000, 10_001] {
            let mut clipped = Clipped::new(limit);
            for piece in text.as_bytes().chunks(999) {
                clipped.push_str(std::str::from_utf8(piece).unwrap());
            }
            let once = clipped.to_text();
            assert!(once.len() < 4 * limit && once.len() > 2 * limit, "{}", once.len());
            for longest in [0, 10, 99, limit] {
                let direct = truncate_middle(&text, longest);
                assert_eq!(truncate_middle(&once, longest), direct, "{limit} {longest}");
            }
            let twice = format!("{once}{once}");
            let counted = truncate_middle(&twice, 50);
            let said = format!("[… {} bytes cut …]", 2 * text.len() - 50);
            assert!(counted.contains(&said), "{counted}");
        }
    }

    #[test]
    fn a_line_that_says_what_was_cut_is_not_cut_in_two() {
        let text = format!("{}{}{}", "<".repeat(100), mark(5), ">".repeat(100));
        for longest in 0..130 {
            let cut = truncate_middle(&text, longest);
            assert_eq!(cut.matches('…').count(), 2, "{longest}: {cut}");
            let kept = cut.matches(['<', '>']).count();
            assert!(cut.contains(&format!("[… {} bytes cut …]", 205 - kept)), "{longest}: {cut}");
        }
    }

    #[test]
    fn a_short_text_is_held_whole() {
        let mut text = Clipped::new(10);
        assert!(text.is_empty());
        text.push_str("one");
        text.push_with(|to| to.push_str(" two three four"));
        assert_eq!(text.to_text(), "one two three four");
        text.clear();
        assert_eq!(text.to_text(), "");
    }
}
