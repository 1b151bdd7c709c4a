"""Drawing the arguments of a question, and their words.

An argument is a position for a station or line, and text for everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TypeAlias

from mmeval_tasks.clegr.forms import Draw, Form
from mmeval_tasks.clegr.graph import VOCABULARY, Map
from mmeval_tasks.clegr.names import pick, station_name, unused
from mmeval_tasks.clegr.rules import Rules

Argument: TypeAlias = int | str
Arguments: TypeAlias = tuple[Argument, ...]

_PAIR_TRIES = 10
_BALANCE_TRIES = 30


def draw(form: Form, world: Map, rules: Rules, rng: Random) -> Arguments | None:
    """Arguments for one attempt; None where the form's constraint finds nothing. They need not be askable."""
    if rules.balanced and form.balance is not None:
        return _balanced(form, form.balance, world, rules, rng)
    return _drawn(form.draw, world, rules, rng)


def words(form: Form, world: Map, arguments: Arguments) -> tuple[str, ...]:
    """The arguments as the question spells them."""
    return tuple(_word(kind, world, argument) for kind, argument in zip(form.draw.kinds, arguments, strict=True))


def _word(kind: str, world: Map, argument: Argument) -> str:
    if isinstance(argument, str):
        return argument
    return world.lines[argument].name if kind == "line" else world.stations[argument].name


def _drawn(wanted: Draw, world: Map, rules: Rules, rng: Random) -> Arguments | None:
    if wanted.pair is not None:
        return _PAIRS[wanted.pair](world, rng)
    return tuple(_draw_one(kind, world, rules, rng) for kind in wanted.kinds)


def _draw_one(kind: str, world: Map, rules: Rules, rng: Random) -> Argument:
    if kind == "station":
        return int(rng.random() * len(world.stations))
    if kind == "line":
        return int(rng.random() * len(world.lines))
    if kind == "color":
        return pick(world.lines, rng).color
    if kind == "fake":
        return _invented(world, rng) if rules.balanced else _number_name(world, rng)
    return pick(VOCABULARY[kind], rng)


def _number_name(world: Map, rng: Random) -> str:
    names = {station.name for station in world.stations}
    for _ in range(_PAIR_TRIES):
        name = str(rng.randint(len(names) + 1, 3 * len(names)))
        if name not in names:
            return name
    return f"FakeStation_{rng.randint(1000, 9999)}"


def _invented(world: Map, rng: Random) -> str:
    return unused(station_name, rng, {station.name for station in world.stations})


def _balanced(form: Form, draws: tuple[Draw, Draw], world: Map, rules: Rules, rng: Random) -> Arguments | None:
    """Distinct arguments with a true answer half of the time, or the last ones drawn where a map has no such."""
    wanted = rng.random() < 0.5
    source = draws[0 if wanted else 1]
    arguments: Arguments | None = None
    for _ in range(_BALANCE_TRIES):
        arguments = _drawn(source, world, rules, rng)
        distinct = arguments is not None and len(set(arguments)) == len(arguments)
        if arguments is not None and distinct and form.program(world, rules, *arguments) == (wanted,):
            break
    return arguments


# ---------------------------------------------------------------- pairs of stations


def _adjacent(world: Map, rng: Random) -> Arguments | None:
    if not world.edges:
        return None
    edge = pick(world.edges, rng)
    return edge.source, edge.target


def _on_line(world: Map, rng: Random) -> Arguments | None:
    for _ in range(_PAIR_TRIES):
        stations = pick(world.line_stations, rng)
        if len(stations) > 1:
            return tuple(rng.sample(stations, 2))
    return None


def _common(world: Map, rng: Random) -> Arguments | None:
    for _ in range(_PAIR_TRIES):
        neighbours = pick(world.network.neighbours, rng)
        if len(neighbours) > 1:
            return tuple(rng.sample(neighbours, 2))
    return None


_PAIRS: Mapping[str, Callable[[Map, Random], Arguments | None]] = {
    "adjacent": _adjacent,
    "line": _on_line,
    "common": _common,
}
