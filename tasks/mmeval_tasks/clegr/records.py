"""Maps and questions as JSON records: one map with its questions per line, in the layout of the reference files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from mmeval_tasks.clegr.arguments import Argument, words
from mmeval_tasks.clegr.context import edge_sentences, node_sentences, text
from mmeval_tasks.clegr.forms import FORMS
from mmeval_tasks.clegr.graph import Edge, Line, Map, Station
from mmeval_tasks.clegr.questions import Question
from mmeval_tasks.clegr.rules import Rules

FORMAT = "clegr/1"

_STATION_KEYS = tuple(item.name for item in fields(Station))
_LINE_KEYS = tuple(item.name for item in fields(Line))
_COPIED_KEYS = ("line_name", "line_color", "line_stroke", "line_has_aircon", "line_built")


@dataclass(frozen=True, slots=True)
class Record:
    """A map with its questions; `index` is its position in its set, `id` what splits are made by."""

    index: int
    id: str
    world: Map
    questions: tuple[Question, ...]


def record_to_json(record: Record, rules: Rules) -> dict[str, Any]:
    """The record without its texts."""
    return {
        "format": FORMAT,
        "index": record.index,
        "graph_id": record.id,
        "graph": map_to_json(record.world),
        "questions": [_question_to_json(question, record.world, rules) for question in record.questions],
    }


def record_from_json(data: Mapping[str, Any]) -> Record:
    """The inverse of `record_to_json`. Raises KeyError, TypeError or ValueError on other data."""
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}")
    where = positions(data["graph"])
    questions = tuple(question_from_json(row, where) for row in data["questions"])
    return Record(data["index"], data["graph_id"], map_from_json(data["graph"]), questions)


def texts_to_json(world: Map, rules: Rules) -> dict[str, Any]:
    """The published renderings of a map."""
    return {
        "context": text(world, "official", rules),
        "node_texts": node_sentences(world),
        "edge_texts": edge_sentences(world, rules),
    }


def map_to_json(world: Map) -> dict[str, Any]:
    """Nodes, edges and lines in order; edges name stations and lines by id."""
    return {
        "nodes": [{key: getattr(station, key) for key in _STATION_KEYS} for station in world.stations],
        "edges": [
            {
                "station1": world.stations[edge.source].id,
                "station2": world.stations[edge.target].id,
                "line_id": world.lines[edge.line].id,
                **{key: getattr(edge, key) for key in _COPIED_KEYS},
            }
            for edge in world.edges
        ],
        "lines": [{key: getattr(line, key) for key in _LINE_KEYS} for line in world.lines],
    }


def map_from_json(graph: Mapping[str, Any]) -> Map:
    """The inverse of `map_to_json`. Raises KeyError or TypeError on other data."""
    where = positions(graph)
    edges = tuple(
        Edge(
            where[edge["station1"]],
            where[edge["station2"]],
            where[edge["line_id"]],
            *(edge[key] for key in _COPIED_KEYS),
        )
        for edge in graph["edges"]
    )
    return Map(tuple(Station(**node) for node in graph["nodes"]), tuple(Line(**line) for line in graph["lines"]), edges)


def positions(graph: Mapping[str, Any]) -> dict[str, int]:
    """Where each station and each line stands in its list, by id."""
    return {item["id"]: index for key in ("nodes", "lines") for index, item in enumerate(graph[key])}


def _question_to_json(question: Question, world: Map, rules: Rules) -> dict[str, Any]:
    form = FORMS[question.form]
    spelt = zip(form.draw.kinds, question.arguments, words(form, world, question.arguments), strict=True)
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
        "args": [_argument_to_json(kind, argument, word, world) for kind, argument, word in spelt],
    }


def _argument_to_json(kind: str, argument: Argument, word: str, world: Map) -> dict[str, Any]:
    if isinstance(argument, str):
        return {"kind": "FakeStationName" if kind in ("station", "fake") else kind.title(), "value": argument}
    if kind == "line":
        return {"kind": "Line", "id": world.lines[argument].id, "name": word}
    return {"kind": "Station", "id": world.stations[argument].id, "name": word}


def question_from_json(row: Mapping[str, Any], where: Mapping[str, int]) -> Question:
    """A question, `where` being the `positions` of its graph.

    Reads official rows too, which have neither `accepted` nor `instance`.
    """
    accepted = row["accepted"] if "accepted" in row else (row["answer"],)
    return Question(
        form=row["type_id"],
        instance=row.get("instance", 0),
        arguments=tuple(item["value"] if "value" in item else where[item["id"]] for item in row["args"]),
        english=row["english"],
        accepted=tuple(tuple(value) if isinstance(value, list) else value for value in accepted),
        attempt=row["attempt"],
    )
