"""Calibration: by hand, against a plain computation, and on simulated models."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.metrics import calibration
from mmeval.metrics.choice import ChoiceAnswer

pytest.importorskip("numpy")

JUDGED = st.lists(
    st.tuples(st.floats(0.01, 1, exclude_max=False), st.sampled_from([0.0, 1.0])), min_size=300, max_size=320
)


def _plain_ece(values: list[tuple[float, float]]) -> float:
    total = 0.0
    for low in range(10):
        inside = [(c, r) for c, r in values if low / 10 < c <= (low + 1) / 10]
        if inside:
            gap = abs(sum(c for c, _ in inside) / len(inside) - sum(r for _, r in inside) / len(inside))
            total += len(inside) / len(values) * gap
    return total


@settings(deadline=None, max_examples=30)
@given(JUDGED)
def test_ece_is_the_weighted_gap_of_ten_bins(values: list[tuple[float, float]]) -> None:
    # an edge such as 0.3 lies in the bin below or above by the last bit of 10 * 0.3
    values = [(round(confidence, 3) + 0.0001, right) for confidence, right in values if confidence < 0.999]
    if len(values) >= calibration.SMALLEST:
        assert calibration.ece.aggregate(values) == pytest.approx(_plain_ece(values), abs=1e-9)


def test_equal_mass_bins_hold_equally_many() -> None:
    values = [(0.5 + index / 1000, float(index % 2)) for index in range(400)]
    gaps = []
    for start in range(0, 400, 40):
        part = values[start : start + 40]
        gaps.append(abs(sum(c for c, _ in part) - sum(r for _, r in part)))
    assert calibration.ece_equal_mass.aggregate(values) == pytest.approx(sum(gaps) / 400)


def test_equally_sure_samples_have_no_order() -> None:
    values = [(0.5, 1.0)] * 200 + [(0.5, 0.0)] * 200
    assert calibration.ece_equal_mass.aggregate(values) == pytest.approx(0.0, abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([0.3, 0.6, 0.9]), st.booleans()), min_size=300, max_size=400), st.randoms())
def test_equal_mass_does_not_depend_on_the_order(values: list[tuple[float, bool]], rng: random.Random) -> None:
    judged = [(confidence, float(right)) for confidence, right in values]
    other = rng.sample(judged, len(judged))
    found = calibration.ece_equal_mass.aggregate(judged)
    assert found == pytest.approx(calibration.ece_equal_mass.aggregate(other))


@pytest.mark.parametrize("metric", [calibration.ece, calibration.ece_equal_mass, calibration.ece_floor])
def test_few_samples_have_no_calibration_error(metric: calibration.Metric) -> None:
    assert math.isnan(metric.aggregate([(0.5, 1.0)] * 20))


def test_a_calibrated_model_lies_within_its_floor() -> None:
    rng = random.Random(1)
    confidences = [rng.uniform(0.25, 1) for _ in range(1273)]
    values = [(confidence, float(rng.random() < confidence)) for confidence in confidences]
    found, floor = calibration.ece.aggregate(values), calibration.ece_floor.aggregate(values)
    assert 0.005 < found < floor < 0.05
    boasting = [(min(1.0, confidence + 0.105), right) for confidence, right in values]
    assert calibration.ece.aggregate(boasting) > 2 * calibration.ece_floor.aggregate(boasting)


def test_bins_of_a_reliability_diagram() -> None:
    values = [(0.55, 1.0), (0.6, 0.0), (0.61, 1.0), (1.0, 1.0)]
    bins = calibration.reliability(values)
    assert [(one["edges"], one["n"], one["accuracy"]) for one in bins] == [
        ([0.5, 0.6], 2, 0.5),
        ([0.6, 0.7], 1, 1.0),
        ([0.9, 1.0], 1, 1.0),
    ]
    assert bins[0]["confidence"] == pytest.approx(0.575)


def test_bins_add_up_to_the_error() -> None:
    rng = random.Random(2)
    values = [(rng.uniform(0.01, 1), float(rng.random() < 0.5)) for _ in range(400)]
    gaps = [one["n"] * abs(one["confidence"] - one["accuracy"]) for one in calibration.reliability(values)]
    assert calibration.ece.aggregate(values) == pytest.approx(sum(gaps) / 400)


def test_nll_and_confidence_are_of_the_softmax() -> None:
    answer = ChoiceAnswer((math.log(0.2), math.log(0.6)), (False, True), ("A", "B"))
    assert calibration.nll.score is not None
    assert calibration.ece.score is not None
    assert calibration.nll.score(answer, 0) == pytest.approx(-math.log(0.25))
    assert calibration.ece.score(answer, 1) == pytest.approx((0.75, 1.0))


def test_selective_accuracy_is_of_the_surest_tenth() -> None:
    values = [(0.9, 1.0), (0.95, 0.0), *[(0.1, 1.0)] * 18]
    assert calibration.selective_acc.aggregate(values) == 0.5
