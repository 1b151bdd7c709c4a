# ruff: noqa: S101  assertions are what this module is for
"""The contract of a metric, as tests."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

from mmeval.testing.checking import check_json
from mmeval.types import Metric

_STDERR = ("mean", "bootstrap", "none")


class MetricConformance:
    """Subclass it as `class TestMine(MetricConformance)`, with `metric = my_metric`.

    `pairs` are (answer, target) examples for its `score`; for a metric that a task computes, give per-sample
    `values`, or override `per_sample`.
    """

    metric: ClassVar[Metric]
    pairs: ClassVar[Sequence[tuple[Any, Any]]] = ()
    values: ClassVar[Sequence[Any]] = ()

    def per_sample(self) -> list[Any]:
        """Values of several samples: given ones, those of `pairs`, or the ends and the middle of the range."""
        metric = self.metric
        if self.values:
            return list(self.values)
        if self.pairs and metric.score is not None:
            return [metric.score(answer, target) for answer, target in self.pairs]
        low, high = metric.range or (0.0, 1.0)
        return [low, high, (low + high) / 2, low]

    def test_is_declared(self) -> None:
        metric = self.metric
        assert isinstance(metric, Metric), f"a metric is an mmeval.Metric, not {metric!r}"
        assert metric.name, "it has no name"
        assert metric.stderr in _STDERR, f"`stderr` is one of {', '.join(_STDERR)}, not {metric.stderr!r}"
        assert metric.higher_is_better in (True, False, None), "`higher_is_better` is True, False or None"

    def test_range_is_a_pair_in_order(self) -> None:
        bounds = self.metric.range
        if bounds is not None:
            low, high = bounds
            assert low < high, f"`range` is (lowest, highest), not {bounds}"

    def test_worst_is_in_range_and_not_the_best(self) -> None:
        metric = self.metric
        if metric.range is None or not isinstance(metric.worst, int | float):
            return
        low, high = metric.range
        assert low <= metric.worst <= high, f"`worst` {metric.worst} lies outside of the range {metric.range}"
        if metric.higher_is_better is not None:
            best = high if metric.higher_is_better else low
            assert metric.worst != best, f"`worst` {metric.worst} is the best value: unparsed answers would be right"

    def test_values_are_in_range_and_json(self) -> None:
        for value in self.per_sample():
            self._check_in_range(value, "a sample's value")
            check_json(value, "a sample's value")

    def test_score_is_a_function_of_its_arguments(self) -> None:
        score = self.metric.score
        for answer, target in self.pairs:
            assert score is not None, "`pairs` are given, but the metric has no `score`"
            kept = deepcopy((answer, target))
            once, again = score(answer, target), score(answer, target)
            assert once == again, f"score({answer!r}, {target!r}) is {once}, then {again}"
            assert (answer, target) == kept, f"score changes its arguments: {kept} became {(answer, target)}"

    def test_aggregates_to_a_number_in_range(self) -> None:
        self._check_in_range(self._aggregate(self.per_sample()), "the aggregate")

    def test_aggregates_one_value(self) -> None:
        for value in self.per_sample():
            self._check_in_range(self._aggregate([value]), f"the aggregate of {value!r} alone")

    def test_aggregates_equal_values(self) -> None:
        for value in self.per_sample():
            self._check_in_range(self._aggregate([value] * 5), f"the aggregate of five times {value!r}")

    def test_aggregate_does_not_depend_on_order(self) -> None:
        values = self.per_sample()
        wanted, rng = self._aggregate(values), random.Random(0)
        for _ in range(10):
            found = self._aggregate(rng.sample(values, len(values)))
            assert _near(found, wanted), f"the same values aggregate to {wanted}, in another order to {found}"

    def test_aggregate_changes_nothing(self) -> None:
        values = self.per_sample()
        kept = deepcopy(values)
        self.metric.aggregate(values)
        assert values == kept, f"aggregate changes its argument: {kept} became {values}"

    def test_standard_error_of_a_mean_is_of_a_mean(self) -> None:
        values = self.per_sample()
        if self.metric.stderr == "mean":
            assert all(isinstance(value, int | float) for value in values), (
                "`stderr='mean'` needs values that are numbers"
            )
            mean = math.fsum(values) / len(values)
            found = self._aggregate(values)
            assert _near(found, mean), f"`stderr='mean'`, but the aggregate is {found}, not the mean {mean}"

    def test_can_be_sent_to_another_process(self) -> None:
        try:
            pickle.dumps(self.metric)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise AssertionError(f"use functions of a module, not lambdas or local ones: {error}") from error

    def _aggregate(self, values: Sequence[Any]) -> float:
        return self.metric.aggregate(deepcopy(list(values)))

    def _check_in_range(self, value: Any, label: str) -> None:
        bounds = self.metric.range
        if bounds is not None and isinstance(value, int | float) and not math.isnan(value):
            low, high = bounds
            assert low - 1e-9 <= value <= high + 1e-9, f"{label} is {value}, outside of the range {bounds}"


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))
