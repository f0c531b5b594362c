//! A server with one open execution, and a sandbox that submits to it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::fake_server::{ALWAYS, Fault, Request, Response, Server, results};
use crate::support::{Run, Sandbox};

/// A server that has the execution 1, and a sandbox that works on it.
pub struct TestContext {
    pub server: Server,
    pub sandbox: Sandbox,
}

/// A condition that a test switches on and off.
#[derive(Clone)]
pub struct Switch(Arc<AtomicBool>);

impl Switch {
    pub fn on() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn turn_off(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl TestContext {
    pub fn new() -> Self {
        Self::of(Server::start())
    }

    pub fn of(server: Server) -> Self {
        assert_eq!(server.open_execution(), 1);
        let sandbox = Sandbox::new(&server.url()).with("TO_EXECUTION", "1");
        Self { server, sandbox }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.sandbox = self.sandbox.with(name, value);
        self
    }

    /// Writes a report of as many results as are counted here, and returns their names.
    pub fn report(&self, count: usize) -> Vec<String> {
        self.sandbox.write("report.jsonl", lines(&names(count)));
        names(count)
    }

    /// Runs `to`; the server's address becomes `URL`, and how often something was tried, and how long,
    /// is left out: that depends on the machine's speed.
    pub fn to(&self, arguments: &str) -> Run {
        self.plain(self.sandbox.to(arguments))
    }

    pub fn plain(&self, run: Run) -> Run {
        Run { stderr: without_tries(&run.stderr.replace(&self.server.url(), "URL")), ..run }
    }

    /// What the server holds, by name, in order.
    pub fn stored(&self) -> Vec<String> {
        self.server.execution(1).results().iter().map(|result| result.name.clone()).collect()
    }

    /// What the server holds, sorted: for where results were sent twice.
    pub fn stored_sorted(&self) -> Vec<String> {
        let mut names = self.stored();
        names.sort();
        names
    }

    /// The posts of results: how many each held, and how it was answered.
    pub fn posts(&self) -> Vec<(usize, Option<u16>)> {
        let requests = self.server.requests();
        let posts = requests.iter().filter(|request| results(request));
        posts.map(|post| (count(post), post.answered)).collect()
    }

    /// The files in the state directory.
    pub fn files(&self) -> Vec<String> {
        files(&self.sandbox.path(".to"))
    }

    /// Answers all posts of results with a 500 until the switch is turned off.
    pub fn crash_until(&self, switch: &Switch) {
        let switch = switch.clone();
        let on = move |request: &Request| results(request) && switch.is_on();
        self.server.fault(on, ALWAYS, Fault::answer(Response::internal_error()));
    }
}

/// How many results a post holds.
pub fn count(post: &Request) -> usize {
    post.json().as_array().expect("a list").len()
}

/// `case-0001` and so on: their order is that of the alphabet.
pub fn names(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("case-{number:05}")).collect()
}

/// A passed result of each name, as JSON lines.
pub fn lines(names: &[String]) -> String {
    let line = |name| format!("{{\"name\":\"{name}\",\"status\":\"PASSED\"}}\n");
    names.iter().map(line).collect::<Vec<_>>().concat()
}

/// The paths of all files below a directory, in order.
pub fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    collect(directory, "", &mut found);
    found.sort();
    found
}

fn collect(directory: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_str().expect("UTF-8"));
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push(name);
        }
    }
}

/// Leaves out each ` (tried 7 times in N s)`.
fn without_tries(text: &str) -> String {
    let mut parts = text.split(" (tried ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (tries, rest) = part.split_once(')').expect("an end of what was tried");
        assert!(tries.ends_with(" times in N s"), "{tries}");
        text + rest
    })
}
