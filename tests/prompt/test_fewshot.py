"""Draws equal lm-eval's: one stream for the split, in order."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.prompt.fewshot import PoolTooSmallError, draw

POOL = [f"T{number}" for number in range(8)]


def _drawn(sampler: str, docs: list[str], count: int, exclude: bool = False, pool: list[str] = POOL) -> list[list[str]]:
    excluded = (lambda row, position: docs[row] == pool[position]) if exclude else None
    drawn = draw(sampler, len(pool), len(docs), count, seed=1234, excluded=excluded)  # type: ignore[arg-type]
    return [[pool[position] for position in positions] for positions in drawn]


def test_the_reference_draw() -> None:
    assert _drawn("default", ["Q0", "Q1"], 2) == [["T7", "T0"], ["T0", "T7"]]


def test_draws_are_those_of_sampling_the_pool_itself() -> None:
    rng = Random(1234)
    assert _drawn("default", ["Q"] * 20, 3) == [rng.sample(POOL, 3) for _ in range(20)]


def test_exclusion_draws_one_more_and_drops_the_document() -> None:
    rng = Random(1234)
    expected = [[one for one in rng.sample(POOL, 4) if one != doc][:3] for doc in POOL]
    assert _drawn("default", POOL, 3, exclude=True) == expected


def test_duplicates_are_made_up_for_by_a_second_draw() -> None:
    pool = ["A"] * 6 + ["B", "C"]
    for examples in _drawn("default", ["A"] * 10, 2, exclude=True, pool=pool):
        assert sorted(examples) == ["B", "C"]


def test_first_n() -> None:
    assert _drawn("first_n", ["T1", "T7"], 2) == [["T0", "T1"]] * 2
    assert _drawn("first_n", ["T1", "T7"], 2, exclude=True) == [["T0", "T2"], ["T0", "T1"]]


@pytest.mark.parametrize(
    ("sampler", "count", "exclude", "told"),
    [
        ("default", 9, False, "9 examples are asked for, and the pool has 8$"),
        ("first_n", 9, False, "9 examples are asked for, and the pool has 8$"),
        ("default", 8, True, "8 examples are asked for, and the pool has 7 besides the document itself"),
        ("first_n", 8, True, "8 examples are asked for, and the pool has 7 besides the document itself"),
    ],
)
def test_a_pool_that_is_too_small_says_both_numbers(sampler: str, count: int, exclude: bool, told: str) -> None:
    with pytest.raises(PoolTooSmallError, match=told):
        _drawn(sampler, ["T0"], count, exclude)


@given(st.integers(0, 6), st.integers(1, 12), st.booleans())
def test_a_limit_does_not_change_the_draws(count: int, limit: int, exclude: bool) -> None:
    docs = [f"T{number % 8}" for number in range(12)]
    assert _drawn("default", docs[:limit], count, exclude) == _drawn("default", docs, count, exclude)[:limit]
