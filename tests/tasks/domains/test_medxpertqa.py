"""MedXpertQA: the reasoning, then the letter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval import evaluate
from mmeval.cli.main import execute
from mmeval.data.files import sha256
from mmeval.errors import UsageError
from mmeval.task import Task
from mmeval.testing import ScriptedModel, TaskConformance
from mmeval.types import Ask, Generate, Generation, Outcome
from mmeval_tasks.domains import samples
from mmeval_tasks.domains.medical.medxpertqa import FOLLOW_UP, MedXpertQAText

NAME = "medxpertqa_text"
ROWS = samples.rows_of(NAME)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    samples.write(tmp_path / "rows", [], [NAME])
    return tmp_path / "rows"


class TestConformance(TaskConformance):
    @pytest.fixture(autouse=True)
    def _files(self, made: Path) -> None:
        self.folder = made

    def make(self) -> Task:
        return MedXpertQAText(data_dir=str(self.folder), offline=True)


def _row(made: Path, answer: str) -> Mapping[str, Any]:
    """Metric values and outcomes when every second request gets `answer`, `{}` standing for the gold letter."""

    def script(ask: Ask) -> str:
        gold = next(row["label"] for row in ROWS if row["question"] in ask.prompt.text)
        return answer.format(gold) if ask.prompt.text.endswith(FOLLOW_UP) else "It may be A. Or (B)."

    options: dict[str, Any] = {"data_dir": str(made), "output_path": str(made), "offline": True, "bootstrap_iters": 0}
    results = evaluate(tasks=NAME, model=ScriptedModel(script), **options)
    rows = {row["metric"]: row for row in results.data["mmeval"]["tasks"][NAME]["metrics"]}
    return {**{name: row["value"] for name, row in rows.items()}, "outcomes": rows["exact_match"]["outcomes"]}


@pytest.mark.parametrize(
    ("answer", "score", "unparsed"),
    [
        ("{}", 1.0, 0.0),
        (" ({}).", 1.0, 0.0),
        ("<think>A or B. The answer is B.</think>The answer is {}.", 1.0, 0.0),
        ("B", 0.0, 0.0),
        ("hard to say", 0.0, 1.0),
        ("K", 0.0, 1.0),
        ("<think>The answer is {}", 0.0, 1.0),
    ],
)
def test_the_last_answer_is_scored(made: Path, answer: str, score: float, unparsed: float) -> None:
    found = _row(made, answer)
    assert (found["exact_match"], found["unparsed_rate"]) == (score, unparsed)
    assert found["outcomes"].get(Outcome.UNPARSED.value, 0) == unparsed * len(ROWS)


@pytest.mark.parametrize(
    ("reasoning", "kept"),
    [
        (" It moves the arm.\n", "It moves the arm."),
        ("<think>Hm.</think>It moves the arm.", "It moves the arm."),
        ("<think>It moves", ""),
    ],
)
def test_the_second_prompt_holds_the_reasoning(made: Path, reasoning: str, kept: str) -> None:
    task = MedXpertQAText(data_dir=str(made), max_tokens=100, answer_tokens=7)
    first = next(iter(task.samples()))
    (opening,) = task.requests(first)
    assert opening.prompt.text == f"Q: {ROWS[0]['question']}\nA: Let's think step by step."
    (ask,) = task.follow_up(first, [Generation(reasoning)])
    assert isinstance(opening, Generate)
    assert isinstance(ask, Generate)
    assert (opening.max_tokens, ask.max_tokens) == (100, 7)
    assert ask.prompt.text == f"{opening.prompt.text} {kept}\n{FOLLOW_UP}"
    assert [message.role for message in ask.prompt.messages] == ["user", "assistant", "user"]
    assert task.follow_up(first, [Generation(reasoning), Generation("C")]) == ()


def test_questions_without_their_options_get_them(tmp_path: Path) -> None:
    row = {**ROWS[0], "question": ROWS[0]["question"].partition("\n")[0]}
    (tmp_path / "bare.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (sample,) = MedXpertQAText(dataset=str(tmp_path / "bare.jsonl")).samples()
    assert sample.doc["question"] == ROWS[0]["question"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"label": "K"}, "row 0: the label is 'K', not A to J"),
        ({"options": {"A": "spleen", "B": "liver"}}, "row 0: the options are A, B, not A to J"),
        ({"label": None, "options": None}, "row 0: the options are missing"),
    ],
)
def test_rows_that_contradict_themselves_are_told(tmp_path: Path, change: Mapping[str, Any], problem: str) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({**ROWS[0], **change}), encoding="utf-8")
    with pytest.raises(UsageError, match=problem):
        list(MedXpertQAText(dataset=str(tmp_path / "rows.jsonl")).samples())


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({"question": "?", "answer": "A"}), encoding="utf-8")
    with pytest.raises(UsageError, match="the columns 'options', 'label' are missing; columns: question, answer"):
        list(MedXpertQAText(dataset=str(tmp_path / "rows.jsonl")).samples())


def test_a_budget_must_be_positive() -> None:
    with pytest.raises(UsageError, match="'answer_tokens' must be at least 1, got 0"):
        MedXpertQAText(answer_tokens=0)


def test_a_run_is_resumed_in_front_of_a_follow_up(made: Path, tmp_path: Path) -> None:
    arguments = ["--tasks", NAME, "--model", "dummy", "--data_dir", str(made), "--offline", "--bootstrap_iters", "0"]
    assert execute([*arguments, "--output_path", str(tmp_path / "runs")]) == 0
    (log,) = (tmp_path / "runs").rglob("responses.jsonl")
    lines = log.read_bytes().splitlines(keepends=True)
    assert sorted(json.loads(line)["key"][1:3] for line in lines) == [[f"test:{n}", i] for n in (0, 1) for i in (0, 1)]
    scored = (log.parent / "samples.jsonl").read_bytes()
    log.write_bytes(b"".join(lines[:2]) + lines[2][:20])
    assert execute(["resume", str(log.parent)]) == 0
    assert sorted(log.read_bytes().splitlines(keepends=True)) == sorted(lines)
    assert (log.parent / "samples.jsonl").read_bytes() == scored


def test_the_file_in_use_is_recorded(made: Path) -> None:
    recorded = MedXpertQAText(data_dir=str(made)).config()["data"]
    file = made / f"{NAME}.jsonl"
    assert (recorded["origin"], recorded["files"]) == ("data_dir", {str(file): sha256(file)})


def test_show_tells_what_is_known_and_the_prompt(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["show", NAME, "-n", "1", "--data_dir", str(made), "--offline"]) == 0
    shown = capsys.readouterr().out
    assert f"\nQ: {ROWS[0]['question']}\nA: Let's think step by step.\n--- target: C\n" in shown
    for line in ("chance: 0.1", "licence: MIT", "revision: unverified", "published: exact_match 0.378 DeepSeek-R1"):
        assert f"\n{line}" in shown


def test_published_scores_are_of_the_same_kind(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run of a few rows differs from them in its size alone."""
    results = evaluate(tasks=NAME, model="dummy", data_dir=str(made), output_path=str(tmp_path), bootstrap_iters=0)
    run = str(results.directory)
    assert execute(["compare", run, run, "--published", "tasks"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "DeepSeek-R1" in line)
    assert line.count("not comparable: data: local file, n 2450, here 2|") == 2


def test_without_files_an_offline_run_names_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"task '{NAME}': there is no .*{NAME}.test.jsonl"):
        evaluate(tasks=NAME, model="dummy", data_dir=str(tmp_path), offline=True, output_path=str(tmp_path))
