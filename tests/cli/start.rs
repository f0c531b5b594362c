//! `to start`: what is sent of flags, variables and files, and what is refused before it is sent.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::exchanges::RECORDED;
use crate::support::fake_server::{Server, starts};
use crate::support::{Run, Sandbox};

/// The last line of every refusal of a request.
const HINT: &str = "hint: every flag has a variable: that of --test-plan is TO_TEST_PLAN\n";

/// How a request is given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    Flags,
    Variables,
    File,
    Pipe,
}

const WAYS: [Way; 4] = [Way::Flags, Way::Variables, Way::File, Way::Pipe];

/// Runs `to start` with this request, given in this way.
fn start(sandbox: Sandbox, way: Way, request: &Map<String, Value>) -> Run {
    let json = Value::from(request.clone()).to_string();
    match way {
        Way::Flags => {
            let flags = flags(request);
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            sandbox.to_with(&[&["start"], &flags[..]].concat())
        }
        Way::Variables => {
            let with = |sandbox: Sandbox, (name, value): (&String, &Value)| {
                let name = if name == "relevant_links" { "relevant_link" } else { name };
                sandbox.with(&format!("TO_{}", name.to_uppercase()), &texts(value).join("\n"))
            };
            request.iter().fold(sandbox, with).to("start")
        }
        Way::File => {
            sandbox.write("request.json", json);
            sandbox.to("start --from request.json")
        }
        Way::Pipe => sandbox.pipe(json, "start --from -"),
    }
}

fn flags(request: &Map<String, Value>) -> Vec<String> {
    let mut flags = Vec::new();
    for (name, value) in request {
        for text in texts(value) {
            match name.as_str() {
                "relevant_links" => flags.push("--relevant-link".to_owned()),
                "needs_assignment" => {
                    flags.push(format!("--needs-assignment={text}"));
                    continue;
                }
                name => flags.push(format!("--{}", name.replace('_', "-"))),
            }
            flags.push(text);
        }
    }
    flags
}

/// A field as it is written on a command line: once, or once a link.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => vec![String::new()],
        Value::String(text) => vec![text.clone()],
        Value::Array(links) => links.iter().map(link_text).collect(),
        other => vec![other.to_string()],
    }
}

