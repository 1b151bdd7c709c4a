"""The additive forms of the metrics of `labels`: all of them are functions of how often each label is hit, gold and
predicted. Values are (gold, predicted, number of declared labels).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from mmeval.metrics.additive import Additive, Groups

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

    Finish: TypeAlias = Callable[[Floats, Floats, Floats, Floats], Floats]
    """Hits, golds and predictions, of shape (resamples, labels) each, and the number of declared labels."""


def label_sums(finish: Finish) -> Additive:
    """The additive form of a metric over labels. The columns are hits, golds and predictions of each label, then the
    declared labels and the number of values.
    """
    return Additive(_counts, partial(_finished, finish))


def _finished(finish: Finish, sums: Floats) -> Floats:
    import numpy as np

    hits, golds, predicted = np.split(sums[:, :-2], 3, axis=1)
    return finish(hits, golds, predicted, sums[:, -2] / sums[:, -1])


def _counts(groups: Groups) -> Floats:
    import numpy as np

    values = [value for group in groups for value in group]
    places = _places([value[0] for value in values], [value[1] for value in values])
    counts, size = np.zeros((len(groups), 3 * len(places) + 2)), len(places)
    for row, group in zip(counts, groups, strict=True):
        for gold, predicted, declared in group:
            _count(row, places[str(gold)], None if predicted is None else places[str(predicted)], size)
            row[-2:] += declared or 0, 1
    return counts


def _places(golds: Sequence[Any], predicted: Sequence[Any]) -> dict[Hashable, int]:
    labels = dict.fromkeys(str(label) for label in (*golds, *predicted) if label is not None)
    return {label: place for place, label in enumerate(labels)}


def _count(row: Floats, gold: int, predicted: int | None, size: int) -> None:
    row[size + gold] += 1
    if predicted is not None:
        row[gold] += gold == predicted
        row[2 * size + predicted] += 1


def each_f1(hits: Floats, golds: Floats, predicted: Floats) -> Floats:
    """F1 of every label; 0 for one that is neither gold nor predicted."""
    return _divided(2 * hits, golds + predicted)


def weighted(hits: Floats, golds: Floats, predicted: Floats, declared: Floats) -> Floats:  # noqa: ARG001
    """Mean F1 of the labels, weighted by how often each is gold."""
    means: Floats = (each_f1(hits, golds, predicted) * golds).sum(axis=1) / golds.sum(axis=1)
    return means


def macro(hits: Floats, golds: Floats, predicted: Floats, declared: Floats) -> Floats:
    """Plain mean of the F1 of all declared labels."""
    means: Floats = each_f1(hits, golds, predicted).sum(axis=1) / declared
    return means


def micro(hits: Floats, golds: Floats, predicted: Floats, declared: Floats) -> Floats:  # noqa: ARG001
    """F1 of all decisions together."""
    return _divided(2 * hits.sum(axis=1), golds.sum(axis=1) + predicted.sum(axis=1))


def mean_recall(hits: Floats, golds: Floats, predicted: Floats, declared: Floats) -> Floats:  # noqa: ARG001
    """Mean recall over the labels that are gold."""
    recalls: Floats = _divided(hits, golds).sum(axis=1) / (golds > 0).sum(axis=1)
    return recalls


def _divided(some: Floats, of: Floats) -> Floats:
    import numpy as np

    return np.divide(some, of, out=np.zeros_like(some), where=of > 0)
