#!/usr/bin/env bash
# The step of action.yml: installs `to` in the runner's cache of tools, and hands on the PATH, the
# address and the key to the steps that follow.
set -euo pipefail

# Sets a variable for the steps that follow.
export_variable() {
    case $2 in
        *[[:cntrl:]]*)
            echo "::error::$1 holds a line feed or another control character" >&2
            exit 2
            ;;
    esac
    echo "$1=$2" >> "$GITHUB_ENV"
}

version=${INPUT_VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' "$GITHUB_ACTION_PATH/Cargo.toml" | head -n 1)}
path=${RUNNER_TOOL_CACHE:-$HOME/.cache}/to/$version/$RUNNER_ARCH
RELEASES=$INPUT_RELEASES "$GITHUB_ACTION_PATH/packaging/install.sh" "$version" "$path"
echo "$path" >> "$GITHUB_PATH"
echo "path=$path" >> "$GITHUB_OUTPUT"
if [ -n "$INPUT_URL" ]; then
    export_variable TO_URL "$INPUT_URL"
fi
if [ -n "$INPUT_API_KEY" ]; then
    # The runner empties this directory before and after each job.
    key=$(umask 077 && mktemp "$RUNNER_TEMP/to-api-key.XXXXXX")
    printf '%s\n' "$INPUT_API_KEY" > "$key"
    export_variable TO_API_KEY_FILE "$key"
fi
