# 会客厅 CRM. `make run` serves the app with a demo town; `make test` checks everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
PORT ?= 8501
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
SYSTEM_PACKAGES := chromium postgresql libreoffice-writer-nogui poppler-utils \
	fonts-noto-cjk fonts-arphic-gkai00mp fonts-cwtex-fs fonts-wqy-zenhei

COMPILE := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: help run setup setup-dev demo-reset test check unit system lock bench clean

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup ## Serve the app with a living demo town at http://127.0.0.1:8501
	@$(BIN)/crm serve --demo --port $(PORT)

demo-reset: setup ## Throw the demo town away and build it afresh
	@$(BIN)/crm demo reset

setup: .venv/.installed ## Make .venv with the command .venv/bin/crm

setup-dev: .venv/.installed-dev ## The same with what the tests need

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: https://www.python.org/downloads/"; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing the locked packages (once)"
	@$(PIP) -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.lock | .venv/.installed
	@echo "Installing what the tests need (once)"
	@$(PIP) -r requirements-dev.lock
	@touch $@

system: ## Debian packages the tests use; installed when run as root
	@missing=""; for p in $(SYSTEM_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	test -z "$$missing" && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing$$missing"; apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else echo "Tests that need these are skipped until they are installed:$$missing"; fi

test: setup-dev system check unit ## Everything: style, types, house, unit, PostgreSQL, pages, Chromium

check: setup-dev ## Style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --cache-dir .venv/.import_linter_cache

unit: setup-dev
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lock: ## Resolve the dependencies again (needs uv)
	uv pip compile $(COMPILE) --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile $(COMPILE) -c requirements-dev.lock pyproject.toml -o requirements.lock

bench: setup-dev ## Measure speed and memory, side by side, as ratios
	@$(BIN)/python -m benchmarks

clean: ## Remove the environment, keep the data
	rm -rf .venv build *.egg-info
