//! Properties of cases and suites as metadata of the execution.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::redaction::Redaction;
use crate::model::update::{LONGEST, add_value};
use crate::model::warnings::Warnings;
use crate::reports::junit::Property;

/// Metadata by key, each with its values.
pub type Metadata = BTreeMap<String, Vec<String>>;

/// Returns the properties as metadata: the key is `prefix` and the name, a value that is a JSON list is
/// several values, and each is there once. What the server does not take is left out with a warning.
pub fn metadata(
    properties: &BTreeSet<Property>,
    prefix: &str,
    redaction: &Redaction,
    warnings: &mut Warnings,
) -> Metadata {
    let mut metadata = Metadata::new();
    for (name, text) in properties {
        let mut name = name.clone();
        redaction.apply(&mut name, "a property", warnings);
        let key = format!("{prefix}{name}");
        for mut value in values(text) {
            redaction.apply(&mut value, &name, warnings);
            let is_blank = name.trim().is_empty() || value.trim().is_empty();
            let is_long = [&key, &value].iter().any(|text| text.chars().count() > LONGEST);
            match (is_blank, is_long) {
                (true, _) => warnings.add("a property without a name or value was left out", &name),
                (_, true) => warnings.add("a property over 200 characters was left out", &name),
                _ => add_value(metadata.entry(key.clone()).or_default(), value),
            }
        }
    }
    metadata
}

/// Returns the elements of a JSON list, as text; all other text is one value.
fn values(text: &str) -> Vec<String> {
    match serde_json::from_str(text) {
        Ok(Value::Array(values)) => values
            .into_iter()
            .map(|value| match value {
                Value::String(text) => text,
                other => other.to_string(),
            })
            .collect(),
        _ => vec![text.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_several_values_and_each_is_there_once() {
        let long = "é".repeat(201);
        let properties = [
            ("cloud", "aws"),
            ("cloud", r#"["gcp", "aws", 5, true]"#),
            ("bundle", r#"{"a": [1]}"#),
            ("broken", "[1,"),
            ("empty", " "),
            ("none", "[]"),
            (" ", "x"),
            ("long", &long),
            (&long[2..], "key"),
        ];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut warnings = Warnings::default();
        let found = metadata(&properties, "c:", &Redaction::default(), &mut warnings);
        let found: Vec<_> = found.iter().map(|(key, values)| (&**key, values.join("|"))).collect();
        let expected =
            [("c:broken", "[1,"), ("c:bundle", r#"{"a": [1]}"#), ("c:cloud", "gcp|aws|5|true")];
        assert_eq!(found, expected.map(|(key, values)| (key, values.to_owned())));
        let lines = warnings.lines().join("\n");
        assert!(
            lines.starts_with("a property without a name or value was left out (2): ` `, `empty`")
        );
        assert!(lines.contains("a property over 200 characters was left out (2): "), "{lines}");
    }
}
