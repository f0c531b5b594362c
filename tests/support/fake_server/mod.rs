//! A fake of Test Observer: a small server with the real one's rules, over real sockets on the
//! loopback, inside the test process. What it holds is what a test asserts on.
//!
//! - `http` is the wire, `service` the sockets and threads;
//! - `routes`, `validation` and `state` are the real server's rules, in the order in which a request
//!   meets them; `exchanges.rs` replays recordings of the real one against them;
//! - `faults` is what goes wrong on command.
//!
//! ```ignore
//! let server = Server::start();
//! server.fault(results, 2, Fault::answer(Response::nginx(503).header("retry-after", "1")));
//! // … run the binary with `server.url()` …
//! assert_eq!(server.execution(1).result("boot").status, "PASSED");
//! ```

pub mod client;
mod clock;
mod faults;
mod http;
mod port;
mod reruns;
mod routes;
mod service;
mod state;
pub mod validation;

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

pub use clock::{http_time, iso_time};
pub use faults::{ALWAYS, Fault, Poison, anything, patches, results, starts};
pub use http::{Request, Response, Stream};
pub use port::Port;
pub use state::{Execution, TestResult};

use faults::Race;
use service::{Accept, Service};
use state::{Application, State};

/// The permissions of the endpoints that are faked.
const PERMISSIONS: [&str; 5] =
    ["change_test", "view_test", "change_rerun", "change_rerun_bulk", "view_rerun"];

/// A running fake server; stops when it is dropped, and then fails its test if it was never called.
pub struct Server {
    service: Arc<Service>,
    scheme: &'static str,
    requests_expected: AtomicBool,
}

/// A fake server that is not started yet.
pub struct Builder {
    state: State,
    scheme: &'static str,
    accept: Accept,
}

impl Builder {
    /// Writes need a key with `change_test`, reads one with `view_test`, and all else a known one.
    pub fn auth_required(self) -> Self {
        self.require_authentication().need_permissions(&PERMISSIONS)
    }

    /// `REQUIRE_AUTHENTICATION`: its version and `/v1/applications/me` want a known key.
    pub fn require_authentication(mut self) -> Self {
        self.state.requires_authentication = true;
        self
    }

    /// These permissions are needed; all others are in `IGNORE_PERMISSIONS`.
    pub fn need_permissions(mut self, needed: &[&'static str]) -> Self {
        self.state.permissions = needed.to_vec();
        self
    }

    /// It was released before this day, and lacks what came then or later.
    pub fn before(mut self, day: &'static str) -> Self {
        self.state.before = day;
        self
    }

    /// A key and its permissions, for an application called `ci`.
    pub fn key(self, key: &str, permissions: &[&str]) -> Self {
        self.application("ci", key, permissions)
    }

    /// An application with its key.
    pub fn application(mut self, name: &str, key: &str, permissions: &[&str]) -> Self {
        self.state.applications.push(Application {
            name: name.to_owned(),
            key: key.to_owned(),
            permissions: permissions.iter().map(|&held| held.to_owned()).collect(),
        });
        self
    }

    /// Connections are TLS, which `accept` takes off.
    pub fn tls(
        mut self,
        accept: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static,
    ) -> Self {
        self.accept = Box::new(accept);
        self.scheme = "https";
        self
    }

    /// Starts it, on a free port.
    pub fn start(self) -> Server {
        Server {
            service: Service::start(self.state, self.accept),
            scheme: self.scheme,
            requests_expected: AtomicBool::new(true),
        }
    }
}

impl Server {
    /// A server that needs no key.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server with more to say about it.
    pub fn builder() -> Builder {
        let accept: Accept = Box::new(|tcp| Ok(Box::new(tcp)));
        Builder { state: State::default(), scheme: "http", accept }
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port())
    }

    /// Its port on the loopback.
    pub fn port(&self) -> u16 {
        self.service.port.number
    }

    /// Opens an execution without a request, for tests in which the start is not the point.
    pub fn open_execution(&self) -> usize {
        let start = json!({
            "family": "snap", "name": "core22", "version": "1", "revision": 1, "track": "22",
            "store": "ubuntu", "arch": "amd64", "execution_stage": "beta", "environment": "vm",
            "test_plan": "smoke",
        });
        let mut world = self.service.world();
        world.state.start(&start).expect("a valid start");
        world.state.executions.len()
    }

