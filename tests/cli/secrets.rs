//! The key is in no output, file or error, whatever a server does with it, and reaches no one but the
//! server that it is meant for.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::fake_server::{
    Fault, Request, Response, Server, anything, patches, results, starts,
};
use crate::support::{Run, Sandbox, fixture};

const KEY: &str = "to_Kx7-very.secret_0123456789";

/// A part of the key: no output may have cut it out of the key's middle either.
const PART: &str = "very.secret";

/// How the key is given.
#[derive(Clone, Copy, Debug)]
enum Way {
    Flag,
    Variable,
    File,
}

/// Everything that was said in a session.
struct Session {
    sandbox: Sandbox,
    flags: &'static [&'static str],
    said: Vec<(String, Run)>,
}

impl Session {
    fn new(server: &Server, way: Way) -> Self {
        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_RETRY_FOR", "0.1");
        let sandbox = sandbox.with("TO_RESULTS", fixture("gtest.xml").to_str().expect("UTF-8"));
        let (sandbox, flags): (_, &[&str]) = match way {
            Way::Flag => (sandbox, &["--api-key", KEY]),
            Way::Variable => (sandbox.with("TO_API_KEY", KEY), &[]),
            Way::File => {
                sandbox.write("key", format!("{KEY}\n"));
                (sandbox, &["--api-key-file", "key"])
            }
        };
        Self { sandbox, flags, said: Vec::new() }
    }

    fn run(&mut self, arguments: &str) -> &Run {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let run = self.sandbox.to_with(&[&words[..], self.flags].concat());
        self.said.push((arguments.to_owned(), run));
        &self.said.last().expect("a run").1
    }

    /// Panics where the key is in anything that was said or written.
    fn assert_silent(&self, way: Way) {
        for (arguments, run) in &self.said {
            let all = format!("{}{}", run.stdout, run.stderr);
            assert!(!all.contains(PART), "by {way:?}, {arguments} says {all}");
        }
        let mut files = Vec::new();
        read_all(self.sandbox.directory.path(), &mut files);
        assert!(files.len() > 4, "state and spool have files");
        for (path, content) in files {
            let is_key = path.ends_with("/key") && matches!(way, Way::File);
            assert!(is_key || !content.contains(PART), "by {way:?}, {path} has {content}");
        }
    }
}

/// All files below a directory, names included.
fn read_all(directory: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_all(&path, files);
        } else {
            let content = fs::read(&path).expect("a file");
            let name = path.display().to_string();
            files.push((name, String::from_utf8_lossy(&content).into_owned()));
        }
    }
}

/// Answers that hold the key, as servers and proxies write it that echo what they were sent.
fn echoes() -> Vec<Response> {
    let header = format!("Authorization: Bearer {KEY}");
    let page = format!(
        "<html><head><title>Bad request {header}</title></head><body>{header}</body></html>"
    );
    let problem = json!({
        "type": "x", "loc": ["body", KEY, KEY], "msg": format!("Value error, {header}"),
        "input": KEY,
    });
    let plain = |status| Response::page(status, "text/plain", &header);
    vec![
        Response::refusal(403, &header),
        Response::refusal(401, &header),
        Response::json(422, &json!({"detail": [problem]})),
        Response::json(400, &json!({"error": {"headers": {"authorization": KEY}}})),
        plain(500),
        plain(400),
        plain(200),
        plain(403).header("retry-after", KEY),
        Response::page(502, "text/html", &page),
        Response::page(403, "text/html", &page),
        Response::page(404, "text/html", &page),
        Response::page(200, "text/html", &page),
        Response::page(302, "text/html", "")
            .header("location", &format!("https://login.example/?authorization=Bearer%20{KEY}")),
        Response::page(307, "text/html", "").header("location", KEY),
        Response::json(200, &json!({"id": KEY, "status": KEY})),
    ]
}

#[test]
fn the_key_is_in_nothing_that_a_whole_session_produces() {
    for way in [Way::Flag, Way::Variable, Way::File] {
        let server = Server::builder().auth_required().key(KEY, &["change_test", "view_test"]);
        let server = server.start();
        let mut session = Session::new(&server, way);
        assert_eq!(session.run("-v start --ci-link https://ci.example/1").status, 0);
        assert_eq!(session.run("-v submit").status, 0);
        assert_eq!(session.run("-v --json end").status, 0);
        // The same link with a link of its own, so that every endpoint is asked.
        let again = "-v start --ci-link https://ci.example/1 --relevant-link a=https://a.example/";
        assert_eq!(session.run(again).status, 0);
        assert!(server.requests().iter().all(|request| {
            request.header("authorization").is_some_and(|held| held == format!("Bearer {KEY}"))
        }));
        for echo in echoes() {
            for (on, command) in [
                (starts as fn(&Request) -> bool, again),
                (looks, again),
                (posts_link, "-v start --relevant-link b=https://b.example/"),
                (results, "-v submit"),
                (patches, "-v end --exit-code"),
            ] {
                server.fault(on, 1, Fault::answer(echo.clone()));
                session.run(command);
            }
            // A 403 leads to a question about the key, the answer to which echoes it by nature.
            server.fault(patches, 1, Fault::answer(Response::refusal(403, "no")));
            server.fault(asks_who, 1, Fault::answer(echo));
            session.run("-v end");
        }
        server.fault(anything, 3, Fault::hang_up());
        session.run("-v end");
        for wrong in
            ["end --url https://127.0.0.1:1", "end --url http://192.0.2.1", "-v end --execution 99"]
        {
            assert_ne!(session.run(wrong).status, 0);
        }
        for spool in
            ["-v start --url file:spool", "-v submit --url file:spool", "end --url file:spool"]
        {
            session.run(spool);
        }
        session.assert_silent(way);
    }
}

