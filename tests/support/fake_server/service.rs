//! The running server: sockets, threads, and the way of a request through faults and rules.
//!
//! One lock holds all that threads share; a condition tells of every change, so that nobody has to
//! guess how long to sleep. The only sleeps are the slowness that a test asks for.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::faults::{Fault, Faults, Poison, Race, Reply};
use super::http::{Connection, Request, Response, Stream};
use super::port::{self, Port};
use super::routes;
use super::state::State;
use super::validation;

/// How long anything is waited for that a broken client may never do.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Turns an accepted connection into a stream of plain bytes.
pub type Accept = Box<dyn Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync>;

/// What the server's threads share.
pub struct Service {
    pub port: Port,
    accept: Accept,
    /// The thread at the port, while there is one. Held while the server goes up or down, so that
    /// the two never overlap.
    accepting: Mutex<Option<JoinHandle<()>>>,
    world: Mutex<World>,
    changed: Condvar,
}

/// Everything that changes.
#[derive(Default)]
pub struct World {
    pub state: State,
    pub faults: Faults,
    pub requests: Vec<Request>,
    /// What came over each connection that was no request.
    pub nonsense: Vec<Vec<u8>>,
    open: HashMap<usize, TcpStream>,
    accepted: usize,
    listening: bool,
    stopped: bool,
}

/// What becomes of a connection after an exchange.
enum Next {
    Read,
    Close,
}

impl Service {
    /// Listens on a free port of the loopback.
    pub fn start(state: State, accept: Accept) -> Arc<Self> {
        let service = Arc::new(Self {
            port: Port::reserve(),
            accept,
            accepting: Mutex::default(),
            world: Mutex::new(World { state, ..World::default() }),
            changed: Condvar::new(),
        });
        *service.accepting.lock().expect("a lock") = Some(service.listen());
        service
    }

    /// All that threads share. A test that panicked while it looked has nothing half done.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Waits until the world is so, or patience ends; says which.
    pub fn wait_until(&self, is_so: impl Fn(&mut World) -> bool) -> bool {
        let world = self.world();
        let waited = self
            .changed
            .wait_timeout_while(world, PATIENCE, |world| !is_so(world))
            .expect("a lock");
        !waited.1.timed_out()
    }

