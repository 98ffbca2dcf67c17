# Everything happens in .venv: the first target that needs it creates it and installs the pinned
# dependencies, and an edit of pyproject.toml or constraints.txt brings it up to date.

VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
STAMP := $(VENV)/.installed
# Overridable: make test PYTHON=/path/to/python WORKERS=4 PYTEST_ARGS="-k kuhn"
PYTHON ?=
WORKERS ?= logical
PYTEST_ARGS ?=
ONLY ?=

# More workers than this gain nothing: each of them compiles the kernels anew.
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses=8 --dist=worksteal

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-slow bench peers lint types clean venv

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: $(STAMP)  ## install if needed, then the guided tour (writes runs/tour/report.html)
	@$(BIN)/marl-kit tour

test: $(STAMP)  ## the whole test suite but for the slow marks
	@$(PYTEST) $(PYTEST_ARGS)

test-slow: $(STAMP)  ## the long runs; one of them: make test-slow ONLY=name
	@$(BIN)/python -m pytest -m slow --timeout=3600 -k "$(ONLY)" $(PYTEST_ARGS)

bench: $(VENV)/.installed-bench  ## speed against the peers, in one process
	@if [ ! -x $(PEERS)/bin/python ] && [ -z "$$MARL_KIT_PEERS" ]; then \
	  echo "note: $(PEERS) is not there, so nobody else's AlphaZero is measured; make peers installs it" >&2; \
	fi
	@$(BIN)/python -m benchmarks

peers: $(PEERS)/.installed  ## install others' AlphaZero for make bench (JAX; .venv-peers)

lint: $(STAMP)  ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(STAMP)  ## mypy on the package
	@$(BIN)/mypy marl_kit

venv: $(STAMP)  ## only create and fill .venv

clean:  ## remove .venv, .venv-peers, caches and what builds and runs left here
	@rm -rf $(VENV) $(PEERS) build dist runs .pytest_cache .hypothesis .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that starts and is new enough; the pins were resolved on 3.11. A launcher on
# the PATH may exist and still refuse to start, so each candidate is run.
$(STAMP): pyproject.toml constraints.txt
	@if ! $(BIN)/python -c '' 2>/dev/null; then \
	  python=; \
	  for candidate in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
	    if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	      python=$$candidate; break; \
	    fi; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo "error: marl_kit needs Python 3.11 or newer and none of these is: $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); install one or name it: make PYTHON=/path/to/python3.11" >&2; \
	    exit 1; \
	  fi; \
	  if ! $$python -c 'import ensurepip' 2>/dev/null; then \
	    echo "error: $$python has no ensurepip, so it cannot create .venv; on Debian and Ubuntu install the package python3-venv, or name another: make PYTHON=/path/to/python3.11" >&2; \
	    exit 1; \
	  fi; \
	  echo "Creating $(VENV) with $$($$python --version) ..." >&2; \
	  $$python -m venv --clear $(VENV) || exit 1; \
	fi
	@echo "Installing the pinned dependencies into $(VENV); the first time this takes some minutes (torch is large) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# The peers are heavy and may not exist for every machine: without them `make bench` still measures
# against OpenSpiel, and says what is missing.
$(VENV)/.installed-bench: $(STAMP)
	@echo "Installing the peers to measure against ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]' \
	  || echo "warning: the peers could not be installed; their rows are left out" >&2
	@touch $@

# JAX and its kind pin other versions than ours, so they get an environment of their own.
$(PEERS)/.installed: benchmarks/peers/requirements.txt | $(STAMP)
	@echo "Installing others' AlphaZero into $(PEERS) ..." >&2
	@$(BIN)/python -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt
	@touch $@
