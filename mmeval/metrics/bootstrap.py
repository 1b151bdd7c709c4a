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
    if aggregation in _COUNTED:
        return _spread(_counted_replicates(aggregation, [[value] for value in values], iters))
    if aggregation in _NUMERIC:
        return _spread(_numeric_replicates(aggregation, values, iters))
    return _spread(_slow_replicates(aggregation, [[value] for value in values], iters))


def cluster_bootstrap_stderr(aggregation: Aggregation, groups: Sequence[Sequence[Any]], iters: int) -> float | None:
    """Standard error of `aggregation` where whole groups of values (clusters, repeats of a sample) are resampled."""
    if len(groups) < 2:
        return None
    if aggregation in _COUNTED:
        return _spread(_counted_replicates(aggregation, groups, iters))
    return _spread(_slow_replicates(aggregation, groups, iters))


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


def _slow_replicates(aggregation: Aggregation, groups: Sequence[Sequence[Any]], iters: int) -> list[float]:
    limit = CORPUS_ITERS if aggregation in _CORPUS else SLOW_ITERS
    replicates = []
    for seed, size in _chunks(min(iters, limit)):
        generator = random.Random(seed)
        for _ in range(size):
            drawn = generator.choices(groups, k=len(groups))
            replicates.append(aggregation([value for group in drawn for value in group]))
    return replicates


# ---------------------------------------------------------------- f1 and mcc: functions of sums of counts


def _counted_replicates(aggregation: Aggregation, groups: Sequence[Sequence[Any]], iters: int) -> list[float]:
    """Replicates from the sums of each group's counts; all sums are of whole numbers and therefore exact."""
    import numpy as np

    count, finish = _COUNTED[aggregation]
    counts, size = count(groups), len(groups)
    replicates: list[float] = []
    for drawn in draws(size, iters):
        rows = len(drawn)
        cells = (drawn + np.arange(rows)[:, None] * size).ravel()
        times = np.bincount(cells, minlength=rows * size).reshape(rows, size).astype(np.float64)
        replicates += finish(times @ counts).tolist()
    return replicates


def _f1_counts(groups: Sequence[Sequence[Any]]) -> Floats:
    """Per group: how often class 1 is hit, how often it is gold, how often predicted."""
    import numpy as np

    hits = [sum(gold == 1 == predicted for gold, predicted in group) for group in groups]
    golds = [sum(gold == 1 for gold, _ in group) for group in groups]
    predicted = [sum(label == 1 for _, label in group) for group in groups]
    return np.array([hits, golds, predicted], dtype=np.float64).T


def _f1(sums: Floats) -> Floats:
    import numpy as np

    hits, marked = 2 * sums[:, 0], sums[:, 1] + sums[:, 2]
    return np.divide(hits, marked, out=np.zeros_like(hits), where=marked > 0)


def _mcc_counts(groups: Sequence[Sequence[Any]]) -> Floats:
    """Per group: how many are right, then how often each class is gold, then how often predicted."""
    import numpy as np

    labels = dict.fromkeys(label for group in groups for pair in group for label in pair)
    codes = {label: code for code, label in enumerate(labels, start=1)}
    counts = np.zeros((len(groups), 1 + 2 * len(codes)))
    for row, group in zip(counts, groups, strict=True):
        for gold, predicted in group:
            row[0] += gold == predicted
            row[codes[gold]] += 1
            row[codes[predicted] + len(codes)] += 1
    return counts


def _mcc(sums: Floats) -> Floats:
    import numpy as np

    right, (golds, predicted) = sums[:, 0], np.split(sums[:, 1:], 2, axis=1)
    n = golds.sum(axis=1)
    covariance = right * n - (golds * predicted).sum(axis=1)
    spread = (n**2 - (predicted**2).sum(axis=1)) * (n**2 - (golds**2).sum(axis=1))
    correlations: Floats = np.divide(covariance, np.sqrt(spread), out=np.zeros_like(covariance), where=spread != 0)
    return correlations


_COUNTED: Mapping[Aggregation, tuple[Callable[[Sequence[Sequence[Any]]], Floats], Callable[[Floats], Floats]]] = (
    MappingProxyType({aggregations.f1: (_f1_counts, _f1), aggregations.matthews_corrcoef: (_mcc_counts, _mcc)})
)

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
