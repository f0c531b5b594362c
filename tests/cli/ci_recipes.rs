//! The jobs that README.md and docs/ show for CI systems deliver: their steps are run in a shell.

use std::fs;
use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

use crate::documents::{Block, section};
use crate::examples::{prepared, run};
use crate::support::fake_server::{ALWAYS, Fault, Request, Response, Server, patches, results};
use crate::support::{Run, Sandbox, Switch};

/// A job's variables and its steps, of the first leg of its matrix.
struct Job {
    variables: Vec<(String, String)>,
    steps: Vec<String>,
}

impl Job {
    /// Runs the steps one after the other, as far as they succeed.
    fn run(&self, sandbox: &Sandbox) -> Run {
        let quote = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let exports =
            self.variables.iter().map(|(name, value)| format!("export {name}={}\n", quote(value)));
        let steps = self.steps.iter().map(|step| format!("{step}\n"));
        run(sandbox, &exports.chain(["set -e\n".to_owned()]).chain(steps).collect::<String>())
    }
}

fn yaml(block: &Block) -> Yaml {
    assert_eq!(block.language, "yaml");
    YamlLoader::load_from_str(&block.text).expect("YAML").remove(0)
}

fn text(value: &Yaml) -> String {
    match value {
        Yaml::String(text) | Yaml::Real(text) => text.clone(),
        Yaml::Integer(number) => number.to_string(),
        other => panic!("no text: {other:?}"),
    }
}

fn variables(map: &Yaml) -> Vec<(String, String)> {
    let entries = map.as_hash().into_iter().flatten();
    entries.map(|(name, value)| (text(name), text(value))).collect()
}

/// What GitHub puts in the place of each expression, in the first leg of a matrix.
fn evaluated(text: &str, matrix: &Yaml, server: &Server) -> String {
    let (mut value, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${{ ") {
        let (expression, after) = after.split_once(" }}").expect("an end");
        value += before;
        value += &match expression {
            "vars.TO_URL" | "vars.TO_URL || 'none'" => server.url(),
            "secrets.TO_API_KEY" => "sesame".to_owned(),
            "github.repository" => "canonical/shop".to_owned(),
            "github.run_id" => "7".to_owned(),
            "job.check_run_id" => "9".to_owned(),
            other => {
                let axes = other.strip_prefix("matrix.").expect("a known expression").split('.');
                let leg = axes.fold(matrix.clone(), |value, axis| match &value[axis] {
                    Yaml::Array(legs) => legs[0].clone(),
                    value => value.clone(),
                });
                self::text(&leg)
            }
        };
        rest = after;
    }
    value + rest
}

/// A job of a workflow, with the variables of its steps.
fn github_job(job: &Yaml, server: &Server) -> Job {
    let steps = job["steps"].as_vec().expect("steps");
    let environments = [&job["env"]].into_iter().chain(steps.iter().map(|step| &step["env"]));
    let matrix = &job["strategy"]["matrix"];
    let given = environments.flat_map(variables);
    let variables = given.map(|(name, value)| (name, evaluated(&value, matrix, server))).collect();
    let steps = steps.iter().filter_map(|step| step["run"].as_str());
    Job { variables, steps: steps.map(str::to_owned).collect() }
}

fn assert_delivers(job: &Job, server: &Server, expected: &[(&str, &str)]) {
    let run = job.run(&prepared(server));
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(server.executions().len(), 1);
    let execution = server.execution(1);
    assert_eq!(execution.status, "PASSED");
    assert_eq!(execution.results().len(), 1);
    for (field, value) in expected {
        assert_eq!(execution.request[field], *value);
    }
}

fn server() -> Server {
    Server::builder().auth_required().key("sesame", &["change_test", "view_test"]).start()
}

fn recipe_for_github() -> Yaml {
    yaml(&section("docs/recipes.md: GitHub Actions").blocks[0])
}

#[test]
fn the_github_job_of_readme_delivers() {
    let (server, section) = (server(), section("README.md: From nothing to a green GitHub job"));
    let job = github_job(&yaml(&section.blocks[0])["jobs"]["test"], &server);
    assert_delivers(&job, &server, &[("environment", "cm3"), ("test_plan", "smoke")]);
}

#[test]
fn a_leg_of_githubs_matrix_has_the_architecture_of_its_device() {
    let server = server();
    let job = github_job(&recipe_for_github()["jobs"]["test"], &server);
    let expected = [("environment", "cm3"), ("arch", "armhf"), ("test_plan", "smoke")];
    assert_delivers(&job, &server, &expected);
}

/// A fork has neither the variable nor the secret.
#[test]
fn the_github_job_of_a_fork_passes_and_sends_nothing() {
    let server = server();
    server.expect_no_requests();
    let readme = section("README.md: From nothing to a green GitHub job");
    for workflow in [yaml(&readme.blocks[0]), recipe_for_github()] {
        let mut job = github_job(&workflow["jobs"]["test"], &server);
        assert_eq!(
            text(&workflow["jobs"]["test"]["env"]["TO_URL"]),
            "${{ vars.TO_URL || 'none' }}"
        );
        job.variables.push(("TO_URL".to_owned(), "none".to_owned()));
        job.variables.push(("TO_API_KEY".to_owned(), String::new()));
        let run = job.run(&prepared(&server));
        assert_eq!((run.status, &*run.stdout), (0, ""), "{}", run.stderr);
    }
}

/// Copies a directory as an artifact does that is uploaded and downloaded: without modes.
fn copy_without_modes(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_without_modes(&path, &target);
        } else {
            fs::write(target, fs::read(path).expect("a file")).expect("a file");
        }
    }
}

