//! Certificates that are trusted besides the system's, and the words for one that is not.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{
    AlertDescription, CertificateError, Error as TlsError, PeerIncompatible, RootCertStore,
};

use crate::api::{ApiError, TlsProblem};
use crate::util::text::os_message;

/// The first byte of a certificate in DER.
const SEQUENCE: u8 = 0x30;

/// Reads the certificates in a file, in PEM or DER.
///
/// # Errors
/// [`ApiError::CaCert`]: a file that cannot be read, holds none, or a broken one.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ApiError> {
    let problem = |reason: String| ApiError::CaCert { path: path.to_owned(), reason };
    let bytes = fs::read(path).map_err(|error| problem(os_message(&error)))?;
    let certificates = match bytes.first() {
        Some(&SEQUENCE) => vec![CertificateDer::from(bytes)],
        // Editors on Windows begin a file with the mark of UTF-8.
        _ => CertificateDer::pem_slice_iter(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| problem(error.to_string()))?,
    };
    if certificates.is_empty() {
        return Err(problem("it holds no certificate, neither in PEM nor in DER".to_owned()));
    }
    let copies = certificates.iter().cloned();
    match RootCertStore::empty().add_parsable_certificates(copies) {
        (_, 0) => Ok(certificates),
        _ => Err(problem("it holds a certificate that is damaged".to_owned())),
    }
}

/// Returns the trouble with a connection that is to be TLS.
pub fn tls_problem(error: &TlsError) -> TlsProblem {
    match error {
        TlsError::InvalidCertificate(error) => certificate_problem(error),
        TlsError::InvalidMessage(_) => TlsProblem::NotTls,
        TlsError::AlertReceived(AlertDescription::ProtocolVersion)
        | TlsError::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13,
        ) => TlsProblem::OldTls,
        // The words of the verifier where the system's store is empty; it has no type for it.
        TlsError::General(words) if words.starts_with("No CA certificates") => {
            TlsProblem::NoAuthorities
        }
        other => TlsProblem::Other(os_message(other)),
    }
}

fn certificate_problem(error: &CertificateError) -> TlsProblem {
    match error {
        CertificateError::Expired => TlsProblem::Expired { until: None },
        CertificateError::ExpiredContext { not_after, .. } => {
            TlsProblem::Expired { until: Some(time(*not_after)) }
        }
        CertificateError::NotValidYet => TlsProblem::NotYetValid { from: None },
        CertificateError::NotValidYetContext { not_before, .. } => {
            TlsProblem::NotYetValid { from: Some(time(*not_before)) }
        }
        CertificateError::NotValidForName => TlsProblem::OtherHost { names: Vec::new() },
        CertificateError::NotValidForNameContext { presented, .. } => {
            TlsProblem::OtherHost { names: presented.iter().map(|name| bare(name)).collect() }
        }
        // A bad signature is that of an authority which was made anew under the old name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            TlsProblem::UnknownAuthority
        }
        CertificateError::Other(error) if error.to_string().contains("CaUsedAsEndEntity") => {
            TlsProblem::AuthorityAsServer
        }
        other => TlsProblem::Other(format!("invalid certificate: {other}")),
    }
}

fn time(time: UnixTime) -> SystemTime {
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(time.as_secs())
}

/// Takes the type off a name: `DnsName("host")`, `IpAddress(1.2.3.4)`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"').to_owned()
}
