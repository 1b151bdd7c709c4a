"""Reliability: how often the answers of each confidence are right, from the sample logs of compared runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mmeval.metrics.calibration import BINS
from mmeval.report.compare.runs import Run

LOGGED = ("ece", "ece_equal_mass", "ece_floor", "selective_acc@10")
"""Metrics whose value of a sample is (confidence, right)."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The samples with a confidence in (low, high]."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(run: Run, task: str) -> list[Bin]:
    """The bins of equal width that hold samples; none where the run logged no confidences for the task."""
    filled: dict[int, list[tuple[float, float]]] = {}
    for confidence, right in _judged(run, task):
        filled.setdefault(max(0, math.ceil(confidence * BINS) - 1), []).append((confidence, right))
    return [_bin(place, filled[place]) for place in sorted(filled)]


def _bin(place: int, judged: Sequence[tuple[float, float]]) -> Bin:
    confidence, right = (math.fsum(part) / len(judged) for part in zip(*judged, strict=True))
    return Bin(place / BINS, (place + 1) / BINS, len(judged), confidence, right)


def _judged(run: Run, task: str) -> list[tuple[float, float]]:
    for (name, _), answers in run.answers.items():
        logged = [score.values for scores in answers.scores.values() for score in scores] if name == task else []
        for metric in LOGGED:
            if found := [(values[metric][0], values[metric][1]) for values in logged if metric in values]:
                return found
    return []