fn link_text(link: &Value) -> String {
    let text = |field: &str| link[field].as_str().expect("a text").to_owned();
    format!("{}={}", text("label"), text("url"))
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// The body of the first start that arrived.
fn sent(server: &Server) -> Value {
    server.requests().iter().find(|request| starts(request)).expect("a start").json()
}

/// Requests of all families, with every field that each has.
fn examples() -> [Value; 6] {
    let sha256 = "0123456789abcdef".repeat(4);
    [
        json!({
            "family": "snap", "name": "lxd", "version": "5.21 LTS", "revision": 1, "track": "5.21",
            "store": "brand", "arch": "riscv64", "execution_stage": "edge", "branch": "fix-1",
            "environment": "a lab's shelf", "test_plan": "smoke && more",
            "initial_status": "NOT_STARTED", "needs_assignment": true,
            "ci_link": "https://ci.example/é?a=b#c",
        }),
        json!({
            "family": "deb", "name": "hello", "version": "2.10-3", "arch": "s390x",
            "series": "noble", "repo": "universe", "execution_stage": "updates",
            "environment": "vm", "test_plan": "autopkgtest",
        }),
        json!({
            "family": "deb", "name": "hello", "version": "2.10-3~ppa1", "arch": "amd64",
            "series": "noble", "repo": "main", "source": "ppa:team/name",
            "environment": "vm", "test_plan": "autopkgtest", "needs_assignment": false,
        }),
        json!({
            "family": "charm", "name": "mysql", "version": "8.0/1", "revision": 2_147_483_647,
            "track": "8.0", "arch": "amd64", "execution_stage": "stable", "branch": "hotfix",
            "environment": "k8s", "test_plan": "integration",
            "relevant_links": [
                {"label": "Logs", "url": "https://logs.example/1?a=b"},
                {"label": "Boards", "url": "http://boards.example/"},
            ],
        }),
        json!({
            "family": "image", "name": "noble.iso", "version": "20260101", "arch": "amd64",
            "os": "ubuntu", "release": "noble", "sha256": sha256, "owner": "desktop",
            "image_url": "https://cdimage.example/noble.iso", "execution_stage": "current",
            "environment": "laptop", "test_plan": "manual",
        }),
        json!({
            "family": "solution", "name": "cloud", "version": "1", "arch": "arm64", "track": "1",
            "source": "terraform", "execution_stage": "candidate", "environment": "metal",
            "test_plan": "acceptance", "initial_status": "IN_PROGRESS",
        }),
    ]
}

#[test]
fn every_family_is_started_from_flags_variables_and_files_alike() {
    for example in examples() {
        let request = object(&example);
        for way in WAYS {
            let server = Server::start();
            let run = start(Sandbox::new(&server.url()), way, &request);
            assert_eq!(run, Run::new(0, "1\n", ""), "{way:?} of {example}");
            let mut body = request.clone();
            let links = body.remove("relevant_links").unwrap_or_else(|| json!([]));
            assert_eq!(sent(&server), Value::from(body), "{way:?}");
            assert_eq!(links_of(&server), links, "{way:?}");
        }
    }
}

/// The execution's links without their numbers.
fn links_of(server: &Server) -> Value {
    let plain = |link: Value| json!({"label": link["label"], "url": link["url"]});
    server.execution(1).links.into_iter().map(plain).collect()
}

#[test]
fn the_recorded_starts_are_made_or_refused_before_they_are_sent() {
    let mut seen = HashSet::new();
    for line in RECORDED.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a recording");
        let request = &exchange["request"];
        if request["method"] != "PUT" || !seen.insert(request["body"].to_string()) {
            continue;
        }
        for way in WAYS {
            // A field that is none can only stand in a file.
            if request["body"].get("colour").is_none() || matches!(way, Way::File | Way::Pipe) {
                replay(&exchange, way);
            }
        }
    }
    assert!(seen.len() > 20, "the recordings have starts");
}

/// What the server took, or refused for a reason that it alone knows, is sent as recorded but for
/// nulls, blanks and relevant links; what it always refuses is not.
fn replay(exchange: &Value, way: Way) {
    let label = &exchange["label"];
    let request = object(&exchange["request"]["body"]);
    let answer = &exchange["response"];
    let server = Server::start();
    let run = start(Sandbox::new(&server.url()), way, &request);
    if answer["status"] == 200 || answer["json"]["detail"].is_string() {
        assert_eq!(sent(&server), expected(request), "{label} by {way:?}");
    } else {
        server.expect_no_requests();
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{label} by {way:?}: {run:?}");
        assert!(run.stderr.starts_with("error: "), "{label} by {way:?}: {run:?}");
    }
}

fn expected(mut body: Map<String, Value>) -> Value {
    body.remove("relevant_links");
    body.remove("colour");
    body.retain(|_, value| !value.is_null() && value != "");
    if let Some(text) = body.get("revision").and_then(Value::as_str) {
        let number: i64 = text.parse().expect("a number");
        body.insert("revision".to_owned(), number.into());
    }
    Value::from(body)
}

