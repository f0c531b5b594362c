//! Shorter forms of a result that is too large for every request.

use crate::model::encoded::EncodedResult;

/// Bytes of a log or comment that is not cut any further.
const SHORTEST: usize = 512;

/// Warnings of a log and of a comment that were cut.
const WARNINGS: [&str; 2] = [
    "log cut, because the server takes no larger request",
    "comment cut, because the server takes no larger request",
];

/// A result with less and less of its log, then of its comment.
#[derive(Debug)]
pub struct Truncation {
    /// The result as it was.
    pub whole: EncodedResult,
    log: usize,
    comment: usize,
    /// The result as it is sent next.
    pub form: EncodedResult,
    /// The server has taken others since the result failed before: it is refused where none of its
    /// forms is taken.
    pub is_last_chance: bool,
}

impl Truncation {
    /// Begins with half of the log. There is no shorter form of a result whose texts are short.
    pub fn of(whole: &EncodedResult) -> Option<Self> {
        let (log, comment) = whole.text_lengths();
        let mut truncation =
            Self { whole: whole.clone(), log, comment, form: whole.clone(), is_last_chance: false };
        truncation.shorten().then_some(truncation)
    }

    pub fn into_last_chance(self) -> Self {
        Self { is_last_chance: true, ..self }
    }

    /// Returns the shortest form of a result, if there is one.
    pub fn shortest(whole: &EncodedResult) -> Option<EncodedResult> {
        let form = whole.with_shorter_texts(SHORTEST, SHORTEST);
        (form.json().len() < whole.json().len()).then_some(form)
    }

    /// Cuts half of what is left, and tells whether anything could be cut.
    pub fn shorten(&mut self) -> bool {
        while self.log > SHORTEST || self.comment > SHORTEST {
            let text = if self.log > SHORTEST { &mut self.log } else { &mut self.comment };
            *text = (*text / 2).max(SHORTEST);
            let form = self.whole.with_shorter_texts(self.log, self.comment);
            if form.json().len() < self.form.json().len() {
                self.form = form;
                return true;
            }
        }
        false
    }

    /// Returns what there is to say of the present form.
    pub fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let (log, comment) = self.whole.text_lengths();
        let is_cut = [self.log < log, self.comment < comment];
        is_cut.into_iter().zip(WARNINGS).filter_map(|(is_cut, warning)| is_cut.then_some(warning))
    }
}
