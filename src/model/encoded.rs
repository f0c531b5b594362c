//! The gate: the only way from a result to one that can be sent, portions and batches of these.

use std::mem::replace;

use bytes::Bytes;
use serde::Deserialize;

use crate::model::limits::{Limits, shorten};
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::util::json::push_string;

/// A result within the limits, as the JSON that goes into a request's body and a spool's line alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncodedResult {
    pub status: Status,
    json: Bytes,
}

/// The fields by which a message tells of a result.
#[derive(Debug, Default, Deserialize)]
pub struct Gist {
    pub name: String,
    #[serde(default)]
    pub comment: String,
}

impl EncodedResult {
    /// Brings a result within the limits and encodes it. What is changed is counted in `warnings`.
    pub fn new(result: TestResult, limits: &Limits, warnings: &mut Warnings) -> Self {
        LimitedResult::new(result, limits, warnings).encode()
    }

    /// Returns the same result with a log and a comment of at most so many bytes, for a server that
    /// takes no larger request.
    pub fn with_shorter_texts(&self, max_log: usize, max_comment: usize) -> Self {
        let Ok(mut result) = serde_json::from_slice::<TestResult>(&self.json) else {
            return self.clone();
        };
        shorten(&mut result.io_log, max_log);
        shorten(&mut result.comment, max_comment);
        LimitedResult(result).encode()
    }

    /// Returns the bytes of the log and of the comment.
    pub fn text_lengths(&self) -> (usize, usize) {
        let result = serde_json::from_slice::<TestResult>(&self.json);
        result.map_or((0, 0), |result| (result.io_log.len(), result.comment.len()))
    }

    /// Returns the same in memory of its own: one of a portion holds the memory of all.
    pub fn alone(&self) -> Self {
        Self { status: self.status, json: Bytes::copy_from_slice(&self.json) }
    }

    /// Returns the JSON object.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// Returns the result's name and comment.
    pub fn gist(&self) -> Gist {
        serde_json::from_slice(&self.json).unwrap_or_default()
    }

    /// Returns the result's name.
    pub fn name(&self) -> String {
        self.gist().name
    }
}

/// A result within the limits.
#[derive(Debug)]
pub struct LimitedResult(TestResult);

impl LimitedResult {
    /// Brings a result within the limits. What is changed is counted in `warnings`.
    pub fn new(mut result: TestResult, limits: &Limits, warnings: &mut Warnings) -> Self {
        limits.apply(&mut result, warnings);
        Self(result)
    }

    fn texts(&self) -> [&str; 5] {
        let TestResult { name, status: _, category, template_id, comment, io_log } = &self.0;
        [name, category, template_id, comment, io_log]
    }

    /// Encodes the result by itself.
    pub fn encode(&self) -> EncodedResult {
        let mut json = Vec::new();
        push_result(&mut json, self.0.status, self.texts());
        EncodedResult { status: self.0.status, json: json.into() }
    }
}

/// Results that cross from the thread that reads them to the one that encodes them. Their texts lie in
/// one piece of memory: small pieces that one thread takes and the other gives back cost a sixth of a
/// submission's time.
#[derive(Default)]
pub struct Portion {
    text: String,
    /// Where each of the five texts of a result ends.
    ends: Vec<(Status, [usize; 5])>,
}

impl Portion {
    /// Returns an empty portion that has room for so many bytes of text.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::new() }
    }

    pub fn push(&mut self, result: &LimitedResult) {
        let ends = result.texts().map(|text| {
            self.text.push_str(text);
            self.text.len()
        });
        self.ends.push((result.0.status, ends));
    }

    /// Returns the bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<(Status, [usize; 5])>()
    }

    /// Encodes the results, all in one piece of memory.
    pub fn encode(self) -> Batch {
        let mut json = Vec::with_capacity(self.text.len() + self.text.len() / 8);
        let mut at = 0;
        let mut encode = |(status, ends): &(Status, [usize; 5])| {
            let start = json.len();
            push_result(&mut json, *status, ends.map(|end| &self.text[replace(&mut at, end)..end]));
            (*status, start..json.len())
        };
        let places: Vec<_> = self.ends.iter().map(&mut encode).collect();
        let json = Bytes::from(json);
        let result = |(status, place)| EncodedResult { status, json: json.slice(place) };
        places.into_iter().map(result).collect()
    }
}

/// Appends the JSON that serde would make of a result. Its own writer looks at each byte of a log.
fn push_result(json: &mut Vec<u8>, status: Status, texts: [&str; 5]) {
    let [name, category, template_id, comment, io_log] = texts;
    json.reserve(texts.iter().map(|text| text.len() + 24).sum());
    json.extend_from_slice(b"{\"name\":");
    push_string(json, name);
    json.extend_from_slice(b",\"status\":\"");
    json.extend_from_slice(status.word().as_bytes());
    json.push(b'"');
    for (key, text) in [
        (",\"category\":", category),
        (",\"template_id\":", template_id),
        (",\"comment\":", comment),
        (",\"io_log\":", io_log),
    ] {
        if !text.is_empty() {
            json.extend_from_slice(key.as_bytes());
            push_string(json, text);
        }
    }
    json.push(b'}');
}

/// Results that are sent in one request, in order.
#[derive(Debug, Default)]
pub struct Batch {
    pub results: Vec<EncodedResult>,
    /// Bytes of JSON in `results`, a separator each included.
    bytes: usize,
}

impl Batch {
    /// A single result.
    pub fn of(result: EncodedResult) -> Self {
        let mut batch = Self::default();
        batch.push(result);
        batch
    }

    /// Bytes of JSON.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn push(&mut self, result: EncodedResult) {
        self.bytes += result.json().len() + 1;
        self.results.push(result);
    }

    /// The JSON array that the server takes.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.bytes + 1);
        body.push(b'[');
        for (index, result) in self.results.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            body.extend_from_slice(result.json());
        }
        body.push(b']');
        body
    }

    /// One result a line.
    pub fn lines(&self) -> Vec<u8> {
        let mut lines = Vec::with_capacity(self.bytes);
        for result in &self.results {
            lines.extend_from_slice(result.json());
            lines.push(b'\n');
        }
        lines
    }
}

impl FromIterator<EncodedResult> for Batch {
    fn from_iter<T: IntoIterator<Item = EncodedResult>>(results: T) -> Self {
        let mut batch = Self::default();
        results.into_iter().for_each(|result| batch.push(result));
        batch
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_result() -> impl Strategy<Value = TestResult> {
        let text = || prop_oneof![Just(String::new()), any::<String>()];
        let status = prop_oneof![Just(Status::Passed), Just(Status::Failed), Just(Status::Skipped)];
        let texts = [text(), text(), text(), text(), text()];
        (texts, status).prop_map(|([name, category, template_id, comment, io_log], status)| {
            TestResult { name, status, category, template_id, comment, io_log }
        })
    }

    proptest! {
        #[test]
        fn a_result_is_written_as_serde_json_does(result in any_result()) {
            let encoded = LimitedResult(result.clone()).encode();
            prop_assert_eq!(encoded.json(), serde_json::to_vec(&result).unwrap());
            prop_assert_eq!(encoded.status, result.status);
        }

        #[test]
        fn results_of_a_portion_are_written_as_each_alone(
            results in prop::collection::vec(any_result().prop_map(LimitedResult), 0..5)
        ) {
            let mut portion = Portion::default();
            for result in &results {
                portion.push(result);
            }
            let alone: Vec<_> = results.iter().map(LimitedResult::encode).collect();
            prop_assert_eq!(portion.encode().results, alone);
        }
    }
}