#[test]
fn a_flag_beats_a_variable_and_a_variable_a_field_of_the_file() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url())
        .with_snap()
        .with("TO_TRACK", "")
        .with("TO_FROM", "request.json")
        .with("TO_RELEVANT_LINK", "variable=https://links.example/v");
    sandbox.write(
        "request.json",
        r#"{"track": "from the file", "environment": "from the file", "name": "from the file",
            "branch": "from the file",
            "relevant_links": [{"label": "file", "url": "https://links.example/f"}]}"#,
    );
    let run = sandbox.to_with(&["start", "--name", "by flag", "--stage", "edge"]);
    assert_eq!(run, Run::new(0, "1\n", ""));
    let sent = sent(&server);
    let fields = ["name", "execution_stage", "environment", "track", "branch"];
    assert_eq!(
        fields.map(|field| sent[field].as_str().unwrap()),
        ["by flag", "edge", "cm3", "from the file", "from the file"]
    );
    assert_eq!(links_of(&server), json!([{"label": "variable", "url": "https://links.example/v"}]));
}

#[test]
fn blank_variables_and_blanks_and_nulls_of_a_file_are_not_sent() {
    let blank = ["", "  ", "\t\n"];
    for blank in blank {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url()).with_snap();
        let names = ["TO_CI_LINK", "TO_BRANCH", "TO_INITIAL_STATUS", "TO_NEEDS_ASSIGNMENT"];
        let common = ["TO_EXECUTION", "TO_TIMEOUT", "TO_JSON", "TO_API_KEY", "TO_RELEVANT_LINK"];
        let sandbox =
            names.iter().chain(&common).fold(sandbox, |sandbox, name| sandbox.with(name, blank));
        sandbox.write(
            "request.json",
            json!({"branch": null, "ci_link": blank, "initial_status": null,
                   "needs_assignment": null, "relevant_links": null})
            .to_string(),
        );
        assert_eq!(sandbox.to("start --from request.json"), Run::new(0, "1\n", ""), "{blank:?}");
        assert_eq!(
            sent(&server),
            json!({
                "family": "snap", "name": "core22", "version": "20260101", "revision": 4711,
                "track": "22", "store": "ubuntu", "arch": "arm64", "execution_stage": "beta",
                "environment": "cm3", "test_plan": "smoke",
            })
        );
    }
}

#[test]
fn no_null_is_ever_sent() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url())
        .with_snap()
        .with("TO_CI_LINK", "https://ci.example/1")
        .with("TO_RELEVANT_LINK", "Logs=https://logs.example/");
    sandbox.write(
        "results.json",
        r#"[{"name": "boot", "status": "PASSED", "category": null, "template_id": null,
             "comment": null, "io_log": null}]"#,
    );
    let run = sandbox.shell("to -q start && to -q submit results.json && to -q end");
    assert_eq!(run, Run::new(0, "1\nPASSED\n", ""));
    let requests = server.requests();
    let told: Vec<String> =
        requests.iter().map(|r| String::from_utf8_lossy(&r.body).into_owned()).collect();
    assert_eq!(requests.len(), 5);
    assert!(told.iter().all(|body| !body.contains("null")), "{told:#?}");
}

#[test]
fn a_variable_of_another_family_is_not_used() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url())
        .with_snap()
        .with("TO_SHA256", "abc")
        .with("TO_SERIES", "noble")
        .with("TO_REPO", "main")
        .with("TO_SOURCE", "ppa:x/y")
        .with("TO_OWNER", "someone")
        .with("TO_IMAGE_URL", "this is no URL");
    assert_eq!(sandbox.to("start"), Run::new(0, "1\n", ""));
    let sent = object(&sent(&server));
    assert!(!sent.keys().any(|name| {
        ["sha256", "series", "repo", "source", "owner", "image_url"].contains(&name.as_str())
    }));
}

/// What is refused before anything is sent: arguments beside a snap's variables, a file, and the
/// problems that are listed.
struct Refusal {
    arguments: &'static [&'static str],
    file: &'static str,
    family: &'static str,
    problems: &'static [&'static str],
}

const SNAP: Refusal = Refusal { arguments: &[], file: "{}", family: " for snap", problems: &[] };

