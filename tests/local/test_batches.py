"""Batches: the token budget, the row limit, and what happens when memory runs out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.errors import UsageError
from mmeval.local.batches import Budget, OutOfMemory, in_batches, row_limit

LENGTHS = st.lists(st.integers(0, 50), max_size=30)


class Memory:
    """Doubles each number; refuses batches of more padded tokens than `size`."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.tried: list[list[int]] = []

    def __call__(self, batch: Sequence[int]) -> list[int]:
        self.tried.append(list(batch))
        if max(batch) * len(batch) > self.size:
            raise OutOfMemory
        return [2 * row for row in batch]


@given(LENGTHS, st.integers(1, 100), st.none() | st.integers(1, 5))
def test_every_row_once_longest_first_within_the_budget(lengths: list[int], tokens: int, rows: int | None):
    memory = Memory(10_000)
    results = list(in_batches(lengths, lambda row: row, memory, Budget(tokens, rows)))
    assert results == [(row, 2 * row) for row in sorted(lengths, reverse=True)]
    for batch in memory.tried:
        assert len(batch) == 1 or batch[0] * len(batch) <= tokens
        assert rows is None or len(batch) <= rows


@given(LENGTHS, st.integers(1, 2_000), st.integers(1, 60))
def test_out_of_memory_loses_nothing_but_what_cannot_fit(lengths: list[int], tokens: int, size: int):
    budget = Budget(tokens)
    results = list(in_batches(lengths, lambda row: row, Memory(size), budget))
    assert results == [(row, 2 * row if row <= size else None) for row in sorted(lengths, reverse=True)]
    assert 1 <= budget.tokens <= tokens


@given(LENGTHS, st.integers(1, 100), st.floats(0, 1))
def test_much_shorter_rows_wait_for_the_next_batch(lengths: list[int], tokens: int, min_fill: float):
    memory = Memory(10_000)
    results = list(in_batches(lengths, lambda row: row, memory, Budget(tokens), min_fill=min_fill))
    assert results == [(row, 2 * row) for row in sorted(lengths, reverse=True)]
    assert all(batch[-1] >= min_fill * batch[0] for batch in memory.tried)


def test_the_budget_is_halved_and_stays_so():
    memory, budget = Memory(25), Budget(100)
    list(in_batches([10] * 10, lambda row: row, memory, budget))
    assert [len(batch) for batch in memory.tried] == [10, 5, 2, 2, 2, 2, 2]
    assert budget.tokens == 25
    memory.tried.clear()
    list(in_batches([5] * 6, lambda row: row, memory, budget))
    assert [len(batch) for batch in memory.tried] == [5, 1]


def test_a_failed_batch_below_the_budget_counts_by_its_own_size():
    memory, budget = Memory(15), Budget(10_000)
    list(in_batches([10, 10], lambda row: row, memory, budget))
    assert [len(batch) for batch in memory.tried] == [2, 1, 1]
    assert budget.tokens == 10


def test_other_errors_are_not_caught():
    def broken(batch: Sequence[int]) -> list[int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(in_batches([1], lambda row: row, broken, Budget(10)))


@pytest.mark.parametrize(("given_size", "limit"), [(None, None), ("auto", None), ("auto:4", None), (8, 8), ("8", 8)])
def test_batch_sizes(given_size: int | str | None, limit: int | None):
    assert row_limit(given_size) == limit


@pytest.mark.parametrize("given_size", [0, -1, "0", "-2", "many", "", 1.5])
def test_batch_sizes_that_are_none(given_size: int | str):
    with pytest.raises(UsageError, match="batch_size is"):
        row_limit(given_size)
