"""Accuracy against log10(executed lines): half-decade bins, least squares, a bootstrap band, a logistic check.

The paper states that accuracy falls linearly with the logarithm of the number of steps; the binning is this
module's (facts sheet, section 7).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

FIRST, LAST, WIDTH = 2.0, 6.0, 0.5
BINS = round((LAST - FIRST) / WIDTH)
SMALLEST_BIN = 20
RESAMPLES = 1_000

Sums: TypeAlias = tuple[float, float, float]
"""Of the rows in a bin: how many, their log10(lines), how many are right."""


@dataclass(frozen=True, slots=True)
class Row:
    """One scored instance: log10 of its lines, whether it was right (0 to 1), and the problem it belongs to."""

    x: float
    right: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A bin: mean log10(lines), accuracy in percent, rows, and the binomial standard error in points."""

    x: float
    y: float
    n: int
    stderr: float


@dataclass(frozen=True, slots=True)
class Line:
    """y = intercept + slope x, in percent and percent per decade. `r2` is None where accuracy does not vary."""

    slope: float
    intercept: float
    r2: float | None

    @property
    def zero(self) -> float | None:
        """log10(lines) at which accuracy reaches zero."""
        return -self.intercept / self.slope if self.slope else None


def binned(rows: Sequence[Row]) -> list[Point]:
    """The points of the fit. A bin with fewer than 20 rows joins its right neighbour, the last one its left."""
    return [_point(*sums) for sums in _merged(_by_bin(rows))]


def _by_bin(rows: Iterable[Row]) -> list[Sums]:
    bins = [[0.0, 0.0, 0.0] for _ in range(BINS)]
    for row in rows:
        if FIRST <= row.x <= LAST:
            of_bin = bins[min(int((row.x - FIRST) / WIDTH), BINS - 1)]
            for place, amount in enumerate((1.0, row.x, row.right)):
                of_bin[place] += amount
    return [(n, x, right) for n, x, right in bins]


def _merged(bins: Iterable[Sums]) -> list[Sums]:
    merged: list[Sums] = []
    carried: Sums = (0.0, 0.0, 0.0)
    for sums in bins:
        carried = _added(carried, sums)
        if carried[0] >= SMALLEST_BIN:
            merged.append(carried)
            carried = (0.0, 0.0, 0.0)
    if carried[0] and merged:
        merged[-1] = _added(merged[-1], carried)
    return merged or ([carried] if carried[0] else [])


def _added(one: Sums, other: Sums) -> Sums:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _point(n: float, x: float, right: float) -> Point:
    share = right / n
    return Point(x / n, 100 * share, round(n), 100 * math.sqrt(max(0.0, share * (1 - share)) / n))


def line(points: Sequence[tuple[float, float]]) -> Line | None:
    """Unweighted least squares through (x, y) points; None for fewer than three."""
    n = len(points)
    if n < 3:
        return None
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        return None
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    intercept = mean_y - slope * mean_x
    total = sum((y - mean_y) ** 2 for _, y in points)
    residual = sum((y - intercept - slope * x) ** 2 for x, y in points)
    return Line(slope, intercept, 1 - residual / total if total else None)


def fit(rows: Sequence[Row]) -> Line | None:
    """The line through the bins of `rows`."""
    return _fit(_by_bin(rows))


def _fit(bins: Iterable[Sums]) -> Line | None:
    return line([(x / n, 100 * right / n) for n, x, right in _merged(bins)])


@dataclass(frozen=True, slots=True)
class Band:
    """95 % bootstrap intervals of the fit, and of the line at each half decade as (x, low, high)."""

    slope: tuple[float, float]
    intercept: tuple[float, float]
    r2: tuple[float, float] | None
    line: tuple[tuple[float, float, float], ...]


def band(rows: Sequence[Row], resamples: int = RESAMPLES, seed: int = 0) -> Band | None:
    """Resample whole problems, since rows of one problem are not independent. None where no fit is possible."""
    fits = [found for bins in _resampled(rows, resamples, seed) if (found := _fit(bins)) is not None]
    if not fits:
        return None
    squares = [one.r2 for one in fits if one.r2 is not None]
    grid = [FIRST + WIDTH * step for step in range(BINS + 1)]
    return Band(
        _interval([one.slope for one in fits]),
        _interval([one.intercept for one in fits]),
        _interval(squares) if squares else None,
        tuple((x, *_interval([one.intercept + one.slope * x for one in fits])) for x in grid),
    )


def _resampled(rows: Sequence[Row], resamples: int, seed: int) -> list[list[Sums]]:
    """The sums of each bin in each resample: how often a problem is drawn, times its own sums."""
    import numpy as np

    problems: dict[Any, list[Row]] = {}
    for index, row in enumerate(rows):
        problems.setdefault(row.problem or index, []).append(row)
    if not problems:
        return []
    sums = np.array([_by_bin(members) for members in problems.values()])
    drawn = np.random.default_rng(seed).multinomial(len(sums), [1 / len(sums)] * len(sums), size=resamples)
    resampled: list[list[Sums]] = np.einsum("rp,pbs->rbs", drawn, sums).tolist()
    return resampled


def _interval(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[round(0.025 * last)], ordered[round(0.975 * last)]


def logistic_slope(rows: Sequence[Row]) -> float | None:
    """The coefficient per decade of a row-level logistic regression; None where one side is empty or separated."""
    right = sum(row.right for row in rows)
    if not 0 < right < len(rows):
        return None
    centre = sum(row.x for row in rows) / len(rows)
    level, slope = 0.0, 0.0
    for _ in range(100):
        step = _newton_step(rows, centre, level, slope)
        if step is None:
            return None
        level, slope = level + step[0], slope + step[1]
        if abs(slope) > 50:
            return None
        if max(map(abs, step)) < 1e-10:
            return slope
    return None


def _newton_step(rows: Sequence[Row], centre: float, level: float, slope: float) -> tuple[float, float] | None:
    g0 = g1 = h00 = h01 = h11 = 0.0
    for row in rows:
        x = row.x - centre
        chance = 1 / (1 + math.exp(-max(-500.0, min(500.0, level + slope * x))))
        weight, error = chance * (1 - chance), row.right - chance
        g0, g1 = g0 + error, g1 + error * x
        h00, h01, h11 = h00 + weight, h01 + weight * x, h11 + weight * x * x
    determinant = h00 * h11 - h01 * h01
    if determinant < 1e-12:
        return None
    return (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