const REFUSALS: &[Refusal] = &[
    Refusal {
        arguments: &["--series", "noble", "--source", "ppa:x/y"],
        file: r#"{"sha256": "abc", "os": "ubuntu"}"#,
        problems: &[
            "--series is not a field of snap",
            "--source is not a field of snap",
            "field `os` is not a field of snap",
            "field `sha256` is not a field of snap",
        ],
        ..SNAP
    },
    Refusal {
        arguments: &["--version", "null", "--revision", "r12", "--stage", "nightly"],
        problems: &[
            "--version is `null`, which the server refuses",
            "--execution-stage is none of edge, beta, candidate, stable, but `nightly`",
            "--revision is not a whole number of 32 bits, but `r12`",
        ],
        ..SNAP
    },
    Refusal {
        arguments: &["--revision", "2147483648", "--initial-status", "COMPLETED"],
        file: r#"{"needs_assignment": "perhaps", "branch": 5,
                  "relevant_links": [{"label": "Logs", "url": "nope"}]}"#,
        problems: &[
            "--revision is not a whole number of 32 bits, but `2147483648`",
            "--initial-status is none of NOT_STARTED, IN_PROGRESS, PASSED, FAILED, NOT_TESTED, \
             ENDED_PREMATURELY, but `COMPLETED`",
            "field `branch` must be a string, not 5",
            "field `needs_assignment` is neither true nor false, but `perhaps`",
            "`nope` is not a URL: relative URL without a base",
        ],
        ..SNAP
    },
    Refusal {
        file: r#"{"branch": "a\u0000b"}"#,
        problems: &["field `branch` contains the control character '\\0'"],
        ..SNAP
    },
    Refusal {
        arguments: &["--family", "deb"],
        family: " for deb",
        problems: &[
            "--repo is required, such as main",
            "--series is required, such as noble",
            "TO_EXECUTION_STAGE is none of proposed, updates, but `beta`",
        ],
        ..SNAP
    },
    Refusal {
        arguments: &["--family=deb", "--series=noble", "--repo=main", "--source=ppa:x/y"],
        family: " for deb",
        problems: &[
            "--source and TO_EXECUTION_STAGE exclude each other: \
             a deb comes from a PPA or from an archive pocket",
            "TO_EXECUTION_STAGE is none of proposed, updates, but `beta`",
        ],
        ..SNAP
    },
    Refusal {
        arguments: &["--family", "image", "--stage", "beta", "--image-url", "ftp://x.example/"],
        family: " for image",
        problems: &[
            "--sha256 is required, such as \
             9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "--execution-stage is none of pending, current, but `beta`",
            "--image-url is wrong: `ftp://x.example/` is a `ftp` URL, not one of http or https",
        ],
        ..SNAP
    },
    Refusal {
        arguments: &["--family", "rpm"],
        family: "",
        problems: &["--family is none of snap, deb, charm, image, solution, but `rpm`"],
        ..SNAP
    },
];

#[test]
fn all_problems_of_a_request_are_said_at_once_and_nothing_is_sent() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    for refusal in REFUSALS {
        sandbox.write("request.json", refusal.file);
        let run =
            sandbox.to_with(&[&["start", "--from", "request.json"], refusal.arguments].concat());
        let mut lines: Vec<&str> = run.stderr.lines().collect();
        let last = lines.len() - 1;
        let hints = lines.iter().position(|line| line.starts_with("hint: ")).expect("a hint");
        lines.drain(hints..last);
        let last = lines.len() - 1;
        // The order is that of the fields, which is of no importance.
        lines[1..last].sort_unstable();
        let mut problems: Vec<String> =
            refusal.problems.iter().map(|problem| format!("  {problem}")).collect();
        problems.sort();
        let head = format!("error: the request{} is not complete or not right", refusal.family);
        let problems = problems.iter().map(String::as_str);
        let expected: Vec<&str> =
            [&*head].into_iter().chain(problems).chain([HINT.trim()]).collect();
        assert_eq!((run.status, run.stdout.as_str(), lines), (2, "", expected));
    }
}

