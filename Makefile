# Coopnet. `make` or `make help` lists what can be done.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# nice: a build never takes the machine away from the person who works on it.
GO       ?= nice go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS  := -s -w -X main.version=$(VERSION)
# Static programs: they run on any Linux of the same processor. Tests without the race detector are built in the same way.
GOBUILD  := CGO_ENABLED=0 $(GO) build -ldflags '$(LDFLAGS)'
DATA     ?= data
# Of make soak.
MINUTES  ?= 30
VIEWERS  ?= 200
# Programs appear in the build as soon as their folder exists.
PROGRAMS := $(patsubst %/,%,$(dir $(wildcard standalone/cmd/*/main.go relay/cmd/*/main.go infra/cmd/coopnet-*/main.go)))
FUNCTIONS := $(patsubst functions/%/lambda/main.go,%,$(wildcard functions/*/lambda/main.go))
# What a deployment uploads is for arm64, and the same for the same source: no path, no time.
GOARM    := CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) build -trimpath -buildvcs=false -tags lambda.norpc -ldflags '$(LDFLAGS)'
# What the race detector, with -short, leaves out or makes meaningless: the tests of the relay that count allocations or
# take their time, and those elsewhere that are named ...InTime. They run once more without it.
UNRACED   = $(shell grep -rlE --include='*_test.go' 'AllocsPerRun|testing\.Short\(\)' relay)
UNRACEDRUN = $(shell awk '/^func Test/ { match($$0, /Test[A-Za-z0-9_]*/); name = substr($$0, RSTART, RLENGTH) } \
	/AllocsPerRun|testing\.Short\(\)/ { print name }' $(UNRACED) | sort -u | paste -sd '|')
# SQLite, as C turned into Go: looking at each of its pointers costs a quarter of these tests.
UNCHECKED := -gcflags=modernc.org/...=-d=checkptr=0
WEB      := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/e2e -prune -o -type f -print)

.PHONY: help run test test-unraced test-portal check bench bar soak fuzz screenshots build package package-test wayland-test libvpx-windows install portal programs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: portal bin/coopnet ## build and start everything on this machine: http://localhost:8080
	@exec bin/coopnet serve --data $(DATA)

test: install portal ## install what is missing and run every test, the browser ones too
	CGO_ENABLED=0 $(GO) test ./infra/... ./packaging ./standalone/... ./web
	$(MAKE) --no-print-directory -j 2 --output-sync=target test-unraced test-portal
	$(GO) test -race $(UNCHECKED) -short -p 4 ./shared/... ./functions/...
	$(GO) test -race -short -p 3 ./relay/... ./client/...
	$(GO) test -race -run '^TestTheSoftware(BehindAProxy)?$$' ./standalone
	$(MAKE) --no-print-directory programs functions
	cd web && npm run e2e
	cd web && COOPNET_EDITION=cloud npm run e2e -- flow desk -t 'Chromium|support'

# Beside each other: the first waits for most of its time.
test-unraced:
	CGO_ENABLED=0 $(GO) test -run '^($(UNRACEDRUN))$$|InTime' $(sort $(dir $(UNRACED:%=./%))) ./functions/portal ./functions/store/...

test-portal:
	cd web && npm test

check: install portal ## formatting, vet, static analysis, import and size rules, types
	@unformatted="$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go'))"; \
	if [ -n "$$unformatted" ]; then echo "Run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) test -count=1 -run '^Test(Imports|Habits|Docs)' ./standalone
	cd web && npm run check
	@.ci/vulnerabilities

# A benchmark is not nice: its figures would be those of whatever else runs.
bench: ## run the benchmarks and print a table; SCALE=1: the relay with up to 1,000 viewers
	@.ci/install bench
	@$(if $(SCALE),:,.ci/install bar)
	@$(filter-out nice,$(GO)) test -run '^$$' -bench '$(if $(SCALE),^BenchmarkScale$$,.)' -benchmem -timeout 30m $(if $(SCALE),./relay/cmd/relayload,./...) | .ci/benchtable
	@$(if $(SCALE),:,$(MAKE) --no-print-directory bar)

# Two minutes and a half for each of the ROUNDS.
bar: portal programs ## the software beside Chromium, which share the same screen; ROUNDS=3, SPAN=10, SCENES=still,scrolling
	@.ci/install bar
	@cd web && COOPNET_BAR=1 ROUNDS='$(ROUNDS)' SPAN='$(SPAN)' SCENES='$(SCENES)' npm run --silent e2e 2>&1 | ../.ci/benchtable

