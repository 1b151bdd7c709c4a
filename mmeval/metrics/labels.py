"""F1 and recall over a declared list of labels, of a whole task (scikit-learn).

A sample's value is (gold, predicted, number of declared labels). An answer that is none of the labels is None: a miss
of the gold label, and a claim of no other; and so is a target that is not among the options. Labels are names: those of
`labels`, or the options of multiple choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

from mmeval.errors import UsageError
from mmeval.metrics.additive import Summed
from mmeval.metrics.aggregations import mean, sklearn
from mmeval.metrics.choice import ChoiceAnswer
from mmeval.metrics.label_sums import (
    WEIGHTED_BY_GROUP,
    label_sums,
    macro,
    mean_recall,
    micro,
    most_declared,
    weighted,
)
from mmeval.types import Metric

Labelled: TypeAlias = tuple[Any, Any, int | None]
Average: TypeAlias = Literal["micro", "macro", "weighted"]

_NO_LABEL = "\0none"
"""Stands for an answer of None; scikit-learn is never asked for its score."""


def _labelled(answer: Any, target: Any, *, labels: Sequence[str] | None = None) -> Labelled:
    if isinstance(answer, ChoiceAnswer):
        # a target that is not among the options is no label that could be hit
        gold = answer.choices[target] if 0 <= target < len(answer.choices) else None
        return gold, answer.choices[answer.best], len(answer.choices)
    if labels is None:
        return target, answer, None
    if target not in labels:
        raise ValueError(f"the target {target!r} is not among the labels")
    return target, answer if answer in labels else None, len(labels)


def _f1(values: Sequence[Labelled], average: Average) -> float:
    golds, predicted, weights, known = _counted(values)
    if not known:
        return 0.0
    score = partial(sklearn("metrics").f1_score, golds, predicted, labels=known, sample_weight=weights, zero_division=0)
    if average != "macro":
        return float(score(average=average))
    # a declared label that is neither gold nor predicted has an F1 of 0 and counts
    return float(sum(score(average=None))) / _declared(values)


def _balanced_acc(values: Sequence[Labelled]) -> float:
    golds, predicted, weights, _ = _counted(values)
    recall = sklearn("metrics").recall_score
    labels = sorted(set(golds) - {_NO_LABEL})
    if not labels:
        return 0.0
    return float(recall(golds, predicted, labels=labels, sample_weight=weights, average="macro", zero_division=0))


def _counted(values: Sequence[Labelled]) -> tuple[list[str], list[str], list[int], list[str]]:
    """Distinct (gold, predicted) pairs with their counts, which is all that these scores depend on; and all labels."""
    pairs = Counter((_name(gold), _name(predicted)) for gold, predicted, _ in values)
    golds, predicted = [gold for gold, _ in pairs], [label for _, label in pairs]
    return golds, predicted, list(pairs.values()), sorted({*golds, *predicted} - {_NO_LABEL})


def _name(label: Any) -> str:
    return _NO_LABEL if label is None else str(label)


def _declared(values: Sequence[Any]) -> int:
    if declared := most_declared(values):
        return declared
    raise UsageError("a macro average is over declared labels", hint="give the metric the option 'labels'")


def _f1_by_group(values: Sequence[tuple[str, Any, Any]]) -> float:
    groups: dict[str, list[Labelled]] = {}
    for group, gold, predicted in values:
        groups.setdefault(group, []).append((gold, predicted, None))
    return mean([_f1(members, "weighted") for members in groups.values()])


f1_weighted = Metric(
    "f1_weighted",
    Summed(partial(_f1, average="weighted"), label_sums(weighted)),
    "bootstrap",
    worst=None,
    range=(0.0, 1.0),
    score=_labelled,
)
"""Mean F1 of the labels, weighted by how often each is gold."""

f1_micro = Metric(
    "f1_micro",
    Summed(partial(_f1, average="micro"), label_sums(micro)),
    "bootstrap",
    worst=None,
    range=(0.0, 1.0),
    score=_labelled,
)
"""F1 of all decisions together; below the accuracy's denominator where answers name no label."""

f1_macro = Metric(
    "f1_macro",
    Summed(partial(_f1, average="macro"), label_sums(macro)),
    "bootstrap",
    worst=None,
    range=(0.0, 1.0),
    score=_labelled,
)
"""Plain mean of the F1 of all declared labels, also of those that never occur."""

f1_by_group = Metric("f1_by_group", Summed(_f1_by_group, WEIGHTED_BY_GROUP), "bootstrap", worst=None, range=(0.0, 1.0))
"""Weighted F1 within each group of samples, then the plain mean; the task gives (group, gold, predicted)."""

balanced_acc = Metric(
    "balanced_acc",
    Summed(_balanced_acc, label_sums(mean_recall)),
    "bootstrap",
    worst=None,
    range=(0.0, 1.0),
    score=_labelled,
)
"""Mean recall over the labels that are gold; not rescaled for chance."""


# ---------------------------------------------------------------- several labels for one sample

Multilabelled: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], int]


def multilabelled(
    answer: Sequence[str] | None, target: Sequence[str], *, labels: Sequence[str], none: bool = True
) -> Multilabelled:
    """The value of one sample, from names; `none` makes "none of them" one more label."""
    unknown = [name for name in target if name not in labels]
    if unknown:
        raise ValueError(f"the target {unknown[0]!r} is not among the labels")
    gold = tuple(target) or (_NO_LABEL,) * none
    # no answer is not the answer "none of them"
    claimed = () if answer is None else tuple(name for name in answer if name in labels) or (_NO_LABEL,) * none
    return gold, claimed, len(labels) + none


def _multilabel_f1(values: Sequence[Multilabelled], average: Literal["micro", "macro"]) -> float:
    rows = Counter((tuple(gold), tuple(predicted)) for gold, predicted, _ in values)
    known = sorted({name for pair in rows for names in pair for name in names})
    # with fewer than two columns scikit-learn would read a question of yes and no
    binarizer = sklearn("preprocessing").MultiLabelBinarizer(classes=[*known, "\0first", "\0second"])
    golds, predicted = (binarizer.fit_transform(side) for side in zip(*rows, strict=True))
    score = partial(sklearn("metrics").f1_score, golds, predicted, sample_weight=list(rows.values()), zero_division=0)
    if average == "micro":
        return float(score(average="micro"))
    return float(sum(score(average=None))) / _declared(values)


multilabel_f1_micro = Metric(
    "multilabel_f1_micro",
    Summed(partial(_multilabel_f1, average="micro"), label_sums(micro)),
    "bootstrap",
    worst=None,
    range=(0.0, 1.0),
    score=multilabelled,
)
"""F1 of all (sample, label) decisions together. Options: `labels`, and `none` (true): "none of them" is one more label.

The answer and the target are lists of names.
"""

multilabel_f1_macro = Metric(
    "multilabel_f1_macro",
    Summed(partial(_multilabel_f1, average="macro"), label_sums(macro)),
    "bootstrap",
    worst=None,
    range=(0.0, 1.0),
    score=multilabelled,
)
"""Plain mean of the F1 of all declared labels, "none of them" among them; options as `multilabel_f1_micro`."""
