"""`results.json`: lm-eval's layout, with mmeval's own figures under the key `mmeval`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmeval.metrics.groups import GroupRow
from mmeval.report.chance import chance_level
from mmeval.types import MetricResult, TaskResult

FORMAT = 1

VOLATILE = ("date", "total_evaluation_time_seconds", "environment", "efficiency")
"""Top-level keys that may differ between a run and its repetition; all others are a function of the responses."""


@dataclass(frozen=True)
class TaskReport:
    """One row group of the results. `size` is the task's full number of samples (None: not known), `sampled`
    the number that this run evaluated; `failure` is set where scoring failed and there is no result.
    """

    name: str
    version: str | int | float
    num_fewshot: int
    config: Mapping[str, Any]
    size: int | None
    sampled: int
    result: TaskResult | None
    failure: str = ""
    alias: str = ""


@dataclass(frozen=True)
class GroupReport:
    """A group: its direct members, and the aggregated rows over all its leaves."""

    name: str
    members: Sequence[str]
    leaves: Sequence[str]
    rows: Sequence[GroupRow] = field(default=())
    alias: str = ""
    version: str = "N/A"
    pooled: bool = False


def build(
    tasks: Sequence[TaskReport], groups: Sequence[GroupReport], run: Mapping[str, Any], complete: bool
) -> dict[str, Any]:
    """The content of `results.json`; `run` holds the run-level keys (`config`, `date`, ...)."""
    ordered = sorted(tasks, key=lambda task: task.name)
    data: dict[str, Any] = {"results": {task.name: _entry(task) for task in tasks}}
    aggregated = {group.name: _group_entry(group, tasks) for group in groups}
    data["results"] |= aggregated
    if any(group.rows for group in groups):
        data["groups"] = {group.name: aggregated[group.name] for group in groups if group.rows}
    data["group_subtasks"] = {group.name: list(group.members) for group in groups}
    data["configs"] = {task.name: dict(task.config) for task in ordered}
    versions: dict[str, Any] = {task.name: task.version for task in tasks}
    data["versions"] = _sorted(versions | {group.name: group.version for group in groups})
    data["n-shot"] = _sorted(_shots(tasks, groups))
    data["higher_is_better"] = _sorted(_directions(tasks, groups))
    data["n-samples"] = {task.name: {"original": task.size, "effective": task.sampled} for task in tasks}
    data |= run
    data["mmeval"] = {
        "format": FORMAT,
        "complete": complete,
        "tasks": {task.name: _own(task) for task in tasks},
        "groups": {group.name: [_group_row(group, row, tasks) for row in group.rows] for group in groups},
        "group_definitions": {group.name: {"leaves": list(group.leaves), "pooled": group.pooled} for group in groups},
    }
    return data


def _sorted(by_name: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(by_name.items()))


def _shots(tasks: Sequence[TaskReport], groups: Sequence[GroupReport]) -> dict[str, int]:
    """Of each task; and of each group whose tasks all have the same number."""
    shots = {task.name: task.num_fewshot for task in tasks}
    for group in groups:
        below = {shots[leaf] for leaf in group.leaves if leaf in shots}
        if len(below) == 1:
            shots[group.name] = below.pop()
    return shots


def _directions(tasks: Sequence[TaskReport], groups: Sequence[GroupReport]) -> dict[str, dict[str, bool | None]]:
    """Of each metric, by task; a group's are those of its tasks, null where they differ."""
    directions = {task.name: {row.metric: row.higher_is_better for row in _rows(task)} for task in tasks}
    for group in groups:
        below: dict[str, set[bool | None]] = {}
        for leaf in group.leaves:
            for metric, higher in directions.get(leaf, {}).items():
                below.setdefault(metric, set()).add(higher)
        directions[group.name] = {metric: one.pop() if len(one) == 1 else None for metric, one in below.items()}
    return directions


