//! Answers as they come, and the one function that makes errors of them.
//!
//! The server's own words are kept, in whichever of its shapes they come: a list of details, a string,
//! plain text, a proxy's HTML. An answer may be hostile: what is kept of it is bounded.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::elements;
use crate::api::{ApiError, InvalidItem, Refusal};

/// The most characters of a server's words that are shown: an echo of the input may be megabytes long.
const WORDS_SHOWN: usize = 300;

const PROBLEMS_SHOWN: usize = 20;

/// The most problems that are looked at: more than a batch has fields.
const MOST_ITEMS: usize = 10_000;

/// The most parts of a problem's place; the API's have five.
const MOST_PARTS: usize = 8;

/// A page's title is looked for in so many bytes of it.
const TITLE_WITHIN: usize = 64 << 10;

/// Turns a 422's `loc` into the words of the one who made the request.
pub type Locate<'a> = &'a dyn Fn(&[Value]) -> String;

/// An answer as it came, but for the key.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The new address of a redirect.
    pub location: Option<String>,
    pub body: String,
}

/// The API's error body: a text, or a list of problems.
#[derive(Deserialize)]
struct ErrorBody<'a> {
    #[serde(borrow)]
    detail: &'a RawValue,
}

/// A problem as the API tells it.
#[derive(Deserialize)]
struct ToldProblem<'a> {
    #[serde(borrow, default)]
    loc: Option<&'a RawValue>,
    msg: String,
}

/// A problem, with a short message.
struct Problem {
    /// Its place in a request: `["body", 1, "status"]`.
    place: Vec<Value>,
    message: String,
}

impl Answer {
    pub fn into_error(self, url: &str, locate: Locate<'_>) -> ApiError {
        let url = url.to_owned();
        if (300..400).contains(&self.status) {
            let place = self.location.as_deref().unwrap_or("an address that it does not name");
            let what = format!("a redirect ({}) to {}", self.status, shorten(place));
            return ApiError::NotTheApi { url, what };
        }
        if self.wants_https() {
            return ApiError::WantsHttps { url };
        }
        let from_proxy = looks_like_html(&self.body);
        if from_proxy && !is_a_proxys(self.status) {
            return ApiError::NotTheApi { url, what: self.page() };
        }
        let (words, found, count) = self.details();
        let mut problems: Vec<String> =
            found.iter().take(PROBLEMS_SHOWN).map(|problem| problem.said(locate)).collect();
        if count > problems.len() {
            problems.push(format!("and {} more", count - problems.len()));
        }
        ApiError::Status(Box::new(Refusal {
            status: self.status,
            words,
            problems,
            invalid_items: invalid_items(&found),
            retry_after: self.retry_after,
            key: None,
            from_proxy,
        }))
    }

    /// Returns what is said, and the first problems with the number of all where they are listed.
    fn details(&self) -> (String, Vec<Problem>, usize) {
        let detail =
            serde_json::from_str::<ErrorBody<'_>>(&self.body).map(|body| body.detail.get());
        if let Ok(list) = detail
            && let Ok((problems, count)) = problems(list)
        {
            return ("the request is not valid".to_owned(), problems, count);
        }
        let words = match detail.and_then(serde_json::from_str::<String>) {
            Ok(text) => shorten(&text),
            Err(_) if looks_like_html(&self.body) => title(&self.body),
            Err(_) if self.body.trim().is_empty() => "no reason given".to_owned(),
            Err(_) => shorten(&self.body),
        };
        (words, Vec::new(), 0)
    }

    /// Tells whether a server says so: nginx, Apache and those written in Go do, in words of their own.
    fn wants_https(&self) -> bool {
        let said = self.body.get(..self.body.floor_char_boundary(TITLE_WITHIN)).unwrap_or_default();
        let words = ["to HTTPS port", "to an SSL-enabled server port", "to an HTTPS server"];
        self.status == 400 && words.iter().any(|words| said.contains(words))
    }

    /// Returns a description of a body that is not the API's.
    pub fn page(&self) -> String {
        if looks_like_html(&self.body) {
            format!("a web page ({}), titled `{}`", self.status, title(&self.body))
        } else if self.body.trim().is_empty() {
            format!("nothing ({})", self.status)
        } else {
            format!("`{}` ({})", shorten(&self.body), self.status)
        }
    }
}

impl Problem {
    fn said(&self, locate: Locate<'_>) -> String {
        format!("{}: {}", locate(&self.place), self.message)
    }

    /// Returns the place in the list of the element that this is about, and what is wrong with it:
    /// `["body", 1, "status"]` is about the status of the second.
    fn blame(&self) -> Option<InvalidItem> {
        let index = usize::try_from(self.place.get(1)?.as_u64()?).ok()?;
        let reason = match self.place.get(2).and_then(Value::as_str) {
            Some(field) => format!("{field}: {}", self.message),
            None => self.message.clone(),
        };
        Some(InvalidItem { index, reason })
    }
}

/// Returns the first problem of each element of a list.
fn invalid_items(problems: &[Problem]) -> Vec<InvalidItem> {
    let mut first = BTreeMap::new();
    for item in problems.iter().filter_map(Problem::blame) {
        first.entry(item.index).or_insert(item);
    }
    first.into_values().collect()
}

/// Reads a list of problems: the first of them, and how many there are.
fn problems(list: &str) -> Result<(Vec<Problem>, usize), serde_json::Error> {
    let (mut problems, mut count) = (Vec::new(), 0);
    elements::each(&mut list.as_bytes(), |text| {
        count += 1;
        if count > MOST_ITEMS {
            return true;
        }
        let problem = problem(&text);
        let is_one = problem.is_ok();
        problems.extend(problem);
        is_one
    })?;
    Ok((problems, count))
}

