//! One name, several results: at the server the last one of an execution replaces the others, so
//! what is submitted together is brought to one result a name first.
//!
//! Reports are read several times, so that they need not be held: names are counted in the first
//! reading, what merging needs is gathered in another, and the last one asks for each result what
//! becomes of it. Memory goes with one hash a name, and with what is known of repeated names.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::model::limits::{Limits, MAX_COMMENT};
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::reports::format::Origin;
use crate::submission::SubmissionError;
use crate::util::clip::Clipped;
use crate::util::temp_file::{Span, TempStore};

/// The policy of `--on-duplicate`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum OnDuplicate {
    // One result of all, in the place of the first.
    Merge,
    // ` [2]`, ` [3]`, … after the name.
    Number,
    First,
    Last,
    // None of them is sent.
    Error,
}

/// Tells names apart as the limits let them be sent, by hashes that are seeded anew in each run.
#[derive(Debug)]
struct NameHasher {
    limits: Limits,
    hasher: RandomState,
}

impl NameHasher {
    fn new(limits: Limits) -> Self {
        Self { limits, hasher: RandomState::new() }
    }

    fn hash(&self, name: &str) -> u64 {
        self.hasher.hash_one(&*self.limits.name(name))
    }

    /// Returns the name under the next number after `last` whose hash is not taken, and counts `last` up to
    /// that number.
    fn next_free(&self, name: &str, last: &mut usize, is_taken: impl Fn(u64) -> bool) -> String {
        loop {
            *last += 1;
            let numbered = format!("{name} [{last}]");
            if !is_taken(self.hash(&numbered)) {
                return numbered;
            }
        }
    }
}

/// The names of the first reading, file by file.
#[derive(Debug)]
pub struct Names {
    hasher: NameHasher,
    hashes: Vec<u64>,
}

impl Names {
    /// Forms an empty list. Names are compared as `limits` lets them be sent.
    pub fn new(limits: Limits) -> Self {
        Self { hasher: NameHasher::new(limits), hashes: Vec::new() }
    }

    /// Adds a name as a report has it.
    pub fn add(&mut self, name: &str) {
        self.hashes.push(self.hasher.hash(name));
    }

    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Takes off all names after the first `length`: those of a file that turned out to be broken, or of which
    /// it is not known yet whether it is sent.
    pub fn split_off(&mut self, length: usize) -> Vec<u64> {
        self.hashes.split_off(length)
    }

    /// Takes back what was taken off.
    pub fn append(&mut self, mut names: Vec<u64>) {
        self.hashes.append(&mut names);
    }

    /// Returns the decisions about names that came more than once.
    pub fn duplicates(mut self, mode: OnDuplicate) -> Duplicates {
        self.hashes.sort_unstable();
        let repeated = |same: &[u64]| Repeated {
            hash: same[0],
            count: same.len(),
            last_number: 1,
            ..Repeated::default()
        };
        let groups = self.hashes.chunk_by(|one, next| one == next);
        let mut repeated: Vec<_> = groups.filter(|same| same.len() > 1).map(repeated).collect();
        repeated.shrink_to_fit();
        Duplicates {
            mode,
            names: self,
            repeated,
            spill: TempStore::default(),
            merged: 0,
            refused: Vec::new(),
        }
    }
}

/// A name that came more than once.
#[derive(Debug, Default)]
struct Repeated {
    /// That of the name.
    hash: u64,
    /// The name, once it is seen again: two names may share a hash.
    name: Option<Box<str>>,
    count: usize,
    /// The number of them that the present reading has met.
    met: usize,
    /// The second and later results, for a merge.
    later: Vec<Span>,
    /// Hashes of the place of the first: its suites and class, and its file.
    origin: Option<[u64; 2]>,
    /// Something that tells the results apart, or made them different.
    difference: Difference,
    /// The worst status so far.
    worst: Option<Status>,
    /// The last number that was given to one of them; the first has none.
    last_number: usize,
}

/// A reason why results of one name are several, which has a cure of its own; the later ones count more.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
enum Difference {
    #[default]
    None,
    PassAfterFailure,
    File,
    SuiteOrClass,
}