    /// Closes the port, then all connections: a client that is cut off finds the port closed.
    pub fn go_down(&self) {
        let mut accepting = self.accepting.lock().expect("a lock");
        self.world().listening = false;
        if let Some(thread) = accepting.take() {
            // A connection wakes the thread, which then sees that it shall not listen any more.
            let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number));
            thread.join().expect("the accepting thread");
        }
        for stream in self.world().open.values() {
            // One that the client has closed already is as closed as can be.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Listens again on the port of before.
    pub fn come_back(self: &Arc<Self>) {
        let mut accepting = self.accepting.lock().expect("a lock");
        if accepting.is_none() && !self.world().stopped {
            *accepting = Some(self.listen());
        }
    }

    /// Ends everything, also requests that are held.
    pub fn stop(&self) {
        self.world().stopped = true;
        self.changed.notify_all();
        self.go_down();
    }

    fn listen(self: &Arc<Self>) -> JoinHandle<()> {
        let listener = self.port.listen();
        self.world().listening = true;
        let service = Arc::clone(self);
        thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                let Some(number) = service.admit(&tcp) else { return port::close(&listener) };
                let service = Arc::clone(&service);
                thread::spawn(move || service.serve(tcp, number));
            }
        })
    }

    fn admit(&self, tcp: &TcpStream) -> Option<usize> {
        let mut world = self.world();
        if !world.listening {
            return None;
        }
        world.accepted += 1;
        let number = world.accepted;
        world.open.insert(number, tcp.try_clone().expect("a second handle"));
        Some(number)
    }

    fn serve(self: &Arc<Self>, tcp: TcpStream, number: usize) {
        let delay_off = tcp.set_nodelay(true);
        if let Ok(stream) = delay_off.and_then(|()| (self.accept)(tcp)) {
            let mut connection = Connection::new(stream, number);
            while let Ok(Next::Read) = self.serve_next(&mut connection) {}
        }
        if let Some(stream) = self.world().open.remove(&number) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn serve_next(self: &Arc<Self>, connection: &mut Connection) -> io::Result<Next> {
        match connection.read() {
            Ok(Some(request)) => self.exchange(connection, request),
            Ok(None) => Ok(Next::Close),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let nonsense = connection.refuse()?;
                self.world().nonsense.push(nonsense);
                self.changed.notify_all();
                Ok(Next::Close)
            }
            Err(error) => Err(error),
        }
    }

    fn exchange(self: &Arc<Self>, to: &mut Connection, request: Request) -> io::Result<Next> {
        let index = self.record(&request);
        if self.is_too_large(&request) {
            return self.send(index, &Response::nginx(413), |page| to.write(page));
        }
        let Fault { work_first, reply } = self.world().faults.take(&request);
        match reply {
            Reply::Own => self.send(index, &self.work(request), |page| to.write(page)),
            Reply::Dribble(pause) => {
                self.send(index, &self.work(request), |page| to.dribble(page, pause))
            }
            reply => {
                if work_first {
                    self.work(request);
                }
                self.misbehave(reply, index, to)
            }
        }
    }

    fn misbehave(
        self: &Arc<Self>,
        reply: Reply,
        index: usize,
        to: &mut Connection,
    ) -> io::Result<Next> {
        match reply {
            Reply::Page(page) => return self.send(index, &page, |page| to.write(page)),
            Reply::Silence => {
                let world = self.world();
                drop(self.changed.wait_while(world, |world| !world.stopped));
            }
            Reply::Outage(time) => self.break_down(time),
            _ => {}
        }
        Ok(Next::Close)
    }

    fn record(&self, request: &Request) -> usize {
        let mut world = self.world();
        world.requests.push(request.clone());
        self.changed.notify_all();
        world.requests.len() - 1
    }

    fn is_too_large(&self, request: &Request) -> bool {
        self.world().faults.body_limit.is_some_and(|limit| request.body.len() > limit)
    }

    /// The status is noted before it is sent, so that who has read an answer finds it noted.
    fn send(
        &self,
        index: usize,
        page: &Response,
        write: impl FnOnce(&Response) -> io::Result<()>,
    ) -> io::Result<Next> {
        if let Some(request) = self.world().requests.get_mut(index) {
            request.answered = Some(page.status);
            request.took = Some(request.at.elapsed());
        }
        self.changed.notify_all();
        write(page)?;
        Ok(if page.closes { Next::Close } else { Next::Read })
    }

    fn break_down(self: &Arc<Self>, time: Option<Duration>) {
        self.go_down();
        if let Some(time) = time {
            let service = Arc::clone(self);
            thread::spawn(move || {
                thread::sleep(time);
                service.come_back();
            });
        }
    }

    /// Does what the request asks, in the time that it takes. Past the proxy's deadline the proxy
    /// answers, and the work goes on.
    fn work(self: &Arc<Self>, request: Request) -> Response {
        let (done, deadline) = {
            let mut world = self.world();
            let deadline = world.faults.deadline.map(|deadline| Instant::now() + deadline);
            (world.faults.schedule(&request), deadline)
        };
        match deadline {
            Some(deadline) if done > deadline => {
                let service = Arc::clone(self);
                thread::spawn(move || {
                    sleep_until(done);
                    service.apply(&request)
                });
                sleep_until(deadline);
                Response::nginx(504)
            }
            _ => {
                sleep_until(done);
                self.apply(&request)
            }
        }
    }

    fn apply(&self, request: &Request) -> Response {
        let poison = self.world().faults.poison_in(request);
        match poison {
            Some((_, Poison::Crash)) => return Response::internal_error(),
            Some((found, Poison::Refusal)) => return refuse_results(&found),
            None => {}
        }
        let Some(locks) = self.lock_names(request) else { return Response::internal_error() };
        let answer = match self.race(request) {
            Some(mut world) => {
                self.changed.notify_all();
                routes::answer(&mut world.state, request)
            }
            None => Response::internal_error(),
        };
        self.world().faults.locked.retain(|(number, _)| Some(*number) != locks);
        answer
    }

    /// Locks the new names of a post of results in its order, for a while, and returns the number of
    /// the lock, if there is one. Nothing where another has locked two of them in the opposite order.
    #[expect(clippy::option_option, reason = "no lock is needed, or none is to be had")]
    fn lock_names(&self, request: &Request) -> Option<Option<usize>> {
        let mut world = self.world();
        let Some(while_locked) = world.faults.deadlock.filter(|_| super::faults::results(request))
        else {
            return Some(None);
        };
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let new = world.state.first_sights(&body);
        let names = super::faults::names(request);
        let names: Vec<String> = names.into_iter().filter(|name| new.contains(name)).collect();
        let crosses = |locked: &[String]| {
            let places = names.iter().filter_map(|name| locked.iter().position(|own| own == name));
            !places.is_sorted()
        };
        if world.faults.locked.iter().any(|(_, locked)| crosses(locked)) {
            world.faults.deadlocks += 1;
            return None;
        }
        world.faults.last_lock += 1;
        let number = world.faults.last_lock;
        world.faults.locked.push((number, names));
        drop(world);
        thread::sleep(while_locked);
        Some(Some(number))
    }

    /// The world, once this request may change it, or nothing where another is the first to name what
    /// this one is the first to name. That other is held until as many have run into it as awaited.
    fn race(&self, request: &Request) -> Option<MutexGuard<'_, World>> {
        let mut world = self.world();
        let awaited = Race::of(request).and_then(|race| {
            let collisions = world.faults.collisions_awaited.get(&race).copied()?;
            Some((race, collisions))
        });
        let Some((race, collisions)) = awaited else { return Some(world) };
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let new = world.state.first_sights(&body);
        if !world.faults.being_named.is_disjoint(&new) {
            world.faults.collisions_awaited.insert(race, collisions.saturating_sub(1));
            self.changed.notify_all();
            return None;
        }
        if new.is_empty() {
            return Some(world);
        }
        world.faults.being_named.extend(new.iter().cloned());
        let is_awaiting = |world: &mut World| {
            !world.stopped && world.faults.collisions_awaited.get(&race).is_some_and(|n| *n > 0)
        };
        let waited = self.changed.wait_timeout_while(world, PATIENCE, is_awaiting);
        let mut world = waited.expect("a lock").0;
        world.faults.collisions_awaited.remove(&race);
        world.faults.being_named.retain(|name| !new.contains(name));
        Some(world)
    }
}

fn refuse_results(found: &[(usize, String)]) -> Response {
    let problem = |(index, name): &(usize, String)| {
        let at = [json!("body"), json!(index), json!("name")];
        validation::value_problem(&at, "This name is not wanted", &json!(name))
    };
    let problems: Vec<Value> = found.iter().map(problem).collect();
    Response::json(422, &json!({ "detail": problems }))
}

fn sleep_until(time: Instant) {
    thread::sleep(time.saturating_duration_since(Instant::now()));
}
