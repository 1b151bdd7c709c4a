"""How sure a value is: standard errors and 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TypeAlias

from mmeval.metrics.aggregations import mean

Interval: TypeAlias = tuple[float, float]

_ROUNDING = 1e-12
Z95 = 1.96
"""Half-width of a 95 % interval in standard errors."""
_T_EXPANSION = (2.3724, 2.8226, 2.5558, 1.5895, 0.642, 0.764)
"""The coefficients of 1/df, 1/df², ... of Student's t at 97.5 %: Abramowitz and Stegun, formula 26.7.5, and two that
are fitted, so that it is exact to .2 % from one degree of freedom on.
"""


def t95(df: float) -> float:
    """Half-width of a 95 % interval in standard errors that were estimated with `df` degrees of freedom, at least 1."""
    return Z95 + sum(coefficient / max(1.0, df) ** power for power, coefficient in enumerate(_T_EXPANSION, start=1))


def sample_stddev(values: Sequence[float]) -> float:
    """Standard deviation with n - 1, by plain sums (lm-eval's, to the bit). Needs two values."""
    center = mean(values)
    return math.sqrt(sum([(value - center) ** 2 for value in values]) / (len(values) - 1))


def mean_stderr(values: Sequence[float]) -> float | None:
    """Standard error of a mean of independent values; None for fewer than two."""
    return sample_stddev(values) / math.sqrt(len(values)) if len(values) > 1 else None


def clustered_stderr(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """Standard error of a mean of values that hang together within a cluster; None for fewer than two clusters.

    The jackknife over clusters, so that clusters of one give `mean_stderr`. Where all clusters are of one size it is
    equation 4 of Miller, "Adding Error Bars to Evals" (2024), times the root of G / (G - 1) for G clusters; where a
    few hold most of the samples, it is larger.
    """
    center, n = mean(values), len(values)
    groups = _grouped(values, clusters)
    count = len(groups)
    if count < 2:
        return None
    moved = [sum([value - center for value in group]) / (n - len(group)) for group in groups]
    return math.sqrt((count - 1) / count * sum([one**2 for one in moved]))


def clustered_df(values: Sequence[float], clusters: Sequence[Hashable]) -> float:
    """Degrees of freedom of `clustered_stderr`: one less than there are clusters of one size, and fewer where a few
    clusters hold most of the variance (Satterthwaite's approximation).

    What a cluster of m samples adds to the variance is proportional to m (1 + (m - 1) r), where r is the correlation
    of samples within a cluster. Imbens and Kolesár, "Robust Standard Errors in Small Samples" (2016), section III.
    """
    groups = _grouped(values, clusters)
    correlation = _intraclass_correlation(groups)
    parts = [len(group) * (1 + (len(group) - 1) * correlation) for group in groups]
    return sum(parts) ** 2 / sum([part**2 for part in parts]) - 1


def _grouped(values: Sequence[float], clusters: Sequence[Hashable]) -> list[list[float]]:
    groups: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        groups.setdefault(cluster, []).append(value)
    return list(groups.values())


def _intraclass_correlation(groups: Sequence[Sequence[float]]) -> float:
    """The share of the variance that lies between groups, from the mean squares of an analysis of variance."""
    n, count = sum(map(len, groups)), len(groups)
    if not 1 < count < n:
        return 0.0
    means = [mean(group) for group in groups]
    center = sum([value for group in groups for value in group]) / n
    between = sum([len(group) * (own - center) ** 2 for group, own in zip(groups, means, strict=True)]) / (count - 1)
    within = sum([(value - own) ** 2 for group, own in zip(groups, means, strict=True) for value in group]) / (
        n - count
    )
    size = (n - sum([len(group) ** 2 for group in groups]) / n) / (count - 1)
    total = between + (size - 1) * within
    return min(1.0, max(0.0, (between - within) / total)) if total else 0.0


def variance_split(repeats: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """The variance of one answer's value in two parts: between samples, and within a sample (its mean over samples).

    The first is what another draw of questions would change, the second what asking again would; of the variance of a
    mean over K repeats, the second makes up a K-th of itself. None for fewer than two samples with two values each.
    Section 3.2 of Miller, "Adding Error Bars to Evals" (2024).
    """
    known = [values for values in repeats if len(values) > 1]
    if len(known) < 2:
        return None
    within = [sample_stddev(values) ** 2 for values in known]
    noise = mean([spread / len(values) for spread, values in zip(within, known, strict=True)])
    means = sample_stddev([mean(values) for values in known]) ** 2
    return max(0.0, means - noise), mean(within)


def wilson_interval(share: float, n: float, critical: float = Z95) -> Interval:
    """95 % interval of a share of n independent trials (Wilson's score interval)."""
    square = critical**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = critical / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n**2))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def clustered_share_interval(values: Sequence[float], clusters: Sequence[Hashable]) -> Interval:
    """95 % interval of the mean of 0/1 values that hang together within clusters.

    Wilson's, for as many independent trials as would have the same standard error (never more than there are values;
    as many as clusters where none varies), and with Student's t for the clusters: Dean and Pagano, "Evaluating
    Confidence Interval Methods for Binomial Proportions in Clustered Surveys" (2015).
    """
    share, stderr = mean(values), clustered_stderr(values, clusters) or 0.0
    if stderr < _ROUNDING:
        return wilson_interval(share, len(set(clusters)))
    trials = min(len(values), share * (1 - share) / stderr**2)
    return wilson_interval(share, trials, t95(clustered_df(values, clusters)))


def extreme_interval(value: float, units: int, bounds: Interval | None) -> Interval | None:
    """95 % interval of a value at an end of its range, where nothing varies: Wilson's of as many trials as units.

    None for other values.
    """
    if bounds is None or value not in bounds:
        return None
    low, high = bounds
    ends = wilson_interval(float(value == high), units)
    return low + ends[0] * (high - low), low + ends[1] * (high - low)


def unvaried_interval(difference: float, units: int, span: float) -> Interval:
    """95 % interval of a paired difference of two values with a range of this width, where all units have the same.

    Units of another kind may have been missed: as many of them as Wilson's interval of none allows, and each may differ
    by as much as the range.
    """
    missed = wilson_interval(0.0, units)[1]
    return difference - missed * (difference + span), difference + missed * (span - difference)


def interval_over_tasks(values: Sequence[float], halves: Sequence[float], weights: Sequence[float] = ()) -> Interval:
    """95 % interval of the (weighted) mean of a figure of two tasks or more, for all tasks like them.

    `halves` are half-widths of the tasks' own intervals. How much the figures differ tells of both stages, the drawing
    of tasks and that of their samples: Student's t for the jackknife over tasks, with a degree of freedom less than
    there are tasks, and fewer where a few weigh most. Of values with unequal variances such an interval holds the truth
    at least as often as it says (Ibragimov and Müller, "t-Statistic Based Correlation and Heterogeneity Robust
    Inference", 2010). It is never narrower than one of these tasks alone, which may agree by luck.
    """
    shares = [weight / sum(weights) for weight in weights] or [1 / len(values)] * len(values)
    center = sum([share * value for share, value in zip(shares, values, strict=True)])
    moved = [share * (value - center) / (1 - share) for share, value in zip(shares, values, strict=True)]
    stderr = math.sqrt((len(values) - 1) / len(values) * sum([one**2 for one in moved]))
    of_these = math.sqrt(sum([(share * half) ** 2 for share, half in zip(shares, halves, strict=True)]))
    half = max(t95(_weighted_df(shares)) * stderr, of_these)
    return center - half, center + half


def _weighted_df(shares: Sequence[float]) -> float:
    """Degrees of freedom of the jackknife of a weighted mean of values of one variance (Satterthwaite's approximation).

    The estimate is a quadratic form in the values: twice its expectation squared, over its variance.
    """
    squares = sum([share**2 for share in shares])
    parts = [(share / (1 - share)) ** 2 for share in shares]
    expected = sum([part * (1 - 2 * share + squares) for part, share in zip(parts, shares, strict=True)])
    variance = sum(
        [
            parts[a] * parts[b] * ((a == b) - shares[a] - shares[b] + squares) ** 2
            for a in range(len(shares))
            for b in range(len(shares))
        ]
    )
    return expected**2 / variance


def normal_interval(value: float, stderr: float, bounds: Interval | None = None, critical: float = Z95) -> Interval:
    """95 % interval value ± 1.96 standard errors, or `critical` ones, cut at `bounds`."""
    low, high = bounds or (-math.inf, math.inf)
    return max(low, value - critical * stderr), min(high, value + critical * stderr)
