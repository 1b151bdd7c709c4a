"""Standard errors and intervals against hand formulas."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.metrics.statistics import (
    clustered_share_interval,
    clustered_stderr,
    mean_stderr,
    normal_interval,
    sample_stddev,
    t95,
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
    # mean 0.6; deviations by cluster: a 0.4 + 0.4, b -0.6 - 0.6, c 0.4
    values, clusters = [1, 1, 0, 0, 1], ["a", "a", "b", "b", "c"]
    expected = math.sqrt(3 / 2 * (0.8**2 + 1.2**2 + 0.4**2)) / 5
    assert clustered_stderr(values, clusters) == pytest.approx(expected)


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


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 7, 11, 30, 100, 5000])
def test_t_is_scipys(df: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert t95(df) == pytest.approx(stats.t.ppf(0.975, df), rel=5e-3 if df == 3 else 1e-3)


def test_a_clustered_share() -> None:
    share, n = 0.6, 400
    alone = math.sqrt(share * (1 - share) / n)
    assert clustered_share_interval(share, alone, n, 10**6) == pytest.approx(wilson_interval(share, n), abs=1e-5)
    assert clustered_share_interval(share, alone / 2, n, 10**6) == pytest.approx(wilson_interval(share, n), abs=1e-5)
    twice = clustered_share_interval(share, 2 * alone, n, 11)
    assert twice == pytest.approx(wilson_interval(share, 100, t95(10)))
    assert clustered_share_interval(1.0, 0.0, n, 10) == wilson_interval(1.0, 10)
