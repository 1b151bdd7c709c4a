from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval_tasks.clegr.network import Network, unique_mode

SIZE = 7
pairs = st.lists(st.sampled_from(list(combinations(range(SIZE), 2))), unique=True, max_size=12)


def simple_paths(network: Network, path: list[int], goal: int) -> list[list[int]]:
    """All simple paths by plain recursion: the slow way to be sure."""
    if path[-1] == goal:
        return [path]
    onward = [node for node in network.neighbours[path[-1]] if node not in path]
    return [found for node in onward for found in simple_paths(network, [*path, node], goal)]


@given(pairs)
def test_paths_agree_with_enumeration(edges: list[tuple[int, int]]) -> None:
    network = Network(SIZE, edges)
    for goal in range(SIZE):
        everything = simple_paths(network, [0], goal)
        shortest = min(map(len, everything), default=0)
        best = sorted(path for path in everything if len(path) == shortest)
        assert network.count_routes(0, goal) == len(everything)
        assert network.distances(0)[goal] == shortest - 1
        assert sorted(network.paths(0, goal, 1000) or []) == best
        assert network.path(0, goal) in best or (network.path(0, goal), best) == ([], [])


@given(pairs)
def test_a_node_is_on_a_cycle_where_two_neighbours_join_without_it(edges: list[tuple[int, int]]) -> None:
    network = Network(SIZE, edges)
    for node in range(SIZE):
        without = Network(SIZE, [pair for pair in edges if node not in pair])
        near = network.neighbours[node]
        assert (node in network.on_cycle) == any(without.distances(a)[b] >= 0 for a, b in combinations(near, 2))


@given(pairs, st.sets(st.integers(0, SIZE - 1)))
def test_inner_nodes_are_allowed_ones_and_ends_need_not_be(edges: list[tuple[int, int]], allowed: set[int]) -> None:
    network = Network(SIZE, edges)
    for goal in range(SIZE):
        fit = [path for path in simple_paths(network, [0], goal) if allowed.issuperset(path[1:-1])]
        assert network.distance_through(0, goal, allowed) == min(map(len, fit), default=0) - 1


@given(pairs)
def test_components_partition_the_nodes_in_discovery_order(edges: list[tuple[int, int]]) -> None:
    components = Network(SIZE, edges).components()
    assert sorted(node for component in components for node in component) == list(range(SIZE))
    assert [min(component) for component in components] == sorted(min(component) for component in components)


def test_counting_is_given_up_and_paths_beyond_the_limit_are_not_listed() -> None:
    complete = Network(12, combinations(range(12), 2))
    assert complete.count_routes(0, 1) is None
    assert complete.count_routes(0, 0) == 1
    square = Network(4, [(0, 1), (1, 2), (2, 3), (3, 0)])
    assert square.paths(0, 2, 1) is None
    assert square.within(0, 1) == [1, 3]


def test_routes_multiply_over_blocks() -> None:
    ring = [(0, 1), (1, 2), (2, 0)]
    chain = [(a + 2 * k, b + 2 * k) for k in range(20) for a, b in ring]
    assert Network(41, chain).count_routes(0, 40) == 2**20


@pytest.mark.parametrize(("values", "mode"), [("aab", "a"), ("ab", None), ("", None), ("abcc", "c")])
def test_the_mode_is_unique_or_none(values: str, mode: str | None) -> None:
    assert unique_mode(list(values)) == mode
