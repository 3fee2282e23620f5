PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
# every test that starts a process would compile all of it anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test proof check setup format cov clean
.DEFAULT_GOAL := run

run: setup ## serve the demo on http://127.0.0.1:8000
	$(BIN)/latchkey serve --demo --port $(PORT)

test: setup ## the tests
	$(BIN)/pytest -n auto

proof: setup .venv-studio/ready ## the slow proofs: faults, fuzzing, Studio, gates
	$(BIN)/pytest -m proof

setup: .venv/ready ## install into .venv and check the database binary
	@$(BIN)/latchkey doctor --mongod

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Latchkey needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv-studio/ready: requirements-studio.lock
	$(PYTHON) -m venv .venv-studio
	.venv-studio/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-studio.lock
	.venv-studio/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

check: setup ## format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

cov: setup ## the tests again, with the branch-coverage gate
	$(BIN)/pytest -n auto --cov --cov-report=term-missing:skip-covered

clean:
	rm -rf .venv .venv-studio .latchkey .coverage .pytest_cache .mypy_cache .ruff_cache
