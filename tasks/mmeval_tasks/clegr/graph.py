"""A subway map as values, with the views that questions are answered from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mmeval_tasks.clegr.network import Network

VOCABULARY: dict[str, tuple[str, ...]] = {
    "music": ("classical", "rock", "electronic", "country", "none", "swing", "pop"),
    "architecture": ("victorian", "modernist", "concrete", "glass", "art-deco", "new"),
    "size": ("tiny", "small", "medium-sized", "large"),
    "cleanliness": ("clean", "dirty"),
    "color": ("blue", "orange", "green", "red", "purple", "brown", "pink", "olive", "cyan"),
    "stroke": ("solid", "dashed", "dashdot", "dotted"),
    "built": ("1990", "2000", "2010", "2020", "2025", "1980"),
}
"""The values of every categorical attribute of stations and lines. `none` is a kind of music, `new` a style."""

CONNECTOR = " Connector"
"""Ends the name of a segment that joins two components; its line is the one that it extends."""


@dataclass(frozen=True, slots=True)
class Station:
    """A node. The position is for generating and drawing; no model is shown it."""

    id: str
    name: str
    disabled_access: bool
    has_rail: bool
    music: str
    architecture: str
    size: str
    cleanliness: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line; `built` is a year as text."""

    id: str
    name: str
    color: str
    stroke: str
    built: str
    has_aircon: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A track segment between two stations (positions in `Map.stations`), with what it copies from its line.

    `line` is a position in `Map.lines`. A connector has its base line's position but a name and stroke of its own.
    """

    source: int
    target: int
    line: int
    line_name: str
    line_color: str
    line_stroke: str
    line_has_aircon: bool
    line_built: str


@dataclass(frozen=True)
class Map:
    """Stations, lines and segments in the order in which they were generated: a multigraph, read undirected."""

    stations: tuple[Station, ...]
    lines: tuple[Line, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def network(self) -> Network:
        """The simple graph: parallel segments collapse."""
        return Network(len(self.stations), ((edge.source, edge.target) for edge in self.edges))

    @cached_property
    def between(self) -> dict[tuple[int, int], list[Edge]]:
        """The parallel segments of each adjacent pair, both ways round, as listed."""
        found: dict[tuple[int, int], list[Edge]] = {}
        for edge in self.edges:
            found.setdefault((edge.source, edge.target), []).append(edge)
            if edge.source != edge.target:
                found[edge.target, edge.source] = found[edge.source, edge.target]
        return found

    @cached_property
    def incident(self) -> list[list[Edge]]:
        """All segments at each station, as listed."""
        found: list[list[Edge]] = [[] for _ in self.stations]
        for edge in self.edges:
            found[edge.source].append(edge)
            found[edge.target].append(edge)
        return found

    def simple_incident(self, station: int) -> list[Edge]:
        """One segment per neighbour: of parallel ones the last listed, as the official simple graph keeps it."""
        return [self.between[station, other][-1] for other in self.network.neighbours[station]]

    @cached_property
    def line_stations(self) -> list[list[int]]:
        """The distinct stations on each line, connectors included."""
        found: list[dict[int, None]] = [{} for _ in self.lines]
        for edge in self.edges:
            found[edge.line][edge.source] = found[edge.line][edge.target] = None
        return [list(stations) for stations in found]
