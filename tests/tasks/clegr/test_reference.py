"""Against the output of the official generator, textualiser and evaluator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmeval_tasks.clegr.check import check_file
from mmeval_tasks.clegr.command import generate
from mmeval_tasks.clegr.records import map_from_json, texts_to_json
from mmeval_tasks.clegr.rules import FAITHFUL
from mmeval_tasks.clegr.scorers import agrees, lenient, normalise, official, read


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("name", "count"), [("reference_graphs", 1289), ("reference_computers", 119)])
def test_every_official_answer_is_reproduced(shared: Path, name: str, count: int) -> None:
    checked = list(check_file(shared / "data" / "clegr" / f"{name}.jsonl"))
    assert [question for question in checked if not question.agrees] == []
    assert len(checked) == count


def test_texts_are_byte_for_byte_the_published_ones(shared: Path) -> None:
    for row in rows(shared / "data" / "clegr" / "reference_graphs.jsonl"):
        texts = texts_to_json(map_from_json(row["graph"]), FAITHFUL)
        assert texts == {key: row[key] for key in ("context", "node_texts", "edge_texts")}


def scorer_cases(shared: Path) -> list[dict[str, Any]]:
    return [row for row in rows(shared / "data" / "clegr" / "scorer_cases.jsonl") if "prediction" in row]


def test_the_official_scorers_agree_on_every_case(shared: Path) -> None:
    cases = scorer_cases(shared)
    assert len(cases) == 80
    for case in cases:
        said = official(case["kind"], case["prediction"]).answer
        assert agrees(case["kind"], said, case["gold"]) == case["correct"], case


def test_what_the_evaluator_makes_of_a_prediction(shared: Path) -> None:
    for case in scorer_cases(shared):
        if "normalized" in case:
            assert normalise(case["prediction"]) == case["normalized"]
    assert read("list", "['A', \"B\"]; c,,") == {"a", "b", "c"}
    assert read("numeric", "3 stations") == 3
    assert read("numeric", "There are 3") is None


def test_lenient_is_never_wrong_where_official_is_right(shared: Path) -> None:
    for case in scorer_cases(shared):
        if not case["correct"] or (case["prediction"], case["gold"]) == ("3 or 4", "34"):
            continue
        found = lenient(case["kind"], case["prediction"], (case["gold"], "tiny"))
        assert agrees(case["kind"], found.answer, case["gold"]), (case, found)


def test_a_wrong_answer_in_a_file_is_found(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = rows(shared / "data" / "clegr" / "reference_graphs.jsonl")[0]
    question = next(question for question in row["questions"] if question["type_id"] == 2)
    question["answer"] = question["label"] = "gigantic"
    (tmp_path / "file.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert generate(["--check", str(tmp_path / "file.jsonl")]) == 1
    assert "the file says gigantic" in capsys.readouterr().out
