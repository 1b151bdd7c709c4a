"""Which repeats a task scores together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mmeval.engine.plan import PlannedTask
from mmeval.engine.score import score
from mmeval.task import Answered
from mmeval.types import Generation, Metric, SampleScore, TaskResult

from .doubles import Words, planned


class Together(Words):
    """One score of all repeats of a sample, as a vote has it."""

    def score_all(self, answered: Sequence[Answered]) -> Iterator[SampleScore]:
        for item in answered:
            yield SampleScore(item.sample.sample_id, {}, answer=len(item.repeats))


def no_summary(scores: Sequence[SampleScore], task: PlannedTask, more: Sequence[Metric]) -> TaskResult:
    return TaskResult(())


@pytest.mark.parametrize(
    ("own", "scored"), [(1, [(0, 1), (1, 1), (2, 1)]), (3, [(0, 3)])], ids=["of the run", "of the task"]
)
def test_repeats(tmp_path: Path, own: int, scored: list[tuple[int, int]]) -> None:
    task = Together(["a"])
    task.repeats = own
    plan = planned(task, repeats=3)
    for trial in plan.trials:
        trial.responses, trial.done = [Generation("x")], True
    found = score(plan, plan.tasks[0], tmp_path, no_summary)
    assert [(each.repeat, each.answer) for each in found.scores] == scored
