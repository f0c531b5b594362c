//! The options of `submit` and `run` that say how reports are read.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::limits::LimitOptions;
use crate::reports::format::{FORMATS, Format};
use crate::reports::junit::Template;
use crate::submission::duplicates::OnDuplicate;

/// The choices of reading reports, and of what is made of them.
#[derive(Debug, Args)]
pub struct Reading {
    /// The format of the reports, instead of telling it by content
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    pub format: Option<&'static Format>,

    /// Names of JUnit cases; by default the class and the name
    #[arg(long, value_name = "TEMPLATE")]
    pub case_name: Option<Template>,

    /// Categories of JUnit cases; by default the suite
    #[arg(long, value_name = "TEMPLATE")]
    pub case_category: Option<Template>,

    /// Template ids of JUnit cases; by default none
    #[arg(long, value_name = "TEMPLATE")]
    pub case_template_id: Option<Template>,

    /// The treatment of several results of one name: merge makes one of them, number appends
    /// ` [2]`, first and last keep one, error sends none
    #[arg(long, value_name = "HOW", default_value = "merge")]
    pub on_duplicate: OnDuplicate,

    #[command(flatten)]
    pub limits: LimitOptions,

    /// Send properties of JUnit cases and suites as metadata of the execution, with PREFIX before
    /// their names; a value that is a JSON list is several values
    #[arg(long, value_name = "PREFIX")]
    pub properties_as_metadata: Option<String>,

    /// Send the whole cases of a truncated file too
    #[arg(long)]
    pub salvage: bool,

    /// Do not fail when nothing matches, or when what matches holds no results
    #[arg(long)]
    pub allow_empty: bool,
}

fn format() -> impl TypedValueParser<Value = &'static Format> {
    PossibleValuesParser::new(FORMATS.map(|format| format.name))
        .try_map(|name| Format::named(&name).ok_or("no such format"))
}
