"""Aggregations by lm-eval's names and definitions."""

from __future__ import annotations

import math
import random

import pytest

from mmeval.metrics.additive import Resampled, stderr_of
from mmeval.metrics.aggregations import AGGREGATIONS, Aggregation, mean

NAN = math.nan


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("mean", [1, 2, 6], 3.0),
        ("median", [9, 1, 5], 5),
        ("median", [4, 1, 3, 2], 3),
        ("nanmean", [1.0, NAN, 3.0], 2.0),
        ("nanmean", [NAN, NAN], NAN),
        ("perplexity", [-1.0, -2.0], math.exp(1.5)),
        ("weighted_perplexity", [(-4.0, 2), (-2.0, 4)], math.e),
        ("bits_per_byte", [(-math.log(2) * 6, 2)], 3.0),
        ("brier_score", [(0, (1.0, 0.0)), (1, (1.0, 0.0)), (-100, (0.5, 0.5))], (0 + 2 + 0.5) / 3),
        ("bypass", ["anything"], 999),
    ],
)
def test_value(name: str, values: list[object], expected: float) -> None:
    assert AGGREGATIONS[name](values) == pytest.approx(expected, nan_ok=True)


def test_mean_adds_as_the_builtin_sum_does() -> None:
    generator = random.Random(0)
    values = [generator.random() for _ in range(1000)]
    assert mean(values) == sum(values) / 1000


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["mean"], "mean"),
        (["bypass"], "none"),
        (sorted(AGGREGATIONS.keys() - {"mean", "bypass"}), "bootstrap"),
    ],
)
def test_all_but_a_fixed_value_have_a_standard_error(names: list[str], expected: str) -> None:
    assert {stderr_of(AGGREGATIONS[name]) for name in names} == {expected}


def test_an_own_function_has_no_standard_error_unless_it_says_that_it_is_quick() -> None:
    own: Aggregation = max
    assert stderr_of(own) == "none"
    assert stderr_of(Resampled(own)) == "bootstrap"
    assert Resampled(own)([1.0, 3.0]) == 3.0
