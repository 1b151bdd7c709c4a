from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.metrics.difference import paired_difference


def test_equal_scores_differ_by_nothing() -> None:
    scores = {str(number): float(number % 2) for number in range(20)}
    found = paired_difference(scores, scores, {})
    assert found is not None
    assert (found.value, found.stderr, found.interval, found.n) == (0.0, 0.0, (0.0, 0.0), 20)


def test_pairs_are_worth_more_than_two_samples() -> None:
    rng = random.Random(3)
    ones = {str(number): float(rng.random() < 0.5) for number in range(400)}
    others = {name: value if rng.random() < 0.9 else 0.0 for name, value in ones.items()}
    found = paired_difference(ones, others, {})
    assert found is not None
    assert found.stderr is not None
    assert found.stderr < 0.018, "two independent samples would have 0.035"
    assert found.interval is not None
    assert found.interval[0] < found.value < found.interval[1]


def test_the_bootstrap_agrees_with_the_standard_error_of_the_mean() -> None:
    rng = random.Random(5)
    differences = [rng.gauss(0.2, 1) for _ in range(300)]
    found = paired_difference(
        {str(at): value for at, value in enumerate(differences)}, dict.fromkeys(map(str, range(300)), 0.0), {}
    )
    assert found is not None
    assert found.stderr == pytest.approx(1 / 300**0.5, rel=0.1)


def test_clusters_are_resampled_whole() -> None:
    ones = {f"{image}{question}": float(image % 2) for image in range(10) for question in "abcdefgh"}
    others = dict.fromkeys(ones, 0.0)
    alone = paired_difference(ones, others, {})
    together = paired_difference(ones, others, {name: name[0] for name in ones})
    assert alone is not None
    assert together is not None
    assert alone.value == together.value
    assert (together.stderr or 0) > 2.5 * (alone.stderr or 0)


def test_only_shared_samples_count() -> None:
    found = paired_difference({"a": 1.0, "b": 1.0}, {"b": 0.0, "c": 1.0}, {})
    assert found is not None
    assert (found.value, found.n, found.interval) == (1.0, 1, None)
    assert paired_difference({"a": 1.0}, {"b": 1.0}, {}) is None
    assert paired_difference({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 0.0}, {}, 0).interval is None  # type: ignore[union-attr]


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8))
def test_the_order_of_samples_does_not_matter(pairs: dict[str, tuple[float, float]]) -> None:
    def found(names: list[str]) -> object:
        return paired_difference(
            {name: pairs[name][0] for name in names}, {name: pairs[name][1] for name in names}, {}, 50
        )

    names = sorted(pairs)
    assert found(names) == found(names[::-1])