impl Difference {
    /// Returns the warning about a result that was merged, with the cure.
    fn warning(self) -> &'static str {
        match self {
            Self::None => "result merged into the first of its name",
            Self::PassAfterFailure => {
                "result merged into the first of its name, a pass after a failure (--on-duplicate \
                 last keeps the last)"
            }
            Self::File => {
                "result merged into the first of its name, from another file (--case-name \
                 '{file}: {classname}.{name}' keeps them apart)"
            }
            Self::SuiteOrClass => {
                "result merged into the first of its name, from another suite or class (--case-name \
                 '{suites}/{classname}.{name}' keeps them apart)"
            }
        }
    }
}

impl Repeated {
    /// Compares one more of the name with those before.
    fn compare(&mut self, status: Status, origin: Option<[u64; 2]>) {
        match (self.origin, origin) {
            (Some([one, _]), Some([other, _])) if one != other => {
                self.difference = Difference::SuiteOrClass;
            }
            (Some([_, one]), Some([_, other])) if one != other => {
                self.difference = self.difference.max(Difference::File);
            }
            (None, _) => self.origin = origin,
            _ => {}
        }
        if status == Status::Passed && self.worst == Some(Status::Failed) {
            self.difference = self.difference.max(Difference::PassAfterFailure);
        }
        self.worst = Some(self.worst.map_or(status, |worst| worse(worst, status)));
    }

    /// Counts one more of the name and returns its number, from 1.
    fn meet(&mut self, name: &str) -> Result<usize, SubmissionError> {
        let known = &**self.name.get_or_insert_with(|| name.into());
        if known != name {
            let known = known.to_owned();
            return Err(SubmissionError::SameHash { known, name: name.to_owned() });
        }
        self.met += 1;
        Ok(self.met)
    }
}

/// Decides what becomes of each result, once all names are known.
#[derive(Debug)]
pub struct Duplicates {
    mode: OnDuplicate,
    /// With sorted hashes.
    names: Names,
    /// In the order of their hashes: there may be hundreds of thousands.
    repeated: Vec<Repeated>,
    spill: TempStore,
    /// Results that went into another one.
    pub merged: u64,
    /// Names that came more than once, under [`OnDuplicate::Error`].
    pub refused: Vec<String>,
}

impl Duplicates {
    /// Returns the number of results that will be left.
    pub fn remaining(&self) -> usize {
        let repeats: usize = self.repeated.iter().map(|repeated| repeated.count).sum();
        let once = self.names.len() - repeats;
        match self.mode {
            OnDuplicate::Number => self.names.len(),
            OnDuplicate::Error => once,
            _ => once + self.repeated.len(),
        }
    }

    /// Tells whether results must be handed to [`Duplicates::gather`] before they are resolved.
    pub fn needs_gathering(&self) -> bool {
        self.mode == OnDuplicate::Merge && !self.repeated.is_empty()
    }

    /// Keeps what a merge into the first of its name will need.
    ///
    /// # Errors
    /// A temporary file that cannot be written.
    pub fn gather(
        &mut self,
        result: &TestResult,
        origin: impl FnOnce() -> Option<Origin>,
    ) -> Result<(), SubmissionError> {
        let hash = self.names.hasher.hash(&result.name);
        let Some(repeated) = of_hash(&mut self.repeated, hash) else { return Ok(()) };
        let number = repeated.meet(&self.names.hasher.limits.name(&result.name))?;
        let hasher = &self.names.hasher.hasher;
        let hashes = |origin: Origin| {
            [hasher.hash_one((origin.suites, origin.class)), hasher.hash_one(origin.file)]
        };
        repeated.compare(result.status, origin().map(hashes));
        if number > 1 {
            let span =
                self.spill.put(&serde_json::to_vec(result)?).map_err(SubmissionError::TempStore)?;
            repeated.later.push(span);
        }
        Ok(())
    }

    /// Begins the reading whose results are resolved.
    pub fn rewind(&mut self) {
        for repeated in &mut self.repeated {
            repeated.met = 0;
        }
    }

