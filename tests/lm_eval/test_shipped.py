"""Shipped tasks of every family on made-up documents: requests, values and aggregates are lm-eval's own."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import datasets
import pytest

from tests.lm_eval.compare import Comparison, drawn

pytestmark = pytest.mark.slow

EACH = 1
"""Tasks of each family; `python -m tests.lm_eval.compare --each 10` does ten."""
LEAST_EQUAL = 0.45
"""Share of tasks whose data can be made up well enough for both sides to score them."""


def test_one_task_of_every_family(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "load_dataset", datasets.load_dataset)  # restores what the comparison puts there
    logging.disable(logging.ERROR)
    comparison, counts, different = Comparison(), Counter[str](), []
    for number, (family, entry) in enumerate(drawn(shipped, EACH)):
        verdict = comparison.task(family, entry.file, (None, 2)[number % 2])
        counts[verdict.kind] += 1
        if verdict.kind == "different":
            different.append(f"{entry.name}: {verdict.why}")
    logging.disable(logging.NOTSET)
    assert different == []
    assert counts["equal"] > LEAST_EQUAL * counts.total(), counts
