"""A run against others: one row for each common task, with the difference, its test and what it means."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mmeval.errors import UsageError
from mmeval.metrics.bootstrap import paired_replicates, percentile_interval, spread
from mmeval.metrics.paired import (
    Pairs,
    effect_size,
    holm,
    mcnemar,
    permutation,
    smallest_difference,
)
from mmeval.report.compare.pairing import Joined, RefusedError, join
from mmeval.report.compare.rows import Evidence, Row, Side
from mmeval.report.compare.runs import Answers, Run

ITERS = 10_000


@dataclass(frozen=True)
class Comparison:
    """One run against another. `refused` says by task why it is not compared; `alone` are the tasks of one run only."""

    one: Run
    other: Run
    rows: Sequence[Row]
    refused: Mapping[str, str] = field(default_factory=dict)
    alone: tuple[Sequence[str], Sequence[str]] = ((), ())


def compare(
    one: Run, other: Run, *, metrics: Collection[str] = (), across: Collection[str] = (), iters: int = ITERS
) -> Comparison:
    """Compare every common task, each by its first metric or by `metrics` (`all`: every one).

    p-values are corrected over all rows (Holm). Raises UsageError where the runs have no task in common.
    """
    common = [task for task in one.tasks if task in other.tasks]
    if not common:
        raise UsageError(f"{one.directory} and {other.directory} have no task in common")
    rows: list[Row] = []
    refused: dict[str, str] = {}
    for task in common:
        try:
            rows += [
                _row(join(one, other, task, row, across), (one, other), iters)
                for row in _chosen(one, other, task, metrics)
            ]
        except RefusedError as refusal:
            refused[task] = str(refusal)
    alone = [task for task in one.tasks if task not in other.tasks], [t for t in other.tasks if t not in one.tasks]
    return Comparison(one, other, _corrected(rows), refused, alone)


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
    adjusted = iter(holm([row.tested.p for row in rows if row.tested is not None]))
    return [row if row.tested is None else replace(row, p_holm=next(adjusted)) for row in rows]


def _row(joined: Joined, runs: tuple[Run, Run], iters: int) -> Row:
    run = runs[0]
    metric, pairs, first = joined.metric, joined.pairs, joined.rows[0]
    one, other = (
        _side(row, answers, each.trained_on(joined.task))
        for row, answers, each in zip(joined.rows, joined.answers, runs, strict=True)
    )
    defined = pairs is not None and math.isfinite(pairs.difference)
    bounds = metric.range or ((0.0, 1.0) if pairs is not None and pairs.binary else None)
    return Row(
        task=joined.task,
        metric=metric.name,
        pipeline=first["pipeline"],
        domain=_domain(run, joined.task),
        n=joined.n,
        total=joined.total,
        one=one,
        other=other,
        higher_is_better=first["higher_is_better"],
        span=bounds[1] - bounds[0] if bounds else None,
        chance=_chance(run.config(joined.task)) if pairs is not None and pairs.binary else None,
        baselines=_baselines(run, first, joined.task),
        tested=evidence(pairs, iters) if pairs is not None and defined else None,
        problem=joined.problem or ("" if defined else "the difference is not a number"),
        differs=tuple(map(str, joined.differs)),
    )


def _side(row: Mapping[str, Any], answers: Answers, tuned: bool) -> Side:
    interval = row["interval"]
    return Side(row["value"], (interval[0], interval[1]) if interval else None, answers.unparsed, tuned)


def evidence(pairs: Pairs, iters: int) -> Evidence:
    """What pairs say of the difference: exact McNemar for single right or wrong answers, else a permutation test."""
    replicates = paired_replicates(pairs.aggregation, pairs.one, pairs.other, iters)
    interval = percentile_interval(replicates, len(pairs.one))
    stderr = spread(replicates) if interval else None
    discordant = pairs.discordant if pairs.binary else None
    exact = discordant is not None and pairs.singles
    effect, size = effect_size(pairs)
    return Evidence(
        difference=pairs.difference,
        stderr=stderr,
        interval=interval,
        test="McNemar" if exact else "permutation",
        p=mcnemar(*discordant) if discordant is not None and exact else permutation(pairs, iters),
        discordant=discordant,
        effect=effect,
        effect_size=size,
        smallest=None if stderr is None else smallest_difference(pairs, stderr),
        replicates=replicates,
    )


def _chance(config: Mapping[str, Any]) -> float | None:
    """The accuracy of a guess, as the task's metadata declares it."""
    chance = config.get("metadata", {}).get("chance")
    return float(chance) if isinstance(chance, int | float) and 0 <= chance < 1 else None


def _baselines(run: Run, row: Mapping[str, Any], task: str) -> dict[str, float]:
    return {
        name: found["value"]
        for name, rows in run.tasks[task].get("baselines", {}).items()
        for found in rows
        if found["metric"] == row["metric"] and found["value"] is not None
    }


def _domain(run: Run, task: str) -> str:
    """The task's domain: its metadata, else its first tag, else the innermost group that holds it."""
    config = run.config(task)
    tags = config.get("tag") or ()
    groups = [name for name, members in run.data["group_subtasks"].items() if task in members]
    named = [config.get("metadata", {}).get("domain"), *([tags] if isinstance(tags, str) else tags), *groups]
    return next((str(name) for name in named if name), "")
