//! What a request may say, and pydantic's words for what it may not.
//!
//! The schemas are tables, in the order in which the real server declares the fields, because that is
//! the order of its complaints. Checking a body yields it as the server goes on to see it: numbers as
//! numbers, URLs normalised, unknown fields gone. What is already stored plays no part here.

use serde_json::{Map, Value, json};
use url::Url;

use Kind::{
    Choice, ChoiceOr, Flag, Integer, Link, List, Metadata, Record, Text, Timestamp, Version,
};

const SNAP_STAGES: &[&str] = &["edge", "beta", "candidate", "stable"];
const STATUSES: &[&str] =
    &["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];
const FAMILIES: [&str; 5] = ["snap", "deb", "charm", "image", "solution"];
const LONGEST_URL: usize = 2083;

/// What a value may be.
pub enum Kind {
    Text {
        min: usize,
        max: usize,
    },
    Version,
    Integer,
    Flag,
    Choice(&'static [&'static str]),
    /// A Python enum of this name, or one literal.
    ChoiceOr(&'static str, &'static [&'static str], &'static str),
    Link,
    Timestamp,
    List(&'static Kind),
    Metadata,
    Record(&'static [&'static [Field]]),
}

/// One field of a record.
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub need: Need,
}

/// Whether a field may be left out.
#[derive(PartialEq)]
pub enum Need {
    Required,
    /// May be left out, but not null.
    Defaulted,
    /// May be left out or null.
    Nullable,
}

const ANY: Kind = Text { min: 0, max: usize::MAX };
const LIMITED: Kind = Text { min: 0, max: 200 };
const FILLED: Kind = Text { min: 1, max: 200 };

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, need: Need::Required }
}

const fn defaulted(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, need: Need::Defaulted }
}

const fn nullable(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, need: Need::Nullable }
}

const NAMED: &[Field] =
    &[required("name", ANY), required("version", Version), required("arch", ANY)];

const RUN: &[Field] = &[
    required("environment", ANY),
    nullable("ci_link", ANY),
    required("test_plan", LIMITED),
    defaulted("initial_status", Choice(STATUSES)),
    defaulted("relevant_links", List(&LINK)),
    defaulted("needs_assignment", Flag),
];

/// `PUT …/start-test` of this family.
pub const SNAP: Kind = Record(&[
    NAMED,
    RUN,
    &[
        required("revision", Integer),
        required("track", ANY),
        required("store", ANY),
        defaulted("branch", LIMITED),
        required("execution_stage", Choice(SNAP_STAGES)),
    ],
]);

/// `PUT …/start-test` of this family.
pub const DEB: Kind = Record(&[
    NAMED,
    RUN,
    &[
        required("series", ANY),
        required("repo", ANY),
        defaulted("source", LIMITED),
        defaulted("execution_stage", ChoiceOr("DebStage", &["proposed", "updates"], "")),
    ],
]);

/// `PUT …/start-test` of this family.
pub const CHARM: Kind = Record(&[
    NAMED,
    RUN,
    &[
        required("revision", Integer),
        required("track", ANY),
        defaulted("branch", ANY),
        required("execution_stage", Choice(SNAP_STAGES)),
    ],
]);

/// `PUT …/start-test` of this family.
pub const IMAGE: Kind = Record(&[
    &[nullable("name", ANY), nullable("version", Version), nullable("arch", ANY)],
    RUN,
    &[
        nullable("execution_stage", Choice(&["pending", "current"])),
        nullable("os", ANY),
        nullable("release", ANY),
        required("sha256", ANY),
        nullable("owner", ANY),
        nullable("image_url", Link),
    ],
]);

/// `PUT …/start-test` of this family.
pub const SOLUTION: Kind = Record(&[
    NAMED,
    RUN,
    &[
        required("track", ANY),
        required("source", LIMITED),
        required("execution_stage", Choice(SNAP_STAGES)),
    ],
]);

/// `POST …/test-results`.
pub const RESULTS: Kind = List(&Record(&[&[
    required("name", ANY),
    required("status", Choice(&["PASSED", "FAILED", "SKIPPED"])),
    defaulted("template_id", ANY),
    defaulted("category", ANY),
    defaulted("comment", ANY),
    defaulted("io_log", ANY),
]]));

