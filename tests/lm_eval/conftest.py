"""Comparisons with lm-eval itself, in an environment that has both (`make test-lm-eval`)."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob: list[str] = []
REQUIRED = "0.4.13"

if find_spec("lm_eval") is None:
    if os.environ.get("MMEVAL_REQUIRE_LM_EVAL") == "1":
        raise RuntimeError(f"these tests need lm_eval=={REQUIRED}")
    collect_ignore_glob.append("test_*.py")


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The folder of lm-eval's tasks."""
    from mmeval.catalog import LM_EVAL_TASKS, task_folder

    return task_folder(LM_EVAL_TASKS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if collect_ignore_glob:
        terminalreporter.write_line("tests/lm_eval is left out here: lm-eval is not installed (make test-lm-eval)")
