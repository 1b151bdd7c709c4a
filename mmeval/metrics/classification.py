"""Metrics of classification over a whole task. A sample's value is the pair (gold, predicted)."""

from __future__ import annotations

from typing import Any

from mmeval.metrics import aggregations
from mmeval.metrics.choice import ChoiceAnswer
from mmeval.types import Metric


def _gold_and_predicted(answer: Any, target: Any) -> tuple[Any, Any]:
    return target, answer.best if isinstance(answer, ChoiceAnswer) else answer


f1 = Metric("f1", aggregations.f1, stderr="bootstrap", worst=None, range=(0.0, 1.0), score=_gold_and_predicted)
"""Binary F1 of class 1. An answer of None is a miss."""

mcc = Metric(
    "mcc", aggregations.matthews_corrcoef, stderr="bootstrap", worst=None, range=(-1.0, 1.0), score=_gold_and_predicted
)
"""Matthews correlation over any number of classes. An answer of None is a class of its own."""
