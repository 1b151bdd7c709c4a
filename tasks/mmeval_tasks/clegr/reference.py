"""Maps and questions as JSON records (one map with its questions per line), and checking the answers of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mmeval_tasks.clegr.forms import FORMS, Form
from mmeval_tasks.clegr.graph import Edge, Line, Map, Station
from mmeval_tasks.clegr.arguments import Argument, words
from mmeval_tasks.clegr.programs import Answers, Value, label
from mmeval_tasks.clegr.questions import Question
from mmeval_tasks.clegr.rules import MODES, Rules

_KINDS = {"station": "Station", "line": "Line", "fake": "FakeStationName"}
_LINE_KEYS = ("line_name", "line_color", "line_stroke", "line_has_aircon", "line_built")

# ---------------------------------------------------------------- records


def map_to_json(world: Map) -> dict[str, Any]:
    """Nodes, edges and lines in order; edges name stations and lines by id."""
    return {
        "nodes": [asdict(station) for station in world.stations],
        "edges": [
            {
                "station1": world.stations[edge.source].id,
                "station2": world.stations[edge.target].id,
                "line_id": world.lines[edge.line].id,
                **{key: getattr(edge, key) for key in _LINE_KEYS},
            }
            for edge in world.edges
        ],
        "lines": [asdict(line) for line in world.lines],
    }


def map_from_json(graph: Mapping[str, Any]) -> Map:
    """The inverse of `map_to_json`. Raises KeyError or TypeError on other data."""
    stations = tuple(Station(**node) for node in graph["nodes"])
    lines = tuple(Line(**line) for line in graph["lines"])
    station_at = {station.id: index for index, station in enumerate(stations)}
    line_at = {line.id: index for index, line in enumerate(lines)}
    edges = (
        Edge(
            station_at[edge["station1"]],
            station_at[edge["station2"]],
            line_at[edge["line_id"]],
            *(edge[key] for key in _LINE_KEYS),
        )
        for edge in graph["edges"]
    )
    return Map(stations, lines, tuple(edges))


def question_to_json(question: Question, world: Map, rules: Rules) -> dict[str, Any]:
    """A question with its form's names spelt out, as the reference file has it, and `accepted` beside the answer."""
    form = FORMS[question.form]
    spelt = words(form, world, question.arguments)
    return {
        "type_id": form.id,
        "type_string": form.type_name(rules),
        "group": form.group,
        "subgroup": form.subgroup,
        "english": question.english,
        "answer": question.accepted[0],
        "accepted": question.accepted,
        "label": question.label,
        "instance": question.instance,
        "attempt": question.attempt,
        "args": [
            _argument_to_json(kind, argument, word, world)
            for kind, argument, word in zip(form.draw.kinds, question.arguments, spelt, strict=True)
        ],
    }


def _argument_to_json(kind: str, argument: Argument, word: str, world: Map) -> dict[str, Any]:
    if isinstance(argument, str):
        return {"kind": "FakeStationName" if kind in ("station", "fake") else kind.title(), "value": argument}
    items: Sequence[Station | Line] = world.lines if kind == "line" else world.stations
    return {"kind": "Line" if kind == "line" else "Station", "id": items[argument].id, "name": word}


def question_from_json(row: Mapping[str, Any], world: Map) -> Question:
    """The inverse of `question_to_json`; reads official rows too, which have no `accepted` and no `instance`."""
    accepted = tuple(_value(value) for value in row.get("accepted", (row["answer"],)))
    arguments = tuple(_argument(argument, world) for argument in row["args"])
    return Question(row["type_id"], row.get("instance", 0), arguments, row["english"], accepted, row["attempt"])


def _value(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _argument(argument: Mapping[str, Any], world: Map) -> Argument:
    if "value" in argument:
        return str(argument["value"])
    items: Sequence[Station | Line] = world.lines if argument["kind"] == "Line" else world.stations
    for index, item in enumerate(items):
        if item.id == argument["id"]:
            return index
    raise KeyError(argument["id"])
