//! packaging/install.sh and the step of action.yml, with a release in a directory.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Run, Sandbox};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether this machine has what the installer needs beside a shell.
fn has_tools(sandbox: &Sandbox) -> bool {
    let needed = "command -v bash && command -v curl && command -v tar && command -v sha256sum";
    let has_tools = sandbox.shell(needed).status == 0;
    if !has_tools {
        println!("skipped: bash, curl, tar or sha256sum is not there");
    }
    has_tools
}

/// A sandbox with a release in `mirror`, in which a script stands for the binary of each target.
fn mirror() -> Sandbox {
    let sandbox = Sandbox::new("");
    let root = env!("CARGO_MANIFEST_DIR");
    let sandbox = sandbox.with("ROOT", root).with("VERSION", VERSION);
    let release = "
        set -e
        mkdir -p mirror/v$VERSION
        for target in $(sed -n 's/.*) echo \\(.*\\) ;;$/\\1/p' \"$ROOT/packaging/install.sh\"); do
            mkdir to-$VERSION-$target
            echo \"echo to $VERSION\" > to-$VERSION-$target/to
            chmod +x to-$VERSION-$target/to
            tar -czf mirror/v$VERSION/to-$VERSION-$target.tar.gz to-$VERSION-$target
        done
        cd mirror/v$VERSION
        sha256sum *.tar.gz > SHA256SUMS";
    if has_tools(&sandbox) {
        assert_eq!(sandbox.shell(release), Run::new(0, "", ""));
    }
    sandbox
}

fn install(sandbox: &Sandbox, releases: &str, version: &str) -> Run {
    let releases = format!("file://{}/{releases}", sandbox.path("").display());
    sandbox.shell(&format!("RELEASES={releases} \"$ROOT/packaging/install.sh\" {version} bin"))
}

#[test]
fn a_release_is_installed_once() {
    let sandbox = mirror();
    if !has_tools(&sandbox) {
        return;
    }
    assert_eq!(install(&sandbox, "mirror", VERSION), Run::new(0, "", ""));
    assert_eq!(names(&sandbox.path("bin")), ["to"]);
    assert_eq!(sandbox.shell("bin/to --version").stdout, format!("to {VERSION}\n"));
    // Nothing is downloaded where it is there.
    assert_eq!(install(&sandbox, "nowhere", VERSION), Run::new(0, "", ""));
    let other = install(&sandbox, "mirror", "99.0.0");
    assert_eq!(other.status, 1);
    assert!(
        other.stderr.ends_with("/v99.0.0/SHA256SUMS cannot be downloaded\n"),
        "{}",
        other.stderr
    );
}

#[test]
fn an_archive_with_another_checksum_is_not_installed() {
    let sandbox = mirror();
    if !has_tools(&sandbox) {
        return;
    }
    let spoil = "for archive in mirror/v*/*.gz; do echo more >> $archive; done";
    assert_eq!(sandbox.shell(spoil).status, 0);
    let run = install(&sandbox, "mirror", VERSION);
    assert_eq!(run.status, 1);
    assert!(run.stderr.ends_with(" is not the file that SHA256SUMS names\n"), "{}", run.stderr);
    assert!(names(&sandbox.path("bin")).is_empty());
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect()
}

/// Runs the step of action.yml as a runner does.
fn act(sandbox: &Sandbox, url: &str, key: &str) -> Run {
    let releases = format!("file://{}/mirror", sandbox.path("").display());
    let script = format!(
        "export GITHUB_ACTION_PATH=\"$ROOT\" GITHUB_ENV=env GITHUB_PATH=path GITHUB_OUTPUT=output
         export RUNNER_TOOL_CACHE=\"$PWD/tools\" RUNNER_TEMP=\"$PWD\" RUNNER_ARCH=X64
         export INPUT_VERSION= INPUT_URL='{url}' INPUT_API_KEY='{key}' INPUT_RELEASES={releases}
         \"$ROOT/packaging/action.sh\""
    );
    sandbox.shell(&script)
}

#[test]
fn the_action_hands_on_the_path_the_address_and_the_key() {
    let sandbox = mirror();
    if !has_tools(&sandbox) {
        return;
    }
    assert_eq!(act(&sandbox, "https://observer.example", "sesame"), Run::new(0, "", ""));
    let path = sandbox.path(&format!("tools/to/{VERSION}/X64"));
    assert_eq!(sandbox.read("path"), format!("{}\n", path.display()));
    assert_eq!(sandbox.read("output"), format!("path={}\n", path.display()));
    assert_eq!(names(&path), ["to"]);
    let variables = sandbox.read("env");
    let (url, file) = variables.split_once("\nTO_API_KEY_FILE=").expect("both variables");
    assert_eq!(url, "TO_URL=https://observer.example");
    let file = Path::new(file.trim_end());
    assert_eq!(fs::read_to_string(file).expect("the key"), "sesame\n");
    assert_eq!(fs::metadata(file).expect("the key").permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_action_sets_no_variable_that_was_not_meant() {
    let sandbox = mirror();
    if !has_tools(&sandbox) {
        return;
    }
    let run = act(&sandbox, "https://observer.example\nPATH=/elsewhere", "");
    let said = "::error::TO_URL holds a line feed or another control character\n";
    assert_eq!(run, Run::new(2, "", said));
    assert!(!sandbox.path("env").exists());
}
