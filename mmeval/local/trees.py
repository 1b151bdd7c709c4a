"""The prefix tree: rows that begin alike, laid out so that what they share is computed once.

A `Trunk` is a prefix whose key-value cache is kept while everything below it is computed; a `Tree` is a set of rows
below a trunk that are computed in one go, each shared token once. Token ids are opaque here: any integers that are
equal exactly where the model would compute the same, so that a model may let numbers outside its vocabulary stand for
images.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise, repeat

import numpy as np

from mmeval.local.rows import Row
from mmeval.local.tokens import TokenIds

LEAST_TRUNK = 16
"""Tokens that a cached prefix must have; below, looking after a cache costs more than it saves."""
LEAST_SAVING = 0.1
"""What sharing must save, as a share of the tokens that are left."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Rows below a trunk of `start` tokens: the tokens of their tree, depth first, each once.

    Token `i` stands at position `depths[i]` of its rows and is seen by itself and by what is below it, the tokens up to
    `ends[i]` (exclusive). `spots[r]` are the places, in `ids`, of the last tokens of row `r`: as many as its longest
    target has.
    """

    start: int
    rows: tuple[Row, ...]
    ids: TokenIds
    depths: tuple[int, ...]
    ends: tuple[int, ...]
    spots: tuple[tuple[int, ...], ...]

    @property
    def branches(self) -> bool:
        """Whether it is more than a chain, in which every token sees all before it."""
        return len(self.ids) > len(self.rows[-1].ids) - self.start


@dataclass(eq=False, slots=True)
class Trunk:
    """A shared prefix of `length` tokens, the last of which are `ids`: what it adds to the trunk that it stands on.

    `trees` and `trunks` are what stands on it, the longest first. The root is a trunk without tokens.
    """

    ids: TokenIds = ()
    length: int = 0
    trees: list[Tree] = field(default_factory=list)
    trunks: list[Trunk] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far to share: tokens of a tree without a trunk, of a tree on one, and of a trunk's cache."""

    tree: int
    forest: int
    cache: int


def pack(rows: Sequence[Row], shared: Sequence[int], start: int) -> Tree:
    """The tree of `rows`, sorted, on a trunk of `start` tokens; `shared[r]` of row `r` are row `r` - 1's."""
    ids: list[int] = []
    depths: list[int] = []
    ends: list[int] = []
    path: list[int] = []
    spots: list[tuple[int, ...]] = []
    for row, common in zip(rows, (start, *shared[1:]), strict=True):
        here = len(ids)
        for place in path[common - start :]:
            ends[place] = here
        ids += row.ids[common:]
        path[common - start :] = range(here, len(ids))
        depths += range(common, len(row.ids))
        ends += repeat(0, len(ids) - here)
        spots.append(tuple(path[len(path) - row.longest :]))
    for place in path:
        ends[place] = len(ids)
    return Tree(start, tuple(rows), tuple(ids), tuple(depths), tuple(ends), tuple(spots))


def grow(rows: Sequence[Row], limits: Limits) -> Trunk:
    """The root of a plan that holds every row once."""
    root = Trunk()
    if rows:
        _Gardener(rows, limits).plan(root)
    return root


class _Gardener:
    """Rows in an order in which those that share a prefix are neighbours, divided from the root on.

    A span of rows is a node of the prefix tree: `_depth` tokens are common to all of it.
    """

    def __init__(self, rows: Sequence[Row], limits: Limits) -> None:
        keys = {id(row): array("q", row.ids).tobytes() for row in rows}
        self._rows = sorted(rows, key=lambda row: keys[id(row)])
        ordered = [keys[id(row)] for row in self._rows]
        self._shared = np.array([0, *(_common(left, right) for left, right in pairwise(ordered))])
        added = (len(row.ids) - common for row, common in zip(self._rows, self._shared.tolist(), strict=True))
        self._written = list(accumulate(added, initial=0))
        self._unscored = np.array([len(row.ids) - row.longest for row in self._rows])
        self._limits = limits

    def plan(self, root: Trunk) -> None:
        waiting = [(0, len(self._rows), root)]
        while waiting:
            waiting += self._divide(*waiting.pop())
        _order(root)

    def _divide(self, low: int, high: int, trunk: Trunk) -> list[tuple[int, int, Trunk]]:
        """Plant the rows from `low` to `high` on `trunk`; what is left to be divided."""
        depth, cost = self._depth(low, high), self._cost(low, high, trunk)
        children = self._children(low, high, depth)
        worth_a_tree = trunk.length or _pays(depth - trunk.length, len(children), cost)
        if high - low == 1 or (cost <= self._limit(trunk) and worth_a_tree):
            self._plant(low, high, trunk)
            return []
        top = min(depth, int(self._unscored[low:high].min()), self._limits.cache)
        if top - trunk.length >= LEAST_TRUNK and _pays(top - trunk.length, len(children), cost):
            branch = Trunk(self._rows[low].ids[trunk.length : top], top)
            trunk.trunks.append(branch)
            return [(low, high, branch)]
        return [(*span, trunk) for span in (self._merged(children, trunk) if trunk.length else children)]

    def _depth(self, low: int, high: int) -> int:
        return len(self._rows[low].ids) if high - low == 1 else int(self._shared[low + 1 : high].min())

    def _cost(self, low: int, high: int, trunk: Trunk) -> int:
        """Tokens of the tree of these rows on `trunk`."""
        return int(self._written[high] - self._written[low] + self._shared[low] - trunk.length)

    def _limit(self, trunk: Trunk) -> int:
        """Each token of a tree is compared with all of them: no more than twice the trunk's part of that."""
        return (
            min(max(self._limits.tree // 2, trunk.length), self._limits.forest) if trunk.length else self._limits.tree
        )

    def _children(self, low: int, high: int, depth: int) -> list[tuple[int, int]]:
        cuts = (low + 1 + np.flatnonzero(self._shared[low + 1 : high] == depth)).tolist()
        return list(pairwise([low, *cuts, high]))

    def _merged(self, spans: Sequence[tuple[int, int]], trunk: Trunk) -> list[tuple[int, int]]:
        """Neighbours put together as long as they make one tree."""
        merged = [spans[0]]
        for low, high in spans[1:]:
            first, _ = merged[-1]
            if self._cost(first, high, trunk) <= self._limit(trunk):
                merged[-1] = (first, high)
            else:
                merged.append((low, high))
        return merged

    def _plant(self, low: int, high: int, trunk: Trunk) -> None:
        trunk.trees.append(pack(self._rows[low:high], self._shared[low:high].tolist(), trunk.length))


def _pays(tokens: int, children: int, cost: int) -> bool:
    """Whether computing `tokens` once for all children saves enough of the `cost` of doing so."""
    return tokens * (children - 1) >= LEAST_SAVING * cost


def _common(left: bytes, right: bytes) -> int:
    """Tokens that two keys have in common at their beginning."""
    length = min(len(left), len(right))
    if left[:length] == right[:length]:
        return length // 8
    return int((np.frombuffer(left[:length], np.int64) != np.frombuffer(right[:length], np.int64)).argmax())


def _order(trunk: Trunk) -> None:
    trunk.trees.sort(key=lambda tree: len(tree.ids), reverse=True)
    trunk.trunks.sort(key=lambda branch: branch.length, reverse=True)
    for branch in trunk.trunks:
        _order(branch)
