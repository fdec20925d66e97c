#!/usr/bin/env bash
# soak.sh TIME: repeats the tests of every module in random order until the time
# (30m, 8h, ...) has passed or one fails. It finds what fails only now and then.
set -euo pipefail
cd "$(dirname "$0")/.."
case $1 in
*[0-9]s) seconds=${1%s} ;;
*[0-9]m) seconds=$((${1%m} * 60)) ;;
*[0-9]h) seconds=$((${1%h} * 3600)) ;;
*)
	echo "SOAKTIME=$1 is no time; write 30m or 8h" >&2
	exit 2
	;;
esac
output=$(mktemp)
trap 'rm -f "$output"' EXIT
rounds=0
while [ "$SECONDS" -lt "$seconds" ]; do
	if ! tools/each-module.sh go test -race -shuffle=on -count=1 -timeout 20m ./... >"$output" 2>&1; then
		cat "$output"
		echo "round $((rounds + 1)) failed after $SECONDS seconds" >&2
		exit 1
	fi
	rounds=$((rounds + 1))
	echo "round $rounds passed after $SECONDS seconds"
done
