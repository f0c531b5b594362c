//! Pages of the manual: what stands below a command's help, in roff.
//!
//! Knows nothing of the command line. Help is plain text in paragraphs; one that is headed by a
//! line with a colon, and indented below it, is a listing, whose lines a page must not fill.

use roff::{Roff, roman};

/// Returns the paragraphs that are no listings, to follow the description.
pub fn paragraphs(text: &str) -> Roff {
    let mut page = Roff::new();
    for paragraph in text.split("\n\n").filter(|paragraph| listing(paragraph).is_none()) {
        page.control("PP", []);
        page.text([roman(paragraph)]);
    }
    page
}

/// Returns the listings, each as a section of its own.
pub fn listings(text: &str) -> Roff {
    let mut page = Roff::new();
    for (heading, lines) in text.split("\n\n").filter_map(listing) {
        page.control("SH", [heading.to_uppercase().as_str()]);
        page.control("nf", []);
        for line in lines.lines() {
            page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        page.control("fi", []);
    }
    page
}

/// Returns the section that links to other pages.
pub fn see_also(pages: &str) -> Roff {
    let mut page = Roff::new();
    page.control("SH", ["SEE ALSO"]);
    page.text([roman(pages)]);
    page
}

/// Returns a page whose characters are those that were written: roff takes some for typography, and what is
/// copied from the page would not run.
pub fn literally(page: &str) -> String {
    page.replace('`', r"\(ga").replace('~', r"\(ti").replace('^', r"\(ha")
}

/// Returns the heading and the lines of a listing.
fn listing(paragraph: &str) -> Option<(&str, &str)> {
    let (heading, lines) = paragraph.split_once(":\n  ")?;
    (!heading.contains('\n')).then_some((heading, lines))
}
