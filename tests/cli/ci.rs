//! In a CI job: the link that keeps legs of a matrix apart, and what GitHub Actions shows.

use crate::support::fake_server::{Poison, Server};
use crate::support::{Run, Sandbox};

/// The variables of a job, as the CI systems document them.
const GITHUB: &[(&str, &str)] = &[
    ("CI", "true"),
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_REPOSITORY", "canonical/core22"),
    ("GITHUB_RUN_ID", "7123456789"),
    ("GITHUB_RUN_ATTEMPT", "2"),
    ("GITHUB_JOB", "smoke"),
];
const GITLAB: &[(&str, &str)] = &[
    ("CI", "true"),
    ("GITLAB_CI", "true"),
    ("CI_JOB_NAME", "smoke: [cm3]"),
    ("CI_JOB_URL", "https://gitlab.example/g/p/-/jobs/99"),
];
const JENKINS: &[(&str, &str)] = &[
    ("JENKINS_URL", "https://jenkins.example/"),
    ("BUILD_URL", "https://jenkins.example/job/smoke/12/"),
    ("JOB_NAME", "smoke"),
];
const CIRCLECI: &[(&str, &str)] = &[
    ("CIRCLECI", "true"),
    ("CIRCLE_BUILD_URL", "https://circleci.com/gh/canonical/core22/17"),
    ("CIRCLE_JOB", "smoke"),
];
const BUILDKITE: &[(&str, &str)] = &[
    ("BUILDKITE", "true"),
    ("BUILDKITE_BUILD_URL", "https://buildkite.com/canonical/core22/builds/5"),
    ("BUILDKITE_JOB_ID", "0190-ab"),
];
const AZURE: &[(&str, &str)] = &[
    ("TF_BUILD", "True"),
    ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "https://dev.azure.com/canonical/"),
    ("SYSTEM_TEAMPROJECT", "Core 22"),
    ("BUILD_BUILDID", "77"),
    ("SYSTEM_JOBID", "job-1"),
    ("SYSTEM_JOBATTEMPT", "1"),
];

fn job(server: &Server, variables: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new(&server.url()).with_snap();
    variables.iter().fold(sandbox, |sandbox, (name, value)| sandbox.with(name, value))
}

fn link(server: &Server) -> String {
    server.executions().last().unwrap().ci_link.clone().unwrap_or_default()
}

#[test]
fn the_link_is_that_of_the_job_with_a_readable_fragment() {
    for (variables, start) in [
        (
            GITHUB,
            "https://github.com/canonical/core22/actions/runs/7123456789/attempts/2#smoke-core22-20260101-arm64-cm3-smoke-",
        ),
        (
            GITLAB,
            "https://gitlab.example/g/p/-/jobs/99#smoke---cm3--core22-20260101-arm64-cm3-smoke-",
        ),
        (JENKINS, "https://jenkins.example/job/smoke/12/#smoke-core22-20260101-arm64-cm3-smoke-"),
        (
            CIRCLECI,
            "https://circleci.com/gh/canonical/core22/17#smoke-core22-20260101-arm64-cm3-smoke-",
        ),
        (
            BUILDKITE,
            "https://buildkite.com/canonical/core22/builds/5#0190-ab-core22-20260101-arm64-cm3-smoke-",
        ),
        (
            AZURE,
            "https://dev.azure.com/canonical/Core%2022/_build/results?buildId=77#job-11-core22-20260101-arm64-cm3-smoke-",
        ),
    ] {
        let server = Server::start();
        let sandbox = job(&server, variables);
        assert_eq!(sandbox.to("start").stdout, "1\n");
        assert_eq!(sandbox.to("start").stdout, "1\n", "a repeated start finds the first");
        let link = link(&server);
        let hash = link.strip_prefix(start).unwrap_or_else(|| panic!("{link}"));
        assert!(hash.len() == 16 && hash.chars().all(|digit| digit.is_ascii_hexdigit()), "{link}");
    }
}

#[test]
fn the_users_own_link_is_sent_as_it_is_and_none_is_sent_none() {
    let server = Server::start();
    let sandbox = job(&server, GITHUB);
    sandbox.to("start --ci-link https://mine.example/1");
    assert_eq!(link(&server), "https://mine.example/1");
    sandbox.to("start --ci-link none");
    assert_eq!(server.executions().last().unwrap().ci_link, None);
}

