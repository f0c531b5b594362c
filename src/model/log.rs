//! Logs made of several texts, each under its heading.

use std::borrow::Cow;

/// A text and what stands above it.
pub type Section<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Joins texts, each with its heading, into one: a single text stands as it is.
pub fn join_sections(mut sections: Vec<Section<'_>>) -> String {
    match &mut *sections {
        [(_, text)] => std::mem::take(text).into_owned(),
        several => under_headings(several),
    }
}

/// Joins texts into one, each under its heading.
pub fn under_headings(sections: &[Section<'_>]) -> String {
    let mut joined = String::new();
    for (heading, text) in sections {
        let separator = if joined.is_empty() { "" } else { "\n\n" };
        joined.extend([separator, "--- ", heading, " ---\n", text]);
    }
    joined
}
