//! What packaging/ and the manifests say agrees with each other and with the documents.

use crate::documents::{document, documents};

/// The version that a text begins with.
fn version_at_start(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let version = text[..end].trim_end_matches('.');
    version.contains('.').then_some(version)
}

#[test]
fn every_address_of_a_release_has_the_version() {
    let version = env!("CARGO_PKG_VERSION");
    let others = ["packaging/gitlab-ci.yml", "packaging/changelog"].map(str::to_owned);
    for name in documents().into_iter().chain(others) {
        let text = document(&name);
        let marks = ["download/v", "cli@v", " to-", "{to-", "cli_", "cli-", "CLI_VERSION: \""];
        for mark in marks {
            for named in text.split(mark).skip(1).filter_map(version_at_start) {
                assert_eq!(named, version, "{name}: {mark}{named}");
            }
        }
    }
    assert!(
        document("packaging/changelog").starts_with(&format!("test-observer-cli ({version}-1)"))
    );
}

/// The words between brackets in a list of a file in TOML.
fn list(name: &str, key: &str) -> String {
    let text = document(name);
    let (_, rest) = text.split_once(&format!("\n{key} = [")).expect("a list");
    rest.split(']').next().unwrap_or_default().to_owned()
}

#[test]
fn the_licences_that_are_taken_are_the_same_for_notices_and_checks() {
    assert_eq!(list("packaging/about.toml", "accepted"), list("deny.toml", "allow"));
}

/// Cargo warns of a target that a package leaves out: each has the root that `exclude` lets in.
#[test]
fn the_root_of_each_target_is_packaged() {
    let manifest = document("Cargo.toml");
    let paths = manifest.lines().filter_map(|line| line.strip_prefix("path = \""));
    let targets =
        paths.map(|path| path.trim_end_matches('"')).filter(|path| *path != "src/main.rs");
    let mut folders = vec![];
    for path in targets {
        let [folder, _, "main.rs"] = path.split('/').collect::<Vec<_>>()[..] else {
            panic!("{path}")
        };
        assert!(list("Cargo.toml", "exclude").contains(&format!("\"!/{folder}/*/main.rs\"")));
        folders.push(folder);
    }
    assert!(folders.contains(&"tests") && folders.contains(&"benches"), "{folders:?}");
}

/// Tests, fixtures and what other packages are made of are not worth a download.
#[test]
fn the_crate_is_small() {
    let cargo = std::process::Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let files = String::from_utf8(cargo.stdout).expect("UTF-8");
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    assert!(files.contains("\nsrc/main.rs\n"), "{files}");
    assert!(files.lines().count() < 150, "{files}");
}

/// Requests are made one after the other, and hosts are in ASCII: neither is worth what it weighs.
#[test]
fn no_dependency_brings_http2_or_the_tables_of_icu() {
    let lock = document("Cargo.lock");
    for name in ["h2", "icu_normalizer", "icu_properties"] {
        assert!(!lock.contains(&format!("name = \"{name}\"\n")), "{name}");
    }
    assert!(lock.contains("name = \"idna_adapter\"\nversion = \"1.0.0\"\n"));
}
