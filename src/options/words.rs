//! Values that are words, shown in help, errors and completions.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

/// Returns a parser that takes these words and nothing else.
pub fn words<T>(words: &[&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = &'static str> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.to_vec()).try_map(|word| word.parse::<T>())
}

/// Takes any text, and offers these words for completion.
#[derive(Clone)]
pub struct Suggested(pub Vec<&'static str>);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}
