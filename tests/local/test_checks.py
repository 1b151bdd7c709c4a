"""The check of sharing, on a model of characters that does or does not keep its masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mmeval.local import Row, Score, Tree, disagreement, sample_rows
from mmeval.local.tokens import TokenIds
from tests.local.doubles import CharModel, CharSharing


class Leaky(CharSharing):
    """Ignores the mask of a tree (`kind` "mask"), or the trunk below it."""

    def __init__(self, kind: str) -> None:
        super().__init__(1000, 1000)
        self.kind = kind

    def score(self, state: TokenIds | None, trees: Sequence[Tree]) -> list[list[list[Score]]]:
        if self.kind == "trunk" and state is not None:
            state = (*state[:-1], state[-1] + 1)
        if self.kind == "mask":
            trees = [replace(tree, ids=(*tree.ids[:-1], 0)) if tree.branches else tree for tree in trees]
        return super().score(state, trees)


def expected() -> dict[Row, list[Score]]:
    rows = sample_rows(300)
    return dict(zip(rows, CharModel().score_batch(rows), strict=True))


@pytest.mark.parametrize("tree_tokens", [0, 512])
def test_what_shares_exactly_does_not_disagree(tree_tokens: int):
    sharing = CharSharing(1000, 1000)
    sharing.tree_tokens = tree_tokens
    assert disagreement(expected(), sharing) == 0
    trunks = {tree.start for trees in sharing.batches for tree in trees}
    assert (max(trunks) > 0) == (tree_tokens == 0)
    assert any(tree.branches for trees in sharing.batches for tree in trees)


@pytest.mark.parametrize(("kind", "tree_tokens"), [("trunk", 0), ("mask", 512)])
def test_what_leaks_disagrees(kind: str, tree_tokens: int):
    sharing = Leaky(kind)
    sharing.tree_tokens = tree_tokens
    assert disagreement(expected(), sharing) > 0


def test_the_sample_has_branches_of_several_lengths():
    rows = sample_rows(50)
    assert len({row.ids for row in rows}) == len(rows)
    assert {row.longest for row in rows} == {1, 2, 3, 4, 23}
    assert all(0 <= token < 50 for row in rows for token in row.ids)
