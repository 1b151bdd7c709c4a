"""The answer programs of the 56 forms.

A program takes a map, the rules and the form's arguments (stations and lines by position, values as text) and
returns the acceptable answers, best first: none where the question cannot be asked, several where each is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise, product
from typing import TypeAlias

from mmeval_tasks.clegr.graph import Edge, Map
from mmeval_tasks.clegr.network import unique_mode
from mmeval_tasks.clegr.rules import Rules

Value: TypeAlias = str | int | bool | tuple[str, ...]
Answers: TypeAlias = tuple[Value, ...]
Program: TypeAlias = Callable[..., Answers]

MOST_PATHS = 1_000
"""Shortest paths between two stations beyond which a question counts as ambiguous."""


def label(value: Value) -> str:
    """The official text of an answer: `True`, `3`, `['A', 'B']`."""
    return str(list(value)) if isinstance(value, tuple) else str(value)


# ---------------------------------------------------------------- facts


def station_attribute(key: str) -> Program:
    """Forms 0-11."""

    def program(world: Map, _: Rules, station: int) -> Answers:
        return (getattr(world.stations[station], key),)

    return program


def exists(_world: Map, _: Rules, station: int | str) -> Answers:
    """Forms 12, 13: a station is given by position, an invented one by its name."""
    return (isinstance(station, int),)


def station_lines(world: Map, rules: Rules, station: int) -> Answers:
    """Form 14: the names of the lines at a station."""
    return (tuple(_line_names(world, rules, station)),)


def station_line_count(world: Map, rules: Rules, station: int) -> Answers:
    """Form 15."""
    return (len(_line_names(world, rules, station)),)


def _line_names(world: Map, rules: Rules, station: int) -> list[str]:
    if rules.lines_by_id:
        return list(dict.fromkeys(world.lines[edge.line].name for edge in world.incident[station]))
    return list(dict.fromkeys(edge.line_name for edge in world.simple_incident(station)))


def adjacent(world: Map, _: Rules, a: int, b: int) -> Answers:
    """Forms 16, 17."""
    return ((a, b) in world.between,)


def edge_attribute(key: str) -> Program:
    """Forms 18-21: a property of the line between two adjacent stations."""

    def program(world: Map, rules: Rules, a: int, b: int) -> Answers:
        edges = world.between.get((a, b), []) if a != b else []
        return tuple(dict.fromkeys(getattr(edge, key) for edge in (edges if rules.any_parallel else edges[:1])))

    return program


# ---------------------------------------------------------------- neighbourhood


def common_neighbours(world: Map, _: Rules, a: int, b: int) -> Answers:
    """Form 22."""
    others = world.network.neighbours[b]
    return tuple(world.stations[node].name for node in world.network.neighbours[a] if node in others)


def neighbours_of_style(world: Map, _: Rules, style: str, station: int) -> Answers:
    """Form 23."""
    near = (world.stations[node] for node in world.network.neighbours[station])
    return tuple(other.name for other in near if other.architecture == style)


def two_hops(world: Map, _: Rules, station: int) -> Answers:
    """Form 36."""
    return (len(world.network.within(station, 2)),)


def in_cycle(world: Map, _: Rules, station: int) -> Answers:
    """Form 38: a cycle has at least three stations; two lines between two stations make none."""
    return (station in world.network.on_cycle,)


def one_apart(world: Map, _: Rules, a: int, b: int) -> Answers:
    """Forms 39, 40: distance exactly two, so stations that share a neighbour but are adjacent do not count."""
    return (world.network.distances(a)[b] == 2,)


def style_nearby(world: Map, _: Rules, station: int) -> Answers:
    """Form 46."""
    mode = unique_mode([world.stations[node].architecture for node in world.network.within(station, 2)])
    return () if mode is None else (mode,)


# ---------------------------------------------------------------- lines


def line_distinct(key: str) -> Program:
    """Forms 24-26: how many values of an attribute a line passes."""

    def program(world: Map, _: Rules, line: int) -> Answers:
        return (len({getattr(world.stations[node], key) for node in world.line_stations[line]}),)

    return program


def line_count(key: str) -> Program:
    """Forms 27-29: how many stations of a line have a value."""

    def program(world: Map, _: Rules, value: str, line: int) -> Answers:
        return (sum(getattr(world.stations[node], key) == value for node in world.line_stations[line]),)

    return program


def line_flag_count(key: str) -> Program:
    """Forms 30, 31: how many stations of a line have a flag set."""

    def program(world: Map, _: Rules, line: int) -> Answers:
        return (sum(getattr(world.stations[node], key) for node in world.line_stations[line]),)

    return program


def line_station_names(world: Map, _: Rules, line: int) -> Answers:
    """Form 32."""
    return (tuple(world.stations[node].name for node in world.line_stations[line]),)


def same_line(world: Map, rules: Rules, a: int, b: int) -> Answers:
    """Forms 41, 42."""
    if rules.lines_by_id:
        return (not {edge.line for edge in world.incident[a]}.isdisjoint(edge.line for edge in world.incident[b]),)
    return (not set(_line_names(world, rules, a)).isdisjoint(_line_names(world, rules, b)),)


def equal_size_count(world: Map, _: Rules, line: int, station: int) -> Answers:
    """Form 43."""
    size = world.stations[station].size
    return (sum(world.stations[node].size == size for node in world.line_stations[line]),)


def shared_stations(world: Map, _: Rules, first: int, second: int) -> Answers:
    """Form 44."""
    if first == second:
        return ()
    return (len(set(world.line_stations[first]).intersection(world.line_stations[second])),)


def aircon_lines(world: Map, rules: Rules, station: int) -> Answers:
    """Form 49."""
    if not rules.real_line_properties:
        return (0,)
    return (len({edge.line for edge in world.incident[station] if edge.line_has_aircon}),)


def color_lines(world: Map, rules: Rules, color: str, station: int) -> Answers:
    """Form 50."""
    if rules.count_lines:
        return (len({edge.line for edge in world.incident[station] if edge.line_color == color}),)
    return (sum(edge.line_color == color for edge in world.simple_incident(station)),)


def compare_lines(world: Map, rules: Rules, first: int, second: int) -> Answers:
    """Form 54: which line has more stations with disabled access."""
    if rules.distinct_ends and first == second:
        return ()
    counts = [
        sum(world.stations[node].disabled_access for node in world.line_stations[line]) for line in (first, second)
    ]
    return _larger([world.lines[first].name, world.lines[second].name], counts, rules)


def compare_styles(world: Map, rules: Rules, first: str, second: str) -> Answers:
    """Form 55: which architecture has more stations."""
    if first == second:
        return ()
    counts = [sum(station.architecture == style for station in world.stations) for style in (first, second)]
    return _larger([first, second], counts, rules)


def _larger(names: Sequence[str], counts: Sequence[int], rules: Rules) -> Answers:
    best = tuple(name for name, count in zip(names, counts, strict=True) if count == max(counts))
    return best if rules.any_tied else best[:1]


def large_accessible(world: Map, _: Rules) -> Answers:
    """Form 48."""
    return (sum(station.size == "large" and station.disabled_access for station in world.stations),)


# ---------------------------------------------------------------- paths


def stations_between(world: Map, rules: Rules, a: int, b: int) -> Answers:
    """Form 33: inner stations of a shortest path."""
    distance = world.network.distances(a)[b]
    return () if distance < 0 and rules.skip_unreachable else (max(distance - 1, 0),)


def between_avoiding(key: str) -> Program:
    """Forms 34, 35: inner stations of the shortest path that avoids a value; its ends may have it."""

    def program(world: Map, _: Rules, a: int, b: int, value: str) -> Answers:
        allowed = {node for node, station in enumerate(world.stations) if getattr(station, key) != value}
        distance = world.network.distance_through(a, b, allowed)
        return () if distance < 0 else (max(distance - 1, 0),)

    return program


def distinct_routes(world: Map, rules: Rules, a: int, b: int) -> Answers:
    """Form 37: simple paths in the simple graph."""
    if rules.distinct_ends and a == b:
        return ()
    count = world.network.count_routes(a, b)
    if count is None or (rules.most_routes is not None and count > rules.most_routes):
        return ()
    return (count,)


def on_path(world: Map, rules: Rules, station: int, a: int, b: int) -> Answers:
    """Form 45: False where there is no path."""
    if len({station, a, b}) < 3:
        return ()
    paths = _paths(world, rules, a, b)
    if paths is None:
        return ()
    return _agreed((station in path for path in paths or [[]]), rules)


def path_music(world: Map, rules: Rules, a: int, b: int) -> Answers:
    """Form 47: the most common music on the way, ends included."""
    paths = _paths(world, rules, a, b) if a != b else []
    modes = [unique_mode([world.stations[node].music for node in path]) for path in paths or []]
    return _agreed((mode if mode != "none" or rules.none_is_music else None for mode in modes), rules)


def path_color(world: Map, rules: Rules, a: int, b: int) -> Answers:
    """Form 52: the most common colour of the way's segments."""
    return _agreed((unique_mode([edge.line_color for edge in ride]) for ride in _rides(world, rules, a, b)), rules)


