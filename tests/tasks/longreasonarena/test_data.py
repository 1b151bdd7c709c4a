"""Rows and problems from files of every revision, and clear errors where there are none."""

from __future__ import annotations

import json
import urllib.error
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import MissingRequirementError, SpecError, UsageError
from mmeval_tasks.longreasonarena import GeneratedLevel2, GeneratedLevel3, Level1, Level2, Level3
from mmeval_tasks.longreasonarena import source as source_module
from mmeval_tasks.longreasonarena.data import Problems, ascii_tags, core_groups, row_hash
from mmeval_tasks.longreasonarena.levels import LevelTask
from mmeval_tasks.longreasonarena.source import Source
from tests.tasks.longreasonarena.conftest import ReadRows


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files may be fetched, whatever the tests' environment says."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


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


GOOD = {"problem": "p", "input": {}, "output": None, "line": 100}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"line": None}, "rows.jsonl:2: the row has no 'line'"),
        ({"input": None}, "the row has no 'input'"),
        ({"line": 0}, "'line' is 0, not a number of lines"),
        ({"line": "many"}, "'line' is 'many', not a number"),
        ({"attempt": 3}, "the row was generated; it belongs to no published set"),
    ],
)
def test_a_row_that_cannot_be_scored_is_named(
    change: dict[str, Any], problem: str, tmp_path: Path, folder: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (GOOD, GOOD | change)))
    with pytest.raises(SpecError, match=problem):
        list(Level1(dataset=str(file), data_dir=str(folder)).samples())


def test_a_problem_that_is_none_is_named(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "problems.jsonl"
    file.write_text('{"idx": 1, "problem": "p"}\n')
    with pytest.raises(SpecError, match=r"problems.jsonl:1: the problem has no 'compare_func'"):
        list(Level1(data_dir=str(folder), problems=str(file)).samples())


def test_a_folder_without_problems_takes_the_published_ones(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path))
    kept = tmp_path / "longreasonarena" / source_module.REVISION
    kept.mkdir(parents=True)
    (kept / "problems.jsonl").symlink_to(folder / "problems.jsonl")
    (tmp_path / "generated_lvl2.jsonl").symlink_to(folder / "generated_lvl2.jsonl")
    assert len(list(GeneratedLevel2(data_dir=str(tmp_path)).samples())) == 42


def test_generated_sets_are_nowhere_published() -> None:
    with pytest.raises(UsageError, match=r"generated_lvl3\.jsonl is nowhere published") as raised:
        list(GeneratedLevel3().samples())
    assert "mmeval generate longreasonarena" in raised.value.hint


def test_offline_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingRequirementError, match="the run is offline"):
        list(Level1().samples())


def test_the_data_is_part_of_the_result(folder: Path) -> None:
    config = Level1(data_dir=str(folder)).config()
    assert config["as_published"]
    assert config["data"] == source_module.SHA256
    generated = GeneratedLevel3(data_dir=str(folder)).config()
    assert (generated["published"], generated["as_published"]) == (False, False)
    assert set(generated["data"]) == {"generated_lvl3.jsonl", "problems.jsonl"}


def test_a_row_without_its_problem_is_named(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"problem": "unheard of", "input": {}, "output": 1, "line": 100}\n')
    with pytest.raises(SpecError, match="no problem has the statement 'unheard of'"):
        list(Level1(dataset=str(file), data_dir=str(folder)).samples())


def test_of_two_problems_with_one_statement_the_last_counts(folder: Path) -> None:
    problems = Problems.of(Source(str(folder)).dataset("problems"))
    statements = Counter(problem.statement for problem in problems)
    assert (len(problems.all), len(statements)) == (316, 309)
    twin = next(statement for statement, count in statements.items() if count == 2)
    assert problems[twin].idx == max(problem.idx for problem in problems if problem.statement == twin)


def test_tags_and_groups(folder: Path) -> None:
    problem = Problems.of(Source(str(folder)).dataset("problems")).all[0]
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

    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path))
    monkeypatch.setattr(source_module.urllib.request, "urlopen", serve)
    assert len(Source().dataset("lvl1").rows("test")) == len(Source().dataset("lvl1").rows("test")) == 514
    assert len(asked) == 1
    assert source_module.REVISION in asked[0]


def test_a_changed_file_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path))
    monkeypatch.setattr(
        source_module.urllib.request, "urlopen", lambda url, timeout: (folder / "generated_lvl2.jsonl").open("rb")
    )
    with pytest.raises(MissingRequirementError, match="not the published file"):
        Source().dataset("lvl1")
    assert not list(tmp_path.rglob("*.jsonl"))


def test_no_network_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(url: str, timeout: float) -> Any:
        raise urllib.error.URLError("no route")

    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path))
    monkeypatch.setattr(source_module.urllib.request, "urlopen", fail)
    with pytest.raises(MissingRequirementError, match=r"lvl3\.jsonl cannot be fetched.*no route") as raised:
        list(Level3().samples())
    assert "--data_dir" in raised.value.hint
