//! Canonical's Test Submission Schema, as YARF writes it.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::checkbox::without_namespace;
use super::error::ReadError;
use super::foreign::start_hint;
use super::format::{Findings, Format, ReportReader};
use super::json::document::{Document, EXCERPT, Element, Item, Object, ResultShape, Source};
use super::json::{Shape, shape};
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;
use crate::util::text::excerpt;

/// The Test Submission Schema.
pub static FORMAT: Format = Format {
    name: "tss",
    detect: |head| shape(head) == Some(Shape::TestSubmission),
    open: |input, options, _| Ok(Box::new(Reader::new(input.file, options.longest())?)),
    is_live: false,
};

const RESULT: ResultShape = ResultShape {
    matches: |keys| ["id", "outcome"].iter().all(|key| keys.iter().any(|given| given == key)),
    lacking: "nothing in it has both an `id` and an `outcome`",
    lists: &["results"],
};

/// Fields of a result that say nothing of how it went, or repeat another field.
const NOT_SENT: [&str; 5] =
    ["test_description", "certification_status", "duration", "test_group_id", "type"];

/// Reads a submission that is held whole.
pub struct Reader {
    document: Document,
    /// Names of categories by their ids; the map stands behind the results.
    categories: HashMap<String, String>,
    test_plan: Option<String>,
}

#[derive(Default, Deserialize)]
struct SessionData {
    test_plan_id: Option<String>,
}

impl Reader {
    /// Reads all of `source`.
    ///
    /// # Errors
    /// A source that cannot be read, or holds no submission.
    pub fn new(source: impl Source + 'static, longest: usize) -> Result<Self, ReadError> {
        let mut document = Document::open(source, &RESULT, longest)?;
        let (mut categories, mut test_plan) = (HashMap::new(), None);
        while let Ok(Some(item)) = document.next() {
            match item {
                Item::Member(key, value) if key == "category_map" => {
                    let map: HashMap<String, Value> =
                        serde_json::from_slice(value).unwrap_or_default();
                    let names = map.into_iter();
                    categories.extend(
                        names.filter_map(|(id, name)| Some((id, name.as_str()?.to_owned()))),
                    );
                }
                Item::Member(key, value) if key == "session_data" => {
                    let session: SessionData = serde_json::from_slice(value).unwrap_or_default();
                    test_plan = session.test_plan_id;
                }
                _ => {}
            }
        }
        document.rewind()?;
        Ok(Self { document, categories, test_plan })
    }
}

/// Makes a result of its JSON.
fn result(
    element: Element<'_>,
    categories: &HashMap<String, String>,
    warnings: &mut Warnings,
) -> Result<TestResult, ReadError> {
    let mut object = element.object(warnings)?;
    let id = object.name("id", "test")?;
    let category_id = object.text("category_id")?;
    let category =
        categories.get(&category_id).map_or(without_namespace(&category_id), |name| name);
    let result = TestResult {
        name: without_namespace(&id).to_owned(),
        status: status(&mut object)?,
        category: category.to_owned(),
        template_id: without_namespace(&object.text("template_id")?).to_owned(),
        comment: object.text("comments")?,
        io_log: object.text("io_log")?,
    };
    object.note_rest(&NOT_SENT);
    Ok(result)
}

fn status(object: &mut Object<'_, '_>) -> Result<Status, ReadError> {
    let outcome = object.text("outcome")?;
    match &*outcome {
        "passed" => Ok(Status::Passed),
        "failed" => Ok(Status::Failed),
        "skipped" => Ok(Status::Skipped),
        "" => Err(object.error("outcome", "no `outcome`")),
        other => {
            let reason = format!(
                "unknown outcome `{}`, not passed, failed or skipped",
                excerpt(other, EXCERPT)
            );
            Err(object.error("outcome", &reason))
        }
    }
}

impl ReportReader for Reader {
    fn next(&mut self, warnings: &mut Warnings) -> Result<Option<TestResult>, ReadError> {
        while let Some(item) = self.document.next()? {
            if let Item::Element(element) = item {
                return result(element, &self.categories, warnings).map(Some);
            }
        }
        Ok(None)
    }

    fn finish(self: Box<Self>, _: &mut Warnings) -> Result<Findings, ReadError> {
        Ok(Findings { hint: start_hint(self.test_plan.as_deref(), None), ..Findings::default() })
    }
}
