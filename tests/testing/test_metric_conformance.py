"""The kit catches planted faults of metrics, each by the method that names it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mmeval.testing import MetricConformance
from mmeval.types import Metric

from .suites import failures

PAIRS = [("a", "a"), ("a", "b"), ("c", "c"), ("", "c"), ("d", "d")]
counter = itertools.count()


def right(answer: str, target: str) -> float:
    return float(answer == target)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def last(values: Sequence[float]) -> float:
    return values[-1]


def running(values: Sequence[float]) -> float:
    """A moving average: later values weigh more."""
    average = values[0]
    for value in values[1:]:
        average = 0.9 * average + 0.1 * value
    return average


def total(values: Sequence[float]) -> float:
    return sum(values)


def sorting_mean(values: list[float]) -> float:
    values.sort()
    return mean(values)


def needs_two(values: Sequence[float]) -> float:
    return sum(values) / (len(values) - 1)


def counting(answer: str, target: str) -> float:
    return float(next(counter) % 2)


def a_set(answer: str, target: str) -> object:
    return object()


def percent(answer: str, target: str) -> float:
    return 100 * right(answer, target)


SOUND = Metric("right", mean, range=(0.0, 1.0), score=right)


def test_a_sound_metric_passes(tmp_path: Path) -> None:
    assert failures(suite(SOUND), tmp_path) == {}


def test_a_metric_that_tasks_compute_passes_by_its_range_or_values(tmp_path: Path) -> None:
    computed = replace(SOUND, score=None)
    assert failures(suite(computed, pairs=()), tmp_path) == {}
    assert failures(suite(computed, pairs=(), values=[0.25, 1, 0]), tmp_path) == {}


def suite(metric: Metric, **settings: Any) -> type[MetricConformance]:
    return type("Suite", (MetricConformance,), {"metric": metric, "pairs": PAIRS, **settings})


@pytest.mark.parametrize(
    ("fault", "caught_by"),
    [
        ({"name": ""}, "test_is_declared"),
        ({"stderr": "median"}, "test_is_declared"),
        ({"higher_is_better": "yes"}, "test_is_declared"),
        ({"range": (1.0, 0.0)}, "test_range_is_a_pair_in_order"),
        ({"worst": -1.0}, "test_worst_is_in_range_and_not_the_best"),
        ({"worst": 1.0}, "test_worst_is_in_range_and_not_the_best"),
        ({"higher_is_better": False}, "test_worst_is_in_range_and_not_the_best"),
        ({"score": percent}, "test_values_are_in_range_and_json"),
        ({"score": a_set}, "test_values_are_in_range_and_json"),
        ({"score": counting}, "test_score_is_a_function_of_its_arguments"),
        ({"score": None}, "test_score_is_a_function_of_its_arguments"),
        ({"aggregate": total}, "test_aggregates_to_a_number_in_range"),
        ({"aggregate": total}, "test_aggregates_equal_values"),
        ({"aggregate": last, "stderr": "none"}, "test_aggregate_does_not_depend_on_order"),
        ({"aggregate": running, "stderr": "none"}, "test_aggregate_does_not_depend_on_order"),
        ({"aggregate": sorting_mean}, "test_aggregate_changes_nothing"),
        ({"aggregate": max}, "test_standard_error_of_a_mean_is_of_a_mean"),
        ({"aggregate": lambda values: mean(values)}, "test_can_be_sent_to_another_process"),
    ],
)
def test_a_fault_is_caught(fault: dict[str, Any], caught_by: str) -> None:
    with pytest.raises(AssertionError) as caught:
        getattr(suite(replace(SOUND, **fault))(), caught_by)()
    assert str(caught.value), "a failing test must say what is wrong"


def test_an_aggregation_that_fails_on_one_value_is_caught() -> None:
    with pytest.raises(ZeroDivisionError):
        suite(replace(SOUND, aggregate=needs_two))().test_aggregates_one_value()
