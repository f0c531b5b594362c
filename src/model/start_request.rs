//! The request that opens an execution: the families of artefacts and the fields of `start-test`.
//!
//! One table, [`FIELDS`], is the source of the flags and variables of `to start`, of the names in
//! `--from` files, and of the check that finds every problem of a request before it is sent. The
//! server answers some of these problems with a bare 500, and the others one at a time. This module
//! knows neither the command line's parser nor the server.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::ci_job::Job;
use crate::model::execution::{Link, STATUSES, http_url_problem};
use crate::model::family::Family;

/// The kind of text that a field takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Text,
    /// A word of [`Family`].
    Family,
    /// Text, or `host` for this machine's Debian architecture.
    Architecture,
    /// Text that is not "null": the server takes that for a script's mistake.
    Version,
    /// A whole number of 32 bits.
    Revision,
    /// One of the family's stages.
    Stage,
    /// One of [`STATUSES`].
    InitialStatus,
    Boolean,
    /// An absolute URL of http or https.
    HttpUrl,
}

/// One field of the server's start-test schema.
#[derive(Debug)]
pub struct Field {
    /// The name in the API. With dashes it is the flag.
    pub name: &'static str,
    pub kind: Kind,
    /// The most characters that the server can store, where it has a limit.
    pub longest: Option<usize>,
    pub required: &'static [Family],
    pub optional: &'static [Family],
    /// The help in a few words, for a table.
    pub brief: &'static str,
    pub help: &'static str,
}

impl Field {
    const fn help(self, brief: &'static str, help: &'static str) -> Self {
        Self { brief, help, ..self }
    }

    pub fn flag(&self) -> String {
        flag(self.name)
    }

    pub fn allows(&self, family: Family) -> bool {
        self.required.contains(&family) || self.optional.contains(&family)
    }
}

const EVERY: &[Family] = &Family::ALL;
const NAMED: &[Family] = &[Family::Snap, Family::Deb, Family::Charm, Family::Solution];
const IMAGE: &[Family] = &[Family::Image];
const DEB: &[Family] = &[Family::Deb];
const TRACKED: &[Family] = &[Family::Snap, Family::Charm, Family::Solution];
const STORED: &[Family] = &[Family::Snap, Family::Charm];
const NONE: &[Family] = &[];

/// The fields of `openapi.json`'s `Start…TestExecutionRequest`, but for `relevant_links`, which are
/// sent apart: a repeated start would append them again. Each has its limit, the families that need it
/// and those that may have it, and its help in few words and in more.
pub const FIELDS: &[Field] = &[
    field("family", Kind::Family, None, EVERY, NONE)
        .help("kind of artefact", "What is tested: snap, deb, charm, image or solution"),
    field("name", Kind::Text, Some(200), NAMED, IMAGE)
        .help("artefact's name", "The artefact's name, such as core22"),
    field("version", Kind::Version, None, NAMED, IMAGE)
        .help("artefact's version", "The artefact's version"),
    field("arch", Kind::Architecture, Some(100), NAMED, IMAGE).help(
        "amd64, … or host",
        "Debian architecture that is tested, such as amd64; `host` for this machine's",
    ),
    field("environment", Kind::Text, Some(200), EVERY, NONE)
        .help("where the tests run", "Where the tests run: a device, a virtual machine, a lab"),
    field("test_plan", Kind::Text, Some(200), EVERY, NONE)
        .help("which tests run", "Which tests run, such as smoke"),
    field("execution_stage", Kind::Stage, None, TRACKED, &[Family::Deb, Family::Image]).help(
        "see below",
        "The stage, also as --stage; snap, charm, solution: edge, beta, candidate or stable; \
         deb: proposed or updates, unless it has a source; image: pending or current",
    ),
    field("revision", Kind::Revision, None, STORED, NONE)
        .help("store's revision", "The store's revision number"),
    field("track", Kind::Text, None, TRACKED, NONE)
        .help("release track", "The release track, such as latest"),
    field("store", Kind::Text, None, &[Family::Snap], NONE)
        .help("snap store", "The snap store, such as ubuntu"),
    field("branch", Kind::Text, Some(200), NONE, STORED)
        .help("branch of the track", "The branch within the track"),
    field("series", Kind::Text, None, DEB, NONE)
        .help("Ubuntu series, noble", "The Ubuntu series, such as noble"),
    field("repo", Kind::Text, None, DEB, NONE)
        .help("archive's part, main", "The archive's component, such as main"),
    field("source", Kind::Text, Some(200), &[Family::Solution], DEB).help(
        "PPA, or origin",
        "deb: the PPA, where it is not from an archive pocket; solution: where it comes from",
    ),
    field("os", Kind::Text, Some(200), NONE, IMAGE)
        .help("operating system", "The image's operating system, such as ubuntu-core"),
    field("release", Kind::Text, Some(200), NONE, IMAGE)
        .help("release, noble", "The image's release, such as noble"),
    field("sha256", Kind::Text, Some(200), IMAGE, NONE).help(
        "checksum of the image",
        "The image's checksum; alone it is enough where the server knows the image",
    ),
    field("owner", Kind::Text, Some(200), NONE, IMAGE)
        .help("team that owns it", "The team that owns the image"),
    field("image_url", Kind::HttpUrl, Some(200), NONE, IMAGE)
        .help("where it can be had", "Where the image can be downloaded"),
    field("ci_link", Kind::Text, Some(200), NONE, EVERY).help(
        "CI job's URL; or none",
        "The CI job's URL, which is the execution's identity: a second start with the same \
         link finds the first execution; `none` sends none",
    ),
    field("initial_status", Kind::InitialStatus, None, NONE, EVERY).help(
        "instead of IN_PROGRESS",
        "Instead of IN_PROGRESS: NOT_STARTED, PASSED, FAILED, NOT_TESTED or \
         ENDED_PREMATURELY",
    ),
    field("needs_assignment", Kind::Boolean, None, NONE, EVERY)
        .help("ask for a reviewer", "Ask for a reviewer to be assigned"),
];