/// `PATCH` of an execution.
pub const PATCH: Kind = Record(&[&[
    nullable("c3_link", Link),
    nullable("ci_link", Link),
    nullable("status", ChoiceOr("TestExecutionStatus", STATUSES, "COMPLETED")),
    nullable("execution_metadata", Metadata),
]]);

/// `POST …/links`.
pub const LINK: Kind = Record(&[&[required("label", ANY), required("url", Link)]]);

/// `POST …/status_update`.
pub const EVENTS: Kind = Record(&[&[required(
    "events",
    List(&Record(&[&[
        required("event_name", ANY),
        required("timestamp", Timestamp),
        required("detail", ANY),
    ]])),
)]]);

/// A body as the server goes on to see it, or the list of what is wrong with it.
pub fn check(kind: &Kind, body: &Value) -> Result<Value, Vec<Value>> {
    check_at(kind, body, &[json!("body")])
}

/// A request to start an execution: its family decides the schema.
pub fn check_start(body: &Value) -> Result<Value, Vec<Value>> {
    let family = body.get("family").unwrap_or(&Value::Null);
    let schema = match family.as_str() {
        Some("snap") => SNAP,
        Some("deb") => DEB,
        Some("charm") => CHARM,
        Some("image") => IMAGE,
        Some("solution") => SOLUTION,
        _ => return Err(vec![family_problem(body, family)]),
    };
    let mut request = check_at(&schema, body, &[json!("body"), family.clone()])?;
    request["family"] = family.clone();
    check_deb_origin(&request, body)?;
    Ok(request)
}

fn family_problem(body: &Value, family: &Value) -> Value {
    let at = [json!("body")];
    let expected = FAMILIES.map(|name| format!("<FamilyName.{name}: '{name}'>")).join(", ");
    match family.as_str() {
        _ if !body.is_object() => no_object(&at, body),
        Some(tag) => {
            let said = format!(
                "Input tag '{tag}' found using 'family' does not match any of the expected tags: \
                 {expected}"
            );
            let context =
                json!({ "discriminator": "'family'", "tag": tag, "expected_tags": expected });
            problem("union_tag_invalid", &at, &said, body, context)
        }
        None => {
            let said = "Unable to extract tag using discriminator 'family'";
            problem("union_tag_not_found", &at, said, body, json!({ "discriminator": "'family'" }))
        }
    }
}

fn check_deb_origin(request: &Value, body: &Value) -> Result<(), Vec<Value>> {
    let given = |field: &str| request[field].as_str().is_some_and(|text| !text.is_empty());
    let complaint = match (given("source"), given("execution_stage")) {
        _ if request["family"] != "deb" => return Ok(()),
        (true, true) => "Received both source and execution_stage",
        (false, false) => "Received no source or execution_stage",
        _ => return Ok(()),
    };
    Err(vec![value_problem(&[json!("body"), json!("deb")], complaint, body)])
}

/// What Python says of text that is not JSON. An unterminated string is placed exactly, at its first
/// quote; other faults are said to be at the end, which serves clients that never send one.
pub fn broken_json(text: &str) -> Value {
    let (mut open, mut escaped) = (None, false);
    for (at, character) in text.chars().enumerate() {
        match character {
            '"' if !escaped => open = if open.is_none() { Some(at) } else { None },
            _ => {}
        }
        escaped = character == '\\' && !escaped;
    }
    let (at, error) = match open {
        Some(quote) => (quote, "Unterminated string starting at"),
        None => (text.chars().count(), "Expecting value"),
    };
    let at = [json!("body"), json!(at)];
    problem("json_invalid", &at, "JSON decode error", &json!({}), json!({ "error": error }))
}

/// What is said where the path's id is no number.
pub fn bad_id(id: &str) -> Value {
    not_a_number(&[json!("path"), json!("id")], &json!(id))
}

/// What is said where there is no body at all.
pub fn no_body() -> Value {
    plain_problem("missing", &[json!("body")], "Field required", &Value::Null)
}

