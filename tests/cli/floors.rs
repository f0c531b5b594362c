//! The order of the house: imports go down, never up and never in a circle. `ARCHITECTURE.md` has the
//! floors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// The rooms from the ground up; those of one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &["util"],
    &["model"],
    &["api", "reports"],
    &["delivery", "submission"],
    &["options", "ui"],
    &["commands"],
    &["cli"],
];

/// Each module by its path, such as `api::http::client`, with those that it imports.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut texts = BTreeMap::new();
    for entry in WalkDir::new(&root).into_iter().flatten() {
        let path = entry.path().strip_prefix(&root).expect("below the root").with_extension("");
        let module = path.to_str().expect("UTF-8").trim_end_matches("/mod").replace('/', "::");
        if entry.path().extension().is_some_and(|it| it == "rs") && !module.contains("tests") {
            let text = fs::read_to_string(entry.path()).expect("a source file");
            let code = text.split("#[cfg(test)]\nmod tests {").next().expect("a beginning");
            texts.insert(module, code.to_owned());
        }
    }
    let known = |mut path: String| {
        while !texts.contains_key(&path) {
            path.truncate(path.rfind("::")?);
        }
        Some(path)
    };
    let of = |text: &str| {
        let imported = text.split("crate::").skip(1).flat_map(paths);
        imported.filter_map(known).collect::<BTreeSet<_>>()
    };
    texts.iter().map(|(module, text)| (module.clone(), of(text))).collect()
}

/// The paths at the beginning of `text`, which follows `crate::`: `a::b`, or those of `a::{b, c::d}`.
fn paths(text: &str) -> Vec<String> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let (path, rest) = text.split_at(text.find(|c| !is_path(c)).unwrap_or(text.len()));
    let list = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(list, _)| list);
    let items = list.unwrap_or_default().split(',').map(str::trim);
    items.map(|item| format!("{path}{item}").trim_end_matches(':').to_owned()).collect()
}

fn floor(module: &str) -> usize {
    let room = module.split("::").next().unwrap_or(module);
    // `lib` and `main` are above all.
    FLOORS.iter().position(|rooms| rooms.contains(&room)).unwrap_or(FLOORS.len())
}

fn is_within(module: &str, room: &str) -> bool {
    module.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn imports_go_down() {
    let imports = imports();
    assert!(
        imports.len() > 50
            && FLOORS
                .iter()
                .flat_map(|floor| *floor)
                .all(|room| { imports.keys().any(|module| is_within(module, room)) })
    );
    for (module, imported) in &imports {
        let room = module.split("::").next().unwrap_or(module);
        for other in imported.iter().filter(|other| !is_within(other, room)) {
            assert!(
                floor(other) < floor(module),
                "{module} imports {other}, which is not below it"
            );
        }
    }
}

#[test]
fn imports_go_in_no_circle() {
    let mut imports = imports();
    // A module and what lies in it are one.
    for (module, imported) in &mut imports {
        imported.retain(|other| !is_within(other, module) && !is_within(module, other));
    }
    // What imports nothing that is left is in no circle.
    loop {
        let free: BTreeSet<String> = imports
            .iter()
            .filter(|(_, imported)| imported.is_empty())
            .map(|(module, _)| module.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        imports.retain(|module, _| !free.contains(module));
        for imported in imports.values_mut() {
            imported.retain(|other| !free.contains(other));
        }
    }
    assert!(imports.is_empty(), "in a circle, or above one: {imports:#?}");
}
