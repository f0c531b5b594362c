//! Everything that can be wrong on the way to a server, as a person is told of it: the whole of stderr,
//! the exit status, how often it was tried, and that it ends in time.
//!
//! Attempts are counted, not timed: the first retry waits until the end of patience, so that what is
//! tried again is tried twice, and all else once.

use std::fs;
use std::io::Read as _;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, IsCa};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::authority::Authority;
use crate::support::fake_server::{Port, Server};
use crate::support::peer::{BlackHole, Peer, hang_up, read_head};
use crate::support::{Run, Sandbox};

/// A host that no name server is asked about: a label of it is longer than one can be.
fn nowhere() -> String {
    format!("{}.example", "a".repeat(64))
}

/// A start that meets something else than the API.
struct Trouble {
    name: &'static str,
    /// The addresses that are said as `URL` and `PROXY`.
    url: String,
    proxy: String,
    sandbox: Sandbox,
    status: i32,
    said: String,
    met: Option<(Peer, usize)>,
    /// Held until the end.
    _port: Option<Port>,
    _hole: Option<BlackHole>,
}

impl Trouble {
    fn new(name: &'static str, url: impl Into<String>) -> Self {
        let url = url.into();
        let sandbox = Sandbox::new(&url)
            .with_snap()
            .with("TO_RETRY_FOR", "1.5")
            .with("TO_RETRY_DELAY", "60")
            .with("TO_CONNECT_TIMEOUT", "1")
            .with("TO_TIMEOUT", "1.5")
            .with("SSL_CERT_FILE", "trusted.pem")
            .with("SSL_CERT_DIR", "nothing");
        sandbox.write("trusted.pem", Authority::new().pem());
        let (proxy, said) = ("unused".to_owned(), String::new());
        Self { name, url, proxy, sandbox, status: 0, said, met: None, _port: None, _hole: None }
    }

    /// A start that goes to a peer.
    fn at(name: &'static str, scheme: &str, peer: Peer) -> Self {
        let trouble = Self::new(name, peer.url(scheme));
        Self { met: Some((peer, 0)), ..trouble }
    }

    /// A start that goes through a peer.
    fn through(name: &'static str, scheme: &str, peer: Peer) -> Self {
        let trouble = Self::new(name, format!("{scheme}://test-observer.example"));
        let proxy = peer.url("http");
        let variable = format!("{scheme}_proxy");
        Self { met: Some((peer, 0)), proxy: proxy.clone(), ..trouble }.with(&variable, &proxy)
    }

    fn with(mut self, variable: &str, value: &str) -> Self {
        self.sandbox = self.sandbox.with(variable, value);
        self
    }

    /// It is tried once, over so many connections.
    fn ends(mut self, status: i32, error: &str, hint: &str, connections: usize) -> Self {
        self.status = status;
        self.said = format!("error: {error}\n{}", hint_line(hint));
        self.met = self.met.map(|(peer, _)| (peer, connections));
        self
    }

    /// It is tried again, over so many connections in all.
    fn goes_on(mut self, error: &str, hint: &str, connections: usize) -> Self {
        self = self.ends(4, &format!("{error} (tried 2 times in N s)"), hint, connections);
        self.said = format!("warning: {error}; trying again in N s\n{}", self.said);
        self
    }

    /// Runs it, and returns what is not as expected.
    fn check(self) -> Option<String> {
        let run = self.sandbox.to("start");
        let stderr = run.stderr.replace(&self.url, "URL").replace(&self.proxy, "PROXY");
        let run = Run { stderr, ..run };
        let expected = Run::new(self.status, "", &self.said);
        let made = self.met.as_ref().map(|(peer, _)| peer.connections());
        let wanted = self.met.as_ref().map(|(_, connections)| *connections);
        (run != expected || made != wanted).then(|| {
            let name = self.name;
            format!("{name}: {run:#?}, {made:?} connections\nexpected {expected:#?}, {wanted:?}")
        })
    }
}

fn hint_line(hint: &str) -> String {
    if hint.is_empty() { String::new() } else { format!("hint: {hint}\n") }
}

/// A peer that speaks TLS, and gives this answer over it.
fn tls(config: ServerConfig) -> Peer {
    let config = Arc::new(config);
    Peer::new(move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).expect("a session");
        let tcp = stream.try_clone().expect("a socket");
        // The client's complaint ends it.
        _ = StreamOwned::new(session, tcp).read(&mut [0]);
        _ = stream.shutdown(std::net::Shutdown::Both);
    })
}

