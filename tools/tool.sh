#!/usr/bin/env bash
# tool.sh NAME ARG...: runs a program of tools/go.mod in the present directory.
# The first call builds it, which takes minutes for golangci-lint; the go
# command keeps the result in its build cache.
set -euo pipefail
exec go tool -modfile="$(dirname "$(realpath "$0")")/go.mod" "$@"
