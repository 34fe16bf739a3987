# The commands of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Targets share one build folder and cargo uses every core itself.
.NOTPARALLEL:
.PHONY: help setup build demo test test-long zombienet check-features check lint bench-chain bench-prover weights
.PHONY: bench-browser bench-since bench-sequencer check-spec-ids clean-params crash fuzz load

# Where cargo builds, where the scripts keep what they make once (settings of the build, tools), and where the prover
# keeps its parameters.
export CARGO_TARGET_DIR ?= $(CURDIR)/target
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cloister
PARAMS := $(or $(CLOISTER_CACHE),$(CACHE)/params)

# A tape of trades for `demo` and `load`, and how many of its first trades the demo takes. Without a tape both make a
# market of their own.
TRADES ?=
LIMIT ?=

# One-minute bars for `crash`, and how many of its minutes; without a file the minutes are drawn.
PRICES ?=
MINUTES ?=

# Options of `weights`, for example: --check, --pallet risk, --benchmark open, --steps 5 --repeats 3.
WEIGHTS ?=

# How long `fuzz` looks, and `load` trades.
SECONDS := 600

# Options of `bench-prover`, for example: --circuit synthetic-17 --rounds 9, --memory 18,20, --markdown full-path.
# Options of `bench-since`, for example: --circuits synthetic-17,batch-dev --rounds 9.
BENCH ?=

# The commit whose proving engine `bench-since` takes.
SINCE := 235b41c

# Messages of a day in the format of LOBSTER, for `bench-sequencer`.
MESSAGES ?=

# scripts/setup.sh writes which toolchains this machine builds with.
CARGO := . "$(CACHE)/env" && cargo
# One selection of packages and one profile, in every command. Cargo unites the features of all selected packages and,
# as soon as a test is among the targets, of their dev-dependencies: `build --bins` alone would compile over a hundred
# dependencies (libp2p, FRAME and all above them) with other features than `test`, so twice. Therefore `build` names one
# small test; what it compiles is then a subset of what `test` needs (docs/decisions/0003).
SELECTION := --locked --release --workspace
ANCHOR_TEST := generator
BINARIES := $(CARGO_TARGET_DIR)/release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what the build needs, if anything is missing
	@scripts/setup.sh

build: setup ## build the binaries: `cloister-node`, `cloister`, `cloister-prover`
	@$(CARGO) build $(SELECTION) --bins --test $(ANCHOR_TEST)

demo: build ## trade on a fresh chain, with real proofs (TRADES=file, LIMIT=count)
	@"$(BINARIES)/cloister" demo $(if $(TRADES),--trades "$(TRADES)") $(if $(LIMIT),--limit "$(LIMIT)") \
		--summary "$(CARGO_TARGET_DIR)/demo-summary.json"

# Some fifteen minutes. What must hold is in docs/real-days.md; other options: `crash-day --help`.
crash: build ## an hour of March 2020 over a real node, with real proofs (PRICES=file, MINUTES=count)
	@"$(BINARIES)/crash-day" $(if $(PRICES),--prices "$(PRICES)") $(if $(MINUTES),--minutes "$(MINUTES)") \
		--markdown "$(CARGO_TARGET_DIR)/crash-day.md"

# On loopback. The table goes to the output as it grows; what the lines mean is in tests/README.md.
load: build ## trade at the rate that this machine holds, with real proofs, ten minutes (SECONDS=600, TRADES=file)
	@"$(BINARIES)/cloister-load" --seconds "$(SECONDS)" $(if $(TRADES),--trades "$(TRADES)")

test: build ## run every test of the workspace, and compile for the browser what runs in it
	@scripts/check-spec-ids.sh
	@. "$(CACHE)/env" && scripts/test.sh
	@. "$(CACHE)/env" && scripts/check-browser.sh

# A release is preceded by one; CLOISTER_UNITS and CLOISTER_SEED choose another number of units and another beginning.
test-long: build ## the long runs that `make test` leaves out: every wire, 30,000 units, 210 crashes (over an hour)
	@$(CARGO) test $(SELECTION) --test mutation --test properties --test batch --test books --test e2e \
		-- --ignored --nocapture

# Each test proves with all cores.
zombienet: build ## run six networks of several nodes, in which some die, lie or leave (half an hour)
	@$(CARGO) test $(SELECTION) --test networks -- --include-ignored --nocapture --test-threads 1

