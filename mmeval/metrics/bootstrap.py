"""Bootstrap standard errors: lm-eval's, to the bit, where it has them, in a fraction of its time.

lm-eval draws with `random.Random(chunk).choices`, 1,000 resamples a chunk. NumPy's legacy generator, given the
same Mersenne state, yields the same doubles in bulk; what is computed from the drawn indices is vectorised.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import NormalDist
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from mmeval.metrics import aggregations
from mmeval.metrics.additive import Additive, Groups, Summed, additive_form
from mmeval.metrics.aggregations import Aggregation
from mmeval.metrics.statistics import Interval, sample_stddev, t95

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Indices: TypeAlias = NDArray[np.int64]

CHUNK = 1000
ENOUGH = 10_000
"""Resamples beyond which neither a standard error nor the ends of an interval move."""
SLOW_ITERS = 1000
"""Resamples for aggregations that have no vectorised form, and for whole clusters of them."""
CORPUS_ITERS = 100
"""lm-eval's limit for corpus metrics of translation."""
_BLOCK = 1 << 20
_DEFINED = 0.95
_CORPUS = frozenset((aggregations.bleu, aggregations.chrf, aggregations.chrf_plus_plus, aggregations.ter))


def bootstrap_stderr(aggregation: Aggregation, values: Sequence[Any], iters: int) -> float | None:
    """Standard error of `aggregation(values)` over `iters` resamples; None for fewer than two values or resamples."""
    return spread(replicates(aggregation, [(value,) for value in values], iters))


def cluster_bootstrap_stderr(aggregation: Aggregation, groups: Groups, iters: int) -> float | None:
    """Standard error of `aggregation` where whole groups of values (clusters, repeats of a sample) are resampled."""
    return spread(replicates(aggregation, groups, iters))


def replicates(aggregation: Aggregation, groups: Groups, iters: int) -> list[float]:
    """`aggregation` of resamples of whole groups; none for fewer than two groups.

    For f1, mcc, mean, perplexity, median and nanmean of groups of one, lm-eval's. Of an aggregation that is not
    lm-eval's there are at most `ENOUGH`; one without an additive form is called once for each of at most `SLOW_ITERS`
    (`CORPUS_ITERS` for bleu, chrf and ter, as in lm-eval).
    """
    if len(groups) < 2:
        return []
    if aggregation in _NUMERIC and all(len(group) == 1 for group in groups):
        return _numeric_replicates(aggregation, [group[0] for group in groups], iters)
    return _replicates(aggregation, groups, iters)


def defined(replicates: Sequence[float]) -> Sequence[float]:
    """The replicates that are numbers, where nearly all are: a rare resample holds nothing to measure."""
    numbers = [value for value in replicates if not math.isnan(value)]
    return numbers if len(numbers) >= _DEFINED * len(replicates) else replicates


def spread(replicates: Sequence[float]) -> float | None:
    """Standard deviation of replicates; None for fewer than two."""
    return float(sample_stddev(replicates)) if len(replicates) > 1 else None


def percentile_interval(replicates: Sequence[float], groups: int) -> Interval | None:
    """The middle 95 % of bootstrap replicates over that many groups, and a little more where they are few.

    None where there are fewer than two, or one is not a number. The expanded percentile interval of Hesterberg, "What
    Teachers Should Know About the Bootstrap" (2015).
    """
    import numpy as np

    if len(replicates) < 2 or groups < 2 or not np.isfinite(replicates).all():
        return None
    tail = NormalDist().cdf(-math.sqrt(groups / (groups - 1)) * t95(groups - 1))
    low, high = np.quantile(replicates, (tail, 1 - tail))
    return float(low), float(high)


def paired_replicates(aggregation: Aggregation, one: Groups, other: Groups, iters: int) -> list[float]:
    """`aggregation(other) - aggregation(one)` for resamples of whole groups, the same groups on both sides."""
    additive, size = additive_form(aggregation), len(one)
    if additive is None:
        return [
            aggregation(_values(other, drawn)) - aggregation(_values(one, drawn))
            for drawn in _slow_draws(aggregation, range(size), iters)
        ]
    counts = additive.count([*one, *other])
    differences: list[float] = []
    for times in _multiplicities(size, iters):
        differences += (_finished(additive, times, counts[size:]) - _finished(additive, times, counts[:size])).tolist()
    return differences


