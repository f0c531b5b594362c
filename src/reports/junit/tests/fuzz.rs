//! Broken reports, made at random: nothing panics, hangs or makes cases out of nothing.
//!
//! Runs for as many seconds as `TO_FUZZ_SECONDS` says, else for a short while.

use std::io::Cursor;
use std::time::{Duration, Instant};

use super::{Slow, edge, read_cases, read_twice, shapes};
use crate::reports::junit::Mapping;

/// What a run without `TO_FUZZ_SECONDS` takes.
const SHORT: Duration = Duration::from_secs(2);

/// Far beyond what a document of this size can need, also in a debug build on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// Documents that are cut, joined and changed; larger ones only slow the search down.
const LARGEST_SEED: usize = 20_000;

/// The shortest element that can make a result.
const SHORTEST_CASE: usize = "<error/>".len();

/// Pieces of which the reader makes something.
const PIECES: &[&str] = &[
    "<",
    ">",
    "/>",
    "</",
    "&",
    ";",
    "\"",
    "'",
    "=",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<?",
    "?>",
    "<!DOCTYPE x [",
    "]>",
    "<!ENTITY a \"&b;\">",
    "&a;",
    "&#0;",
    "&#xD83D;",
    "&#xDE00;",
    "&lt;",
    "<testsuites>",
    "</testsuites>",
    "<testsuite name='s'>",
    "</testsuite>",
    "<testcase name='c'>",
    "</testcase>",
    "<testcase/>",
    "<failure message='m'>",
    "</failure>",
    "<error/>",
    "<skipped/>",
    "<flakyFailure>",
    "</flakyFailure>",
    "<stackTrace>",
    "</stackTrace>",
    "<system-out>",
    "</system-out>",
    "<system-err>",
    "</system-err>",
    "<properties>",
    "</properties>",
    "\n",
    "\r",
    "\0",
    "\u{feff}",
    "é",
    "😀",
    " name='x'",
    " name='y'",
    "<?xml version='1.0' encoding='",
    "<?xml version='1.0' encoding='UTF-16'?>",
    "<?xml version='1.0' encoding='latin1'?>",
    "<?xml version='1.0' encoding='shift_jis'?>",
    "<?xml version='1.0' encoding='iso-2022-jp'?>",
];

const SEEDS: &[&str] = &[
    "<testsuites name='r'><testsuite name='s'><testcase classname='c' name='a'><failure message='m' \
     type='t'>x &lt; y<![CDATA[ ]] ]]></failure><system-out>o</system-out></testcase><testcase \
     name='b'/><system-out>whole\nsuite</system-out></testsuite></testsuites>",
    "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<testsuite><error/><testcase status=\"notrun\"/>\
     <testcase name='n'><testcase name='m'><skipped/></testcase></testcase></testsuite>\n",
    "talk < & talk\n<?xml version='1.0'?><testsuite name='s'><testcase name='a'><flakyFailure \
     message='m'><stackTrace>t</stackTrace><system-out>o</system-out></flakyFailure></testcase>\
     </testsuite>more talk",
];

/// A sequence of numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    #[expect(clippy::cast_possible_truncation, reason = "any number below the bound will do")]
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    seeds.extend(edge::documents());
    seeds.extend(shapes::fixtures().into_iter().map(|(_, report)| report));
    seeds.retain(|seed| seed.len() <= LARGEST_SEED);
    seeds
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random, seeds: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    let end = at + random.below((bytes.len() - at).min(64) + 1);
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let copy = bytes[at..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, copy);
        }
        3 if at < bytes.len() => bytes[at] = random.next().to_le_bytes()[0],
        4 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        5 => *bytes = encoding_of(bytes, random),
        _ => {
            let piece = PIECES[random.below(PIECES.len())];
            bytes.splice(at..at, piece.bytes());
        }
    }
    bytes.truncate(2 * LARGEST_SEED);
}

/// The same as UTF-16, now and then.
fn encoding_of(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    if random.below(4) > 0 {
        return bytes.to_vec();
    }
    String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Reads a document in all ways and checks what must hold of any.
fn check(bytes: &[u8], random: &mut Random) {
    let started = Instant::now();
    {
        let whole = read_cases(Cursor::new(bytes));
        assert!(whole.cases.len() * SHORTEST_CASE <= bytes.len());
        assert!(whole.error.as_ref().is_none_or(|error| error.line.is_some()));
        let lines = memchr::memchr_iter(b'\n', bytes).count() as u64 + 1;
        assert!(whole.error.as_ref().and_then(|error| error.line).unwrap_or(1) <= lines);
        let slow = Slow::new(bytes, 1 + random.below(100));
        let slow = read_cases(slow);
        assert_eq!(whole.cases, slow.cases);
        assert_eq!(format!("{:?}", whole.error), format!("{:?}", slow.error));
        let (results, ..) = read_twice(bytes, &Mapping::default());
        assert_eq!(results.len(), whole.cases.len());
    }
    assert!(started.elapsed() < LONGEST, "took {:?}", started.elapsed());
}

#[test]
fn random_reports_do_no_harm() {
    let asked = std::env::var("TO_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let span = asked.map_or(SHORT, Duration::from_secs);
    let seed = if asked.is_some() {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() | 1
    } else {
        0x2545_F491_4F6C_DD1D
    };
    let mut random = Random(seed);
    let seeds = seeds();
    let started = Instant::now();
    let mut count = 0u64;
    while started.elapsed() < span {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(6) {
            mutate(&mut bytes, &mut random, &seeds);
        }
        let shown = bytes.clone();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            check(&bytes, &mut random);
        }));
        assert!(result.is_ok(), "{}", shown.escape_ascii());
        count += 1;
    }
    println!("{count} documents from seed {seed}");
}

#[test]
fn every_truncation_yields_whole_cases() {
    for seed in SEEDS {
        let whole = read_cases(Cursor::new(seed));
        for at in 0..seed.len() {
            let part = read_cases(Cursor::new(&seed[..at]));
            assert_eq!(part.cases, whole.cases[..part.cases.len()]);
        }
    }
}

/// An endless document of one kind of thing is read in the time that its length asks for.
#[test]
fn repetition_costs_no_more_than_its_length() {
    for piece in PIECES {
        for (before, after) in [
            ("<testsuite><testcase name='a'><failure>", "</failure></testcase></testsuite>"),
            ("<testsuite name='", "'/>"),
            ("<testsuite ", "/>"),
            ("<testsuite>", "</testsuite>"),
            ("", "<testsuite/>"),
            ("<testsuite/>", ""),
        ] {
            let document = [before, &piece.repeat(10_000 / piece.len()), after].concat();
            let started = Instant::now();
            {
                read_cases(Cursor::new(&document));
            }
            assert!(started.elapsed() < LONGEST, "{piece} in {before}");
        }
    }
}
