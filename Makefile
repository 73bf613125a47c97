# Every target makes .venv when there is none or setup.cfg changed; it needs Python 3.10+ and make, nothing else.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python3.10,$(if $(shell $(p) -c 'import sys; print(sys.version_info >= (3, 10))' 2>/dev/null | grep True),$(p))))
BIN := .venv/bin
# Most tests wait for servers and disks rather than for the processor. Tests for which the machine lacks Chromium,
# PostgreSQL or node are left out; the end of the run counts them and names the packages.
TEST_PROCESSES ?= 6
# Ledgers are flushed to the disk before each request: in memory, where programs may run there, that costs tests nothing.
TEST_FOLDER ?= $(if $(shell test -w /dev/shm && ! grep -q ' /dev/shm .*noexec' /proc/mounts && test $$(df -Pk /dev/shm | awk 'END {print $$4}') -gt 4000000 && echo yes),/dev/shm,/tmp)
PARTS := __init__.py hooks.py py.typed plugin rules schemas

.PHONY: demo test lint versions bench crash fuzz audit dev clean
.DEFAULT_GOAL := test

.venv/.ready: setup.cfg pyproject.toml Makefile
	@test -n "$(PYTHON)" || { echo "Python 3.10 or newer is needed: install it, or call make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@echo "Installing into .venv ..."
	@$(BIN)/python -m pip --disable-pip-version-check -q install -e '.[test,dev]'
	@mkdir -p .dev/onedesk_quickbooks
	@for part in $(PARTS); do ln -sfn "../../$$part" ".dev/onedesk_quickbooks/$$part"; done
	@$(BIN)/python -m compileall -q __init__.py hooks.py plugin
	@touch .venv/.ready

dev: .venv/.ready  ## the virtual environment, for an editor

demo: .venv/.ready  ## the main job end to end, then host and sandbox stay open (NO_SERVE=1 ends instead)
	@$(BIN)/onedesk-quickbooks demo $(if $(NO_SERVE),--no-serve)

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .dev/onedesk_quickbooks tests
	$(BIN)/lint-imports --no-cache

# Beside the linters the tests are collected: what they need is installed and compiled, once for all processes. Every
# process that a test starts would compile the tests' own modules again, if it kept none.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.ready
	@$(BIN)/python -m pytest --collect-only -qq > /dev/null 2>&1 & $(MAKE) --no-print-directory lint; found=$$?; wait; exit $$found
	TMPDIR=$(TEST_FOLDER) $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile

versions: export PYTHONDONTWRITEBYTECODE =
versions: .venv/.ready  ## the tests (TESTS=...) on every Python of this machine, with the newest and the lowest versions
	TMPDIR=$(TEST_FOLDER) TEST_PROCESSES=$(TEST_PROCESSES) SAMPLE="$(SAMPLE)" WITHIN=$(WITHIN) $(BIN)/python -m tests.versions $(TESTS)

bench: .venv/.ready
	@$(BIN)/python -m pip --disable-pip-version-check -q install -e '.[test,bench]'
	$(BIN)/python -m tests.bench

# `make test` takes a sample (docs/reliability.md). All of it takes hours: CRASH_EVERY=8 CRASH_FIRST=3 tries the points
# 3, 11, 19 ...; with the firsts 1 to 8 all are tried.
crash: .venv/.ready  ## kill the process at every point of its work, start it again, look at both sides; lists them all
	CRASH_EVERY=$(or $(CRASH_EVERY),1) $(BIN)/python -m pytest tests/crash tests/sync/test_machine.py -n 3 --dist worksteal

fuzz: .venv/.ready  ## rule files nobody would write, 20,000 of them, 2,000 tables, 300 stories, new examples for every property
	$(BIN)/python -m tests.fuzz
	$(BIN)/python -m tests.fuzz.tables
	$(BIN)/python -m tests.fuzz.tax_tables
	$(BIN)/python -m tests.fuzz.whole_tables
	$(BIN)/python -m tests.fuzz.orders
	$(BIN)/python -m tests.fuzz.proposals
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=search -n 2

audit: .venv/.ready  ## known flaws in what is installed: by the list of the repository, and by pip-audit where it can be had
	@$(BIN)/python -m pip --disable-pip-version-check -q install pip-audit 2>/dev/null || true
	@$(BIN)/python -m tests.audit

clean:
	rm -rf .venv .versions .dev build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
