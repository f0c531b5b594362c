//! Troubles on the way to a server: its certificate, and the proxy before it.

use std::time::SystemTime;

use thiserror::Error;

/// The reason for which a connection cannot be trusted, as words that follow "cannot trust URL: ".
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum TlsProblem {
    #[error("no certificate authorities are installed here")]
    NoAuthorities,
    #[error("its certificate expired{}", date(" on ", *.until))]
    Expired { until: Option<SystemTime> },
    #[error("its certificate is not valid yet{}", date(": it begins on ", *.from))]
    NotYetValid { from: Option<SystemTime> },
    #[error("its certificate is for another host{}", list(.names))]
    OtherHost { names: Vec<String> },
    #[error("its certificate is of an authority that is not known here")]
    UnknownAuthority,
    /// `openssl req -x509` makes such a certificate.
    #[error("its certificate is that of an authority, which a server must not use as its own")]
    AuthorityAsServer,
    #[error("it speaks no TLS that is newer than 1.1")]
    OldTls,
    #[error("what answers there does not speak TLS")]
    NotTls,
    #[error("{0}")]
    Other(String),
}

/// The reason for which a proxy does not lead to a server.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum ProxyProblem {
    #[error("unknown host")]
    UnknownHost,
    /// No connection to the proxy, or none through it.
    #[error("{0}")]
    Unconnected(String),
    /// Its answer to CONNECT.
    #[error("it answers CONNECT with {status}{}{reason}", if reason.is_empty() { "" } else { " " })]
    Refused { status: u16, reason: String },
}

fn date(words: &str, time: Option<SystemTime>) -> String {
    let day = |time| humantime::format_rfc3339_seconds(time).to_string()[..10].to_owned();
    time.map(|time| format!("{words}{}", day(time))).unwrap_or_default()
}

const NAMES_SHOWN: usize = 5;

fn list(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => String::new(),
        count if count > NAMES_SHOWN => format!(": {shown} and {} more", count - NAMES_SHOWN),
        _ => format!(": {shown}"),
    }
}