#[test]
fn a_build_url_of_somebody_else_is_no_job() {
    let server = Server::start();
    let sandbox = job(&server, &[("BUILD_URL", "https://elsewhere.example/")]);
    sandbox.to("start");
    assert_eq!(server.execution(1).ci_link, None);
}

#[test]
fn twelve_legs_of_a_matrix_each_started_twice_are_twelve_executions() {
    let server = Server::start();
    for _ in 0..2 {
        for environment in ["cm3", "rpi4", "lxd-vm", "lxd vm"] {
            for plan in ["smoke", "smoke/full", "smoke-full"] {
                let sandbox = job(&server, GITHUB)
                    .with("TO_ENVIRONMENT", environment)
                    .with("TO_TEST_PLAN", plan);
                assert_eq!(sandbox.to("start").status, 0);
            }
        }
    }
    assert_eq!(server.executions().len(), 12);
}

#[test]
fn a_long_link_is_cut_to_what_the_server_stores_and_still_tells_legs_apart() {
    let server = Server::start();
    let long = "e".repeat(190);
    for environment in [format!("{long}1"), format!("{long}2")] {
        let run = job(&server, GITHUB).with("TO_ENVIRONMENT", &environment).to("start");
        assert_eq!(run.status, 0, "{}", run.stderr);
    }
    let links: Vec<_> = server.executions().into_iter().filter_map(|one| one.ci_link).collect();
    assert_ne!(links[0], links[1]);
    assert!(links.iter().all(|link| link.chars().count() == 200), "{links:?}");
}

#[test]
fn github_gets_annotations_a_summary_and_outputs() {
    let server = Server::start();
    let sandbox = job(&server, GITHUB);
    let sandbox = sandbox.with("GITHUB_OUTPUT", "output").with("GITHUB_STEP_SUMMARY", "summary.md");
    sandbox.write(
        "report.xml",
        "<testsuites name='s'><testcase name='boot'/>\
         <testcase name='a|b &lt;i&gt;'><failure message='no *net*&#10;more'/></testcase>\
         <testcase name='twice'/><testcase name='twice'/></testsuites>",
    );
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let merged = "result merged into the first of its name (1): `twice`";
    let run = sandbox.to("submit report.xml broken%.xml");
    let missing = "broken%.xml: no such file or directory";
    assert_eq!(
        run,
        Run::new(
            3,
            "",
            &format!(
                "::error::{}\n\
                 sent 3 results to execution 1: 2 passed, 1 failed, 0 skipped\n\
                 ::warning::{merged}\n",
                missing.replace('%', "%25")
            )
        )
    );
    assert_eq!(sandbox.to("end"), Run::new(0, "FAILED\n", ""));
    assert_eq!(
        sandbox.read("output"),
        "execution=1\npassed=2\nfailed=1\nskipped=0\nsent=3\nkept=0\nrefused=0\n\
         execution=1\nstatus=FAILED\n"
    );
    assert_eq!(
        sandbox.read("summary.md"),
        "sent 3 results to execution 1: 2 passed, 1 failed, 0 skipped\n\n\
         | failed | |\n|---|---|\n| a\\|b &lt;i&gt; | no \\*net\\* |\n\nexecution 1 is FAILED\n\n"
    );
}

#[test]
fn a_summary_that_cannot_be_written_hides_no_refused_result() {
    let server = Server::start();
    server.poison(|name| name == "bad", Poison::Refusal);
    let sandbox = job(&server, GITHUB).with("GITHUB_STEP_SUMMARY", "nowhere/summary.md");
    sandbox.write(
        "report.xml",
        "<testsuites name='s'><testcase name='good'/><testcase name='bad'/></testsuites>",
    );
    sandbox.to("start -q");
    let run = sandbox.to("submit -q report.xml");
    assert_eq!(run.status, 6, "{}", run.stderr);
    assert!(run.stderr.contains("result `bad` was refused"), "{}", run.stderr);
    let warning = "::warning::the files of GITHUB_OUTPUT and GITHUB_STEP_SUMMARY cannot be written: \
                   no such file or directory\n";
    assert!(run.stderr.ends_with(warning), "{}", run.stderr);
    assert!(sandbox.read(".to/refused.jsonl").contains("bad"));
}
