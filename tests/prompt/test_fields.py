"""What a task file says becomes a document's value, by lm-eval's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mmeval.errors import SpecError
from mmeval.prompt.fields import Fields
from mmeval.spec.task_spec import TaskSpec

DOC = {"q": "why", "n": 7, "opts": ["a", "b"], "gold": 1, "text": "[1, 2]", "zero": "07", "lead": " x"}


def _fields(folder: Path, choices: bool = False, **keys: Any) -> Fields:
    file = folder / "task.yaml"
    file.write_text(yaml.safe_dump({"task": "t", **keys}), encoding="utf-8")
    return Fields(TaskSpec.from_file(file), DOC.keys(), choices)


@pytest.mark.parametrize(
    ("value", "choices", "expected"),
    [
        ("q", False, "why"),
        ("n", False, 7),
        ("{{q}}?", False, "why?"),
        ("no column", False, "no column"),
        (3, True, 3),
        ("{{gold}}", True, 1),
        ("{{gold}}", False, "1"),
        ("{{zero}}", True, "07"),
        ("²", True, "²"),
        (lambda doc: doc["n"] + 1, False, 8),
    ],
)
def test_text(tmp_path: Path, value: Any, choices: bool, expected: Any) -> None:
    assert _fields(tmp_path, choices).text(value, "doc_to_text")(DOC) == expected


@pytest.mark.parametrize(
    ("value", "choices", "expected"),
    [
        ("gold", False, 1),
        (["x", "y"], False, ["x", "y"]),
        ("{{gold}}", True, 1),
        ("{{text}}", False, [1, 2]),
        ("text", False, "[1, 2]"),
        ("[not a list]", False, "[not a list]"),
        ("[", False, "["),
        ("", False, ""),
        (lambda doc: doc["opts"], False, ["a", "b"]),
    ],
)
def test_target(tmp_path: Path, value: Any, choices: bool, expected: Any) -> None:
    assert _fields(tmp_path, choices).target(value, "doc_to_target")(DOC) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("opts", ["a", "b"]),
        ("{{[q, lead]}}", ["why", " x"]),
        (["{{q}}", "b"], ["{{q}}", "b"]),
        ({"x": "a", "y": "b"}, ["a", "b"]),
        (lambda doc: doc["opts"][::-1], ["b", "a"]),
    ],
)
def test_choices(tmp_path: Path, value: Any, expected: list[str]) -> None:
    assert _fields(tmp_path, True).choices(value, "doc_to_choice")(DOC) == expected


def test_wording_takes_a_field_of_the_document_at_hand(tmp_path: Path) -> None:
    field = _fields(tmp_path).wording("own", "description")
    assert field({"own": "value"}) == "value"
    assert field(DOC) == "own"


@pytest.mark.parametrize(
    ("template", "line", "problem", "hint"),
    [
        ("{{qq}}", 1, "doc_to_text uses the field 'qq', which the data lacks", "did you mean 'q'? columns: q, n"),
        ("{{q.who}}", 1, "doc_to_text: 'str object' has no attribute 'who'", "columns: q, n"),
        ("{{opts.index('z')}}", 1, "doc_to_text: ValueError: 'z' is not in list", ""),
        ("{{1 / 0}}", 1, "doc_to_text: ZeroDivisionError", ""),
        ("{% if %}", 1, "doc_to_text: template syntax: ", ""),
        ("{{q | nosuch}}", 1, "doc_to_text: template syntax: No filter named 'nosuch'", ""),
    ],
)
def test_problems_name_task_line_and_columns(tmp_path: Path, template: str, line: int, problem: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        _fields(tmp_path, doc_to_text=template).text(template, "doc_to_text")(DOC)
    assert caught.value.line == line
    assert f"task 't': {problem}" in str(caught.value)
    assert hint in caught.value.hint


def test_choices_that_are_no_list(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="doc_to_choice does not render a list: 'why'"):
        _fields(tmp_path).choices("{{q}}", "doc_to_choice")(DOC)


def test_a_function_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="doc_to_text: KeyError: 'gone'"):
        _fields(tmp_path).text(lambda doc: doc["gone"], "doc_to_text")(DOC)


def test_a_column_that_one_document_lacks(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="uses the field 'q', which the data lacks"):
        _fields(tmp_path).text("q", "doc_to_text")({"p": 1})
