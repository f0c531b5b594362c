//! Certificates: a private authority is trusted where it is named, and nowhere else.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rcgen::IsCa;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::authority::Authority;
use crate::support::fake_server::{Server, Stream};
use crate::support::{Run, TestContext, names};

fn accept(config: ServerConfig) -> impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync {
    let config = Arc::new(config);
    move |tcp| {
        let session = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(session, tcp)))
    }
}

/// A server with a certificate of this authority, and a sandbox that has the authority's in a file.
fn context(authority: &Authority) -> TestContext {
    let config = authority.server("127.0.0.1", 2020..2100);
    let context = TestContext::of(Server::builder().tls(accept(config)).start());
    with_authorities(context, authority)
}

/// Has the authority's certificate in a file, and another's in place of the system's.
fn with_authorities(context: TestContext, authority: &Authority) -> TestContext {
    context.sandbox.write("ca.pem", authority.pem());
    context.sandbox.write("system.pem", Authority::new().pem());
    context.with("SSL_CERT_FILE", "system.pem").with("SSL_CERT_DIR", "nothing")
}

/// What is said where the certificate is not trusted; the key does not leave.
fn assert_refused(context: &TestContext, reason: &str, arguments: &str) {
    context.server.expect_no_requests();
    context.report(2);
    let submit = format!("submit -q report.jsonl --api-key secret {arguments}");
    let said = format!(
        "error: 0 of 2 results were sent: cannot trust URL/v1: {reason}\n\
         hint: --ca-cert PEM trusts a private certificate authority\n\
         warning: kept 2 results in .to/outbox/1\n\
         hint: `to push` delivers what is kept\n"
    );
    assert_eq!(context.to(&submit), Run::new(4, "", &said));
}

#[test]
fn a_private_authority_is_trusted_where_it_is_named() {
    let authority = Authority::new();
    let context = context(&authority);
    context.report(250);
    let run = context.to("submit -q report.jsonl --ca-cert ca.pem --api-key secret");
    assert_eq!(run, Run::new(0, "", ""));
    assert_eq!(context.stored(), names(250));
    assert!(context.server.requests().iter().all(|request| request.connection == 1));
    // Among others, as in a system's bundle.
    context.sandbox.write("bundle.pem", format!("{}{}", Authority::new().pem(), authority.pem()));
    let run = context.with("TO_CA_CERT", "bundle.pem").to("end");
    assert_eq!(run, Run::new(0, "PASSED\n", ""));
}

#[test]
fn an_unknown_authority_is_not_trusted_and_a_push_with_it_delivers() {
    let authority = Authority::new();
    let context = context(&authority);
    let reason = "its certificate is of an authority that is not known here";
    assert_refused(&context, reason, "");
    context.sandbox.write("other.pem", Authority::new().pem());
    assert_eq!(context.to("submit -q report.jsonl --ca-cert other.pem").status, 4);
    assert_eq!(context.server.requests().len(), 0);
}

#[test]
fn what_was_kept_for_want_of_trust_is_delivered_with_it() {
    let authority = Authority::new();
    let context = context(&authority);
    let names = context.report(2);
    assert_eq!(context.to("submit -q report.jsonl").status, 4);
    assert_eq!(context.to("push -q --ca-cert ca.pem"), Run::new(0, "1\n", ""));
    assert_eq!(context.stored(), names);
}

#[test]
fn a_file_that_holds_no_certificate_is_a_usage_error() {
    let context = context(&Authority::new());
    context.server.expect_no_requests();
    context.report(1);
    context.sandbox.write("empty.pem", "");
    context
        .sandbox
        .write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let cases = [
        ("none.pem", "no such file or directory"),
        ("empty.pem", "it holds no certificate, neither in PEM nor in DER"),
    ];
    for (file, reason) in cases {
        let run = context.to(&format!("submit report.jsonl --ca-cert {file}"));
        assert_eq!(run, Run::new(2, "", &format!("error: --ca-cert {file}: {reason}\n")));
    }
    let run = context.to("submit report.jsonl --ca-cert broken.pem");
    let said = "error: --ca-cert broken.pem: it holds a certificate that is damaged\n";
    assert_eq!(run, Run::new(2, "", said));
}

/// As Windows writes text, and as `openssl x509 -outform der` writes a certificate.
#[test]
fn certificates_are_read_behind_a_mark_of_utf_8_and_in_der() {
    let (config, certificate) = Authority::as_server("127.0.0.1", IsCa::ExplicitNoCa);
    let context = TestContext::of(Server::builder().tls(accept(config)).start());
    let context = with_authorities(context, &Authority::new());
    context.report(1);
    context.sandbox.write("bom.pem", format!("\u{feff}{}", certificate.pem()));
    context.sandbox.write("plain.der", certificate.der());
    for file in ["bom.pem", "plain.der"] {
        let run = context.to(&format!("submit -q report.jsonl --ca-cert {file}"));
        assert_eq!(run, Run::new(0, "", ""), "{file}");
    }
}

/// A slim container has no authorities: what is piped is nowhere else.
#[test]
fn what_is_piped_is_kept_on_a_machine_without_certificates() {
    let authority = Authority::new();
    let context = context(&authority).with("SSL_CERT_FILE", "none.pem");
    context.sandbox.write("none.pem", "");
    let lines = "{\"name\": \"a\", \"status\": \"PASSED\"}\n";
    let run = context.plain(context.sandbox.pipe(lines, "submit -q -"));
    let said = "error: 0 of 1 results were sent: cannot trust URL/v1: no certificate authorities are \
                installed here\n\
                hint: install the package ca-certificates, or name an authority with --ca-cert PEM\n\
                warning: kept 1 result in .to/outbox/1\n\
                hint: `to push` delivers what is kept\n";
    assert_eq!(run, Run::failed(4, said));
    // Where one is named, none needs to be installed.
    assert_eq!(context.to("push -q --ca-cert ca.pem"), Run::printed("1\n"));
}
