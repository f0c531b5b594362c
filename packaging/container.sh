#!/usr/bin/env bash
# Runs smoke.sh with a release's binary in a container:
#
#   packaging/container.sh DIST TARGET IMAGE PLATFORM
#
# Needs Docker, and for a foreign PLATFORM its emulator.
set -euo pipefail
dist=$1 target=$2 image=$3 platform=$4
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
tar --extract --gzip --file "$dist"/to-*-"$target".tar.gz --directory "$work" --strip-components 1 \
    --wildcards '*/to'
cp "$here/smoke.sh" "$work"
coproc SERVER { python3 "$here/fake_api.py"; }
read -r port <&"${SERVER[0]}"
docker run --rm --platform "$platform" --network host --add-host observer.test:127.0.0.1 \
    --volume "$work:/opt/to:ro" --env "TO_URL=http://observer.test:$port" "$image" \
    sh -c 'PATH=/opt/to:$PATH exec sh /opt/to/smoke.sh'