#[test]
fn nothing_at_all_names_the_family_first() {
    let server = Server::start();
    server.expect_no_requests();
    let run = Sandbox::new(&server.url()).to("start");
    let said = "error: the request is not complete or not right\n  \
                --family is required: snap, deb, charm, image or solution\n\
                hint: `to start --example FAMILY` prints a sample request for --from\n";
    assert_eq!(run, Run::new(2, "", &format!("{said}{HINT}")));
}

#[test]
fn whole_message_of_a_request_that_lacks_much() {
    let server = Server::start();
    server.expect_no_requests();
    let run = Sandbox::new(&server.url()).to("start --family snap --name x");
    let said = "error: the request for snap is not complete or not right\n  \
                --version is required, such as 20260101\n  --arch is required, such as arm64\n  \
                --environment is required, such as cm3\n  \
                --test-plan is required, such as smoke\n  \
                --execution-stage is required, such as beta\n  \
                --revision is required, such as 4711\n  --track is required, such as latest\n  \
                --store is required, such as ubuntu\n\
                hint: for example\n  \
                to start --family snap --name core22 --version 20260101 --arch arm64 \\\n    \
                --environment cm3 --test-plan smoke --stage beta --revision 4711 \\\n    \
                --track latest --store ubuntu\n";
    assert_eq!(run, Run::new(2, "", &format!("{said}{HINT}")));
}

#[test]
fn the_lengths_that_the_server_stores_are_known_to_the_character() {
    let limits = [
        ("--name", 200),
        ("--environment", 200),
        ("--test-plan", 200),
        ("--branch", 200),
        ("--ci-link", 200),
        ("--arch", 100),
    ];
    for (flag, most) in limits {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url()).with_snap();
        let long = "ä".repeat(most + 1);
        let run = sandbox.to_with(&["start", flag, &long]);
        let characters = most + 1;
        let said = format!(
            "error: the request for snap is not complete or not right\n  \
             {flag} has {characters} characters; the server stores {most}\n{HINT}"
        );
        assert_eq!(run, Run::new(2, "", &said));
        assert!(server.requests().is_empty());

        let fits = "ä".repeat(most);
        let word = format!("warning: `{fits}` is no architecture of Ubuntu's, such as amd64\n");
        let said = if flag == "--arch" { &*word } else { "" };
        assert_eq!(sandbox.to_with(&["start", flag, &fits]), Run::new(0, "1\n", said), "{flag}");
    }
}

#[test]
fn lengths_of_an_image_and_a_source_are_checked_too() {
    let long = "a".repeat(201);
    let link = format!("https://x.example/{long}");
    let limits = [
        ("image", "--sha256", &long),
        ("image", "--os", &long),
        ("image", "--release", &long),
        ("image", "--owner", &long),
        ("image", "--image-url", &link),
        ("deb", "--source", &long),
    ];
    let server = Server::start();
    server.expect_no_requests();
    for (family, flag, value) in limits {
        let sandbox = Sandbox::new(&server.url());
        let run = sandbox.to_with(&["start", "--family", family, flag, value]);
        let characters = value.len();
        let said = format!("\n  {flag} has {characters} characters; the server stores 200\n");
        assert!(run.status == 2 && run.stderr.contains(&said), "{run:?}");
    }
}

#[test]
fn arch_host_is_this_machines_debian_architecture() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start --arch host"), Run::new(0, "1\n", ""));
    let debian = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "i386",
        "arm" => "armhf",
        "powerpc64" => "ppc64el",
        same => same,
    };
    assert_eq!(sent(&server)["arch"], debian);
}

#[test]
fn needs_assignment_is_a_switch_too() {
    let switches =
        [("", None), ("--needs-assignment", Some(true)), ("--needs-assignment=false", Some(false))];
    for (flag, value) in switches {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url()).with_snap();
        assert_eq!(sandbox.to(&format!("start {flag}")), Run::new(0, "1\n", ""));
        assert_eq!(sent(&server).get("needs_assignment").cloned(), value.map(Value::Bool));
    }
}

