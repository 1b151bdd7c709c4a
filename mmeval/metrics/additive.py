"""Aggregations that are functions of sums over samples: a resample is then a row of a matrix product."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mmeval.metrics import aggregations
from mmeval.metrics.aggregations import AGGREGATIONS, Aggregation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Groups: TypeAlias = Sequence[Sequence[Any]]
"""Values by sample, or by cluster of samples."""


@dataclass(frozen=True, slots=True)
class Additive:
    """An aggregation in two steps. `count(groups)` has a row of numbers for each group, and `finish(sums)` makes
    values of their sums: shape (resamples, columns) -> (resamples,).
    """

    count: Callable[[Groups], Floats]
    finish: Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Summed:
    """An aggregation that brings its additive form along, so that it can be resampled quickly. `value` is called for
    the value itself.
    """

    value: Aggregation
    additive: Additive

    def __call__(self, values: Sequence[Any]) -> float:
        return self.value(values)


@dataclass(frozen=True, slots=True)
class Resampled:
    """An aggregation of a task's own that is quick enough to be called once for each resample, and so has an error."""

    value: Aggregation

    def __call__(self, values: Sequence[Any]) -> float:
        return self.value(values)


def additive_form(aggregation: Aggregation) -> Additive | None:
    """The additive form of an aggregation, if it is known."""
    return aggregation.additive if isinstance(aggregation, Summed) else _BUILT_IN.get(aggregation)


def stderr_of(aggregation: Aggregation) -> Literal["mean", "bootstrap", "none"]:
    """How the standard error of an aggregation is estimated; `none` for a function of a task's own, which may be slow,
    unless it says that it is quick (`Resampled`) or brings its additive form along (`Summed`).

    lm-eval has none for `weighted_perplexity`, `bits_per_byte` and `brier_score`.
    """
    if aggregation is aggregations.mean:
        return "mean"
    known = aggregation in AGGREGATIONS.values() and aggregation is not aggregations.bypass
    return "bootstrap" if known or isinstance(aggregation, Summed | Resampled) else "none"


def sums_of_columns(groups: Groups) -> Floats:
    """Per group: the sums of its values, which are tuples of numbers of one length."""
    import numpy as np

    return np.array([[sum(column) for column in zip(*group, strict=True)] for group in groups], dtype=np.float64)


def _f1_counts(groups: Groups) -> Floats:
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


def _mcc_counts(groups: Groups) -> Floats:
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


def _amounts(groups: Groups) -> Floats:
    """Per group: the sum of its numbers, and how many there are."""
    import numpy as np

    return np.array([[sum(group), len(group)] for group in groups], dtype=np.float64)


def _each(aggregation: Aggregation) -> Callable[[Groups], Floats]:
    """As `_amounts`, for values that the aggregation turns into a number each and then averages."""
    return lambda groups: _amounts([[aggregation([value]) for value in group] for group in groups])


def _ratio(sums: Floats) -> Floats:
    ratios: Floats = sums[:, 0] / sums[:, 1]
    return ratios


def _perplexity(sums: Floats) -> Floats:
    import numpy as np

    perplexities: Floats = np.exp(-_ratio(sums))
    return perplexities


def _bits(sums: Floats) -> Floats:
    import numpy as np

    bits: Floats = -_ratio(sums) / np.log(2)
    return bits


_BUILT_IN: Mapping[Aggregation, Additive] = MappingProxyType(
    {
        aggregations.mean: Additive(_amounts, _ratio),
        aggregations.perplexity: Additive(_amounts, _perplexity),
        aggregations.weighted_perplexity: Additive(sums_of_columns, _perplexity),
        aggregations.bits_per_byte: Additive(sums_of_columns, _bits),
        aggregations.brier_score: Additive(_each(aggregations.brier_score), _ratio),
        aggregations.gold_likelihood: Additive(_each(aggregations.gold_likelihood), _ratio),
        aggregations.f1: Additive(_f1_counts, _f1),
        aggregations.matthews_corrcoef: Additive(_mcc_counts, _mcc),
    }
)
