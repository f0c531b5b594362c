//! Canonical's Test Submission Schema, as YARF writes it.

use std::fs::File;

use serde_json::{Map, Value};

use super::checkbox::without_namespace;
use super::error::ReadError;
use super::foreign::start_hint;
use super::format::{Findings, Format, ReportReader};
use super::json::document::{Document, Element, Item, ResultShape};
use super::json::{Shape, shape};
use crate::model::result::{Status, TestResult};
use crate::model::warnings::Warnings;

pub static FORMAT: Format = Format {
    name: "tss",
    detect: |head| shape(head) == Some(Shape::TestSubmission),
    open: |input, options, _| Ok(Box::new(Reader::new(input.file, options.longest())?)),
    is_live: false,
};

const RESULT: ResultShape = ResultShape {
    keys: &[&["id"], &["outcome"]],
    lacking: "no element of its `results` has both an `id` and an `outcome`",
    lists: &["results"],
};

/// Fields of a result that say nothing of how it went, or repeat another field.
const NOT_SENT: [&str; 5] =
    ["test_description", "certification_status", "duration", "test_group_id", "type"];

/// Reads the results of a submission.
struct Reader {
    document: Document,
    /// Names of categories by their ids; the map stands behind the results.
    categories: Map<String, Value>,
    test_plan: Option<String>,
}

impl Reader {
    fn new(file: File, longest: usize) -> Result<Self, ReadError> {
        let document = Document::open(file, &RESULT, longest)?;
        let mut reader = Self { document, categories: Map::new(), test_plan: None };
        // What breaks it is met again where its results are read.
        while let Ok(Some(item)) = reader.document.next() {
            let Item::Member(key, value) = item else { continue };
            match &*key {
                "category_map" => {
                    let more: Map<String, Value> =
                        serde_json::from_slice(value).unwrap_or_default();
                    reader.categories.extend(more.into_iter().filter(|(_, name)| name.is_string()));
                }
                "session_data" => {
                    let session: Value = serde_json::from_slice(value).unwrap_or_default();
                    reader.test_plan = session["test_plan_id"].as_str().map(str::to_owned);
                }
                _ => {}
            }
        }
        reader.document.rewind()?;
        Ok(reader)
    }
}

/// Makes a result of its JSON.
fn result(
    element: Element<'_>,
    categories: &Map<String, Value>,
    warnings: &mut Warnings,
) -> Result<TestResult, ReadError> {
    let mut object = element.object(warnings)?;
    let id = object.name("id", "test")?;
    let category_id = object.text("category_id")?;
    let category = categories.get(&category_id).and_then(Value::as_str);
    let result = TestResult {
        name: without_namespace(&id).to_owned(),
        status: object.status("outcome", |word| match word {
            "passed" => Some(Status::Passed),
            "failed" => Some(Status::Failed),
            "skipped" => Some(Status::Skipped),
            _ => None,
        })?,
        category: category.unwrap_or(without_namespace(&category_id)).to_owned(),
        template_id: without_namespace(&object.text("template_id")?).to_owned(),
        comment: object.text("comments")?,
        io_log: object.text("io_log")?,
    };
    object.note_rest(&NOT_SENT);
    Ok(result)
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
