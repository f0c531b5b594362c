//! Results that wait to be sent, in order.

use std::collections::VecDeque;

use crate::model::encoded::EncodedResult;

/// Results in order, with the bytes that they take in a batch.
#[derive(Debug, Default)]
pub struct Queue {
    results: VecDeque<EncodedResult>,
    bytes: usize,
}

impl Queue {
    pub fn push(&mut self, result: EncodedResult) {
        self.bytes += size_of(&result);
        self.results.push_back(result);
    }

    /// Puts results before all others, in order.
    pub fn put_back(
        &mut self,
        results: impl IntoIterator<Item = EncodedResult, IntoIter: DoubleEndedIterator>,
    ) {
        for result in results.into_iter().rev() {
            self.bytes += size_of(&result);
            self.results.push_front(result);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    /// Tells whether there is more than fits a batch of so many results and bytes.
    pub fn exceeds(&self, count: usize, bytes: usize) -> bool {
        self.results.len() > count || self.bytes > bytes
    }

    /// Takes the first results, at most `count` of them and fewer than `bytes`, but at least one where
    /// there is any.
    pub fn take(&mut self, count: usize, bytes: usize) -> Vec<EncodedResult> {
        let (mut taken, mut length) = (Vec::new(), 0);
        while let Some(result) = self.results.front() {
            let fits = taken.len() < count && length + size_of(result) <= bytes;
            if !fits && !taken.is_empty() {
                break;
            }
            length += size_of(result);
            taken.extend(self.results.pop_front());
        }
        self.bytes -= length;
        taken
    }

    pub fn iter(&self) -> impl Iterator<Item = &EncodedResult> {
        self.results.iter()
    }

    pub fn into_results(self) -> VecDeque<EncodedResult> {
        self.results
    }
}

/// Returns the bytes that a result takes in a batch, with its separator.
fn size_of(result: &EncodedResult) -> usize {
    result.json().len() + 1
}
