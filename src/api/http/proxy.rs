//! The proxy that leads to a server, by the variables that curl and others read.
//!
//! There is one server, so there is one answer for all requests. The HTTP client, which would read
//! these variables itself, is told that answer: it does not know `NO_PROXY=*` for addresses, ports,
//! or what is loopback.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use reqwest::header::HeaderValue;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time;
use url::{Host, Url};

use super::resolver;
use super::setup::USER_AGENT;
use crate::api::ApiError;
use crate::api::network::ProxyProblem;
use crate::api::target::is_loopback;
use crate::util::text;

/// The longest first line of an answer that is read, in bytes.
const LONGEST_LINE: u64 = 8 << 10;

/// In characters, as it is shown.
const LONGEST_REASON: usize = 100;

/// A proxy, and the variable that names it.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Without user and password.
    url: Url,
    authorization: Option<HeaderValue>,
    variable: &'static str,
}

impl Proxy {
    /// Returns the proxy for requests to `server`, if there is one.
    ///
    /// # Errors
    /// [`ApiError::ProxyVariable`]: a value that names no proxy of http or https.
    pub fn find(
        server: &Url,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, ApiError> {
        let value =
            |name| variable(name).filter(|value| !value.to_string_lossy().trim().is_empty());
        let exceptions = value("no_proxy").or_else(|| value("NO_PROXY")).unwrap_or_default();
        let exceptions = exceptions.to_string_lossy();
        let mut exceptions = exceptions.split(|part: char| part == ',' || part.is_whitespace());
        if is_loopback(server) || exceptions.any(|entry| names(entry, server)) {
            return Ok(None);
        }
        let own = match server.scheme() {
            "https" => ["https_proxy", "HTTPS_PROXY"],
            _ => ["http_proxy", "HTTP_PROXY"],
        };
        let mut names = own.into_iter().chain(["all_proxy", "ALL_PROXY"]);
        let Some((name, value)) = names.find_map(|name| Some((name, value(name)?))) else {
            return Ok(None);
        };
        let parsed = value.to_str().ok_or("it is not UTF-8".to_owned()).and_then(parse);
        let (url, authorization) =
            parsed.map_err(|reason| ApiError::ProxyVariable { variable: name, reason })?;
        Ok(Some(Self { url, authorization, variable: name }))
    }

    /// Returns the same for the HTTP client.
    pub fn to_client(&self) -> reqwest::Result<reqwest::Proxy> {
        let proxy = reqwest::Proxy::all(self.url.as_str())?;
        Ok(match &self.authorization {
            Some(header) => proxy.custom_http_auth(header.clone()),
            None => proxy,
        })
    }

    /// Asks for a tunnel to `server` once more, and returns the answer, which the HTTP client keeps to
    /// itself; `None` where there is no answer in time, or the tunnel is there.
    pub async fn ask_again(&self, server: &Url, limit: Duration) -> Option<ProxyProblem> {
        if self.is_tls() {
            return None;
        }
        let asked = time::timeout(limit, self.status_line(server)).await;
        let line = asked.ok()?.ok()?;
        let (_, answer) = line.trim().split_once(' ')?;
        let (status, reason) = answer.split_once(' ').unwrap_or((answer, ""));
        let status = status.parse().ok().filter(|status| *status != 200)?;
        Some(ProxyProblem::Refused { status, reason: text::excerpt(reason, LONGEST_REASON) })
    }

    /// Returns the first line of the answer to CONNECT.
    async fn status_line(&self, server: &Url) -> io::Result<String> {
        let mut stream = TcpStream::connect(&*self.addresses().await?).await?;
        let host = server.host_str().unwrap_or_default();
        let port = server.port_or_known_default().unwrap_or_default();
        let request = format!(
            "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {USER_AGENT}\r\n"
        );
        let mut request = request.into_bytes();
        if let Some(authorization) = &self.authorization {
            request.extend([b"Proxy-Authorization: ", authorization.as_bytes(), b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        stream.write_all(&request).await?;
        let mut line = String::new();
        BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut line).await?;
        Ok(line)
    }

    async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let port = self.url.port_or_known_default().unwrap_or_default();
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let mut addresses = resolver::lookup(host).await.map_err(io::Error::other)?;
        for address in &mut addresses {
            address.set_port(port);
        }
        Ok(addresses)
    }

    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.url.as_str().trim_end_matches('/'), self.variable)
    }
}

/// Reads the address of a proxy, with or without `http://`, and its user and password.
fn parse(value: &str) -> Result<(Url, Option<HeaderValue>), String> {
    let value = value.trim();
    if value.contains(char::is_control) {
        return Err("it contains a control character".to_owned());
    }
    let url = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let mut url = Url::parse(&url).map_err(|error| format!("it is no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = url.scheme();
        return Err(format!("a proxy of the scheme `{scheme}` is not supported"));
    }
    let authorization = authorization(&url)?;
    // Neither fails for a URL of http.
    _ = url.set_username("");
    _ = url.set_password(None);
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    Ok((url, authorization))
}

fn authorization(url: &Url) -> Result<Option<HeaderValue>, String> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut header = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|error| error.to_string())?;
    header.set_sensitive(true);
    Ok(Some(header))
}