    /// The result to send in place of `result`, if any.
    ///
    /// # Errors
    /// A temporary file that cannot be read.
    pub fn resolve(
        &mut self,
        result: TestResult,
        warnings: &mut Warnings,
    ) -> Result<Option<TestResult>, SubmissionError> {
        if self.repeated.is_empty() {
            return Ok(Some(result));
        }
        let hash = self.names.hasher.hash(&result.name);
        let Some(repeated) = of_hash(&mut self.repeated, hash) else { return Ok(Some(result)) };
        let name = self.names.hasher.limits.name(&result.name).into_owned();
        let number = repeated.meet(&name)?;
        let difference = repeated.difference;
        let keep = match self.mode {
            OnDuplicate::Merge if number == 1 => {
                let later = std::mem::take(&mut repeated.later);
                return self.merge(result, &later).map(Some);
            }
            OnDuplicate::Number if number > 1 => {
                // It depends on what is submitted alone, so that a repeated submission gives the same names.
                let Names { hasher, hashes } = &self.names;
                let is_taken = |hash| hashes.binary_search(&hash).is_ok();
                let numbered = hasher.next_free(&result.name, &mut repeated.last_number, is_taken);
                warnings.add("result numbered, because its name came before", &name);
                return Ok(Some(TestResult { name: numbered, ..result }));
            }
            OnDuplicate::Number => true,
            OnDuplicate::First => number == 1,
            OnDuplicate::Last => number == repeated.count,
            OnDuplicate::Merge | OnDuplicate::Error => false,
        };
        if !keep {
            self.leave_out(&name, number, difference, warnings);
        }
        Ok(keep.then_some(result))
    }

    fn leave_out(
        &mut self,
        name: &str,
        number: usize,
        difference: Difference,
        warnings: &mut Warnings,
    ) {
        match self.mode {
            OnDuplicate::Merge => {
                self.merged += 1;
                warnings.add(difference.warning(), name);
            }
            OnDuplicate::Error if number == 1 => self.refused.push(name.to_owned()),
            OnDuplicate::Error => {}
            _ => warnings.add("result left out for another of its name", name),
        }
    }

    /// Merges the results at these places into the first of their name, one after the other.
    fn merge(&mut self, first: TestResult, later: &[Span]) -> Result<TestResult, SubmissionError> {
        let mut merged = Merged::new(first, later.len() + 1, &self.names.hasher.limits);
        for span in later {
            let json = self.spill.get(*span).map_err(SubmissionError::TempStore)?;
            merged.add(&serde_json::from_slice(&json)?);
        }
        Ok(merged.into_result())
    }
}

fn of_hash(repeated: &mut [Repeated], hash: u64) -> Option<&mut Repeated> {
    let at = repeated.binary_search_by_key(&hash, |repeated| repeated.hash).ok()?;
    repeated.get_mut(at)
}

/// The names of results that are sent as they come in: what was sent is not taken back.
pub struct Arrivals {
    mode: OnDuplicate,
    hasher: NameHasher,
    /// The last status of each name, by its hash, and the last number that was given to one of them.
    last: HashMap<u64, (Status, usize)>,
}

impl Arrivals {
    pub fn new(mode: OnDuplicate, limits: Limits) -> Self {
        Self { mode, hasher: NameHasher::new(limits), last: HashMap::new() }
    }

    /// Returns the result to send, if any. One whose name comes again replaces the one before, as at the
    /// server, where it is not to be numbered or left out.
    ///
    /// # Errors
    /// Under [`OnDuplicate::Error`], the name that comes again.
    pub fn take(
        &mut self,
        mut result: TestResult,
        warnings: &mut Warnings,
    ) -> Result<Option<TestResult>, String> {
        let mut hash = self.hasher.hash(&result.name);
        if let Some(&(before, mut number)) = self.last.get(&hash) {
            let name = self.hasher.limits.name(&result.name).into_owned();
            match self.mode {
                OnDuplicate::Merge | OnDuplicate::Last => {
                    let was_failure = before == Status::Failed && result.status != Status::Failed;
                    let replaced = if was_failure {
                        "result replaced a failure of the same name"
                    } else {
                        "result replaced one of the same name"
                    };
                    warnings.add(replaced, &name);
                }
                OnDuplicate::Number => {
                    let is_taken = |hash| self.last.contains_key(&hash);
                    result.name = self.hasher.next_free(&result.name, &mut number, is_taken);
                    self.last.insert(hash, (before, number));
                    hash = self.hasher.hash(&result.name);
                    warnings.add("result numbered, because its name came before", &name);
                }
                OnDuplicate::First => {
                    warnings.add("result left out for another of its name", &name);
                    return Ok(None);
                }
                OnDuplicate::Error => return Err(name),
            }
        }
        self.last.entry(hash).or_insert((result.status, 1)).0 = result.status;
        Ok(Some(result))
    }
}

/// One result of several of the same name.
struct Merged {
    first: TestResult,
    count: usize,
    total: usize,
    comment: Clipped,
    io_log: Clipped,
}