/// The test job meets an outage, and the job behind it delivers what it left.
#[test]
fn what_a_github_job_could_not_deliver_is_delivered_by_the_next() {
    let (server, outage) = (server(), Switch::on());
    let is_out = outage.clone();
    let delivers = |request: &Request| results(request) || patches(request);
    let unavailable = Fault::answer(Response::nginx(503));
    server.fault(move |request| is_out.is_on() && delivers(request), ALWAYS, unavailable);
    let jobs = &recipe_for_github()["jobs"];
    let mut job = github_job(&jobs["test"], &server);
    job.variables.push(("TO_RETRY_FOR".to_owned(), "0.1".to_owned()));
    let sandbox = prepared(&server);
    assert_eq!(job.run(&sandbox).status, 4);
    let elsewhere = prepared(&server);
    let artifact = elsewhere.path("undelivered/undelivered-0");
    copy_without_modes(&sandbox.path(".to"), &artifact);
    outage.turn_off();
    let run = github_job(&jobs["deliver"], &server).run(&elsewhere);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    println!("{run:?}");
    assert_eq!(server.executions().last().expect("an execution").results().len(), 1);
}

#[test]
fn a_lab_finds_the_github_job_by_its_link() {
    let server = server();
    let steps = yaml(&section("docs/recipes.md: Reruns by a lab").blocks[0]);
    let step = &steps[0];
    let job = Job {
        variables: variables(&step["env"])
            .into_iter()
            .map(|(name, value)| (name, evaluated(&value, &Yaml::Null, &server)))
            .chain([("TO_API_KEY".to_owned(), "sesame".to_owned())])
            .collect(),
        steps: vec![text(&step["run"]) + " --from request.json"],
    };
    assert_eq!(job.run(&prepared(&server)), Run::new(0, "1\n", ""));
    let link = "https://github.com/canonical/shop/actions/runs/7/job/9";
    assert_eq!(server.execution(1).ci_link.as_deref(), Some(link));
}

#[test]
fn the_gitlab_job_delivers() {
    let server = server();
    let job = &yaml(&section("docs/recipes.md: GitLab").blocks[0])["test"];
    let leg = variables_of_leg(&job["parallel"]["matrix"][0]);
    let given =
        [("TO_URL".to_owned(), server.url()), ("TO_API_KEY".to_owned(), "sesame".to_owned())];
    let variables = variables(&job["variables"]).into_iter().chain(leg).chain(given).collect();
    let steps = job["script"].as_vec().expect("a script").iter().map(text).collect();
    let expected = [("environment", "cm3"), ("arch", "armhf"), ("test_plan", "smoke")];
    assert_delivers(&Job { variables, steps }, &server, &expected);
}

fn variables_of_leg(matrix: &Yaml) -> Vec<(String, String)> {
    let axes = matrix.as_hash().expect("a matrix").iter();
    axes.map(|(name, values)| (text(name), text(&values[0]))).collect()
}

#[test]
fn the_jenkins_job_delivers() {
    let server = server();
    let pipeline = &section("docs/recipes.md: Jenkins").blocks[0].text;
    let assigned = pipeline.lines().filter_map(|line| line.trim().split_once(" = "));
    let variables = assigned.map(|(name, value)| {
        let value = match name {
            "TO_URL" => server.url(),
            "TO_API_KEY" => "sesame".to_owned(),
            _ => value.trim_matches('\'').to_owned(),
        };
        (name.to_owned(), value)
    });
    let steps = pipeline.split("sh '").skip(1).map(|step| step.split('\'').next().expect("a step"));
    let job = Job { variables: variables.collect(), steps: steps.map(str::to_owned).collect() };
    assert_delivers(&job, &server, &[("environment", "lab-1"), ("family", "solution")]);
}
