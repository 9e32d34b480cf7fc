# make app opens the dashboard, make class opens it for phones too, make test runs the tests; both build .venv first. Other targets: setup, check, monkey, chaos, fuzz, load, bench.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ARGS   ?=
BENCH  := $(VENV)-bench

.DEFAULT_GOAL := help
.PHONY: help setup app class test check monkey chaos fuzz load bench

help:
	@echo "make setup   build $(VENV) with what the dashboard needs"
	@echo "make app     open the dashboard in the browser   (ARGS='--server.port 8600' for another port)"
	@echo "make class   the same for a class: phones in the local network can join   (ARGS='--port 8600' for another port)"
	@echo "make test    run all tests                       (ARGS='-k drawing' for some)"
	@echo "make check   lint, format, types, then all tests"
	@echo "make monkey  use every control of every page in a browser, and open each on a cold server   (ARGS='--monkey-seed 3' for another order)"
	@echo "make chaos   kill processes while runs train, and show that nothing is lost   (ARGS='--seed 3' for other moments)"
	@echo "make fuzz    try 100,000 damaged files              (ARGS='--first 4711 --count 1' for one of them)"
	@echo "make load    open many tabs while runs train: times and memory   (ARGS='soak --minutes 120' for a page left open, 'class' for 60 phones)"
	@echo "make bench   time the training core beside PyTorch, scikit-learn and JAX, in $(BENCH)   (ARGS='B F' for some)"

setup: $(VENV)/.installed

app: setup
	$(BIN)/python -m streamlit run app.py $(ARGS)

class: setup
	$(BIN)/python -m mnistcore class $(ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.installed-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(ARGS)

fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m tests.fuzz $(ARGS)

monkey: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 0 -s --timeout 0 --every-control tests/browser/test_monkey.py \
	  tests/browser/test_way_through.py $(ARGS)

chaos: $(VENV)/.installed-dev
	$(BIN)/python -m tests.cluster.chaos $(ARGS)

load: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.load $(ARGS)

bench: $(BENCH)/.installed
	$(BENCH)/bin/python -m benchmarks $(ARGS)

# The competitors are large: they have an environment of their own.
$(BENCH)/.installed: benchmarks/requirements.txt requirements.txt | $(BIN)/pip
	@echo "Installing the competitors into $(BENCH) ..."
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

# The stamps make a second start quick: pip runs again only when the requirements have changed.
$(VENV)/.installed: requirements.txt | $(BIN)/pip
	@echo "Installing what the dashboard needs into $(VENV) ..."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(BIN)/pip
	@echo "Installing what the dashboard and its tests need into $(VENV) ..."
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-check: requirements-check.txt requirements-dev.txt requirements.txt | $(BIN)/pip
	@echo "Installing all that the tests can use into $(VENV) ..."
	$(PIP) -r requirements-check.txt
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "MNIST Explorer needs Python 3.10 or newer, $(PYTHON) is older: try make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
