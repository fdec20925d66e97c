#!/usr/bin/env bash
# each-module.sh COMMAND...: runs a command in the directory of every Go module
# of the repository but tools, and fails when it failed in one of them.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
while read -r dir; do
	(cd "$dir" && "$@") || failed=1
done < <(find . \( -name node_modules -o -name testdata -o -path ./tools \) -prune -o -name go.mod -printf '%h\n' | sort)
exit "$failed"
