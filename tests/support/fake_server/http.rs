//! HTTP/1.1 as the fake server speaks it, over any stream: whole requests in, answers out.
//!
//! It knows nothing of Test Observer but the two pages that are not JSON: the application's plain
//! `Internal Server Error`, and those of the nginx in front of it. It is written by hand because tests
//! need what HTTP libraries rightly refuse to do: to hang up, to dribble, to answer half.

use std::io::ErrorKind::InvalidData;
use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// More than any client of these tests sends.
const MOST_HEADERS: usize = 64;

/// What is read from a socket at once.
const CHUNK: usize = 64 * 1024;

/// A connection's bytes: plain TCP, or TLS over it.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// One request as it arrived, and what became of it.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// As sent: a request through a proxy names the whole URL here.
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// Without the framing of chunks.
    pub body: Vec<u8>,
    /// Counted from 1, in the order in which connections were accepted.
    pub connection: usize,
    /// When its head had arrived.
    pub at: Instant,
    /// The status that was sent; `None` while it is being served, and where no answer was sent.
    pub answered: Option<u16>,
    /// From `at` to the answer.
    pub took: Option<Duration>,
}

impl Request {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| &**v)
    }

    /// The body as JSON; panics where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// What the query asks, by name.
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// The path without a proxy's `scheme://host` and without a query.
    pub fn route(&self) -> &str {
        let path = match self.path.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None => &self.path,
        };
        path.split('?').next().unwrap_or(path)
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Whether the connection ends after it.
    pub closes: bool,
}

impl Response {
    /// The application's ordinary answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::page(status, "application/json", &body.to_string())
    }

    /// A refusal with its reason, as in a 403 or a 404 of the application.
    pub fn refusal(status: u16, detail: &str) -> Self {
        Self::json(status, &json!({ "detail": detail }))
    }

    /// What the application says when it fails: after it, it hangs up without having said so.
    pub fn internal_error() -> Self {
        let page = Self::page(500, "text/plain; charset=utf-8", "Internal Server Error");
        Self { closes: true, ..page }
    }

    /// The page that nginx answers with in the application's place.
    pub fn nginx(status: u16) -> Self {
        let title = format!("{status} {}", reason(status));
        let page = Self::page(
            status,
            "text/html",
            &format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n\
                 <center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
            ),
        );
        Self { closes: matches!(status, 400 | 413), ..page }
    }

    /// Any other page.
    pub fn page(status: u16, content_type: &str, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into(), closes: false }
    }

    /// The same answer with one header more.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn to_bytes(&self) -> Vec<u8> {
        let line = |(name, value): &(String, String)| format!("{name}: {value}\r\n");
        let headers = self.headers.iter().map(line).collect::<Vec<_>>().concat();
        let (status, reason, length) = (self.status, reason(self.status), self.body.len());
        let head =
            format!("HTTP/1.1 {status} {reason}\r\n{headers}content-length: {length}\r\n\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Authorization Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Time-out",
        413 => "Request Entity Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => "Unnamed",
    }
}

/// One connection, from which requests are read one after the other.
pub struct Connection {
    stream: Box<dyn Stream>,
    number: usize,
    unread: Vec<u8>,
}

impl Connection {
    pub fn new(stream: Box<dyn Stream>, number: usize) -> Self {
        Self { stream, number, unread: Vec::new() }
    }

    /// The next whole request; `None` when the client has hung up. A request that is cut off is an
    /// error, and is never acted upon; so is what is no request, as `InvalidData`.
    pub fn read(&mut self) -> io::Result<Option<Request>> {
        let Some(mut request) = self.read_head()? else { return Ok(None) };
        if request.header("expect").is_some() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = if request.header("transfer-encoding").is_some() {
            self.read_chunks()?
        } else {
            let length = request.header("content-length").map_or(Ok(0), str::parse);
            self.take(length.map_err(io::Error::other)?)?
        };
        Ok(Some(request))
    }

    /// Sends an answer, all at once.
    pub fn write(&mut self, response: &Response) -> io::Result<()> {
        self.stream.write_all(&response.to_bytes())?;
        self.stream.flush()
    }

    /// Sends an answer byte by byte, with a pause after each.
    pub fn dribble(&mut self, response: &Response, pause: Duration) -> io::Result<()> {
        for byte in response.to_bytes() {
            self.stream.write_all(&[byte])?;
            self.stream.flush()?;
            thread::sleep(pause);
        }
        Ok(())
    }

    /// Answers what is no request as nginx does, and gives back all of it that comes.
    pub fn refuse(&mut self) -> io::Result<Vec<u8>> {
        self.write(&Response::nginx(400))?;
        self.stream.read_to_end(&mut self.unread)?;
        Ok(std::mem::take(&mut self.unread))
    }

    fn read_head(&mut self) -> io::Result<Option<Request>> {
        loop {
            if let Some((length, request)) = parse_head(&self.unread, self.number)? {
                self.unread.drain(..length);
                return Ok(Some(request));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn read_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.read_chunk_size()?;
            body.append(&mut self.take(size)?);
            self.take(b"\r\n".len())?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn read_chunk_size(&mut self) -> io::Result<usize> {
        loop {
            let parsed = httparse::parse_chunk_size(&self.unread);
            match parsed.map_err(|_| io::Error::other("a chunk without a size"))? {
                httparse::Status::Complete((length, size)) => {
                    self.unread.drain(..length);
                    return usize::try_from(size).map_err(io::Error::other);
                }
                httparse::Status::Partial => self.fill_or_fail()?,
            }
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < length {
            self.fill_or_fail()?;
        }
        let rest = self.unread.split_off(length);
        Ok(std::mem::replace(&mut self.unread, rest))
    }

    fn fill_or_fail(&mut self) -> io::Result<()> {
        if self.fill()? { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn fill(&mut self) -> io::Result<bool> {
        let mut chunk = vec![0; CHUNK];
        let length = self.stream.read(&mut chunk)?;
        self.unread.extend_from_slice(&chunk[..length]);
        Ok(length > 0)
    }
}

/// The request whose head is whole, without its body, and the length of the head.
fn parse_head(bytes: &[u8], connection: usize) -> io::Result<Option<(usize, Request)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let parsed = head.parse(bytes).map_err(|error| io::Error::new(InvalidData, error))?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: head.path.unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(|h| (h.name.to_owned(), text(h.value))).collect(),
        body: Vec::new(),
        connection,
        at: Instant::now(),
        answered: None,
        took: None,
    };
    Ok(Some((length, request)))
}
