//! Templates: how a user makes names, categories and template ids from what a case says of itself.
//!
//! This module owns their syntax; it knows nothing of reports.

use std::fmt;
use std::str::FromStr;

/// Text with words in braces, such as `{suite}/{name}`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Text(String),
    Word(Word),
}

/// What a template can ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Word {
    /// The case's name, as the report has it.
    Name,
    /// The case's class name.
    ClassName,
    /// The innermost suite's name.
    Suite,
    /// The names of all suites from the outermost on, joined with `/`.
    Suites,
    /// The case's `file` attribute.
    File,
}

/// Each word as it is written.
const WORDS: [(&str, Word); 5] = [
    ("name", Word::Name),
    ("classname", Word::ClassName),
    ("suite", Word::Suite),
    ("suites", Word::Suites),
    ("file", Word::File),
];

/// Why a text is no template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TemplateError {
    /// A word in braces that is not one of [`WORDS`].
    UnknownWord(String),
    /// A brace that neither encloses a word nor is doubled.
    LoneBrace(char),
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownWord(word) => {
                let known = WORDS.map(|(name, _)| format!("`{{{name}}}`")).join(", ");
                write!(f, "`{{{word}}}` is not a word of templates: {known}")
            }
            Self::LoneBrace(brace) => {
                write!(f, "a lone `{brace}`: `{brace}{brace}` stands for the brace itself")
            }
        }
    }
}

impl std::error::Error for TemplateError {}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            push_text(&mut pieces, &rest[..at]);
            rest = push_brace(&mut pieces, &rest[at..])?;
        }
        push_text(&mut pieces, rest);
        Ok(Self(pieces))
    }
}

/// Takes a doubled brace or a word from the start of `text`, and gives back what follows it.
fn push_brace<'a>(pieces: &mut Vec<Piece>, text: &'a str) -> Result<&'a str, TemplateError> {
    for doubled in ["{{", "}}"] {
        if let Some(rest) = text.strip_prefix(doubled) {
            push_text(pieces, &doubled[1..]);
            return Ok(rest);
        }
    }
    let inner = text.strip_prefix('{').ok_or(TemplateError::LoneBrace('}'))?;
    let (word, rest) = inner.split_once('}').ok_or(TemplateError::LoneBrace('{'))?;
    if word.contains('{') {
        return Err(TemplateError::LoneBrace('{'));
    }
    let known = WORDS.iter().find(|(name, _)| *name == word);
    let (_, word) = known.ok_or_else(|| TemplateError::UnknownWord(word.to_owned()))?;
    pieces.push(Piece::Word(*word));
    Ok(rest)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

impl Template {
    /// The text with every word replaced by what `value_of` appends for it.
    pub fn fill(&self, mut value_of: impl FnMut(Word, &mut String)) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Word(word) => value_of(*word, &mut filled),
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::{Template, TemplateError, Word};

    fn filled(text: &str) -> String {
        let template: Template = text.parse().unwrap();
        template.fill(|word, to| {
            to.push_str(match word {
                Word::Name => "N",
                Word::ClassName => "C",
                Word::Suite => "S",
                Word::Suites => "A/S",
                Word::File => "",
            });
        })
    }

    #[test]
    fn words_are_replaced() {
        assert_eq!(filled("{suites}::{classname}.{name}"), "A/S::C.N");
        assert_eq!(filled("{suite}{file}"), "S");
        assert_eq!(filled("plain é"), "plain é");
        assert_eq!(filled(""), "");
    }

    #[test]
    fn doubled_braces_are_braces() {
        assert_eq!(filled("{{name}}"), "{name}");
        assert_eq!(filled("{{{name}}}"), "{N}");
        assert_eq!(filled("}}{{"), "}{");
    }

    #[test]
    fn what_is_no_template_says_why() {
        let error = |text: &str| text.parse::<Template>().unwrap_err();
        assert_eq!(error("{nam}"), TemplateError::UnknownWord("nam".to_owned()));
        assert_eq!(error("{}"), TemplateError::UnknownWord(String::new()));
        assert_eq!(error("{name"), TemplateError::LoneBrace('{'));
        assert_eq!(error("name}"), TemplateError::LoneBrace('}'));
        assert_eq!(error("{a{name}"), TemplateError::LoneBrace('{'));
        assert_eq!(
            error("{nam}").to_string(),
            "`{nam}` is not a word of templates: `{name}`, `{classname}`, `{suite}`, `{suites}`, `{file}`"
        );
        assert_eq!(error("}").to_string(), "a lone `}`: `}}` stands for the brace itself");
    }
}