fn problem(text: &str) -> Result<Problem, serde_json::Error> {
    let ToldProblem { loc, msg } = serde_json::from_str(text)?;
    let mut place = Vec::new();
    elements::each(&mut loc.map_or("[]", RawValue::get).as_bytes(), |part| {
        if place.len() < MOST_PARTS {
            place.push(part_of_place(&part));
        }
        true
    })?;
    let message = shorten(msg.strip_prefix("Value error, ").unwrap_or(&msg));
    Ok(Problem { place, message })
}

/// Reads a name or a number; anything else is `null`.
fn part_of_place(part: &str) -> Value {
    match serde_json::from_str::<String>(part) {
        Ok(name) => shorten(&name).into(),
        Err(_) => serde_json::from_str::<i64>(part).map_or(Value::Null, Value::from),
    }
}

/// Tells whether nginx answers with this status in the API's place; its page says no more than the status.
fn is_a_proxys(status: u16) -> bool {
    matches!(status, 403 | 406 | 407 | 413 | 429 | 500..)
}

fn looks_like_html(body: &str) -> bool {
    let start: String = body.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head"].iter().any(|tag| start.starts_with(tag))
}

/// Returns the title of a page, or its first words.
fn title(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(TITLE_WITHIN)];
    let lower = html.to_ascii_lowercase();
    let inside = lower.find("<title>").map(|start| start + "<title>".len()).and_then(|start| {
        lower[start..].find("</title>").map(|length| &html[start..start + length])
    });
    shorten(inside.unwrap_or(html))
}

/// Returns one line of at most [`WORDS_SHOWN`] characters.
fn shorten(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(WORDS_SHOWN) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(status: u16, body: impl Into<String>) -> ApiError {
        let answer = Answer { status, retry_after: None, location: None, body: body.into() };
        let locate =
            |loc: &[Value]| loc.iter().map(ToString::to_string).collect::<Vec<_>>().join("/");
        answer.into_error("URL", &locate)
    }

    #[test]
    fn each_shape_of_an_answer_is_told_in_its_own_words() {
        let page = |title: &str| format!("<html><head><title>{title}</title></head></html>");
        let not = "URL is not Test Observer's API: ";
        let cases = [
            (404, json!({"detail": "no such"}).to_string(), "the server answered 404: no such"),
            (
                500,
                "Internal Server Error".to_owned(),
                "the server answered 500: Internal Server Error",
            ),
            (502, page("502 Bad Gateway"), "a proxy answered 502: 502 Bad Gateway"),
            (500, " \n".to_owned(), "the server answered 500: no reason given"),
            (418, "a\tb\n c".to_owned(), "the server answered 418: a b c"),
            (404, page("Wiki"), &format!("{not}it answers with a web page (404), titled `Wiki`")),
            (
                400,
                page("400 The plain HTTP request was sent to HTTPS port"),
                &format!("{not}what answers there takes https"),
            ),
            (
                400,
                "Client sent an HTTP request to an HTTPS server.\n".to_owned(),
                &format!("{not}what answers there takes https"),
            ),
            (
                302,
                String::new(),
                &format!(
                    "{not}it answers with a redirect (302) to an address that it does not name"
                ),
            ),
            (
                422,
                json!({"detail": [{"loc": ["body", 1], "msg": "Value error, bad"}]}).to_string(),
                "the server answered 422: the request is not valid: \"body\"/1: bad",
            ),
            (
                422,
                json!({"detail": {"a": 1}}).to_string(),
                r#"the server answered 422: {"detail":{"a":1}}"#,
            ),
        ];
        for (status, body, said) in cases {
            assert_eq!(error(status, body).reason(), said);
        }
    }

    #[test]
    fn of_many_problems_the_first_are_shown_and_each_result_is_named_once() {
        let problem =
            |at: usize| json!({"loc": ["body", at / 2, "name"], "msg": format!("no {at}")});
        let problems: Vec<_> = (0..50).map(problem).collect();
        let ApiError::Status(refusal) = error(422, json!({ "detail": problems }).to_string())
        else {
            panic!("no refusal")
        };
        assert_eq!(refusal.problems.len(), PROBLEMS_SHOWN + 1);
        assert_eq!(refusal.problems[PROBLEMS_SHOWN], "and 30 more");
        let items: Vec<_> = refusal.invalid_items.iter().map(|item| item.index).collect();
        assert_eq!(items, (0..25).collect::<Vec<_>>());
        assert_eq!(refusal.invalid_items[1].reason, "name: no 2");
    }

    #[test]
    fn what_is_kept_of_a_hostile_answer_is_bounded() {
        let place = format!("[{}\"x\"]", "[[1]], {}, null, true, 1.5, -1, ".repeat(1000));
        let item = format!("{{\"loc\": {place}, \"msg\": \"{}\"}}", "m".repeat(10_000));
        let body = format!("{{\"detail\": [{}]}}", vec![item; 30].join(","));
        let said = error(422, body).reason();
        assert!(said.len() < 30_000, "{}", said.len());
        assert!(said.ends_with("; and 10 more"), "{said}");
        assert!(error(422, "[".repeat(1 << 20)).to_string().len() < 400);
        assert!(error(500, "ä ".repeat(1 << 20)).to_string().len() < 700);
    }
}