/// What pydantic says where a validator of the application's own complains.
pub fn value_problem(at: &[Value], complaint: &str, input: &Value) -> Value {
    problem("value_error", at, &format!("Value error, {complaint}"), input, json!({ "error": {} }))
}

fn check_at(kind: &Kind, value: &Value, at: &[Value]) -> Result<Value, Vec<Value>> {
    match kind {
        Record(groups) => check_record(groups, value, at),
        List(element) => check_list(element, value, at),
        Metadata => check_metadata(value, at),
        ChoiceOr(name, choices, literal) => check_choice_or(name, choices, literal, value, at),
        _ => check_scalar(kind, value, at).map_err(|problem| vec![problem]),
    }
}

fn check_record(groups: &[&[Field]], value: &Value, at: &[Value]) -> Result<Value, Vec<Value>> {
    let fields = value.as_object().ok_or_else(|| vec![no_object(at, value)])?;
    let mut checked = Map::new();
    let mut problems = Vec::new();
    for field in groups.iter().copied().flatten() {
        let at = under(at, field.name);
        let outcome = match fields.get(field.name) {
            Some(Value::Null) if field.need == Need::Nullable => continue,
            Some(value) => check_at(&field.kind, value, &at),
            None if field.need != Need::Required => continue,
            None => Err(vec![plain_problem("missing", &at, "Field required", value)]),
        };
        match outcome {
            Ok(value) => drop(checked.insert(field.name.to_owned(), value)),
            Err(mut more) => problems.append(&mut more),
        }
    }
    if problems.is_empty() { Ok(checked.into()) } else { Err(problems) }
}

fn check_list(element: &Kind, value: &Value, at: &[Value]) -> Result<Value, Vec<Value>> {
    let not_a_list = || vec![plain_problem("list_type", at, "Input should be a valid list", value)];
    let values = value.as_array().ok_or_else(not_a_list)?;
    let mut checked = Vec::with_capacity(values.len());
    let mut problems = Vec::new();
    for (index, value) in values.iter().enumerate() {
        match check_at(element, value, &under(at, index)) {
            Ok(value) => checked.push(value),
            Err(mut more) => problems.append(&mut more),
        }
    }
    if problems.is_empty() { Ok(checked.into()) } else { Err(problems) }
}

fn check_metadata(value: &Value, at: &[Value]) -> Result<Value, Vec<Value>> {
    let not_a_map =
        || vec![plain_problem("dict_type", at, "Input should be a valid dictionary", value)];
    let mut problems = Vec::new();
    for (key, values) in value.as_object().ok_or_else(not_a_map)? {
        let at = under(at, key.as_str());
        problems.extend(check_scalar(&FILLED, &json!(key), &under(&at, "[key]")).err());
        problems.extend(check_list(&FILLED, values, &at).err().into_iter().flatten());
    }
    if problems.is_empty() { Ok(value.clone()) } else { Err(problems) }
}

fn check_choice_or(
    name: &str,
    choices: &[&str],
    literal: &str,
    value: &Value,
    at: &[Value],
) -> Result<Value, Vec<Value>> {
    if value == literal || choices.iter().any(|choice| value == choice) {
        return Ok(value.clone());
    }
    let at_enum = under(at, format!("str-enum[{name}]"));
    let at_literal = under(at, format!("literal['{literal}']"));
    Err(vec![
        no_choice("enum", &at_enum, choices, value),
        no_choice("literal_error", &at_literal, &[literal], value),
    ])
}

fn check_scalar(kind: &Kind, value: &Value, at: &[Value]) -> Result<Value, Value> {
    match kind {
        Text { min, max } => check_text(value, at, *min, *max),
        Version => check_version(value, at),
        Integer => check_integer(value, at),
        Choice(choices) if choices.iter().any(|choice| value == choice) => Ok(value.clone()),
        Choice(choices) => Err(no_choice("enum", at, choices, value)),
        Link => check_link(value, at),
        Timestamp => check_timestamp(value, at),
        _ if value.is_boolean() => Ok(value.clone()),
        _ => Err(plain_problem("bool_type", at, "Input should be a valid boolean", value)),
    }
}

