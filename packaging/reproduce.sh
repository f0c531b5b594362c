#!/usr/bin/env bash
# Builds the commit at hand in another directory, and compares with what release.sh made here:
#
#   packaging/release.sh TARGET… && packaging/reproduce.sh TARGET…
set -euo pipefail
cd "$(dirname "$0")/.."
DIST=$(realpath "${DIST:-target/dist}")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
git clone --quiet . "$WORK/elsewhere"
mkdir "$WORK/elsewhere/target"
ln -s "$PWD/target/release-tools" "$WORK/elsewhere/target/release-tools"
DIST=$WORK/dist "$WORK/elsewhere/packaging/release.sh" "$@"
diff "$DIST/SHA256SUMS" "$WORK/dist/SHA256SUMS"
echo "reproduce: the same checksums in $PWD and in another directory"
