"""Scoring along the prefix tree: trunks kept while they are needed, trees in batches, plainly where neither fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias

from mmeval.local.batches import Budget, OutOfMemory, in_batches
from mmeval.local.rows import Row, Score
from mmeval.local.tokens import TokenIds
from mmeval.local.trees import Limits, Tree, Trunk, grow

MIN_FILL = 0.75
"""Least length of a row or tree, as a share of the longest in its batch."""

Scored: TypeAlias = tuple[Row, Sequence[Score] | None]
PlainScorer: TypeAlias = Callable[[Sequence[Row]], Sequence[Sequence[Score]]]


class Sharing(Protocol):
    """A model's way to compute a shared prefix once. The state of a trunk is the model's own; None is the root's."""

    @property
    def limit(self) -> int:
        """Tokens of the longest row that may be part of a tree: those that look through a window may not."""

    @property
    def reach(self) -> int:
        """Tokens of the longest row that may stand on a trunk at all, as a tree of its own."""

    @property
    def tree_tokens(self) -> int:
        """Most tokens of a tree without a trunk. Each is compared with all others: a longer one needs a trunk."""

    @property
    def cache_tokens(self) -> int:
        """Tokens that key-value caches may hold."""

    def extend(self, state: Any, ids: TokenIds) -> Any:
        """The state after `ids` were read behind `state`, which stays as it is. Raises `OutOfMemory`."""

    def score(self, state: Any, trees: Sequence[Tree]) -> Sequence[Sequence[Sequence[Score]]]:
        """The scores of the targets of each row of each tree on the trunk of `state`. Raises `OutOfMemory`."""


def score_rows(rows: Sequence[Row], plain: PlainScorer, sharing: Sharing | None, budget: Budget) -> Iterator[Scored]:
    """Each row with the scores of its targets; None for one that fits no memory by itself."""
    alone = rows if sharing is None else [row for row in rows if len(row.ids) > sharing.reach]
    # The plain way computes logits from the first scored position of a batch on: whole texts make the others pay.
    for whole in (True, False):
        yield from _plainly([row for row in alone if row.mostly_scored is whole], plain, budget)
    if sharing is not None:
        climber = _Climber(plain, sharing, budget)
        long = [row for row in rows if sharing.limit < len(row.ids) <= sharing.reach]
        yield from climber.on(grow(long, Limits(tree=0, forest=0, cache=sharing.cache_tokens)), None)
        limits = Limits(min(sharing.tree_tokens, budget.tokens), budget.tokens, sharing.cache_tokens)
        yield from climber.on(grow([row for row in rows if len(row.ids) <= sharing.limit], limits), None)


def _plainly(rows: Sequence[Row], plain: PlainScorer, budget: Budget) -> Iterator[Scored]:
    return in_batches(rows, lambda row: len(row.ids), plain, budget, min_fill=MIN_FILL)


class _Climber:
    """Computes what stands on a trunk, the longest first; the state of a trunk lives as long as that takes."""

    def __init__(self, plain: PlainScorer, sharing: Sharing, budget: Budget) -> None:
        self._plain, self._sharing, self._budget = plain, sharing, budget

    def on(self, trunk: Trunk, state: Any) -> Iterator[Scored]:
        for branch in trunk.trunks:
            yield from self._climb(branch, state)
        branching = [tree for tree in trunk.trees if tree.branches]
        chains = [tree for tree in trunk.trees if not tree.branches]
        # Without a trunk, chains need no mask: a batch of nothing else is computed by a faster kernel.
        for trees in (branching, chains) if state is None else (trunk.trees,):
            yield from self._score(trees, trunk, state)

    def _climb(self, branch: Trunk, state: Any) -> Iterator[Scored]:
        above = self._above(state, branch.ids)
        if above is None:
            yield from _plainly(list(_rows(branch)), self._plain, self._budget)
        else:
            yield from self.on(branch, above)

    def _score(self, trees: Sequence[Tree], trunk: Trunk, state: Any) -> Iterator[Scored]:
        compute = partial(self._sharing.score, state)
        length = trunk.length
        batches = in_batches(trees, _size, compute, self._budget, min_fill=MIN_FILL, trunk=length)
        for tree, scores in batches:
            if scores is None:
                yield from _plainly(tree.rows, self._plain, self._budget)
            else:
                yield from zip(tree.rows, scores, strict=True)

    def _above(self, state: Any, ids: TokenIds) -> Any:
        try:
            return extended(self._sharing, state, ids, self._budget)
        except OutOfMemory:
            return None  # not handled in here: the exception's traceback would hold the failed batch's memory


def extended(sharing: Sharing, state: Any, ids: TokenIds, budget: Budget) -> Any:
    """The state behind `ids`, read in portions of the budget."""
    for start in range(0, len(ids), budget.tokens):
        state = sharing.extend(state, ids[start : start + budget.tokens])
    return state


def _size(tree: Tree) -> int:
    return len(tree.ids)


def _rows(trunk: Trunk) -> Iterator[Row]:
    for tree in trunk.trees:
        yield from tree.rows
    for branch in trunk.trunks:
        yield from _rows(branch)
