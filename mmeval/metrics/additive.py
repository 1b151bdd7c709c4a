"""Aggregations that are functions of sums over samples: a resample is then a row of a matrix product."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from mmeval.metrics import aggregations, labels
from mmeval.metrics.aggregations import Aggregation

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


def _weighted(groups: Groups) -> Floats:
    """Per group: the sums of the amounts and of the weights of its (amount, weight) pairs."""
    import numpy as np

    return np.array([[sum(a for a, _ in group), sum(w for _, w in group)] for group in groups], dtype=np.float64)


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


def _label_counts(groups: Groups) -> Floats:
    """Per group, for each label how often it is hit, gold and predicted; then the values and their declared labels."""
    import numpy as np

    known = dict.fromkeys(label for group in groups for gold, predicted, _ in group for label in (gold, predicted))
    codes = {label: 3 * code for code, label in enumerate(label for label in known if label is not None)}
    counts = np.zeros((len(groups), 3 * len(codes) + 2))
    for row, group in zip(counts, groups, strict=True):
        for gold, predicted, declared in group:
            row[codes[gold]] += gold == predicted
            row[codes[gold] + 1] += 1
            if predicted is not None:
                row[codes[predicted] + 2] += 1
            row[-2:] += 1, declared or 0
    return counts


def _by_label(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Hits, gold and predicted: shape (resamples, labels) each."""
    return sums[:, 0:-2:3], sums[:, 1:-2:3], sums[:, 2:-2:3]


def _f1_by_label(sums: Floats) -> Floats:
    import numpy as np

    hits, gold, predicted = _by_label(sums)
    marked = gold + predicted
    return np.divide(2 * hits, marked, out=np.zeros_like(marked), where=marked > 0)


def _f1_weighted(sums: Floats) -> Floats:
    _, gold, _ = _by_label(sums)
    weighted: Floats = (_f1_by_label(sums) * gold).sum(axis=1) / gold.sum(axis=1)
    return weighted


def _f1_micro(sums: Floats) -> Floats:
    hits, gold, predicted = (side.sum(axis=1) for side in _by_label(sums))
    micro: Floats = 2 * hits / (gold + predicted)
    return micro


def _f1_macro(sums: Floats) -> Floats:
    macro: Floats = _f1_by_label(sums).sum(axis=1) * sums[:, -2] / sums[:, -1]
    return macro


def _balanced_acc(sums: Floats) -> Floats:
    import numpy as np

    hits, gold, _ = _by_label(sums)
    recalls = np.divide(hits, gold, out=np.zeros_like(gold), where=gold > 0)
    balanced: Floats = recalls.sum(axis=1) / (gold > 0).sum(axis=1)
    return balanced


ADDITIVE: Mapping[Aggregation, Additive] = MappingProxyType(
    {
        aggregations.mean: Additive(_amounts, _ratio),
        aggregations.perplexity: Additive(_amounts, _perplexity),
        aggregations.weighted_perplexity: Additive(_weighted, _perplexity),
        aggregations.bits_per_byte: Additive(_weighted, _bits),
        aggregations.brier_score: Additive(_each(aggregations.brier_score), _ratio),
        aggregations.gold_likelihood: Additive(_each(aggregations.gold_likelihood), _ratio),
        aggregations.f1: Additive(_f1_counts, _f1),
        aggregations.matthews_corrcoef: Additive(_mcc_counts, _mcc),
        labels.f1_weighted.aggregate: Additive(_label_counts, _f1_weighted),
        labels.f1_micro.aggregate: Additive(_label_counts, _f1_micro),
        labels.f1_macro.aggregate: Additive(_label_counts, _f1_macro),
        labels.balanced_acc.aggregate: Additive(_label_counts, _balanced_acc),
    }
)
