from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.cli.ls import aligned, matches
from mmeval.registry import REGISTRIES
from tests.cli.conftest import Mmeval


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_kind_is_listed(mmeval: Mmeval, kind: str) -> None:
    ended = mmeval("ls", f"{kind}s")
    assert ended.code == 0, ended.err
    assert [line.split()[0] for line in ended.out.splitlines()] or "no " in ended.err
    assert mmeval("ls", kind).out == ended.out


def test_a_pattern_selects(mmeval: Mmeval) -> None:
    assert [line.split()[0] for line in mmeval("ls", "models", "d*").out.splitlines()] == ["dummy"]
    ended = mmeval("ls", "models", "nothing")
    assert (ended.code, ended.out) == (0, "")
    assert "no models match 'nothing'" in ended.err


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("clegr_facts", "facts", True),
        ("clegr_facts", "facts*", False),
        ("clegr_facts", "clegr_?acts", True),
        ("clegr_facts", "*", True),
        ("clegr_facts", "Facts", False),
    ],
)
def test_matches(name: str, pattern: str, fits: bool) -> None:
    assert matches(name, pattern) is fits


def test_tasks_of_a_folder_are_listed_with_what_is_broken(mmeval: Mmeval, quiz: Path) -> None:
    (quiz.parent / "torn.yaml").write_text("task: [", encoding="utf-8")
    ended = mmeval("ls", "tasks", "--include_path", quiz.parent)
    assert ended.code == 0
    rows = {line.split()[0]: line for line in ended.out.splitlines()}
    assert str(quiz) in rows["quiz"]
    assert f"broken: {quiz.parent / 'torn.yaml'}:2: YAML" in rows["torn"]


def test_aligned() -> None:
    assert aligned([("a", "bb", ""), ("ccc", "d", "e")]) == "a    bb\nccc  d   e"
