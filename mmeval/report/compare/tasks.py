"""A task that two runs have in common: joined, tested, and as a row."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmeval.report.compare.evidence import evidence
from mmeval.report.compare.pairing import Joined, join
from mmeval.report.compare.rows import Row, Side
from mmeval.report.compare.runs import Answers, Run


@dataclass(frozen=True)
class Pairing:
    """Two runs and how they are compared. Every task and metric is joined and tested once."""

    one: Run
    other: Run
    across: Collection[str]
    iters: int
    _known: dict[tuple[str, str, str], tuple[Joined, Row]] = field(default_factory=dict)

    def paired(self, task: str, row: Mapping[str, Any]) -> tuple[Joined, Row]:
        """The task by the metric and pipeline of `row`, a row of the one run. Raises RefusedError."""
        key = (task, row["metric"], row["pipeline"])
        if key not in self._known:
            joined = join(self.one, self.other, task, row, self.across)
            self._known[key] = joined, self._row(joined)
        return self._known[key]

    def _row(self, joined: Joined) -> Row:
        metric, pairs, first = joined.metric, joined.pairs, joined.rows[0]
        one, other = (
            _side(row, answers, run.trained_on(joined.task))
            for row, answers, run in zip(joined.rows, joined.answers, (self.one, self.other), strict=True)
        )
        defined = pairs is not None and math.isfinite(pairs.difference)
        bounds = metric.range or ((0.0, 1.0) if pairs is not None and pairs.binary else None)
        return Row(
            task=joined.task,
            metric=metric.name,
            pipeline=first["pipeline"],
            domain=_domain(self.one, joined.task),
            n=joined.n,
            total=joined.total,
            one=one,
            other=other,
            higher_is_better=first["higher_is_better"],
            span=bounds[1] - bounds[0] if bounds else None,
            chance=_chance(self.one.config(joined.task)) if pairs is not None and pairs.binary else None,
            baselines=_baselines(self.one, first, joined.task),
            tested=evidence(pairs, self.iters) if pairs is not None and defined else None,
            problem=joined.problem or ("" if defined else "the difference is not a number"),
            differs=tuple(map(str, joined.differs)),
        )


def _side(row: Mapping[str, Any], answers: Answers, tuned: bool) -> Side:
    interval = row["interval"]
    return Side(row["value"], (interval[0], interval[1]) if interval else None, answers.unparsed, tuned)


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
