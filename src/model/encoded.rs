//! The gate: the only way from a result to one that can be sent, and batches of these.

use serde::Deserialize;

use crate::model::limits::{Limits, shorten};
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::util::json::push_string;

/// A result within the limits, as the JSON that goes into a request's body and a spool's line alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncodedResult {
    pub status: Status,
    json: Vec<u8>,
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
    pub fn new(mut result: TestResult, limits: &Limits, warnings: &mut Warnings) -> Self {
        limits.apply(&mut result, warnings);
        Self::encode(&result)
    }

    /// Returns the same result with a log and a comment of at most so many bytes, for a server that
    /// takes no larger request.
    pub fn with_shorter_texts(&self, max_log: usize, max_comment: usize) -> Self {
        let Ok(mut result) = serde_json::from_slice::<TestResult>(&self.json) else {
            return self.clone();
        };
        shorten(&mut result.io_log, max_log);
        shorten(&mut result.comment, max_comment);
        Self::encode(&result)
    }

    /// Returns the bytes of the log and of the comment.
    pub fn text_lengths(&self) -> (usize, usize) {
        let result = serde_json::from_slice::<TestResult>(&self.json);
        result.map_or((0, 0), |result| (result.io_log.len(), result.comment.len()))
    }

    /// Writes the JSON that serde would make of the result. Its own writer looks at each byte of a log.
    fn encode(result: &TestResult) -> Self {
        let TestResult { name, status, category, template_id, comment, io_log } = result;
        let texts = [name, category, template_id, comment, io_log];
        let mut json = Vec::with_capacity(texts.iter().map(|text| text.len() + 24).sum());
        json.extend_from_slice(b"{\"name\":");
        push_string(&mut json, name);
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
                push_string(&mut json, text);
            }
        }
        json.push(b'}');
        Self { status: *status, json }
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

    proptest! {
        #[test]
        fn a_result_is_written_as_serde_json_does(
            texts in prop::array::uniform5(prop_oneof![Just(String::new()), any::<String>()]),
            status in prop_oneof![Just(Status::Passed), Just(Status::Failed), Just(Status::Skipped)],
        ) {
            let [name, category, template_id, comment, io_log] = texts;
            let result = TestResult { name, status, category, template_id, comment, io_log };
            let encoded = EncodedResult::encode(&result);
            prop_assert_eq!(encoded.json(), serde_json::to_vec(&result).unwrap());
            prop_assert_eq!(encoded.status, status);
        }
    }
}