impl Merged {
    fn new(mut first: TestResult, total: usize, limits: &Limits) -> Self {
        let comment = Clipped::new(MAX_COMMENT);
        let io_log = Clipped::new(limits.max_log.max(MAX_COMMENT));
        let texts = [&mut first.comment, &mut first.io_log].map(std::mem::take);
        let status = first.status;
        let mut merged = Self { first, count: 0, total, comment, io_log };
        merged.add_texts(status, &texts[0], &texts[1]);
        merged
    }

    fn add(&mut self, result: &TestResult) {
        self.first.status = worse(self.first.status, result.status);
        self.add_texts(result.status, &result.comment, &result.io_log);
    }

    fn add_texts(&mut self, status: Status, comment: &str, io_log: &str) {
        self.count += 1;
        let heading = format!("--- result {} of {}: {status} ---\n", self.count, self.total);
        for (all, text) in [(&mut self.comment, comment), (&mut self.io_log, io_log)] {
            if !text.is_empty() {
                let separator = if all.is_empty() { "" } else { "\n\n" };
                for part in [separator, &heading, text] {
                    all.push_str(part);
                }
            }
        }
    }

    fn into_result(self) -> TestResult {
        let [comment, io_log] = [&self.comment, &self.io_log].map(|all| all.to_text().into_owned());
        TestResult { comment, io_log, ..self.first }
    }
}

