//! TAP, versions 12 to 14, and the kernel's KTAP.
//!
//! Tests lie in each other by indentation, and a parent's point stands behind its subtests: their results
//! wait in a temporary store until the name of their parent is known. In a block, from `{` to `}`, they
//! stand behind it, and the point waits for them. What a program writes between the points is the log of
//! one of them: in TAP of the point before, in KTAP of the one behind it.

mod level;
mod line;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{Read, Seek};

use super::error::ReadError;
use super::format::{Format, ReadOptions, ReportReader};
use super::junit;
use super::lines::Lines;
use super::source::Source;
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::util::clip::Clipped;
use crate::util::temp_file::{Span, TempStore};
use level::{Level, OpenPoint};
use line::{Line, Point, without_time};

pub static FORMAT: Format = Format {
    name: "tap",
    detect: is_stream,
    open: |input, options, _| Ok(Box::new(Reader::new(input.file, input.source, options)?)),
    is_live: false,
};

/// Tells a stream by its first line, whatever a program wrote behind that, or by a version or plan
/// anywhere, unless there is JUnit.
fn is_stream(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let lines = text.lines().map(|line| without_time(line).trim_start());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut lines = lines.map(|line| Line::parse(line, false));
    let is_frame = |line: &Line<'_>| matches!(line, Line::Version { .. } | Line::Plan { .. });
    match lines.next() {
        Some(Line::Point(Point { number: Some(_), .. })) => true,
        Some(first) if is_frame(&first) => true,
        _ => !(junit::FORMAT.detect)(head) && lines.any(|line| is_frame(&line)),
    }
}

/// Depth to which tests may lie in each other.
const MAX_DEPTH: usize = 100;

/// Reads a stream line by line.
#[expect(clippy::struct_excessive_bools, reason = "each is one finding, and they are independent")]
struct Reader<R> {
    lines: Lines<R>,
    /// The name of a result that stands for the whole file.
    file_name: String,
    /// The level that is read, and those around it.
    top: Level,
    outer: Vec<Level>,
    /// Results and errors that are to be handed out.
    ready: VecDeque<Result<TestResult, ReadError>>,
    store: TempStore,
    /// Bytes before the YAML block that is read.
    yaml_indent: Option<usize>,
    is_kernel: bool,
    /// The kernel's log has a time before each line.
    has_times: bool,
    has_bailed_out: bool,
    is_over: bool,
    longest: usize,
}

impl<R: Read + Seek> Reader<R> {
    fn new(source: R, of: &Source, options: &ReadOptions) -> Result<Self, ReadError> {
        let file_name = match of {
            Source::File { path, .. } => path.file_name().unwrap_or_default().display().to_string(),
            Source::StandardInput => of.to_string(),
        };
        let longest = options.longest();
        Ok(Self {
            lines: Lines::new(source)?,
            file_name,
            top: Level::new(0, None, longest),
            outer: Vec::new(),
            ready: VecDeque::new(),
            store: TempStore::default(),
            yaml_indent: None,
            is_kernel: false,
            has_times: false,
            has_bailed_out: false,
            is_over: false,
            longest,
        })
    }

