#!/usr/bin/env bash
# fuzz.sh REGEXP TIME: fuzzes each target whose name matches for a time, one
# after the other, in the main module. An input that makes one fail stays below
# that package's testdata/fuzz, where every later run of the tests tries it.
set -euo pipefail
cd "$(dirname "$0")/.."
# Each package's targets are listed before the line with its name.
list=$(go test -list '^Fuzz' ./...)
targets=$(awk '/^Fuzz/ { names[n++] = $1 } /^(ok|FAIL)/ { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }' <<<"$list" |
	{ grep -E " .*($1)" || true; })
if [ -z "$targets" ]; then
	echo "no fuzz target matches $1" >&2
	exit 1
fi
failed=0
while read -r package name; do
	printf '%s %s: ' "$package" "$name"
	if output=$(go test -run '^$' -fuzz "^$name\$" -fuzzminimizetime 2s -fuzztime "$2" "$package" </dev/null 2>&1); then
		grep -oE 'execs: [0-9]+' <<<"$output" | tail -n 1 || echo "passed"
	else
		printf 'failed\n%s\n' "$output"
		failed=1
	fi
done <<<"$targets"
exit "$failed"