fn check_text(value: &Value, at: &[Value], min: usize, max: usize) -> Result<Value, Value> {
    let not_text = || plain_problem("string_type", at, "Input should be a valid string", value);
    match value.as_str().ok_or_else(not_text)?.chars().count() {
        length if length > max => {
            let said = format!("String should have at most {max} characters");
            Err(problem("string_too_long", at, &said, value, json!({ "max_length": max })))
        }
        length if length < min => {
            let said = format!("String should have at least {min} character");
            Err(problem("string_too_short", at, &said, value, json!({ "min_length": min })))
        }
        _ => Ok(value.clone()),
    }
}

fn check_version(value: &Value, at: &[Value]) -> Result<Value, Value> {
    match check_text(value, at, 0, usize::MAX)?.as_str() {
        Some(text @ ("" | "null")) => {
            Err(value_problem(at, &format!("Invalid version value '{text}'"), value))
        }
        _ => Ok(value.clone()),
    }
}

fn check_integer(value: &Value, at: &[Value]) -> Result<Value, Value> {
    let refuse = |kind, rest| {
        Err(plain_problem(kind, at, &format!("Input should be a valid integer{rest}"), value))
    };
    match value {
        Value::Number(number) if number.is_f64() => {
            refuse("int_from_float", ", got a number with a fractional part")
        }
        Value::Number(_) => Ok(value.clone()),
        Value::String(text) => match text.trim().parse::<i64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(not_a_number(at, value)),
        },
        _ => refuse("int_type", ""),
    }
}

/// The parser is the one that pydantic uses, and so are its words.
fn check_link(value: &Value, at: &[Value]) -> Result<Value, Value> {
    let not_text = || plain_problem("url_type", at, "URL input should be a string or URL", value);
    let text = value.as_str().ok_or_else(not_text)?;
    if text.len() > LONGEST_URL {
        let said = format!("URL should have at most {LONGEST_URL} characters");
        return Err(problem(
            "url_too_long",
            at,
            &said,
            value,
            json!({ "max_length": LONGEST_URL }),
        ));
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(json!(url.as_str())),
        Ok(_) => {
            let said = "URL scheme should be 'http' or 'https'";
            let context = json!({ "expected_schemes": "'http' or 'https'" });
            Err(problem("url_scheme", at, said, value, context))
        }
        Err(error) => {
            let said = format!("Input should be a valid URL, {error}");
            Err(problem("url_parsing", at, &said, value, json!({ "error": error.to_string() })))
        }
    }
}

/// The zone is lost, as in the real server's table: what is stored is the time as it was written.
fn check_timestamp(value: &Value, at: &[Value]) -> Result<Value, Value> {
    let shape = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    match value.as_str().and_then(|text| text.get(..19)) {
        Some(text) if shape(text) == "0000-00-00T00:00:00" => Ok(json!(text)),
        _ => Err(plain_problem("datetime_type", at, "Input should be a valid datetime", value)),
    }
}

fn not_a_number(at: &[Value], value: &Value) -> Value {
    let said = "Input should be a valid integer, unable to parse string as an integer";
    plain_problem("int_parsing", at, said, value)
}

fn no_choice(kind: &str, at: &[Value], choices: &[&str], value: &Value) -> Value {
    let quoted: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
    let expected = match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => quoted.concat(),
    };
    let said = format!("Input should be {expected}");
    problem(kind, at, &said, value, json!({ "expected": expected }))
}

fn no_object(at: &[Value], value: &Value) -> Value {
    let said = "Input should be a valid dictionary or object to extract fields from";
    plain_problem("model_attributes_type", at, said, value)
}

fn plain_problem(kind: &str, at: &[Value], said: &str, input: &Value) -> Value {
    json!({ "type": kind, "loc": at, "msg": said, "input": input })
}

fn problem(kind: &str, at: &[Value], said: &str, input: &Value, context: Value) -> Value {
    let mut problem = plain_problem(kind, at, said, input);
    problem["ctx"] = context;
    problem
}

fn under(at: &[Value], key: impl Into<Value>) -> Vec<Value> {
    [at, &[key.into()]].concat()
}
