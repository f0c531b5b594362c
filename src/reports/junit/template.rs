//! Templates: how a user makes names, categories and template ids from what a case says of itself.

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
    Name,
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

impl FromStr for Template {
    /// The reason why a text is no template.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            pieces.push(Piece::Text(rest[..at].to_owned()));
            rest = push_brace(&mut pieces, &rest[at..])?;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }
}

/// Takes a doubled brace or a word from the start of `text`, and gives back what follows it.
fn push_brace<'a>(pieces: &mut Vec<Piece>, text: &'a str) -> Result<&'a str, String> {
    for doubled in ["{{", "}}"] {
        if let Some(rest) = text.strip_prefix(doubled) {
            pieces.push(Piece::Text(doubled[1..].to_owned()));
            return Ok(rest);
        }
    }
    let lone = |brace| format!("a lone `{brace}`: `{brace}{brace}` stands for the brace itself");
    let inner = text.strip_prefix('{').ok_or_else(|| lone('}'))?;
    let (name, rest) = inner.split_once('}').ok_or_else(|| lone('{'))?;
    if name.contains('{') {
        return Err(lone('{'));
    }
    let (_, word) = WORDS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        let known = WORDS.map(|(known, _)| format!("`{{{known}}}`")).join(", ");
        format!("`{{{name}}}` is not a word of templates: {known}")
    })?;
    pieces.push(Piece::Word(*word));
    Ok(rest)
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
    use super::{Template, Word};

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
        let unknown = |word| {
            format!(
                "`{{{word}}}` is not a word of templates: \
                 `{{name}}`, `{{classname}}`, `{{suite}}`, `{{suites}}`, `{{file}}`"
            )
        };
        let lone =
            |brace| format!("a lone `{brace}`: `{brace}{brace}` stands for the brace itself");
        for (text, error) in [
            ("{nam}", unknown("nam")),
            ("{}", unknown("")),
            ("{name", lone('{')),
            ("name}", lone('}')),
            ("{a{name}", lone('{')),
        ] {
            assert_eq!(text.parse::<Template>().unwrap_err(), error, "{text}");
        }
    }
}
