#!/usr/bin/env bash
# bench.sh REGEXP COUNT [OLD]: runs the benchmarks of every module, keeps their
# lines in bin/bench.txt, and compares them with an older such file.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${3:-}" ] && [ ! -r "$3" ]; then
	echo "OLD=$3 cannot be read" >&2
	exit 2
fi
mkdir -p bin
new=bin/bench.txt
tools/each-module.sh go test -run '^$' -bench "$1" -benchmem -count "$2" -timeout 0 ./... >"$new.part" || {
	cat "$new.part" >&2
	exit 1
}
# The heads of packages without a benchmark are left out.
awk '/^(goos|goarch|pkg|cpu):/ { head = /^goos/ ? $0 "\n" : head $0 "\n" } /^Benchmark/ { printf "%s%s\n", head, $0; head = "" }' "$new.part" >"$new"
rm -f "$new.part"
if [ ! -s "$new" ]; then
	echo "no benchmark matches $1" >&2
	exit 1
fi
if [ -n "${3:-}" ]; then
	tools/tool.sh benchstat "$3" "$new"
else
	cat "$new"
fi
