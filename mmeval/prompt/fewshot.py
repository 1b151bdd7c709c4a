"""Which examples each document gets. The draws are lm-eval's, number for number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Literal, TypeAlias

Sampler: TypeAlias = Literal["default", "first_n"]
Excluded: TypeAlias = Callable[[int, int], bool]
"""Whether the document in a row must not see the example at a position of the pool."""


class PoolTooSmallError(ValueError):
    """More examples are asked for than the pool can give; the message says both numbers."""

    def __init__(self, wanted: int, size: int, *, besides: bool = False) -> None:
        rest = " besides the document itself" if besides else ""
        super().__init__(f"{wanted} examples are asked for, and the pool has {size}{rest}")


def draw(
    sampler: Sampler, pool: int, documents: int, count: int, *, seed: int | None, excluded: Excluded | None = None
) -> Iterator[tuple[int, ...]]:
    """For each document of the split, in order, the positions in the pool of its `count` examples.

    `pool` and `documents` are how many there are. One stream of draws serves the whole split, so that the examples of a
    document depend neither on a limit nor on who else works on the run. With `excluded` (which changes the stream),
    examples of which it is true are left out. Raises PoolTooSmallError.
    """
    if sampler == "first_n":
        return (_first(pool, row, count, excluded) for row in range(documents))
    rng = Random(seed)
    return (_sampled(rng, pool, row, count, excluded) for row in range(documents))


def _first(pool: int, row: int, count: int, excluded: Excluded | None) -> tuple[int, ...]:
    chosen: list[int] = []
    for position in range(pool):
        if len(chosen) == count:
            break
        if excluded is None or not excluded(row, position):
            chosen.append(position)
    if len(chosen) < count:
        raise PoolTooSmallError(count, len(chosen), besides=excluded is not None)
    return tuple(chosen)


def _sampled(rng: Random, pool: int, row: int, count: int, excluded: Excluded | None) -> tuple[int, ...]:
    if excluded is None:
        if count > pool:
            raise PoolTooSmallError(count, pool)
        # `sample` draws positions: over a range it gives the positions of what it would draw from the pool
        return tuple(rng.sample(range(pool), count))
    if count >= pool:
        raise PoolTooSmallError(count, max(0, pool - 1), besides=True)
    drawn = rng.sample(range(pool), count + 1)
    others = [position for position in drawn if not excluded(row, position)][:count]
    if len(others) == count:
        return tuple(others)
    rest = [position for position in range(pool) if not excluded(row, position)]
    if count > len(rest):
        raise PoolTooSmallError(count, len(rest), besides=True)
    return tuple(rng.sample(rest, count))
