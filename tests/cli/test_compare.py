"""`mmeval compare`, over runs of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Mmeval


@pytest.fixture
def runs(mmeval: Mmeval, quiz: Path) -> list[Path]:
    """The quiz answered by two seeds of the dummy model."""
    for seed in ("0", "1"):
        arguments = ("--tasks", quiz, "--model", "dummy", "--model_args", f"seed={seed}", "--output_path", f"out{seed}")
        assert mmeval(*arguments).code == 0
    return [next(Path(f"out{seed}").glob("*/*")) for seed in (0, 1)]


def test_a_table_on_stdout_and_files_where_they_are_wanted(mmeval: Mmeval, runs: list[Path]) -> None:
    ended = mmeval("compare", *runs, "--output_path", "report")
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[:2] == [f"A: dummy ({runs[0]})", f"B: dummy ({runs[1]})"]
    assert lines[3].startswith("|Task|Metric|")
    assert json.loads(Path("report/comparison.json").read_text(encoding="utf-8"))["comparisons"][0]["rows"]
    for name in ("json", "csv", "md", "html"):
        assert f"wrote {Path('report') / f'comparison.{name}'}" in ended.err


def test_more_than_two_runs(mmeval: Mmeval, runs: list[Path]) -> None:
    ended = mmeval("compare", *runs, runs[0])
    assert ended.code == 0
    assert [line.split("|")[3].strip() for line in ended.out.splitlines()[6:8]] == ["B", "C"]


def test_a_refusal_is_an_error_with_its_reason(mmeval: Mmeval, runs: list[Path]) -> None:
    assert mmeval("--tasks", "quiz.yaml", "--model", "dummy", "--limit", "2", "--output_path", "few").code == 0
    ended = mmeval("compare", runs[0], next(Path("few").glob("*/*")))
    assert ended.code == 1
    assert "error: task 'quiz' of A and B: different samples: 3 / 2 samples, 1 / 0 of them alone" in ended.err


def test_shots_may_differ_where_they_are_named(mmeval: Mmeval, runs: list[Path]) -> None:
    few = ("--tasks", "quiz.yaml", "--model", "dummy", "--num_fewshot", "1", "--output_path", "few")
    assert mmeval(*few).code == 0
    shots = next(Path("few").glob("*/*"))
    refused = mmeval("compare", runs[0], shots)
    assert refused.code == 1
    assert "|" not in refused.out, "nothing was compared"
    assert "say --across num_fewshot" in refused.err
    told = mmeval("compare", runs[0], shots, "--across", "num_fewshot")
    assert told.code == 0, told.err
    assert "num_fewshot 0 / 1" in told.out


def test_a_model_card_says_what_a_model_was_made_for(mmeval: Mmeval, quiz: Path, runs: list[Path]) -> None:
    card = "domain=quizzes,specialisation=merge,base_model=dummy,params_total=7B,train_sets=quiz"
    made = ("--tasks", quiz, "--model", "dummy", "--model_card", card, "--output_path", "card")
    assert mmeval(*made).code == 0
    ended = mmeval("compare", runs[0], (special := next(Path("card").glob("*/*"))), "--output_path", "report")
    assert ended.code == 0, ended.err
    assert f"B: dummy ({special}): quizzes, merge of dummy" in ended.out
    assert "B in-domain-tuned" in ended.out
    assert "|off quizzes|" in ended.out
    assert "|7B     |" in ended.out
    wrong = mmeval("--tasks", quiz, "--model", "dummy", "--model_card", "domian=law")
    assert (wrong.code, "did you mean domain" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["{run}"], "two runs are needed", "mmeval compare RUN_A RUN_B"),
        (["{run}", "nowhere"], "nowhere is not a scored run", "mmeval-runs"),
        (["{run}", "{run}", "--across", "shots"], "unknown setting 'shots'", "num_fewshot"),
        (["{run}", "{run}", "--across", "num_fewshots"], "unknown setting", "did you mean num_fewshot"),
        (["{run}", "{run}", "--bootstrap_iters", "1"], "bootstrap_iters", "compare --help"),
    ],
)
def test_wrong_use(mmeval: Mmeval, runs: list[Path], arguments: list[str], error: str, hint: str) -> None:
    ended = mmeval("compare", *(argument.format(run=runs[0]) for argument in arguments))
    assert ended.code == 2
    assert error in ended.err
    assert hint in ended.err
    assert "Traceback" not in ended.err


def test_published_scores_stand_beside_the_runs(mmeval: Mmeval, runs: list[Path]) -> None:
    Path("scores.yaml").write_text(
        "- {task: quiz, model: GPT-4, metric: acc, value: 0.667, decimals: 3, n: 3, source: card, mark: V}\n", "utf-8"
    )
    ended = mmeval("compare", *runs, "--published", "tasks", "--published", "scores.yaml", "-o", "report")
    assert ended.code == 0, ended.err
    assert "|quiz|acc   |GPT-4        |0.667|n 3, card [V]|" in ended.out
    assert json.loads(Path("report/comparison.json").read_text(encoding="utf-8"))["published"][0]["model"] == "GPT-4"
    assert mmeval("compare", *runs, "--published", "nowhere.yaml").code == 2
