//! Streams that are made up, written in the ways of several tools, and cut anywhere.

use proptest::prelude::*;

use super::{read, results};

/// A test, with those that are part of it.
#[derive(Clone, Debug)]
struct Test {
    word: &'static str,
    outcome: Outcome,
    parts: Vec<Test>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
    ToDo,
}

/// How tools write tests that are part of another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Style {
    /// Nothing tells the name before the point does.
    Bare,
    /// As TAP 14 has it: the name stands before its tests, at the indentation of their parent.
    Before,
    /// As Node has it: so does the name of each test.
    Each,
    /// As Vitest has it: in a block behind the point of their parent.
    Block,
    /// As the kernel has it: at the indentation of the tests, behind a version.
    Kernel,
}

fn test() -> impl Strategy<Value = Test> {
    const WORDS: &[&str] = &["boots", "joins a network", "a/b", "1st", "ok", "says ok - 2", "é"];
    const OUTCOMES: &[Outcome] =
        &[Outcome::Passed, Outcome::Passed, Outcome::Failed, Outcome::Skipped, Outcome::ToDo];
    let leaf = (prop::sample::select(WORDS), prop::sample::select(OUTCOMES))
        .prop_map(|(word, outcome)| Test { word, outcome, parts: vec![] });
    leaf.prop_recursive(3, 20, 4, |inner| {
        let own = prop::sample::select(&[Outcome::Passed, Outcome::Failed][..]);
        (prop::sample::select(WORDS), own, prop::collection::vec(inner, 1..4))
            .prop_map(|(word, outcome, parts)| Test { word, outcome, parts })
    })
}

fn style() -> impl Strategy<Value = Style> {
    prop::sample::select(
        &[Style::Bare, Style::Before, Style::Each, Style::Block, Style::Kernel][..],
    )
}

impl Test {
    fn has_failed(&self) -> bool {
        self.outcome == Outcome::Failed || self.parts.iter().any(Self::has_failed)
    }

    /// What it is to be read as: a parent only where it alone failed.
    fn results(&self, path: &str, to: &mut Vec<String>) {
        let name = format!("{path}{}", self.word);
        self.parts.iter().for_each(|part| part.results(&format!("{name}/"), to));
        let is_told = self.parts.iter().any(Self::has_failed) || self.outcome != Outcome::Failed;
        if !self.parts.is_empty() && is_told {
            return;
        }
        to.push(match self.outcome {
            Outcome::Passed => format!("P {name}"),
            Outcome::Failed => format!("F {name}"),
            Outcome::Skipped => format!("S {name} // why"),
            Outcome::ToDo => format!("S {name} // [TODO] later"),
        });
    }

    fn point(&self, number: usize) -> String {
        let (ok, directive) = match self.outcome {
            Outcome::Skipped => ("ok", " # SKIP why"),
            Outcome::ToDo => ("not ok", " # TODO later"),
            _ if self.has_failed() => ("not ok", ""),
            _ => ("ok", ""),
        };
        format!("{ok} {number} - {}{directive}\n", self.word)
    }
}

/// Writes tests with a plan at either end.
fn write(tests: &[Test], style: Style, is_planned: bool, indent: &str, to: &mut String) {
    let step = if style == Style::Kernel { "  " } else { "    " };
    let plan = format!("{indent}1..{}\n", tests.len());
    if is_planned {
        *to += &plan;
    }
    for (at, test) in tests.iter().enumerate() {
        let is_parent = !test.parts.is_empty();
        let name = format!("# Subtest: {}\n", test.word);
        if style == Style::Each || style == Style::Before && is_parent {
            to.extend([indent, &name]);
        }
        let point = test.point(at + 1);
        if style == Style::Block && is_parent {
            to.extend([indent, point.trim_end(), " {\n"]);
        }
        if is_parent {
            let deeper = format!("{indent}{step}");
            if style == Style::Kernel {
                to.extend([&deeper, "KTAP version 1\n", &deeper, &name]);
            }
            write(&test.parts, style, is_planned, &deeper, to);
        }
        let is_behind = style == Style::Block && is_parent;
        to.extend([indent, if is_behind { "}\n" } else { &point }]);
    }
    if !is_planned {
        *to += &plan;
    }
}

fn stream(tests: &[Test], style: Style, is_planned: bool) -> String {
    let mut text =
        if style == Style::Kernel { "KTAP version 1\n" } else { "TAP version 14\n" }.to_owned();
    write(tests, style, is_planned, "", &mut text);
    text
}

/// Counts the points of a text whose lines are whole that stand for a result of their own.
fn leaves(tests: &[Test], style: Style, text: &str) -> usize {
    let mut left = text.lines().map(str::trim_start).filter(|line| {
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let rest = line.trim_start_matches("not ").strip_prefix("ok ");
        rest.and_then(|rest| rest.split_once(" - ")).is_some_and(|(number, _)| is_number(number))
    });
    leaves_of(tests, style, &mut left)
}

/// Counts those of `tests` whose points are `left`, the innermost first but for blocks.
fn leaves_of(tests: &[Test], style: Style, left: &mut dyn Iterator<Item = &str>) -> usize {
    let mut found = 0;
    for test in tests {
        if style == Style::Block && !test.parts.is_empty() {
            left.next();
            found += leaves_of(&test.parts, style, left);
        } else {
            found += leaves_of(&test.parts, style, left);
            found += usize::from(left.next().is_some() && test.parts.is_empty());
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(
        tests in prop::collection::vec(test(), 1..5),
        style in style(),
        is_planned in any::<bool>(),
    ) {
        let given = read(&stream(&tests, style, is_planned));
        let mut expected = Vec::new();
        for test in &tests {
            test.results("", &mut expected);
        }
        prop_assert_eq!(results(&given), expected);
        prop_assert_eq!(given.words(), [""; 0]);
    }
}

proptest! {
    // Each case reads its text once for each of its bytes.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_cut_anywhere_loses_no_result_and_is_never_whole(
        tests in prop::collection::vec(test(), 1..4),
        style in style(),
        is_planned in any::<bool>(),
    ) {
        let text = stream(&tests, style, is_planned);
        let ends = (0..text.len()).filter(|end| text.is_char_boundary(*end));
        for end in ends {
            let cut = &text[..end];
            let whole_lines = &cut[..cut.rfind('\n').map_or(0, |at| at + 1)];
            let given = read(cut);
            prop_assert!(given.results.len() >= leaves(&tests, style, whole_lines), "{}", cut);
            // All of the last plan or block is there, but for its line feed.
            let is_ended = !is_planned || text.ends_with("}\n");
            let is_whole = is_ended && end == text.len() - 1;
            prop_assert_eq!(given.errors.is_empty(), is_whole, "{}", cut);
        }
    }
}
