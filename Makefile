# make help lists the targets.
SHELL := /bin/bash
GOLANGCI_VERSION := v2.15.0
TOOLS := $(CURDIR)/.tools/bin

.PHONY: help demo test setup format vet lint unit browser bench pictures loadtest build clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: ## everything in one process on 127.0.0.1:8080, with transcription where it can be installed
	@.ci/setup speech || echo "Without transcription: voice messages are listened to, not read."
	go run ./cmd/helpline demo

build: ## one static binary: ./helpline
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o helpline ./cmd/helpline

setup: ## install what the tests use and this machine lacks
	@.ci/setup tests

test: setup format vet lint unit ## every check and test; what .ci/run calls

format:
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted:"; echo "$$unformatted"; exit 1; fi

vet:
	go vet ./...

lint: $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
	$< run ./...

$(TOOLS)/golangci-lint-$(GOLANGCI_VERSION):
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(TOOLS)/golangci-lint $@

unit: ## all Go tests with the race detector, fuzz seeds and browser tests among them
	go test -race -timeout 25m ./...

bench: ## the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

pictures: ## the pictures of the README, made by the browser tests
	@dir=$$(mktemp -d) && HELPLINE_PICTURES=$$dir go test -count=1 -run Browser ./channels/webchat ./channels/console && \
	cp $$dir/chat-urgent-phone.png $$dir/console-queue.png $$dir/console-conversation.png deploy/pictures/ && rm -r $$dir

loadtest: ## the figures of the README
	go run ./cmd/loadtest

clean:
	rm -rf helpline helpline-data .tools
