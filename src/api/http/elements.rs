//! The elements of a list in JSON, one at a time, so that no more than one is held.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Reads a list, and has `take` look at each element's text.
///
/// # Errors
/// Text that is no list, or broken off; an element for which `take` returns `false`.
pub fn each(
    list: &mut dyn Read,
    take: impl FnMut(String) -> bool,
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_reader(BufReader::new(list));
    deserializer.deserialize_seq(Elements(take))?;
    deserializer.end()
}

struct Elements<F>(F);

impl<'de, F: FnMut(String) -> bool> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<Box<RawValue>>()? {
            if !(self.0)(Box::<str>::from(element).into_string()) {
                return Err(A::Error::custom("an element of another kind"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> (Vec<String>, Result<(), String>) {
        let mut taken = Vec::new();
        let take = |element: String| {
            taken.push(element);
            taken.len() < 3
        };
        let outcome = each(&mut list.as_bytes(), take).map_err(|error| error.to_string());
        (taken, outcome.map_err(|error| error.split(" at ").next().unwrap_or_default().to_owned()))
    }

    #[test]
    fn elements_come_one_by_one_as_they_are() {
        let cases: [(&str, &[&str], Result<(), &str>); 6] = [
            ("[]", &[], Ok(())),
            (r#" [{"a": 1} , null] "#, &[r#"{"a": 1}"#, "null"], Ok(())),
            ("[1,2,3,4]", &["1", "2", "3"], Err("an element of another kind")),
            ("[1,2", &["1", "2"], Err("EOF while parsing a list")),
            ("[1] 2", &["1"], Err("trailing characters")),
            ("{}", &[], Err("invalid type: map, expected a list")),
        ];
        for (list, elements, outcome) in cases {
            let (taken, read) = read(list);
            let elements: Vec<String> = elements.iter().map(|&text| text.to_owned()).collect();
            assert_eq!((taken, read), (elements, outcome.map_err(str::to_owned)), "{list}");
        }
    }
}
