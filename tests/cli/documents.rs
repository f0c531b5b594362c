//! README.md and docs/ are true: what they mark `sh` is run, and of what needs a registry, root or a
//! CI system the calls of `to` are parsed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::examples::{prepared, run};
use crate::support::fake_server::Server;
use crate::support::{Run, Sandbox, fixture};

/// The addresses of Test Observer, whose place a fake server takes.
const ADDRESSES: [&str; 2] =
    ["https://test-observer-api-staging.canonical.com", "https://test-observer-api.canonical.com"];

/// The most words that a stranger reads before the first delivery.
const README_WORDS: usize = 1_500;

/// A fenced block, with the language that it is marked with.
pub struct Block {
    pub language: String,
    pub text: String,
}

/// What stands below a heading, up to the next one of any level.
pub struct Section {
    /// The document and the heading.
    pub name: String,
    pub blocks: Vec<Block>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a document")
}

pub fn documents() -> Vec<String> {
    let in_docs = fs::read_dir(root().join("docs")).expect("docs");
    let mut paths: Vec<PathBuf> = in_docs.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let names = paths.iter().map(|path| path.file_name().expect("a name").to_string_lossy());
    let fixed = ["README.md", "SECURITY.md"].map(str::to_owned);
    fixed.into_iter().chain(names.map(|name| format!("docs/{name}"))).collect()
}

/// The sections of a document in Markdown that have blocks.
fn sections_of(document_name: &str) -> Vec<Section> {
    let mut sections = vec![];
    let mut section = Section { name: document_name.to_owned(), blocks: vec![] };
    let mut is_in_block = false;
    for line in document(document_name).lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_in_block = !is_in_block;
            if is_in_block {
                section.blocks.push(Block { language: language.to_owned(), text: String::new() });
            }
        } else if is_in_block {
            let text = &mut section.blocks.last_mut().expect("a block").text;
            *text += line;
            *text += "\n";
        } else if line.starts_with('#') {
            let name = format!("{document_name}: {}", line.trim_start_matches(['#', ' ']));
            sections.push(std::mem::replace(&mut section, Section { name, blocks: vec![] }));
        }
    }
    assert!(!is_in_block, "{document_name} has a block without an end");
    sections.push(section);
    sections.retain(|section| !section.blocks.is_empty());
    sections
}

pub fn sections() -> Vec<Section> {
    documents().iter().flat_map(|name| sections_of(name)).collect()
}

pub fn section(name: &str) -> Section {
    let section = sections().into_iter().find(|section| section.name == name);
    section.unwrap_or_else(|| panic!("there is no section {name}"))
}

/// What a reader of a block would type in a shell, with the fake server in the real one's place.
fn script(block: &Block, server: &Server) -> String {
    let mut typed = block.text.clone();
    if block.language == "diff" {
        let added = block.text.lines().filter_map(|line| line.strip_prefix('+'));
        typed = added.fold(String::new(), |script, line| script + line + "\n");
    }
    ADDRESSES.into_iter().fold(typed, |typed, address| typed.replace(address, &server.url()))
}

fn assert_works(name: &str, script: &str, run: &Run) {
    assert_eq!(run.status, 0, "{name}\n{script}\n{}{}", run.stdout, run.stderr);
    assert!(!run.stderr.contains("error:"), "{name}\n{}", run.stderr);
}

/// Runs the scripts of a section one after the other in one sandbox. Those that begin no execution work
/// on one that is there.
fn follow(name: &str, scripts: &[String], server: &Server, sandbox: &Sandbox) {
    let begins = ["to start", "to run", "start.json"];
    if !scripts.iter().any(|script| begins.iter().any(|words| script.contains(words))) {
        let begin = "set -e; to start --from request.json; to submit -q report.xml";
        assert_works(name, begin, &run(sandbox, begin));
    }
    for script in scripts {
        if script.contains("jq ") && run(sandbox, "command -v jq").status != 0 {
            println!("skipped, without jq: {name}");
            server.expect_no_requests();
            return;
        }
        assert_works(name, script, &run(sandbox, script));
    }
    assert!(!server.executions().is_empty(), "{name}");
    let ends = ["to end", "to run", "to push spool"];
    if scripts.iter().any(|script| ends.iter().any(|words| script.contains(words))) {
        for execution in server.executions() {
            assert_eq!(execution.status, "PASSED", "{name}");
            assert!(!execution.results().is_empty(), "{name}");
        }
    }
}

#[test]
fn what_is_marked_sh_works() {
    let mut followed = 0;
    for section in sections() {
        // What follows has a test of its own, or runs the tests.
        let typed = section.blocks.iter().filter(|block| matches!(&*block.language, "sh" | "diff"));
        let typed: Vec<&Block> = typed.collect();
        if section.name == "README.md: Try it" || typed.is_empty() {
            continue;
        }
        let server = Server::builder().key("sesame", &["change_test", "view_test"]).start();
        let scripts: Vec<String> = typed.iter().map(|block| script(block, &server)).collect();
        follow(&section.name, &scripts, &server, &prepared(&server));
        followed += 1;
    }
    assert!(followed >= 10, "{followed} sections");
}

