//! Tests of one indentation.

use crate::model::result::{Status, TestResult};
use crate::util::clip::Clipped;
use crate::util::temp_file::Span;

/// One indentation of a stream, while it is read and until its parent's point comes.
#[derive(Default)]
pub struct Level {
    pub indent: usize,
    /// The name of the test that these are part of, where it is told before them. Its point's holds.
    pub name: Option<String>,
    /// The name of the next test that has subtests.
    pub next_name: Option<String>,
    /// The number of tests, and the line that says so.
    pub plan: Option<(u64, u64)>,
    /// The reason for which there are none.
    pub skipped: Option<String>,
    /// Points so far.
    pub points: u64,
    /// The point whose log is read.
    pub point: Option<OpenPoint>,
    /// Lines before the next point.
    pub before: Clipped,
    /// The subtests of the next point.
    pub ended: Option<Box<Level>>,
    /// Results that wait for the name of their parent.
    pub children: Vec<Span>,
    /// The worst status of the results.
    pub worst: Option<Status>,
}

/// A point whose log is read.
pub struct OpenPoint {
    pub name: String,
    pub status: Status,
    pub comment: String,
    pub log: Clipped,
    /// A block of YAML is part of the log.
    pub has_yaml: bool,
    /// A block of subtests is open. Where there is none after all, this is the end of the name.
    pub block: Option<&'static str>,
}

impl Level {
    pub fn new(indent: usize, name: Option<String>, longest: usize) -> Self {
        Self { indent, name, before: Clipped::new(longest), ..Self::default() }
    }

    /// Tells whether all tests of the plan were there, and their logs.
    pub fn is_complete(&self) -> bool {
        self.plan.is_some_and(|(count, _)| count == self.points) && self.point.is_none()
    }

    /// Tells whether the subtests of a point are read that stand behind it.
    pub fn has_open_block(&self) -> bool {
        self.point.as_ref().is_some_and(|point| point.block.is_some())
    }

    /// Tells whether a block of YAML came behind the point.
    pub fn has_yaml(&self) -> bool {
        self.point.as_ref().is_some_and(|point| point.has_yaml)
    }

    /// Opens the block of the point, or ends it.
    pub fn set_block(&mut self, block: Option<&'static str>) {
        if let Some(point) = &mut self.point {
            point.block = block;
        }
    }

    /// Counts a result's status in.
    pub fn note(&mut self, status: Status) {
        if self.worst.is_none_or(|worst| super::badness(status) > super::badness(worst)) {
            self.worst = Some(status);
        }
    }
}

impl OpenPoint {
    pub fn into_result(self) -> TestResult {
        TestResult {
            comment: self.comment,
            io_log: self.log.to_text().into_owned(),
            ..TestResult::new(self.name, self.status)
        }
    }
}
