//! The smallest client that can test the fake server: one request over one socket, nothing clever.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::Value;

use super::service::PATIENCE;

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; panics where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// Opens a connection to a port of the loopback.
pub fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends JSON over a connection of its own.
pub fn call(port: u16, method: &str, path: &str, body: &Value) -> io::Result<Answer> {
    let headers = [("content-type", "application/json")];
    exchange(&mut connect(port)?, method, path, &headers, body.to_string().as_bytes())
}

/// Sends one request and reads its answer, over a connection that stays open.
pub fn exchange(
    stream: &mut TcpStream,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let line = |(name, value): &(&str, &str)| format!("{name}: {value}\r\n");
    let headers = headers.iter().map(line).collect::<Vec<_>>().concat();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\n{headers}content-length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    read_answer(stream)
}

fn read_answer(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    loop {
        if let Some(answer) = parse_answer(&bytes)? {
            return Ok(answer);
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
            // A read with a limit of time is not taken up again by itself.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn parse_answer(bytes: &[u8]) -> io::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(bytes).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name == name);
        found.map(|header| String::from_utf8_lossy(header.value).into_owned()).unwrap_or_default()
    };
    let length: usize = header("content-length").parse().map_err(io::Error::other)?;
    Ok(bytes.get(start..start + length).map(|body| Answer {
        status: head.code.unwrap_or_default(),
        content_type: header("content-type"),
        body: body.to_vec(),
    }))
}
