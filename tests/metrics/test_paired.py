"""Paired comparisons against SciPy and hand-made cases."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.metrics import aggregations
from mmeval.metrics.aggregations import Aggregation, mean, median
from mmeval.metrics.bootstrap import paired_replicates, percentile_interval
from mmeval.metrics.paired import (
    Pairs,
    cohens_d,
    cohens_h,
    holm,
    mcnemar,
    permutation,
    smallest_difference,
)


def singles(one: Sequence[Any], other: Sequence[Any], aggregation: Aggregation = mean) -> Pairs:
    return Pairs(aggregation, [[value] for value in one], [[value] for value in other])


def right_and_wrong(n: int, lost: int, won: int, both: int) -> Pairs:
    one = [1] * (both + lost) + [0] * (n - both - lost)
    other = [1] * both + [0] * lost + [1] * won + [0] * (n - both - lost - won)
    return singles(one, other)


def labels(n: int, seed: int) -> list[tuple[int, int]]:
    generator = random.Random(seed)
    return [(index % 2, generator.randrange(2)) for index in range(n)]


def test_the_sheets_example() -> None:
    """n = 1,273, 46 documents won and 23 lost."""
    pairs = right_and_wrong(1273, lost=23, won=46, both=700)
    assert pairs.discordant == (23, 46)
    assert pairs.difference == pytest.approx(0.0181, abs=5e-5)
    assert mcnemar(23, 46) == pytest.approx(0.0076, abs=5e-5)
    interval = percentile_interval(paired_replicates(mean, pairs.one, pairs.other, 10_000), 1273)
    assert interval is not None
    assert (interval[1] - interval[0]) / 2 == pytest.approx(0.0128, abs=3e-4)


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_scipys_binomial_test(lost: int, won: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(won, lost + won, 0.5).pvalue if lost + won else 1.0
    assert mcnemar(lost, won) == pytest.approx(expected)


def test_mcnemar_of_very_many() -> None:
    assert mcnemar(0, 5000) < 1e-300
    assert 0 < mcnemar(9_900, 10_100) < 1


def test_all_swaps_of_few_groups_are_tried() -> None:
    stats = pytest.importorskip("scipy.stats")
    one, other = [0.1, 0.4, 0.2, 0.9, 0.5], [0.3, 0.3, 0.6, 1.0, 0.9]
    found = permutation(singles(one, other), 10_000)
    reference = stats.permutation_test(
        (one, other), lambda a, b: mean(b) - mean(a), permutation_type="samples", vectorized=False, n_resamples=1000
    )
    assert found == pytest.approx(reference.pvalue)
    assert found * 2**5 == pytest.approx(round(found * 2**5))


@pytest.mark.parametrize("aggregation", [mean, median])
def test_swaps_that_are_drawn_agree_with_scipy(aggregation: Aggregation) -> None:
    stats = pytest.importorskip("scipy.stats")
    generator = random.Random(4)
    one = [generator.gauss(0.0, 1.0) for _ in range(25)]
    other = [value + generator.gauss(0.3, 1.0) for value in one]
    reference = stats.permutation_test(
        (one, other),
        lambda a, b: aggregation(list(b)) - aggregation(list(a)),
        permutation_type="samples",
        vectorized=False,
        n_resamples=2000,
        rng=1,
    )
    assert permutation(singles(one, other, aggregation), 20_000) == pytest.approx(reference.pvalue, abs=0.05)


@pytest.mark.slow
def test_sums_and_single_calls_give_the_same_p_value() -> None:
    pytest.importorskip("sklearn")
    one, other = labels(9, 1), labels(9, 2)

    def f1(values: Sequence[Any]) -> float:
        return aggregations.f1(values)

    by_sums, by_calls = (permutation(singles(one, other, each), 2**9) for each in (aggregations.f1, f1))
    assert by_sums == pytest.approx(_by_hand(one, other))
    assert by_calls == pytest.approx(by_sums)


def _by_hand(one: Sequence[Any], other: Sequence[Any]) -> float:
    observed = abs(aggregations.f1(other) - aggregations.f1(one))
    found = []
    for swaps in itertools.product((False, True), repeat=len(one)):
        both = [(b, a) if swap else (a, b) for a, b, swap in zip(one, other, swaps, strict=True)]
        first, second = zip(*both, strict=True)
        found.append(abs(aggregations.f1(second) - aggregations.f1(first)))
    return mean([float(each >= observed - 1e-12) for each in found])


def test_clusters_are_swapped_whole() -> None:
    """Ten samples of one cluster say no more than one."""
    one, other = [[0.0] * 10] * 4, [[1.0] * 10] * 4
    assert permutation(Pairs(mean, one, other), 1000) == 2 / 2**4


def test_equal_runs_do_not_differ() -> None:
    pairs = singles([0.5] * 40, [0.5] * 40)
    assert permutation(pairs, 500) == 1.0
    assert cohens_d(pairs) is None
    assert smallest_difference(pairs, 0.0) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        ([0.04], [0.04]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.6, 0.7], [1.0, 1.0]),
        ([0.02, 0.02], [0.04, 0.04]),
    ],
)
def test_holm(given: list[float], expected: list[float]) -> None:
    assert holm(given) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_keeps_the_order_and_lies_between_p_and_bonferroni(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for p, q in zip(p_values, adjusted, strict=True):
        assert p <= q <= min(1.0, 1e-12 + len(p_values) * max(p_values))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[index] for index in order] == sorted(adjusted)


def test_effect_sizes() -> None:
    assert cohens_h(0.5, 0.5) == 0.0
    assert cohens_h(0.25, 0.75) == pytest.approx(1.0472, abs=1e-4)
    assert cohens_h(0.0, 1.0) == pytest.approx(3.1416, abs=1e-4)
    assert cohens_d(singles([0.0, 0.0, 0.0], [1.0, 2.0, 3.0])) == pytest.approx(2.0)


def test_few_samples_can_show_no_small_difference() -> None:
    assert smallest_difference(right_and_wrong(20, 0, 1, 10), 0.05) == pytest.approx(6 / 20)
    assert smallest_difference(right_and_wrong(2000, 50, 60, 900), 0.005) == pytest.approx(0.014, abs=1e-4)


@pytest.mark.parametrize("replicates", [[], [0.1], [0.1, float("nan")], [0.1, float("inf")]])
def test_no_interval(replicates: list[float]) -> None:
    assert percentile_interval(replicates, 10) is None


@pytest.mark.parametrize(
    ("pairs", "binary", "alone"),
    [
        (singles([1, 0], [0, 1]), True, True),
        (singles([0.5], [1.0]), False, True),
        (Pairs(mean, [[1, 0]], [[1, 1]]), True, False),
        (singles([1, 0], [0, 1], aggregations.median), False, True),
    ],
)
def test_what_pairs_are(pairs: Pairs, binary: bool, alone: bool) -> None:
    assert (pairs.binary, pairs.singles) == (binary, alone)


def test_few_groups_widen_an_interval() -> None:
    generator = random.Random(1)
    replicates = [generator.gauss(0.0, 1.0) for _ in range(50_000)]
    ends = [(percentile_interval(replicates, groups) or (0.0, 0.0))[1] for groups in (5, 20, 10_000)]
    assert ends == pytest.approx([math.sqrt(5 / 4) * 2.776, math.sqrt(20 / 19) * 2.093, 1.96], rel=0.05)
    assert percentile_interval(replicates, 1) is None