def _chunks(iters: int) -> Iterator[tuple[int, int]]:
    size = min(CHUNK, iters)
    return ((seed, size) for seed in range(iters // size if size else 0))


def draws(n: int, iters: int) -> Iterator[Indices]:
    """The indices that lm-eval's resamples of n values take: blocks of shape (resamples, n), in its order."""
    import numpy as np

    for seed, size in _chunks(iters):
        _, state, _ = random.Random(seed).getstate()
        generator = np.random.RandomState()
        generator.set_state(("MT19937", np.array(state[:-1], dtype=np.uint32), state[-1], 0, 0.0))
        rows = max(1, _BLOCK // n)
        for done in range(0, size, rows):
            yield (generator.random_sample((min(rows, size - done), n)) * n).astype(np.int64)


def _multiplicities(size: int, iters: int) -> Iterator[Floats]:
    """How often each of `size` groups is drawn: blocks of shape (resamples, size)."""
    import numpy as np

    for drawn in draws(size, iters):
        rows = len(drawn)
        cells = (drawn + np.arange(rows)[:, None] * size).ravel()
        yield np.bincount(cells, minlength=rows * size).reshape(rows, size).astype(np.float64)


def _replicates(aggregation: Aggregation, groups: Groups, iters: int) -> list[float]:
    """From sums of each group's counts where there are such; those of whole numbers are exact."""
    additive = additive_form(aggregation)
    if additive is None:
        return [aggregation(_values(groups, drawn)) for drawn in _slow_draws(aggregation, range(len(groups)), iters)]
    counts = additive.count(groups)
    found: list[float] = []
    for times in _multiplicities(len(groups), min(iters, ENOUGH) if isinstance(aggregation, Summed) else iters):
        found += _finished(additive, times, counts).tolist()
    return found


def _finished(additive: Additive, times: Floats, counts: Floats) -> Floats:
    import numpy as np

    with np.errstate(all="ignore"):  # an infinite count gives what is not a number
        return additive.finish(times @ counts)


def _slow_draws(aggregation: Aggregation, indices: Sequence[int], iters: int) -> Iterator[Sequence[int]]:
    limit = CORPUS_ITERS if aggregation in _CORPUS else SLOW_ITERS
    for seed, size in _chunks(min(iters, limit)):
        generator = random.Random(seed)
        for _ in range(size):
            yield generator.choices(indices, k=len(indices))


def _values(groups: Groups, drawn: Sequence[int]) -> list[Any]:
    return [value for index in drawn for value in groups[index]]


# ---------------------------------------------------------------- aggregations of plain numbers


def _numeric_replicates(aggregation: Aggregation, values: Sequence[float], iters: int) -> list[float]:
    import numpy as np

    numbers, finish = np.asarray(values, dtype=np.float64), _NUMERIC[aggregation]
    found: list[float] = []
    with np.errstate(all="ignore"):
        for drawn in draws(len(values), iters):
            found += finish(numbers[drawn])
    return found


def _means(resamples: Floats) -> list[float]:
    # cumsum adds left to right, as `sum` does; np.sum adds pairwise.
    means: list[float] = (resamples.cumsum(axis=1)[:, -1] / resamples.shape[1]).tolist()
    return means


def _perplexities(resamples: Floats) -> list[float]:
    return [aggregations.exp(-mean) for mean in _means(resamples)]


def _medians(resamples: Floats) -> list[float]:
    import numpy as np

    middle = resamples.shape[1] // 2
    medians: list[float] = np.partition(resamples, middle, axis=1)[:, middle].tolist()
    return medians


def _nanmeans(resamples: Floats) -> list[float]:
    return [aggregations.nanmean(resample) for resample in resamples]


_NUMERIC: Mapping[Aggregation, Callable[[Floats], list[float]]] = MappingProxyType(
    {
        aggregations.mean: _means,
        aggregations.perplexity: _perplexities,
        aggregations.median: _medians,
        aggregations.nanmean: _nanmeans,
    }
)
