# mixtrove: `make demo` and `make test` need Python >= 3.11, make and the package index, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.9
DUCKDB_OLD := 1.5.6
export MIXTROVE_HOME ?= $(CURDIR)/data
PORT ?= 3000
EXAMPLES ?= 250
DATABASE ?=
export DAGSTER_HOME ?= $(MIXTROVE_HOME)/dagster

BIN := .venv/bin
INSTALLED := .venv/.installed
OLD_DUCKDB := .cache/duckdb15/.installed
LOCKED := --universal --generate-hashes --python-version 3.11 --no-annotate --quiet --custom-compile-command "make lock"
SERVER := api dagster postgres redis messages notifications
CODE := mixtrove discovery_assets resources sensors tests benchmarks examples

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "mixtrove needs Python 3.11 to 3.13, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12 …")'
	@echo "installing the locked dependencies into .venv …"
	@if [ -L .venv ]; then echo ".venv is a link: the environment it leads to would be emptied; remove the link" >&2; exit 1; fi
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --compile-bytecode requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable . uv==$(UV_VERSION)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q -j 0 mixtrove discovery_assets resources sensors
	@echo "compiling the comparison of tracks …"
	@$(BIN)/python -W ignore -m mixtrove.catalogue.compiling 2> /dev/null
	@touch $@

install: $(INSTALLED) ## make .venv with the locked dependencies

demo: $(INSTALLED) ## from the example tracklists to a library, a want list and statistics
	@bash examples/demo.sh

ui: $(INSTALLED) ## the Dagster UI on the same home (PORT=3001 for another port); drop tracklists into its inbox
	@$(BIN)/python -m discovery_assets ui --port $(PORT)

lint: $(INSTALLED) ## ruff, mypy --strict, bandit, the import contract
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive mixtrove discovery_assets resources sensors
	$(BIN)/lint-imports

test: lint $(OLD_DUCKDB) ## lint, types, import contract and the whole test suite
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest tests/unit/test_matching_pairs.py tests/unit/test_matching_records.py -k "recording or person or distances" \
	  --cov --cov-report= --cov-fail-under=0
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-append --cov-report=term --durations=30

drill: $(INSTALLED) ## kill discovery, the Dagster job and parts of both deployments 30 times each and compare the libraries
	MIXTROVE_DRILLS=30 $(BIN)/python -m pytest tests/drills -n 0 -s

fuzz: $(INSTALLED) ## some ten thousand made-up requests to the API on SQLite (EXAMPLES=40: fewer; DATABASE=postgresql://…: on Postgres)
	$(BIN)/python -m tests.fuzz --examples $(EXAMPLES) $(if $(DATABASE),--database $(DATABASE))

$(OLD_DUCKDB): $(INSTALLED) Makefile
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --target .cache/duckdb15 duckdb==$(DUCKDB_OLD)
	@touch $@

duckdb15: $(OLD_DUCKDB) ## the older DuckDB that the published file must open with

lock: $(INSTALLED) ## resolve requirements.lock, and the image's share of it, anew from pyproject.toml
	$(BIN)/uv pip compile $(LOCKED) $(SERVER:%=--extra %) --extra dev --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCKED) $(SERVER:%=--extra %) --extra build --constraint requirements.lock \
	  --output-file deploy/requirements.lock pyproject.toml

openapi: $(INSTALLED) ## write docs/openapi.json from the API
	$(BIN)/python -m mixtrove.api.openapi docs/openapi.json

messages: $(INSTALLED) ## write docs/messages, the JSON Schemas of messages
	$(BIN)/python -m mixtrove.messaging.documents docs/messages

format: $(INSTALLED) ## put the code into the one form
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

clean: ## remove what was made, but not the home
	rm -rf .venv .cache .mypy_cache .ruff_cache .coverage .import_linter_cache dist

.PHONY: help install demo ui lint test drill fuzz duckdb15 lock openapi messages format clean
