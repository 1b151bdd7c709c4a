"""The prefix tree: every row once, whole, and what is shared written once."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.local.rows import Row
from mmeval.local.trees import Limits, Tree, Trunk, grow

WIDE = Limits(tree=512, forest=1024, cache=10_000)


@st.composite
def row_sets(draw: st.DrawFn) -> list[Row]:
    """Rows over few tokens, so that they share prefixes of all lengths; some are prefixes of others."""
    ids = st.lists(st.integers(-2, 2), min_size=1, max_size=40).map(tuple)
    stems = draw(st.lists(ids, min_size=1, max_size=4))
    unique = draw(st.sets(st.tuples(st.sampled_from(stems), ids).map(lambda pair: pair[0] * 3 + pair[1]), max_size=30))
    return [Row(row, ((7,) * draw(st.integers(1, len(row))),)) for row in sorted(unique)]


limits = st.builds(Limits, tree=st.integers(0, 200), forest=st.integers(1, 300), cache=st.integers(0, 200))


def planted(trunk: Trunk, prefix: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Tree]]:
    """Each tree with the tokens of its trunk."""
    prefix = prefix + trunk.ids
    assert trunk.length == len(prefix)
    for tree in trunk.trees:
        yield prefix, tree
    for branch in trunk.trunks:
        yield from planted(branch, prefix)


def read(prefix: tuple[int, ...], tree: Tree, place: int) -> tuple[int, ...]:
    """The tokens that the one at `place` sees, itself included."""
    return prefix + tuple(token for i, token in enumerate(tree.ids[: place + 1]) if tree.ends[i] > place)


@given(row_sets(), limits)
def test_every_row_is_read_whole_where_it_is_scored(rows: list[Row], limits: Limits):
    found = []
    for prefix, tree in planted(grow(rows, limits)):
        assert tree.start == len(prefix)
        found += tree.rows
        for row, spots in zip(tree.rows, tree.spots, strict=True):
            first = len(row.ids) - row.longest
            assert [read(prefix, tree, spot) for spot in spots] == [
                row.ids[: first + k + 1] for k in range(row.longest)
            ]
            assert [tree.depths[spot] for spot in spots] == list(range(first, len(row.ids)))
    assert sorted(found, key=lambda row: row.ids) == rows


@given(row_sets(), limits)
def test_limits_hold(rows: list[Row], limits: Limits):
    for prefix, tree in planted(grow(rows, limits)):
        assert len(prefix) <= limits.cache
        assert len(tree.rows) == 1 or len(tree.ids) <= (max(limits.forest, 0) if prefix else limits.tree)


@given(row_sets())
def test_no_tree_holds_a_token_twice(rows: list[Row]):
    for prefix, tree in planted(grow(rows, WIDE)):
        paths = [read(prefix, tree, place) for place in range(len(tree.ids))]
        assert len(set(paths)) == len(paths)
        assert tree.branches == (len(tree.rows[-1].ids) - tree.start < len(tree.ids))


def random_ids(rng: random.Random, count: int) -> tuple[int, ...]:
    return tuple(rng.randrange(1000) for _ in range(count))


def options(context: tuple[int, ...], rng: random.Random, count: int = 4) -> list[Row]:
    tails = [random_ids(rng, 5) for _ in range(count)]
    return [Row(context + tail[:-1], (tail,)) for tail in tails]


@pytest.mark.parametrize("count", [1, 50])
def test_the_options_of_a_question_are_one_tree(count: int):
    rng = random.Random(1)
    start = random_ids(rng, 2)
    questions = [start + random_ids(rng, 90) for _ in range(count)]
    root = grow([row for question in questions for row in options(question, rng)], WIDE)
    assert root.trunks == []
    assert sorted(tuple(len(row.ids) for row in tree.rows) for tree in root.trees) == [(96,) * 4] * count
    assert {len(tree.ids) for tree in root.trees} == {92 + 4 * 4}


def test_a_long_question_is_a_trunk():
    rng = random.Random(1)
    root = grow(options(random_ids(rng, 800), rng), WIDE)
    [trunk] = root.trunks
    assert (root.trees, trunk.length) == ([], 799), "what predicts the first token of the options is on the tree"
    [tree] = trunk.trees
    assert len(tree.ids) == 1 + 4 * 4


def test_examples_are_computed_once_for_all_questions():
    rng = random.Random(1)
    examples = random_ids(rng, 700)
    root = grow([row for _ in range(60) for row in options(examples + random_ids(rng, 50), rng)], WIDE)
    [trunk] = root.trunks
    assert (root.trees, trunk.ids) == ([], examples)
    written = sum(len(tree.ids) for tree in trunk.trees)
    assert 0 <= 60 * (50 + 4 * 4) - written < 5, "two questions may begin with the same word"
    assert max(len(tree.ids) for tree in trunk.trees) <= 700


def test_graphs_stand_on_the_system_prompt_and_questions_on_graphs():
    rng = random.Random(1)
    system = random_ids(rng, 200)
    graphs = [system + random_ids(rng, 300 + number) for number in range(5)]
    root = grow([row for graph in graphs for _ in range(40) for row in options(graph + random_ids(rng, 9), rng)], WIDE)
    [trunk] = root.trunks
    assert trunk.ids == system
    assert [branch.length for branch in trunk.trunks] == [504, 503, 502, 501, 500], "the longest first"


def test_a_cache_that_is_too_small_is_used_as_far_as_it_goes():
    rng = random.Random(1)
    context = random_ids(rng, 800)
    [trunk] = grow([row for _ in range(9) for row in options(context, rng)], Limits(512, 512, 300)).trunks
    assert trunk.length == 300


def test_rows_that_share_little_are_left_alone():
    rng = random.Random(1)
    start = random_ids(rng, 5)
    root = grow([Row(start + random_ids(rng, 80), ((1,),)) for _ in range(30)], WIDE)
    assert [len(tree.rows) for tree in root.trees] == [1] * 30
    assert not any(tree.branches for tree in root.trees)
    empty = grow([], WIDE)
    assert (empty.trees, empty.trunks) == ([], [])
