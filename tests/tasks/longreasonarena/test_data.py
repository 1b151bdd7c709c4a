"""Rows and problems from files of every revision, and clear errors where there are none."""

from __future__ import annotations

import json
import urllib.error
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import MissingRequirementError, SpecError
from mmeval_tasks.longreasonarena import GeneratedLevel2, GeneratedLevel3, Level1, Level2, Level3
from mmeval_tasks.longreasonarena import data as data_module
from mmeval_tasks.longreasonarena.data import Problems, Source, ascii_tags, core_groups, row_hash
from mmeval_tasks.longreasonarena.levels import LevelTask
from tests.tasks.longreasonarena.conftest import ReadRows


@pytest.mark.parametrize(("task", "rows"), [(Level1, 514), (GeneratedLevel2, 42), (GeneratedLevel3, 42)])
def test_levels_are_read(task: type[LevelTask], rows: int, folder: Path) -> None:
    samples = list(task(data_dir=str(folder)).samples())
    assert len(samples) == len({sample.sample_id for sample in samples}) == rows
    assert samples[3].sample_id == f"{task.level}:3"
    assert all(sample.metadata["rule"] != "code" for sample in samples)


def test_a_missing_level_says_which_file(folder: Path) -> None:
    with pytest.raises(SpecError, match=r"lvl2\.jsonl: there is no such data file"):
        list(Level2(data_dir=str(folder)).samples())


def test_level1_is_as_the_facts_sheet_says(level1: Level1) -> None:
    samples = list(level1.samples())
    groups = Counter(group for sample in samples for group in sample.metadata["core_group"])
    assert groups == {"backtracking core": 131, "memory core": 318, "neither": 120}
    assert Counter(sample.metadata["difficulty"] for sample in samples) == {"easy": 10, "medium": 284, "hard": 220}
    assert Counter(sample.metadata["output_type"] for sample in samples)["int"] == 366
    assert len({sample.metadata["problem"] for sample in samples}) == 262
    tags = Counter(tag for sample in samples for tag in sample.metadata["tags"])
    assert (tags["Array"], tags["DP"], tags["Matrix"]) == (267, 241, 67)
    lengths = Counter(sample.metadata["answer_length"] for sample in samples)
    assert lengths["> 8000"] == 2
    assert len({sample.metadata["row_hash"] for sample in samples}) == 514


def test_rows_of_later_revisions_are_read(folder: Path, read: ReadRows, tmp_path: Path) -> None:
    row: dict[str, Any] = {**read("lvl1")[0], "memory": 12, "if": 3, "tags": ["\u6570\u7ec4"], "input_len": None}
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row) + "\n" + json.dumps({**row, "output": float("inf")}))
    task = Level3(dataset=str(file), problems=str(folder / "problems.jsonl"))
    first, second = task.samples()
    assert first.sample_id == "lvl3:0"
    assert first.metadata["tags"]
    assert all(tag.isascii() for tag in first.metadata["tags"])
    assert second.target == float("inf")


def test_a_row_without_a_key_is_named(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"problem": "x", "input": {}, "output": 1}\n')
    with pytest.raises(SpecError, match="the row has no 'line'"):
        list(Level1(dataset=str(file), data_dir=str(folder)).samples())


def test_a_row_without_its_problem_is_named(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"problem": "unheard of", "input": {}, "output": 1, "line": 100}\n')
    with pytest.raises(SpecError, match="no problem has the statement 'unheard of'"):
        list(Level1(dataset=str(file), data_dir=str(folder)).samples())


def test_of_two_problems_with_one_statement_the_last_counts(folder: Path) -> None:
    problems = Problems.load(Source(str(folder)))
    statements = Counter(problem.statement for problem in problems)
    assert (len(problems.all), len(statements)) == (316, 309)
    twin = next(statement for statement, count in statements.items() if count == 2)
    assert problems[twin].idx == max(problem.idx for problem in problems if problem.statement == twin)


def test_tags_and_groups(folder: Path) -> None:
    problem = Problems.load(Source(str(folder))).all[0]
    assert ascii_tags({"tags": ["DP"]}, problem) == ("DP",)
    assert ascii_tags({"tags": ["\u8d2a\u5fc3"]}, problem) == ascii_tags({}, problem) == problem.tags
    assert core_groups(["DFS", "DP", "Array"]) == ("backtracking core", "memory core")
    assert core_groups(["Array"]) == ("neither",)


def test_equal_questions_have_equal_hashes() -> None:
    row = {"problem": "p", "input": {"n": 1}, "line": 5}
    assert row_hash(row) == row_hash({**row, "line": 7}) != row_hash({**row, "input": {"n": 2}})


def test_files_are_fetched_once_and_checked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def serve(url: str, timeout: float) -> Any:
        asked.append(url)
        return (folder / Path(url).name).open("rb")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(data_module.urllib.request, "urlopen", serve)
    assert len(Source().rows("lvl1")) == len(Source().rows("lvl1")) == 514
    assert len(asked) == 1
    assert data_module.REVISION in asked[0]


def test_a_changed_file_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        data_module.urllib.request, "urlopen", lambda url, timeout: (folder / "generated_lvl2.jsonl").open("rb")
    )
    with pytest.raises(MissingRequirementError, match="not the published file"):
        Source().rows("lvl1")
    assert not list(tmp_path.rglob("*.jsonl"))


def test_no_network_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(url: str, timeout: float) -> Any:
        raise urllib.error.URLError("no route")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(data_module.urllib.request, "urlopen", fail)
    with pytest.raises(MissingRequirementError, match=r"lvl3\.jsonl cannot be fetched.*no route") as raised:
        list(Level3().samples())
    assert "--data_dir" in raised.value.hint
