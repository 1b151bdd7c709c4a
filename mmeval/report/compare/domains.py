"""Specialized against general: the differences of a comparison, averaged over the tasks of each domain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mmeval.metrics.aggregations import mean
from mmeval.metrics.bootstrap import percentile_interval, two_stage_replicates
from mmeval.metrics.statistics import Interval
from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.evidence import Evidence
from mmeval.report.compare.rows import Row


@dataclass(frozen=True, slots=True)
class DomainGain:
    """The mean gain of the other run over the tasks of a domain; above 0 it is the better one.

    The interval resamples in two stages, tasks and their samples: few tasks say little of a domain. That of a single
    task speaks of this task. `adjusted`: the mean is of chance-adjusted differences; it is of raw ones where a task
    does not declare its chance level.
    """

    domain: str
    tasks: tuple[str, ...]
    gain: float
    interval: Interval | None
    adjusted: bool

    @property
    def verdict(self) -> str:
        """`gain`, `loss` or `not shown`: what the interval leaves no doubt of."""
        low, high = self.interval or (-math.inf, math.inf)
        return "gain" if low > 0 else "loss" if high < 0 else "not shown"


def by_domain(rows: Sequence[Row]) -> list[DomainGain]:
    """One gain for each domain, in the order of the rows."""
    usable = _averageable(rows)
    domains = dict.fromkeys(row.domain for row in usable if row.domain)
    return [_gain(domain, [row for row in usable if row.domain == domain]) for domain in domains]


def on_and_off(rows: Sequence[Row], domain: str) -> list[DomainGain]:
    """The gain over the tasks of a domain, and over all others: what a specialization bought, and what it cost."""
    usable = _averageable(rows)
    on, off = ([row for row in usable if (row.domain == domain) is inside] for inside in (True, False))
    return [_gain(f"{word} {domain}", found) for word, found in (("on", on), ("off", off)) if found]


def domain_scores(comparisons: Sequence[Comparison]) -> dict[str, list[float]]:
    """For each domain the mean chance-adjusted score of every run, over the tasks that all comparisons have.

    Domains stand in alphabetical order; one with a task that does not declare its chance level is left out.
    """
    rows = [{row.task: row for row in reversed(_averageable(each.rows))} for each in comparisons]
    tasks = [task for task in rows[0] if all(task in each for each in rows)]
    domains: dict[str, list[list[float | None]]] = {}
    for task in sorted(tasks):
        sides = [rows[0][task].one, *(each[task].other for each in rows)]
        scores = [rows[0][task].over_chance(side) for side in sides]
        domains.setdefault(rows[0][task].domain, []).append(scores)
    return {
        domain: [mean([score or 0.0 for score in of_run]) for of_run in zip(*scores, strict=True)]
        for domain, scores in sorted(domains.items())
        if domain and not any(score is None for task in scores for score in task)
    }


def _averageable(rows: Sequence[Row]) -> list[Row]:
    """The first row of each task, where it can be averaged with others: a metric from 0 to 1 with a direction."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.task, row)
    return [row for row in first.values() if row.tested and row.span == 1.0 and row.higher_is_better is not None]


def _gain(name: str, rows: Sequence[Row]) -> DomainGain:
    adjusted = all(row.chance is not None for row in rows)
    scales = [_scale(row, adjusted) for row in rows]
    tested = [row.tested for row in rows if row.tested is not None]
    gains = [each.difference * scale for each, scale in zip(tested, scales, strict=True)]
    return DomainGain(
        name, tuple(row.task for row in rows), sum(gains) / len(gains), _interval(tested, scales), adjusted
    )


def _interval(tested: Sequence[Evidence], scales: Sequence[float]) -> Interval | None:
    """Of the mean of scaled differences."""
    if any(each.interval is None for each in tested):
        return None
    if len(tested) == 1:
        low, high = sorted(end * scales[0] for end in tested[0].interval or ())
        return low, high
    replicates = [[value * scale for value in each.replicates] for each, scale in zip(tested, scales, strict=True)]
    return percentile_interval(two_stage_replicates(replicates, max(map(len, replicates))), len(tested))


def _scale(row: Row, adjusted: bool) -> float:
    """What makes a difference one that is above 0 where the other run is better, over chance where it is `adjusted`."""
    direction = 1.0 if row.higher_is_better else -1.0
    return direction / (1 - row.chance) if adjusted and row.chance is not None else direction
