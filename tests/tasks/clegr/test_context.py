from __future__ import annotations

import csv
import io

import pytest

from mmeval_tasks.clegr.context import STYLES, as_graph, text
from mmeval_tasks.clegr.graph import Map
from mmeval_tasks.clegr.rules import CORRECTED, FAITHFUL, Rules


def test_the_official_text(world: Map) -> None:
    lines = text(world, "official", FAITHFUL).split("\n")
    assert lines[:3] == [
        "--- Nodes ---",
        "id,name,disabled_access,has_rail,architecture,cleanliness,music,size\r",
        "0,Ash,True,False,glass,clean,rock,large\r",
    ]
    assert lines[7:11] == [
        "",
        "--- Edges ---",
        "source_id,target_id,line_color,line_stroke,has_aircon,built\r",
        "0,1,red,solid,True,1990\r",
    ]
    assert lines[-1] == ""


@pytest.mark.parametrize(("rules", "name"), [(FAITHFUL, "Red Line Connector"), (CORRECTED, "Red Line")])
def test_named_styles_add_the_line_to_every_segment(world: Map, rules: Rules, name: str) -> None:
    edges = text(world, "named", rules).split("--- Edges ---\n")[1]
    rows = list(csv.DictReader(io.StringIO(edges)))
    assert [row["line_name"] for row in rows] == ["Red Line", "Red Line", "Blue Way", "Blue Way", name]
    assert f"There is a dotted red line called {name} from Cedar to Dogwood." in text(world, "named_sentences", rules)


def test_sentences_are_one_per_line(world: Map) -> None:
    lines = text(world, "sentences", FAITHFUL).splitlines()
    assert len(lines) == 5 + 5
    assert lines[0] == (
        "Ash has disabled access and does not have rail. It features glass architecture, has clean cleanliness, "
        "rock music, and is large in size."
    )
    assert lines[5] == ("There is a solid red line from Ash to Birch. It has air conditioning and was built in 1990.")


@pytest.mark.parametrize("style", STYLES)
def test_the_graph_says_what_the_text_says(world: Map, style: str) -> None:
    graph = as_graph(world, style, CORRECTED)
    assert graph.text == text(world, style, CORRECTED)
    assert [node["name"] for node in graph.nodes] == [station.name for station in world.stations]
    ends = [(edge["source"], edge["target"]) for edge in graph.edges]
    assert ends == [(edge.source, edge.target) for edge in world.edges]
    assert ("line_name" in graph.edges[0]) == ("Red Line" in graph.text) == style.startswith("named")
    assert graph.nodes[0]["music"] == "rock"
