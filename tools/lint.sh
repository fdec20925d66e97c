#!/usr/bin/env bash
# Checks the code of every module and of the web page without running it. All
# checks run, also when one finds something.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
failed=0

# With -n the go command builds the program and only says where it is.
(sleep 5 && echo "lint: building golangci-lint; the first time it takes some minutes" >&2) &
notice=$!
tools/quiet.sh tools/tool.sh -n golangci-lint
kill "$notice" 2>/dev/null || true

tools/each-module.sh "$top/tools/quiet.sh" "$top/tools/tool.sh" golangci-lint run --config "$top/.golangci.yml" ./... || failed=1
# The modules below test/ replace the main one by its directory, which has no sum.
tools/quiet.sh go mod verify || failed=1
tools/each-module.sh "$top/tools/quiet.sh" go mod tidy -diff || failed=1
for script in tools/*.sh .ci/run; do
	bash -n "$script" || failed=1
done
if [ -d internal/web/ui/node_modules ]; then
	tools/quiet.sh npm --prefix internal/web/ui run check || failed=1
else
	echo "No Node.js: internal/web/ui is not checked." >&2
fi
[ "$failed" = 0 ] && echo "lint: nothing found"
exit "$failed"
