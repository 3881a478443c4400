# plumbago: what a developer types. `make` alone lists it.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
export GOFLAGS ?= -buildvcs=false

.PHONY: help build run test unit lint fuzz corpus bench torture peers assets release image clean allocs growth week

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

build: bin/plumbago ## the static binary, in bin/

bin/plumbago: FORCE
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/plumbago

run: build ## the gateway on loopback, data in ./plumbago-data
	bin/plumbago serve

peers: ## install the Debian packages of the peers that the tests talk to
	@sh e2e/install-peers.sh

test: peers build ## everything, with the race detector
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -timeout 15m ./...

unit: ## the tests that need no peers, without the race detector
	CGO_ENABLED=0 $(GO) test -short ./...

allocs: build ## what a point allocates, without the race detector, which changes it
	CGO_ENABLED=0 $(GO) test -run Alloc ./internal/... ./wire/... ./route ./tenant
	CGO_ENABLED=0 PLUMBAGO_BINARY=$(CURDIR)/bin/plumbago $(GO) test -count=1 -run TestAPointCostsNoAllocation ./e2e

lint: ## gofmt, go vet (Linux and darwin), staticcheck, govulncheck
	@sh .ci/lint

assets: ## take the page's uPlot from its package again (needs npm)
	@sh admin/fetch-uplot

FUZZTIME ?= 10s
fuzz: ## a short pass of every fuzzer (FUZZTIME=10s)
	@sh .ci/fuzz $(FUZZTIME)

corpus: ## make seeds of what the fuzzers have found so far
	@bash .ci/corpus

bench: build peers ## the comparison with the peers that Debian packages, 25 minutes (BENCHFLAGS=-short: 4)
	@$(GO) run ./bench $(BENCHFLAGS)

growth: build ## how cost grows with destinations, rules, names and what waits (GROWTHFLAGS=-quick); writes docs/performance.md
	@$(GO) run ./bench growth $(GROWTHFLAGS)

week: build ## a week's points as fast as it goes, and whether memory stays what it was (WEEKFLAGS='-points 3e8 -o ""'); writes docs/performance.md
	@$(GO) run ./bench week $(WEEKFLAGS)

release: ## archives, packages and images for every system, with digests and bills of materials, in dist/
	@rm -rf dist && $(GO) run ./packaging --version $(VERSION) release

image: ## images of containers alone, in dist/; needs no docker
	@$(GO) run ./packaging --version $(VERSION) image

TORTURETIME ?= 10m
SEED        ?= 0
torture: ## random faults, and proof that nothing is lost (TORTURETIME=10m SEED=…)
	@$(GO) run ./torture -time $(TORTURETIME) -seed $(SEED)

clean:
	rm -rf bin dist

FORCE:
