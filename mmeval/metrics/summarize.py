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

from mmeval.metrics.additive import additive_form
from mmeval.metrics.aggregations import mean
from mmeval.metrics.bootstrap import defined, percentile_interval, replicates, spread
from mmeval.metrics.cells import Cell, Repeats, by_pipeline, cell, cluster_of, counted_values, is_lost
from mmeval.metrics.repeats import across_repeats
from mmeval.metrics.statistics import (
    Interval,
    clustered_df,
    clustered_share_interval,
    clustered_stderr,
    extreme_interval,
    mean_stderr,
    normal_interval,
    t95,
    variance_split,
    wilson_interval,
)
from mmeval.types import Metric, MetricResult, Outcome, Sample, SampleScore, TaskResult

_PERCENTILES = 1000
"""Resamples that it takes to read the ends of an interval off them."""
_ONE_SIDED = 0.1
"""With fewer of the resamples on one side of the value their percentiles are those of something else: chance can only
raise a calibration error, and once more in each resample.
"""


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
    iterations there is no standard error (lm-eval's rule); slices get none that takes a slow bootstrap. Where samples
    have several scores, pass@k and the majority's value follow behind the metrics.
    """
    rows: list[MetricResult] = []
    broken_down: dict[str, dict[str, list[MetricResult]]] = {key: {} for key in slices}
    for pipeline, repeats in by_pipeline(scored).items():
        ids = [scores[0].sample_id for scores in repeats]
        for measured, scores in ((metrics, repeats), across_repeats(metrics, repeats)):
            table = _Table.of(pipeline, measured, scores, samples, cluster)
            rows += table.rows(range(len(repeats)), bootstrap_iters)
            for key in slices:
                for value, members in _members(ids, samples, key).items():
                    of_value = broken_down[key].setdefault(value, [])
                    of_value += table.rows(members, bootstrap_iters, in_slice=True)
    return TaskResult(
        tuple(rows),
        {key: {value: tuple(of) for value, of in values.items()} for key, values in broken_down.items()},
    )


def members_of(samples: Mapping[str, Sample], key: str) -> dict[str, list[str]]:
    """The ids of the samples of each value of a slice."""
    ids = list(samples)
    return {value: [ids[place] for place in places] for value, places in _members(ids, samples, key).items()}


@dataclass(frozen=True, slots=True)
class _Table:
    """The scores of one pipeline, a line for each sample in plan order."""

    pipeline: str
    repeats: Sequence[Repeats]
    columns: Sequence[tuple[Metric, Sequence[Cell]]]
    clusters: Sequence[Hashable] | None
    samples: Mapping[str, Sample]

    @classmethod
    def of(
        cls,
        pipeline: str,
        metrics: Sequence[Metric],
        repeats: Sequence[Repeats],
        samples: Mapping[str, Sample],
        cluster: str | None,
    ) -> _Table:
        columns = [
            (metric, [cell(metric, scores, samples[scores[0].sample_id]) for scores in repeats]) for metric in metrics
        ]
        clusters = [cluster_of(samples[scores[0].sample_id], cluster) for scores in repeats] if cluster else None
        return cls(pipeline, repeats, columns, clusters, samples)

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
            iters = min(bootstrap_iters, _slice_iters(metric)) if in_slice else bootstrap_iters
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
                    variance=self._variance(metric, kept),
                    range=metric.range,
                    reason=metric.undefined if kept and math.isnan(estimate.value) else "",
                )
            )
        return rows

    def _variance(self, metric: Metric, members: Sequence[int]) -> tuple[float, float] | None:
        repeats = [scores for scores in map(self.repeats.__getitem__, members) if len(scores) > 1]
        found = [counted_values(metric, scores, self.samples[scores[0].sample_id]) for scores in repeats]
        numbers = all(isinstance(value, Real) for each in found for value in each)
        return variance_split(found) if numbers and metric.aggregate is mean else None


def _slice_iters(metric: Metric) -> int:
    """Slices are many: no more resamples than an interval needs, and none that call the aggregation."""
    return _PERCENTILES if metric.stderr != "bootstrap" or additive_form(metric.aggregate) else 0


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
    if bootstrap_iters <= 0 or metric.stderr == "none" or math.isnan(value):
        return _Estimate(value)
    if clusters is not None and len(set(clusters)) == len(clusters):
        clusters = None
    if metric.stderr == "bootstrap":
        return _bootstrapped(metric, value, _together(groups, clusters), bootstrap_iters)
    stderr = clustered_stderr(values, clusters) if clusters else mean_stderr(values)
    return _Estimate(value, stderr, _interval(metric, value, stderr, values, clusters))


def _together(groups: Sequence[Cell], clusters: Sequence[Hashable] | None) -> Sequence[Sequence[Any]]:
    """The values of each cluster; of each sample where there are none."""
    if clusters is None:
        return groups
    together: dict[Hashable, list[Any]] = {}
    for name, group in zip(clusters, groups, strict=True):
        together.setdefault(name, []).extend(group)
    return list(together.values())


def _bootstrapped(metric: Metric, value: float, groups: Sequence[Sequence[Any]], iters: int) -> _Estimate:
    """The middle 95 % of the resamples; of too few for that, and of those that are off centre, value ± 1.96 standard
    errors. Resamples that are all equal say nothing of how sure a value is.
    """
    found = defined(replicates(metric.aggregate, groups, iters))
    stderr = spread(found)
    if stderr is None or math.isnan(stderr):
        return _Estimate(value, stderr)
    if not stderr:
        return _Estimate(value, stderr, extreme_interval(value, len(groups), metric.range))
    below, above = sum(one < value for one in found), sum(one > value for one in found)
    read_off = len(found) >= _PERCENTILES and min(below, above) >= _ONE_SIDED * (below + above)
    interval = percentile_interval(found, len(groups)) if read_off else None
    return _Estimate(value, stderr, interval or normal_interval(value, stderr, metric.range))


def _interval(
    metric: Metric,
    value: float,
    stderr: float | None,
    values: Sequence[Any],
    clusters: Sequence[Hashable] | None,
) -> Interval | None:
    """Wilson's interval for 0/1 values, for as many trials as the clusters leave; else value ± standard errors, as many
    as Student's t says, within the metric's range.

    0/1 values that are all equal have a standard error of 0, which says nothing; as many independent trials as
    there are clusters then give the interval.
    """
    if metric.aggregate is mean and all(one in (0, 1) for one in values):
        return clustered_share_interval(values, clusters) if clusters else wilson_interval(value, len(values))
    if stderr is None or math.isnan(stderr):
        return None
    df = clustered_df(values, clusters) if clusters else len(values) - 1
    return normal_interval(value, stderr, metric.range, t95(df))


def _bounds(metric: Metric, groups: Sequence[Cell], lost: int) -> Interval | None:
    """The values that the metric would have if every lost sample had the lowest or the highest value of its range."""
    values = [value for group in groups for value in group]
    if lost and not values:
        return metric.range
    if not lost or metric.range is None or not all(isinstance(value, Real) for value in values):
        return None
    low, high = (float(metric.aggregate([*values, *[extreme] * lost])) for extreme in metric.range)
    return min(low, high), max(low, high)
