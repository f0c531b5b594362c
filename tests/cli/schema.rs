//! What the fake server takes in a request is what the API's schema says.

use serde_json::{Map, Value, json};

use crate::support::fake_server::validation::{
    CHARM, DEB, EVENTS, Field, IMAGE, Kind, LINK, Need, PATCH, RESULTS, SNAP, SOLUTION,
};

const API: &str = include_str!("../contract/openapi.json");

/// The table that stands for each schema.
const TABLES: [(&str, Kind); 8] = [
    ("StartSnapTestExecutionRequest", SNAP),
    ("StartDebTestExecutionRequest", DEB),
    ("StartCharmTestExecutionRequest", CHARM),
    ("StartImageTestExecutionRequest", IMAGE),
    ("StartSolutionTestExecutionRequest", SOLUTION),
    ("TestExecutionsPatchRequest", PATCH),
    ("TestExecutionRelevantLinkCreate", LINK),
    ("StatusUpdateRequest", EVENTS),
];

/// What a schema says about itself, and not about a request.
const SAID: [&str; 4] = ["title", "description", "default", "examples"];

/// A schema without words, and with others in the place of their names.
fn plain(schema: &Value, api: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(Value::as_str) {
                return plain(&api[name.rsplit('/').next().expect("a name")], api);
            }
            let is_rule = |(name, value): &(&String, &Value)| {
                // A property of such a name has a schema.
                !SAID.contains(&name.as_str()) || value.get("type").is_some()
            };
            let fields = fields.iter().filter(is_rule);
            let mut fields: Map<_, _> =
                fields.map(|(name, value)| (name.clone(), plain(value, api))).collect();
            if let Some(required) = fields.get_mut("required").and_then(Value::as_array_mut) {
                required.sort_by_key(Value::to_string);
            }
            fields.into()
        }
        Value::Array(values) => values.iter().map(|value| plain(value, api)).collect(),
        other => other.clone(),
    }
}

fn text(mut rules: Value) -> Value {
    rules["type"] = json!("string");
    rules
}

fn schema_of(kind: &Kind) -> Value {
    match kind {
        Kind::Text { min, max } => {
            let mut rules = json!({});
            if *min > 0 {
                rules["minLength"] = json!(min);
            }
            if *max < usize::MAX {
                rules["maxLength"] = json!(max);
            }
            text(rules)
        }
        Kind::Version => text(json!({})),
        Kind::Integer => json!({"type": "integer"}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Choice(choices) => text(json!({"enum": choices})),
        Kind::ChoiceOr(_, choices, literal) => {
            json!({"anyOf": [text(json!({"enum": choices})), text(json!({"const": literal}))]})
        }
        Kind::Link => text(json!({"format": "uri", "minLength": 1, "maxLength": 2083})),
        Kind::Timestamp => text(json!({"format": "date-time"})),
        Kind::List(element) => json!({"type": "array", "items": schema_of(element)}),
        Kind::Metadata => json!({
            "type": "object", "propertyNames": {"minLength": 1, "maxLength": 200},
            "additionalProperties": {
                "type": "array", "items": text(json!({"minLength": 1, "maxLength": 200})),
            },
        }),
        Kind::Record(groups) => record(groups.iter().copied().flatten()),
    }
}

fn record(fields: impl Iterator<Item = &'static Field>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for Field { name, kind, need } in fields {
        let mut schema = schema_of(kind);
        match need {
            Need::Required => required.push(*name),
            Need::Defaulted => {}
            Need::Nullable => schema = nullable(schema),
        }
        properties.insert((*name).to_owned(), schema);
    }
    let mut record = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        required.sort_unstable();
        record["required"] = json!(required);
    }
    record
}

fn nullable(schema: Value) -> Value {
    let mut kinds = match schema.get("anyOf") {
        Some(kinds) => kinds.as_array().expect("a list").clone(),
        None => vec![schema],
    };
    kinds.push(json!({"type": "null"}));
    json!({"anyOf": kinds})
}

/// The schema of a start as the fake server keeps to it.
fn as_measured(mut schema: Value) -> Value {
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        // The family has told which schema it is.
        required.retain(|name| name != "family");
    }
    let is_start = schema["properties"].get("family").is_some();
    if let Some(properties) = schema["properties"].as_object_mut().filter(|_| is_start) {
        properties.remove("family");
        // The recorded server takes any text for a link, and does not look at the length of a stage.
        properties["ci_link"] = nullable(json!({"type": "string"}));
        if let Some(stage) = properties["execution_stage"].as_object_mut() {
            stage.remove("maxLength");
        }
    }
    schema
}

#[test]
fn the_tables_of_the_fake_server_are_the_schemas_of_the_api() {
    let api: Value = serde_json::from_str(API).expect("JSON");
    let schemas = &api["components"]["schemas"];
    for (name, table) in &TABLES {
        let expected = as_measured(plain(&schemas[name], schemas));
        assert_eq!(schema_of(table), expected, "{name}");
    }
    let post = &api["paths"]["/v1/test-executions/{id}/test-results"]["post"];
    let results = &post["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(schema_of(&RESULTS), plain(results, schemas));
}
