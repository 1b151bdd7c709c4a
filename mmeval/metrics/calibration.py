"""How well the probabilities of the options tell how often the chosen one is right.

Confidence is the softmax over the options' log-likelihoods. A sample's value is (confidence, right).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from mmeval.metrics.additive import Additive, Groups, Summed
from mmeval.metrics.aggregations import mean
from mmeval.metrics.choice import ChoiceAnswer, Gold, indices
from mmeval.types import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Judged: TypeAlias = tuple[float, float]

BINS = 10
SMALLEST = 300
"""With fewer samples the error of a perfectly calibrated model is too large for a number to say anything."""
_SIMULATIONS, _WITHIN = 400, 0.95
_CONFIDENT = 0.1


def _judged(answer: ChoiceAnswer, target: Gold) -> Judged:
    return answer.probabilities[answer.best], float(answer.best in indices(target))


def _surprise(answer: ChoiceAnswer, target: Gold) -> float:
    probabilities = answer.probabilities
    share = sum(probabilities[index] for index in indices(target) if 0 <= index < len(probabilities))
    return -math.log(share) if share > 0 else math.inf


def _ece(values: Sequence[Judged], equal_mass: bool) -> float:
    import numpy as np

    confidence, right = np.asarray(values, dtype=float).T
    if len(confidence) < SMALLEST:
        return math.nan
    if equal_mass:
        right = _without_order(confidence, right)
    return float(_distance(confidence, right, _bins(confidence, equal_mass)))


def _without_order(confidence: Floats, right: Floats) -> Floats:
    """Of equally sure samples, which may fall into two bins, each counts by their mean."""
    import numpy as np

    _, places, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    means: Floats = (np.bincount(places, weights=right) / counts)[places]
    return means


def _bins(confidence: Floats, equal_mass: bool) -> NDArray[np.intp]:
    """The bin of each sample: of equal width over [0, 1], closed above; or of equal numbers of samples."""
    import numpy as np

    if not equal_mass:
        return np.clip(np.ceil(confidence * BINS).astype(np.intp) - 1, 0, BINS - 1)
    ranks = np.argsort(np.argsort(confidence, kind="stable"), kind="stable")
    return ranks * BINS // len(confidence)


def _distance(confidence: Floats, right: Floats, bins: NDArray[np.intp]) -> float:
    """Sum over bins of |sum of confidence - number right|, per sample."""
    import numpy as np

    gaps = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _gaps(groups: Groups) -> Floats:
    """Per group: the sum of confidence - right in each bin of equal width, and the number of samples."""
    import numpy as np

    rows = np.zeros((len(groups), BINS + 1))
    for row, group in zip(rows, groups, strict=True):
        confidence, right = np.asarray(group, dtype=float).T
        row[:BINS] = np.bincount(_bins(confidence, equal_mass=False), weights=confidence - right, minlength=BINS)
        row[BINS] = len(group)
    return rows


def _ece_of_sums(sums: Floats) -> Floats:
    import numpy as np

    errors: Floats = np.abs(sums[:, :BINS]).sum(axis=1) / sums[:, BINS]
    return errors


def reliability(values: Sequence[Judged]) -> list[dict[str, Any]]:
    """What a reliability diagram shows of each bin of `ece` that holds samples: its edges (open below), how many there
    are, their mean confidence and the share that is right.
    """
    import numpy as np

    confidence, right = np.asarray(values, dtype=float).T
    bins = _bins(confidence, equal_mass=False)
    return [
        {
            "edges": [place / BINS, (place + 1) / BINS],
            "n": int((bins == place).sum()),
            "confidence": float(confidence[bins == place].mean()),
            "accuracy": float(right[bins == place].mean()),
        }
        for place in sorted({int(place) for place in bins})
    ]


def _floor(values: Sequence[Judged]) -> float:
    import numpy as np

    confidence = np.asarray(values, dtype=float)[:, 0]
    if len(confidence) < SMALLEST:
        return math.nan
    rng, bins = np.random.default_rng(0), _bins(confidence, equal_mass=False)
    drawn = rng.random((_SIMULATIONS, len(confidence))) < confidence
    return float(np.quantile([_distance(confidence, right.astype(float), bins) for right in drawn], _WITHIN))


def _selective(values: Sequence[Judged], share: float) -> float:
    kept = max(1, round(share * len(values)))
    least = sorted((confidence for confidence, _ in values), reverse=True)[kept - 1]
    surer = [right for confidence, right in values if confidence > least]
    # of equally sure samples none goes first: they count by their mean
    tied = mean([right for confidence, right in values if confidence == least])
    return (sum(surer) + (kept - len(surer)) * tied) / kept


_WORST: Any = (1.0, 0.0)
_TOO_FEW = f"fewer than {SMALLEST} samples"

ece = Metric(
    "ece",
    Summed(partial(_ece, equal_mass=False), Additive(_gaps, _ece_of_sums)),
    "bootstrap",
    higher_is_better=False,
    worst=_WORST,
    range=(0.0, 1.0),
    score=_judged,
    undefined=_TOO_FEW,
)
"""Expected calibration error, 10 bins of equal width. Not a number for fewer than 300 samples.

Compare it with `ece_floor`, and never across different numbers of samples.
"""

ece_equal_mass = Metric(
    "ece_equal_mass",
    partial(_ece, equal_mass=True),
    "bootstrap",
    higher_is_better=False,
    worst=_WORST,
    range=(0.0, 1.0),
    score=_judged,
    undefined=_TOO_FEW,
)
"""Expected calibration error, 10 bins of equally many samples."""

ece_floor = Metric("ece_floor", _floor, "none", None, worst=_WORST, range=(0.0, 1.0), score=_judged, undefined=_TOO_FEW)
"""What the `ece` of a perfectly calibrated model with these confidences stays below, in 95 % of 400 simulations."""

nll = Metric("nll", mean, higher_is_better=False, worst=math.inf, score=_surprise)
"""Mean of -log p (nats) of the right option among the options."""

selective_acc = Metric(
    "selective_acc@10",
    partial(_selective, share=_CONFIDENT),
    "bootstrap",
    worst=(0.0, 0.0),
    range=(0.0, 1.0),
    score=_judged,
)
"""Accuracy on the tenth of the samples with the highest confidence."""
