"""What paired samples say of a difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from mmeval.metrics.bootstrap import defined, paired_replicates, percentile_interval, spread
from mmeval.metrics.paired import Z_POWER, Pairs, effect_size, mcnemar, permutation, smallest_difference
from mmeval.metrics.statistics import Z95, Interval, interval_over_tasks, normal_interval, t95, unvaried_interval

_FEW = 10
"""With fewer groups the ends of an interval lie beyond what resamples reach."""
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Evidence:
    """`difference` is the other run's value minus the one's, over the common samples.

    `p` is None where only the interval speaks, and `test` empty. `discordant` counts the samples that only the one and
    only the other run got right (None unless all values are 0 or 1). `effect` names the effect size. `smallest` is the
    difference that as many samples would show in 80 % of all repetitions. `stderr` is 0 where all resamples gave the
    same difference; the interval then allows for what was missed.
    """

    difference: float
    stderr: float | None
    interval: Interval | None
    test: str
    p: float | None
    discordant: tuple[int, int] | None
    effect: str
    effect_size: float | None
    smallest: float | None


def evidence(pairs: Pairs, iters: int, span: float | None = None) -> Evidence:
    """What pairs say of the difference: exact McNemar for single right or wrong answers, else a permutation test.

    `span` is the width of the metric's range, None where it has none.
    """
    difference, groups = pairs.difference, len(pairs.one)
    replicates = defined(paired_replicates(pairs.aggregation, pairs.one, pairs.other, iters))
    stderr, interval = _known(difference, replicates, groups, span)
    discordant = pairs.discordant if pairs.binary else None
    exact = discordant is not None and pairs.singles
    effect, size = effect_size(pairs)
    return Evidence(
        difference=difference,
        stderr=stderr,
        interval=interval,
        test="McNemar" if exact else "permutation",
        p=mcnemar(*discordant) if discordant is not None and exact else permutation(pairs, iters),
        discordant=discordant,
        effect=effect,
        effect_size=size,
        smallest=_smallest(pairs, stderr, interval),
    )


def _known(
    difference: float, replicates: Sequence[float], groups: int, span: float | None
) -> tuple[float | None, Interval | None]:
    """The standard error and the interval of a difference: percentiles of the resamples, Student's t where groups are
    few, and what may have been missed where nothing varies.
    """
    percentiles = percentile_interval(replicates, groups)
    if percentiles is None:
        return None, None
    stderr = spread(replicates) or 0.0
    if stderr <= _ROUNDING * max(1.0, abs(difference)):
        return 0.0, None if span is None else unvaried_interval(difference, groups, span)
    if groups >= _FEW:
        return stderr, percentiles
    stderr *= math.sqrt(groups / (groups - 1))
    return stderr, normal_interval(difference, stderr, (-span, span) if span else None, t95(groups - 1))


def _smallest(pairs: Pairs, stderr: float | None, interval: Interval | None) -> float | None:
    if stderr is None or interval is None:
        return None
    read_off = stderr and len(pairs.one) >= _FEW
    return smallest_difference(pairs, stderr if read_off else _half(interval) / Z95)


def mean_evidence(tested: Sequence[Evidence], weights: Sequence[float]) -> Evidence:
    """Of the mean difference of tasks, as one draw of tasks like them: it has an interval, and no test."""
    differences = [each.difference for each in tested]
    interval = interval_of_mean(differences, [each.interval for each in tested], weights)
    stderr = None if interval is None else _half(interval) / Z95
    return Evidence(
        difference=fmean(differences, weights),
        stderr=stderr,
        interval=interval,
        test="",
        p=None,
        discordant=None,
        effect="",
        effect_size=None,
        smallest=stderr and Z_POWER * stderr,
    )


def interval_of_mean(
    differences: Sequence[float], intervals: Sequence[Interval | None], weights: Sequence[float] = ()
) -> Interval | None:
    """The interval of the mean of differences of tasks, from their own; that of one task is its own."""
    known = [interval for interval in intervals if interval is not None]
    if len(known) < len(differences):
        return None
    return known[0] if len(known) == 1 else interval_over_tasks(differences, [*map(_half, known)], weights)


def _half(interval: Interval) -> float:
    return (interval[1] - interval[0]) / 2
