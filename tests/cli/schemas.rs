//! The schemas in schemas/ agree with what `to` takes and prints, and the samples in examples/ are
//! right by both.

use std::fs;
use std::path::Path;

use jsonschema::Registry;
use serde_json::{Map, Value, json};

use crate::documents::document;
use crate::support::fake_server::{ALWAYS, Fault, Poison, Response, Server, results};
use crate::support::{Sandbox, fixture, names};

const FAMILIES: [&str; 5] = ["snap", "deb", "charm", "image", "solution"];

/// The schemas, by the part of an address that tells them apart.
struct Schemas {
    registry: Registry<'static>,
    base: String,
}

impl Schemas {
    fn load() -> Self {
        let mut registry = Registry::new();
        let mut base = String::new();
        for name in ["request", "results", "spool", "output"] {
            let schema: Value = parsed(&document(&format!("schemas/{name}.schema.json")));
            let id = schema["$id"].as_str().expect("an id").to_owned();
            id.trim_end_matches(&format!("{name}.schema.json")).clone_into(&mut base);
            registry = registry.add(id, schema).expect("a schema");
        }
        Self { registry: registry.prepare().expect("schemas"), base }
    }

    /// The complaints about a value, by a schema such as `spool.schema.json#/$defs/patch.json`.
    fn complaints(&self, schema: &str, value: &Value) -> Vec<String> {
        let schema = json!({ "$ref": format!("{}{schema}", self.base) });
        let options = jsonschema::options().with_registry(&self.registry);
        let validator = options.build(&schema).expect("a schema");
        let errors = validator.iter_errors(value);
        errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn assert_valid(&self, schema: &str, value: &Value) {
        assert_eq!(self.complaints(schema, value), Vec::<String>::new(), "{schema}: {value}");
    }

    /// Asserts that each line of a file, or the whole of a file in JSON, is as its schema says.
    fn assert_file(&self, directory: &Path, name: &str) {
        let text = fs::read_to_string(directory.join(name)).expect(name);
        assert!(!text.is_empty(), "{name}");
        for line in text.lines() {
            self.assert_valid(&format!("spool.schema.json#/$defs/{name}"), &parsed(line));
        }
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn example(family: &str) -> Map<String, Value> {
    let example = parsed(&document(&format!("examples/{family}.json")));
    example.as_object().expect("an object").clone()
}

/// Whether `to start --from` takes a request.
fn starts(request: &Map<String, Value>) -> bool {
    let sandbox = Sandbox::new("file:spool");
    sandbox.write("request.json", json!(request).to_string());
    let run = sandbox.to("start --from request.json");
    assert!(matches!(run.status, 0 | 2), "{}", run.stderr);
    run.status == 0
}

#[test]
fn there_is_a_request_of_each_family() {
    let schemas = Schemas::load();
    for family in FAMILIES {
        let example = example(family);
        assert_eq!(example["family"], family);
        schemas.assert_valid("request.schema.json", &json!(example));
        let sandbox = Sandbox::new("file:spool");
        sandbox.write("request.json", json!(example).to_string());
        let run = sandbox.to("start --from request.json");
        assert_eq!((&*run.stdout, &*run.stderr), ("1\n", ""));
        schemas.assert_file(&sandbox.path("spool/1"), "start.json");
    }
}

/// Each field is left out of each example, and put in where it was not: the schema and `to` agree.
#[test]
fn the_schema_asks_for_what_start_asks_for() {
    let schemas = Schemas::load();
    let mut every: Map<String, Value> = FAMILIES.into_iter().flat_map(example).collect();
    every.insert("ci_link".to_owned(), json!("https://ci.example/job/1"));
    every.insert("initial_status".to_owned(), json!("NOT_STARTED"));
    let mut verdicts = [0, 0];
    for family in FAMILIES {
        for (field, value) in &every {
            let mut request = example(family);
            if request.remove(field).is_none() {
                let is_stage = field == "execution_stage";
                request.insert(field.clone(), if is_stage { json!("edge") } else { value.clone() });
            }
            // Unlike the schema, `to` warns of an unknown family's fields, and not of a missing family's.
            if request.contains_key("family") {
                let complaints = schemas.complaints("request.schema.json", &json!(request));
                let is_right = starts(&request);
                assert_eq!(complaints.is_empty(), is_right, "{family} {field}: {complaints:?}");
                verdicts[usize::from(is_right)] += 1;
            }
        }
    }
    assert!(verdicts[0] >= 40 && verdicts[1] >= 20, "{verdicts:?}");
}

#[test]
fn results_are_as_the_schema_says() {
    let schemas = Schemas::load();
    let sample = document("examples/results.json");
    schemas.assert_valid("results.schema.json", &parsed(&sample));
    let sandbox = Sandbox::new("file:spool");
    sandbox.write("results.json", &sample);
    let pytest = fs::read(fixture("pytest.xml")).expect("a fixture");
    sandbox.write("pytest.xml", pytest);
    let run = sandbox.to("submit --dry-run results.json pytest.xml");
    assert_eq!((run.status, run.stdout.lines().count()), (0, 3 + 32), "{}", run.stderr);
    for line in run.stdout.lines() {
        schemas.assert_valid("results.schema.json#/$defs/result", &parsed(line));
    }
    let broken = [json!({"name": "a"}), json!({"name": "", "status": "PASSED"}), json!("PASSED")];
    for result in broken {
        let whole = schemas.complaints("results.schema.json", &json!([result]));
        assert!(!whole.is_empty(), "{result}");
    }
}

#[test]
fn the_files_of_a_spool_are_as_the_schema_says() {
    let schemas = Schemas::load();
    let sandbox = Sandbox::new("file:spool").with_snap();
    sandbox.write("results.json", document("examples/results.json"));
    for step in [
        "start --ci-link https://ci.example/job/1 --relevant-link Logs=https://logs.example/1",
        "submit -q results.json",
        "result one passed --comment done --log text",
        "update --metadata cloud=aws --event provisioned=slowly --c3-link https://c3.example/1",
        "update --status IN_PROGRESS --ci-link https://ci.example/job/2",
        "end",
    ] {
        let run = sandbox.to(step);
        assert_eq!(run.status, 0, "to {step}\n{}", run.stderr);
    }
    let files =
        ["start.json", "results.jsonl", "patch.json", "links.jsonl", "status_updates.jsonl"];
    for name in files {
        schemas.assert_file(&sandbox.path("spool/1"), name);
    }
    assert_eq!(files_of(&sandbox.path("spool/1")), sorted(&files));
}

fn sorted(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

fn files_of(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
    names.sort();
    names
}

/// A server that takes all results but one, or none.
fn server_that_refuses() -> Server {
    let server = Server::start();
    server.poison(|name| name == names(3)[1], Poison::Crash);
    server
}

#[test]
fn what_is_kept_and_refused_is_as_the_schema_says() {
    let schemas = Schemas::load();
    let server = server_that_refuses();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    sandbox.write("report.jsonl", crate::support::lines(&names(3)));
    assert_eq!(sandbox.to("start").status, 0);
    let run = sandbox.to("submit report.jsonl");
    assert_eq!(run.status, 6, "{}", run.stderr);
    schemas.assert_file(&sandbox.path(".to"), "refused.jsonl");

    server.fault(results, ALWAYS, Fault::answer(Response::nginx(503)));
    let run = sandbox.to("submit --retry-for 0 report.jsonl");
    assert_eq!(run.status, 4, "{}", run.stderr);
    schemas.assert_file(&sandbox.path(".to/outbox/1"), "execution.json");
    schemas.assert_file(&sandbox.path(".to/outbox/1"), "results.jsonl");
    server.go_down();
    let run = sandbox.to("start --best-effort --retry-for 0");
    assert_eq!(run.status, 0, "{}", run.stderr);
    schemas.assert_file(&sandbox.path(".to/outbox/2"), "server.json");
}

/// Runs commands with `--json`: each prints as many objects as are said, as the schema says.
fn assert_printed(schemas: &Schemas, sandbox: &Sandbox, steps: &[(&str, i32, usize)]) {
    for &(step, status, lines) in steps {
        let run = sandbox.to(&format!("{step} --json"));
        assert_eq!(run.status, status, "to {step}\n{}", run.stderr);
        let command = step.split(' ').next().expect("a command");
        assert_eq!(run.stdout.lines().count(), lines, "to {step}\n{}", run.stdout);
        for line in run.stdout.lines() {
            let said = parsed(line);
            assert_eq!(said["schema"], 1, "to {step}");
            schemas.assert_valid(&format!("output.schema.json#/$defs/{command}"), &said);
        }
    }
}

#[test]
fn what_json_prints_is_as_the_schema_says() {
    let schemas = Schemas::load();
    let permissions = ["change_test", "view_test", "change_rerun", "view_rerun"];
    let server = Server::builder().key("sesame", &permissions).start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY", "sesame");
    sandbox.write("results.json", document("examples/results.json"));
    sandbox.write("broken.xml", "<testsuite><testcase");
    sandbox.write("spool/1/start.json", document("examples/snap.json"));
    sandbox.write("spool/1/results.jsonl", crate::support::lines(&names(2)));
    sandbox.write("spool/2/start.json", "{}");
    let steps = [
        ("check", 0, 1),
        ("start", 0, 1),
        ("submit results.json", 0, 1),
        ("submit results.json broken.xml", 3, 1),
        ("submit broken.xml", 3, 1),
        ("result one passed", 0, 1),
        ("update --metadata cloud=aws --event provisioned", 0, 1),
        ("show", 0, 1),
        ("end", 0, 1),
        ("show --execution 1", 0, 1),
        ("rerun 1 99", 5, 1),
        ("reruns", 0, 1),
        ("reruns --done 1 --done 99", 5, 1),
        ("reruns", 0, 0),
        ("push spool", 2, 1),
        ("push", 0, 1),
    ];
    assert_printed(&schemas, &sandbox, &steps);
    let disabled = parsed(&sandbox.to("end --url none --json").stdout);
    schemas.assert_valid("output.schema.json#/$defs/disabled", &disabled);
    let broken = json!({"execution": 1, "url": "https://api.example"});
    assert!(!schemas.complaints("output.schema.json#/$defs/start", &broken).is_empty());
}

/// Where nothing is delivered, or refused, or only some of it, the object tells that.
#[test]
fn json_is_printed_also_where_something_goes_wrong() {
    let schemas = Schemas::load();
    let server = Server::builder().key("sesame", &["change_test", "change_rerun"]).start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY", "sesame");
    sandbox.write("results.json", document("examples/results.json"));
    assert_eq!(sandbox.to("start").status, 0);
    let reruns = [("rerun 1 outbox-1", 2, 1), ("reruns --done 1 --done outbox-1", 2, 1)];
    assert_printed(&schemas, &sandbox, &reruns);
    let unknown =
        [("submit results.json", 5, 1), ("end", 5, 1), ("update --event a --status PASSED", 5, 1)];
    assert_printed(&schemas, &sandbox.with("TO_EXECUTION", "99"), &unknown);

    server.fault(results, ALWAYS, Fault::answer(Response::nginx(503)));
    let away = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY", "sesame");
    let away = away.with("TO_RETRY_FOR", "0").with("TO_EXECUTION", "1");
    away.write("results.json", document("examples/results.json"));
    let kept = [
        ("submit results.json", 4, 1),
        ("result one passed", 4, 1),
        ("update --event a", 4, 1),
        ("end", 4, 1),
        ("push", 4, 1),
    ];
    assert_printed(&schemas, &away, &kept);
    let unopened = Sandbox::new("http://127.0.0.1:9").with_snap().with("TO_RETRY_FOR", "0");
    let waiting = [
        ("start --best-effort", 0, 1),
        ("result one passed", 4, 1),
        ("end --best-effort", 0, 1),
        ("show", 0, 1),
        ("push", 4, 1),
        ("check", 4, 1),
    ];
    assert_printed(&schemas, &unopened, &waiting);

    fs::remove_file(away.path(".to/outbox/1/results.jsonl")).expect("what was kept");
    fs::create_dir(away.path(".to/outbox/1/results.jsonl")).expect("a directory");
    let damaged = [("submit results.json", 1, 1), ("update --event a", 1, 1), ("end", 1, 1)];
    assert_printed(&schemas, &away, &damaged);
}
