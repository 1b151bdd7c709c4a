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
    assert "the card of B says domain=quizzes, of which there is no task" in ended.err
    assert "|B  |quizzes|" in ended.out
    assert "|7B     |" in ended.out
    wrong = mmeval("--tasks", quiz, "--model", "dummy", "--model_card", "domian=law")
    assert (wrong.code, "did you mean domain" in wrong.err) == (2, True)
    wrong = mmeval("--tasks", quiz, "--model", "dummy", "--model_card", "domain=medcal")
    assert (wrong.code, "'model_card.domain': is medical meant? (got 'medcal')" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["{run}"], "two runs are needed", "mmeval compare RUN_A RUN_B"),
        (["{run}", "nowhere"], "nowhere is not a scored run", "mmeval-runs"),
        (["{run}", "{run}", "--across", "shots"], "unknown setting 'shots'", "num_fewshot"),
        (["{run}", "{run}", "--across", "num_fewshots"], "unknown setting", "did you mean num_fewshot"),
        (["{run}", "{run}", "--across", "prompt,shots"], "unknown setting 'shots'", "num_fewshot"),
        (["{run}", "{run}", "--bootstrap_iters", "1"], "bootstrap_iters", "compare --help"),
        (["{run}", "{run}", "--baseline", "C"], "--baseline C is none of the runs", "one of A, B, or a directory"),
        (["{run}", "{run}", "--specialized_in", "medcal"], "unknown domain 'medcal'", "no task names its domain"),
        (["{run}", "{run}", "-o", "quiz.yaml/report"], "--output_path quiz.yaml/report cannot be written", ""),
        (["{run}", "{run}", "--published", "nowhere.yaml"], "nowhere.yaml cannot be read", "tasks, models"),
    ],
)
def test_wrong_use(mmeval: Mmeval, runs: list[Path], arguments: list[str], error: str, hint: str) -> None:
    ended = mmeval("compare", *(argument.format(run=runs[0]) for argument in arguments))
    assert ended.code == 2
    assert error in ended.err
    assert hint in ended.err
    assert "Traceback" not in ended.err


def test_settings_are_separated_by_commas(mmeval: Mmeval, runs: list[Path]) -> None:
    few = ("--tasks", "quiz.yaml", "--model", "dummy", "--num_fewshot", "1", "--output_path", "few")
    assert mmeval(*few).code == 0
    assert mmeval("compare", runs[0], next(Path("few").glob("*/*")), "--across", "prompt,num_fewshot").code == 0


def test_the_baseline_may_be_named(mmeval: Mmeval, runs: list[Path]) -> None:
    """By its letter on the command line, or its directory; it is A then."""
    for named in ("B", str(runs[1])):
        ended = mmeval("compare", *runs, "--baseline", named)
        assert ended.code == 0, ended.err
        assert ended.out.splitlines()[:2] == [f"A: dummy ({runs[1]})", f"B: dummy ({runs[0]})"]


def test_the_general_model_is_the_baseline(mmeval: Mmeval, quiz: Path, runs: list[Path]) -> None:
    made = ("--tasks", quiz, "--model", "dummy", "--model_meta", "domain=general", "--output_path", "card")
    assert mmeval(*made).code == 0
    general = next(Path("card").glob("*/*"))
    ended = mmeval("compare", runs[0], general)
    assert ended.out.startswith(f"A: dummy ({general}): general\n")
    assert "A is the general model by the cards, not the first run; --baseline names another" in ended.err
    ended = mmeval("compare", runs[0], general, "--baseline", "A")
    assert ended.out.startswith(f"A: dummy ({runs[0]})\n")
    assert "by the cards" not in ended.err


def test_a_run_and_itself(mmeval: Mmeval, runs: list[Path]) -> None:
    ended = mmeval("compare", runs[0], runs[0], "--by", "domain")
    assert "A and B are the same run" in ended.err
    assert ended.out.splitlines()[3].startswith("|Domain|Task|")


def test_a_broken_run_is_no_bug(mmeval: Mmeval, runs: list[Path]) -> None:
    (runs[1] / "samples.jsonl").write_text("", encoding="utf-8")
    ended = mmeval("compare", *runs)
    assert (ended.code, "it has 0 of the 3 samples of task 'quiz'" in ended.err) == (2, True)
    (runs[1] / "results.json").write_text('{"mmeval": {"complete": true}, "config": {}}', encoding="utf-8")
    ended = mmeval("compare", *runs)
    assert (ended.code, "it has no 'configs'" in ended.err, "bug" in ended.err) == (2, True, False)


def test_published_scores_stand_beside_the_runs(mmeval: Mmeval, runs: list[Path]) -> None:
    Path("scores.yaml").write_text(
        "- {task: quiz, model: GPT-4, metric: acc, value: 0.667, decimals: 3, n: 3, source: card, mark: V}\n", "utf-8"
    )
    ended = mmeval("compare", *runs, "--published", "tasks", "--published", "scores.yaml", "-o", "report")
    assert ended.code == 0, ended.err
    assert "|quiz|acc   |GPT-4        |0.667|n 3, card [V]|" in ended.out
    assert json.loads(Path("report/comparison.json").read_text(encoding="utf-8"))["published"][0]["model"] == "GPT-4"
    assert mmeval("compare", *runs, "--published", "nowhere.yaml").code == 2
