//! The fake server answers as the real server did: the recorded exchanges, replayed in order.

use serde_json::Value;

use crate::support::fake_server::{Server, client};

/// What the real server was asked, and what it answered, a line each.
pub const RECORDED: &str = include_str!("../contract/exchanges.jsonl");

/// Recordings that are no single exchange: what several requests at once, or a clock, were told.
/// The tests of the fake server make the same happen without chance.
const NO_EXCHANGES: &[&str] = &[
    "four starts at once of an artefact the server has never seen",
    "four result posts at once (four executions) of test names the server has never seen",
    "seconds for one POST of n results, idle local server, 2 cores",
];

/// Stands for bytes that are no text in the recordings; any such byte gets the same answer.
const UNREADABLE: (char, u8) = ('\u{fffd}', 0xff);

#[test]
fn the_recorded_exchanges_are_replayed() {
    let server = Server::builder()
        .application("ci", "to_fullkey", &["change_test", "view_test"])
        .application("dashboard", "to_readonlykey", &["view_test"])
        .start();
    let mut differences = Vec::new();
    for line in RECORDED.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a recording");
        let label = exchange["label"].as_str().expect("a label");
        if NO_EXCHANGES.contains(&label) {
            println!("not replayed: {label}");
        } else if let Some(difference) = replay(&server, &exchange) {
            differences.push(format!("{label}: {difference}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// What is different from the recording, if anything is.
fn replay(server: &Server, exchange: &Value) -> Option<String> {
    server.require_keys(exchange["auth_required"] == true);
    let request = &exchange["request"];
    let text = |field: &str| request[field].as_str().expect("a text");
    let headers: Vec<(&str, &str)> = request["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().expect("a header")))
        .collect();
    let mut connection = client::connect(server.port()).expect("a connection");
    let (method, path) = (text("method"), text("path"));
    let answer = client::exchange(&mut connection, method, path, &headers, &body(request))
        .expect("an answer");

    let expected = &exchange["response"];
    let content = match expected.get("json") {
        Some(_) => without_times(answer.json()),
        None => String::from_utf8_lossy(&answer.body).into(),
    };
    let recorded = expected.get("json").unwrap_or(&expected["text"]);
    let got = (answer.status, answer.content_type.as_str(), content);
    let wanted = (
        expected["status"].as_u64().and_then(|status| u16::try_from(status).ok())?,
        expected["content_type"].as_str()?,
        without_times(recorded.clone()),
    );
    (got != wanted).then(|| format!("got    {got:?}\nwanted {wanted:?}"))
}

fn body(request: &Value) -> Vec<u8> {
    match (request["raw"].as_str(), &request["body"]) {
        (Some(raw), _) => raw.chars().flat_map(to_bytes).collect(),
        (None, Value::Null) => Vec::new(),
        (None, body) => body.to_string().into_bytes(),
    }
}

fn to_bytes(character: char) -> Vec<u8> {
    let (stand_in, byte) = UNREADABLE;
    if character == stand_in { vec![byte] } else { character.to_string().into_bytes() }
}

/// Times are as many as there are recordings; of each only its shape is compared.
fn without_times(mut value: Value) -> Value {
    match &mut value {
        Value::Array(values) => {
            for value in values {
                *value = without_times(value.take());
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                *value = match value.as_str() {
                    Some(time) if name == "created_at" => shape(time).into(),
                    _ => without_times(value.take()),
                };
            }
        }
        _ => {}
    }
    value
}

fn shape(time: &str) -> String {
    time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}
