# Targets for developers; `make` lists them. `make check` is what CI runs.

GO          ?= go
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.7.0
FUZZTIME    ?= 30s
BENCHTIME   ?= 1s
COUNT       ?= 1
REPS        ?= 5

# Modules of their own, so that nobody inherits what only tests and an example need.
NESTED := core/internal/leaktest core/internal/peers examples/playground/browsertest examples/telego
# Libraries that we are tested with at their lowest and latest version.
LIBRARIES := gopkg.in/telebot.v3 github.com/go-telegram-bot-api/telegram-bot-api/v5 github.com/go-telegram/bot github.com/google/uuid github.com/redis/go-redis/v9

.DEFAULT_GOAL := help
.PHONY: help demo test race chaos check fmt vet lint tidy latest fuzz bench bench-peers

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## play a conversation with three bots and show the events that arrive
	$(GO) run ./examples/playground -headless

test: ## run all tests; needs nothing but Go
	$(GO) test ./...

race: ## run all tests with the race detector, and look for leaked goroutines; needs a C compiler
	$(GO) test -race ./...
	@for dir in $(NESTED); do (cd $$dir && $(GO) test -race ./...) || exit 1; done

chaos: ## kill bots a hundred times, with an API that fails half of the time
	BB_CHAOS_ROUNDS=100 $(GO) test -race -v -run 'TestKill|TestBotKilled' ./core/disk
	BB_CHAOS_ROUNDS=500 $(GO) test -race -v -run TestEachEventExistsOnce ./core
	BB_CHAOS_ROUNDS=100 $(GO) test -race -v -run TestReplicasKilled ./core/redis

check: fmt vet lint tidy test race latest ## everything that CI runs

fmt: ## fail if a file is not formatted
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not formatted, run gofmt -w on:"; echo "$$files"; exit 1; fi

vet: ## go vet
	$(GO) vet ./...
	@for dir in $(NESTED); do (cd $$dir && $(GO) vet ./...) || exit 1; done

lint: ## staticcheck
	$(GO) run $(STATICCHECK) ./...
	@for dir in $(NESTED); do (cd $$dir && $(GO) run $(STATICCHECK) ./...) || exit 1; done

tidy: ## fail if go.mod or go.sum is not tidy
	$(GO) mod tidy -diff
	@for dir in $(NESTED); do (cd $$dir && $(GO) mod tidy -diff) || exit 1; done

latest: ## test adapters and core/redis with the latest version of each library
	@dir=$$(mktemp -d) && trap 'rm -rf $$dir' EXIT && cp go.mod go.sum $$dir/ && \
	$(GO) get -modfile=$$dir/go.mod $(addsuffix @latest,$(LIBRARIES)) && \
	$(GO) test -modfile=$$dir/go.mod ./telebot ./tgbotapi ./gotelegram ./core/redis

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@for target in $$(grep -rl --include='*_test.go' '^func Fuzz' core); do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$target); do \
			echo "$$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) ./$$(dirname $$target) || exit 1; \
		done; \
	done

bench: ## run the benchmarks, COUNT times each (benchstat reads the output)
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -count $(COUNT) ./...

bench-peers: ## the same work by us and by others, in one run of some minutes
	cd core/internal/peers && $(GO) run . -reps $(REPS) -svg ../../../docs/performance.svg