const CHECK: &str =
    "check --url (or TO_URL), whether the server is up, and whether the VPN is connected";
const PROXY: &str = "check the proxy's variable; NO_PROXY names hosts that are reached without it";
const CREDENTIALS: &str =
    "the proxy wants credentials: its variable takes http://USER:PASSWORD@HOST:PORT";
const VARIABLE: &str =
    "it is written http://HOST:PORT; NO_PROXY names hosts that are reached without a proxy";
const CLOCK: &str = "the server needs another certificate, or the clock of this machine is wrong";
const PORT: &str = "check the scheme and the port of --url (or TO_URL)";
const HTTPS: &str = "check the scheme and the port of --url (or TO_URL): does it take https?";
const LOOK: &str = "look for it before you start another; with --ci-link (or TO_CI_LINK) a start may be \
                    repeated";
const PAGE: &str = "--url (or TO_URL) takes the API's address, which is not that of its web page";

fn unreachable() -> Vec<Trouble> {
    let port = Port::reserve();
    let closed = Trouble::new("a closed port", format!("http://127.0.0.1:{}", port.number));
    let closed = Trouble { _port: Some(port), ..closed };
    let hole = BlackHole::new();
    let black = Trouble::new("a black hole", format!("http://127.0.0.1:{}", hole.port));
    let black = Trouble { _hole: Some(hole), ..black };
    let late = "cannot reach URL/v1: no connection within N s";
    vec![
        closed.goes_on("cannot reach URL/v1: connection refused", CHECK, 0),
        black.goes_on(late, CHECK, 0),
        Trouble::new("an unknown host", format!("http://{}", nowhere())).goes_on(
            "cannot reach URL/v1: unknown host",
            "check the host in --url (or TO_URL)",
            0,
        ),
        Trouble::at("a handshake that hangs", "https", Peer::silent()).goes_on(late, CHECK, 2),
        Trouble::at("a handshake that is cut off", "https", Peer::new(hang_up)).goes_on(
            "cannot reach URL/v1: the connection was closed at once",
            CHECK,
            2,
        ),
    ]
}

