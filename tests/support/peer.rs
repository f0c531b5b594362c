//! Whatever else listens on a port: no API, no HTTP, no answer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rustix::net::{self, AddressFamily, SocketAddrV4, SocketType};

/// A listener on the loopback that does one thing with each connection. What it is left with stays
/// open until it is dropped.
pub struct Peer {
    pub port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    connections: AtomicUsize,
    is_over: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Peer {
    /// Listens, and has each connection served in a thread of its own.
    pub fn new(serve: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared::default());
        let (ours, serve) = (Arc::clone(&shared), Arc::new(serve));
        let accepting = thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                if ours.is_over.load(Ordering::SeqCst) {
                    return;
                }
                ours.connections.fetch_add(1, Ordering::SeqCst);
                let (ours, serve) = (Arc::clone(&ours), Arc::clone(&serve));
                thread::spawn(move || {
                    serve(&mut stream);
                    if let Ok(mut open) = ours.open.lock() {
                        open.push(stream);
                    }
                });
            }
        });
        Self { port, shared, accepting: Some(accepting) }
    }

    /// One that never says anything.
    pub fn silent() -> Self {
        Self::new(|_| ())
    }

    /// One that reads a request's beginning, gives this answer, and hangs up.
    pub fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::new(move |stream| {
            read_head(stream);
            _ = stream.write_all(&answer);
            hang_up(stream);
        })
    }

    /// One that speaks first.
    pub fn greeting(greeting: &'static str) -> Self {
        Self::new(move |stream| _ = stream.write_all(greeting.as_bytes()))
    }

    /// As many connections as were made.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().expect("a thread");
        }
    }
}

/// Reads up to an empty line, or to whatever ends it.
pub fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
}

/// Ends what is said, and reads the rest: closed at once, the answer might be lost with it.
pub fn hang_up(stream: &mut TcpStream) {
    _ = stream.shutdown(std::net::Shutdown::Write);
    _ = stream.read_to_end(&mut Vec::new());
}

/// A port that takes no connection and refuses none, as behind a firewall that drops packets.
pub struct BlackHole {
    pub port: u16,
    _sockets: Vec<std::os::fd::OwnedFd>,
    _filling: TcpStream,
}

impl BlackHole {
    /// Fills the queue of a socket that nobody accepts from: the system drops what comes after.
    pub fn new() -> Self {
        let socket = net::socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        net::listen(&socket, 0).expect("a queue of one");
        let address = net::getsockname(&socket).expect("an address");
        let port = SocketAddrV4::try_from(address).expect("an address of IPv4").port();
        let filling =
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a place in the queue");
        Self { port, _sockets: vec![socket], _filling: filling }
    }
}
