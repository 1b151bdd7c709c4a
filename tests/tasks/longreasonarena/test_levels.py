"""Scores of single answers, whole runs with simulated models, and files of answers made elsewhere."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval import Generation, Outcome, evaluate
from mmeval.errors import UsageError
from mmeval.model import OneByOneModel
from mmeval.task import score_one
from mmeval.types import Generate, Sample
from mmeval_tasks.longreasonarena import GeneratedLevel3, Level1
from tests.tasks.longreasonarena.conftest import ReadRows


@pytest.fixture(scope="module")
def sample(level1: Level1) -> Sample:
    """The first row: the answer is 27."""
    first = next(iter(level1.samples()))
    assert first.target == 27
    return first


@pytest.mark.parametrize(
    ("generation", "outcome", "expected"),
    [
        (Generation("<think>a</think>\\boxed{27}", tokens=10), Outcome.SCORED, {"acc": 1, "output_tokens": 10}),
        (Generation("\\boxed{28}"), Outcome.SCORED, {"acc": 0, "acc_lenient": 0, "verdict": "wrong"}),
        (Generation("\\boxed{$27$}"), Outcome.SCORED, {"acc": 0, "acc_lenient": 1, "format_error_rate": 0}),
        (Generation("27"), Outcome.UNPARSED, {"acc": 0, "format_error_rate": 1, "verdict": "invalid"}),
        (
            Generation("so far \\boxed{27}, but", "length"),
            Outcome.TRUNCATED,
            {"acc": 1, "correct_but_truncated": 1, "acc_complete_only": None, "ending": "length_in_think"},
        ),
        (
            Generation("a</think>\\boxed{2", "length"),
            Outcome.TRUNCATED,
            {"acc": 0, "truncation_rate": 1, "ending": "length_in_box", "format_error_rate": 1},
        ),
        (Generation("\\boxed{27}", "refusal"), Outcome.REFUSED, {"acc": 1}),
    ],
)
def test_one_answer(
    level1: Level1, sample: Sample, generation: Generation, outcome: Outcome, expected: Mapping[str, Any]
) -> None:
    score = score_one(level1.score, sample, [generation])
    assert score.outcome is outcome
    assert {name: score.values[name] for name in expected} == expected


def test_answers_that_cannot_fit_the_budget_are_not_feasible(folder: Path, level1: Level1) -> None:
    longest = max(level1.samples(), key=lambda one: one.metadata["answer_tokens"])
    answer = Generation(f"\\boxed{{{longest.target}}}")
    assert level1.score(longest, [answer]).values["acc_feasible"] == 1
    small = Level1(data_dir=str(folder), max_tokens=8000)
    assert small.score(longest, [answer]).values["acc_feasible"] is None


class Simulated(OneByOneModel):
    """Answers each prompt of a task by a function of its sample."""

    def __init__(self, task: Level1, answer: Callable[[Sample], Generation]) -> None:
        self._answers = {task.requests(one)[0].prompt.text: answer(one) for one in task.samples()}

    def generate(self, ask: Generate, seed: int | None) -> Generation:
        return self._answers[ask.prompt.text]


def _run(task: Level1, answer: Callable[[Sample], Generation], name: str, folder: Path) -> Any:
    task.name = name
    return evaluate(tasks=task, model=Simulated(task, answer), output_path=str(folder), bootstrap_iters=0)


def _details(results: Any, name: str) -> Any:
    return results.data["mmeval"]["tasks"][name]["details"]


def _skilled(intercept: float, slope: float, seed: int) -> Callable[[Sample], Generation]:
    """Right with a probability that falls linearly in log10(lines)."""
    draw = random.Random(seed)

    def answer(sample: Sample) -> Generation:
        chance = (intercept + slope * math.log10(sample.doc["line"])) / 100
        right = draw.random() < chance
        text = sample.target if isinstance(sample.target, str) else repr(sample.target)
        return Generation(f"steps</think>\\boxed{{{text if right else 'None'}}}", tokens=round(3 * sample.doc["line"]))

    return answer


@pytest.mark.slow
@pytest.mark.parametrize(("intercept", "slope"), [(140.0, -30.0), (110.0, -20.0), (90.0, -20.0)])
def test_a_run_recovers_the_skill_of_its_model(folder: Path, tmp_path: Path, intercept: float, slope: float) -> None:
    results = _run(Level1(data_dir=str(folder)), _skilled(intercept, slope, 1), "lra_level1", tmp_path)
    details = _details(results, "lra_level1")
    fit, band = details["lines"]["fit"], details["lines"]["band"]
    assert band["slope"][0] <= slope <= band["slope"][1]
    assert band["intercept"][0] <= intercept <= band["intercept"][1]
    assert fit["r2"] > 0.8
    assert band["r2"][0] <= fit["r2"] <= band["r2"][1] + 0.01
    assert details["lines"]["logistic_slope"] < 0
    assert [point["n"] for point in details["lines"]["bins"]] == [94, 118, 136, 166]


def test_a_run_leaves_figures_and_rows(folder: Path, tmp_path: Path) -> None:
    results = _run(Level1(data_dir=str(folder)), _skilled(140, -30, 2), "lra_files", tmp_path)
    task = results.data["mmeval"]["tasks"]["lra_files"]
    made = results.directory / "tasks" / "lra_files"
    assert (made / "accuracy.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads((made / "rows.json").read_text())["rows"]) == 514
    assert set(task["slices"]["core_group"]) == {"backtracking core", "memory core", "neither"}
    assert min(rows[0]["total"] for rows in task["slices"]["tags"].values()) >= 10
    details = task["details"]
    assert details["tokens"]["per_line_median"] == 3
    assert details["tokens"]["correct"]["mean"] < details["tokens"]["wrong"]["mean"]
    assert details["endings"] == {"complete": 514}
    published = details["published"]["rows"]
    assert all(row["published"] for row in published)
    assert {"model": "o1", "acc": 0.593, "published": True} in published


def test_generated_rows_run_truncated_and_say_so(folder: Path, tmp_path: Path) -> None:
    task = GeneratedLevel3(data_dir=str(folder), max_tokens=64)
    results = _run(task, lambda _: Generation("First, I", "length", tokens=64), "lra_generated", tmp_path)
    (accuracy, *_) = results.data["mmeval"]["tasks"]["lra_generated"]["metrics"]
    assert accuracy["outcomes"] == {"truncated": 42}
    details = _details(results, "lra_generated")
    assert details["endings"] == {"length_in_think": 42}
    assert "published" not in details


@pytest.fixture
def hostile(read: ReadRows, tmp_path: Path) -> dict[str, str]:
    """One row, whose problem compares answers by a program that wants to leave its process."""
    row = next(row for row in read("lvl1") if isinstance(row["output"], list))
    problem = next(problem for problem in read("problems") if problem["problem"] == row["problem"])
    compare = (
        "def compare(user_output, expected_output):\n    string._re.enum.sys.modules['os'].fork()\n    return True"
    )
    (tmp_path / "problems.jsonl").write_text(json.dumps(problem | {"compare_func": compare}))
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    return {"dataset": str(tmp_path / "rows.jsonl"), "problems": str(tmp_path / "problems.jsonl")}


def test_comparisons_by_code_are_refused_before_anything_is_asked(hostile: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="compare answers by code of the data set") as raised:
        next(Level1(**hostile).samples())
    assert "allow_code_execution=true" in raised.value.hint


def test_a_hostile_comparison_is_a_wrong_answer_with_its_reason(hostile: dict[str, str], tmp_path: Path) -> None:
    task = Level1(**hostile, allow_code_execution=True)
    results = _run(task, lambda sample: Generation(f"\\boxed{{{sample.target}}}"), "lra_hostile", tmp_path)
    assert results.exit_code == 0
    (sample,) = map(json.loads, (results.directory / "samples.jsonl").read_text().splitlines())
    assert "comparison raised (tried: os.fork)" in json.dumps(sample)
    assert _details(results, "lra_hostile")["reasons"] == {"comparison raised (tried: os.fork)": 1}


def test_a_file_of_answers_is_scored(level1: Level1, read: ReadRows) -> None:
    rows = read("verdicts")
    verdicts = list(level1.score_file(rows))
    assert [one["verdict"] for one in verdicts] == [row["expected"] for row in rows]
    assert {one["sample_id"] for one in verdicts[:3]} <= {"lvl1:0", "lvl1:1", "lvl1:2"}
    named = [{"sample_id": "lvl1:0", "response": "\\boxed{27}"}, {"sample_id": "lvl1:0", "response": "none"}]
    assert Counter(one["verdict"] for one in level1.score_file(named)) == {"correct": 1, "invalid": 1}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"row_index": 999, "response": ""}, r"row 2 names no sample of this task: \{'row_index': 999\}"),
        ({"sample_id": "lvl2:0", "response": ""}, "row 2 names no sample"),
        ({"response": ""}, "it has neither key"),
        ({"row_index": 0, "sample_id": None}, "row 2 has no response"),
    ],
)
def test_a_row_that_answers_nothing_is_named(level1: Level1, row: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        list(level1.score_file([{"row_index": "0", "response": "\\boxed{27}"}, row]))


def test_settings_are_part_of_the_result(folder: Path) -> None:
    config = Level1(data_dir=str(folder), max_tokens=1000).config()
    assert (config["budget"], config["worst_case_tokens"], config["published"]) == (1000, 514_000, True)
    assert GeneratedLevel3(data_dir=str(folder)).config()["published"] is False
