//! Batches: results as they are sent, each encoded once.

use crate::results::{Status, TestResult};

/// A result and its JSON, which goes into a request's body and a spool's line alike.
#[derive(Clone, Debug)]
pub struct Encoded {
    pub name: String,
    pub status: Status,
    pub json: String,
}

impl Encoded {
    /// # Errors
    /// None that a result could cause: the signature is `serde_json`'s.
    pub fn new(result: &TestResult) -> serde_json::Result<Self> {
        let json = serde_json::to_string(result)?;
        Ok(Self { name: result.name.clone(), status: result.status, json })
    }
}

/// Results that are sent in one request, in order.
#[derive(Debug, Default)]
pub struct Batch {
    pub results: Vec<Encoded>,
    /// Bytes of JSON in `results`, a separator each included.
    bytes: usize,
}

impl Batch {
    /// A single result.
    pub fn of(result: Encoded) -> Self {
        let mut batch = Self::default();
        batch.push(result);
        batch
    }

    /// Bytes of JSON.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn push(&mut self, result: Encoded) {
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
            body.extend_from_slice(result.json.as_bytes());
        }
        body.push(b']');
        body
    }

    /// One result a line.
    pub fn lines(&self) -> Vec<u8> {
        let mut lines = Vec::with_capacity(self.bytes);
        for result in &self.results {
            lines.extend_from_slice(result.json.as_bytes());
            lines.push(b'\n');
        }
        lines
    }
}
