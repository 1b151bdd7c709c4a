"""Named entities as spans of BIO tags (seqeval), with partial matches (nervaluate).

A sample's value is (matches, predicted, gold) counts; micro F1 is twice the matches over the rest, of a whole task.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mmeval.metrics.additive import Additive, Summed, sums_of_columns
from mmeval.metrics.aggregations import required
from mmeval.types import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Tags: TypeAlias = Sequence[str]
Counts: TypeAlias = tuple[float, int, int]


def strict_counts(predicted: Tags, gold: Tags) -> Counts:
    """Exact span and type, strict IOB2: a span that starts with I- is none."""
    scheme = required("seqeval.scheme")
    found, wanted = (
        {(entity.start, entity.end, entity.tag) for entity in scheme.Entities([list(tags)], scheme.IOB2).entities[0]}
        for tags in (predicted, gold)
    )
    return len(found & wanted), len(found), len(wanted)


def conll_counts(predicted: Tags, gold: Tags) -> Counts:
    """Exact span and type, as conlleval reads tags: an I- may start a span."""
    spans = required("seqeval.metrics.sequence_labeling").get_entities
    found, wanted = set(spans(list(predicted))), set(spans(list(gold)))
    return len(found & wanted), len(found), len(wanted)


def overlap_counts(predicted: Tags, gold: Tags, match: Literal["partial", "ent_type", "exact"]) -> Counts:
    """MUC's matches: `partial` counts an overlap as half, `ent_type` an overlap of the right type, `exact` any type."""
    types = sorted({tag[2:] for tag in (*predicted, *gold) if tag != "O"})
    if not types:
        return 0, 0, 0
    evaluator = required("nervaluate").Evaluator([list(gold)], [list(predicted)], tags=types, loader="list")
    found = evaluator.evaluate()["overall"][match]
    half = 0.5 * found.partial if match == "partial" else 0
    return found.correct + half, found.actual, found.possible


def _f1(values: Sequence[Counts]) -> float:
    matches, predicted, gold = (sum(column) for column in zip(*values, strict=True))
    return 2 * matches / (predicted + gold) if predicted + gold else math.nan


def _precision(values: Sequence[Counts]) -> float:
    matches, predicted, _ = (sum(column) for column in zip(*values, strict=True))
    return matches / predicted if predicted else 0.0


def _recall(values: Sequence[Counts]) -> float:
    matches, _, gold = (sum(column) for column in zip(*values, strict=True))
    return matches / gold if gold else math.nan


def _ratio(some: Floats, of: Floats, none: float) -> Floats:
    import numpy as np

    return np.divide(some, of, out=np.full_like(some, none), where=of > 0)


def _f1_of_sums(sums: Floats) -> Floats:
    return _ratio(2 * sums[:, 0], sums[:, 1] + sums[:, 2], math.nan)


def _precision_of_sums(sums: Floats) -> Floats:
    return _ratio(sums[:, 0], sums[:, 1], 0.0)


def _recall_of_sums(sums: Floats) -> Floats:
    return _ratio(sums[:, 0], sums[:, 2], math.nan)


_NO_ENTITY = "neither gold nor answers hold an entity"
F1 = Summed(_f1, Additive(sums_of_columns, _f1_of_sums))
PRECISION = Summed(_precision, Additive(sums_of_columns, _precision_of_sums))
RECALL = Summed(_recall, Additive(sums_of_columns, _recall_of_sums))


def _strict(answer: Any, target: Tags) -> Counts:
    return strict_counts(answer or ["O"] * len(target), target)


def _conll(answer: Any, target: Tags) -> Counts:
    return conll_counts(answer or ["O"] * len(target), target)


def _partial(answer: Any, target: Tags) -> Counts:
    return overlap_counts(answer or ["O"] * len(target), target, "partial")


def _type(answer: Any, target: Tags) -> Counts:
    return overlap_counts(answer or ["O"] * len(target), target, "ent_type")


def _exact(answer: Any, target: Tags) -> Counts:
    return overlap_counts(answer or ["O"] * len(target), target, "exact")


entity_f1 = Metric("entity_f1", F1, "bootstrap", worst=None, range=(0.0, 1.0), score=_strict, undefined=_NO_ENTITY)
"""Micro F1 of entities by exact span and type, strict IOB2. The answer and the target are lists of BIO tags.

Not a number where neither gold nor answers hold an entity.
"""

entity_precision = Metric("entity_precision", PRECISION, "bootstrap", worst=None, range=(0.0, 1.0), score=_strict)
"""Share of the predicted entities that are right."""

entity_recall = Metric(
    "entity_recall", RECALL, "bootstrap", worst=None, range=(0.0, 1.0), score=_strict, undefined="gold holds no entity"
)
"""Share of the gold entities that were found."""

entity_f1_conll = Metric(
    "entity_f1_conll", F1, "bootstrap", worst=None, range=(0.0, 1.0), score=_conll, undefined=_NO_ENTITY
)
"""As `entity_f1`, with tags read as conlleval does (seqeval's default)."""

entity_f1_partial = Metric(
    "entity_f1_partial", F1, "bootstrap", worst=None, range=(0.0, 1.0), score=_partial, undefined=_NO_ENTITY
)
"""Micro F1 in which a span that overlaps a gold one counts half, whatever its type."""

entity_f1_type = Metric(
    "entity_f1_type", F1, "bootstrap", worst=None, range=(0.0, 1.0), score=_type, undefined=_NO_ENTITY
)
"""Micro F1 in which a span of the right type that overlaps a gold one counts."""

entity_f1_exact = Metric(
    "entity_f1_exact", F1, "bootstrap", worst=None, range=(0.0, 1.0), score=_exact, undefined=_NO_ENTITY
)
"""Micro F1 of exact spans, whatever their type."""


def _share(values: Sequence[tuple[int, int]]) -> float:
    some, all_of_them = (sum(column) for column in zip(*values, strict=True))
    return some / all_of_them if all_of_them else 0.0


SHARE = Summed(_share, Additive(sums_of_columns, _precision_of_sums))

hallucinated_entity_rate = Metric(
    "hallucinated_entity_rate", SHARE, "bootstrap", higher_is_better=False, worst=None, range=(0.0, 1.0)
)
"""Share of the predicted names that the text does not hold, from (absent, predicted) counts that the task gives."""

dropped_entity_rate = Metric(
    "dropped_entity_rate", SHARE, "bootstrap", higher_is_better=False, worst=None, range=(0.0, 1.0)
)
"""Share of the predicted names whose type is not asked for, from (dropped, predicted) counts that the task gives."""
