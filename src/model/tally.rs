//! The count of what became of results on their way to a server.

use serde::Serialize;

use crate::model::encoded::EncodedResult;
use crate::model::result::Status;
use crate::model::warnings::Warnings;

/// Numbers of results by status.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    pub fn add(&mut self, status: Status) {
        match status {
            Status::Passed => self.passed += 1,
            Status::Failed => self.failed += 1,
            Status::Skipped => self.skipped += 1,
        }
    }

    pub fn append(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Returns what was counted since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            passed: self.passed - before.passed,
            failed: self.failed - before.failed,
            skipped: self.skipped - before.skipped,
        }
    }

    pub fn total(self) -> u64 {
        self.passed + self.failed + self.skipped
    }
}

/// A result that a server does not take, with the server's reason.
#[derive(Debug)]
pub struct RefusedResult {
    pub result: EncodedResult,
    pub reason: String,
}

impl RefusedResult {
    /// Keeps a result for as long as the command runs, and no other of its portion.
    pub fn new(result: &EncodedResult, reason: String) -> Self {
        Self { result: result.alone(), reason }
    }
}

/// Results that were sent, those that were refused, and what there is to say of them.
#[derive(Debug, Default)]
pub struct Tally {
    /// Accepted by the server.
    pub sent: Counts,
    /// Requests in which they were sent.
    pub batches: u64,
    pub refused: Vec<RefusedResult>,
    pub warnings: Warnings,
}

impl Tally {
    pub fn append(&mut self, other: Self) {
        self.sent.append(other.sent);
        self.batches += other.batches;
        self.refused.extend(other.refused);
        self.warnings.append(other.warnings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::encoded::{LimitedResult, Portion};
    use crate::model::limits::Limits;
    use crate::model::result::TestResult;

    #[test]
    fn a_refused_result_does_not_hold_the_memory_of_its_portion() {
        let mut portion = Portion::default();
        for name in ["a", "b"] {
            let result = TestResult::new(name, Status::Passed);
            portion.push(&LimitedResult::new(result, &Limits::default(), &mut Warnings::default()));
        }
        let results = portion.encode().results;
        let refused = RefusedResult::new(&results[1], String::new());
        assert_eq!(refused.result, results[1]);
        assert_ne!(refused.result.json().as_ptr(), results[1].json().as_ptr());
    }
}
