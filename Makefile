# Everything a newcomer runs. Each target sets up its own .venv first; when nothing changed that costs
# a few milliseconds. Needs Python 3.11+, python3-venv and make, nothing else.

PYTHON ?= python3
# Compiled modules are kept, whatever the machine says: without them every process takes seconds longer to start.
unexport PYTHONDONTWRITEBYTECODE
PROCESSES ?= 2
SEED ?= 1
MINUTES ?= 5
BIN := .venv/bin
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help demo up test lint format bench soak lock setup setup-dev

help: ## these lines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/'

demo: setup ## the whole service with the sample book and its logins, on this machine only
	@exec $(BIN)/greenlane demo

up: setup ## the whole service, empty; prints the link that creates the first administrator
	@exec $(BIN)/greenlane up

# Tests make and drop some hundred databases: on a disk each takes a second, in memory a tenth.
# A run keeps up to 3 GB there; where there is less than twice that, or no program may run, the disk serves as well.
ROOMY := awk 'NR == 2 { exit $$4 < 6291456 }'
LOCKED := grep -q '^[^ ]* /dev/shm .*noexec' /proc/mounts
MEMORY := $(shell [ -w /dev/shm ] && ! $(LOCKED) && df -Pk /dev/shm | $(ROOMY) && echo TMPDIR=/dev/shm)

test: lint ## every check and every test (ARGS= for pytest)
	@$(MEMORY) $(BIN)/pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup-dev ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup-dev ## put the code into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev ## the benchmarks: writes bench/results.json and prints the ratios
	@$(BIN)/python -m bench $(ARGS)

soak: setup-dev ## people act while processes are killed (SEED=, MINUTES=): nothing may be lost or doubled
	@$(BIN)/python -m tests.faults.soak --seed $(SEED) --minutes $(MINUTES) $(ARGS)

lock: setup-dev ## pin every package again after pyproject.toml changed (UPGRADE=--upgrade for newer ones)
	$(COMPILE) --extra dev --output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --extra build --constraint requirements/dev.txt --output-file requirements/runtime.txt pyproject.toml

setup:
	@PYTHON="$(PYTHON)" sh requirements/install.sh runtime

setup-dev:
	@PYTHON="$(PYTHON)" sh requirements/install.sh dev