    /// What it holds of this execution; panics where there is none.
    pub fn execution(&self, id: usize) -> Execution {
        let executions = self.executions();
        executions.into_iter().nth(id - 1).unwrap_or_else(|| panic!("no execution {id}"))
    }

    /// All executions, in the order of their ids.
    pub fn executions(&self) -> Vec<Execution> {
        self.service.world().state.executions.clone()
    }

    /// All requests that arrived whole, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.service.world().requests.clone()
    }

    /// What came over each connection that was no request, once the client has closed it.
    pub fn nonsense(&self, count: usize) -> Vec<Vec<u8>> {
        let in_time = self.service.wait_until(|world| world.nonsense.len() >= count);
        assert!(in_time, "what a test waits for did not come");
        self.service.world().nonsense.clone()
    }

    /// Switches the need for a key on or off.
    pub fn require_keys(&self, required: bool) {
        let state = &mut self.service.world().state;
        state.requires_authentication = required;
        state.permissions = if required { PERMISSIONS.to_vec() } else { Vec::new() };
    }

    /// Waits until the requests are so, one that is still being served included.
    pub fn wait_for(&self, are_so: impl Fn(&[Request]) -> bool) {
        let in_time = self.service.wait_until(|world| are_so(&world.requests));
        assert!(in_time, "the requests that a test waits for did not arrive");
    }

    /// Waits until this execution is so.
    pub fn wait_for_execution(&self, id: usize, is_so: impl Fn(&Execution) -> bool) {
        let in_time =
            self.service.wait_until(|world| world.state.executions.get(id - 1).is_some_and(&is_so));
        assert!(in_time, "an execution did not become what a test waits for");
    }

    /// From here on it is a fault to have called this server, not to have not.
    pub fn expect_no_requests(&self) {
        self.requests_expected.store(false, Ordering::Relaxed);
    }

    /// The next so many requests that match meet this fault, after those given before.
    pub fn fault(
        &self,
        on: impl Fn(&Request) -> bool + Send + 'static,
        times: usize,
        fault: Fault,
    ) {
        self.service.world().faults.add(on, times, fault);
    }

    /// No fault waits any more.
    pub fn mend(&self) {
        self.service.world().faults.clear();
        self.come_back();
    }

    /// Each result takes this long, and where a request takes longer than the deadline the proxy
    /// answers 504 while the work goes on.
    pub fn pace(&self, per_result: Duration, deadline: Option<Duration>) {
        let faults = &mut self.service.world().faults;
        (faults.per_result, faults.deadline) = (per_result, deadline);
    }

    /// Larger bodies are answered with the proxy's 413.
    pub fn limit_body(&self, bytes: usize) {
        self.service.world().faults.body_limit = Some(bytes);
    }

    /// Results with such names are refused.
    pub fn poison(&self, is_poison: impl Fn(&str) -> bool + Send + 'static, poison: Poison) {
        self.service.world().faults.poison = Some((Box::new(is_poison), poison));
    }

    /// The race of parallel first sights: the first start that names something new, and the first
    /// post of results that does, is held until so many others have met it with a 500.
    pub fn race(&self, collisions: usize) {
        self.service.world().faults.collisions_awaited =
            [(Race::Starts, collisions), (Race::Results, collisions)].into();
    }

    /// Posts of results lock the new names in their order for so long: where two lock in opposite
    /// orders, one of them is a 500.
    pub fn deadlock(&self, while_locked: Duration) {
        self.service.world().faults.deadlock = Some(while_locked);
    }

    /// How many posts met a deadlock.
    pub fn deadlocks(&self) -> usize {
        self.service.world().faults.deadlocks
    }

    /// Closes the port and all connections; what it holds stays.
    pub fn go_down(&self) {
        self.service.go_down();
    }

    /// Listens again on the same port.
    pub fn come_back(&self) {
        self.service.come_back();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.service.stop();
        if thread::panicking() {
            return;
        }
        let requests = self.requests().len();
        if self.requests_expected.load(Ordering::Relaxed) {
            assert_ne!(requests, 0, "the server was never called");
        } else {
            assert_eq!(requests, 0, "the server was called");
        }
    }
}