    /// Takes a line.
    fn take(&mut self, text: &str, warnings: &mut Warnings) -> Result<(), ReadError> {
        let text = self.without_time(text);
        let line = text.trim_start_matches(' ');
        let indent = text.len() - line.len();
        if let Some(begin) = self.yaml_indent {
            if indent == begin && line.trim_end() == "..." {
                self.yaml_indent = None;
                if let Some(point) = &mut self.top.point {
                    point.has_yaml = true;
                }
            } else {
                self.log(text.get(begin.min(indent)..).unwrap_or_default(), warnings);
            }
            return Ok(());
        }
        match Line::parse(line, self.is_kernel) {
            Line::Yaml if self.top.point.is_some() && indent > self.top.indent => {
                self.yaml_indent = Some(indent);
            }
            Line::BlockStart if indent == self.top.indent && self.top.has_yaml() => {
                self.top.set_block(Some(""));
            }
            Line::BlockEnd if self.has_open_block(indent) => {
                self.go_to(indent, warnings)?;
                self.top.set_block(None);
            }
            Line::Pragma => {}
            Line::Other | Line::Yaml | Line::BlockStart | Line::BlockEnd => {
                if text.starts_with("<testsuite") || text.starts_with("<?xml") {
                    warnings.add(JUNIT, line);
                }
                // So the kernel's runner of selftests writes its output, behind a version of TAP.
                self.is_kernel |= line.starts_with("# selftests: ") && self.is_beginning();
                self.log(line, warnings);
            }
            Line::BailOut(reason) => {
                self.has_bailed_out = true;
                let reason = if reason.is_empty() { "no reason is given" } else { reason };
                self.fail(format!("the run bailed out: {reason}"));
            }
            Line::Version { is_kernel } => {
                self.is_kernel |= is_kernel;
                self.go_to(indent, warnings)?;
            }
            Line::Subtest(name) => self.begin_subtest(indent, name, warnings)?,
            Line::Plan { count, reason } => {
                self.go_to(indent, warnings)?;
                self.plan(count, reason, warnings)?;
            }
            Line::Point(point) => {
                self.go_to(indent, warnings)?;
                self.begin_point(&point, warnings)?;
                // What is missing may be `# SKIP`.
                if !self.lines.is_ended {
                    self.fail("the last line does not end: the stream may be cut short".to_owned());
                }
            }
        }
        Ok(())
    }