fn looks(request: &Request) -> bool {
    request.method == "GET" && !asks_who(request)
}

fn asks_who(request: &Request) -> bool {
    request.route().ends_with("/applications/me")
}

fn posts_link(request: &Request) -> bool {
    request.route().ends_with("/links")
}

#[test]
fn help_and_usage_errors_do_not_show_the_key() {
    let sandbox = Sandbox::new("https://observer.example").with("TO_API_KEY", KEY);
    let commands = [
        "--help",
        "help",
        "help start",
        "start --help",
        "submit --help",
        "end --help",
        "result --help",
        "update --help",
        "show --help",
        "check --help",
        "completions bash",
        "end --timeout soon",
        "end --unknown",
        "strat",
    ];
    for command in commands {
        let run = sandbox.to(command);
        assert!(!format!("{run:?}").contains(PART), "{command} says {run:?}");
    }
}

#[test]
fn a_key_on_a_wrong_command_line_is_not_shown() {
    let sandbox = Sandbox::new("https://observer.example");
    let given = format!("--api-key={KEY}");
    let misspelt = format!("--api-kee={KEY}");
    let cases: &[&[&str]] = &[
        &["end", &given, "--timeout", "soon"],
        &["end", &given, "--unknown"],
        &["end", "--api-key", KEY, "--status", "DONE"],
        &["end", "--api-key", KEY, "--api-key-file", "key"],
        &["end", &given, &given],
        &["end", &misspelt],
    ];
    for arguments in cases {
        let run = sandbox.to_with(arguments);
        assert_eq!(run.status, 2);
        assert!(!format!("{run:?}").contains(PART), "{arguments:?}: {run:?}");
    }
}

#[test]
fn a_key_that_is_refused_is_not_shown() {
    let sandbox = Sandbox::new("http://127.0.0.1:1").with_snap();
    let broken = format!("{KEY}\n{KEY}");
    sandbox.write("key", &broken);
    for arguments in [["--api-key", &broken], ["--api-key-file", "key"]] {
        let run = sandbox.to_with(&[&["start"], &arguments[..]].concat());
        assert_eq!(run.status, 2);
        assert!(!format!("{run:?}").contains(PART), "{run:?}");
    }
}

#[test]
fn a_password_in_the_url_is_refused_and_not_shown() {
    let said = "a user or password has no place in it; the key goes to --api-key-file";
    for url in ["https://user:very.secret@observer.example", "https://very.secret@observer.example"]
    {
        let sandbox = Sandbox::new("").with("TO_EXECUTION", "1");
        let by_flag = sandbox.to_with(&["end", "--url", url]);
        let by_variable = sandbox.with("TO_URL", url).to("end");
        for run in [by_flag, by_variable] {
            assert_eq!((run.status, run.stdout.as_str()), (2, ""));
            assert!(run.stderr.contains(said) && !run.stderr.contains(PART), "{run:?}");
        }
    }
}

#[test]
fn a_key_with_characters_that_are_escaped_on_the_way_is_not_shown() {
    let key = r#"very.secret/a"b\c<d>&e%f+g=="#;
    let page =
        |text: &str| Response::page(200, "text/html", &format!("<html><title>{text}</title>"));
    let echoes = [
        Response::refusal(422, &format!("no: {key}")),
        Response::json(422, &json!({"detail": [{"loc": ["body"], "msg": format!("no: {key}")}]})),
        Response::page(400, "text/plain", &json!({"key": key}).to_string()),
        Response::json(200, &json!({"status": key})),
        page("very.secret/a&quot;b\\c&lt;d&gt;&amp;e%f+g=="),
        Response::page(302, "text/html", "").header(
            "location",
            "https://login.example/?key=very.secret%2Fa%22b%5Cc%3Cd%3E%26e%25f%2Bg%3D%3D",
        ),
    ];
    let server = Server::start();
    server.open_execution();
    let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1").with("TO_API_KEY", key);
    for echo in echoes {
        server.fault(patches, 1, Fault::answer(echo));
        let run = sandbox.to("-v end --exit-code");
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(!all.contains("very.secret"), "{all}");
    }
}
