//! The HTTP client for one server: its trust, its patience, its proxy and its key.

use std::sync::Arc;

use reqwest::{Certificate, Client, ClientBuilder, redirect};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;

use super::failure::find;
use super::proxy::Proxy;
use super::resolver::Resolver;
use super::transport::Transport;
use super::trust;
use crate::api::ApiError;

pub const USER_AGENT: &str = concat!("to/", env!("CARGO_PKG_VERSION"));

/// Makes a client that has no connection yet.
///
/// # Errors
/// A machine without any trusted certificate.
pub fn client(transport: &Transport) -> Result<Client, ApiError> {
    let settings = &transport.settings;
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.connect_timeout + settings.timeout)
        .redirect(redirect::Policy::none())
        .dns_resolver(Resolver)
        .no_proxy();
    if let Some(proxy) = &transport.proxy {
        builder = builder.proxy(proxy.to_client().map_err(|error| ApiError::setup(&error))?);
    }
    let is_tls = transport.proxy.as_ref().is_some_and(Proxy::is_tls);
    let builder = if is_tls || transport.server.scheme() == "https" {
        with_trust(builder, &transport.certificates).map_err(|error| ApiError::setup(&error))?
    } else {
        without_tls(builder)?
    };
    builder.build().map_err(|error| match find::<rustls::Error>(&error) {
        Some(tls) => {
            ApiError::Tls { url: transport.base.clone(), problem: trust::tls_problem(tls) }
        }
        None => ApiError::setup(&error),
    })
}

/// Trusts the system's store, and these certificates besides.
fn with_trust(
    builder: ClientBuilder,
    certificates: &[CertificateDer<'_>],
) -> reqwest::Result<ClientBuilder> {
    // An error says that a provider is there already, which serves as well.
    _ = ring::default_provider().install_default();
    let certificates = certificates.iter().map(|certificate| Certificate::from_der(certificate));
    Ok(builder.tls_certs_merge(certificates.collect::<Result<Vec<_>, _>>()?))
}

/// For plain http: reading the system's certificates would take longer than a request.
fn without_tls(builder: ClientBuilder) -> Result<ClientBuilder, ApiError> {
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ApiError::setup(&error))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}
