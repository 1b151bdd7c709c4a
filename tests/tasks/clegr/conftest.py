from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmeval_tasks.clegr.graph import Edge, Line, Map, Station


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path / "cache"))


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def reference(shared: Path) -> list[dict[str, Any]]:
    """The official maps with their questions."""
    return _rows(shared / "data" / "clegr" / "reference_graphs.jsonl")


@pytest.fixture(scope="session")
def scorer_lines(shared: Path) -> list[dict[str, Any]]:
    """What the official evaluator says of predictions; after each kind the aggregate over its cases."""
    return _rows(shared / "data" / "clegr" / "scorer_cases.jsonl")


@pytest.fixture
def world() -> Map:
    """A triangle 0-1-2 with a tail 2-3 and a station 4 apart; 0-1 is a double segment, 3 is reached by a connector.

    Red Line: 0-1, 1-2     Blue Way: 0-1, 0-2     Red Line Connector: 2-3     Pink Tube: no segment
    """
    rows = [("Ash", True, "rock", "glass", "large"), ("Birch", True, "none", "new", "large")]
    rows += [("Cedar", False, "none", "glass", "tiny"), ("Dogwood", True, "pop", "new", "small")]
    rows += [("Elm", False, "pop", "glass", "tiny")]
    stations = tuple(
        Station(f"s{index}", name, access, False, music, style, size, "clean", float(index), 0.0)
        for index, (name, access, music, style, size) in enumerate(rows)
    )
    red = Line("l0", "Red Line", "red", "solid", "1990", True)
    blue = Line("l1", "Blue Way", "blue", "dashed", "2020", False)
    pink = Line("l2", "Pink Tube", "pink", "solid", "2000", False)
    edges = (_edge(0, 1, 0, red), _edge(1, 2, 0, red), _edge(0, 1, 1, blue), _edge(0, 2, 1, blue))
    connector = Edge(2, 3, 0, "Red Line Connector", "red", "dotted", True, "1990")
    return Map(stations, (red, blue, pink), (*edges, connector))


def _edge(source: int, target: int, number: int, line: Line) -> Edge:
    return Edge(source, target, number, line.name, line.color, line.stroke, line.has_aircon, line.built)