/// Returns the worse of two statuses: a test that ran at all says more than one that was skipped.
fn worse(one: Status, other: Status) -> Status {
    let badness = |status: &Status| match status {
        Status::Skipped => 0,
        Status::Passed => 1,
        Status::Failed => 2,
    };
    std::cmp::max_by_key(one, other, badness)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(name: &str, status: Status, text: &str) -> TestResult {
        TestResult {
            category: format!("category {text}"),
            io_log: text.to_owned(),
            ..TestResult::new(name, status)
        }
    }

    /// Returns what is left of `results`, and what is said.
    fn left(mode: OnDuplicate, results: &[TestResult]) -> (Vec<TestResult>, Vec<String>) {
        let mut names = Names::new(Limits::default());
        for result in results {
            names.add(&result.name);
        }
        let mut duplicates = names.duplicates(mode);
        if duplicates.needs_gathering() {
            for result in results {
                duplicates.gather(result, || None).unwrap();
            }
            duplicates.rewind();
        }
        let mut warnings = Warnings::default();
        let resolve =
            |result: &TestResult| duplicates.resolve(result.clone(), &mut warnings).unwrap();
        let left: Vec<_> = results.iter().filter_map(resolve).collect();
        assert_eq!(left.len(), duplicates.remaining());
        (left, warnings.lines())
    }

    fn logs(mode: OnDuplicate) -> Vec<(String, String)> {
        let results = [
            result("a", Status::Passed, "1"),
            result("b", Status::Passed, "2"),
            result("a", Status::Failed, "3"),
            result("a [2]", Status::Passed, "4"),
            result("a", Status::Skipped, "5"),
        ];
        left(mode, &results).0.into_iter().map(|result| (result.name, result.io_log)).collect()
    }

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, log)| ((*name).to_owned(), (*log).to_owned())).collect()
    }

    #[test]
    fn each_way_keeps_what_it_says() {
        let numbered = [("a", "1"), ("b", "2"), ("a [3]", "3"), ("a [2]", "4"), ("a [4]", "5")];
        assert_eq!(logs(OnDuplicate::Number), named(&numbered));
        assert_eq!(logs(OnDuplicate::First), named(&[("a", "1"), ("b", "2"), ("a [2]", "4")]));
        assert_eq!(logs(OnDuplicate::Last), named(&[("b", "2"), ("a [2]", "4"), ("a", "5")]));
        assert_eq!(logs(OnDuplicate::Error), named(&[("b", "2"), ("a [2]", "4")]));
    }

    #[test]
    fn a_merge_has_the_worst_status_and_every_log_in_the_place_of_the_first() {
        let results = [
            result("a", Status::Skipped, "one"),
            result("b", Status::Passed, "b"),
            result("a", Status::Failed, "two"),
            result("a", Status::Passed, ""),
        ];
        let log = "--- result 1 of 3: SKIPPED ---\none\n\n--- result 2 of 3: FAILED ---\ntwo";
        let merged = TestResult { io_log: log.to_owned(), ..result("a", Status::Failed, "one") };
        let (left, said) = left(OnDuplicate::Merge, &results);
        assert_eq!(left, [merged, results[1].clone()]);
        let cure = "a pass after a failure (--on-duplicate last keeps the last)";
        let merged = format!("result merged into the first of its name, {cure} (2): `a`");
        assert_eq!(said, [merged]);
    }

    #[test]
    fn only_a_merge_gathers_and_only_what_is_repeated() {
        for (mode, names, expected) in [
            (OnDuplicate::Merge, &["a", "b", "a"][..], true),
            (OnDuplicate::Merge, &["a", "b"], false),
            (OnDuplicate::Last, &["a", "b", "a"], false),
        ] {
            let mut all = Names::new(Limits::default());
            for name in names {
                all.add(name);
            }
            assert_eq!(all.duplicates(mode).needs_gathering(), expected, "{mode:?} {names:?}");
        }
    }

    #[test]
    fn names_of_a_file_are_taken_off_and_back() {
        let mut names = Names::new(Limits::default());
        for name in ["a", "b", "a"] {
            names.add(name);
        }
        let taken = names.split_off(1);
        names.add("b");
        assert_eq!(names.len(), 2);
        names.append(taken);
        assert_eq!((names.len(), names.duplicates(OnDuplicate::First).remaining()), (4, 2));
    }

    #[test]
    fn what_was_repeated_is_counted_or_named_once() {
        for (mode, merged, refused) in
            [(OnDuplicate::Merge, 3, vec![]), (OnDuplicate::Error, 0, vec!["a", "b"])]
        {
            let mut names = Names::new(Limits::default());
            let results = ["a", "b", "a", "a", "b"].map(|name| result(name, Status::Passed, ""));
            for result in &results {
                names.add(&result.name);
            }
            let mut duplicates = names.duplicates(mode);
            let mut warnings = Warnings::default();
            for result in results {
                duplicates.resolve(result, &mut warnings).unwrap();
            }
            assert_eq!(warnings.lines().len(), usize::from(merged > 0), "{mode:?}");
            assert_eq!(duplicates.merged, merged, "{mode:?}");
            assert_eq!(duplicates.refused, refused, "{mode:?}");
        }
    }

    #[test]
    fn a_warning_names_what_tells_results_of_one_name_apart() {
        use Status::{Failed, Passed};
        let (class, file) = ("'{suites}/{classname}.{name}'", "'{file}: {classname}.{name}'");
        // Suite, class, file and status of each.
        let one = ("s", "c", "f", Passed);
        for (results, cure) in [
            (&[one, one][..], None),
            (&[one, ("s", "c", "f", Failed)], None),
            (&[("s", "c", "f", Failed), one], Some("--on-duplicate last")),
            (&[one, ("t", "c", "f", Passed)], Some(class)),
            (&[one, ("s", "d", "f", Passed)], Some(class)),
            (&[one, ("s", "c", "g", Passed)], Some(file)),
            (&[one, ("t", "c", "g", Passed)], Some(class)),
            (&[one, ("s", "c", "g", Passed), ("t", "c", "f", Passed)], Some(class)),
            (&[("s", "c", "f", Failed), ("s", "c", "g", Passed)], Some(file)),
            (&[one, ("t", "c", "f", Failed), ("t", "c", "f", Passed)], Some(class)),
        ] {
            let mut repeated = Repeated::default();
            for (suites, class, file, status) in results {
                let hash = |text: &str| crate::util::text::fnv1a(text.as_bytes());
                repeated.compare(*status, Some([hash(&format!("{suites}/{class}")), hash(file)]));
            }
            let warning = repeated.difference.warning();
            match cure {
                Some(cure) => assert!(warning.contains(cure), "{results:?}: {warning}"),
                None => assert_eq!(warning, Difference::None.warning(), "{results:?}"),
            }
        }
    }

    #[test]
    fn a_merge_has_every_comment() {
        let comment =
            |text: &str| TestResult { comment: text.to_owned(), ..result("a", Status::Passed, "") };
        let (left, _) = left(OnDuplicate::Merge, &[comment("one"), comment(""), comment("two")]);
        let all = "--- result 1 of 3: PASSED ---\none\n\n--- result 3 of 3: PASSED ---\ntwo";
        assert_eq!(left[0].comment, all);
    }

    #[test]
    fn a_skipped_test_that_passed_too_has_passed() {
        let results = [result("a", Status::Skipped, ""), result("a", Status::Passed, "")];
        assert_eq!(left(OnDuplicate::Merge, &results).0[0].status, Status::Passed);
    }
}