def _rows(task: TaskReport) -> tuple[MetricResult, ...]:
    return task.result.metrics if task.result else ()


def _entry(task: TaskReport) -> dict[str, Any]:
    rows = _rows(task)
    entry: dict[str, Any] = {"name": task.name, "alias": task.alias or task.name}
    entry["sample_len"] = max((row.n for row in rows), default=0)
    return entry | _keys(rows)


def _group_entry(group: GroupReport, tasks: Sequence[TaskReport]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": group.name, "alias": group.alias or group.name}
    if group.rows:
        leaves = [task for task in tasks if task.name in set(group.leaves)]
        entry["sample_len"] = sum(max((row.n for row in _rows(task)), default=0) for task in leaves)
        # Of two means of one metric lm-eval's key is that of the first; all of them stand under `mmeval`.
        firsts: dict[str, MetricResult] = {}
        for row in group.rows:
            firsts.setdefault(f"{row.result.metric},{row.result.pipeline}", row.result)
        entry |= _keys(list(firsts.values()))
        entry["sample_count"] = {key: row.n for key, row in firsts.items()}
    return entry


def _keys(rows: Sequence[MetricResult]) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for row in rows:
        keys[f"{row.metric},{row.pipeline}"] = number(row.value)
        keys[f"{row.metric}_stderr,{row.pipeline}"] = "N/A" if row.stderr is None else number(row.stderr)
    return keys


def _own(task: TaskReport) -> dict[str, Any]:
    if task.result is None:
        return {"failure": task.failure}
    result = task.result
    metadata = _metadata(task)
    own = {
        **_metrics_and_slices(result),
        "metrics": [_row(row) | _chance(chance_level(metadata, row.metric)) for row in result.metrics],
        "baselines": {name: [_row(row) for row in rows] for name, rows in result.baselines.items()},
        "details": dict(result.details),
    }
    gained = {variant: _metrics_and_slices(gain) for variant, gain in result.gains.items()}
    return own | ({"gains": gained} if gained else {})


def _metadata(task: TaskReport) -> Mapping[str, Any]:
    metadata = task.config.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _chance(level: float | None) -> dict[str, float]:
    return {} if level is None else {"chance": level}


def _group_row(group: GroupReport, row: GroupRow, tasks: Sequence[TaskReport]) -> dict[str, Any]:
    """A row that says which mean it is, of how many tasks, and which of them have their say by another metric."""
    known = {task.name: _metadata(task) for task in tasks}
    levels = {task: chance_level(known[task], part.metric) for task, part in row.parts.items()}
    instead = {task: [part.metric, part.pipeline] for task, part in row.instead.items()}
    return (
        _row(row.result)
        | {"mean": "by size" if row.by_size else "mean of tasks", "tasks": [len(row.parts), len(group.leaves)]}
        | ({"instead": instead} if instead else {})
        | _chance(row.mean_of(levels))
    )


def _metrics_and_slices(result: TaskResult) -> dict[str, Any]:
    return {
        "metrics": [_row(row) for row in result.metrics],
        "slices": {
            key: {value: [_row(row) for row in rows] for value, rows in parts.items()}
            for key, parts in result.slices.items()
        },
    }


def _row(row: MetricResult) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "pipeline": row.pipeline,
        "value": number(row.value),
        "stderr": None if row.stderr is None else number(row.stderr),
        "interval": None if row.interval is None else [number(end) for end in row.interval],
        "n": row.n,
        "total": row.total,
        "outcomes": {str(outcome): count for outcome, count in row.outcomes.items() if count},
        "higher_is_better": row.higher_is_better,
        "bounds": None if row.bounds is None else [number(end) for end in row.bounds],
        "variance": None if row.variance is None else [number(part) for part in row.variance],
    } | ({"reason": row.reason} if row.reason else {})


def number(value: float) -> float | None:
    """A float that JSON can hold; not-a-number and infinities become null."""
    return float(value) if math.isfinite(value) else None
