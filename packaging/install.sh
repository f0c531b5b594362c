#!/bin/sh
# Downloads a release of `to` and puts the binary in a directory:
#
#   install.sh VERSION DIRECTORY
#
# Compares the archive with the release's SHA256SUMS, and does nothing where that version is there
# already. Needs curl or wget, tar, gzip and sha256sum. RELEASES names a mirror: a directory
# vVERSION in it holds the files of a release.
set -eu

# Stops with a message.
fail() {
    echo "install: $*" >&2
    exit 1
}

# Prints this machine's target. A 32-bit system may run on a 64-bit kernel, so that dpkg is asked
# where it is there.
target() {
    case $(dpkg --print-architecture 2> /dev/null || uname -m) in
        amd64 | x86_64) echo x86_64-unknown-linux-gnu ;;
        arm64 | aarch64) echo aarch64-unknown-linux-gnu ;;
        armhf | armv7l | armv8l) echo armv7-unknown-linux-gnueabihf ;;
        riscv64) echo riscv64gc-unknown-linux-gnu ;;
        s390x) echo s390x-unknown-linux-gnu ;;
        ppc64el | ppc64le) echo powerpc64le-unknown-linux-gnu ;;
        *) fail "there is no build for this machine ($(uname -m))" ;;
    esac
}

# Writes what an address holds to a file of the same name.
download() {
    if command -v curl > /dev/null; then
        curl --fail --silent --show-error --location --retry 3 --output "${1##*/}" "$1"
    else
        wget -q -O "${1##*/}" "$1" # as busybox has it too
    fi || fail "$1 cannot be downloaded"
}

[ $# = 2 ] || fail "usage: install.sh VERSION DIRECTORY"
version=$1
directory=$2
[ "$("$directory/to" --version 2> /dev/null)" = "to $version" ] && exit 0

releases=${RELEASES:-https://github.com/canonical/test-observer-cli/releases/download}
name=to-$version-$(target)
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
work=$(mktemp -d "$directory/.install.XXXXXX")
trap 'rm -r "$work"' EXIT
cd "$work"
download "$releases/v$version/SHA256SUMS"
download "$releases/v$version/$name.tar.gz"
grep " $name.tar.gz\$" SHA256SUMS > expected || fail "SHA256SUMS does not name $name.tar.gz"
sha256sum -c expected > /dev/null || fail "$name.tar.gz is not the file that SHA256SUMS names"
tar -xzf "$name.tar.gz" "$name/to"
[ "$("$name/to" --version)" = "to $version" ] || fail "the binary does not run here"
mv "$name/to" "$directory/to"
