//! A key as it was given.

use crate::api::Token;

/// A key that is checked only after parsing: clap would show a value that it refuses.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Reads the key.
    ///
    /// # Errors
    /// The reason why this is no key.
    pub fn token(&self) -> Result<Token, &'static str> {
        self.0.parse()
    }
}

impl From<String> for Secret {
    fn from(key: String) -> Self {
        Self(key)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}
