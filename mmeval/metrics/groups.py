"""A group's rows: means over its leaf tasks, with lm-eval's pooled standard errors."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from mmeval.metrics.statistics import Interval, extreme_interval, normal_interval
from mmeval.task import Aggregate, Group
from mmeval.types import MetricResult


def group_rows(group: Group, leaves: Sequence[Sequence[MetricResult]]) -> tuple[MetricResult, ...]:
    """One row per aggregated metric and pipeline, over the leaf tasks that report it."""
    rows: dict[tuple[str, str], list[MetricResult]] = {}
    for leaf in leaves:
        for row in leaf:
            rows.setdefault((row.metric, row.pipeline), []).append(row)
    wanted = [Aggregate(one, None, group.weight_by_size) if isinstance(one, str) else one for one in group.aggregate]
    return tuple(
        group_value(found, weight_by_size=one.weight_by_size)
        for one in wanted
        for (metric, pipeline), found in rows.items()
        if metric == one.metric and (one.pipelines is None or pipeline in one.pipelines)
    )


def group_value(rows: Sequence[MetricResult], *, weight_by_size: bool = True) -> MetricResult:
    """The mean of one metric over tasks, weighted by their numbers of scored samples or not.

    Tasks in which no sample counted have no say in the value. Without a standard error for each of the others
    there is none for the group.
    """
    counted = [row for row in rows if row.n]
    value, stderr = math.nan, None
    if counted:
        weights = [row.n if weight_by_size else 1 for row in counted]
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
