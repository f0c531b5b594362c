#!/usr/bin/env bash
# Tries what release.sh made for x86_64, on this machine and in an older root:
#
#   packaging/release.sh x86_64-unknown-linux-gnu && packaging/check.sh
#
# Needs root (it installs the package, and makes a root), a Debian or Ubuntu with
# debian-archive-keyring, bash-completion, lintian and python3-venv, and their package registry.
set -euo pipefail
cd "$(dirname "$0")/.."
DIST=$(realpath "${DIST:-target/dist}")
WORK=$(mktemp -d)
API=http://observer.test

# Stops with a message.
fail() {
    echo "check: $*" >&2
    exit 1
}

# Says what holds.
passed() {
    echo "check: $*"
}

# Asserts that there is one file of this name, and prints its path.
only() {
    { [ $# = 1 ] && [ -e "$1" ]; } || fail "not one file, but: $*"
    echo "$1"
}

# Serves a small API on the loopback address, until this script ends.
serve() {
    coproc SERVER { python3 packaging/fake_api.py 2> "$WORK/requests"; }
    read -r port <&"${SERVER[0]}"
    API=$API:$port
}

# Runs smoke.sh in a root that has Debian 11's C library, 2.31, and a shell, and nothing else.
check_old_root() {
    local root=$WORK/root apt=$WORK/apt options
    mkdir -p "$root"/{bin,etc,tmp} "$apt"/{lists/partial,cache/archives/partial}
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
http://deb.debian.org/debian bullseye main" > "$apt/sources.list"
    options=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache"
        -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
    apt-get -qq "${options[@]}" update
    (cd "$apt" && apt-get -qq "${options[@]}" download libc6 busybox-static)
    for package in "$apt"/*.deb; do
        dpkg-deb --extract "$package" "$root"
    done
    chroot "$root" /bin/busybox --install -s /bin
    tar --extract --gzip --file "$ARCHIVE" --directory "$root/bin" --strip-components 1 \
        --wildcards '*/to'
    cp packaging/smoke.sh "$root/bin"
    echo '127.0.0.1 observer.test' > "$root/etc/hosts"
    echo 'hosts: files mdns4_minimal [NOTFOUND=return] dns' > "$root/etc/nsswitch.conf"
    [ -e "$root/lib/x86_64-linux-gnu/libc-2.31.so" ] || fail "the root's C library is not 2.31"
    chroot "$root" /bin/env -i PATH=/bin TO_URL="$API" sh /bin/smoke.sh
    passed "the archive's binary delivers with glibc 2.31"
}

# Installs the wheel into a fresh environment, without a registry.
check_wheel() {
    python3 -m venv "$WORK/venv"
    "$WORK/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "$WHEEL"
    [ "$("$WORK/venv/bin/to" --version)" = "to $VERSION" ] || fail "the wheel has another version"
    passed "pip installs the wheel, and its binary runs"
}

# Installs the package, completes a command, and removes it.
check_deb() {
    lintian --fail-on error --suppress-tags initial-upload-closes-no-bugs "$DEB"
    dpkg --install "$DEB"
    [ "$(/usr/bin/to --version)" = "to $VERSION" ] || fail "the package has another version"
    # shellcheck disable=SC2016
    bash -ic '. /usr/share/bash-completion/bash_completion
        _completion_loader to; COMP_WORDS=(to sub) COMP_CWORD=1 COMP_LINE="to sub" COMP_POINT=6
        function=$(complete -p to | sed "s/.*-F \([^ ]*\).*/\1/")
        "$function" to sub to; echo "${COMPREPLY[*]}"' 2> /dev/null | grep --quiet --line-regexp submit ||
        fail "bash does not complete \`to sub\`"
    dpkg --listfiles test-observer-cli > "$WORK/files"
    dpkg --purge test-observer-cli
    while read -r file; do
        [ -d "$file" ] || [ ! -e "$file" ] || fail "$file is left behind"
    done < "$WORK/files"
    passed "the package passes lintian, completes in bash and is removed cleanly"
}

# Asserts that cargo has nothing to say against the crate, and that tests and fixtures stay out of it.
check_crate() {
    cargo package --locked 2>&1 | tee "$WORK/package"
    ! grep --quiet '^warning' "$WORK/package" || fail "cargo package warns"
    cargo package --list > "$WORK/files"
    [ "$(wc -l < "$WORK/files")" -lt 150 ] || fail "the crate has files that it does not need"
    passed "cargo package warns of nothing, and packages sources with little beside them"
}

[ "$(id -u)" = 0 ] || fail "needs root"
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
ARCHIVE=$(only "$DIST"/to-"$VERSION"-x86_64-*.tar.gz)
WHEEL=$(only "$DIST"/*-"$VERSION"-*x86_64.whl)
DEB=$(only "$DIST"/*_"$VERSION"-*_amd64.deb)
trap 'rm -r "$WORK"' EXIT
(cd "$DIST" && sha256sum --check --quiet SHA256SUMS)
serve
check_old_root
check_wheel
check_deb
check_crate
