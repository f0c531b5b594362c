#!/bin/sh
# Tries the `to` on the PATH in the system at hand, against the API that TO_URL names: a delivery of
# one result. Needs a POSIX shell and mktemp.
set -eu

to --version
to check
directory=$(mktemp -d)
cd "$directory"
printf '<testsuite name="smoke"><testcase name="starts"/></testsuite>' > report.xml
to start --family snap --name smoke --version 1 --revision 1 --track latest --store ubuntu \
    --stage edge --arch host --environment smoke --test-plan smoke --ci-link none
to submit report.xml
status=$(to end)
cd /
rm -r "$directory"
[ "$status" = PASSED ] || {
    echo "smoke: the execution ended as $status" >&2
    exit 1
}
