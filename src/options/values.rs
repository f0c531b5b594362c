//! Values of options: the server, and words that are offered.

use std::ffi::OsStr;
use std::str::FromStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command};

use crate::api::Target;

/// The server to talk to, or none at all.
#[derive(Clone, Debug)]
pub enum Destination {
    Server(Target),
    /// Commands check what they are given, and do nothing.
    Nowhere,
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "none" => Ok(Self::Nowhere),
            target => target.parse().map(Self::Server),
        }
    }
}

/// Reads a [`Destination`], and hides one that holds a password: clap shows a value that it refuses.
#[derive(Clone)]
pub struct TargetParser;

impl TypedValueParser for TargetParser {
    type Value = Destination;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Destination, clap::Error> {
        if value.to_str().is_some_and(|url| url.contains('@'))
            && let Some(Err(said)) = value.to_str().map(str::parse::<Destination>)
        {
            let said = format!("--url (or TO_URL): {said}");
            return Err(command.clone().error(ErrorKind::ValueValidation, said));
        }
        TypedValueParser::parse_ref(&str::parse::<Destination>, command, arg, value)
    }
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
