# make demo and make test are all that a fresh machine needs: each sets up what it uses.

PYTHON ?= python3
export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN := .venv/bin
# numba notices a change of a kernel's own file only, not of what the kernel calls: the tests compile what is there now.
COMPILED = $(CURDIR)/.venv/compiled-$(shell cat twin/*.py twin/*/*.py | cksum | cut -d' ' -f1)
INSTALLED := .venv/installed
BENCH := .venv/bench

.DEFAULT_GOAL := help
.PHONY: help demo test study recovery bench bench-accuracy bench-calibration lint venv clean

help:
	@echo "make demo    the whole main job on a synthetic firm; results in demo-run/"
	@echo "make test    everything that must hold before a change lands"
	@echo "make study   the long statistical studies, which make test leaves out"
	@echo "make recovery   200 synthetic firms: do the intervals of what is measured hold the truth? RECOVERY_FIRMS=20 for fewer"
	@echo "make bench   the speed of the engine"
	@echo "make bench-accuracy   held-out accuracy of the payment and demand fits on real records, where they are at hand"
	@echo "make bench-calibration   time and memory of calibration by the number of invoices, up to 5 million: half an hour"
	@echo "make lint    style and types only"
	@echo "make venv    the environment in .venv only; PYTHON=... chooses the interpreter of a new one"
	@echo "make clean   removes the environment and the results of make demo"

demo: $(INSTALLED)
	@rm -rf demo-run
	@$(BIN)/twin demo demo-run

test: lint
	@echo "== tests"
	@NUMBA_CACHE_DIR=$(COMPILED) $(BIN)/pytest -q -n auto --dist loadfile

study: $(INSTALLED)
	@$(BIN)/pytest -m study --durations=0

recovery: $(INSTALLED)
	@$(BIN)/pytest -q -s -m study tests/recovery

bench: $(BENCH)
	@set -e; for each in $(sort $(wildcard benchmarks/bench_*.py)) benchmarks/small_receivables/compare.py; do echo "== $$each"; $(BIN)/python $$each; done

bench-calibration: $(INSTALLED)
	@$(BIN)/python benchmarks/calibration_size.py

bench-accuracy: $(BENCH)
	@$(BIN)/python benchmarks/accuracy.py
	@$(BIN)/python benchmarks/demand.py

lint: $(INSTALLED)
	@echo "== style"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "== types"
	@$(BIN)/mypy

venv: $(INSTALLED)

# Made anew whenever what is to be installed has changed, so that nothing old lingers in it.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or later is needed, and $(PYTHON) is not: name one, as in make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	  exit 1; }
	@echo "== environment in .venv, with `$(PYTHON) --version`: about a minute, once"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --constraint constraints.txt hatchling
	@$(BIN)/pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[test]'
	@touch $@

# The libraries of the other methods that bench-accuracy measures against.
$(BENCH): $(INSTALLED)
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	@touch $@

clean:
	rm -rf .venv demo-run .mypy_cache .pytest_cache .ruff_cache .hypothesis
