"""The difference between two scores of the same samples."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from mmeval.metrics.aggregations import mean
from mmeval.metrics.bootstrap import percentile_interval, replicates, spread
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
    found = replicates(mean, ordered, min(iters, ITERS))
    return Difference(sum(map(sum, ordered)) / n, spread(found), percentile_interval(found, len(ordered)), n)
