"""Batches by a budget of padded tokens, longest rows first, smaller after an out-of-memory error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mmeval.errors import UsageError

R = TypeVar("R")
S = TypeVar("S")


class OutOfMemory(Exception):  # noqa: N818  the event's usual name
    """A batch did not fit into the device's memory. Raised by a model's batch methods, handled by `in_batches`."""


@dataclass(slots=True)
class Budget:
    """What a batch may hold: `tokens` (rows times the longest row), and at most `rows` rows where that is given.

    `cache` is what key-value caches may hold, in tokens; None where none is kept. `largest` counts the rows of the
    largest batch until now, `seconds` are those of the last one.
    """

    tokens: int
    rows: int | None = None
    cache: int | None = None
    largest: int = 0
    seconds: float = 0.0

    def take(self, longest: int, trunk: int = 0) -> int:
        """How many rows, none longer than `longest` beyond its trunk, make a batch; at least one."""
        fitting = self.tokens // max(1, longest)
        if self.cache is not None:
            fitting = min(fitting, self.cache // max(1, trunk + longest))
        return max(1, fitting if self.rows is None else min(fitting, self.rows))

    def shrink(self, failed: int) -> None:
        """Halve, after a batch of `failed` padded tokens did not fit."""
        self.tokens = max(1, min(self.tokens, failed) // 2)


def row_limit(batch_size: int | str | None) -> int | None:
    """The most rows of a batch: a number, or no bound for None and lm-eval's `auto` and `auto:N`."""
    if batch_size is None or str(batch_size).partition(":")[0] == "auto":
        return None
    if not str(batch_size).isdecimal() or int(batch_size) < 1:
        raise UsageError(f"batch_size is '{batch_size}'", hint="a number from 1, or 'auto'")
    return int(batch_size)


def in_batches(
    rows: Sequence[R],
    length: Callable[[R], int],
    compute: Callable[[Sequence[R]], Sequence[S]],
    budget: Budget,
    *,
    min_fill: float = 0.0,
    trunk: int = 0,
) -> Iterator[tuple[R, S | None]]:
    """Each row with its result, batch by batch, longest rows first; None for a row that fits no memory by itself.

    `compute` gives a batch's results in its order or raises `OutOfMemory`; then `budget` is halved, for what
    follows too, and the same rows are tried again. Rows shorter than `min_fill` times the longest one of a batch wait
    for the next: padding costs as much as tokens, and this makes but a few batches more. All rows stand on a trunk of
    `trunk` tokens that `length` does not count.
    """
    queue = sorted(rows, key=length, reverse=True)
    start = 0
    while start < len(queue):
        longest = length(queue[start])
        batch = [row for row in queue[start : start + budget.take(longest, trunk)] if length(row) >= min_fill * longest]
        began = time.perf_counter()
        results = _attempt(compute, batch)
        budget.seconds = time.perf_counter() - began
        if results is None and len(batch) > 1:
            budget.shrink(longest * len(batch))
            continue
        budget.largest = max(budget.largest, len(batch))
        yield from zip(batch, [None] if results is None else results, strict=True)
        start += len(batch)


def _attempt(compute: Callable[[Sequence[R]], Sequence[S]], batch: Sequence[R]) -> Sequence[S] | None:
    try:
        return compute(batch)
    except OutOfMemory:
        return None  # not retried in here: the exception's traceback would hold the failed batch's memory
