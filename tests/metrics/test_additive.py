"""Metrics that bring an additive form: sums over groups give what the metric itself gives."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.metrics import calibration, entities, labels
from mmeval.metrics.additive import Summed, additive_form
from mmeval.metrics.bootstrap import bootstrap_stderr
from mmeval.types import Metric

NAMES = ["a", "b", "c", "d"]
LABELLED = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from([*NAMES, None]), st.just(5)), min_size=1, max_size=30
)
COUNTS = st.lists(st.tuples(st.integers(0, 3), st.integers(3, 5), st.integers(3, 6)), min_size=1, max_size=30)


def by_sums(metric: Metric, values: Sequence[Any]) -> float:
    """The value of groups of one to three values, summed."""
    groups = [values[start : start + 1 + start % 3] for start in range(len(values))]
    additive = additive_form(metric.aggregate)
    assert additive is not None
    again = [value for group in groups for value in group]
    sums = additive.count(groups).sum(axis=0, keepdims=True)
    assert metric.aggregate(again) == pytest.approx(float(additive.finish(sums)[0]), nan_ok=True)
    return metric.aggregate(again)


@settings(deadline=None)
@given(LABELLED)
@pytest.mark.parametrize("name", ["f1_weighted", "f1_micro", "f1_macro", "balanced_acc"])
def test_labels(name: str, values: list[tuple[Any, ...]]) -> None:
    pytest.importorskip("sklearn")
    assert 0 <= by_sums(getattr(labels, name), values) <= 1


@given(COUNTS)
@pytest.mark.parametrize("name", ["entity_f1", "entity_precision", "entity_recall", "hallucinated_entity_rate"])
def test_entities(name: str, values: list[tuple[int, ...]]) -> None:
    pairs = [value[:2] for value in values]
    by_sums(getattr(entities, name), pairs if name == "hallucinated_entity_rate" else values)


@pytest.mark.parametrize("name", ["entity_f1", "entity_precision", "entity_recall"])
def test_no_entities(name: str) -> None:
    by_sums(getattr(entities, name), [(0, 0, 0)] * 3)


def test_calibration() -> None:
    rng = random.Random(700)
    by_sums(calibration.ece, [(rng.random(), float(rng.random() < 0.6)) for _ in range(700)])


def test_a_resample_that_holds_one_label_only_is_a_value_as_well() -> None:
    pytest.importorskip("sklearn")
    values = [("a", "a", 2), ("b", None, 2)]
    slow = labels.f1_macro.aggregate
    assert isinstance(slow, Summed)
    fast = bootstrap_stderr(slow, values, 400)
    assert fast == pytest.approx(bootstrap_stderr(slow.value, values, 400))
