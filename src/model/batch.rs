//! Batches of results, as they are sent and written.

use crate::model::encoded::EncodedResult;

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
