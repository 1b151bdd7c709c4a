"""The difference between two scores of the same samples."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from mmeval.metrics.bootstrap import draws
from mmeval.metrics.statistics import Interval

ITERS = 10_000
"""Resamples at most; an interval's ends need no more."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference over `n` pairs, with the standard error and 95 % interval of a paired bootstrap."""

    value: float
    stderr: float | None
    interval: Interval | None
    n: int


def paired_difference(
    ones: Mapping[str, float], others: Mapping[str, float], clusters: Mapping[str, Hashable], iters: int = ITERS
) -> Difference | None:
    """`ones` minus `others` over the samples (by id) that both have; None where they share none.

    Clusters are resampled whole, each sample with both of its values; `clusters` names those of samples that hang
    together. The interval holds the middle 95 % of the resampled differences; one cluster has none.
    """
    groups: dict[Hashable, list[float]] = {}
    for sample_id in ones.keys() & others.keys():
        cluster = clusters.get(sample_id, (sample_id,))
        groups.setdefault(cluster, []).append(ones[sample_id] - others[sample_id])
    if not groups:
        return None
    ordered = [groups[cluster] for cluster in sorted(groups, key=str)]
    n = sum(map(len, ordered))
    value = sum(map(sum, ordered)) / n
    if len(ordered) < 2 or iters < 1:
        return Difference(value, None, None, n)
    return Difference(value, *_resampled(ordered, min(iters, ITERS)), n)


def _resampled(groups: Sequence[Sequence[float]], iters: int) -> tuple[float, Interval]:
    import numpy as np

    sums, sizes = np.array([sum(group) for group in groups]), np.array([len(group) for group in groups])
    means = np.concatenate([sums[drawn].sum(1) / sizes[drawn].sum(1) for drawn in draws(len(groups), iters)])
    low, high = np.quantile(means, [0.025, 0.975])
    return float(means.std(ddof=1)) if len(means) > 1 else 0.0, (float(low), float(high))
