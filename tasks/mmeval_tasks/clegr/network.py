"""A simple undirected graph on 0..n-1 and the few algorithms that the questions need.

Every search is memoised or done once per graph: questions about one map share them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice, pairwise

ROUTE_STEPS = 100_000
"""Search steps after which counting simple paths is given up: their number is exponential in the graph."""


class Network:
    """Neighbours in the order in which `pairs` first names them; parallel pairs collapse, self loops do not occur."""

    def __init__(self, size: int, pairs: Iterable[tuple[int, int]]) -> None:
        adjacent: list[dict[int, None]] = [{} for _ in range(size)]
        for a, b in pairs:
            adjacent[a][b] = adjacent[b][a] = None
        self.neighbours: list[list[int]] = [list(others) for others in adjacent]
        self._distances: dict[int, list[int]] = {}

    def distances(self, source: int) -> list[int]:
        """Hops from `source` to every node; -1 where there is no path."""
        found = self._distances.get(source)
        if found is None:
            found = self._distances[source] = self._search(source)
        return found

    def _search(self, source: int) -> list[int]:
        distance = [-1] * len(self.neighbours)
        distance[source] = 0
        reached = [source]
        for node in reached:
            further = distance[node] + 1
            for other in self.neighbours[node]:
                if distance[other] < 0:
                    distance[other] = further
                    reached.append(other)
        return distance

    def within(self, source: int, hops: int) -> list[int]:
        """The nodes at distance 1 to `hops`."""
        return [node for node, distance in enumerate(self.distances(source)) if 0 < distance <= hops]

    def path(self, a: int, b: int) -> list[int]:
        """One shortest path with both ends; `[a]` where a = b, empty where there is none."""
        return next(self._walks(a, b), [])

    def paths(self, a: int, b: int, limit: int) -> list[list[int]] | None:
        """All shortest paths, or None where there are more than `limit`."""
        found = list(islice(self._walks(a, b), limit + 1))
        return found if len(found) <= limit else None

    def _walks(self, a: int, b: int) -> Iterator[list[int]]:
        distance = self.distances(a)
        if distance[b] < 0:
            return
        unfinished = [[b]]
        while unfinished:
            walk = unfinished.pop()
            left = distance[walk[-1]] - 1
            if left < 0:
                yield walk[::-1]
            unfinished += [[*walk, node] for node in self.neighbours[walk[-1]] if distance[node] == left]

    def distance_through(self, a: int, b: int, allowed: Container[int]) -> int:
        """Hops of the shortest path whose inner nodes are all in `allowed`; -1 where there is none."""
        if a == b:
            return 0
        distance = {a: 0}
        reached = [a]
        for node in reached:
            for other in self.neighbours[node]:
                if other == b:
                    return distance[node] + 1
                if other not in distance and other in allowed:
                    distance[other] = distance[node] + 1
                    reached.append(other)
        return -1

    def components(self) -> list[list[int]]:
        """Connected components in discovery order."""
        seen: set[int] = set()
        found = []
        for node in range(len(self.neighbours)):
            if node not in seen:
                found.append([other for other, distance in enumerate(self.distances(node)) if distance >= 0])
                seen.update(found[-1])
        return found

    @cached_property
    def blocks(self) -> list[set[int]]:
        """Biconnected components of at least one edge, as node sets (Hopcroft and Tarjan, without recursion)."""
        depth: dict[int, int] = {}
        blocks: list[set[int]] = []
        for root in range(len(self.neighbours)):
            if root not in depth:
                blocks += self._blocks_from(root, depth)
        return blocks

    def _blocks_from(self, root: int, depth: dict[int, int]) -> Iterator[set[int]]:
        depth[root] = 0
        low = {root: 0}
        waiting = [root]
        stack = [(root, -1, iter(self.neighbours[root]))]
        while stack:
            node, parent, others = stack[-1]
            for other in others:
                if other not in depth:
                    depth[other] = low[other] = depth[node] + 1
                    waiting.append(other)
                    stack.append((other, node, iter(self.neighbours[other])))
                    break
                if other != parent:
                    low[node] = min(low[node], depth[other])
            else:
                stack.pop()
                if stack:
                    low[parent] = min(low[parent], low[node])
                    if low[node] >= depth[parent]:
                        cut = waiting.index(node)
                        yield {parent, *waiting[cut:]}
                        del waiting[cut:]

    @cached_property
    def on_cycle(self) -> frozenset[int]:
        """The nodes that lie on a cycle: those in a block of three or more."""
        return frozenset(node for block in self.blocks if len(block) > 2 for node in block)

    @cached_property
    def _block_of(self) -> dict[tuple[int, int], int]:
        return {
            (node, other): number
            for number, block in enumerate(self.blocks)
            for node in block
            for other in self.neighbours[node]
            if other in block
        }

    def count_routes(self, a: int, b: int, steps: int = ROUTE_STEPS) -> int | None:
        """The number of simple paths from a to b: 1 where a = b, None where counting takes more than `steps`.

        Every simple path crosses the same blocks between the same cut nodes, so counts of blocks multiply.
        """
        path = self.path(a, b)
        if not path:
            return 0
        total, entry = 1, 0
        hops = [self._block_of[hop] for hop in pairwise(path)]
        for position, block in enumerate(hops, start=1):
            if position == len(hops) or hops[position] != block:
                count = self._count_within(self.blocks[block], path[entry], path[position], steps)
                if count is None:
                    return None
                total, entry = total * count, position
        return total

    def _count_within(self, block: set[int], a: int, b: int, steps: int) -> int | None:
        if len(block) == 2:
            return 1
        count = 0
        visited = {a}
        stack: list[tuple[int, Iterator[int]]] = [(a, iter(self.neighbours[a]))]
        while stack:
            node, others = stack[-1]
            for other in others:
                steps -= 1
                if other == b:
                    count += 1
                elif other in block and other not in visited:
                    visited.add(other)
                    stack.append((other, iter(self.neighbours[other])))
                    break
            else:
                visited.discard(node)
                stack.pop()
            if steps < 0:
                return None
        return count


def unique_mode(values: Sequence[str]) -> str | None:
    """The most frequent value; None where the first place is shared or there are no values."""
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values(), default=0)
    best = [value for value, count in counts.items() if count == most]
    return best[0] if len(best) == 1 else None
