//! The help of `to start`: what each family needs, in tables.

use std::fmt::Write as _;

use clap::Id;

use super::start::{spelling, value_name};
use crate::model::family::Family;
use crate::model::start_request::{FIELDS, Field, Kind};

/// The fields that every family needs, and their line.
const COMMON: [&str; 3] = ["family", "environment", "test_plan"];

/// The column of the families in the table: behind the widest option.
const INDENT: usize = 25;

/// The options of `start` that are no fields.
pub const OTHERS: &str = "
  --relevant-link LABEL=URL +    +    +     +      +    link to show; repeatable
  --from FILE              read the request from JSON, or - for standard input
  --example FAMILY         print such a request, and open nothing";

/// The words and rules behind the table.
pub const NOTES: &str = "
--stage (--execution-stage): edge, beta, candidate, stable; deb: proposed,
updates, or --source; image: pending, current. --sha256 of a known image is all.
Variables are like TO_TEST_PLAN; `to man` has the options of every command.";

/// Tells whether the tables have this option.
pub fn has(option: &Id) -> bool {
    FIELDS.iter().any(|field| option == field.name)
}

/// Lists the options that each family needs, for the short help.
pub fn needs() -> String {
    let mut text =
        "Every family needs --family, --environment and --test-plan, and besides:".to_owned();
    for family in Family::ALL {
        let is_needed =
            |field: &&Field| field.required.contains(&family) && !COMMON.contains(&field.name);
        let flags: Vec<String> = FIELDS.iter().filter(is_needed).map(spelling).collect();
        let more = match family {
            Family::Deb => ", and --stage or --source",
            Family::Image => {
                ", and where it is new --name --version --arch --os\n            \
                 --release --owner --image-url"
            }
            _ => "",
        };
        // Writing to a string does not fail.
        _ = write!(text, "\n  {:<8}  {}{more}", family.name(), flags.join(" "));
    }
    text
}

/// Lists all options with the families that need or have them, for the long help.
pub fn table() -> String {
    let mut text = format!("  {:INDENT$}", "* needed, + possible");
    for family in Family::ALL {
        _ = write!(text, "{} ", family.name());
    }
    text.truncate(text.trim_end().len());
    for field in FIELDS {
        let option = match field.kind {
            Kind::Boolean => spelling(field),
            kind => format!("{} {}", spelling(field), value_name(kind)),
        };
        _ = write!(text, "\n  {option:INDENT$}");
        for family in Family::ALL {
            let mark = match (field.required.contains(&family), field.allows(family)) {
                (true, _) => "*",
                (false, true) => "+",
                (false, false) => "",
            };
            _ = write!(text, "{mark:^width$} ", width = family.name().len());
        }
        text += field.brief;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_fit_a_terminal_of_80_columns() {
        for text in [needs(), table(), OTHERS.to_owned(), NOTES.to_owned()] {
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }

    #[test]
    fn each_family_has_its_line_and_each_field_its_marks() {
        let line = "\n  snap      --name --version --arch --stage --revision --track --store\n";
        assert!(needs().contains(line), "{}", needs());
        let line = "\n  --revision NUMBER         *         *                  store's revision\n";
        assert!(table().contains(line), "{}", table());
    }
}
