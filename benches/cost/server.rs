//! A server that takes everything, for as little time as possible or for a set time a result.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A server that takes everything, each result for as long as it is told.
#[derive(Clone)]
pub struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    records: bool,
    bodies: Vec<Vec<u8>>,
    busy: Duration,
}

impl Server {
    pub fn start(pace: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, state: Arc::default() };
        let here = server.clone();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let server = here.clone();
                // A client that is gone is no news.
                thread::spawn(move || _ = server.serve(&connection, pace));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn record(&self, records: bool) {
        self.state.lock().expect("a lock").records = records;
    }

    pub fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.state.lock().expect("a lock").bodies)
    }

    pub fn busy(&self) -> Duration {
        self.state.lock().expect("a lock").busy
    }

    fn serve(&self, connection: &TcpStream, pace: Duration) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(1 << 20, connection);
        loop {
            let Some(length) = read_head(&mut reader)? else { return Ok(()) };
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            if !pace.is_zero() {
                self.work(&body, pace);
            }
            let answer = if body.starts_with(b"{") { r#"{"id": 1}"# } else { "null" };
            let mut state = self.state.lock().expect("a lock");
            if state.records {
                state.bodies.push(body);
            }
            drop(state);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
            let mut connection = connection;
            connection.write_all(format!("{head}{}\r\n\r\n{answer}", answer.len()).as_bytes())?;
        }
    }

    fn work(&self, body: &[u8], pace: Duration) {
        let start = Instant::now();
        let results: Vec<serde_json::Value> = serde_json::from_slice(body).expect("results");
        let count = u32::try_from(results.len()).expect("a batch");
        thread::sleep((pace * count).saturating_sub(start.elapsed()));
        self.state.lock().expect("a lock").busy += start.elapsed();
    }
}

/// The length of the body that follows; nothing at the end of the connection.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<usize>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            return Ok(Some(length));
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
    }
}
