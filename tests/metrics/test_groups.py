"""Rows of groups, by lm-eval's formulas (section 11 of its sheet)."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from mmeval.metrics.groups import group_rows, group_value
from mmeval.metrics.statistics import wilson_interval
from mmeval.task import Aggregate, Group
from mmeval.types import MetricResult


def row(value: float, n: int, stderr: float | None = 0.1, metric: str = "acc", pipeline: str = "none") -> MetricResult:
    return MetricResult(metric, value, stderr, None, n, n + 1, {"scored": n, "error": 1}, True, pipeline)


def test_weighted_mean_and_pooled_error() -> None:
    found = group_value([row(0.5, 10, 0.1), row(0.8, 30, 0.05)])
    pooled = math.sqrt((9 * 10 * 0.1**2 + 29 * 30 * 0.05**2) / (40 - 2) / 40)
    assert found.value == pytest.approx((5 + 24) / 40)
    assert found.stderr == pytest.approx(pooled)
    assert found.interval == pytest.approx((0.725 - 1.96 * pooled, 0.725 + 1.96 * pooled))
    assert (found.n, found.total, found.outcomes) == (40, 42, {"scored": 40, "error": 2})


def test_unweighted_mean_of_independent_tasks() -> None:
    found = group_value([row(0.5, 10, 0.1), row(0.8, 30, 0.05)], weight_by_size=False)
    assert found.value == pytest.approx(0.65)
    assert found.stderr == pytest.approx(math.sqrt(0.1**2 + 0.05**2) / 2)


def test_an_interval_stays_within_the_range() -> None:
    rows = [replace(row(0.99, 100, 0.01), range=(0.0, 1.0)), replace(row(1.0, 20, 0.0), range=(0.0, 1.0))]
    low, high = group_value(rows).interval or (0.0, 0.0)
    assert 0.9 < low < high == 1.0


def test_a_group_in_which_all_is_right_has_wilsons_interval() -> None:
    rows = [replace(row(1.0, n, 0.0), range=(0.0, 1.0)) for n in (20, 26)]
    assert group_value(rows).interval == wilson_interval(1.0, 46)


@pytest.mark.parametrize("weighted", [True, False])
def test_a_task_without_standard_error_leaves_the_group_without(weighted: bool) -> None:
    found = group_value([row(0.5, 10), row(0.8, 30, None)], weight_by_size=weighted)
    assert (found.stderr, found.interval) == (None, None)


def test_a_task_in_which_nothing_counted_has_no_say() -> None:
    found = group_value([row(0.5, 10), row(math.nan, 0, None)])
    assert (found.value, found.n, found.total) == (0.5, 10, 12)
    assert math.isnan(group_value([row(math.nan, 0, None)]).value)


def test_rows_by_metric_and_pipeline_over_the_leaves_that_report_them() -> None:
    leaves = {
        "a": [row(0.2, 10), row(0.4, 10, metric="f1"), row(0.1, 10, pipeline="strict")],
        "b": [row(0.4, 10), row(0.3, 10, metric="acc_norm")],
    }
    found = group_rows(Group("g", ("a", "b"), aggregate=("acc_norm", "acc", "absent")), leaves)
    assert [list(one.parts) for one in found] == [["b"], ["a", "b"], ["a"]]
    rows = [one.result for one in found]
    assert [(one.metric, one.pipeline, one.n) for one in rows] == [
        ("acc_norm", "none", 10),
        ("acc", "none", 20),
        ("acc", "strict", 10),
    ]
    assert rows[1].value == pytest.approx(0.3)


def test_an_aggregate_names_its_pipelines_and_weights() -> None:
    leaves = {
        "a": [row(0.2, 10), row(0.1, 10, pipeline="strict")],
        "b": [row(0.4, 30), row(0.3, 30, pipeline="strict")],
    }
    rows = group_rows(Group("g", ("a", "b"), (Aggregate("acc", ("strict",), weight_by_size=False), "acc")), leaves)
    assert [(one.result.pipeline, one.by_size) for one in rows] == [("strict", False), ("none", True), ("strict", True)]
    assert [one.result.value for one in rows] == pytest.approx([0.2, 0.35, 0.25])


def test_a_task_with_a_metric_of_its_own_has_its_say_where_the_group_says_so() -> None:
    leaves = {"a": [row(0.2, 10), row(0.9, 10, metric="f1")], "b": [row(0.4, 30, metric="f1", pipeline="names")]}
    aggregate = (Aggregate("acc", None, weight_by_size=False),)
    (without,) = group_rows(Group("g", ("a", "b"), aggregate), leaves)
    assert (without.result.value, without.instead) == (0.2, {})
    (found,) = group_rows(Group("g", ("a", "b"), aggregate, own_metrics=True), leaves)
    assert found.result.metric == "acc"
    assert found.result.value == pytest.approx(0.3)
    assert found.instead == {"b": leaves["b"][0]}


def test_a_level_of_a_group_is_the_mean_over_the_tasks_that_count() -> None:
    leaves = {"a": [row(0.2, 10)], "b": [row(0.4, 30)], "c": [row(math.nan, 0)]}
    by_size = Aggregate("acc")
    plain, sized = group_rows(Group("g", ("a", "b", "c"), (replace(by_size, weight_by_size=False), by_size)), leaves)
    levels = {"a": 0.5, "b": 0.25, "c": None}
    assert (plain.mean_of(levels), sized.mean_of(levels)) == (0.375, 0.3125)
    assert plain.mean_of({**levels, "b": None}) is None


def test_a_group_without_aggregates_has_no_rows() -> None:
    assert group_rows(Group("g", ("a",)), {"a": [row(0.2, 10)]}) == ()


def test_directions_that_differ_are_none() -> None:
    other = MetricResult("acc", 0.5, None, None, 1, 1, {}, False)
    assert group_value([row(0.5, 10), other]).higher_is_better is None
