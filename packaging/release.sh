#!/usr/bin/env bash
# Makes what a release offers, for each TARGET that is named:
#
#   packaging/release.sh x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu …
#
# In target/dist (or $DIST):
#   to-VERSION-TARGET.tar.gz                    the binary, manual, completions, licences, notices
#   to-VERSION-TARGET.cdx.json                  the CycloneDX bill of materials
#   test-observer-cli_VERSION-1_ARCH.deb        the Debian package
#   test_observer_cli-VERSION-py3-none-….whl    the Python wheel
#   install.sh, gitlab-ci.yml                   which install a release
#   SHA256SUMS                                  of all files there
#
# Needs Rust with the targets' standard libraries, Python 3.9 with venv, a C compiler, GNU tar and
# binutils. The other tools come from PyPI and crates.io at the versions pinned here and in
# requirements.txt, into target/release-tools.
#
# A target that cannot be built here is named at the end; the others are made, and the exit status
# is 1. Two builds of one commit have the same checksums, in whatever directories they are made.
set -euo pipefail
cd "$(dirname "$0")/.."

CARGO_ABOUT=0.9.3
CARGO_DEB=3.8.0

# The oldest C library that each target has to run with. riscv64's is Rust's own least, ppc64el's
# is zig's; no distribution for either is older.
floor() {
    case $1 in
        riscv64gc-*) echo 2.29 ;;
        powerpc64le-*) echo 2.19 ;;
        *) echo 2.17 ;;
    esac
}

# Stops with a message.
fail() {
    echo "release: $*" >&2
    exit 1
}

# Says what is being done.
step() {
    echo "release: $*" >&2
}

# Installs the tools that build and pack, once.
install_tools() {
    [ -x "$TOOLS/venv/bin/pip" ] || python3 -m venv "$TOOLS/venv"
    "$TOOLS/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
        --requirement packaging/requirements.txt
    RUSTFLAGS='' cargo install --quiet --locked --root "$TOOLS" "cargo-deb@$CARGO_DEB"
    RUSTFLAGS='' cargo install --quiet --locked --root "$TOOLS" "cargo-about@$CARGO_ABOUT" --features cli
    cargo fetch --quiet --locked
    PATH="$TOOLS/venv/bin:$TOOLS/bin:$PATH"
}

# Builds the binary and the wheel around it, so that both hold the same bytes. check_floor is the
# audit: maturin's own knows a few versions of the C library only.
build() {
    local target=$1 wheels=$2
    maturin build --quiet --release --locked --zig --target "$target" --auditwheel skip \
        --compatibility "manylinux_$(floor "$target" | tr . _)" --out "$wheels"
}

# Asserts that a binary asks for no newer C library than its floor. readelf reads every
# architecture, where objdump reads only those that it was built for.
check_floor() {
    local binary=$1 floor=$2 newest
    newest=$(readelf --wide --version-info "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
    [ -n "$newest" ] || fail "$binary names no version of the C library"
    [ "$(printf '%s\n' "$newest" "GLIBC_$floor" | sort -V | tail -n 1)" = "GLIBC_$floor" ] ||
        fail "$binary needs $newest, and may need GLIBC_$floor at most"
    step "$binary needs $newest at most"
}

# Asserts that nothing of this machine stands in a binary.
check_paths() {
    local binary=$1 path
    for path in "$PWD" "${CARGO_HOME:-$HOME/.cargo}"; do
        if grep --quiet --text --fixed-strings -- "$path" "$binary"; then
            fail "$binary holds the path $path"
        fi
    done
}

# Puts a target's files into one archive, with nothing in it that differs between two machines.
archive() {
    local target=$1 built=$2 name=to-$VERSION-$1
    mkdir "$WORK/$name"
    cp -r man completions LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md \
        "$built/to" "$built/THIRD-PARTY-NOTICES.txt" "$WORK/$name"
    chmod -R u=rwX,go=rX "$WORK/$name"
    tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --directory "$WORK" "$name" | gzip --no-name --best > "$DIST/$name.tar.gz"
}

# Makes all files of one target.
release() {
    local target=$1 built=target/$1/release wheels=$WORK/wheels-$1
    step "building $target"
    build "$target" "$wheels"
    check_floor "$built/to" "$(floor "$target")"
    check_paths "$built/to"
    for wheel in "$wheels"/*.whl; do
        python3 packaging/wheel.py "$wheel" "$built/to" "$PWD" "$DIST/${wheel##*/}" \
            "$DIST/to-$VERSION-$target.cdx.json"
    done
    cargo about generate --frozen --fail --target "$target" \
        --config packaging/about.toml --output-file "$built/THIRD-PARTY-NOTICES.txt" \
        packaging/notices.hbs
    archive "$target" "$built"
    cargo deb --quiet --locked --no-build --no-strip --target "$target" --output "$DIST"
}

[ $# -gt 0 ] || fail "name one target or more, such as x86_64-unknown-linux-gnu"
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
head -n 1 packaging/changelog | grep --quiet --fixed-strings "($VERSION-1)" ||
    fail "packaging/changelog does not begin with $VERSION-1"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} ||
    fail "set SOURCE_DATE_EPOCH: there is no git checkout to take the time from"
DIST=${DIST:-target/dist}
TOOLS=$PWD/target/release-tools
export SOURCE_DATE_EPOCH LC_ALL=C
export CARGO_ZIGBUILD_CACHE_DIR=$PWD/target/zigbuild
export RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$PWD=/to"
WORK=$(mktemp -d)
trap 'rm -r "$WORK"' EXIT
mkdir -p "$DIST"
install_tools

missing=()
for target; do
    libraries=$(rustc --print target-libdir --target "$target") || fail "rustc knows no target $target"
    if [ -d "$libraries" ]; then
        release "$target"
    else
        missing+=("$target")
    fi
done
cp packaging/install.sh packaging/gitlab-ci.yml "$DIST"
(cd "$DIST" && rm -f SHA256SUMS && sums=$(sha256sum -- *) && echo "$sums" > SHA256SUMS)
for target in "${missing[@]}"; do
    step "not built: $target: its standard library is missing (rustup target add $target)"
done
[ ${#missing[@]} -eq 0 ]
