//! Reading `--url` without showing a password in it.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};

use crate::api::Target;

/// Reads a [`Target`], and hides one that holds a password: clap shows a value that it refuses.
#[derive(Clone)]
pub struct TargetParser;

impl TypedValueParser for TargetParser {
    type Value = Target;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Target, clap::Error> {
        if value.to_str().is_some_and(|url| url.contains('@'))
            && let Some(Err(said)) = value.to_str().map(str::parse::<Target>)
        {
            let said = format!("--url (or TO_URL): {said}");
            return Err(command.clone().error(ErrorKind::ValueValidation, said));
        }
        TypedValueParser::parse_ref(&str::parse::<Target>, command, arg, value)
    }
}
