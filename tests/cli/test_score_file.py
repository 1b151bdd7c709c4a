from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Mmeval

TASK = """
from mmeval import Sample, SampleScore, Task


class Capitals(Task):
    name = "capitals"

    def __init__(self, right: str = "Paris"):
        self.right = right

    def samples(self):
        yield Sample("test:0", {}, self.right)

    def requests(self, sample):
        return []

    def score(self, sample, responses):
        return SampleScore(sample.sample_id, {})

    def score_file(self, rows):
        for row in rows:
            verdict = "correct" if row["response"] == self.right else "incorrect"
            yield {"verdict": verdict, "why": "as told"} if row["response"] == "Oslo" else verdict
"""


@pytest.fixture
def task(tmp_path: Path) -> Path:
    file = tmp_path / "capitals.py"
    file.write_text(TASK, encoding="utf-8")
    return file


def rows(*given: dict[str, str]) -> Path:
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    return Path("rows.jsonl")


def test_verdicts_are_json_lines(mmeval: Mmeval, task: Path) -> None:
    ended = mmeval("score-file", task, rows({"response": "Paris"}, {"response": "Rome"}))
    assert ended.code == 0, ended.err
    assert [json.loads(line) for line in ended.out.splitlines()] == [
        {"row": 1, "verdict": "correct"},
        {"row": 2, "verdict": "incorrect"},
    ]


def test_expected_verdicts_are_compared(mmeval: Mmeval, task: Path) -> None:
    file = rows(
        {"response": "Paris", "expected": "correct"}, {"response": "Rome", "expected": "correct"}, {"response": "Oslo"}
    )
    ended = mmeval("score-file", task, file)
    assert ended.code == 1
    assert [json.loads(line).get("agrees") for line in ended.out.splitlines()] == [True, False, None]
    assert "1 of 2 verdicts are the expected ones" in ended.err


def test_a_verdict_may_have_findings_beside_it(mmeval: Mmeval, task: Path) -> None:
    ended = mmeval("score-file", task, rows({"response": "Oslo", "expected": "incorrect"}))
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {
        "row": 1, "verdict": "incorrect", "why": "as told", "expected": "incorrect", "agrees": True
    }  # fmt: skip


def test_arguments_reach_the_task(mmeval: Mmeval, task: Path) -> None:
    file = rows({"response": "Rome", "expected": "correct"})
    assert mmeval("score-file", task, file, "--task_args", "Rome").code == 2
    ended = mmeval("score-file", task, file, "--task_args", "right=Rome")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("content", "said"), [(b"{}\n{\n", "rows.jsonl:2"), (b"\xff\n", "not UTF-8"), (b"1\n", "rows.jsonl:1")]
)
def test_a_broken_file_is_named_with_its_line(mmeval: Mmeval, task: Path, content: bytes, said: str) -> None:
    rows().write_bytes(content)
    ended = mmeval("score-file", task, "rows.jsonl")
    assert ended.code == 2
    assert said in ended.err


def test_what_cannot_score_files_says_so(mmeval: Mmeval, task: Path, quiz: Path) -> None:
    ended = mmeval("score-file", quiz, rows({"response": "Rome"}))
    assert ended.code == 2
    assert "does not score files" in ended.err
    assert mmeval("score-file", task, "rows.docx").code == 2
    assert "No such file" in mmeval("score-file", task, "nowhere.jsonl").err
