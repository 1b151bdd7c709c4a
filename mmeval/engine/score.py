"""Scoring: a pure function of samples and responses, in plan order. No model is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from mmeval.engine.plan import Plan, PlannedTask, Trial
from mmeval.task import Answered, Baseline
from mmeval.types import Failure, Generation, Metric, MetricResult, Response, Sample, SampleScore, TaskResult

Summarize: TypeAlias = Callable[[Sequence[SampleScore], PlannedTask, Sequence[Metric]], TaskResult]
"""Scores and the task that they are of -> rows for its metrics, and for further ones."""

NOT_ANSWERED = Failure("not answered yet")


@dataclass(frozen=True)
class TaskArtifacts:
    """What `Task.aggregate` is given."""

    run: Path
    planned: PlannedTask
    summary: Summarize

    @property
    def samples(self) -> Mapping[str, Sample]:
        return {sample.sample_id: sample for sample in self.planned.samples}

    @property
    def arrays(self) -> Path:
        return self.run / "arrays"

    @property
    def directory(self) -> Path:
        folder = self.run / "tasks" / self.planned.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def summarize(self, scored: Sequence[SampleScore], further: Sequence[Metric] = ()) -> TaskResult:
        return self.summary(scored, self.planned, further)


@dataclass(frozen=True)
class ScoredTask:
    """A scored task: its result, and what it was made from."""

    planned: PlannedTask
    trials: Sequence[Trial]
    scores: Sequence[SampleScore]
    result: TaskResult
    metrics: Sequence[Metric] = field(default=())


def score(plan: Plan, planned: PlannedTask, run: Path, summary: Summarize) -> ScoredTask:
    """Score, aggregate, and score the task's baselines the same way; a variant's would be the same again."""
    trials = list(plan.trials_of(planned))
    scores = _score_all(planned, _answered(trials))
    result = planned.task.aggregate(scores, TaskArtifacts(run, planned, summary))
    baselines = {
        name: summary(list(planned.task.score_all(_baseline(planned, answer))), planned, ()).metrics
        for name, answer in (planned.task.baselines() if planned.name == planned.task.name else {}).items()
    }
    return ScoredTask(planned, trials, scores, replace(result, baselines=baselines))


def _score_all(planned: PlannedTask, answered: Sequence[Answered]) -> list[SampleScore]:
    """A task with repeats of its own says what becomes of them; those that the run adds are scored one by one."""
    if planned.repeats == 1 or planned.task.repeats > 1:
        return list(planned.task.score_all(answered))
    return [
        replace(score, repeat=repeat)
        for repeat in range(planned.repeats)
        for score in planned.task.score_all([replace(item, repeats=[item.repeats[repeat]]) for item in answered])
    ]


def _answered(trials: Sequence[Trial]) -> list[Answered]:
    answered: dict[str, Answered] = {}
    for trial in trials:
        responses: Sequence[Response] = trial.responses if trial.done else [NOT_ANSWERED]
        before = answered.get(trial.sample.sample_id, Answered(trial.sample, ()))
        answered[trial.sample.sample_id] = replace(before, repeats=(*before.repeats, responses))
    return list(answered.values())


def _baseline(planned: PlannedTask, answer: Baseline) -> list[Answered]:
    return [Answered(sample, ((_response(answer(sample)),),)) for sample in planned.samples]


def _response(answer: str | Response) -> Response:
    return Generation(answer) if isinstance(answer, str) else answer


def failed(result: TaskResult, max_errors: float) -> bool:
    """Whether more samples ended in an error than the run allows (a share below 1, else a count)."""
    return any(_errors(row) > (max_errors * row.total if max_errors < 1 else max_errors) for row in result.metrics)


def _errors(row: MetricResult) -> int:
    return row.outcomes.get("error", 0)
