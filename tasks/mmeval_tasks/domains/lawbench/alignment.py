"""The cheapest ways to turn one sentence into another, character by character (ChERRANT, arXiv 2204.10994).

Steps keep ("M"), leave out ("D"), put in ("I"), replace ("S") or reorder ("T") characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Cost: TypeAlias = Callable[[str, str], float]
"""What it costs to replace one character by another; leaving out and putting in cost 1."""

_ALL_WAYS = 10
"""Beyond this difference of lengths only the first of the cheapest ways is taken."""


class Step(NamedTuple):
    """An operation on a span of the source, and the span of the target that comes of it."""

    op: str
    start: int
    end: int
    new_start: int
    new_end: int


_Behind: TypeAlias = "tuple[Step, _Behind] | None"
"""The steps behind a place, shared by the alignments that go on alike."""


class _Way(NamedTuple):
    """One way into a cell: the operation, and how many characters of source and target it takes."""

    op: str
    source: int
    target: int


_KEEP, _REPLACE = _Way("M", 1, 1), _Way("S", 1, 1)
_LEAVE_OUT, _PUT_IN = _Way("D", 1, 0), _Way("I", 0, 1)


@dataclass(frozen=True)
class Alignments:
    """The cheapest alignments of two sentences. `ways[i][j]` ends those of their first i and j characters."""

    ways: Sequence[Sequence[tuple[_Way, ...]]]

    @classmethod
    def of(cls, source: str, target: str, cost: Cost) -> Alignments:
        """The table of ways, without what both sentences end in: that is kept in all of them."""
        while source and target and source[-1] == target[-1]:
            source, target = source[:-1], target[:-1]
        ways = _Table(source, target, cost).filled()
        if abs(len(source) - len(target)) > _ALL_WAYS:
            ways = [[cell[:1] for cell in row] for row in ways]
        return cls(ways)

    def count(self) -> int:
        """How many there are."""
        counts = [[0] * len(row) for row in self.ways]
        counts[0][0] = 1
        for i, row in enumerate(self.ways):
            for j, cell in enumerate(row):
                for way in cell:
                    counts[i][j] += counts[i - way.source][j - way.target]
        return counts[-1][-1]

    def __iter__(self) -> Iterator[list[Step]]:
        """Each as its steps from left to right."""
        pending: list[tuple[int, int, _Behind]] = [(len(self.ways) - 1, len(self.ways[0]) - 1, None)]
        while pending:
            i, j, behind = pending.pop()
            if i == j == 0:
                yield list(_unrolled(behind))
            for op, source, target in self.ways[i][j]:
                step = Step(op, i - source, i, j - target, j)
                pending.append((step.start, step.new_start, (step, behind)))


def _unrolled(behind: _Behind) -> Iterator[Step]:
    while behind is not None:
        step, behind = behind
        yield step


class _Table:
    """Costs and ways of all pairs of beginnings."""

    def __init__(self, source: str, target: str, cost: Cost) -> None:
        self._source, self._target, self._cost = source, target, cost
        self._costs = [[float(i + j) for j in range(len(target) + 1)] for i in range(len(source) + 1)]

    def filled(self) -> list[list[tuple[_Way, ...]]]:
        ways: list[list[tuple[_Way, ...]]] = [[(), *[(_PUT_IN,)] * len(self._target)]]
        for i in range(1, len(self._source) + 1):
            ways.append([(_LEAVE_OUT,)])
            ways[i] += [self._cell(i, j) for j in range(1, len(self._target) + 1)]
        return ways

    def _cell(self, i: int, j: int) -> tuple[_Way, ...]:
        costs, one, other = self._costs, self._source[i - 1], self._target[j - 1]
        if one == other:
            costs[i][j] = costs[i - 1][j - 1]
            return (_KEEP,)
        options = [
            *self._reordered(i, j),
            (costs[i - 1][j - 1] + self._cost(one, other), _REPLACE),
            (costs[i][j - 1] + 1, _PUT_IN),
            (costs[i - 1][j] + 1, _LEAVE_OUT),
        ]
        costs[i][j] = min(cost for cost, _ in options)
        return tuple(way for cost, way in options if cost == costs[i][j])

    def _reordered(self, i: int, j: int) -> Iterator[tuple[float, _Way]]:
        """The shortest ends that have the same characters, no further back than to two that are kept."""
        costs, surplus = self._costs, Counter({self._source[i - 1]: 1, self._target[j - 1]: -1})
        for back in range(1, min(i, j)):
            if costs[i - back][j - back] == costs[i - back - 1][j - back - 1]:
                return
            for character, change in ((self._source[i - back - 1], 1), (self._target[j - back - 1], -1)):
                surplus[character] += change
                if not surplus[character]:
                    del surplus[character]
            if not surplus:
                yield costs[i - back - 1][j - back - 1] + back, _Way("T", back + 1, back + 1)
                return
