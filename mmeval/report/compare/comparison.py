"""A run against others: one row for each common task, with the difference, its test and what it means."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mmeval.errors import UsageError
from mmeval.metrics.paired import holm
from mmeval.report.compare.groups import group_rows, pooled_tasks
from mmeval.report.compare.pairing import RefusedError
from mmeval.report.compare.rows import Row
from mmeval.report.compare.runs import Run
from mmeval.report.compare.tasks import Pairing

ITERS = 10_000


@dataclass(frozen=True)
class Comparison:
    """One run against another, by task and by group. `refused` says by task why it is not compared; `alone` are the
    tasks of one run only.
    """

    one: Run
    other: Run
    rows: Sequence[Row]
    groups: Sequence[Row] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    alone: tuple[Sequence[str], Sequence[str]] = ((), ())


def runs_of(comparisons: Sequence[Comparison]) -> list[Run]:
    """The run that all are compared with, and the others in order."""
    return [comparisons[0].one, *(each.other for each in comparisons)]


def compare(
    one: Run, other: Run, *, metrics: Collection[str] = (), across: Collection[str] = (), iters: int = ITERS
) -> Comparison:
    """Compare every common task and group, each by its first metric or by `metrics` (`all`: every one).

    The tasks of a pooled group are tested as one. p-values are corrected over all tests (Holm). Raises UsageError where
    the runs have no task in common.
    """
    common = [task for task in one.tasks if task in other.tasks]
    if not common:
        raise UsageError(f"{one.directory} and {other.directory} have no task in common")
    pairing = Pairing(one, other, across, iters)
    rows: list[Row] = []
    refused: dict[str, str] = {}
    for task in common:
        try:
            rows += [pairing.paired(task, row)[1] for row in _chosen(one, other, task, metrics)]
        except RefusedError as refusal:
            refused[task] = str(refusal)
    groups = group_rows(pairing, metrics)
    alone = [task for task in one.tasks if task not in other.tasks], [t for t in other.tasks if t not in one.tasks]
    corrected = _corrected([*pooled_tasks(rows, groups, one), *groups])
    return Comparison(one, other, corrected[: len(rows)], corrected[len(rows) :], refused, alone)


def _chosen(one: Run, other: Run, task: str, metrics: Collection[str]) -> list[Mapping[str, Any]]:
    """The rows to compare; those whose values a sample log holds."""
    for run in (one, other):
        if not run.rows(task):
            raise RefusedError(f"{run.directory} has no score: {run.tasks[task].get('failure', 'no metric')}")
    rows = list(one.rows(task))
    if not metrics:
        return rows[:1]
    chosen = [row for row in rows if row["metric"] in metrics or "all" in metrics]
    if not chosen:
        names = ", ".join(dict.fromkeys(row["metric"] for row in rows))
        raise RefusedError(f"it has no metric {' or '.join(metrics)}; it has {names}")
    return chosen


def _corrected(rows: Sequence[Row]) -> list[Row]:
    tested = [row.tested.p for row in rows if row.tested is not None and row.tested.p is not None]
    adjusted = iter(holm(tested))
    return [
        replace(row, p_holm=next(adjusted)) if row.tested is not None and row.tested.p is not None else row
        for row in rows
    ]
