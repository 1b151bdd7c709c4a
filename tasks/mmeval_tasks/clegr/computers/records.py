"""Grids as JSON records, in the layout of the reference file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mmeval_tasks.clegr.computers.arguments import words
from mmeval_tasks.clegr.computers.context import link_sentences, node_sentences, text
from mmeval_tasks.clegr.computers.forms import FORMS
from mmeval_tasks.clegr.computers.graph import Computer, Grid, Link
from mmeval_tasks.clegr.questions import Question
from mmeval_tasks.clegr.records import positions

FORMAT = "clegr-computers/1"
_KINDS = {
    "fake": "FakeNodeName",
    "status": "Status",
    "security_level": "SecurityLevel",
    "location_sector": "LocationSector",
}


def grid_from_json(graph: Mapping[str, Any]) -> Grid:
    """A grid from its record. Raises KeyError or TypeError on other data."""
    where = positions(graph)
    links = []
    for edge in graph["edges"]:
        attributes = {key: value for key, value in edge.items() if key not in ("station1", "station2")}
        links.append(Link(where[edge["station1"]], where[edge["station2"]], **attributes))
    return Grid(tuple(Computer(**node) for node in graph["nodes"]), tuple(links))


def record_to_json(index: int, graph_id: str, grid: Grid, questions: tuple[Question, ...]) -> dict[str, Any]:
    """A grid with its questions and published renderings."""
    return {
        "format": FORMAT,
        "index": index,
        "graph_id": graph_id,
        "graph": _grid_to_json(grid),
        "context": text(grid),
        "node_texts": node_sentences(grid),
        "edge_texts": link_sentences(grid),
        "questions": [_question_to_json(question, grid) for question in questions],
    }


def _grid_to_json(grid: Grid) -> dict[str, Any]:
    edges = []
    for link in grid.links:
        values = asdict(link)
        ends = {f"station{side}": grid.computers[values.pop(end)].id for side, end in ((1, "source"), (2, "target"))}
        if not link.is_connector:
            del values["is_connector"]
        edges.append(ends | values)
    return {"nodes": [asdict(computer) for computer in grid.computers], "edges": edges, "lines": []}


def _question_to_json(question: Question, grid: Grid) -> dict[str, Any]:
    form = FORMS[question.form]
    return {
        "type_id": form.id,
        "type_string": form.type_string,
        "group": form.group,
        "subgroup": form.subgroup,
        "english": question.english,
        "answer": question.accepted[0],
        "label": question.label,
        "instance": question.instance,
        "attempt": question.attempt,
        "args": [
            {"kind": _KINDS[kind], "value": argument}
            if isinstance(argument, str)
            else {"kind": "SystemNode", "id": grid.computers[argument].id, "name": word}
            for kind, argument, word in zip(
                form.draw.kinds, question.arguments, words(form, grid, question.arguments), strict=True
            )
        ],
    }
