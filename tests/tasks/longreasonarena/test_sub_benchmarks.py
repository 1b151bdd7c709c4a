"""Instances of the two sub-benchmarks: reproducible, and what the facts sheet says of them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import SpecError, UsageError
from mmeval_tasks.longreasonarena import Backtracking, Retrieval, backtracking, retrieval
from tests.tasks.longreasonarena.conftest import ReadRows

ROOT = Path(__file__).resolve().parents[3]


def test_retrieval_is_the_published_file(read: ReadRows) -> None:
    rows = list(retrieval.instances())
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert hashlib.sha256(text.encode()).hexdigest() == (
        "edf64471cbd14ee9e7c4ad2eb31ee18c51dd01c48bb4d39d875310dfe1d13542"
    )
    samples = {json.dumps(row["input"]): row["output"] for row in rows}
    assert all(samples[json.dumps(row["input"])] == row["output"] for row in read("retrieval_sample"))


def _pairs(row: dict[str, Any]) -> list[list[int]]:
    nums, target = row["input"]["nums"], row["input"]["target"]
    places = {number: index for index, number in enumerate(nums)}
    assert len(places) == len(nums)
    return [[i, places[target - n]] for i, n in enumerate(nums) if i < places.get(target - n, -1)]


def test_every_retrieval_instance_has_one_solution() -> None:
    assert all(_pairs(row) == [row["output"]] for row in retrieval.instances())


def test_numbers_can_be_kept_in_range() -> None:
    spans = [span for _ in retrieval.LENGTHS for span in retrieval.RANGES for _ in range(retrieval.REPEATS)]

    def outside(rows: Any) -> int:
        return sum(max(map(abs, row["input"]["nums"])) > span // 2 for row, span in zip(rows, spans, strict=True))

    assert outside(retrieval.instances()) == 143
    assert outside(retrieval.instances(in_range=True)) == 0


def test_retrieval_cells() -> None:
    cells = Counter(sample.metadata["cell"] for sample in Retrieval().samples())
    assert len(cells) == 25
    assert set(cells.values()) == {20}


def test_backtracking_is_the_same_for_every_hash_seed() -> None:
    code = (
        "import hashlib, json; from mmeval_tasks.longreasonarena.backtracking import instances;"
        "print(hashlib.sha256(json.dumps(list(instances())).encode()).hexdigest())"
    )
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tasks")))
    sums = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(sums) == 1


def test_backtracking_instances() -> None:
    rows = list(backtracking.instances())
    assert Counter(len(row["input"]["word"]) for row in rows) == dict.fromkeys(backtracking.LENGTHS, 50)
    words = [row["input"]["word"] for row in rows[:7]]
    assert all(words[-1].startswith(word) for word in words)
    solvable = [backtracking.solvable(row["input"]["board"], row["input"]["word"]) for row in rows]
    assert sum(solvable) >= 345
    assert sum(len(set(row["input"]["word"])) < len(row["input"]["word"]) for row in rows) > 200


def test_solvable_agrees_with_the_sample(read: ReadRows) -> None:
    for row in read("backtracking_sample"):
        assert backtracking.solvable(row["input"]["board"], row["input"]["word"]) is row["solvable"]


@pytest.mark.parametrize(
    ("answer", "strict", "official"),
    [
        ("[[0, 0], [0, 1]]", 1, 1),
        ("((0, 0), (0, 1))", 1, 1),
        ("[[0, 0], [-1, 1]]", 0, 1),
        ("[[0, 0], [0, 0]]", 0, 0),
        ("[[0, 0], [1, 1]]", 0, 1),
        ("[[0.0, 0], [0, 1]]", 0, 0),
        ("[[0, 0, 5], [0, 1]]", 0, 1),
        ("[[0, 0], [0, 9]]", 0, 0),
        ("[]", 0, 0),
        ("{}", 0, 0),
        ("0", 0, 0),
        ("[0, 1]", 0, 0),
        ("open('x')", 0, 0),
    ],
)
def test_path_rules(answer: str, strict: int, official: int) -> None:
    task = Backtracking()
    sample = next(iter(task.samples()))
    board = [["A", "B"], ["C", "B"]]
    doc = {**sample.doc, "input": {"board": board, "word": "AB"}}
    scores = task.judge(type(sample)("x", doc), f"\\boxed{{{answer}}}").values
    assert (scores["acc"], scores["acc_official"]) == (strict, official)


def test_the_empty_list_is_right_where_there_is_no_path() -> None:
    doc = {"input": {"board": [["A", "C"], ["B", "D"]], "word": "AD"}}
    assert Backtracking().right([], doc)
    assert not Backtracking().right({}, doc)
    assert not Backtracking().officially_right([], doc)


def test_files_of_answers(folder: Path, read: ReadRows) -> None:
    task = Retrieval(dataset=str(folder / "retrieval_sample.jsonl"))
    rows = [row for row in read("subbench_verdicts") if row["task"] == "retrieval"]
    found = list(task.score_file(rows))
    assert [one["verdict"] == "correct" for one in found] == [bool(row["strict_score"]) for row in rows]
    with pytest.raises(UsageError, match="row 1 names no sample"):
        list(task.score_file([{"sample_index": 19, "response": ""}]))


def test_the_published_file_has_no_ranges(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = list(retrieval.instances())[::200]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    samples = list(Retrieval(dataset=str(file)).samples())
    assert [sample.metadata["array_length"] for sample in samples] == [40, 200, 1000]
    assert {sample.metadata["cell"] for sample in samples} == {None}


@pytest.mark.parametrize("row", [{"problem": "p"}, {"problem": "p", "input": {"nums": [1]}}, {"input": {}}])
def test_a_row_that_is_no_instance_is_named(row: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row))
    with pytest.raises(SpecError, match=r"rows\.jsonl:1: the row has no 'problem', or no 'input' with nums and target"):
        list(Retrieval(dataset=str(file)).samples())
