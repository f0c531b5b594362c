//! The key: how it is given, where it is sent, and what is no key.

use crate::support::fake_server::{Builder, Server};
use crate::support::{Run, Sandbox};

const KEY: &str = "to_very-secret-key";

fn locked() -> Builder {
    Server::builder().auth_required().key(KEY, &["change_test"])
}

#[test]
fn a_key_is_sent_without_the_white_space_around_it() {
    let server = locked().start();
    let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY_FILE", "key");
    sandbox.write("key", format!(" \t{KEY}\r\n\n"));
    let run = sandbox.to("start -v");
    assert_eq!((run.status, &*run.stdout), (0, "1\n"), "{}", run.stderr);
    assert!(!run.stderr.contains(KEY));
    let bearer = format!("Bearer {KEY}");
    assert_eq!(server.requests()[0].header("authorization"), Some(&*bearer));
}

#[test]
fn a_flag_of_the_key_beats_both_variables() {
    for variables in [["TO_API_KEY", "to_wrong"], ["TO_API_KEY_FILE", "wrong"]] {
        for flag in [&["--api-key-file", "key"], &["--api-key", KEY]] {
            let server = locked().start();
            let sandbox = Sandbox::new(&server.url()).with_snap();
            let sandbox = sandbox.with(variables[0], variables[1]);
            sandbox.write("key", KEY);
            sandbox.write("wrong", "to_wrong");
            let run = sandbox.to_with(&[&["start"], &flag[..]].concat());
            assert_eq!(run, Run::printed("1\n"), "{flag:?} over {}", variables[0]);
        }
    }
}

#[test]
fn a_key_may_begin_with_a_dash() {
    let server = Server::builder().auth_required().key("-to_dash", &["change_test"]).start();
    let sandbox = Sandbox::new(&server.url()).with_snap();
    assert_eq!(sandbox.to("start --api-key -to_dash"), Run::printed("1\n"));
}

#[test]
fn a_key_is_not_sent_over_plain_http_to_another_host() {
    let proxy = Server::start();
    proxy.expect_no_requests();
    for host in [
        "192.0.2.1",
        "192.0.2.1:8000",
        "[2001:db8::1]",
        "observer.invalid",
        "test-observer.example",
        "127.0.0.1.example",
    ] {
        let url = format!("http://{host}");
        let sandbox = Sandbox::new(&url).with_snap().with("TO_API_KEY", KEY);
        // Whatever is sent to another host than this one passes here.
        let sandbox = sandbox.with("HTTP_PROXY", &proxy.url());
        let said = format!(
            "error: the key is not sent to {url}: plain http can be read on the way\n\
             hint: use https, or leave out the key\n"
        );
        assert_eq!(sandbox.to("start"), Run::failed(2, &said));
    }
}

#[test]
fn a_key_is_sent_over_plain_http_to_this_host() {
    let server = locked().start();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}", server.port());
        let sandbox = Sandbox::new(&url).with_snap().with("TO_API_KEY", KEY);
        assert_eq!(sandbox.to("start").status, 0, "{host}");
    }
}

#[test]
fn a_key_that_cannot_be_one_is_refused_and_not_shown() {
    let server = Server::start();
    server.expect_no_requests();
    let start = |key: &str, arguments: &[&str]| {
        let sandbox = Sandbox::new(&server.url()).with_snap().with("TO_API_KEY", key);
        sandbox.write("key", key);
        sandbox.to_with(&[&["start"], arguments].concat())
    };
    let refused = |run: Run, source: &str, reason: &str| {
        assert_eq!(run, Run::failed(2, &format!("error: {source}: {reason}\n")));
    };
    let control = "the key contains a control character, such as a line feed";
    let ascii = "the key contains a character that is not ASCII";
    for (key, reason) in [
        ("to_very\nsecret\n", control),
        ("to_very\tsecret", control),
        ("to_very\u{7f}secret", control),
        ("to_schlüssel", ascii),
    ] {
        refused(start(key, &[]), "--api-key (or TO_API_KEY)", reason);
        refused(start("", &["--api-key", key]), "--api-key (or TO_API_KEY)", reason);
        refused(start(key, &["--api-key-file", "key"]), "key", reason);
    }
    refused(start("\n", &["--api-key-file", "key"]), "key", "the key is empty");
    let missing = start("", &["--api-key-file", "missing"]);
    refused(missing, "the key file missing cannot be read", "no such file or directory");
}
