#!/usr/bin/env bash
# go-test.sh ARG...: runs the Go tests of the module in the present directory with
# the arguments of go test.
#
# Many tests talk over real sockets while other packages take the processors, so
# a test that fails gets a second run, alone, if they are few; what passed only
# then is named at the end, and is a defect of the test. A data race, a panic and
# a test that hangs get none, and make soak gives none at all.
set -euo pipefail
report=$(mktemp)
trap 'rm -f "$report"' EXIT
failed=0
"$(dirname "$0")/tool.sh" gotestsum --format pkgname --format-hide-empty-pkg --hide-summary=skipped \
	--rerun-fails=1 --rerun-fails-max-failures=3 --rerun-fails-run-root-test --rerun-fails-abort-on-data-race \
	--rerun-fails-report="$report" --packages=./... -- "$@" || failed=1
if [ "$failed" = 0 ] && [ -s "$report" ]; then
	echo "Passed only in a second run, alone; these tests want mending:" >&2
	sed 's/^/  /' "$report" >&2
fi
exit "$failed"