    /// Takes off the time before each line of the kernel's log, from the version on.
    fn without_time<'a>(&mut self, text: &'a str) -> &'a str {
        let rest = without_time(text);
        let is_version = || matches!(Line::parse(rest.trim_start(), true), Line::Version { .. });
        self.has_times |= rest.len() < text.len() && self.is_beginning() && is_version();
        if self.has_times { rest } else { text }
    }

    /// Tells whether no test was there yet.
    fn is_beginning(&self) -> bool {
        self.outer.is_empty() && self.top.points == 0
    }

    /// Tells whether a point of this indentation has a block that is open.
    fn has_open_block(&self, indent: usize) -> bool {
        let mut levels = self.outer.iter().chain([&self.top]);
        levels.any(|level| level.indent == indent && level.has_open_block())
    }

    /// Keeps a line as part of a log.
    fn log(&mut self, text: &str, warnings: &mut Warnings) {
        let is_before = self.is_kernel && self.yaml_indent.is_none();
        let level = &mut self.top;
        if text.trim().is_empty() && level.point.is_none() {
            return;
        }
        if level.is_complete() {
            warnings.add(BEHIND_PLAN, text);
            return;
        }
        let log = match &mut level.point {
            Some(point) if !is_before => &mut point.log,
            _ => &mut level.before,
        };
        push_line(log, text);
    }

    /// Takes an error that costs no result.
    fn fail(&mut self, reason: String) {
        let line = self.lines.number();
        self.ready.push_back(Err(ReadError::one(line, reason)));
    }

    /// Goes to the level of this indentation, and ends those that are deeper.
    fn go_to(&mut self, indent: usize, warnings: &mut Warnings) -> Result<(), ReadError> {
        while !self.outer.is_empty() && self.top.indent > indent {
            self.end_level(warnings)?;
        }
        if self.top.indent < indent {
            self.open_level(indent, warnings)?;
        }
        Ok(())
    }

    fn open_level(&mut self, indent: usize, warnings: &mut Warnings) -> Result<(), ReadError> {
        if self.outer.len() == MAX_DEPTH {
            let line = Some(self.lines.number());
            let reason = format!("tests lie more than {MAX_DEPTH} deep in each other");
            return Err(ReadError::remainder(line, reason));
        }
        let name = match &self.top.point {
            // It waits for its subtests, and is ended behind them.
            Some(point) if point.block.is_some() => Some(point.name.clone()),
            _ => {
                self.end_point(warnings)?;
                self.top.next_name.take()
            }
        };
        // What lies deeper came before anything of this level did.
        let ended = self.top.ended.take_if(|ended| ended.indent > indent);
        let level = Level { ended, ..Level::new(indent, name, self.longest) };
        self.outer.push(std::mem::replace(&mut self.top, level));
        Ok(())
    }

    /// Takes the name of the tests that follow: it stands before them, at their indentation or at that
    /// of their parent. Node names each test so, also one that has none below it.
    fn begin_subtest(
        &mut self,
        indent: usize,
        name: &str,
        warnings: &mut Warnings,
    ) -> Result<(), ReadError> {
        self.go_to(indent, warnings)?;
        let level = &self.top;
        let is_first = level.points == 0 && level.children.is_empty();
        if !self.outer.is_empty() && level.name.is_none() && is_first {
            self.top.name = Some(name.to_owned());
        } else {
            self.end_point(warnings)?;
            self.top.next_name = Some(name.to_owned());
        }
        Ok(())
    }

    fn plan(&mut self, count: u64, reason: &str, warnings: &mut Warnings) -> Result<(), ReadError> {
        self.end_point(warnings)?;
        let line = self.lines.number();
        let level = &mut self.top;
        if level.plan.is_some() {
            self.fail("a second plan".to_owned());
            return Ok(());
        }
        level.plan = Some((count, line));
        if count == 0 && !reason.is_empty() {
            level.skipped = Some(reason.to_owned());
        }
        Ok(())
    }

    fn begin_point(&mut self, point: &Point<'_>, warnings: &mut Warnings) -> Result<(), ReadError> {
        self.end_point(warnings)?;
        let level = &mut self.top;
        level.points += 1;
        let number = point.number.unwrap_or(level.points);
        let told = level.ended.as_mut().and_then(|ended| ended.name.take());
        let told = level.next_name.take().or(told);
        let name = Some(point.name()).filter(|name| !name.is_empty()).or(told);
        let mut name = name.unwrap_or_else(|| format!("test {number}"));
        let log = std::mem::replace(&mut level.before, Clipped::new(self.longest));
        let (status, comment) = (point.status(), point.comment());
        // Where its subtests stand before it, none follow.
        let mut block = point.has_block.then_some(" {");
        if level.ended.is_some() {
            name.push_str(block.take().unwrap_or_default());
        }
        level.point = Some(OpenPoint { name, status, comment, log, has_yaml: false, block });
        Ok(())
    }

    /// Ends the point whose log was read, which is a result unless its subtests say as much.
    fn end_point(&mut self, warnings: &mut Warnings) -> Result<(), ReadError> {
        let Some(mut point) = self.top.point.take() else { return Ok(()) };
        match point.block {
            None => {}
            Some(_) if self.has_bailed_out => {}
            Some(end_of_name) if self.top.ended.is_none() && !self.is_over => {
                point.name.push_str(end_of_name);
            }
            Some(_) => self.fail(format!(
                "the block of `{}` does not end: the stream may be cut short",
                point.name
            )),
        }
        let mut is_result = true;
        if let Some(ended) = self.top.ended.take() {
            if let Some(reason) = ended.skipped.filter(|_| point.status == Status::Passed) {
                (point.status, point.comment) = (Status::Skipped, reason);
            }
            let is_worse = |worst| badness(point.status) > badness(worst);
            is_result = ended.worst.is_none_or(is_worse);
            if !is_result && !point.log.is_empty() {
                warnings.add(LOG_OF_PARENT, &point.name);
            }
            self.hand_up_children(ended.children, &point.name)?;
        }
        if is_result { self.hand_up(point.into_result()) } else { Ok(()) }
    }

    /// Hands up results that waited for the name of their parent.
    fn hand_up_children(&mut self, children: Vec<Span>, parent: &str) -> Result<(), ReadError> {
        for span in children {
            let mut result: TestResult =
                serde_json::from_slice(&self.store.get(span)?).map_err(|e| not_kept(&e))?;
            if !parent.is_empty() {
                result.name = format!("{parent}/{}", result.name);
            }
            self.hand_up(result)?;
        }
        Ok(())
    }

    /// Hands a result out, or keeps it until the name of its parent is known.
    fn hand_up(&mut self, result: TestResult) -> Result<(), ReadError> {
        if self.outer.is_empty() {
            self.top.note(result.status);
            self.ready.push_back(Ok(result));
            return Ok(());
        }
        let json = serde_json::to_vec(&result).map_err(|e| not_kept(&e))?;
        let span = self.store.put(&json)?;
        let level = &mut self.top;
        level.note(result.status);
        level.children.push(span);
        Ok(())
    }

    /// Ends the deepest level: its results wait for the point of their parent.
    fn end_level(&mut self, warnings: &mut Warnings) -> Result<(), ReadError> {
        self.end_point(warnings)?;
        self.give_orphans()?;
        self.check_plan();
        if let Some(outer) = self.outer.pop() {
            let level = std::mem::replace(&mut self.top, outer);
            if !level.before.is_empty() {
                warnings.add(BEHIND_PLAN, &level.before.to_text());
            }
            // Tests without a parent's point between them have lost it.
            self.give_orphans()?;
            self.top.ended = Some(Box::new(level));
        }
        Ok(())
    }

    /// Hands up the results of subtests whose parent has no point.
    fn give_orphans(&mut self) -> Result<(), ReadError> {
        let Some(level) = self.top.ended.take() else { return Ok(()) };
        let prefix = level.name.unwrap_or_default();
        self.fail(match &*prefix {
            "" => "subtests without the point of their test".to_owned(),
            name => format!("subtests of `{name}` without its point"),
        });
        self.hand_up_children(level.children, &prefix)
    }

    /// Compares the points of the deepest level with its plan.
    fn check_plan(&mut self) {
        if self.has_bailed_out {
            return;
        }
        let level = &mut self.top;
        let of = level.name.as_ref().map(|name| format!(" of `{name}`")).unwrap_or_default();
        match level.plan {
            Some((count, _)) if count == level.points => {}
            Some((count, line)) => {
                let points = level.points;
                let reason = format!("the plan{of} is {count} tests, and there are {points}");
                self.ready.push_back(Err(ReadError::one(line, reason)));
            }
            // KUnit's parameterised tests have none.
            None if self.is_kernel && !self.outer.is_empty() => {}
            None => self.fail(format!("no plan{of}: the stream may be cut short")),
        }
    }

    /// Ends all that is open.
    fn end(&mut self, warnings: &mut Warnings) -> Result<(), ReadError> {
        if self.yaml_indent.take().is_some() {
            self.fail("cut short: a block of YAML does not end".to_owned());
        }
        self.go_to(0, warnings)?;
        self.end_point(warnings)?;
        self.give_orphans()?;
        if let Some(reason) = self.top.skipped.take() {
            let io_log = self.top.before.to_text().into_owned();
            let result = TestResult::new(&*self.file_name, Status::Skipped);
            self.ready.push_back(Ok(TestResult { comment: reason, io_log, ..result }));
        } else if !self.top.before.is_empty() {
            warnings.add(BEHIND_PLAN, &self.top.before.to_text());
        }
        self.check_plan();
        self.lines.note(warnings);
        Ok(())
    }
}

impl<R: Read + Seek> ReportReader for Reader<R> {
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return ready.map(Some);
            }
            if self.is_over {
                return Ok(None);
            }
            let taken = match self.lines.next() {
                Ok(Some(text)) => self.take(&text, warnings),
                Ok(None) => {
                    self.is_over = true;
                    self.end(warnings)
                }
                Err(error) => Err(error),
            };
            if let Err(error) = taken {
                self.is_over = true;
                return Err(ReadError { line: error.line.or(Some(self.lines.number())), ..error });
            }
        }
    }
}

fn push_line(log: &mut Clipped, line: &str) {
    if !log.is_empty() {
        log.push_str("\n");
    }
    log.push_str(line);
}

fn not_kept(error: &serde_json::Error) -> ReadError {
    ReadError::remainder(None, error.to_string())
}

fn badness(status: Status) -> u8 {
    match status {
        Status::Passed => 0,
        Status::Skipped => 1,
        Status::Failed => 2,
    }
}

const JUNIT: &str = "JUnit in a TAP stream was taken for a log: --format junit reads it";
const BEHIND_PLAN: &str = "lines behind the last test were left out";
const LOG_OF_PARENT: &str = "the log of a test that has subtests was left out";
