"""Random grids, by the official recipe but reproducible from a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from mmeval_tasks.clegr.computers.arguments import computer_name
from mmeval_tasks.clegr.computers.graph import (
    BANDWIDTH_UNITS,
    LATENCY_MS,
    POWER_UNITS,
    VOCABULARY,
    Computer,
    Grid,
    Link,
)
from mmeval_tasks.clegr.generate import Point, as_uuid, draw_count, merge
from mmeval_tasks.clegr.names import pick, unused
from mmeval_tasks.clegr.network import Network


@dataclass(frozen=True, slots=True)
class Preset:
    """Mean number of nodes; neighbours that each is linked to; half the width; merging distance and its rounds."""

    nodes: int
    degree: int
    radius: float
    min_distance: float
    merge_rounds: int


PRESETS = {
    "small": Preset(25, 2, 8, 1.0, 10),
    "medium": Preset(90, 3, 15, 0.8, 12),
    "large": Preset(180, 3, 25, 0.75, 15),
}


def generate_grid(preset: Preset, rng: Random) -> Grid:
    """A connected grid. A pure function of `preset` and the state of `rng`."""
    count = draw_count(preset.nodes, rng)
    points = [
        (rng.uniform(-preset.radius, preset.radius), rng.uniform(-preset.radius, preset.radius)) for _ in range(count)
    ]
    survivor = merge(points, range(count), preset.min_distance, preset.merge_rounds)
    kept = [point for node, point in enumerate(points) if survivor[node] == node]
    pairs = _nearest(kept, preset.degree)
    links = [_link(a, b, rng) for a, b in pairs]
    components = Network(len(kept), pairs).components()
    for component, following in pairwise(components):
        links.append(_link(pick(component, rng), pick(following, rng), rng, is_connector=True))
    return Grid(tuple(_computers(kept, rng)), tuple(links))


def _nearest(points: Sequence[Point], degree: int) -> list[tuple[int, int]]:
    """Each point with its nearest others; a pair once, as first chosen."""
    found: dict[frozenset[int], tuple[int, int]] = {}
    for a, point in enumerate(points):
        others = sorted((math.dist(point, other), b) for b, other in enumerate(points) if b != a)
        for _, b in others[:degree]:
            found.setdefault(frozenset((a, b)), (a, b))
    return list(found.values())


def _link(source: int, target: int, rng: Random, *, is_connector: bool = False) -> Link:
    encryption = pick(VOCABULARY["encryption_status"], rng)
    return Link(source, target, pick(BANDWIDTH_UNITS, rng), pick(LATENCY_MS, rng), encryption, is_connector)


def _computers(points: Sequence[Point], rng: Random) -> Iterator[Computer]:
    names: set[str] = set()
    for x, y in points:
        name = unused(computer_name, rng, names)
        names.add(name)
        yield Computer(
            id=as_uuid(rng.getrandbits(128)),
            name=name,
            status=pick(VOCABULARY["status"], rng),
            security_level=pick(VOCABULARY["security_level"], rng),
            location_sector=pick(VOCABULARY["location_sector"], rng),
            firmware_version=pick(VOCABULARY["firmware_version"], rng),
            power_consumption_units=pick(POWER_UNITS, rng),
            x=x,
            y=y,
        )
