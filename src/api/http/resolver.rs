//! Names to addresses, in a thread that can be abandoned: the system's lookup may take minutes.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

/// Looks names up as the system does, but for `localhost`, which is this machine everywhere.
pub struct Resolver;

/// The reason for which a name has no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LookupError {
    /// There is no such host.
    #[error("unknown host")]
    Unknown,
    /// The name server fails, or there is none: it may know the host.
    #[error("no name server answers")]
    Unavailable,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Addrs = Box::new(lookup(name.as_str()).await?.into_iter());
            Ok(addresses)
        })
    }
}

/// Returns the addresses of a host, with port 0.
pub async fn lookup(host: &str) -> Result<Vec<SocketAddr>, LookupError> {
    if host == "localhost" {
        return Ok(vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]);
    }
    let (sender, receiver) = oneshot::channel();
    let name = host.to_owned();
    // Nobody listens any more where the request was abandoned.
    match thread::Builder::new().spawn(move || drop(sender.send(ask(&name)))) {
        Ok(_) => receiver.await.unwrap_or(Err(LookupError::Unavailable)),
        // A machine that gives no more threads still has this one.
        Err(_) => ask(host),
    }
}

fn ask(host: &str) -> Result<Vec<SocketAddr>, LookupError> {
    let addresses = (host, 0).to_socket_addrs();
    addresses.map(Iterator::collect).map_err(|error| LookupError::of(&error))
}

impl LookupError {
    /// Reads the C library's words, of which the standard library keeps nothing else.
    fn of(error: &io::Error) -> Self {
        let failures = ["Temporary failure", "Try again", "Non-recoverable"];
        let said = error.to_string();
        let is_failure = failures.iter().any(|words| said.contains(words));
        if is_failure { Self::Unavailable } else { Self::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_host_is_told_from_a_name_server_that_fails() {
        let cases = [
            ("Name or service not known", LookupError::Unknown),
            ("No address associated with hostname", LookupError::Unknown),
            ("nodename nor servname provided, or not known", LookupError::Unknown),
            ("Name does not resolve", LookupError::Unknown),
            ("Temporary failure in name resolution", LookupError::Unavailable),
            ("Non-recoverable failure in name resolution", LookupError::Unavailable),
            ("Try again", LookupError::Unavailable),
        ];
        for (words, expected) in cases {
            let said = format!("failed to lookup address information: {words}");
            assert_eq!(LookupError::of(&io::Error::other(said)), expected, "{words}");
        }
    }
}
