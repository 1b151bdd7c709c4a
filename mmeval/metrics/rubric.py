"""Points won on a rubric whose criteria were marked one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from mmeval.metrics.additive import Additive, Groups, Summed, sums_of_columns
from mmeval.metrics.aggregations import mean
from mmeval.types import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Marks: TypeAlias = Sequence[bool | None]
"""Whether each criterion is met; None where that is not known."""


def share_won(marks: Marks | None, points: Sequence[float]) -> float | None:
    """The points of the criteria that are met over all positive ones; None where a mark is not known, or where no
    points can be won.
    """
    to_win = sum(worth for worth in points if worth > 0)
    if marks is None or None in marks or not to_win:
        return None
    return sum(worth for met, worth in zip(marks, points, strict=True) if met) / to_win


def _clipped_mean(values: Sequence[float]) -> float:
    return min(1.0, max(0.0, mean(values)))


def _sums(groups: Groups) -> Floats:
    """Per group: the sum of its values, and how many there are."""
    return sums_of_columns([[(value, 1) for value in group] for group in groups])


def _clipped(sums: Floats) -> Floats:
    import numpy as np

    shares: Floats = np.clip(sums[:, 0] / sums[:, 1], 0.0, 1.0)
    return shares


rubric_score = Metric(
    "rubric_score",
    Summed(_clipped_mean, Additive(_sums, _clipped)),
    "bootstrap",
    worst=None,
    score=share_won,
)
"""The points of the criteria that are met over all positive points; criteria of negative points, where they are met,
take points away, so that a sample may fall below 0. The mean alone is clipped to [0, 1] (HealthBench, Arora et al.,
2025). The target lists the points. A sample with a criterion of which no mark is known has no score.
"""
