# `make help` lists the targets.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X berth/cmd/internal/cli.Version=$(VERSION) -X berth/cmd/internal/cli.Commit=$(COMMIT)
# PACKAGES and TESTFLAGS narrow the tests: make test PACKAGES=./ui/... TESTFLAGS=-short
PACKAGES  ?= ./...
TESTFLAGS ?=
FUZZTIME  ?= 10s
BENCHTIME ?= 1s
BENCHFLAGS ?=
export CGO_ENABLED = 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Copied, as an installation does it: the linker writes through a memory map, page by page, and the page cache
# keeps the program so. From single pages each start takes half a millisecond more than from what cp wrote.
.PHONY: build
build: ## build bin/berth and its companions, static
	@mkdir -p bin .cache/bin
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o .cache/bin/ ./cmd/berth...
	@for p in .cache/bin/*; do cp $$p bin/.new && mv -f bin/.new bin/$${p##*/} || exit; done

.PHONY: build-arm64
build-arm64: ## build bin/arm64/berth and its companions, and vet all code for arm64
	@mkdir -p bin/arm64
	GOARCH=arm64 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/arm64/ ./cmd/berth...
	GOARCH=arm64 $(GO) vet ./...

# The state lies beside that of everyday use, so that trying Berth changes nothing there.
.PHONY: run
run: export BERTH_ROOT ?= $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/berth-demo
run: build ## build and open the workstation on the built-in registry, without network, as root or not
	@if [ -t 0 ] && [ -t 1 ]; then \
	  exec bin/berth --demo; \
	else \
	  echo "There is no terminal here: this runs hello-world on the command line instead of opening the workstation." && \
	  echo "State: $$BERTH_ROOT" && \
	  bin/berth --demo run hello-world && bin/berth --demo images && bin/berth --demo ps -a; \
	fi

# The log is kept to tell which abilities were missing. -json is not used: its reader would be one more program.
.PHONY: test
test: ## run everything that this machine can run, and say which abilities were missing
	@mkdir -p .cache
	@$(GO) test -v -timeout 10m $(TESTFLAGS) $(PACKAGES) > .cache/test.log 2>&1; status=$$?; \
	grep -aE '^(ok|FAIL|panic:)|^ *--- FAIL' .cache/test.log; \
	if [ $$status -ne 0 ]; then echo; echo "What the failed tests said (all of it: .cache/test.log):"; \
	  awk -f .ci/failed.awk .cache/test.log | head -n 3000; fi; \
	echo; echo "Missing abilities, and how many tests each kept from running:"; \
	grep -aoE 'missing ability: .*' .cache/test.log | sort | uniq -c | sort -rn | sed 's/missing ability: //' | grep . || echo "      none"; \
	exit $$status

.PHONY: lint
lint: ## check format, vet for both architectures, and run staticcheck
	@out=$$(gofmt -l cmd engine pty themes ui screenshots); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	GOARCH=arm64 $(GO) vet ./...
	$(GO) tool staticcheck ./...

.PHONY: bench
bench: build ## measure berth and the installed peers side by side; BENCHFLAGS='-h' lists what can be chosen
	$(GO) run ./cmd/internal/bench -berth bin/berth $(BENCHFLAGS)

.PHONY: bench-go
bench-go: ## run the Go benchmarks, for BENCHTIME each
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PACKAGES)

.PHONY: screenshots
screenshots: ## render the pictures in screenshots/
	$(GO) run ./screenshots

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME
	@list=$$($(GO) test -list '^Fuzz' $(PACKAGES)) || { echo "$$list"; exit 1; }; \
	echo "$$list" | awk '/^Fuzz/ {names[n++] = $$1} /^ok/ {for (i = 0; i < n; i++) print $$2, names[i]; n = 0}' | \
	while read -r package name; do \
	  echo "== $$package $$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; \
	done

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf bin .cache coverage.out
