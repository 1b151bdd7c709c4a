"""The vectorised bootstrap equals a literal one, to the bit."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from mmeval.metrics import aggregations, bootstrap
from mmeval.metrics.additive import additive_form
from mmeval.metrics.bootstrap import bootstrap_stderr, cluster_bootstrap_stderr, draws, paired_replicates

ITERS = (2, 50, 1000, 1700, 2000)


def literal(aggregation: Callable[[Sequence[Any]], float], values: Sequence[Any], iters: int) -> float:
    """What lm-eval computes: chunks of at most 1,000 resamples, each chunk with a generator of its own."""
    size = min(1000, iters)
    replicates = []
    for chunk in range(iters // size):
        generator = random.Random(chunk)
        replicates += [aggregation(generator.choices(values, k=len(values))) for _ in range(size)]
    center = sum(replicates) / len(replicates)
    return math.sqrt(sum([(value - center) ** 2 for value in replicates]) / (len(replicates) - 1))


def numbers(n: int) -> list[float]:
    generator = random.Random(n)
    return [-generator.expovariate(0.3) for _ in range(n)]


def pairs(n: int, classes: int) -> list[tuple[int, int]]:
    generator = random.Random(n)
    return [(generator.randrange(classes), generator.randrange(classes)) for _ in range(n)]


@pytest.mark.parametrize("iters", ITERS)
@pytest.mark.parametrize("n", [2, 3, 17, 150])
@pytest.mark.parametrize(
    "aggregation", [aggregations.mean, aggregations.perplexity, aggregations.median, aggregations.nanmean]
)
def test_numbers(aggregation: aggregations.Aggregation, n: int, iters: int) -> None:
    values = numbers(n)
    assert bootstrap_stderr(aggregation, values, iters) == literal(aggregation, values, iters)


def test_blocks_of_one_chunk_go_on_where_the_last_ended() -> None:
    n = bootstrap._BLOCK // 300  # a chunk of 1,000 resamples takes four blocks
    blocks = list(draws(n, 1000))
    assert [len(block) for block in blocks] == [300, 300, 300, 100]
    choices = random.Random(0).choices
    assert np.concatenate(blocks).tolist() == [choices(range(n), k=n) for _ in range(1000)]


def test_nanmean_skips_nan() -> None:
    values = [math.nan if index % 4 == 0 else value for index, value in enumerate(numbers(40))]
    assert bootstrap_stderr(aggregations.nanmean, values, 300) == literal(aggregations.nanmean, values, 300)


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 5, 60])
@pytest.mark.parametrize(
    ("aggregation", "classes"),
    [(aggregations.f1, 2), (aggregations.matthews_corrcoef, 2), (aggregations.matthews_corrcoef, 5)],
)
def test_f1_and_mcc(aggregation: aggregations.Aggregation, classes: int, n: int) -> None:
    pytest.importorskip("sklearn")
    values = pairs(n, classes)
    assert bootstrap_stderr(aggregation, values, 200) == literal(aggregation, values, 200)


@pytest.mark.slow
@pytest.mark.parametrize("aggregation", [aggregations.f1, aggregations.matthews_corrcoef])
def test_f1_and_mcc_over_several_chunks(aggregation: aggregations.Aggregation) -> None:
    pytest.importorskip("sklearn")
    values = pairs(300, 2)
    assert bootstrap_stderr(aggregation, values, 3000) == literal(aggregation, values, 3000)


@pytest.mark.parametrize("aggregation", [aggregations.f1, aggregations.matthews_corrcoef])
def test_unparsed_predictions(aggregation: aggregations.Aggregation) -> None:
    pytest.importorskip("sklearn")
    values = [(gold, None if index % 5 == 0 else label) for index, (gold, label) in enumerate(pairs(40, 2))]
    expected = literal(aggregation, values, 100)
    assert bootstrap_stderr(aggregation, values, 100) == pytest.approx(expected, rel=1e-12)


def test_another_aggregation_is_called_for_each_resample() -> None:
    calls = 0

    def spread(values: Sequence[float]) -> float:
        nonlocal calls
        calls += 1
        return max(values) - min(values)

    values = numbers(20)
    found = bootstrap_stderr(spread, values, 100_000)
    assert calls == bootstrap.SLOW_ITERS
    assert found == literal(spread, values, 1000)


def test_translation_takes_at_most_100_resamples() -> None:
    pytest.importorskip("sacrebleu")
    values = [(f"the cat sat on mat {i}", f"the cat sat on mat {i * i}") for i in range(6)]
    assert bootstrap_stderr(aggregations.bleu, values, 100_000) == literal(aggregations.bleu, values, 100)


@pytest.mark.parametrize("values", [[], [-1.0]])
def test_fewer_than_two_values_have_no_standard_error(values: list[float]) -> None:
    assert bootstrap_stderr(aggregations.perplexity, values, 100) is None


@pytest.mark.parametrize("iters", [0, 1])
def test_fewer_than_two_resamples_have_none(iters: int) -> None:
    assert bootstrap_stderr(aggregations.perplexity, [-1.0, -2.0], iters) is None
    assert bootstrap_stderr(max, [-1.0, -2.0], iters) is None


def test_infinite_values_raise_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = bootstrap_stderr(aggregations.perplexity, [-1.0, -math.inf, -2e4], 50)
    assert found is not None
    assert math.isnan(found)


def test_groups_are_resampled_whole() -> None:
    values = numbers(30)
    groups = [[value] * 4 for value in values]
    alone = bootstrap_stderr(aggregations.median, values, 1000)
    assert cluster_bootstrap_stderr(aggregations.median, groups, 1000) == alone


@pytest.mark.parametrize("aggregation", [aggregations.f1, aggregations.matthews_corrcoef])
def test_groups_of_pairs_equal_the_literal_resampling_of_groups(aggregation: aggregations.Aggregation) -> None:
    pytest.importorskip("sklearn")
    values = pairs(36, 2)
    groups = [values[start : start + 1 + start % 3] for start in range(0, 36, 3)]

    def flat(drawn: Sequence[Any]) -> float:
        return aggregation([pair for group in drawn for pair in group])

    expected = literal(flat, groups, 200)
    assert cluster_bootstrap_stderr(aggregation, groups, 200) == pytest.approx(expected, rel=1e-12)


def test_one_group_has_no_standard_error() -> None:
    assert cluster_bootstrap_stderr(aggregations.perplexity, [[-1.0, -2.0]], 100) is None


def weighted(n: int) -> list[tuple[float, int]]:
    return [(value, 3 + index % 7) for index, value in enumerate(numbers(n))]


def options(n: int) -> list[tuple[int, tuple[float, ...]]]:
    return [(index % 3, (-value, value - 2, -1.0)) for index, value in enumerate(numbers(n))]


VALUES: dict[aggregations.Aggregation, Callable[[int], list[Any]]] = {
    aggregations.mean: numbers,
    aggregations.perplexity: numbers,
    aggregations.weighted_perplexity: weighted,
    aggregations.bits_per_byte: weighted,
    aggregations.brier_score: options,
    aggregations.gold_likelihood: options,
    aggregations.f1: lambda n: pairs(n, 2),
    aggregations.matthews_corrcoef: lambda n: pairs(n, 3),
}


@pytest.mark.parametrize("aggregation", list(VALUES), ids=lambda one: str(one.__name__))
def test_sums_give_what_the_aggregation_gives(aggregation: aggregations.Aggregation) -> None:
    pytest.importorskip("sklearn")
    values = VALUES[aggregation](30)
    groups = [values[start : start + 1 + start % 4] for start in range(0, 28, 4)]
    together = [value for group in groups for value in group]
    assert _by_sums(aggregation, groups) == pytest.approx(aggregation(together))


def _by_sums(aggregation: aggregations.Aggregation, groups: Sequence[Sequence[Any]]) -> float:
    additive = additive_form(aggregation)
    assert additive is not None
    return float(additive.finish(additive.count(groups).sum(axis=0, keepdims=True))[0])


@pytest.mark.parametrize(
    "aggregation", [aggregations.weighted_perplexity, aggregations.bits_per_byte, aggregations.brier_score]
)
def test_sums_resampled_equal_the_literal_resampling(aggregation: aggregations.Aggregation) -> None:
    values = VALUES[aggregation](40)
    assert bootstrap_stderr(aggregation, values, 200) == pytest.approx(literal(aggregation, values, 200))


@pytest.mark.parametrize("aggregation", [aggregations.mean, aggregations.f1, aggregations.median])
def test_paired_resamples_take_the_same_groups_on_both_sides(aggregation: aggregations.Aggregation) -> None:
    pytest.importorskip("sklearn")
    sides = [VALUES.get(aggregation, numbers)(size)[:24] for size in (24, 25)]
    one, other = ([values[start : start + 2] for start in range(0, 24, 2)] for values in sides)
    generator = random.Random(0)
    expected = []
    for _ in range(50):
        drawn = generator.choices(range(12), k=12)
        first, second = ([value for index in drawn for value in side[index]] for side in (one, other))
        expected.append(aggregation(second) - aggregation(first))
    assert paired_replicates(aggregation, one, other, 50) == pytest.approx(expected)
