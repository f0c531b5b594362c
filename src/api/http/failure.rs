//! Failed requests in words: from the HTTP client's errors to ours.

use std::error::Error as StdError;
use std::io;

use super::resolver::LookupError;
use super::transport::Transport;
use super::trust;
use crate::api::ApiError;
use crate::api::network::ProxyProblem;
use crate::util::text::{innermost, os_message};

/// Returns the error of a request that got no answer, or no whole one.
pub async fn api_error(transport: &Transport, error: &reqwest::Error) -> ApiError {
    let url = transport.base.clone();
    if let Some(tls) = find::<rustls::Error>(error) {
        ApiError::Tls { url, problem: trust::tls_problem(tls) }
    } else if error.is_connect() {
        unconnected(transport, error).await
    } else if error.is_timeout() {
        ApiError::Timeout { url, after: transport.settings.timeout }
    } else if is_stranger(error) {
        ApiError::NotHttp { url }
    } else {
        ApiError::Broken { url, reason: innermost(error) }
    }
}

/// Tells whether another protocol is spoken there, perhaps before anything was asked: for that hyper
/// has words, but no question.
fn is_stranger(error: &reqwest::Error) -> bool {
    find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse)
        || innermost(error) == "received unexpected message from connection"
}

/// Returns the error of a request that was never sent, as the proxy's where there is one.
async fn unconnected(transport: &Transport, error: &reqwest::Error) -> ApiError {
    let url = transport.base.clone();
    let lookup = find::<LookupError>(error).copied();
    let reason = match (lookup, find::<io::Error>(error)) {
        (Some(lookup), _) => Some(lookup.to_string()),
        _ if error.is_timeout() => {
            let limit = transport.settings.connect_timeout.as_secs_f64();
            Some(format!("no connection within {limit} s"))
        }
        (None, error) => error.map(io_reason),
    };
    let is_unknown = lookup == Some(LookupError::Unknown);
    let Some(proxy) = &transport.proxy else {
        return match reason.unwrap_or_else(|| innermost(error)) {
            _ if is_unknown => ApiError::UnknownHost { url },
            reason => ApiError::Unconnected { url, reason },
        };
    };
    let problem = match reason {
        _ if is_unknown => ProxyProblem::UnknownHost,
        Some(reason) => ProxyProblem::Unconnected(reason),
        // The client knows the answer to CONNECT, and keeps it to itself.
        None => proxy
            .ask_again(&transport.server, transport.settings.connect_timeout)
            .await
            .unwrap_or_else(|| ProxyProblem::Unconnected("it opens no tunnel".to_owned())),
    };
    ApiError::Proxy { url, proxy: proxy.to_string(), problem }
}

fn io_reason(error: &io::Error) -> String {
    let wrapped = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    match wrapped.unwrap_or(error).kind() {
        io::ErrorKind::UnexpectedEof => "the connection was closed at once".to_owned(),
        _ => os_message(error),
    }
}

/// Returns the first of an error's causes of this type, also where an I/O error wraps it.
pub fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
