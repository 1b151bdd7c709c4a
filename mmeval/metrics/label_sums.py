"""The additive forms of the metrics of `labels`: all of them are functions of how often each label is hit, gold and
predicted. Values are (gold, predicted, number of declared labels); gold and predicted are a label, None, or several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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


def _counts(groups: Groups) -> Floats:
    import numpy as np

    values = [value for group in groups for value in group]
    places = _places(label for gold, predicted, _ in values for label in (gold, predicted))
    declared = most_declared(values)
    counts = np.zeros((len(groups), 3 * len(places) + 2))
    for row, group in zip(counts, groups, strict=True):
        for gold, predicted, _ in group:
            _count(row[:-2], gold, predicted, places)
        row[-2:] = declared * len(group), len(group)
    return counts


def most_declared(values: Sequence[Any]) -> int:
    """The number of declared labels, the largest where questions have options of their own; 0 where none are."""
    return max(declared or 0 for _, _, declared in values)


def _finished(finish: Finish, sums: Floats) -> Floats:
    import numpy as np

    hits, golds, predicted = np.split(sums[:, :-2], 3, axis=1)
    return finish(hits, golds, predicted, sums[:, -2] / sums[:, -1])


def _counts_by_group(groups: Groups) -> Floats:
    """The columns of `label_sums` for each group of samples in turn, then the number of these and of values."""
    import numpy as np

    values = [value for group in groups for value in group]
    places = _places(label for _, gold, predicted in values for label in (gold, predicted))
    names = {name: place for place, name in enumerate(dict.fromkeys(name for name, _, _ in values))}
    counts = np.zeros((len(groups), len(names), 3 * len(places)))
    for row, group in zip(counts, groups, strict=True):
        for name, gold, predicted in group:
            _count(row[names[name]], gold, predicted, places)
    sizes = np.array([[len(names) * len(group), len(group)] for group in groups])
    return np.hstack([counts.reshape(len(groups), -1), sizes])


def _mean_of_groups(sums: Floats) -> Floats:
    """Over the groups of samples that a resample holds."""
    import numpy as np

    count = round(sums[0, -2] / sums[0, -1])
    hits, golds, predicted = np.moveaxis(sums[:, :-2].reshape(len(sums), count, 3, -1), 2, 0)
    sizes = golds.sum(axis=2)
    each = _divided((_divided(2 * hits, golds + predicted) * golds).sum(axis=2), sizes)
    means: Floats = each.sum(axis=1) / (sizes > 0).sum(axis=1)
    return means


WEIGHTED_BY_GROUP = Additive(_counts_by_group, _mean_of_groups)
"""The additive form of the plain mean of `weighted` over groups of samples. Values are (group, gold, predicted)."""


def _places(labels: Iterable[Any]) -> dict[str, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(name for label in labels for name in _named(label)))}


def _named(label: Any) -> Sequence[str]:
    if label is None:
        return ()
    return [str(name) for name in label] if isinstance(label, list | tuple) else (str(label),)


def _count(row: Floats, gold: Any, predicted: Any, places: Mapping[str, int]) -> None:
    size, golds, claimed = len(places), _named(gold), _named(predicted)
    for name in golds:
        row[places[name]] += name in claimed
        row[size + places[name]] += 1
    for name in claimed:
        row[2 * size + places[name]] += 1


def each_f1(hits: Floats, golds: Floats, predicted: Floats) -> Floats:
    """F1 of every label; 0 for one that is neither gold nor predicted."""
    return _divided(2 * hits, golds + predicted)


def weighted(hits: Floats, golds: Floats, predicted: Floats, declared: Floats) -> Floats:  # noqa: ARG001
    """Mean F1 of the labels, weighted by how often each is gold."""
    return _divided((each_f1(hits, golds, predicted) * golds).sum(axis=1), golds.sum(axis=1))


def macro(hits: Floats, golds: Floats, predicted: Floats, declared: Floats) -> Floats:
    """Plain mean of the F1 of all declared labels."""
    means: Floats = each_f1(hits, golds, predicted).sum(axis=1) / declared
    return means


def micro(hits: Floats, golds: Floats, predicted: Floats, declared: Floats) -> Floats:  # noqa: ARG001
    """F1 of all decisions together."""
    return _divided(2 * hits.sum(axis=1), golds.sum(axis=1) + predicted.sum(axis=1))


def mean_recall(hits: Floats, golds: Floats, predicted: Floats, declared: Floats) -> Floats:  # noqa: ARG001
    """Mean recall over the labels that are gold."""
    return _divided(_divided(hits, golds).sum(axis=1), (golds > 0).sum(axis=1))


def _divided(some: Floats, of: Floats) -> Floats:
    import numpy as np

    return np.divide(some, of, out=np.zeros_like(some), where=of > 0)
