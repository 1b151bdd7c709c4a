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
from mmeval.report.references import chance_level


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
        span = bounds[1] - bounds[0] if bounds else None
        return Row(
            task=joined.task,
            metric=metric.name,
            pipeline=first["pipeline"],
            domain=self.one.domain(joined.task),
            n=joined.n,
            total=joined.total,
            one=one,
            other=other,
            higher_is_better=first["higher_is_better"],
            span=span,
            chance=_chance(self.one, joined.task, first) if span == 1.0 else None,
            baselines=_baselines(self.one, first, joined.task),
            tested=evidence(pairs, self.iters, span) if pairs is not None and defined else None,
            problem=joined.problem or ("" if defined else "the difference is not a number"),
            differs=tuple(map(str, joined.differs)),
        )


def _side(row: Mapping[str, Any], answers: Answers, tuned: bool) -> Side:
    interval = row["interval"]
    return Side(row["value"], (interval[0], interval[1]) if interval else None, answers.unparsed, tuned)


def _chance(run: Run, task: str, row: Mapping[str, Any]) -> float | None:
    """What a guess scores, for a metric of which more is better."""
    if not row["higher_is_better"]:
        return None
    return chance_level(run.config(task).get("metadata") or {}, row["metric"], run.rows(task)[0]["metric"])


def _baselines(run: Run, row: Mapping[str, Any], task: str) -> dict[str, float]:
    return {
        name: found["value"]
        for name, rows in run.tasks[task].get("baselines", {}).items()
        for found in rows
        if found["metric"] == row["metric"] and found["value"] is not None
    }
