"""The pytest plugin: `mmeval_run`. Loaded wherever mmeval is installed, so it imports nothing before it is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from mmeval.finishing import Results
    from mmeval.model import Model
    from mmeval.task import Task


class MmevalRun(Protocol):
    """What the fixture `mmeval_run` is."""

    def __call__(self, tasks: str | Task | Sequence[str | Task], model: str | Model, **options: Any) -> Results:
        """Evaluate; `options` are those of `mmeval.evaluate`."""


@pytest.fixture
def mmeval_run(tmp_path: Path) -> MmevalRun:
    """Evaluate tasks against a model, names or objects, in the test's temporary folder; gives the results."""

    def run(tasks: str | Task | Sequence[str | Task], model: str | Model, **options: Any) -> Results:
        import mmeval

        return mmeval.evaluate(tasks=tasks, model=model, **{"output_path": str(tmp_path / "runs"), **options})

    return run
