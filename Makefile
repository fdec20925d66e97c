# Stellwerk. `make` lists the targets. V=1 shows the commands.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
ifndef V
.SILENT:
endif

# The version comes from git, not from what the go command finds out itself:
# that fails in a clone that belongs to somebody else.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)

UI           := internal/web/ui
PAGE         := internal/web/dist/index.html
NODE_MODULES := $(UI)/node_modules/.package-lock.json
UI_SOURCES   := $(shell find $(UI) -path $(UI)/node_modules -prune -o -type f -print 2>/dev/null)
NODE         := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a > 20 || a == 20 && b >= 19) console.log("yes")' 2>/dev/null)

FUZZTIME ?= 30s
FUZZ     ?= .
BENCH    ?= .
COUNT    ?= 1
SOAKTIME ?= 1h

.PHONY: help
help: ## list the targets
	sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: demo
demo: build ## build everything and run the demonstration
	exec bin/stellwerk demo

.PHONY: run
run: ## run the router: make run FILE=stellwerk.yaml
	[ -n "$(FILE)" ] || { echo "make run needs a configuration: make run FILE=stellwerk.yaml" >&2; exit 2; }
	$(MAKE) build
	exec bin/stellwerk run "$(FILE)"

.PHONY: build
build: page ## build bin/stellwerk with the web page in it
	CGO_ENABLED=0 go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/ ./cmd/stellwerk

.PHONY: test
test: page ## install what the tests need, then run them all
	tools/needs.sh || echo "Going on: tests that need what is missing are skipped and say so." >&2
	tools/test.sh

.PHONY: lint
lint: $(if $(NODE),$(NODE_MODULES)) ## check the code without running it
	tools/lint.sh

.PHONY: fmt
fmt: ## format all Go files
	tools/each-module.sh $(CURDIR)/tools/tool.sh golangci-lint fmt

.PHONY: fuzz
fuzz: ## fuzz every target for FUZZTIME (30s); FUZZ=REGEXP picks some
	tools/fuzz.sh '$(FUZZ)' '$(FUZZTIME)'

.PHONY: bench
bench: ## run the benchmarks into bin/bench.txt; BENCH=REGEXP COUNT=6 OLD=FILE compares
	tools/bench.sh '$(BENCH)' '$(COUNT)' '$(OLD)'

.PHONY: interop
interop: build ## run the tests against programs of other people
	cd test/interop && go test -race -count=1 -timeout 20m ./...

.PHONY: soak
soak: page ## repeat all Go tests in random order for SOAKTIME (1h), until one fails
	tools/soak.sh '$(SOAKTIME)'

# The web page is embedded. Without Node the program is built without it: the
# server then says how to get it.
.PHONY: page
ifeq ($(NODE),yes)
page: $(PAGE)
else
page:
	echo "Node.js 20.19 or later is not there: going on without the web page. Install it and run make again to have the page." >&2
endif

$(PAGE): $(UI_SOURCES) $(NODE_MODULES)
	tools/quiet.sh npm --prefix $(UI) run build
	touch $@

$(NODE_MODULES): $(UI)/package.json $(UI)/package-lock.json
	tools/quiet.sh npm --prefix $(UI) ci --no-audit --no-fund
	touch $@