/// Makes a row of [`FIELDS`] without its help.
const fn field(
    name: &'static str,
    kind: Kind,
    longest: Option<usize>,
    required: &'static [Family],
    optional: &'static [Family],
) -> Field {
    Field { name, kind, longest, required, optional, brief: "", help: "" }
}

/// The origin of a value: a problem is said in the words that its author used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    Flag,
    Variable,
    File,
}

#[derive(Clone, Debug)]
struct Given {
    value: String,
    origin: Origin,
}

/// A request as given, not yet checked.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    given: BTreeMap<&'static str, Given>,
    pub links: Vec<Link>,
    problems: Vec<String>,
    /// Names in the file that are no fields of start-test. The server ignores such without a word.
    pub unknown: Vec<String>,
}

impl Draft {
    /// Takes a value of a flag or variable, in place of any that was there.
    pub fn set(&mut self, field: &Field, value: &str, origin: Origin) {
        let value = value.trim();
        if !value.is_empty() {
            self.given.insert(field.name, Given { value: value.to_owned(), origin });
        }
    }

    /// Puts this draft's values and links over those of `base`.
    pub fn over(mut self, mut base: Self) -> Self {
        base.given.append(&mut self.given);
        if !self.links.is_empty() {
            base.links = self.links;
        }
        base
    }

