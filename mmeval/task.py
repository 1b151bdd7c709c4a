"""`Task`, the base of every benchmark, and `Group`, a tree of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias

from mmeval.types import (
    Ask,
    Failure,
    Generation,
    Likelihoods,
    Metric,
    Outcome,
    Response,
    Sample,
    SampleScore,
    TaskResult,
)

Baseline: TypeAlias = Callable[[Sample], "str | Response"]
"""Answers a sample without a model. A string stands for a generation of that text."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A sample with its responses: `repeats[r][i]` answers request `i` of repetition `r`."""

    sample: Sample
    repeats: Sequence[Sequence[Response]]


class Artifacts(Protocol):
    """What `Task.aggregate` may use: the samples, the run's arrays, and a folder of the task's own."""

    @property
    def samples(self) -> Mapping[str, Sample]:
        """The evaluated samples by id."""

    @property
    def arrays(self) -> Path:
        """The run's folder of memory-mapped arrays; may not exist."""

    @property
    def directory(self) -> Path:
        """`RUN/tasks/<task>/`, made on first use, for whatever is larger than a table row."""

    def summarize(self, scored: Sequence[SampleScore], further: Sequence[Metric] = ()) -> TaskResult:
        """The default aggregation: each metric overall and per slice, with clustered standard errors.

        `further` are metrics that only the scores tell of, besides those that the task lists.
        """


class Task(ABC):
    """A named benchmark: samples, the requests each one makes, and a score from the responses.

    A subclass sets `name` and `metrics` and writes `samples`, `requests` and `score`. Constructor keyword
    parameters are the task's arguments (`--task_args`). Scores must be a pure function of sample and responses.
    """

    name: str = ""
    """Set by the catalog from the registered name where a class does not."""
    version: ClassVar[str | int | float] = 0
    metrics: Sequence[str | Metric] = ()
    """Names in the metric registry, or metrics of the task's own."""
    slices: Sequence[str] = ()
    """Metadata keys by which rows are broken down."""
    cluster: str | None = None
    """Metadata key of samples that are not independent (one graph, one image): used for standard errors."""
    repeats: int = 1
    roles: Sequence[str] = ()
    """Roles that follow-ups ask: a run that has no model for one is refused before anything is asked."""
    alias: str = ""
    """How reports call it; the name where empty."""
    num_fewshot: int = 0
    fewshot_delimiter: str = "\n\n"
    """What a run's system instruction is joined to the task's description with."""

    @abstractmethod
    def samples(self) -> Iterable[Sample]:
        """All samples, in the benchmark's order."""

    def size(self) -> int | None:
        """How many samples there are, where that is known without making them."""
        return None

    @abstractmethod
    def requests(self, sample: Sample) -> Sequence[Ask]:
        """What to ask a model about `sample`. Position in the sequence is the request's index."""

    @abstractmethod
    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        """Score one repeat of one sample. `responses` has the order of its requests, follow-ups behind."""

    def follow_up(self, sample: Sample, responses: Sequence[Response]) -> Sequence[Ask]:
        """Further requests given all responses so far (of one repeat); empty when the sample is done."""
        return ()

    def score_all(self, answered: Sequence[Answered]) -> Iterator[SampleScore]:
        """Score a whole task, samples in plan order.

        The default scores every repeat of every sample by `score`. Override it where an answer depends on other
        repeats or samples (majority vote) or where there are several pipelines; use `score_one` for the guard.
        """
        for item in answered:
            for repeat, responses in enumerate(item.repeats):
                yield replace(score_one(self.score, item.sample, responses), repeat=repeat)

    def aggregate(self, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
        """The task's result. Fitting, regression and the like belong here: it sees no model and can run again."""
        return artifacts.summarize(scored)

    def baselines(self) -> Mapping[str, Baseline]:
        """Named answers that need no model, scored like a model's and printed beside the row."""
        return {}

    def about(self) -> Mapping[str, Any]:
        """What `mmeval show` says of this task before its data are read; `metadata` is what is known of a benchmark."""
        return {}

    def config(self) -> Mapping[str, Any]:
        """What defines this task, JSON-able, for `run.json` and `results.json`."""
        return {}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A metric whose mean over a group's leaves is reported, under each of `pipelines` (None: all that report it).

    `weight_by_size` weighs each leaf by its number of scored samples.
    """

    metric: str
    pipelines: tuple[str, ...] | None = None
    weight_by_size: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A named tree of tasks. `aggregate` lists what is reported of it: a metric's bare name means all its pipelines,
    weighted as `weight_by_size` says. `alias` is how reports call it. The tasks of a `pooled` group are parts of one
    benchmark, each too small to be compared by itself. With `own_metrics` a task that lacks an aggregated metric or
    pipeline has its say by its first one.
    """

    name: str
    members: tuple[str, ...]
    aggregate: tuple[str | Aggregate, ...] = ()
    weight_by_size: bool = True
    alias: str = ""
    version: str = "N/A"
    pooled: bool = False
    own_metrics: bool = False


def score_one(
    score: Callable[[Sample, Sequence[Response]], SampleScore], sample: Sample, responses: Sequence[Response]
) -> SampleScore:
    """`score(sample, responses)`, with failed requests and a failing scorer turned into outcomes.

    A failed request leaves the sample unscored; a budget, context or refusal that ended an answer becomes the
    outcome, and the value that was scored all the same is kept.
    """
    for response in responses:
        if isinstance(response, Failure):
            outcome = Outcome.SKIPPED if response.skip else Outcome.ERROR
            return SampleScore(sample.sample_id, {}, outcome, reason=response.error)
    try:
        scored = score(sample, responses)
    except Exception as error:  # noqa: BLE001  one sample's scorer may not end the run
        return SampleScore(sample.sample_id, {}, Outcome.ERROR, reason=f"{type(error).__name__}: {error}")
    if scored.outcome in (Outcome.SCORED, Outcome.UNPARSED):
        scored = replace(scored, outcome=_ended_by(responses) or scored.outcome)
    return scored


def _ended_by(responses: Sequence[Response]) -> Outcome | None:
    if any(isinstance(response, Generation) and response.finish == "refusal" for response in responses):
        return Outcome.REFUSED
    for response in responses:
        if isinstance(response, Generation) and response.finish == "length":
            return Outcome.TRUNCATED
        if isinstance(response, Generation | Likelihoods) and response.truncated:
            return Outcome.TRUNCATED
    return None
