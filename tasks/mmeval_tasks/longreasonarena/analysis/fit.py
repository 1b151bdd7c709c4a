"""Accuracy against log10(executed lines): half-decade bins, least squares, a bootstrap band, a logistic check.

The paper states that accuracy falls linearly with the logarithm of the number of steps; the binning is this
module's (facts sheet, section 7).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FIRST, LAST, WIDTH = 2.0, 6.0, 0.5
SMALLEST_BIN = 20
RESAMPLES = 1_000


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
    count = round((LAST - FIRST) / WIDTH)
    bins: list[list[Row]] = [[] for _ in range(count)]
    for row in rows:
        if FIRST <= row.x <= LAST:
            bins[min(int((row.x - FIRST) / WIDTH), count - 1)].append(row)
    return [_point(members) for members in _merged(bins)]


def _merged(bins: Sequence[list[Row]]) -> list[list[Row]]:
    merged: list[list[Row]] = []
    carried: list[Row] = []
    for members in bins:
        carried = carried + members
        if len(carried) >= SMALLEST_BIN:
            merged.append(carried)
            carried = []
    if carried and merged:
        merged[-1] = merged[-1] + carried
    return merged or ([carried] if carried else [])


def _point(rows: Sequence[Row]) -> Point:
    n = len(rows)
    share = sum(row.right for row in rows) / n
    return Point(sum(row.x for row in rows) / n, 100 * share, n, 100 * math.sqrt(share * (1 - share) / n))


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
    return line([(point.x, point.y) for point in binned(rows)])


@dataclass(frozen=True, slots=True)
class Band:
    """95 % bootstrap intervals of the fit, and of the line at each half decade as (x, low, high)."""

    slope: tuple[float, float]
    intercept: tuple[float, float]
    r2: tuple[float, float] | None
    line: tuple[tuple[float, float, float], ...]


def band(rows: Sequence[Row], resamples: int = RESAMPLES, seed: int = 0) -> Band | None:
    """Resample whole problems, since rows of one problem are not independent. None where no fit is possible."""
    draw = random.Random(seed)
    clusters: dict[Any, list[Row]] = {}
    for index, row in enumerate(rows):
        clusters.setdefault(row.problem or index, []).append(row)
    groups = list(clusters.values())
    fits = [
        found
        for _ in range(resamples)
        if (found := fit([row for group in draw.choices(groups, k=len(groups)) for row in group])) is not None
    ]
    if not fits:
        return None
    squares = [one.r2 for one in fits if one.r2 is not None]
    grid = [FIRST + WIDTH * step for step in range(round((LAST - FIRST) / WIDTH) + 1)]
    return Band(
        _interval([one.slope for one in fits]),
        _interval([one.intercept for one in fits]),
        _interval(squares) if squares else None,
        tuple((x, *_interval([one.intercept + one.slope * x for one in fits])) for x in grid),
    )


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
