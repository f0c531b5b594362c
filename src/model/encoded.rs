//! The gate: the only way from a result to one that can be sent.

use serde::Deserialize;

use crate::model::limits::Limits;
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;

/// A result within the limits, as the JSON that goes into a request's body and a spool's line alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncodedResult {
    pub status: Status,
    json: Box<[u8]>,
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

    /// Returns the same result with a log of at most `longest` bytes, for a server that takes no
    /// larger request.
    pub fn with_shorter_log(&self, longest: usize) -> Self {
        let Ok(mut result) = serde_json::from_slice::<TestResult>(&self.json) else {
            return self.clone();
        };
        Limits { max_log: longest }.shorten_log(&mut result);
        Self::encode(&result)
    }

    fn encode(result: &TestResult) -> Self {
        // Texts and a word are always JSON, and memory takes every write.
        let json = serde_json::to_vec(result).unwrap_or_default().into_boxed_slice();
        Self { status: result.status, json }
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
