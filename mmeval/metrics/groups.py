"""A group's rows: means over its leaf tasks, with lm-eval's pooled standard errors."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from mmeval.metrics.statistics import Interval, extreme_interval, normal_interval
from mmeval.task import Aggregate, Group
from mmeval.types import MetricResult


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A mean over tasks. `parts` are the rows that it is of, by task; tasks weigh the same unless `by_size`."""

    result: MetricResult
    parts: Mapping[str, MetricResult]
    by_size: bool

    @property
    def instead(self) -> Mapping[str, MetricResult]:
        """The parts that are of another metric or pipeline: of tasks without the one that is aggregated."""
        wanted = (self.result.metric, self.result.pipeline)
        return {task: row for task, row in self.parts.items() if (row.metric, row.pipeline) != wanted}

    def mean_of(self, levels: Mapping[str, float | None]) -> float | None:
        """The mean of a number for each task, as the row's; None where a task that counts has none."""
        counted = {task: row for task, row in self.parts.items() if row.n}
        known = [level for task in counted if (level := levels[task]) is not None]
        if not counted or len(known) < len(counted):
            return None
        return fmean(known, _weights(list(counted.values()), self.by_size))


def group_rows(group: Group, leaves: Mapping[str, Sequence[MetricResult]]) -> tuple[GroupRow, ...]:
    """One row per aggregated metric and pipeline, over the leaf tasks that report it, in the order of `aggregate`."""
    wanted = [Aggregate(one, None, group.weight_by_size) if isinstance(one, str) else one for one in group.aggregate]
    return tuple(
        GroupRow(group_value(list(parts.values()), weight_by_size=one.weight_by_size), parts, one.weight_by_size)
        for one in wanted
        for parts in _parts(one, leaves, group.own_metrics)
    )


def _parts(
    wanted: Aggregate, leaves: Mapping[str, Sequence[MetricResult]], own_metrics: bool
) -> Iterator[dict[str, MetricResult]]:
    """For each pipeline the tasks' rows; with `own_metrics` also the first row of every other task."""
    found: dict[str, dict[str, MetricResult]] = {}
    for leaf, rows in leaves.items():
        for row in rows:
            if row.metric == wanted.metric and (wanted.pipelines is None or row.pipeline in wanted.pipelines):
                found.setdefault(row.pipeline, {})[leaf] = row
    firsts = {leaf: rows[0] for leaf, rows in leaves.items() if own_metrics and rows}
    return (firsts | parts for parts in found.values())


def group_value(rows: Sequence[MetricResult], *, weight_by_size: bool = True) -> MetricResult:
    """The mean of one metric over tasks, weighted by their numbers of scored samples or not.

    Tasks in which no sample counted have no say in the value. Without a standard error for each of the others
    there is none for the group.
    """
    counted = [row for row in rows if row.n]
    value, stderr = math.nan, None
    if counted:
        weights = _weights(counted, weight_by_size)
        value = sum(row.value * weight for row, weight in zip(counted, weights, strict=True)) / sum(weights)
        stderr = _stderr(counted, weight_by_size)
    outcomes: Counter[str] = Counter()
    for row in rows:
        outcomes.update(row.outcomes)
    directions = {row.higher_is_better for row in rows}
    return MetricResult(
        rows[0].metric,
        value,
        stderr,
        _interval(value, stderr, counted),
        n=sum(row.n for row in rows),
        total=sum(row.total for row in rows),
        outcomes=dict(outcomes),
        higher_is_better=directions.pop() if len(directions) == 1 else None,
        pipeline=rows[0].pipeline,
        range=rows[0].range,
    )


def _weights(rows: Sequence[MetricResult], by_size: bool) -> list[int]:
    return [row.n if by_size else 1 for row in rows]


def _interval(value: float, stderr: float | None, rows: Sequence[MetricResult]) -> Interval | None:
    if stderr is None:
        return None
    if not stderr:
        return extreme_interval(value, sum(row.n for row in rows), rows[0].range)
    return normal_interval(value, stderr, rows[0].range)


def _stderr(rows: Sequence[MetricResult], weight_by_size: bool) -> float | None:
    """Pooled over all samples, or of an unweighted mean of independent tasks."""
    errors = [row.stderr for row in rows if row.stderr is not None]
    if len(errors) < len(rows):
        return None
    if not weight_by_size:
        return math.sqrt(sum(error**2 for error in errors)) / len(errors)
    sizes = [row.n for row in rows]
    total = sum(sizes)
    spread = sum((size - 1) * error**2 * size for size, error in zip(sizes, errors, strict=True))
    return math.sqrt(spread / (total - len(rows)) / total) if total > len(rows) else None
