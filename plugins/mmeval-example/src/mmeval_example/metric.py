"""A metric: how far off a number is."""

from __future__ import annotations

from statistics import fmean

from mmeval import Metric

FARTHEST = 10.0


def _distance(answer: str, target: str) -> float:
    return min(abs(float(answer) - float(target)), FARTHEST)


distance = Metric(
    "example_distance",
    aggregate=fmean,
    stderr="mean",
    higher_is_better=False,
    worst=FARTHEST,  # counts where no number was found
    range=(0.0, FARTHEST),
    score=_distance,
)
"""The distance of answer and target, at most 10; its mean over the samples."""
