"""How sure a value is: standard errors and 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TypeAlias

from mmeval.metrics.aggregations import mean

Interval: TypeAlias = tuple[float, float]

Z95 = 1.96
"""Half-width of a 95 % interval in standard errors."""
_T_EXPANSION = (2.3724, 2.8226, 2.5558, 1.5895)
"""The coefficients of 1/df, 1/df², ... of Student's t at 97.5 %: Abramowitz and Stegun, formula 26.7.5."""
_T_SMALL = (12.7062, 4.3027)


def t95(df: int) -> float:
    """Half-width of a 95 % interval in standard errors that were estimated with `df` degrees of freedom."""
    if df <= len(_T_SMALL):
        return _T_SMALL[max(df, 1) - 1]
    return Z95 + sum(coefficient / float(df) ** power for power, coefficient in enumerate(_T_EXPANSION, start=1))


def sample_stddev(values: Sequence[float]) -> float:
    """Standard deviation with n - 1, by plain sums (lm-eval's, to the bit). Needs two values."""
    center = mean(values)
    return math.sqrt(sum([(value - center) ** 2 for value in values]) / (len(values) - 1))


def mean_stderr(values: Sequence[float]) -> float | None:
    """Standard error of a mean of independent values; None for fewer than two."""
    return sample_stddev(values) / math.sqrt(len(values)) if len(values) > 1 else None


def clustered_stderr(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """Standard error of a mean of values that hang together within a cluster; None for fewer than two clusters.

    The sandwich estimator over the clusters' sums of deviations, with the factor G / (G - 1) for G clusters, so
    that clusters of one give `mean_stderr`. Equation 4 of Miller, "Adding Error Bars to Evals" (2024), which
    leaves that factor out.
    """
    center = mean(values)
    deviations: dict[Hashable, float] = {}
    for value, cluster in zip(values, clusters, strict=True):
        deviations[cluster] = deviations.get(cluster, 0.0) + value - center
    count = len(deviations)
    if count < 2:
        return None
    return math.sqrt(count / (count - 1) * sum([total**2 for total in deviations.values()])) / len(values)


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


def clustered_share_interval(share: float, stderr: float, n: int, clusters: int) -> Interval:
    """95 % interval of a share of n trials that hang together within clusters.

    Wilson's, for as many independent trials as would have the same standard error (never more than n), and with
    Student's t for the clusters: Dean and Pagano, "Evaluating Confidence Interval Methods for Binomial Proportions in
    Clustered Surveys" (2015).
    """
    if not stderr:
        return wilson_interval(share, clusters)
    return wilson_interval(share, min(n, share * (1 - share) / stderr**2), t95(clusters - 1))


def normal_interval(value: float, stderr: float, bounds: Interval | None = None, critical: float = Z95) -> Interval:
    """95 % interval value ± 1.96 standard errors, or `critical` ones, cut at `bounds`."""
    low, high = bounds or (-math.inf, math.inf)
    return max(low, value - critical * stderr), min(high, value + critical * stderr)