/// Tells whether an entry of `NO_PROXY` names the server: `*`, an address, a network, or a host and all
/// below it; each but the first also with a port.
fn names(entry: &str, server: &Url) -> bool {
    if entry == "*" {
        return true;
    }
    let (entry, port) = split_port(entry);
    if port.is_some() && port != server.port_or_known_default() {
        return false;
    }
    match server.host() {
        Some(Host::Domain(host)) => is_below(host, entry),
        Some(Host::Ipv4(address)) => holds(entry, address.into()),
        Some(Host::Ipv6(address)) => holds(entry, address.into()),
        None => false,
    }
}

/// Takes the port off `host:1`, `1.2.3.4:1` and `[::1]:1`, and the brackets off `[::1]`.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn is_below(host: &str, entry: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let entry = entry.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
    let rest = host.strip_suffix(&entry);
    !entry.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn holds(entry: &str, address: IpAddr) -> bool {
    match entry.parse::<IpNet>() {
        Ok(network) => network.contains(&address),
        Err(_) => entry.parse() == Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    fn find(server: &str, variables: Variables<'_>) -> Result<String, String> {
        let value = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        };
        match Proxy::find(&Url::parse(server).unwrap(), value) {
            Ok(proxy) => Ok(proxy.map(|proxy| proxy.to_string()).unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_variables_are_those_of_curl() {
        let all = [("ALL_PROXY", "all:1"), ("HTTPS_PROXY", "s:2"), ("HTTP_PROXY", "p:3")];
        let cases: [(&str, Variables<'_>, &str); 8] = [
            ("https://host", &[], ""),
            ("https://host", &all, "http://s:2 (HTTPS_PROXY)"),
            ("http://host", &all, "http://p:3 (HTTP_PROXY)"),
            ("http://host", &all[..2], "http://all:1 (ALL_PROXY)"),
            (
                "https://host",
                &[("https_proxy", "a:1"), ("HTTPS_PROXY", "b:1")],
                "http://a:1 (https_proxy)",
            ),
            (
                "https://host",
                &[("https_proxy", " "), ("all_proxy", "b:1\r")],
                "http://b:1 (all_proxy)",
            ),
            ("https://host", &[("https_proxy", "https://proxy/x")], "https://proxy (https_proxy)"),
            (
                "https://host",
                &[("https_proxy", "http://me:secret@proxy:8080/")],
                "http://proxy:8080 (https_proxy)",
            ),
        ];
        for (server, variables, proxy) in cases {
            assert_eq!(find(server, variables).as_deref(), Ok(proxy), "{server} {variables:?}");
        }
    }

    #[test]
    fn a_value_that_names_no_proxy_is_an_error_which_does_not_show_it() {
        for (value, reason) in [
            ("socks5://me:secret@proxy:1", "a proxy of the scheme `socks5` is not supported"),
            ("http://me:secret@", "it is no address: empty host"),
            ("http://me:se\ncret@proxy", "it contains a control character"),
            ("http://me:secret@proxy:port", "it is no address: invalid port number"),
        ] {
            let error = format!("the variable ALL_PROXY cannot be used: {reason}");
            assert_eq!(find("https://host", &[("ALL_PROXY", value)]), Err(error));
            // It is read only where it is needed.
            assert_eq!(find("https://[::1]", &[("ALL_PROXY", value)]).as_deref(), Ok(""));
        }
    }

    #[test]
    fn what_is_on_this_machine_goes_through_no_proxy() {
        for (server, is_direct) in [
            ("http://localhost:1", true),
            ("http://127.9.9.9", true),
            ("https://[::1]", true),
            ("https://x.localhost", false),
            ("https://127.0.0.1.example", false),
        ] {
            let proxy = find(server, &[("all_proxy", "proxy")]).unwrap();
            assert_eq!(proxy.is_empty(), is_direct, "{server}");
        }
    }

    #[test]
    fn no_proxy_names_hosts_addresses_networks_and_ports() {
        let cases = [
            ("*", "https://host", true),
            ("*", "https://10.0.0.1", true),
            ("a, *", "https://[fd00::1]", true),
            ("example.com", "https://example.com", true),
            ("Example.COM", "https://api.example.com", true),
            (".example.com", "https://api.example.com", true),
            (".example.com", "https://example.com", true),
            ("*.example.com", "https://api.example.com", true),
            ("example.com", "https://badexample.com", false),
            ("com", "https://example.com.evil", false),
            (".", "https://example.com", false),
            (",", "https://example.com", false),
            ("example.com:443", "https://example.com", true),
            ("example.com:8443", "https://example.com", false),
            ("other example.com", "https://example.com", true),
            ("10.0.0.1", "https://10.0.0.1", true),
            ("10.0.0.1:443", "https://10.0.0.1", true),
            ("10.0.0.1:80", "https://10.0.0.1", false),
            ("10.0.0.0/8", "https://10.9.9.9", true),
            ("10.0.0.0/8", "https://11.0.0.1", false),
            ("[fd00::1]", "https://[fd00::1]", true),
            ("fd00::1", "https://[fd00::1]", true),
            ("[fd00::1]:443", "https://[fd00::1]", true),
            ("[fd00::1]:80", "https://[fd00::1]", false),
            ("fd00::/8", "https://[fd12::1]", true),
            ("0.0.1", "https://10.0.0.1", false),
        ];
        for (exceptions, server, is_direct) in cases {
            let variables = [("https_proxy", "proxy"), ("NO_PROXY", exceptions)];
            let proxy = find(server, &variables).unwrap();
            assert_eq!(proxy.is_empty(), is_direct, "{exceptions} for {server}");
        }
    }
}
