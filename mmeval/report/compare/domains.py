"""Specialized against general: what two runs score over chance, averaged over the tasks of each domain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mmeval.metrics.aggregations import mean
from mmeval.metrics.statistics import Interval
from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.evidence import interval_of_mean
from mmeval.report.compare.rows import Row


@dataclass(frozen=True, slots=True)
class DomainGain:
    """The mean chance-adjusted gain of a run over the tasks of a domain; above 0 it is the better one.

    `gain` is None where no task counts. The interval is that of all tasks like these: few tasks say little of a domain.
    That of a single task speaks of this task. `left_out` names tasks (and metrics) without a test or a chance level:
    raw scores of unlike metrics make no mean.
    """

    domain: str
    tasks: tuple[str, ...]
    gain: float | None
    interval: Interval | None
    left_out: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """`gain`, `loss` or `not shown`: what the interval leaves no doubt of."""
        low, high = self.interval or (-math.inf, math.inf)
        return "gain" if low > 0 else "loss" if high < 0 else "not shown"


@dataclass(frozen=True, slots=True)
class Specialization:
    """What a model that was made for a domain gains there over a general one (G_on), and elsewhere (G_off): the other
    one of two, or the one.
    """

    domain: str
    on: DomainGain
    off: DomainGain
    of_one: bool = False

    @property
    def worth_it(self) -> bool:
        """Whether a gain on the domain is shown; what it costs off the domain is never subtracted."""
        return self.on.verdict == "gain"


def by_domain(comparison: Comparison) -> list[DomainGain]:
    """The other run's gain in each domain, in the order of the rows."""
    rows = units(comparison)
    domains = dict.fromkeys(row.domain for row in rows if row.domain)
    return [_gain(domain, [row for row in rows if row.domain == domain]) for domain in domains]


def on_all(comparison: Comparison) -> DomainGain:
    """The other run's gain over all tasks."""
    return _gain("all", units(comparison))


def specialization(comparison: Comparison, domain: str, of_one: bool = False) -> Specialization:
    """The gain of the other run, or `of_one`, over the tasks of a domain and over all others."""
    rows = units(comparison)
    on, off = ([row for row in rows if (row.domain == domain) is inside] for inside in (True, False))
    return Specialization(domain, _gain(domain, on, of_one), _gain(f"off {domain}", off, of_one), of_one)


def domain_scores(comparisons: Sequence[Comparison]) -> dict[str, list[float]]:
    """For each domain, in alphabetical order, the mean chance-adjusted score of every run over the common tasks."""
    domains: dict[str, list[list[float]]] = {}
    for row, scores in scores_over_chance(comparisons):
        if row.domain:
            domains.setdefault(row.domain, []).append(scores)
    return {
        domain: [mean(of_run) for of_run in zip(*scores, strict=True)] for domain, scores in sorted(domains.items())
    }


def scores_over_chance(comparisons: Sequence[Comparison]) -> list[tuple[Row, list[float]]]:
    """The chance-adjusted scores of every run, the first first, on each task that all comparisons have."""
    rows = [{row.task: row for row in units(each) if row.adjusted is not None} for each in comparisons]
    common = [[of[task] for of in rows] for task in sorted(rows[0]) if all(task in of for of in rows)]
    return [(of_all[0], _over_chance(of_all)) for of_all in common]


def _over_chance(rows: Sequence[Row]) -> list[float]:
    sides = [(rows[0], rows[0].one), *((row, row.other) for row in rows)]
    return [score for row, side in sides if (score := row.over_chance(side)) is not None]


def units(comparison: Comparison) -> list[Row]:
    """The first row of each task; tasks that are tested as one stand as the row of their group."""
    groups = {(row.task, row.metric, row.pipeline): row for row in comparison.groups}
    first: dict[str, Row] = {}
    for row in comparison.rows:
        first.setdefault(row.task, row)
    found = [groups.get((row.pooled_in, row.metric, row.pipeline), row) for row in first.values()]
    return list({row.task: row for row in found}.values())


def _gain(domain: str, rows: Sequence[Row], of_one: bool = False) -> DomainGain:
    sign = -1 if of_one else 1
    counted = [(row, sign * row.adjusted) for row in rows if row.adjusted is not None]
    left_out = tuple(f"{row.task} ({row.metric})" for row in rows if row.adjusted is None)
    if not counted:
        return DomainGain(domain, (), None, None, left_out)
    gains = [gain for _, gain in counted]
    interval = interval_of_mean(gains, [_scaled(row, sign) for row, _ in counted])
    return DomainGain(domain, tuple(row.task for row, _ in counted), mean(gains), interval, left_out)


def _scaled(row: Row, sign: int) -> Interval | None:
    """The interval of a chance-adjusted gain."""
    if row.tested is None or row.tested.interval is None or row.chance is None:
        return None
    low, high = sorted(sign * end / (1 - row.chance) for end in row.tested.interval)
    return low, high
