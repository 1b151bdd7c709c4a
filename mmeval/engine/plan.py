"""Planning: tasks -> samples -> addressed, resolved requests."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from mmeval.engine.progress import Progress
from mmeval.engine.questions import Questions
from mmeval.errors import PluginError, UsageError
from mmeval.serialize import content_hash
from mmeval.task import Task
from mmeval.types import Ask, Failure, Request, RequestKey, Response, Sample

Resolve: TypeAlias = Callable[[Sample, Ask], Ask]
"""Makes an ask final for the model that answers it: variant, adapters, prompt style."""


@dataclass(frozen=True)
class PlannedTask:
    """A task as this run evaluates it. `name` is its own, or `task@variant`; `size` is its full number of
    samples where the task tells.
    """

    name: str
    task: Task
    samples: Sequence[Sample]
    resolve: Resolve
    repeats: int
    size: int | None


@dataclass
class Trial:
    """One repeat of one sample: its requests so far, and the responses that are known, by position.

    The first `opening` requests depend on no answer; follow-ups stand behind them.
    """

    planned: PlannedTask
    sample: Sample
    repeat: int
    requests: list[Request] = field(default_factory=list)
    opening: int = 0
    responses: list[Response] = field(default_factory=list)
    done: bool = False


@dataclass(frozen=True)
class Plan:
    """All trials of a run, in the order of tasks, samples and repeats, and each task's questions counted."""

    tasks: Sequence[PlannedTask]
    trials: Sequence[Trial]
    seed: int
    questions: Mapping[str, Questions]

    def trials_of(self, planned: PlannedTask) -> Iterator[Trial]:
        """The trials of one task, in plan order."""
        return (trial for trial in self.trials if trial.planned is planned)

    def unanswered(self, responses: Mapping[RequestKey, Response]) -> list[Request]:
        """Move every trial on as far as `responses` go; the requests that stand in the way, in plan order."""
        missing: list[Request] = []
        for trial in self.trials:
            if not trial.done:
                missing += self._advance(trial, responses)
        return missing

    def _advance(self, trial: Trial, responses: Mapping[RequestKey, Response]) -> list[Request]:
        while True:
            missing = [request for request in trial.requests if request.key not in responses]
            if missing:
                return missing
            trial.responses = [responses[request.key] for request in trial.requests]
            asks = _follow_up(trial)
            if not asks:
                trial.done = True
                return []
            trial.requests += _address(trial, asks, self.seed)


def plan(tasks: Iterable[PlannedTask], seed: int, progress: Progress) -> Plan:
    """Ask every task for the requests of every sample, resolve and address them."""
    planned = list(tasks)
    trials: list[Trial] = []
    questions = {task.name: Questions(task.task.num_fewshot) for task in planned}
    progress.start("planning", sum(len(task.samples) for task in planned))
    for task in planned:
        _check_ids(task)
        for sample in task.samples:
            asks = task.task.requests(sample)
            questions[task.name].add(asks)
            for repeat in range(task.repeats):
                trial = Trial(task, sample, repeat, opening=len(asks))
                trial.requests = _address(trial, asks, seed)
                trials.append(trial)
            progress.advance()
    progress.finish()
    return Plan(planned, trials, seed, questions)


def take(task: Task, limit: float | None, rows: Collection[int] | None = None) -> tuple[list[Sample], int | None]:
    """The first samples of a task, or those at `rows` in their own order, and its full size where it is known.

    `limit` below 1 is a share of all samples (rounded up), else a count, as in lm-eval.
    """
    if rows is not None:
        return _at(task, rows)
    if limit is not None and limit >= 1:
        samples, size = list(islice(task.samples(), int(limit))), task.size()
    else:
        samples = list(task.samples())
        size = len(samples)
        if limit is not None:
            samples = samples[: math.ceil(limit * size)]
    if not samples:
        raise UsageError(f"task '{task.name}' has no samples", hint="check its data set, split and arguments")
    return samples, size


def _at(task: Task, rows: Collection[int]) -> tuple[list[Sample], int]:
    samples = list(task.samples())
    for row in rows:
        if not 0 <= row < len(samples):
            raise UsageError(f"task '{task.name}' has no row {row}", hint=f"its rows are 0 to {len(samples) - 1}")
    return [samples[row] for row in sorted(set(rows))], len(samples)


def _check_ids(planned: PlannedTask) -> None:
    seen: set[str] = set()
    for sample in planned.samples:
        if sample.sample_id in seen:
            raise PluginError(f"task '{planned.name}' gives two samples the id '{sample.sample_id}'")
        seen.add(sample.sample_id)


def _follow_up(trial: Trial) -> Sequence[Ask]:
    if any(isinstance(response, Failure) for response in trial.responses):
        return ()
    try:
        return trial.planned.task.follow_up(trial.sample, trial.responses)
    except Exception as error:  # noqa: BLE001  one sample's follow-up may not end the run
        trial.responses = [*trial.responses, Failure(f"follow_up: {type(error).__name__}: {error}")]
        return ()


def _address(trial: Trial, asks: Sequence[Ask], seed: int) -> list[Request]:
    requests = []
    for index, ask in enumerate(asks, start=len(trial.requests)):
        key = RequestKey(trial.planned.name, trial.sample.sample_id, index, trial.repeat)
        resolved = trial.planned.resolve(trial.sample, ask)
        own_seed = request_seed(seed, key) if resolved.sampled else None
        requests.append(Request(key, resolved, content_hash(resolved), own_seed))
    return requests


def request_seed(seed: int, key: RequestKey) -> int:
    """The seed of one sampled request, 63 bits: a function of the run's seed and the key alone."""
    text = "\x1f".join((str(seed), key.task, key.sample_id, str(key.index), str(key.repeat)))
    return int.from_bytes(hashlib.sha256(text.encode(errors="backslashreplace")).digest()[:8], "big") >> 1
