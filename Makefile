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
# What `make dist` is made with, and where it puts what it makes.
VENV_PACKAGING = $(REHOME_TOOLS)/packaging-venv
PACKAGING = packaging/requirements.txt
CARGO_DEB = 3.8.0
CARGO_CYCLONEDX = 0.5.9
DIST ?= $${CARGO_TARGET_DIR:-target}/dist
DIST_FEATURES ?=

.PHONY: demo test cluster roundtrip dialect crash lint bench bench-peers bench-scaling install dist versions tools packages packaging

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

# Every test, on PostgreSQL servers that the tests start themselves. FEATURES=failpoints,cluster,otlp: those over several machines and of traces too.
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

# PostgreSQL 13 to 18, as source and as target, mixed too, and as a standby that is read; on each version the types (REHOME_VALUES a
# type), a share of the kills and of the ends at steps, and what concerns the target's objects. VERSIONS="13 18" for some.
VERSIONS ?= 13 14 15 16 17 18
OF_EACH_VERSION = types:: kills:: failpoints:: versions:: odd_source odd_target isolation:: extract:: own_tables target_keys matching:: load:: \
  instant:: privileges:: guarded:: doctor:: verify::structure sources:: partitions::
# Tests whose own tables or databases are of version 15 (NULLS NOT DISTINCT, a provider of locales, numerics of a negative scale) or 14 (infinite numerics, passwords that are hashed otherwise).
OF_NEWER = --skip isolation::each_bad --skip what_has_no_exact_type --skip a_wrong_password --skip load::every_type_is_recognised \
  --skip odd_target::bad_rows_go --skip odd_target::constraints_that_come_back --skip a_collation_is_told --skip types::queried::every_value_is_printed \
  --skip types::usable::a_table_of_all_types
# And of 14 alone: a type that it brought, and infinite numerics.
OF_14 = --skip types::the_judge_sees --skip types::types_without_input
versions: tools
	@folder=$$(mktemp -d /var/tmp/rehome-servers-XXXXXX) && trap 'rm -rf "$$folder"' EXIT && chmod 755 "$$folder" \
	  && tests/servers.sh "$$folder" \
	  && REHOME_SERVERS="$$folder" $(CARGO) test --release --locked --features $(FEATURES) --test it -- --ignored --nocapture versions:: \
	  && for version in $(VERSIONS); do echo "PostgreSQL $$version" && PATH="$$folder/$$version/bin:$$PATH" REHOME_VALUES=$${REHOME_VALUES:-1000} \
	    $(CARGO) test --release --locked --features $(FEATURES) --test it -- $(OF_EACH_VERSION) \
	    $$([ "$$version" -ge 15 ] || echo "$(OF_NEWER)") $$([ "$$version" -ge 14 ] || echo "$(OF_14)") || exit 1; done

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

# What is installed without a compiler (packaging/): a Debian package, a wheel, a tar.gz, an SBOM, their checksums; each is
# installed in a clean root that has no sources, and has to run the demo there. Needs root for that. SUITE: another Debian.
dist: packaging
	@FEATURES="$(DIST_FEATURES)" packaging/build.sh "$(DIST)"
	@sudo=""; [ "$$(id -u)" = 0 ] || sudo="sudo -n env REHOME_TOOLS=$(REHOME_TOOLS)"; $$sudo packaging/test.sh "$(DIST)"

# The tools of it, where they are missing: some two minutes to compile, once.
packaging: packages
	@missing=""; command -v dpkg-shlibdeps >/dev/null || missing="dpkg-dev"; \
	python3 -c "import venv, ensurepip" 2>/dev/null || missing="$$missing python3-venv"; \
	sudo=""; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	[ -z "$$missing" ] || { $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing >/dev/null; }
	@for tool in cargo-deb@$(CARGO_DEB) cargo-cyclonedx@$(CARGO_CYCLONEDX); do \
	  "$(REHOME_TOOLS)/bin/$${tool%@*}" "$${tool#cargo-}" --version 2>/dev/null | grep -qF "$${tool#*@}" \
	    || "$(REHOME_TOOLS)/bin/$${tool%@*}" --version 2>/dev/null | grep -qF "$${tool#*@}" \
	    || CARGO_TARGET_DIR="$(REHOME_TOOLS)/packaging-target" $(CARGO) install --quiet --locked --root "$(REHOME_TOOLS)" "$$tool"; done
	@cmp -s $(PACKAGING) "$(VENV_PACKAGING)/requirements.txt" && exit 0; \
	python3 -m venv --clear "$(VENV_PACKAGING)" && "$(VENV_PACKAGING)/bin/pip" install --quiet -r $(PACKAGING) \
	  && cp $(PACKAGING) "$(VENV_PACKAGING)/requirements.txt"
