# Everything through uv and the lock file; uv itself is put into .uv/ where the machine has none.
SHELL := /bin/bash
PYTHON ?= python3
UV_BIN := $(shell command -v uv 2>/dev/null)
ifeq ($(UV_BIN),)
UV := .uv/bin/uv
else
UV := uv
endif
RUN := $(UV) run --locked --no-sync
WORKERS ?= 2
SUITE := $(RUN) pytest -n $(WORKERS) --no-loadscope-reorder
REHEARSAL := $(RUN) pytest -m rehearsal tests/e2e/test_compose_rehearsal.py

.PHONY: help setup browser up demo test rehearsal unit lint docs docs-serve clean compose-check
.DEFAULT_GOAL := help

# Hundreds of tests start a process: what Python compiles is kept, though the environment forbids it.
lint unit test rehearsal: export PYTHONPYCACHEPREFIX ?= $(CURDIR)/var/bytecode
lint unit test rehearsal: export PYTHONDONTWRITEBYTECODE :=

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.uv/bin/uv:
	@echo "uv is missing: putting it into .uv/"
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

setup: $(if $(UV_BIN),,.uv/bin/uv) ## Install all that is needed into .venv
	@[ -d .venv ] || echo "installing into .venv: about 900 MB, once"
	@$(UV) sync --locked --quiet

up: setup ## Set everything up and run it: Airflow with the DAGs on (Ctrl-C stops)
	@$(RUN) mineralwatch up $(ARGS)

demo: setup ## The same with a newsroom, a Slack and a mail server on this machine
	@$(RUN) mineralwatch demo $(ARGS)

lint: setup ## ruff, mypy --strict, import-linter, alembic check
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports
	@rm -f var/check.sqlite3 && mkdir -p var
	$(RUN) alembic -x url=sqlite:///var/check.sqlite3 upgrade head
	$(RUN) alembic -x url=sqlite:///var/check.sqlite3 check

unit: setup ## The fast tests only
	$(RUN) pytest -q tests/unit tests/property tests/architecture

browser: ## Chromium for the tests that look at pages (Debian's own; needs root)
	@for name in chromium google-chrome chrome "$$CHROMIUM"; do command -v "$$name" >/dev/null && exit 0; done; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "no browser: the tests that need one are skipped. Install chromium, or name one in CHROMIUM"; exit 0; fi; \
	echo "installing chromium for the tests of pages: about 400 MB, once"; \
	{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
	  chromium fonts-dejavu-core; } >/dev/null 2>&1 \
	  || echo "chromium cannot be installed here: the tests that need a browser are skipped"

compose-check: setup ## The container files against the Compose schema, hadolint and dclint
	$(RUN) check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(RUN) hadolint Dockerfile
	npx --yes dclint@3.1.0 --max-warnings 0 docker-compose.yml
	$(RUN) pytest -q tests/unit/test_docs.py tests/unit/commands/test_secrets_init.py

test: lint browser ## Set everything up and pass all tests, the rehearsal last; ARGS are pytest's
	$(SUITE) $(ARGS)
	$(if $(ARGS),,$(REHEARSAL))

rehearsal: setup ## docker-compose.yml's services as processes, two workers on a queue
	$(REHEARSAL)

docs: setup ## Build the documentation's site into var/site; a broken link fails
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict

docs-serve: setup ## Show it at http://127.0.0.1:8000, built anew at each change
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs serve

clean: ## Remove what was built (var/ stays)
	rm -rf .venv .uv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis var/bytecode
