"""Random maps, by the official recipe (sheet section 2.2) but reproducible from a seed.

What does not survive merging is never drawn: only the stations that remain get names and attributes, which
leaves the distribution as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import TypeAlias

from mmeval_tasks.clegr.graph import CONNECTOR, VOCABULARY, Edge, Line, Map, Station
from mmeval_tasks.clegr.names import LINE_SUFFIXES, pick, station_name, unused
from mmeval_tasks.clegr.network import Network

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Preset:
    """Mean numbers of lines and stations per line; half the map's width; merging distance and its rounds."""

    lines: int
    stations_per_line: int
    radius: float
    min_distance: float
    merge_rounds: int


PRESETS = {
    "small": Preset(6, 7, 8, 0.9, 10),
    "medium": Preset(10, 10, 15, 0.85, 12),
    "large": Preset(22, 20, 25, 0.8, 15),
}


def generate_map(preset: Preset, rng: Random) -> Map:
    """A connected map. A pure function of `preset` and the state of `rng`."""
    lines = _lines(draw_count(preset.lines, rng), rng)
    points: list[Point] = []
    courses: list[range] = []
    for _ in lines:
        start = len(points)
        points += _curve(max(2, draw_count(preset.stations_per_line, rng)), preset.radius, rng)
        courses.append(range(start, len(points)))
    priority = [rng.getrandbits(128) for _ in points]
    survivor = merge(points, priority, preset.min_distance, preset.merge_rounds)
    kept = [node for node, root in enumerate(survivor) if node == root]
    stations = _stations([points[node] for node in kept], [priority[node] for node in kept], rng)
    position = {node: index for index, node in enumerate(kept)}
    edges = list(_segments(lines, [[position[survivor[node]] for node in course] for course in courses]))
    edges += _connectors(len(stations), lines, edges, rng)
    return Map(stations, lines, tuple(edges))


def draw_count(mean: int, rng: Random) -> int:
    """A count with the given mean and a standard deviation of a fifth of it, at least 1."""
    return max(1, round(rng.gauss(mean, 0.2 * mean)))


def as_uuid(bits: int) -> str:
    """128 random bits in the form of a UUID: order is kept, and equal bits give equal ids."""
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _lines(count: int, rng: Random) -> tuple[Line, ...]:
    found: dict[str, Line] = {}
    looks: set[tuple[str, str]] = set()
    most = len(VOCABULARY["color"]) * len(VOCABULARY["stroke"])
    while len(found) < min(count, most):
        color, stroke = pick(VOCABULARY["color"], rng), pick(VOCABULARY["stroke"], rng)
        name = color.title() + pick(LINE_SUFFIXES, rng)
        if name not in found and (color, stroke) not in looks:
            looks.add((color, stroke))
            built, has_aircon = pick(VOCABULARY["built"], rng), rng.random() < 0.5
            found[name] = Line(as_uuid(rng.getrandbits(128)), name, color, stroke, built, has_aircon)
    return tuple(found.values())


def _curve(count: int, radius: float, rng: Random) -> Iterator[Point]:
    """Points at equal parameters of a cubic Bezier curve in the square, each coordinate jittered by up to 5 %."""
    xs = [rng.uniform(-radius, radius) for _ in range(4)]
    ys = [rng.uniform(-radius, radius) for _ in range(4)]
    for step in range(count):
        t = step / (count - 1)
        weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
        x = sum(weight * value for weight, value in zip(weights, xs, strict=True))
        y = sum(weight * value for weight, value in zip(weights, ys, strict=True))
        yield x * rng.uniform(0.95, 1.05), y * rng.uniform(0.95, 1.05)


def merge(points: Sequence[Point], priority: Sequence[int], distance: float, rounds: int) -> list[int]:
    """For each point the one that stands for it: clusters of points within `distance` keep the lowest priority.

    Survivors stay where they are and are merged again, for at most `rounds` rounds.
    """
    survivor = list(range(len(points)))
    for _ in range(rounds):
        current = [node for node, root in enumerate(survivor) if node == root]
        merged = False
        for a, b in _close_pairs(points, current, distance):
            a, b = _root(survivor, a), _root(survivor, b)
            if a != b:
                first, second = (a, b) if priority[a] < priority[b] else (b, a)
                survivor[second] = first
                merged = True
        survivor = [_root(survivor, node) for node in survivor]
        if not merged:
            break
    return survivor


def _root(survivor: Sequence[int], node: int) -> int:
    while survivor[node] != node:
        node = survivor[node]
    return node


def _close_pairs(points: Sequence[Point], nodes: Sequence[int], distance: float) -> Iterator[tuple[int, int]]:
    """Pairs of nodes at most `distance` apart, by a sweep along x."""
    order = sorted(nodes, key=lambda node: points[node])
    for index, a in enumerate(order):
        ax, ay = points[a]
        for b in order[index + 1 :]:
            bx, by = points[b]
            if bx - ax > distance:
                break
            if math.hypot(bx - ax, by - ay) <= distance:
                yield a, b


def _stations(points: Sequence[Point], priority: Sequence[int], rng: Random) -> tuple[Station, ...]:
    found: dict[str, Station] = {}
    for (x, y), bits in zip(points, priority, strict=True):
        name = unused(station_name, rng, found)
        found[name] = Station(
            id=as_uuid(bits),
            name=name,
            disabled_access=rng.random() < 0.5,
            has_rail=rng.random() < 0.5,
            music=pick(VOCABULARY["music"], rng),
            architecture=pick(VOCABULARY["architecture"], rng),
            size=pick(VOCABULARY["size"], rng),
            cleanliness=pick(VOCABULARY["cleanliness"], rng),
            x=x,
            y=y,
        )
    return tuple(found.values())


def _segments(lines: Sequence[Line], courses: Sequence[Sequence[int]]) -> Iterator[Edge]:
    """Segments between consecutive stations. A line passes each station once, so it has no loops or doubles."""
    for number, (line, course) in enumerate(zip(lines, courses, strict=True)):
        stops = list(dict.fromkeys(course))
        for source, target in pairwise(stops):
            yield Edge(source, target, number, line.name, line.color, line.stroke, line.has_aircon, line.built)


def _connectors(size: int, lines: Sequence[Line], edges: Sequence[Edge], rng: Random) -> Iterator[Edge]:
    """Dotted segments that chain the components, each extending a line that touches one of its ends."""
    components = Network(size, ((edge.source, edge.target) for edge in edges)).components()
    touching: dict[int, int] = {}
    for edge in edges:
        touching.setdefault(edge.source, edge.line)
        touching.setdefault(edge.target, edge.line)
    for component, following in pairwise(components):
        source, target = pick(component, rng), pick(following, rng)
        number = touching.get(source, touching.get(target))
        if number is None:
            number = rng.randrange(len(lines))
        line = lines[number]
        yield Edge(source, target, number, line.name + CONNECTOR, line.color, "dotted", line.has_aircon, line.built)
        touching.setdefault(source, number)
        touching.setdefault(target, number)
