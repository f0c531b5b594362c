//! Cures: what a person can do about an error, in words that name the flags.

use std::borrow::Cow;

use crate::api::{ApiError, KeyProblem, ProxyProblem, Refusal, TlsProblem};

const MAY_EXIST: &str = "look for it before you start another; with --ci-link (or TO_CI_LINK) a \
                         start may be repeated";

const UNKNOWN_EXECUTION: &str =
    "`to start` opens an execution; --execution (or TO_EXECUTION) chooses another";

/// Returns the cure for what a server did, or did not, where something is known to cure it.
pub fn api_hint(error: &ApiError) -> Option<Cow<'static, str>> {
    match error {
        ApiError::MayExist(_) => Some(MAY_EXIST.into()),
        ApiError::GivenUp { causes: Some(causes), .. } => Some((*causes).into()),
        ApiError::GivenUp { asked: Some(_), .. } => {
            Some("--retry-for (or TO_RETRY_FOR) allows a longer wait".into())
        }
        error => match error.cause() {
            ApiError::Key(problem) => Some(key_hint(problem)),
            ApiError::Status(refusal) => match &refusal.key {
                Some(problem) => Some(key_hint(problem)),
                None => status_hint(refusal).map(Into::into),
            },
            cause => network_hint(cause).map(Into::into),
        },
    }
}

fn network_hint(error: &ApiError) -> Option<&'static str> {
    Some(match error {
        ApiError::ExposedKey { .. } => "use https, or leave out the key",
        ApiError::UnknownHost { .. } => "check the host in --url (or TO_URL)",
        ApiError::Unconnected { .. } => {
            "check --url (or TO_URL), whether the server is up, and whether the VPN is connected"
        }
        ApiError::Tls { problem, .. } => return tls_hint(problem),
        ApiError::ProxyVariable { .. } => {
            "it is written http://HOST:PORT; NO_PROXY names hosts that are reached without a proxy"
        }
        ApiError::Proxy { problem, .. } => proxy_hint(problem),
        ApiError::NotHttp { .. } => {
            "check the scheme and the port of --url (or TO_URL): does it take https?"
        }
        ApiError::WantsHttps { .. } => "write https:// in --url (or TO_URL)",
        ApiError::Timeout { .. } => "--timeout TIME allows one request more time",
        ApiError::NotTheApi { .. } => {
            "--url (or TO_URL) takes the API's address, which is not that of its web page"
        }
        ApiError::NoSuchExecution { .. } => UNKNOWN_EXECUTION,
        ApiError::CaCert { .. }
        | ApiError::Key(_)
        | ApiError::Status(_)
        | ApiError::Setup { .. }
        | ApiError::Broken { .. }
        | ApiError::TooLong { .. }
        | ApiError::Interrupted { .. }
        | ApiError::GivenUp { .. }
        | ApiError::MayExist(_)
        | ApiError::Outage(_)
        | ApiError::MetadataDropped
        | ApiError::Spool { .. }
        | ApiError::SpoolContent { .. } => return None,
    })
}

fn tls_hint(problem: &TlsProblem) -> Option<&'static str> {
    Some(match problem {
        TlsProblem::NoAuthorities => {
            "install the package ca-certificates, or name an authority with --ca-cert PEM"
        }
        TlsProblem::Expired { .. } | TlsProblem::NotYetValid { .. } => {
            "the server needs another certificate, or the clock of this machine is wrong"
        }
        TlsProblem::OtherHost { .. } => {
            "--url (or TO_URL) takes a host that the certificate is for"
        }
        TlsProblem::UnknownAuthority => "--ca-cert PEM trusts a private certificate authority",
        TlsProblem::AuthorityAsServer => {
            "`openssl req -x509` makes one that is no authority's with \
             `-addext basicConstraints=critical,CA:FALSE`"
        }
        TlsProblem::OldTls => "the server has to take TLS 1.2 or 1.3",
        TlsProblem::NotTls => "check the scheme and the port of --url (or TO_URL)",
        TlsProblem::Other(_) => return None,
    })
}

fn proxy_hint(problem: &ProxyProblem) -> &'static str {
    match problem {
        ProxyProblem::Refused { status: 407, .. } => {
            "the proxy wants credentials: its variable takes http://USER:PASSWORD@HOST:PORT"
        }
        ProxyProblem::Refused { status: 403, .. } => {
            "the proxy does not let this host be reached; NO_PROXY names hosts that are reached \
             without it"
        }
        ProxyProblem::UnknownHost | ProxyProblem::Unconnected(_) | ProxyProblem::Refused { .. } => {
            "check the proxy's variable; NO_PROXY names hosts that are reached without it"
        }
    }
}

fn key_hint(problem: &KeyProblem) -> Cow<'static, str> {
    match problem {
        KeyProblem::NoneGiven => {
            "no key was sent: give one with --api-key-file or TO_API_KEY".into()
        }
        KeyProblem::Unknown => {
            "the server does not know the key: check --api-key, --api-key-file and TO_API_KEY"
                .into()
        }
        KeyProblem::Lacks { permission, .. } => format!(
            "the key is known, but its application lacks the permission `{permission}`: ask an \
             administrator of Test Observer for it"
        )
        .into(),
    }
}

fn status_hint(refusal: &Refusal) -> Option<&'static str> {
    Some(match refusal.status {
        403 if refusal.from_proxy => "a proxy refuses this network: is the VPN connected?",
        // The words with which the API answers for a path that it does not have.
        404 if refusal.words == "Not Found" => {
            "--url (or TO_URL) takes the API's address: nothing is known at this one"
        }
        404 => UNKNOWN_EXECUTION,
        422 => "nothing of this request was stored: mend what is named and repeat the command",
        413 => "the proxy before the server limits the size of a request",
        407 => "the proxy wants credentials: its variable takes http://USER:PASSWORD@HOST:PORT",
        _ => return None,
    })
}
