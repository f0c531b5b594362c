#!/bin/sh
# A lab's loop: runs again what is requested for its environment, and delivers the results.
#
#   TO_URL=https://… TO_ENVIRONMENT=cm3 RUN_TESTS=./run-tests lab-loop.sh
#
# RUN_TESTS is started with the execution that is to be run again in its first argument and what the
# server tells of it, in JSON, on its standard input; it writes report.xml in the current directory.
#
# The server has no claim: two labs that poll at once both run what both saw, so each rerun is done at
# least once, not exactly once. `to start` of the same plan, build and environment takes the request
# off the list, and so does --done: both take the whole group of that plan, build and environment.
set -eu

to reruns --environment "$TO_ENVIRONMENT" --json > pending.jsonl
while IFS= read -r rerun; do
    id=$(printf %s "$rerun" | jq -r .test_execution_id)
    work=$(mktemp -d "rerun-$id.XXXXXX")
    printf %s "$rerun" > "$work/rerun.json"
    # The request of the new execution, made of what the server tells of the old one.
    jq '.artefact * {family, arch: .artefact_build.architecture, revision: .artefact_build.revision,
            execution_stage: .artefact.stage, environment: .test_execution.environment.name,
            test_plan: .test_execution.test_plan}
        | with_entries(select(.key | IN("family", "name", "version", "arch", "revision", "track",
            "store", "branch", "series", "repo", "source", "os", "release", "sha256", "owner",
            "image_url", "execution_stage", "environment", "test_plan")))
        | with_entries(select(.value != null and .value != ""))' "$work/rerun.json" > "$work/request.json"
    # A test that fails is a result, too: status 1 beside a report is that of failed tests.
    if (cd "$work" && to run --from request.json --results report.xml -- \
            sh -c "$RUN_TESTS $id < rerun.json; s=\$?; [ \$s -eq 1 ] && test -s report.xml || exit \$s"); then
        to reruns --done "$id"
    else
        # It is wanted still; what failed is in the directory.
        to rerun "$id"
    fi
done < pending.jsonl
