"""What a task declares that uniform guesses score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mmeval.report.chance import chance_level


@pytest.mark.parametrize(
    ("metadata", "metric", "level"),
    [
        ({"chance": 0.25}, "acc", 0.25),
        ({"chance": 0.25}, "acc_norm", 0.25),
        ({"chance": 0.25}, "f1_macro", None),
        ({"chance": 0, "main_metric": "num_em"}, "num_em", 0.0),
        ({"chance": {"acc": 0.3333, "f1_weighted": 0.363}}, "f1_weighted", 0.363),
        ({"chance": {"acc": 0.3333}}, "acc_norm", None),
        ({"chance": True}, "acc", None),
        ({"chance": "a quarter"}, "acc", None),
        ({}, "acc", None),
    ],
)
def test_levels(metadata: Mapping[str, Any], metric: str, level: float | None) -> None:
    assert chance_level(metadata, metric) == level
