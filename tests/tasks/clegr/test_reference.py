"""Against the output of the official generator and textualiser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import SpecError
from mmeval_tasks.clegr.arguments import words
from mmeval_tasks.clegr.check import check_file, check_record
from mmeval_tasks.clegr.computers import arguments as computer_arguments
from mmeval_tasks.clegr.computers import context as computer_context
from mmeval_tasks.clegr.computers.forms import FORMS as COMPUTER_FORMS
from mmeval_tasks.clegr.computers.records import grid_from_json
from mmeval_tasks.clegr.forms import FORMS
from mmeval_tasks.clegr.records import map_from_json, map_to_json, positions, question_from_json, texts_to_json
from mmeval_tasks.clegr.rules import FAITHFUL


@pytest.mark.parametrize(("name", "count"), [("reference_graphs", 1289), ("reference_computers", 119)])
def test_every_official_answer_is_reproduced(shared: Path, name: str, count: int) -> None:
    checked = list(check_file(shared / "data" / "clegr" / f"{name}.jsonl"))
    assert [question for question in checked if not question.agrees] == []
    assert len(checked) == count
    assert {question.form.id for question in checked} == set(range(56 if count == 1289 else 20))


def test_texts_are_byte_for_byte_the_published_ones(reference: list[dict[str, Any]]) -> None:
    for row in reference:
        texts = texts_to_json(map_from_json(row["graph"]), FAITHFUL)
        assert texts == {key: row[key] for key in ("context", "node_texts", "edge_texts")}


def test_questions_are_worded_as_published(reference: list[dict[str, Any]]) -> None:
    for row in reference:
        world, where = map_from_json(row["graph"]), positions(row["graph"])
        for published in row["questions"]:
            form, question = FORMS[published["type_id"]], question_from_json(published, where)
            assert form.english(words(form, world, question.arguments)) == published["english"]
            named = (form.type_string, form.group, form.subgroup, form.draw.pair)
            keys = ("type_string", "group", "subgroup", "pair_constraint")
            assert named == tuple(published[key] for key in keys)
            assert question.label == published["label"]


def test_computers_are_worded_as_published(shared: Path) -> None:
    lines = (shared / "data" / "clegr" / "reference_computers.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        grid, where = grid_from_json(row["graph"]), positions(row["graph"])
        assert computer_context.text(grid) == row["context"]
        assert computer_context.node_sentences(grid) == row["node_texts"]
        assert computer_context.link_sentences(grid) == row["edge_texts"]
        for published in row["questions"]:
            form = COMPUTER_FORMS[published["type_id"]]
            drawn = question_from_json(published, where).arguments
            assert form.english(computer_arguments.words(form, grid, drawn)) == published["english"]
            named = (form.type_string, form.group, form.subgroup)
            assert named == tuple(published[key] for key in ("type_string", "group", "subgroup"))


def test_maps_survive_their_record(reference: list[dict[str, Any]]) -> None:
    assert all(map_to_json(map_from_json(row["graph"])) == row["graph"] for row in reference)


# ---------------------------------------------------------------- what the check must notice


def _relabel(question: dict[str, Any], answer: Any) -> None:
    question["answer"], question["label"] = answer, str(answer)


@pytest.mark.parametrize(
    ("form", "spoil"),
    [
        (2, lambda question: _relabel(question, "gigantic")),
        (15, lambda question: _relabel(question, question["answer"] + 1)),
        (17, lambda question: _relabel(question, not question["answer"])),
        (17, lambda question: _relabel(question, int(question["answer"]))),
        (23, lambda question: _relabel(question, "Nowhere")),
        (32, lambda question: _relabel(question, question["answer"][1:])),
        (49, lambda question: _relabel(question, 1)),
        (52, lambda question: _relabel(question, "mauve")),
        (24, lambda question: question.update(label="99")),
    ],
)
def test_a_wrong_answer_is_found(
    reference: list[dict[str, Any]], form: int, spoil: Callable[[dict[str, Any]], None]
) -> None:
    row = json.loads(json.dumps(reference[0]))
    spoil(next(question for question in row["questions"] if question["type_id"] == form))
    assert [question.form.id for question in check_record(row) if not question.agrees] == [form]


def test_a_list_in_another_order_agrees(reference: list[dict[str, Any]]) -> None:
    row = json.loads(json.dumps(reference[0]))
    question = next(question for question in row["questions"] if question["type_id"] == 32)
    _relabel(question, question["answer"][::-1])
    assert all(question.agrees for question in check_record(row))


@pytest.mark.parametrize(
    ("content", "line"), [(b"{", 1), (b"{}\n", 1), (b"\xff\xfe", None), (b"[]", 1), (b'{"format": 1}', 1)]
)
def test_what_is_no_record_is_named_with_its_line(tmp_path: Path, content: bytes, line: int | None) -> None:
    file = tmp_path / "file.jsonl"
    file.write_bytes(content)
    with pytest.raises(SpecError) as raised:
        list(check_file(file))
    assert raised.value.line == line


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        list(check_file(tmp_path / "none.jsonl"))
