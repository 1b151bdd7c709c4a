"""Which examples each document gets. The draws are lm-eval's, number for number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Literal, TypeAlias

Sampler: TypeAlias = Literal["default", "first_n"]


class PoolTooSmallError(ValueError):
    """More examples are asked for than the pool can give; the message says both numbers."""

    def __init__(self, wanted: int, size: int) -> None:
        super().__init__(f"{wanted} examples are asked for, and the pool has {size}")


def draw(
    sampler: Sampler, pool: Sequence[Any], docs: Sequence[Any], count: int, *, seed: int | None, exclude: bool
) -> Iterator[tuple[int, ...]]:
    """For each document of the split, in order, the positions in `pool` of its `count` examples.

    One stream of draws serves the whole split, so that the examples of a document depend neither on a limit nor on
    who else works on the run. With `exclude`, examples equal to the document are left out (which changes the stream).
    Raises PoolTooSmallError.
    """
    if sampler == "first_n":
        return (_first(pool, doc, count, exclude) for doc in docs)
    rng = Random(seed)
    return (_sampled(rng, pool, doc, count, exclude) for doc in docs)


def _first(pool: Sequence[Any], doc: Any, count: int, exclude: bool) -> tuple[int, ...]:
    chosen: list[int] = []
    for position, candidate in enumerate(pool):
        if len(chosen) == count:
            break
        if not (exclude and candidate == doc):
            chosen.append(position)
    if len(chosen) < count:
        raise PoolTooSmallError(count, len(chosen))
    return tuple(chosen)


def _sampled(rng: Random, pool: Sequence[Any], doc: Any, count: int, exclude: bool) -> tuple[int, ...]:
    wanted = count + 1 if exclude else count
    if wanted > len(pool):
        raise PoolTooSmallError(wanted, len(pool))
    # `sample` draws positions: over a range it gives the positions of what it would draw from the pool
    drawn = rng.sample(range(len(pool)), wanted)
    if not exclude:
        return tuple(drawn)
    others = [position for position in drawn if pool[position] != doc][:count]
    if len(others) == count:
        return tuple(others)
    rest = [position for position in range(len(pool)) if pool[position] != doc]
    if count > len(rest):
        raise PoolTooSmallError(count, len(rest))
    return tuple(rng.sample(rest, count))
