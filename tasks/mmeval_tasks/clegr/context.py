"""The map as a model is shown it: text in four styles, and graph records for models that take graphs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from mmeval.types import Graph
from mmeval_tasks.clegr.graph import Edge, Map, Station
from mmeval_tasks.clegr.rules import Rules

PREFIX = (
    "Above is the representation of a synthetic subway network. All stations and lines are completely fictional. "
    "Keep in mind that the subway network is not real. All information necessary to answer the question is present "
    "in the above representation. The question is: "
)
STYLES = ("official", "named", "sentences", "named_sentences")
"""CSV tables or sentences, each without line names (as published) or with them."""

_NODE_KEYS = ("name", "disabled_access", "has_rail", "architecture", "cleanliness", "music", "size")
_EDGE_KEYS = ("line_color", "line_stroke", "has_aircon", "built")


def as_graph(world: Map, style: str, rules: Rules) -> Graph:
    """The prompt part: records of what the text says, and the text. Line names enter only in named styles."""
    named = style.startswith("named")
    nodes = tuple({key: getattr(station, key) for key in _NODE_KEYS} for station in world.stations)
    return Graph(
        nodes, tuple(_edge_record(world, edge, named, rules) for edge in world.edges), text(world, style, rules)
    )


def text(world: Map, style: str, rules: Rules) -> str:
    """The map in one of `STYLES`."""
    named = style.startswith("named")
    if style.endswith("sentences"):
        return "\n".join([*node_sentences(world), *edge_sentences(world, rules, named=named)]) + "\n"
    nodes = ((index, *(getattr(station, key) for key in _NODE_KEYS)) for index, station in enumerate(world.stations))
    records = [_edge_record(world, edge, named, rules) for edge in world.edges]
    columns = ("source_id", "target_id", *_EDGE_KEYS, *(("line_name",) if named else ()))
    return tables(
        ("--- Nodes ---", ("id", *_NODE_KEYS), nodes),
        ("--- Edges ---", columns, (tuple(record.values()) for record in records)),
    )


def tables(*parts: tuple[str, Sequence[str], Iterable[Sequence[Any]]]) -> str:
    """Titled CSV tables with an empty line between them: rows end with CRLF, titles with LF."""
    written = []
    for title, columns, rows in parts:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(columns)
        writer.writerows(rows)
        written.append(f"{title}\n{buffer.getvalue()}")
    return "\n".join(written)


def _edge_record(world: Map, edge: Edge, named: bool, rules: Rules) -> dict[str, Any]:
    record = {
        "source": edge.source,
        "target": edge.target,
        "line_color": edge.line_color,
        "line_stroke": edge.line_stroke,
        "has_aircon": edge.line_has_aircon,
        "built": edge.line_built,
    }
    return {**record, "line_name": _line_name(world, edge, rules)} if named else record


def _line_name(world: Map, edge: Edge, rules: Rules) -> str:
    return world.lines[edge.line].name if rules.lines_by_id else edge.line_name


def node_sentences(world: Map) -> list[str]:
    """One sentence per station."""
    return [_node_sentence(station) for station in world.stations]


def _node_sentence(station: Station) -> str:
    access = "has" if station.disabled_access else "does not have"
    rail = "has" if station.has_rail else "does not have"
    return (
        f"{station.name} {access} disabled access and {rail} rail. It features {station.architecture} architecture, "
        f"has {station.cleanliness} cleanliness, {station.music} music, and is {station.size} in size."
    )


def edge_sentences(world: Map, rules: Rules, *, named: bool = False) -> list[str]:
    """One sentence per segment, as listed."""
    return [
        _edge_sentence(world, edge, f" called {_line_name(world, edge, rules)}" if named else "")
        for edge in world.edges
    ]


def _edge_sentence(world: Map, edge: Edge, called: str) -> str:
    source, target = world.stations[edge.source].name, world.stations[edge.target].name
    aircon = "has" if edge.line_has_aircon else "does not have"
    return (
        f"There is a {edge.line_stroke} {edge.line_color} line{called} from {source} to {target}. "
        f"It {aircon} air conditioning and was built in {edge.line_built}."
    )
