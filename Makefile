# From nothing: Python 3.11 to 3.14, Node.js 20 or newer and make are all that must be there.
# Set-up happens once; after that no target needs the network.

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-records test lint format synth up down bench compare verify cdk-roundtrip clean tools

STAGE ?= local
JOBS ?= 2
STAMP := .venv/wayfare-setup
OWN_UV := $(CURDIR)/.wayfare/uv/bin/uv

FITS := 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))'
ifndef PYTHON
PYTHON := $(shell for it in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$it -c $(FITS) 2>/dev/null && { echo $$it; break; }; done)
endif
UV := $(or $(shell command -v uv 2>/dev/null),$(OWN_UV))
export UV

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Install everything into .venv and .wayfare

demo: setup ## Book two trips on an engine of its own, and check the outcome
	@.venv/bin/wayfare demo

demo-records: setup ## The second saga, by events and by the state machine, and check the outcome
	@.venv/bin/python -m examples.records.demo

test: setup ## Run the whole test suite, two files at a time (ARGS="-k hotel" for a part, in one process)
	@.venv/bin/pytest $(or $(ARGS),-n $(JOBS) --dist loadfile)

lint: setup ## Check style, types, the direction of imports and the graph of both sagas
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/wayfare canvas --check
	.venv/bin/wayfare canvas --check --stage local-reverse
	.venv/bin/wayfare canvas --check --saga records
	.venv/bin/wayfare canvas --check --saga records --stage local-reverse

format: setup ## Put the code into the one format
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format

synth: setup ## Write all templates of a stage (STAGE=local), without an account
	@.venv/bin/python -m infra.synth $(STAGE)

up: setup ## Start the local AWS engine with everything on it
	@.venv/bin/wayfare up

down: setup ## Stop it
	@.venv/bin/wayfare down

bench: setup ## Measure import time, latency and throughput
	@.venv/bin/python -m sandbox.bench

compare: setup ## Put the same trips to every mode: report in comparison/ (ARGS="--trips 600" for more)
	@.venv/bin/wayfare compare --faults examples/faults/throttles.json $(ARGS)

verify: setup ## Prove it: full exploration, 200,000 schedules, chaos; figures in docs/ (takes about half an hour)
	@.venv/bin/python -m console.verify $(ARGS)

cdk-roundtrip: setup ## Deploy one service to the engine with the real CDK command (needs npx)
	@.venv/bin/python -m sandbox.cdk_roundtrip

clean: ## Stop the engine, and remove everything that was made
	@if [ -x .venv/bin/wayfare ]; then .venv/bin/wayfare down || true; fi
	rm -rf .venv .wayfare build cdk.out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp lies in .venv, so it goes when .venv goes.
$(STAMP): pyproject.toml uv.lock | tools $(UV)
	@echo "Installing what the lock file names (once) ..."
	@"$(UV)" sync --frozen --quiet --python "$$(command -v $(PYTHON))"
	@.venv/bin/python -m sandbox.engine.environment >/dev/null
	@touch $@

$(OWN_UV): | tools
	@echo "Installing uv into .wayfare/uv (once) ..."
	@$(PYTHON) -m venv .wayfare/uv
	@.wayfare/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

tools:
	@if [ -z "$(PYTHON)" ]; then \
		echo "error: no Python 3.11 to 3.14 is on the PATH (python3 is $$(python3 --version 2>/dev/null || echo missing)):" \
			"install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@$(PYTHON) -c $(FITS) 2>/dev/null || { \
		echo "error: $(PYTHON) is not Python 3.11 to 3.14: name another with make PYTHON=/path/to/python" >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { \
		echo "error: Node.js 20 or newer is needed to make the templates (node is $$(node --version 2>/dev/null || echo missing)):" \
			"install it from https://nodejs.org" >&2; exit 1; }
