//! What goes wrong on command: single faults that wait for their request, and standing conditions.
//!
//! Nothing here touches a socket or the state: `service` asks what shall go wrong and does it.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::http::{Request, Response};
use super::routes;

/// A count of times that no test reaches.
pub const ALWAYS: usize = usize::MAX;

/// What one request meets in place of its answer.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Whether the request is done all the same, before the answer that it does not get.
    pub work_first: bool,
    pub reply: Reply,
}

/// How a request is answered. `Own` and `Dribble` are the true answer, and so imply the work.
#[derive(Clone, Debug)]
pub enum Reply {
    Own,
    Page(Response),
    HangUp,
    Silence,
    Dribble(Duration),
    Outage(Option<Duration>),
}

impl Fault {
    /// No fault: lets a request pass while later faults wait.
    pub fn none() -> Self {
        Self { work_first: false, reply: Reply::Own }
    }

    /// This answer, in place of the work.
    pub fn answer(response: Response) -> Self {
        Self { work_first: false, reply: Reply::Page(response) }
    }

    /// The connection is closed without an answer.
    pub fn hang_up() -> Self {
        Self { work_first: false, reply: Reply::HangUp }
    }

    /// No answer, ever: the connection stays open until the server stops.
    pub fn silence() -> Self {
        Self { work_first: false, reply: Reply::Silence }
    }

    /// The true answer, byte by byte, with this pause after each.
    pub fn dribble(pause: Duration) -> Self {
        Self { work_first: false, reply: Reply::Dribble(pause) }
    }

    /// The server goes down, with all connections, and comes back on its port after this time, or not
    /// before `Server::come_back`.
    pub fn outage(time: Option<Duration>) -> Self {
        Self { work_first: false, reply: Reply::Outage(time) }
    }

    /// The same, but the request is done first.
    pub fn after_the_work(self) -> Self {
        Self { work_first: true, ..self }
    }
}

/// How a poison result is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Poison {
    /// The bare 500 for the whole batch.
    Crash,
    /// A 422 that names each.
    Refusal,
}

/// Requests to start an execution.
pub fn starts(request: &Request) -> bool {
    request.route().ends_with("/start-test")
}

/// Posts of results.
pub fn results(request: &Request) -> bool {
    request.method == "POST" && request.route().ends_with("/test-results")
}

/// Changes of an execution.
pub fn patches(request: &Request) -> bool {
    request.method == "PATCH"
}

/// Any request.
pub fn anything(_: &Request) -> bool {
    true
}

struct Waiting {
    on: Box<dyn Fn(&Request) -> bool + Send>,
    times: usize,
    fault: Fault,
}

type IsPoison = Box<dyn Fn(&str) -> bool + Send>;

/// All that shall go wrong, and what the standing conditions need to remember.
#[derive(Default)]
pub struct Faults {
    waiting: Vec<Waiting>,
    pub body_limit: Option<usize>,
    pub poison: Option<(IsPoison, Poison)>,
    pub per_result: Duration,
    pub deadline: Option<Duration>,
    busy_until: HashMap<String, Instant>,
    /// How many requests must run into the first that names something new, by kind of request.
    pub collisions_awaited: HashMap<Race, usize>,
    /// Posts of results lock the new names in their order for so long.
    pub deadlock: Option<Duration>,
    pub locked: Vec<(usize, Vec<String>)>,
    pub last_lock: usize,
    pub deadlocks: usize,
    /// What requests that are under way are the first to name.
    pub being_named: HashSet<String>,
}

/// The two kinds of request that may be the first to name something.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Race {
    Starts,
    Results,
}

impl Race {
    /// Which of the two a request is.
    pub fn of(request: &Request) -> Option<Self> {
        match () {
            () if starts(request) => Some(Self::Starts),
            () if results(request) => Some(Self::Results),
            () => None,
        }
    }
}

impl Faults {
    /// Adds a fault behind those that wait already.
    pub fn add(
        &mut self,
        on: impl Fn(&Request) -> bool + Send + 'static,
        times: usize,
        fault: Fault,
    ) {
        self.waiting.push(Waiting { on: Box::new(on), times, fault });
    }

    /// Forgets the faults that wait.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// The fault that this request meets: of those that wait for it, the first.
    pub fn take(&mut self, request: &Request) -> Fault {
        let mut waiting = self.waiting.iter_mut();
        let Some(next) = waiting.find(|next| next.times > 0 && (next.on)(request)) else {
            return Fault::none();
        };
        next.times = next.times.saturating_sub(1);
        next.fault.clone()
    }

    /// When the work of a request that arrives now is done: writes to one execution queue up, and
    /// each result takes its time.
    pub fn schedule(&mut self, request: &Request) -> Instant {
        let now = Instant::now();
        let Some(id) = routes::written_execution(request) else { return now };
        // A large body is read only where its count matters.
        let is_paced = !self.per_result.is_zero() && results(request);
        let count = if is_paced { names(request).len() } else { 0 };
        let busy_until = self.busy_until.entry(id.to_owned()).or_insert(now);
        let work = self.per_result * u32::try_from(count).expect("a batch that fits memory");
        *busy_until = now.max(*busy_until) + work;
        *busy_until
    }

    /// The places of the poison results in a request, and how they are refused.
    pub fn poison_in(&self, request: &Request) -> Option<(Vec<(usize, String)>, Poison)> {
        let (is_poison, poison) = self.poison.as_ref().filter(|_| results(request))?;
        let found: Vec<(usize, String)> =
            names(request).into_iter().enumerate().filter(|(_, name)| is_poison(name)).collect();
        (!found.is_empty()).then_some((found, *poison))
    }
}

/// The names in a post of results, in its order.
pub fn names(request: &Request) -> Vec<String> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let name = |result: &Value| result["name"].as_str().unwrap_or_default().to_owned();
    body.as_array().into_iter().flatten().map(name).collect()
}