# The SDK is compiled again for each, so the gate leaves them out. A release is preceded by them.
check-features: setup ## run the benchmarks once; compile the runtime with them, and with `try-runtime` (half an hour)
	@. "$(CACHE)/env" && cargo test --locked --release -p pallet-cloister-risk -p pallet-cloister-execution \
		-p pallet-cloister-timelock -p pallet-cloister-verifier -p pallet-cloister-sequencers -p pallet-cloister-bonds \
		--features pallet-cloister-risk/runtime-benchmarks,pallet-cloister-execution/runtime-benchmarks \
		--features pallet-cloister-timelock/runtime-benchmarks,pallet-cloister-verifier/runtime-benchmarks \
		--features pallet-cloister-sequencers/runtime-benchmarks,pallet-cloister-bonds/runtime-benchmarks --lib bench
	@. "$(CACHE)/env" && SKIP_WASM_BUILD=1 cargo check --locked --release -p cloister-runtime --features runtime-benchmarks
	@. "$(CACHE)/env" && SKIP_WASM_BUILD=1 cargo check --locked --release -p cloister-runtime --features try-runtime

# Only our own crates are compiled again, with counters. What is found lies in `runtime/fuzz/regressions`, whose files
# `make test` runs.
fuzz: setup ## look for sequences of calls that break the chain (SECONDS=600)
	@export RUSTC_WORKSPACE_WRAPPER="$(CURDIR)/runtime/fuzz/instrument.sh" && $(CARGO) build $(SELECTION) \
		--features cloister-runtime-fuzz/libfuzzer --bin cloister-runtime-fuzz --test $(ANCHOR_TEST)
	@runtime/fuzz/fuzz.sh "$(BINARIES)/cloister-runtime-fuzz" "$(CACHE)/fuzz" "$(SECONDS)"

check: setup ## for daily work: lint, and the tests of the crates that were changed
	@. "$(CACHE)/env" && scripts/check.sh

lint: setup ## style of code, words, manifests and folders; circles of imports; licences; clippy
	@. "$(CACHE)/env" && scripts/lint.sh

# The runtime is built with a call that no chain has, and so is the node that this leaves in the build folder until the
# next `make build`.
bench-chain: setup ## measure verification and hashing, inside the Wasm runtime and natively
	@$(CARGO) test $(SELECTION) --features cloister-node/measure --bench chain

# In its own folder, where cargo finds the flags that all engines are compiled with.
bench-prover: override export CARGO_TARGET_DIR := $(CARGO_TARGET_DIR)/bench-prover
bench-prover: setup ## measure proving beside other engines, about 20 minutes (BENCH="options", BENCH=--help)
	@cd prover/bench && $(CARGO) run --locked --release -- $(BENCH)

# A proof of a seal in WebAssembly; not from the bench's folder, whose flags are those of another processor.
bench-browser: setup ## measure proofs of a seal in WebAssembly beside the crate groth16, with vectors and without
	@. "$(CACHE)/env" && scripts/bench-browser.sh

# Both engines in one process, on one pinned thread, with proofs of the same bytes.
bench-since: setup ## measure proving beside our own engine of a commit (SINCE=235b41c; BENCH="options", BENCH=--help)
	@. "$(CACHE)/env" && scripts/bench-since.sh "$(SINCE)" $(BENCH)

# The bench beside another order book is a workspace of its own, like that of the prover. Receipts wait for the disk of
# the build folder.
bench-sequencer: setup ## measure orders a second and receipts, two minutes (MESSAGES=file: beside another order book)
	@$(CARGO) run --locked --release -p cloister-engine --example orders_per_second
	@$(CARGO) run --locked --release -p cloister-journal --example receipts -- "$(CARGO_TARGET_DIR)"
	$(if $(MESSAGES),@$(CARGO) run --locked --release --manifest-path sequencer/bench/Cargo.toml -- "$(MESSAGES)")

# Natively it compiles little more than `make build` does; the runtime is compiled to Wasm once more, with benchmarks.
weights: setup ## measure what calls cost, and write pallets/*/src/weights/measured.rs (half an hour; WEIGHTS="options")
	@time ($(CARGO) build $(SELECTION) --features cloister-bencher/std --bin cloister-bencher --test $(ANCHOR_TEST))
	@time "$(BINARIES)/cloister-bencher" $(WEIGHTS)
	@$(CARGO) fmt --all

check-spec-ids: ## every specification id in the code exists in docs/spec, and the other way round
	@scripts/check-spec-ids.sh

clean-params: ## delete the cached proving parameters and compiled runtimes; the next use makes them anew
	@rm -f "$(PARAMS)"/*.key "$(PARAMS)"/*.lock
	@rm -rf "$(PARAMS)/compiled-runtimes"
