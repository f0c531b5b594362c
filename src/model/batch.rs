//! Batches: results as they are sent, each encoded once.

use bytes::Bytes;
use serde::Deserialize;

use crate::model::result::{Status, TestResult};

/// A result's JSON, which goes into a request's body and a spool's line alike.
#[derive(Clone, Debug)]
pub struct EncodedResult {
    pub status: Status,
    /// Perhaps a part of a larger piece of memory, which stays as long as any part of it is needed.
    pub json: Bytes,
}

impl EncodedResult {
    /// # Errors
    /// None that a result could cause: the signature is `serde_json`'s.
    pub fn new(result: &TestResult) -> serde_json::Result<Self> {
        Ok(Self { status: result.status, json: serde_json::to_vec(result)?.into() })
    }

    /// The result's name, for what is said of it.
    pub fn name(&self) -> String {
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        serde_json::from_slice(&self.json).map(|Named { name }| name).unwrap_or_default()
    }

    /// The same in memory of its own, for what is kept long.
    pub fn detached(self) -> Self {
        Self { json: Bytes::copy_from_slice(&self.json), ..self }
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
        self.bytes += result.json.len() + 1;
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
            body.extend_from_slice(&result.json);
        }
        body.push(b']');
        body
    }

    /// One result a line.
    pub fn lines(&self) -> Vec<u8> {
        let mut lines = Vec::with_capacity(self.bytes);
        for result in &self.results {
            lines.extend_from_slice(&result.json);
            lines.push(b'\n');
        }
        lines
    }
}