fn proxies() -> Vec<Trouble> {
    let answer =
        |line: &str| Peer::answering(format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n"));
    let through = |name, peer| Trouble::through(name, "https", peer);
    let said =
        |what: &str| format!("cannot reach URL/v1 through the proxy PROXY (https_proxy): {what}");
    let page = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-type: text/html\r\n\
                content-length: 40\r\n\r\n<html><title>Who are you?</title></html>";
    vec![
        // Each failed tunnel is asked for once more, for the answer that the client hides.
        through("a proxy that wants credentials", answer("407 Proxy Authentication Required"))
            .ends(
                4,
                &said("it answers CONNECT with 407 Proxy Authentication Required"),
                CREDENTIALS,
                2,
            ),
        through("a proxy that forbids", answer("403 Forbidden")).ends(
            4,
            &said("it answers CONNECT with 403 Forbidden"),
            "the proxy does not let this host be reached; NO_PROXY names hosts that are reached \
             without it",
            2,
        ),
        through("a proxy that finds no way", answer("502 Bad Gateway")).goes_on(
            &said("it answers CONNECT with 502 Bad Gateway"),
            PROXY,
            4,
        ),
        through("a proxy that hangs up", Peer::answering("")).goes_on(
            &said("it opens no tunnel"),
            PROXY,
            4,
        ),
        through("a proxy that never answers", Peer::silent()).goes_on(
            &said("no connection within N s"),
            PROXY,
            2,
        ),
        Trouble::through("a proxy's page", "http", Peer::answering(page)).ends(
            5,
            "a proxy answered 407: Who are you?",
            CREDENTIALS,
            1,
        ),
    ]
}

/// What the variables of proxies name.
fn proxy_variables() -> Vec<Trouble> {
    let said =
        |what: &str| format!("cannot reach URL/v1 through the proxy PROXY (https_proxy): {what}");
    let port = Port::reserve();
    let closed = format!("http://127.0.0.1:{}", port.number);
    let unknown = format!("http://{}:3128", nowhere());
    let api = "https://test-observer.example";
    let down =
        Trouble { proxy: closed.clone(), _port: Some(port), ..Trouble::new("a closed proxy", api) };
    let lost = Trouble { proxy: unknown.clone(), ..Trouble::new("an unknown proxy", api) };
    vec![
        down.with("https_proxy", &closed).goes_on(&said("connection refused"), PROXY, 0),
        lost.with("https_proxy", &unknown).goes_on(&said("unknown host"), PROXY, 0),
        Trouble::new("a proxy of another kind", api).with("ALL_PROXY", "socks5://me:secret@host").ends(
            2,
            "the variable ALL_PROXY cannot be used: a proxy of the scheme `socks5` is not supported",
            VARIABLE,
            0,
        ),
        Trouble::new("a proxy that is none", api).with("HTTPS_PROXY", "http://me:secret@").ends(
            2,
            "the variable HTTPS_PROXY cannot be used: it is no address: empty host",
            VARIABLE,
            0,
        ),
    ]
}

fn trust(what: &str) -> String {
    format!("cannot trust URL/v1: {what}")
}

/// A start that goes to a peer with this certificate, and trusts this authority.
fn certified(name: &'static str, authority: &Authority, config: ServerConfig) -> Trouble {
    let trouble = Trouble::at(name, "https", tls(config));
    trouble.sandbox.write("ca.pem", authority.pem());
    trouble.with("TO_CA_CERT", "ca.pem")
}

fn certificates() -> Vec<Trouble> {
    let authority = Authority::new();
    let at = |name, config| certified(name, &authority, config);
    vec![
        at("an expired certificate", authority.server("127.0.0.1", 2020..2021)).ends(
            4,
            &trust("its certificate expired on 2021-01-01"),
            CLOCK,
            1,
        ),
        at("a certificate of the future", authority.server("127.0.0.1", 2090..2100)).ends(
            4,
            &trust("its certificate is not valid yet: it begins on 2090-01-01"),
            CLOCK,
            1,
        ),
        at("another host's certificate", authority.server("api.example", 2020..2100)).ends(
            4,
            &trust("its certificate is for another host: api.example"),
            "--url (or TO_URL) takes a host that the certificate is for",
            1,
        ),
        at("an unknown authority", Authority::new().server("127.0.0.1", 2020..2100)).ends(
            4,
            &trust("its certificate is of an authority that is not known here"),
            "--ca-cert PEM trusts a private certificate authority",
            1,
        ),
    ]
}

/// No authority, one in a server's place, and what is hardly TLS.
fn authorities() -> Vec<Trouble> {
    let bare = Trouble::at("no certificates", "https", Peer::silent());
    bare.sandbox.write("trusted.pem", "");
    let is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (config, certificate) = Authority::as_server("127.0.0.1", is_ca);
    let itself = certified("an authority as a server", &Authority::new(), config);
    itself.sandbox.write("ca.pem", certificate.pem());
    // A fatal alert about the protocol's version, as what knows no newer than 1.1 gives it.
    let old = Peer::new(|stream| {
        use std::io::Write as _;
        _ = stream.read(&mut [0; 4096]);
        _ = stream.write_all(&[21, 3, 1, 0, 2, 2, 70]);
    });
    let plain = Peer::greeting("HTTP/1.1 400 Bad Request\r\n\r\n");
    vec![
        bare.ends(
            4,
            &trust("no certificate authorities are installed here"),
            "install the package ca-certificates, or name an authority with --ca-cert PEM",
            0,
        ),
        itself.ends(
            4,
            &trust(
                "its certificate is that of an authority, which a server must not use as its own",
            ),
            "`openssl req -x509` makes one that is no authority's with \
             `-addext basicConstraints=critical,CA:FALSE`",
            1,
        ),
        Trouble::at("an old TLS", "https", old).ends(
            4,
            &trust("it speaks no TLS that is newer than 1.1"),
            "the server has to take TLS 1.2 or 1.3",
            1,
        ),
        Trouble::at("http behind https", "https", plain).ends(
            4,
            &trust("what answers there does not speak TLS"),
            PORT,
            1,
        ),
    ]
}

fn strangers() -> Vec<Trouble> {
    let authority = Authority::new();
    let at = |name, answer: &str| Trouble::at(name, "http", Peer::answering(answer.to_owned()));
    let not_http = "URL/v1 is not Test Observer's API: what answers does not speak HTTP";
    let page = "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>";
    let nginx = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    // By the clock of the server, which is an hour ahead.
    let busy = "HTTP/1.1 503 Busy\r\ndate: Sun, 06 Nov 2050 12:00:00 GMT\r\n\
                retry-after: Sun, 06 Nov 2050 13:00:00 GMT\r\ncontent-length: 0\r\n\r\n";
    let web = "<!doctype html><title>Test Observer</title>";
    let web = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{web}", web.len());
    vec![
        Trouble::at("https behind http", "http", tls(authority.server("127.0.0.1", 2020..2100)))
            .ends(5, not_http, HTTPS, 1),
        // It speaks first, but mostly not before a request is on its way.
        at("ssh", "SSH-2.0-OpenSSH_9.6\r\n").ends(5, not_http, HTTPS, 1),
        at("nginx with https behind http", &nginx).ends(
            5,
            "URL/v1 is not Test Observer's API: what answers there takes https",
            "write https:// in --url (or TO_URL)",
            1,
        ),
        at("a wait that is too long", busy).ends(
            4,
            "the server answered 503: no reason given; it asks for a wait of N s",
            "--retry-for (or TO_RETRY_FOR) allows a longer wait",
            1,
        ),
        at("a web page", &web).ends(
            5,
            "URL/v1 is not Test Observer's API: it answers with a web page (200), titled \
             `Test Observer`",
            PAGE,
            1,
        ),
        at("a redirect", "HTTP/1.1 302 Found\r\nlocation: https://login.example/\r\n\r\n").ends(
            5,
            "URL/v1 is not Test Observer's API: it answers with a redirect (302) to \
             https://login.example/",
            PAGE,
            1,
        ),
    ]
}

/// Answers that do not come to their end.
fn broken_answers() -> Vec<Trouble> {
    let at = |name, answer: &str| Trouble::at(name, "http", Peer::answering(answer.to_owned()));
    vec![
        at("no answer", "").ends(
            4,
            "the execution may exist all the same: the connection to URL/v1 broke: connection closed \
             before message completed",
            LOOK,
            1,
        ),
        at("half an answer", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":").ends(
            4,
            "the execution may exist all the same: the connection to URL/v1 broke: end of file before \
             message length reached",
            LOOK,
            1,
        ),
        Trouble::at("silence", "http", Peer::silent()).ends(
            4,
            "the execution may exist all the same: no answer from URL/v1 within N s",
            LOOK,
            1,
        ),
        Trouble::at("an endless answer", "http", endless()).ends(
            5,
            "URL/v1 answers with more than 16 MiB",
            "",
            1,
        ),
    ]
}

/// A good answer that has no end.
fn endless() -> Peer {
    Peer::new(|stream| {
        use std::io::Write as _;
        read_head(stream);
        _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
        while stream.write_all(chunk.as_bytes()).is_ok() {}
    })
}

fn assert_all(troubles: Vec<Trouble>) {
    let checks: Vec<_> =
        troubles.into_iter().map(|trouble| thread::spawn(move || trouble.check())).collect();
    let wrong: Vec<_> =
        checks.into_iter().filter_map(|check| check.join().expect("a check")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_cannot_be_reached_is_told_and_tried_again() {
    assert_all(unreachable());
}

#[test]
fn what_a_proxy_does_is_told_as_the_proxys() {
    assert_all(proxies());
    assert_all(proxy_variables());
}

#[test]
fn what_cannot_be_trusted_is_told_with_its_own_cure() {
    assert_all(certificates());
    assert_all(authorities());
}

#[test]
fn what_is_not_the_api_is_told_from_a_server_in_trouble() {
    assert_all(strangers());
    assert_all(broken_answers());
}

/// Without a VPN nothing reaches the server: what was to be opened is opened by a later push, and nobody
/// is asked whether it may exist.
#[test]
fn a_start_that_never_had_a_connection_is_delivered_later_without_a_question() {
    let (server, hole, silent) = (Server::start(), BlackHole::new(), Peer::silent());
    for url in [format!("http://127.0.0.1:{}", hole.port), silent.url("https")] {
        let trouble = Trouble::new("best effort", url);
        let run = trouble.sandbox.to("-q start --best-effort");
        assert_eq!((run.status, &*run.stdout), (0, "outbox-1\n"), "{}", run.stderr);
        // As if this server were the one that was meant.
        fs::remove_file(trouble.sandbox.path(".to/outbox/1/server.json")).expect("a file");
        let push = format!("-q push --url {} --timeout 20", server.url());
        let run = trouble.sandbox.to(&push);
        assert_eq!(run.status, 0, "{run:?}");
    }
    assert_eq!(server.executions().len(), 2);
}
