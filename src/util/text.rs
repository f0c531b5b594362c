//! The operating system's errors in a few words.

use std::error::Error;

/// The error's text as part of a message: without the number that helps nobody, in lower case.
pub fn os_message(error: &dyn Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}