#[test]
fn every_block_is_marked_with_a_language_that_is_tested() {
    let known = ["sh", "diff", "console", "yaml", "groovy", "json"];
    for section in sections() {
        for block in section.blocks {
            assert!(known.contains(&&*block.language), "{}: `{}`", section.name, block.language);
        }
    }
}

/// The first commands of README.md, with this binary for the one that they build.
#[test]
fn the_first_try_works() {
    let [first, tests] = &section("README.md: Try it").blocks[..] else { panic!("two blocks") };
    assert_eq!(tests.text, "cargo test --locked\n");
    let (build, rest) =
        first.text.split_once(" && PATH=\"$PWD/target/debug:$PATH\" ").expect("a path");
    assert_eq!(build, "cargo build --locked");
    let sandbox = Sandbox::new("");
    let report = fs::read(fixture("pytest.xml")).expect("a fixture");
    sandbox.write("tests/fixtures/pytest.xml", report);
    let run = sandbox.shell(rest);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("sent 32 results to execution 1: "), "{}", run.stderr);
    let shown: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("==>")).collect();
    let files = ["patch.json", "results.jsonl", "start.json"];
    assert_eq!(shown, files.map(|file| format!("==> target/first-try/1/{file} <==")));
    assert!(run.stdout.starts_with("1\nFAILED\n"), "{}", run.stdout);
}

#[test]
fn what_replaces_yq_jq_and_curl_keeps_names_and_template_ids() {
    let server = Server::start();
    let recipe = section("docs/recipes.md: In place of yq, jq and curl");
    let script = script(&recipe.blocks[0], &server);
    assert_eq!(run(&prepared(&server), &script).stdout, "PASSED\n");
    assert_eq!(server.execution(1).result("opens").template_id, "shop");
}

/// The words of a shell's line. Quotes are taken off, and operators stand alone.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (vec![], None::<String>, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, ';' | '|' | '&' | '}' | '`') => {
                words.extend(word.take());
                words.push(character.to_string());
            }
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// The arguments of each call of `to` in a block.
fn calls(block: &str) -> Vec<Vec<String>> {
    let block = block.replace("\\\n", " ");
    // Jenkins' steps stand in quotes.
    let block = block.replace("sh '", "; ").replace("' }", "; }");
    let words: Vec<Vec<String>> = block.lines().map(words).collect();
    let is_operator = |word: &String| matches!(&**word, ";" | "|" | "&" | "}" | "`" | "#");
    let commands = words.iter().flat_map(|line| line.split(is_operator));
    let leads = |word: &&String| {
        let lead = ["$", "-", "+", "run:", "uvx", "--from", "test-observer-cli", "[", "do"];
        lead.contains(&word.as_str()) || word.starts_with("TO_")
    };
    let calls = commands.filter_map(|command| {
        let at = command.iter().take_while(leads).count();
        let (to, arguments) = command.get(at..)?.split_first()?;
        (to == "to").then(|| arguments.to_vec())
    });
    calls.collect()
}

/// How often a command of `to` is named in a block in the way that it is called.
fn mentions(block: &str) -> usize {
    let commands = ["start", "submit", "end", "push", "run", "check", "result", "update", "show"];
    let tokens: Vec<&str> = block.split([' ', '\n', '\'', '`']).collect();
    tokens.windows(2).filter(|pair| pair[0] == "to" && commands.contains(&pair[1])).count()
}

#[test]
fn each_call_that_cannot_be_run_here_is_one_that_to_understands() {
    let sandbox = Sandbox::new("");
    let mut parsed = 0;
    for section in sections() {
        for block in &section.blocks {
            let calls = calls(&block.text);
            assert!(calls.len() >= mentions(&block.text), "{}: {calls:?}", section.name);
            for mut call in calls {
                // The help is shown where all that stands before it was understood.
                let end = call.iter().position(|word| word == "--").unwrap_or(call.len());
                call.insert(end, "--help".to_owned());
                let arguments: Vec<&str> = call.iter().map(String::as_str).collect();
                let run = sandbox.to_with(&arguments);
                assert_eq!(run.status, 0, "{}: to {call:?}\n{}", section.name, run.stderr);
                parsed += 1;
            }
        }
    }
    assert!(parsed >= 40, "{parsed} calls");
}

#[test]
fn readme_is_short() {
    let words = document("README.md").split_whitespace().count();
    assert!(words <= README_WORDS, "README.md has {words} words");
}

#[test]
fn every_link_leads_somewhere() {
    for name in documents() {
        let text = document(&name);
        let directory = root().join(&name);
        let directory = directory.parent().expect("a directory");
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or_default())
        {
            let is_elsewhere = link.starts_with("https://");
            assert!(is_elsewhere || directory.join(link).exists(), "{name}: {link}");
        }
    }
}