soak: ## VIEWERS=200 come and go for MINUTES=30: the memory and goroutines of the relay must stay as they are
	@MINUTES=$(MINUTES) VIEWERS=$(VIEWERS) $(GO) test -count=1 -v -run '^TestSoak$$' -timeout $$(($(MINUTES) + 10))m ./relay/cmd/relayload

fuzz: ## throw malformed and hostile input at every parser; FUZZTIME=1m each, FUZZ=name for some of them
	@FUZZTIME='$(or $(FUZZTIME),1m)' FUZZ='$(FUZZ)' .ci/fuzz

# SCENES=desk,door: those of web/e2e/scenes alone.
screenshots: install portal programs ## pictures of every page and state into DIR=screenshots, with an index.html
	cd web && COOPNET_SCREENSHOTS='$(abspath $(or $(DIR),screenshots))' COOPNET_SCENES='$(SCENES)' npm run e2e

build: portal programs lambdas fleet ## build the programs and the cloud's archives into bin/, the portal into web/dist/

package: ## the software's installers, into build/packages/; VERSION, ORIGINS, PUBLISHERS, SIGN_CERT: see docs/packaging.md
	@.ci/install package
	@packaging/package

package-test: ## build the installers, install, use and remove them, the one for Windows under Wine; five minutes of a free machine
	@.ci/install package-test
	@mkdir -p build/package-test # pictures of what has gone wrong
	COOPNET_PACKAGES=1 $(GO) test -count=1 -v -timeout 60m -artifacts -outputdir '$(abspath build/package-test)' ./packaging

wayland-test: ## capture a session of Wayland through a real PipeWire; without its packages `make test` leaves that out
	@.ci/install wayland
	COOPNET_WAYLAND=1 $(GO) test -race -count=1 -v ./client/pipewire ./client/capture/wayland
	COOPNET_WAYLAND=1 $(GO) test -race -count=1 -v -run '^TestTheSoftwareUnderWayland$$' ./standalone

libvpx-windows: ## the encoder's library for Windows, from Debian's source package; two minutes, once
	@.ci/install windows
	@client/encode/vpx/build-windows

install:
	@.ci/install

portal: web/dist/index.html

programs: $(patsubst %,bin/%,$(notdir $(PROGRAMS)))

# The Go tool knows best what has changed, and answers in a second when nothing has.
.PHONY: $(patsubst %,bin/%,$(notdir $(PROGRAMS)))
$(patsubst %,bin/%,$(notdir $(PROGRAMS))): bin/%: portal
	$(GOBUILD) -o $@ ./$(filter %/$*,$(PROGRAMS))

lambdas: $(patsubst %,bin/lambda/%.zip,$(FUNCTIONS))

.PHONY: lambdas functions fleet $(patsubst %,bin/lambda/%.zip,$(FUNCTIONS)) $(patsubst %,bin/functions/%/bootstrap,$(FUNCTIONS))
$(patsubst %,bin/lambda/%.zip,$(FUNCTIONS)): bin/lambda/%.zip:
	$(GOARM) -o bin/lambda/$*/bootstrap ./functions/$*/lambda
	@$(GO) run ./infra/cmd/archive $@ bin/lambda/$*/bootstrap

# The same functions for this machine: bin/coopnet-cloud runs them.
functions: $(patsubst %,bin/functions/%/bootstrap,$(FUNCTIONS))

$(patsubst %,bin/functions/%/bootstrap,$(FUNCTIONS)): bin/functions/%/bootstrap:
	$(GOBUILD) -tags lambda.norpc -o $@ ./functions/$*/lambda

fleet: # what a relay of the fleet fetches when it starts
	$(GOARM) -o bin/fleet/relay ./relay/cmd/relay
	@$(GO) run ./infra/cmd/archive bin/fleet/relay-linux-arm64.tar.gz bin/fleet/relay $(wildcard infra/relay/*)

web/dist/index.html: $(WEB)
	@.ci/install web
	cd web && npm run build
	@# Git keeps this file so that the embedded folder always exists.
	@git checkout -q -- web/dist/.keep 2>/dev/null || touch web/dist/.keep
	@touch $@

clean: ## remove what the build made (never the data)
	rm -rf bin build web/node_modules functions/store/dynamo/dynamotest/node_modules functions/store/s3/s3test/bin
	find web/dist -mindepth 1 ! -name .keep -delete
