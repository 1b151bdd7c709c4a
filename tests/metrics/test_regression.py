"""mse and r2 against scikit-learn; answers that are no numbers, and numbers off the scale."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.metrics.additive import additive_form
from mmeval.metrics.regression import mse, r2

sklearn_metrics = pytest.importorskip("sklearn.metrics")

NUMBERS = st.lists(st.tuples(st.integers(-100, 100), st.integers(-100, 100)), min_size=2, max_size=30)


@settings(deadline=None)
@given(NUMBERS)
def test_both_are_scikit_learns(percents: list[tuple[int, int]]) -> None:
    pairs = [(gold / 100, said / 100) for gold, said in percents]
    golds, said = zip(*pairs, strict=True)
    assert mse.score is not None
    errors = [mse.score(str(one), gold, low=-1, high=1) for gold, one in pairs]
    assert mse.aggregate(errors) == pytest.approx(sklearn_metrics.mean_squared_error(golds, said))
    if len(set(golds)) > 1:
        assert r2.aggregate(pairs) == pytest.approx(sklearn_metrics.r2_score(golds, said))


@settings(deadline=None)
@given(NUMBERS)
def test_sums_over_groups_give_the_same(percents: list[tuple[int, int]]) -> None:
    pairs = [(gold / 100, said / 100) for gold, said in percents]
    groups = [pairs[start : start + 1 + start % 3] for start in range(len(pairs))]
    again = [pair for group in groups for pair in group]
    additive = additive_form(r2.aggregate)
    assert additive is not None
    (found,) = additive.finish(additive.count(groups).sum(axis=0, keepdims=True))
    spread = len({gold for gold, _ in again}) > 1
    assert not spread or float(found) == pytest.approx(r2.aggregate(again), rel=1e-6)


def test_gold_that_does_not_vary_has_no_variance_to_explain() -> None:
    assert math.isnan(r2.aggregate([(0.5, 0.5), (0.5, 0.1)]))


@pytest.mark.parametrize(
    ("answer", "target", "counted"),
    [
        ("0.25", "0.5", 0.25),
        ("-0.25", 0.5, -0.25),
        ("75", "0.5", 1.0),
        ("-2", "0.5", -1.0),
        ("inf", "0.5", 1.0),
        (None, "0.5", -1.0),
        ("nan", "0.5", -1.0),
        ("[invalid]", "-0.5", 1.0),
    ],
)
def test_every_answer_counts(answer: Any, target: Any, counted: float) -> None:
    assert mse.score is not None
    assert r2.score is not None
    options = {"low": -1, "high": 1}
    assert partial(r2.score, **options)(answer, target) == (float(target), counted)
    assert partial(mse.score, **options)(answer, target) == pytest.approx((float(target) - counted) ** 2)
