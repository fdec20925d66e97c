#!/usr/bin/env bash
# Runs the tests of every module, with the race detector where there is a C
# compiler for it, and those of the web page. All of them run, also when some fail.
# Vet is part of make lint.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

race=-race
if ! command -v "$(go env CC)" >/dev/null; then
	echo "No C compiler ($(go env CC)): the tests run without the race detector." >&2
	race=
fi
export CGO_ENABLED=${race:+1}
tools/quiet.sh tools/tool.sh -n gotestsum
tools/each-module.sh "$PWD/tools/go-test.sh" $race -vet=off -timeout 12m || failed=1

if [ -d internal/web/ui/node_modules ]; then
	npm --prefix internal/web/ui test --silent || failed=1
else
	echo "No Node.js: the tests of the web page in internal/web/ui are skipped." >&2
fi

exit "$failed"
