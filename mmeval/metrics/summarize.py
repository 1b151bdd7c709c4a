"""Per-sample scores -> a task's rows: value, standard error, 95 % interval and counts, overall and by slice.

The unit is the sample. Repeats of one sample are not independent, so their values are averaged before anything is
estimated (or, where values are pairs and cannot be averaged, they are pooled and resampled together); `n` and
`total` count samples, while `outcomes` counts every (sample, repeat).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from mmeval.metrics.aggregations import mean
from mmeval.metrics.bootstrap import bootstrap_stderr, cluster_bootstrap_stderr
from mmeval.metrics.cells import Cell, Repeats, by_pipeline, cell, cluster_of, is_lost
from mmeval.metrics.statistics import (
    Interval,
    clustered_stderr,
    mean_stderr,
    normal_interval,
    wilson_interval,
)
from mmeval.types import Metric, MetricResult, Outcome, Sample, SampleScore, TaskResult


def summarize(
    scored: Sequence[SampleScore],
    metrics: Sequence[Metric],
    *,
    samples: Mapping[str, Sample],
    slices: Sequence[str] = (),
    cluster: str | None = None,
    bootstrap_iters: int = 100_000,
) -> TaskResult:
    """Aggregate every metric under every pipeline, overall and for each value of each slice key.

    A sample whose outcomes are all `error` or `skipped` leaves the denominator. A counted one without a value gets
    the metric's `worst`; where that is None it is scored with the answer None, and a metric without `score` leaves
    it out. Rows come by pipeline, then metric; the value of a row without samples is NaN. Without bootstrap
    iterations there is no standard error (lm-eval's rule); slices get analytic ones only.
    """
    rows: list[MetricResult] = []
    broken_down: dict[str, dict[str, list[MetricResult]]] = {key: {} for key in slices}
    for pipeline, repeats in by_pipeline(scored).items():
        table = _Table.of(pipeline, repeats, metrics, samples, cluster)
        rows += table.rows(range(len(repeats)), bootstrap_iters)
        for key in slices:
            for value, members in _members(table.ids, samples, key).items():
                of_value = broken_down[key].setdefault(value, [])
                of_value += table.rows(members, bootstrap_iters, in_slice=True)
    return TaskResult(
        tuple(rows),
        {key: {value: tuple(of) for value, of in values.items()} for key, values in broken_down.items()},
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The scores of one pipeline, a line for each sample in plan order."""

    pipeline: str
    repeats: Sequence[Repeats]
    columns: Sequence[tuple[Metric, Sequence[Cell]]]
    clusters: Sequence[Hashable] | None

    @classmethod
    def of(
        cls,
        pipeline: str,
        repeats: Sequence[Repeats],
        metrics: Sequence[Metric],
        samples: Mapping[str, Sample],
        cluster: str | None,
    ) -> _Table:
        columns = [
            (metric, [cell(metric, scores, samples[scores[0].sample_id]) for scores in repeats]) for metric in metrics
        ]
        clusters = [cluster_of(samples[scores[0].sample_id], cluster) for scores in repeats] if cluster else None
        return cls(pipeline, repeats, columns, clusters)

    @property
    def ids(self) -> list[str]:
        return [scores[0].sample_id for scores in self.repeats]

    def rows(self, members: Sequence[int], bootstrap_iters: int, in_slice: bool = False) -> list[MetricResult]:
        """One row per metric over the samples at these positions."""
        outcomes = Counter(score.outcome for index in members for score in self.repeats[index])
        counts = {outcome.value: outcomes[outcome] for outcome in Outcome if outcomes[outcome]}
        lost = sum(is_lost(self.repeats[index]) for index in members)
        rows = []
        for metric, cells in self.columns:
            kept = [index for index in members if cells[index]]
            groups = [cells[index] for index in kept]
            clusters = [self.clusters[index] for index in kept] if self.clusters else None
            iters = 0 if in_slice and metric.stderr == "bootstrap" else bootstrap_iters
            estimate = _estimate(metric, groups, clusters, iters)
            rows.append(
                MetricResult(
                    metric.name,
                    estimate.value,
                    estimate.stderr,
                    estimate.interval,
                    n=len(kept),
                    total=len(members),
                    outcomes=counts,
                    higher_is_better=metric.higher_is_better,
                    pipeline=self.pipeline,
                    bounds=_bounds(metric, groups, lost),
                )
            )
        return rows


# ---------------------------------------------------------------- samples


def _members(ids: Sequence[str], samples: Mapping[str, Sample], key: str) -> dict[str, list[int]]:
    """Positions by slice value, sorted by value (numbers as numbers); a list counts its sample in each."""
    members: dict[str, list[int]] = {}
    order: dict[str, tuple[bool, float, str]] = {}
    for index, sample_id in enumerate(ids):
        value = samples[sample_id].metadata.get(key)
        values = value if isinstance(value, list | tuple) else (value,)
        for name, one in {str(one): one for one in values if one is not None}.items():
            members.setdefault(name, []).append(index)
            order.setdefault(name, _natural(one))
    return {name: members[name] for name in sorted(members, key=order.__getitem__)}


def _natural(value: Any) -> tuple[bool, float, str]:
    number = isinstance(value, int | float)
    return not number, value if number else 0, str(value)


# ---------------------------------------------------------------- estimates


@dataclass(frozen=True, slots=True)
class _Estimate:
    value: float
    stderr: float | None = None
    interval: Interval | None = None


def _estimate(
    metric: Metric, groups: Sequence[Cell], clusters: Sequence[Hashable] | None, bootstrap_iters: int
) -> _Estimate:
    if not groups:
        return _Estimate(math.nan)
    values = [value for group in groups for value in group]
    value = float(metric.aggregate(values))
    if bootstrap_iters <= 0 or metric.stderr == "none":
        return _Estimate(value)
    if clusters is not None and len(set(clusters)) == len(clusters):
        clusters = None
    if metric.stderr == "bootstrap":
        stderr = _bootstrapped(metric, groups, clusters, bootstrap_iters)
    else:
        stderr = clustered_stderr(values, clusters) if clusters else mean_stderr(values)
    return _Estimate(value, stderr, _interval(metric, value, stderr, values, clusters))


def _bootstrapped(
    metric: Metric, groups: Sequence[Cell], clusters: Sequence[Hashable] | None, iters: int
) -> float | None:
    if clusters is None and all(len(group) == 1 for group in groups):
        return bootstrap_stderr(metric.aggregate, [group[0] for group in groups], iters)
    together: dict[Hashable, list[Any]] = {}
    for name, group in zip(clusters or range(len(groups)), groups, strict=True):
        together.setdefault(name, []).extend(group)
    return cluster_bootstrap_stderr(metric.aggregate, list(together.values()), iters)


def _interval(
    metric: Metric,
    value: float,
    stderr: float | None,
    values: Sequence[Any],
    clusters: Sequence[Hashable] | None,
) -> Interval | None:
    """Wilson's interval for independent 0/1 values, else value ± 1.96 standard errors within the metric's range.

    0/1 values that are all equal have a standard error of 0, which says nothing; as many independent trials as
    there are clusters then give the interval.
    """
    binary = metric.aggregate is mean and all(one in (0, 1) for one in values)
    if binary and (clusters is None or not stderr):
        return wilson_interval(value, len(set(clusters)) if clusters else len(values))
    return None if stderr is None or math.isnan(stderr) else normal_interval(value, stderr, metric.range)


def _bounds(metric: Metric, groups: Sequence[Cell], lost: int) -> Interval | None:
    """The values that the metric would have if every lost sample had the lowest or the highest value of its range."""
    values = [value for group in groups for value in group]
    if not lost or metric.range is None or not all(isinstance(value, Real) for value in values):
        return None
    low, high = (float(metric.aggregate([*values, *[extreme] * lost])) for extreme in metric.range)
    return min(low, high), max(low, high)
