# Two commands do everything on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
.DELETE_ON_ERROR:
CARGO ?= cargo
SCALE ?= 0.05
SCALE_BENCH ?= 1
SCALES ?= 0.1 0.3 1
JOBS ?= 1 2
FLOWS ?= 10 50 100 500
ROUNDS ?= 1
EPOCH ?= C
PIPELINE ?= dispatch
KEEP ?=
FORMAT ?= text
FEATURES ?= failpoints
export CARGO_TERM_COLOR ?= auto
# Where what only the tests need is kept, between clones too.
export REHOME_TOOLS ?= $(HOME)/.cache/rehome-tools
VENV = $(REHOME_TOOLS)/venv
READERS = tests/it/python/requirements.txt
VENV_PEERS = $(REHOME_TOOLS)/peers-venv
PEERS = benches/peers/python/requirements.txt

.PHONY: demo test cluster roundtrip dialect crash lint bench bench-peers bench-scaling install tools packages

# Everything that the build, PostgreSQL and the tests need, where something is missing.
tools: PYTHON = yes
tools: BROWSER = yes
tools: packages
	@cmp -s $(READERS) "$(VENV)/requirements.txt" && exit 0; \
	echo "installing readers of Parquet for the tests into $(VENV)"; \
	python3 -m venv --clear "$(VENV)" && "$(VENV)/bin/pip" install --quiet -r $(READERS) \
	  && cp $(READERS) "$(VENV)/requirements.txt"
	@cmp -s $(PEERS) "$(VENV_PEERS)/requirements.txt" && exit 0; \
	echo "installing what the benchmark is compared with into $(VENV_PEERS)"; \
	python3 -m venv --clear "$(VENV_PEERS)" && "$(VENV_PEERS)/bin/pip" install --quiet -r $(PEERS) \
	  && cp $(PEERS) "$(VENV_PEERS)/requirements.txt"

# What the build and PostgreSQL need, from Debian's packages, where something is missing and we may install.
packages:
	@missing=""; \
	command -v cc   >/dev/null || missing="$$missing gcc libc6-dev"; \
	pkg-config --exists openssl 2>/dev/null || missing="$$missing pkg-config libssl-dev"; \
	found=""; for dir in "" "$$(pg_config --bindir 2>/dev/null)/" /usr/lib/postgresql/*/bin/; do \
	  command -v "$${dir}initdb" >/dev/null && command -v "$${dir}postgres" >/dev/null && found=yes; done; \
	[ -n "$$found" ] || missing="$$missing postgresql postgresql-contrib"; \
	[ -z "$(BROWSER)" ] || command -v chromium >/dev/null || missing="$$missing chromium"; \
	[ -z "$(PYTHON)" ] || python3 -c "import venv, ensurepip" 2>/dev/null || missing="$$missing python3-venv"; \
	command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust first (https://rustup.rs)" >&2; exit 2; }; \
	[ -z "$$missing" ] && exit 0; \
	sudo=""; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	if ! command -v apt-get >/dev/null || ! $$sudo true 2>/dev/null; then \
	  echo "missing:$$missing. Install these packages, then run make again." >&2; exit 2; fi; \
	echo "installing$$missing"; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing >/dev/null

# A synthetic legacy database is migrated on a throwaway PostgreSQL. SCALE=1 is the whole reference case.
demo: packages
	@$(CARGO) build --release --locked
	@"$${CARGO_TARGET_DIR:-target}/release/rehome" demo --scale $(SCALE) --epoch $(EPOCH) --pipeline $(PIPELINE) \
	  --format $(FORMAT) $(if $(KEEP),--keep)

# Every test, on PostgreSQL servers that the tests start themselves. FEATURES=failpoints,cluster: those over several machines too.
test: tools
	@$(CARGO) test --release --locked --features $(FEATURES) --no-fail-fast

# Flows over several machines, which the tests start in their own process.
cluster: packages
	@$(CARGO) test --release --locked --features cluster --lib --test cluster

# A million values of every type through the whole, PostgreSQL as the judge. REHOME_SEED, REHOME_VALUES, REHOME_TYPES.
roundtrip: tools
	@$(CARGO) test --release --locked --features failpoints --test it -- --ignored --nocapture a_million_values_of_every_type

# A million expressions put together, PostgreSQL as the judge. REHOME_SEED, REHOME_DIALECT_CASES.
dialect: tools
	@REHOME_SEED=$${REHOME_SEED:-$$(date +%s)} REHOME_DIALECT_CASES=$${REHOME_DIALECT_CASES:-1000000} $(CARGO) test --release --locked --features failpoints --test dialect -- --nocapture generated

# A thousand kills of first loads, differences and rollbacks, and 500 histories taken back. REHOME_SEED for the same again.
crash: tools
	@REHOME_KILLS=$${REHOME_KILLS:-1000} REHOME_CUTS=$${REHOME_CUTS:-100} REHOME_CASES=$${REHOME_CASES:-500} \
	  REHOME_LOAD_ROWS=$${REHOME_LOAD_ROWS:-100000} REHOME_LOAD_KILLS=$${REHOME_LOAD_KILLS:-200} $(CARGO) test --release --locked --features failpoints \
	  --test it -- --nocapture kills:: load_workers:: failpoints:: broken:: rollback::whatever order_of_load::large

# What a change must pass besides the tests.
lint:
	@$(CARGO) fmt --check
	@$(CARGO) clippy --release --all-targets --all-features --locked -- -D warnings

# rehome beside COPY piped into COPY, at scale 1: both times, their ratio, rows/s, peak memory. Then the small benchmarks.
bench: packages
	@$(CARGO) build --release --locked
	@$(CARGO) bench --locked --bench whole -- $(SCALE_BENCH)
	@$(CARGO) bench --locked --bench parts

# rehome beside what people write by hand and the floor of what the server can take: four large tables, at scale 1.
bench-peers: tools
	@$(CARGO) build --release --locked
	@$(CARGO) bench --locked --bench peers -- $(SCALE_BENCH)

# How time and memory grow with rows, threads and flows: docs/scaling.md and its chart. SCALES="0.1 0.3 1", JOBS="1 2",
# FLOWS="10 50 100 500"; an empty one is left out. ROUNDS=3 tells the median of three. REHOME_BIN measures another program.
bench-scaling: packages
	@$(CARGO) build --release --locked
	@$(CARGO) bench --locked --bench scaling -- --scales "$(SCALES)" --jobs "$(JOBS)" --flows "$(FLOWS)" --rounds $(ROUNDS) \
	  --format $(FORMAT) --out "$(CURDIR)/docs/scaling.svg"

# Puts the command on the path.
install: packages
	@$(CARGO) install --locked --path .