    /// Reads a request in JSON. Nulls and blanks are dropped; values of a wrong type are problems,
    /// kept for [`Draft::check`].
    ///
    /// # Errors
    /// A document that is not a JSON object.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        let object: Map<String, Value> = serde_json::from_str(text)?;
        let mut draft = Self::default();
        for (name, value) in object {
            if name == "relevant_links" {
                draft.take_links(value);
            } else if let Some(field) = FIELDS.iter().find(|field| field.name == name) {
                draft.take_value(field, &value);
            } else {
                draft.unknown.push(name);
            }
        }
        Ok(draft)
    }

    fn take_links(&mut self, value: Value) {
        match serde_json::from_value::<Option<Vec<Link>>>(value) {
            Ok(links) => {
                self.links = links.unwrap_or_default();
                self.problems.extend(self.links.iter().filter_map(Link::problem));
            }
            Err(error) => self.problems.push(format!("field `relevant_links`: {error}")),
        }
    }

    fn take_value(&mut self, field: &Field, value: &Value) {
        let text = match value {
            Value::Null => return,
            Value::String(text) => text.clone(),
            Value::Number(number) if field.kind == Kind::Revision => number.to_string(),
            Value::Bool(truth) if field.kind == Kind::Boolean => truth.to_string(),
            _ => {
                self.problems.push(format!("field `{}` must be a string, not {value}", field.name));
                return;
            }
        };
        self.set(field, &text, Origin::File);
    }

    /// Makes the request that the server will take.
    ///
    /// # Errors
    /// All that the server would refuse, each problem with the flag or field that mends it.
    pub fn check(mut self) -> Result<StartRequest, InvalidRequest> {
        let given = self.given.get("ci_link");
        let wants_ci_link = given.is_none_or(|given| given.value != "none");
        if !wants_ci_link {
            self.given.remove("ci_link");
        }
        let family = self.family();
        if let Some(family) = family {
            self.drop_variables_of_other_families(family);
            self.require(family);
        }
        let is_incomplete = !self.problems.is_empty();
        let mut fields = Map::new();
        for field in FIELDS {
            if let Some(given) = self.given.get(field.name) {
                match checked_value(field, given, family) {
                    Ok(value) => _ = fields.insert(field.name.to_owned(), value),
                    Err(problem) => self.problems.push(problem),
                }
            }
        }
        if !self.problems.is_empty() {
            return Err(InvalidRequest { family, is_incomplete, list: self.problems });
        }
        let sent = fields.get("arch").and_then(Value::as_str);
        let given = self.given.get("arch");
        let note = given.zip(sent).and_then(|(given, sent)| note_architecture(&given.value, sent));
        let notes = note.into_iter().collect();
        Ok(StartRequest { fields, links: self.links, wants_ci_link, notes })
    }

    fn family(&mut self) -> Option<Family> {
        let Some(given) = self.given.get("family") else {
            self.problems
                .push("--family is required: snap, deb, charm, image or solution".to_owned());
            return None;
        };
        Family::ALL.into_iter().find(|family| family.name() == given.value)
    }

    /// A CI job often sets one list of variables for artefacts of several families.
    fn drop_variables_of_other_families(&mut self, family: Family) {
        for field in FIELDS.iter().filter(|field| !field.allows(family)) {
            if self.given.get(field.name).is_some_and(|given| given.origin == Origin::Variable) {
                self.given.remove(field.name);
            }
        }
    }

    fn require(&mut self, family: Family) {
        for field in FIELDS.iter().filter(|field| field.required.contains(&family)) {
            if !self.given.contains_key(field.name) {
                let example = family.sample_value(field.name);
                let example = example.map(|value| format!(", such as {value}")).unwrap_or_default();
                self.problems.push(format!("{} is required{example}", field.flag()));
            }
        }
        if family == Family::Deb {
            match (self.given.get("source"), self.given.get("execution_stage")) {
                (None, None) => self.problems.push(
                    "--execution-stage is required, such as proposed, or --source for a deb from \
                     a PPA"
                        .to_owned(),
                ),
                (Some(source), Some(stage)) => self.problems.push(format!(
                    "{} and {} exclude each other: a deb comes from a PPA or from an archive pocket",
                    said("source", source.origin),
                    said("execution_stage", stage.origin)
                )),
                _ => {}
            }
        }
    }
}

/// Returns the field that an unknown name was meant to be, where that can be guessed.
pub fn suggestion(name: &str) -> Option<&'static str> {
    /// clap guesses flags by the same likeness.
    const LIKENESS: f64 = 0.7;
    let spelled = name.trim_start_matches('-').replace('-', "_").to_lowercase();
    let spelled = if spelled == "stage" { "execution_stage" } else { &spelled };
    let names = FIELDS.iter().map(|field| field.name).chain(["relevant_links"]);
    let likeness = names.map(|field| (strsim::jaro(spelled, field), field));
    let closest = likeness.max_by(|(one, _), (other, _)| one.total_cmp(other));
    closest.filter(|(likeness, _)| *likeness > LIKENESS).map(|(_, field)| field)
}

/// A field's name as the one who gave it wrote it.
fn said(name: &str, origin: Origin) -> String {
    match origin {
        Origin::Flag => flag(name),
        Origin::Variable => variable(name),
        Origin::File => format!("field `{name}`"),
    }
}

