"""Specialized against general: the differences of a comparison, averaged over the tasks of each domain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mmeval.metrics.statistics import Interval, normal_interval
from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.rows import Row


@dataclass(frozen=True, slots=True)
class DomainGain:
    """The mean gain of the other run over the tasks of a domain; above 0 it is the better one.

    Tasks are taken as they are, not as a sample of tasks. `adjusted`: the mean is of chance-adjusted differences;
    it is of raw ones where a task does not declare its chance level.
    """

    domain: str
    tasks: tuple[str, ...]
    gain: float
    interval: Interval | None
    adjusted: bool


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
    domains: dict[str, list[list[float]]] = {}
    for task in sorted(tasks):
        sides = [rows[0][task].one, *(each[task].other for each in rows)]
        scores = [rows[0][task].over_chance(side) for side in sides]
        domains.setdefault(rows[0][task].domain, []).append(scores)
    return {
        domain: [sum(of_run) / len(of_run) for of_run in zip(*scores, strict=True)]
        for domain, scores in sorted(domains.items())
        if domain and not any(math.isnan(score) for task in scores for score in task)
    }


def _averageable(rows: Sequence[Row]) -> list[Row]:
    """The first row of each task, where it can be averaged with others: a metric from 0 to 1 with a direction."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.task, row)
    return [row for row in first.values() if row.tested and row.span == 1.0 and row.higher_is_better is not None]


def _gain(name: str, rows: Sequence[Row]) -> DomainGain:
    adjusted = all(row.chance is not None for row in rows)
    gains, errors = zip(*(_oriented(row, adjusted) for row in rows), strict=True)
    mean = sum(gains) / len(gains)
    known = [error for error in errors if error is not None]
    stderr = math.sqrt(sum(error**2 for error in known)) / len(rows) if len(known) == len(rows) else None
    interval = None if stderr is None else normal_interval(mean, stderr)
    return DomainGain(name, tuple(row.task for row in rows), mean, interval, adjusted)


def _oriented(row: Row, adjusted: bool) -> tuple[float, float | None]:
    """A row's difference, above 0 where the other run is better, with its standard error."""
    assert row.tested is not None  # noqa: S101  only tested rows are averaged
    scale = 1 - row.chance if adjusted and row.chance is not None else 1.0
    direction = 1 if row.higher_is_better else -1
    error = row.tested.stderr
    return direction * row.tested.difference / scale, None if error is None else error / scale
