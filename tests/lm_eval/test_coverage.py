"""How many of the release's tasks can be planned, and why the others cannot."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mmeval.catalog import Catalog
from mmeval.yaml_task.options import TaskOptions
from mmeval.yaml_task.validate import validate

pytestmark = pytest.mark.slow

TASKS = 13_123
LEAST_PLANNED = 0.99
REASONS = {
    "outside the sandbox": 11,  # cruxeval forks, longproc compiles and evals: refused on purpose
    "cannot import name 'load_metric' from 'datasets'": 5,  # basqueglue, with any datasets that is not years old
    "'doc_to_audio' is not supported": 1,
    "unknown metric 'wer'": 1,  # lm-eval fetches its code from a hub without asking; as does the next
    "fetches from a hub": 2,
}
"""Why tasks cannot be planned where the packages of their helpers are installed, and how many."""


def test_tasks_that_can_be_planned(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_EVALUATE_OFFLINE", "1")
    catalog, options = Catalog([str(shipped)]), TaskOptions(confirm_run_unsafe_code=True)
    tasks = [
        entry.origin for entry in catalog.entries() if entry.kind == "task" and entry.origin.startswith(str(shipped))
    ]
    refused = [lines[0] for file in tasks if (lines := _problems(Path(file), options, catalog))]
    counts = Counter(next((reason for reason in REASONS if reason in line), line) for line in refused)
    print(f"{TASKS - len(refused)} of {len(tasks)} tasks can be planned:", dict(counts))  # noqa: T201
    assert len(tasks) == TASKS
    assert {reason: count for reason, count in counts.items() if count > REASONS.get(reason, 0)} == {}
    assert 1 - len(refused) / TASKS >= LEAST_PLANNED


def _problems(file: Path, options: TaskOptions, catalog: Catalog) -> list[str]:
    return [one.line for one in validate(file, options, catalog) if one.kind == "problem"]