def year_span(world: Map, rules: Rules, a: int, b: int) -> Answers:
    """Form 51: years between the oldest and the newest line on the way."""
    return _agreed((max(years) - min(years) for years in _years(world, rules, a, b)), rules)


def earliest_year(world: Map, rules: Rules, a: int, b: int) -> Answers:
    """Form 53."""
    return _agreed((min(years) for years in _years(world, rules, a, b)), rules)


def _years(world: Map, rules: Rules, a: int, b: int) -> Iterator[list[int]]:
    for ride in _rides(world, rules, a, b):
        yield [int(edge.line_built) if rules.real_line_properties else 0 for edge in ride]


def _paths(world: Map, rules: Rules, a: int, b: int) -> list[list[int]] | None:
    """The shortest paths to consider; None where there are too many."""
    if rules.paths == "one":
        path = world.network.path(a, b)
        return [path] if path else []
    return world.network.paths(a, b, MOST_PATHS)


def _rides(world: Map, rules: Rules, a: int, b: int) -> Sequence[tuple[Edge, ...]]:
    """The ways to ride from a to b, as segments; none where a = b, unreachable, or too many ways."""
    rides: list[tuple[Edge, ...]] = []
    for path in _paths(world, rules, a, b) or [] if a != b else []:
        hops = [world.between[hop] if rules.any_parallel else world.between[hop][:1] for hop in pairwise(path)]
        rides += islice(product(*hops), MOST_PATHS + 1)
    return rides if len(rides) <= MOST_PATHS else []


def _agreed(found: Iterable[Value | None], rules: Rules) -> Answers:
    """What the paths say: every answer, or under the rule `skip` only one that all of them give."""
    values = dict.fromkeys(found)
    if rules.paths == "skip" and len(values) > 1:
        return ()
    return tuple(value for value in values if value is not None)
