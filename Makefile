# Targets for developers; `make` lists them. `make check` is what CI runs.

GO          ?= go
# The newest that Go 1.25 can build.
GOLANGCI    ?= github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.2
FUZZTIME    ?= 30s
BENCHTIME   ?= 1s
COUNT       ?= 1
ROUNDS      ?= 20
MUTANTS     ?= .
# Findings name files by their full path, so no other checkout may have written them.
export GOLANGCI_LINT_CACHE := $(CURDIR)/.cache/golangci-lint

# Modules of their own, so that nobody inherits what only tests, benchmarks and examples need.
NESTED := $(patsubst ./%/go.mod,%,$(sort $(shell find . -mindepth 2 -name go.mod)))
# Where bots run besides: go vet compiles for each of them.
PLATFORMS := windows/amd64 darwin/arm64 linux/arm linux/386
# Libraries that we are tested with at their lowest and latest version.
LIBRARIES := gopkg.in/telebot.v3 github.com/go-telegram-bot-api/telegram-bot-api/v5 github.com/go-telegram/bot github.com/google/uuid github.com/redis/go-redis/v9

.DEFAULT_GOAL := help
.PHONY: help demo picture test race chaos check fmt vet lint tidy generate lowest latest api release size fuzz bench bench-peers

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## play a conversation with three bots and show the events that arrive
	$(GO) run ./examples/playground -headless

picture: ## take the picture of the playground that README shows; needs Chromium
	cd examples/playground/browsertest && BB_PICTURE=$(CURDIR)/docs/playground.png $(GO) test -count 1 -run TestGuide .

test: ## run the tests, long ones in their short form; needs nothing but Go
	$(GO) test -short ./...

race: ## run all tests in their long form with the race detector; needs a C compiler
	$(GO) test -race ./...
	$(GO) test -run Memory ./core/disk # what the race detector would measure is its own
	@for dir in $(NESTED); do (cd $$dir && $(GO) test -race ./...) || exit 1; done

chaos: ## kill bots a hundred times, with an API that fails half of the time; fail the power below core/disk; simulate 5,000 seeds
	BB_CHAOS_ROUNDS=5000 $(GO) test -timeout 60m -run TestSimulation ./core
	BB_CHAOS_ROUNDS=100 $(GO) test -race -v -run 'TestKill$$|TestBotKilled' ./core/disk
	BB_CHAOS_ROUNDS=1000 $(GO) test -race -v -run TestKilledWhile ./core/disk
	BB_CHAOS_ROUNDS=10000 $(GO) test -v -run TestCrashAtAnyPoint ./core/disk
	BB_CHAOS_ROUNDS=500 $(GO) test -race -v -run TestEachEventExistsOnce ./core
	BB_CHAOS_ROUNDS=100 $(GO) test -race -v -run TestReplicasKilled ./core/redis

mutants: ## plant faults, one at a time, whose promise MUTANTS is a pattern of; tests have to find each
	@BB_MUTANTS='$(MUTANTS)' $(GO) test -timeout 3h -v -run 'TestMutants$$' ./docs/repotest | \
	awk '/mutants planted/ { last = $$2 " " $$3 " " $$4 " " $$5 " " $$6 } { print } END { print last; exit last !~ / 0 lived$$/ }'

check: fmt vet lint tidy api test race latest ## everything that CI runs

fmt: ## fail if a file is not formatted
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not formatted, run gofmt -w on:"; echo "$$files"; exit 1; fi

vet: ## go vet, also for Windows, macOS and 32 bit
	$(GO) vet ./...
	@for platform in $(PLATFORMS); do \
		echo "go vet for $$platform"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) vet ./... || exit 1; \
	done
	@for dir in $(NESTED); do (cd $$dir && $(GO) vet ./...) || exit 1; done

lint: ## golangci-lint
	$(GO) run $(GOLANGCI) run ./...
	@for dir in $(NESTED); do (cd $$dir && $(GO) run $(GOLANGCI) run ./...) || exit 1; done

tidy: ## fail if go.mod or go.sum is not tidy
	$(GO) mod tidy -diff
	@for dir in $(NESTED); do (cd $$dir && $(GO) mod tidy -diff) || exit 1; done

generate: ## write the adapter for telebot.v4 from that for telebot.v3
	$(GO) test ./docs/repotest -run TestTelebotV4IsGenerated -update

lowest: ## test adapters and core/redis with the lowest version of each library, that of go.mod
	@$(GO) list -m $(LIBRARIES)
	$(GO) test ./telebot ./tgbotapi ./gotelegram ./core/redis

latest: ## test adapters and core/redis with the latest version of each library
	@dir=$$(mktemp -d) && trap 'rm -rf $$dir' EXIT && cp go.mod go.sum $$dir/ && \
	$(GO) get -modfile=$$dir/go.mod $(addsuffix @latest,$(LIBRARIES)) && \
	$(GO) test -short -modfile=$$dir/go.mod ./telebot ./tgbotapi ./gotelegram ./core/redis

api: ## compare the exported API with docs/api.txt (UPDATE=1 writes it) and with the last tag
	$(GO) test ./docs/repotest -run TestAPIIsListed $(if $(UPDATE),-update)
	@.ci/apidiff

release: check chaos mutants ## see whether main can be tagged as VERSION, and say how
	@.ci/release $(VERSION)

size: ## count the lines of the product, of what stands beside it, and of tests
	@.ci/size

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@for target in $$(grep -rl --include='*_test.go' '^func Fuzz' core); do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$target); do \
			echo "$$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) ./$$(dirname $$target) || exit 1; \
		done; \
	done

bench: ## run the benchmarks, COUNT times each (benchstat reads the output)
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -count $(COUNT) ./...

bench-peers: ## the same work by us and by others, ROUNDS times in turn; writes docs/performance.md and its drawing
	@dir=$$(mktemp -d) && trap 'rm -rf $$dir' EXIT && cd docs/bench && $(GO) test -c -o $$dir/bench . && \
	run() { $$dir/bench -test.run '^$$' -test.cpu 1 -test.bench "$$1" -test.benchtime "$$2" >>$$dir/out || { cat $$dir/out; exit 1; }; } && \
	for round in $$(seq $(ROUNDS)); do echo "round $$round of $(ROUNDS)"; run 'Deliver|Secure|Call|Keep|Growth' 1000x; run Memory 1x; done && \
	run 'Slow|Size' 1x && $(GO) run ./page <$$dir/out