#[test]
fn a_file_that_is_no_request_is_a_usage_error() {
    let server = Server::start();
    server.expect_no_requests();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let cases = [
        ("[1]", "request.json:1: invalid type: sequence, expected a map at line 1 column 0"),
        ("{\n\"a\": }", "request.json:2: expected value at line 2 column 6"),
        ("", "request.json:1: EOF while parsing a value at line 1 column 0"),
    ];
    for (content, said) in cases {
        sandbox.write("request.json", content);
        let run = sandbox.to("start --from request.json");
        assert_eq!(run, Run::new(2, "", &format!("error: {said}\n")), "{content:?}");
    }
    let run = sandbox.to("start --from missing.json");
    assert_eq!(run, Run::new(2, "", "error: missing.json: no such file or directory\n"));
}

#[test]
fn a_field_that_is_none_is_warned_about_and_not_sent() {
    let server = Server::start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    let run = sandbox.pipe(r#"{"colour": "blue"}"#, "start --from -");
    let warning = "warning: `colour` in - is no field of start and is not sent\n";
    assert_eq!(run, Run::new(0, "1\n", warning));
    assert_eq!(sent(&server).get("colour"), None);
}

/// A sample request starts as it is printed, and so does the command that an error shows.
#[test]
fn samples_of_each_family_start() {
    for family in ["snap", "deb", "charm", "image", "solution"] {
        let server = Server::start();
        let sandbox = Sandbox::new(&server.url());
        let script = format!("to start --example {family} | to start --from -");
        assert_eq!(sandbox.shell(&script), Run::new(0, "1\n", ""), "{family}");
        assert_eq!(server.execution(1).request["family"], family);

        let refused = sandbox.to(&format!("start --family {family}"));
        let (_, below) = refused.stderr.split_once("hint: for example\n").expect("an example");
        let (command, _) = below.split_once("\nhint: ").expect("another hint");
        assert!(command.lines().all(|line| line.len() <= 80), "{command}");
        let run = sandbox.shell(command);
        assert_eq!(
            (run.status, run.stdout.as_str(), run.stderr.as_str()),
            (0, "2\n", "warning: execution 1, which was started here before, has not been ended\n"),
            "{command}"
        );
    }
}

#[test]
fn a_key_that_is_nearly_a_field_gets_a_suggestion() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    for (key, meant) in [
        ("test-plan", Some("test_plan")),
        ("--test-plan", Some("test_plan")),
        ("enviroment", Some("environment")),
        ("stage", Some("execution_stage")),
        ("relevant_link", Some("relevant_links")),
        ("color", None),
    ] {
        sandbox.write("request.json", format!("{{\"{key}\": \"x\"}}"));
        let run = sandbox.to(&format!("start --from request.json --state-dir s{key}"));
        let meant = meant.map(|field| format!("; did you mean `{field}`?")).unwrap_or_default();
        let said = format!(
            "warning: `{key}` in request.json is no field of start and is not sent{meant}\n"
        );
        assert_eq!((run.status, run.stderr.as_str()), (0, said.as_str()));
    }
}

#[test]
fn an_execution_cannot_be_chosen_where_one_is_opened() {
    let sandbox = Sandbox::new("file:spool").with_snap();
    for line in
        ["start --execution 5", "--execution 5 start", "run --execution=5 --results r -- true"]
    {
        let run = sandbox.to(line);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{line}: {run:?}");
        assert!(run.stderr.starts_with("error: --execution chooses an execution, and `to "));
    }
    // A job may have set it for the commands that follow.
    assert_eq!(sandbox.with("TO_EXECUTION", "5").to("start"), Run::new(0, "1\n", ""));
}
