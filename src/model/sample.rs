//! The sample request of each family as a command to copy.

use crate::model::family::Family;
use crate::model::start_request::{FIELDS, Field, Kind};

/// The most columns of a line of a command, which stands two columns from the edge.
const COLUMNS: usize = 78;

/// Returns a command with all that an artefact needs which the server has not seen, on lines that end
/// in a backslash where another follows.
pub fn command(family: Family) -> Vec<String> {
    let mut lines = vec!["to start".to_owned()];
    for field in FIELDS.iter().filter(|field| is_needed(field, family)) {
        let Some(value) = family.sample_value(field.name) else { continue };
        let flag = if field.kind == Kind::Stage { "--stage".to_owned() } else { field.flag() };
        let word = format!("{flag} {value}");
        match lines.last_mut() {
            Some(line) if line.len() + word.len() + " \\ ".len() <= COLUMNS => {
                *line = format!("{line} {word}");
            }
            _ => lines.push(format!("  {word}")),
        }
    }
    let last = lines.len() - 1;
    lines[..last].iter_mut().for_each(|line| line.push_str(" \\"));
    lines
}

/// Tells whether a new artefact of this family has the field: the server asks for more of an image
/// that it does not know, and of a deb that comes from the archive.
fn is_needed(field: &Field, family: Family) -> bool {
    field.required.contains(&family)
        || matches!(family, Family::Deb | Family::Image) && field.kind != Kind::Boolean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_lines_that_fit_and_go_on() {
        assert_eq!(
            command(Family::Snap),
            [
                "to start --family snap --name core22 --version 20260101 --arch arm64 \\",
                "  --environment cm3 --test-plan smoke --stage beta --revision 4711 \\",
                "  --track latest --store ubuntu"
            ]
        );
        for family in Family::ALL {
            assert!(command(family).iter().all(|line| line.len() <= COLUMNS), "{family:?}");
        }
    }
}
