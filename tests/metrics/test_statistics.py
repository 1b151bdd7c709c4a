"""Standard errors and intervals against hand formulas."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.metrics.statistics import (
    clustered_df,
    clustered_share_interval,
    clustered_stderr,
    interval_over_tasks,
    mean_stderr,
    normal_interval,
    sample_stddev,
    t95,
    unvaried_interval,
    variance_split,
    wilson_interval,
)

VALUES = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


@given(VALUES)
def test_mean_stderr_is_the_textbooks(values: list[float]) -> None:
    assert sample_stddev(values) == pytest.approx(statistics.stdev(values), abs=1e-9)
    assert mean_stderr(values) == pytest.approx(statistics.stdev(values) / math.sqrt(len(values)), abs=1e-9)


@given(VALUES)
def test_clusters_of_one_change_nothing(values: list[float]) -> None:
    assert clustered_stderr(values, range(len(values))) == pytest.approx(mean_stderr(values), abs=1e-9)


def test_clustered_stderr_by_hand() -> None:
    # mean 3/5; without a 1/3, without b 1, without c 1/2
    values, clusters = [1, 1, 0, 0, 1], ["a", "a", "b", "b", "c"]
    moved = [1 / 3 - 3 / 5, 1 - 3 / 5, 1 / 2 - 3 / 5]
    assert clustered_stderr(values, clusters) == pytest.approx(math.sqrt(2 / 3 * sum(one**2 for one in moved)))


@given(st.lists(st.lists(st.floats(-9, 9), min_size=3, max_size=3), min_size=2, max_size=9))
def test_clusters_of_one_size_give_the_sandwich_estimator(groups: list[list[float]]) -> None:
    values = [value for group in groups for value in group]
    clusters = [index for index, group in enumerate(groups) for _ in group]
    center, count = statistics.fmean(values), len(groups)
    squares = sum(sum(value - center for value in group) ** 2 for group in groups)
    expected = math.sqrt(count / (count - 1) * squares) / len(values)
    assert clustered_stderr(values, clusters) == pytest.approx(expected, abs=1e-9)
    assert clustered_df(values, clusters) == pytest.approx(count - 1)


def test_a_few_large_clusters_leave_few_degrees_of_freedom() -> None:
    """Of one large cluster and many samples that stand alone, whose values do and do not hang together."""
    clusters = [0] * 10 + [*range(1, 41)]
    independent, alike = (
        [float(index % 2) for index in range(50)],
        [1.0] * 10 + [float(index % 2) for index in range(40)],
    )
    assert clustered_df(independent, clusters) == pytest.approx(50**2 / (10**2 + 40) - 1)
    assert clustered_df(alike, clusters) < 2


def test_equal_values_within_clusters_count_as_one() -> None:
    means = [0.0, 1.0, 1.0, 0.0, 1.0]
    values = [value for value in means for _ in range(8)]
    clusters = [index for index in range(5) for _ in range(8)]
    assert clustered_stderr(values, clusters) == pytest.approx(mean_stderr(means))


@pytest.mark.parametrize("values", [[], [1.0]])
def test_one_value_has_no_standard_error(values: list[float]) -> None:
    assert mean_stderr(values) is None


def test_one_cluster_has_no_standard_error() -> None:
    assert clustered_stderr([1.0, 0.0], ["a", "a"]) is None


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    # Newcombe (1998), table I, method 3
    [(81 / 263, 263, 0.2553, 0.3662), (15 / 148, 148, 0.0624, 0.1605), (0 / 20, 20, 0.0, 0.1611), (1, 29, 0.8830, 1)],
)
def test_wilson_interval(share: float, n: int, low: float, high: float) -> None:
    assert wilson_interval(share, n) == pytest.approx((low, high), abs=2e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_solves_its_equation_and_holds_the_share(case: tuple[int, int]) -> None:
    right, n = case
    low, high = wilson_interval(right / n, n)
    assert 0 <= low <= right / n <= high <= 1
    for end in {low, high} - {0.0, 1.0}:
        assert (end - right / n) ** 2 == pytest.approx(1.96**2 * end * (1 - end) / n, abs=1e-9)


def test_normal_interval_is_cut_at_the_range() -> None:
    assert normal_interval(0.9, 0.1) == pytest.approx((0.704, 1.096))
    assert normal_interval(0.9, 0.1, (0.0, 1.0)) == pytest.approx((0.704, 1.0))


def test_variance_is_split_into_question_and_model() -> None:
    """Questions with known chances, four answers each: both parts are recovered, and together they give the error."""
    generator = random.Random(5)
    chances = [generator.betavariate(2, 3) for _ in range(20_000)]
    repeats = [[float(generator.random() < chance) for _ in range(4)] for chance in chances]
    between, within = variance_split(repeats) or (0.0, 0.0)
    assert between == pytest.approx(statistics.variance(chances), rel=0.05)
    assert within == pytest.approx(statistics.mean(chance * (1 - chance) for chance in chances), rel=0.05)
    means = [statistics.mean(values) for values in repeats]
    assert mean_stderr(means) == pytest.approx(math.sqrt((between + within / 4) / len(chances)))


@pytest.mark.parametrize(
    ("repeats", "split"),
    [
        ([], None),
        ([[1.0], [0.0]], None),
        ([[1.0, 0.0], [1.0]], None),
        ([[1.0, 1.0], [0.0, 0.0]], (0.5, 0.0)),
        ([[1.0, 0.0], [0.0, 1.0]], (0.0, 0.5)),
    ],
)
def test_variance_of_few(repeats: list[list[float]], split: tuple[float, float] | None) -> None:
    assert variance_split(repeats) == (split if split is None else pytest.approx(split))


@pytest.mark.parametrize("df", [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7, 11, 30, 100, 5000])
def test_t_is_scipys(df: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert t95(df) == pytest.approx(stats.t.ppf(0.975, df), rel=2e-3)


def test_a_clustered_share() -> None:
    values = [1.0, 1.0, 1.0, 0.0, 0.0] * 80
    assert clustered_share_interval(values, range(400)) == pytest.approx(wilson_interval(0.6, 399, t95(399)))
    alike = sorted(values)
    clusters = [row // 40 for row in range(400)]
    trials = 0.24 / (clustered_stderr(alike, clusters) or 0) ** 2
    assert trials == pytest.approx(9)
    assert clustered_share_interval(alike, clusters) == pytest.approx(wilson_interval(0.6, trials, t95(9)))
    assert clustered_share_interval([1.0] * 400, clusters) == wilson_interval(1.0, 10)
    opposed = [1.0, 0.0] * 200  # every cluster has the same share
    assert clustered_share_interval(opposed, clusters) == wilson_interval(0.5, 10)


def test_nothing_varied_and_something_may_have_been_missed() -> None:
    missed = wilson_interval(0.0, 20)[1]
    assert unvaried_interval(0.0, 20, 1.0) == pytest.approx((-missed, missed))
    assert unvaried_interval(1.0, 20, 1.0) == pytest.approx((1 - 2 * missed, 1.0))
    assert unvaried_interval(0.0, 20, 100.0) == pytest.approx((-100 * missed, 100 * missed))


def test_the_interval_over_tasks_is_students() -> None:
    """Values 1, 2 and 6: mean 3, standard error sqrt(7/3), t of two degrees of freedom 4.3027."""
    low, high = interval_over_tasks([1.0, 2.0, 6.0], [0.1, 0.1, 0.1])
    assert (low, high) == pytest.approx((3 - 4.3027 * (7 / 3) ** 0.5, 3 + 4.3027 * (7 / 3) ** 0.5), rel=1e-3)


def test_tasks_that_agree_by_luck_are_no_surer_than_each_of_them() -> None:
    low, high = interval_over_tasks([0.2, 0.2], [0.03, 0.04])
    assert (low, high) == pytest.approx((0.2 - 0.025, 0.2 + 0.025))


def test_a_task_that_weighs_most_leaves_one_degree_of_freedom() -> None:
    values, halves = [0.0, 1.0, 0.0, 1.0], [0.0] * 4
    equal, heavy = (interval_over_tasks(values, halves, weights) for weights in ([2, 2, 2, 2], [97, 1, 1, 1]))
    assert equal == interval_over_tasks(values, halves)
    assert (heavy[0] + heavy[1]) / 2 == pytest.approx(0.02)
    assert (heavy[1] - heavy[0]) / 2 > 12 * 0.5
