"""Numbers against gold numbers of a scale with two ends.

An answer outside of the scale counts as the nearer end of it, and one that cannot be read as the end that is farther
from gold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from mmeval.metrics.additive import Additive, Groups, Summed, sums_of_columns
from mmeval.metrics.aggregations import mean
from mmeval.types import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Pair: TypeAlias = tuple[float, float]


def _pair(answer: Any, target: Any, *, low: float, high: float) -> Pair:
    """(gold, predicted)."""
    gold = float(target)
    try:
        said = float(answer)
    except (TypeError, ValueError):
        said = math.nan
    if math.isnan(said):
        return gold, max(low, high, key=lambda end: abs(end - gold))
    return gold, min(max(said, low), high)


def _squared_error(answer: Any, target: Any, *, low: float, high: float) -> float:
    gold, predicted = _pair(answer, target, low=low, high=high)
    return (gold - predicted) ** 2


def _r2(values: Sequence[Pair]) -> float:
    middle = mean([gold for gold, _ in values])
    spread = math.fsum((gold - middle) ** 2 for gold, _ in values)
    return 1 - math.fsum((gold - predicted) ** 2 for gold, predicted in values) / spread if spread else math.nan


def _sums(groups: Groups) -> Floats:
    """Per group: how many golds there are, their sum, the sum of their squares, and the squared errors."""
    return sums_of_columns([[(1, gold, gold**2, (gold - said) ** 2) for gold, said in group] for group in groups])


def _of_sums(sums: Floats) -> Floats:
    import numpy as np

    n, golds, squares, errors = sums.T
    spread = squares - golds**2 / n
    explained: Floats = 1 - np.divide(errors, spread, out=np.full_like(spread, math.nan), where=spread > 0)
    return explained


mse = Metric("mse", mean, "bootstrap", higher_is_better=False, worst=None, score=_squared_error)
"""Mean squared error. Options: `low` and `high`, the ends of the scale."""

r2 = Metric("r2", Summed(_r2, Additive(_sums, _of_sums)), "bootstrap", worst=None, score=_pair)
"""Share of the variance of gold that is explained: 0 for always giving its mean, below 0 for worse. Options: `low` and
`high`, the ends of the scale.
"""
