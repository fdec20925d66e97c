#!/usr/bin/env bash
# quiet.sh COMMAND...: runs a command and shows what it prints only when it fails.
set -euo pipefail
output=$(mktemp)
trap 'rm -f "$output"' EXIT
if ! "$@" >"$output" 2>&1; then
	cat "$output" >&2
	printf '\nThis command failed: %s\n' "$*" >&2
	exit 1
fi