pub fn flag(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

/// The environment variable of a flag or field.
pub fn variable(name: &str) -> String {
    format!("TO_{}", name.replace('-', "_").to_ascii_uppercase())
}

/// # Errors
/// What the server would refuse in this field.
fn checked_value(field: &Field, given: &Given, family: Option<Family>) -> Result<Value, String> {
    let who = said(field.name, given.origin);
    let value = given.value.as_str();
    if let Some(family) = family.filter(|family| !field.allows(*family)) {
        return Err(format!("{who} is not a field of {}", family.name()));
    }
    if let Some(character) = value.chars().find(|character| character.is_control()) {
        return Err(format!("{who} contains the control character {character:?}"));
    }
    let characters = value.chars().count();
    if let Some(longest) = field.longest.filter(|longest| characters > *longest) {
        return Err(format!("{who} has {characters} characters; the server stores {longest}"));
    }
    value_of_kind(field.kind, value, family).map_err(|problem| format!("{who} {problem}"))
}

fn value_of_kind(kind: Kind, value: &str, family: Option<Family>) -> Result<Value, String> {
    let one_of = |choices: &[&str]| {
        if choices.contains(&value) {
            Ok(Value::from(value))
        } else {
            Err(format!("is none of {}, but `{value}`", choices.join(", ")))
        }
    };
    match kind {
        Kind::Family => one_of(&Family::ALL.map(Family::name)),
        Kind::Architecture => Ok(debian_architecture(value).into()),
        Kind::Version if value == "null" => Err("is `null`, which the server refuses".to_owned()),
        Kind::Text | Kind::Version => Ok(value.into()),
        Kind::Revision => value
            .parse::<i32>()
            .map(Value::from)
            .map_err(|_| format!("is not a whole number of 32 bits, but `{value}`")),
        Kind::Stage => family.map_or(Ok(value.into()), |family| one_of(family.stages())),
        Kind::InitialStatus => one_of(&STATUSES),
        Kind::Boolean => value
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| format!("is neither true nor false, but `{value}`")),
        Kind::HttpUrl => http_url_problem(value)
            .map_or(Ok(value.into()), |problem| Err(format!("is wrong: {problem}"))),
    }
}

/// Debian's words for the architectures that Ubuntu is built for.
pub const ARCHITECTURES: [&str; 7] =
    ["amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x"];

/// Returns Debian's word for an architecture, of which `host` is this machine's; other words stay.
fn debian_architecture(word: &str) -> &str {
    let word = if word == "host" { std::env::consts::ARCH } else { word };
    match word.to_ascii_lowercase().as_str() {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv7l" | "arm" => "armhf",
        "i686" | "x86" => "i386",
        "ppc64le" | "powerpc64" => "ppc64el",
        lower => ARCHITECTURES.into_iter().find(|known| *known == lower).unwrap_or(word),
    }
}

/// Returns what there is to say of the architecture that is sent: tests of another word are tests of
/// another artefact.
fn note_architecture(given: &str, sent: &str) -> Option<String> {
    if given != "host" && given != sent {
        return Some(format!("`{sent}` is sent, Debian's word for the architecture `{given}`"));
    }
    let is_known = given == "host" || ARCHITECTURES.contains(&sent);
    (!is_known).then(|| format!("`{sent}` is no architecture of Ubuntu's, such as amd64"))
}

/// A request that the server's rules allow: only [`Draft::check`] makes one.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct StartRequest {
    fields: Map<String, Value>,
    /// Sent apart, one by one.
    #[serde(skip)]
    pub links: Vec<Link>,
    /// Nobody said `--ci-link none`.
    #[serde(skip)]
    wants_ci_link: bool,
    /// What there is to say of it, though the server takes it.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// Fields that say how an execution begins, not which it is.
const NO_IDENTITY: [&str; 3] = ["ci_link", "initial_status", "needs_assignment"];

impl StartRequest {
    /// The link that makes a repeated start find this execution again.
    pub fn ci_link(&self) -> Option<&str> {
        self.fields.get("ci_link").and_then(Value::as_str)
    }

    /// Takes the link of a CI job where one is wanted and none was given. It is made of all fields that tell
    /// this execution from another.
    pub fn link_to(&mut self, job: &Job) {
        if self.wants_ci_link && self.ci_link().is_none() {
            let mut identity = self.fields.clone();
            identity.retain(|name, _| !NO_IDENTITY.contains(&name.as_str()));
            self.fields.insert("ci_link".to_owned(), job.link(&identity).into());
        }
    }
}

/// All that is wrong with a request; its message leaves the list to who shows it.
#[derive(Debug, thiserror::Error)]
#[error("the request{} is not complete or not right", of(*.family))]
pub struct InvalidRequest {
    /// Absent where it is a problem itself.
    pub family: Option<Family>,
    /// Something is missing that the family needs.
    pub is_incomplete: bool,
    pub list: Vec<String>,
}

fn of(family: Option<Family>) -> String {
    family.map(|family| format!(" for {}", family.name())).unwrap_or_default()
}
