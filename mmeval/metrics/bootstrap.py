"""Bootstrap standard errors: lm-eval's, to the bit, where it has them, in a fraction of its time.

lm-eval draws with `random.Random(chunk).choices`, 1,000 resamples a chunk. NumPy's legacy generator, given the
same Mersenne state, yields the same doubles in bulk; what is computed from the drawn indices is vectorised.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from mmeval.metrics import aggregations
from mmeval.metrics.additive import Additive, Groups, additive_form
from mmeval.metrics.aggregations import Aggregation
from mmeval.metrics.statistics import sample_stddev

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Indices: TypeAlias = NDArray[np.int64]

CHUNK = 1000
SLOW_ITERS = 1000
"""Resamples for aggregations that have no vectorised form, and for whole clusters of them."""
CORPUS_ITERS = 100
"""lm-eval's limit for corpus metrics of translation."""
_BLOCK = 1 << 20
_CORPUS = frozenset((aggregations.bleu, aggregations.chrf, aggregations.chrf_plus_plus, aggregations.ter))


def bootstrap_stderr(aggregation: Aggregation, values: Sequence[Any], iters: int) -> float | None:
    """Standard error of `aggregation(values)` over `iters` resamples; None for fewer than two values or resamples.

    For f1, mcc, mean, perplexity, median and nanmean equal to lm-eval's. Other aggregations are called once for
    each of at most `SLOW_ITERS` resamples (`CORPUS_ITERS` for bleu, chrf and ter, as in lm-eval).
    """
    if len(values) < 2:
        return None
    if aggregation in _NUMERIC:
        return _spread(_numeric_replicates(aggregation, values, iters))
    return _spread(_replicates(aggregation, [[value] for value in values], iters))


def cluster_bootstrap_stderr(aggregation: Aggregation, groups: Groups, iters: int) -> float | None:
    """Standard error of `aggregation` where whole groups of values (clusters, repeats of a sample) are resampled."""
    return _spread(_replicates(aggregation, groups, iters)) if len(groups) > 1 else None


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


def _spread(replicates: Sequence[float]) -> float | None:
    return float(sample_stddev(replicates)) if len(replicates) > 1 else None


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
    replicates: list[float] = []
    for times in _multiplicities(len(groups), iters):
        replicates += _finished(additive, times, counts).tolist()
    return replicates


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
    replicates: list[float] = []
    with np.errstate(all="ignore"):
        for drawn in draws(len(values), iters):
            replicates += finish(numbers[drawn])
    return replicates


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
