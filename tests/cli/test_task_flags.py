"""Flags that say which rows, which code and which metadata a task from YAML gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Mmeval


@pytest.mark.parametrize("given", ['{"quiz": [2, 0, 2]}', "rows.json"])
def test_rows_of_a_task_keep_their_own_numbers(mmeval: Mmeval, quiz: Path, given: str) -> None:
    (quiz.parent / "rows.json").write_text('{"quiz": [2, 0]}', encoding="utf-8")
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--samples", given, "--output_path", "runs", "--log_samples")
    assert ended.code == 0, ended.err
    (log,) = quiz.parent.glob("runs/**/samples_quiz_*.jsonl")
    assert [json.loads(line)["doc_id"] for line in log.read_text(encoding="utf-8").splitlines()] == [0, 2]
    (results,) = quiz.parent.glob("runs/**/results.json")
    assert json.loads(results.read_text(encoding="utf-8"))["n-samples"]["quiz"] == {"original": 3, "effective": 2}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--samples", '{"quiz": [3]}'), "task 'quiz' has no row 3"),
        (("--samples", '{"quizz": [0]}'), "task in --samples: 'quizz'"),
        (("--samples", '{"quiz": "0"}'), "the rows of 'quiz' are not a list of whole numbers"),
        (("--samples", "nowhere.json"), "neither json nor a file of it"),
        (("--samples", '{"quiz": [0]}', "--limit", "1"), "exclude each other"),
    ],
)
def test_rows_that_cannot_be_had(mmeval: Mmeval, quiz: Path, flags: tuple[str, ...], said: str) -> None:
    ended = mmeval("--tasks", quiz, "--model", "dummy", *flags)
    assert ended.code == 2
    assert said in ended.err.lower()


def test_metadata_and_model_arguments_reach_custom_data(mmeval: Mmeval, tmp_path: Path) -> None:
    code = "def rows(**given):\n    return {'test': [{'q': repr(sorted(given.items())), 'a': ''}]}\n"
    (tmp_path / "helper.py").write_text(code, encoding="utf-8")
    (tmp_path / "t.yaml").write_text(
        "task: t\ncustom_dataset: !function helper.rows\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n"
        "metadata: {version: 2, size: 1}\ndataset_kwargs: {own: x}\n",
        encoding="utf-8",
    )
    ended = mmeval("show", tmp_path / "t.yaml", "--metadata", '{"size": 3, "lengths": [4]}')
    given = {"config_source": str(tmp_path / "t.yaml"), "lengths": [4], "own": "x", "size": 3, "version": 2}
    assert repr(sorted(given.items())) in ended.out


def test_code_of_tasks_can_be_refused(mmeval: Mmeval, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    file = tmp_path / "t.yaml"
    file.write_text("task: t\nprocess_docs: !function helper.f\ndoc_to_target: a\n", encoding="utf-8")
    ended = mmeval("show", file, "--no_task_code")
    assert ended.code == 2
    assert "needs the function helper.f of its own, and --no_task_code is set" in ended.err


def _with_hub_metric(quiz: Path, name: str) -> None:
    text = quiz.read_text(encoding="utf-8").replace("multiple_choice", "generate_until")
    quiz.write_text(text.replace("metric: acc", f"{{metric: {name}, hf_evaluate: true}}"), encoding="utf-8")


def test_metrics_of_the_hub_need_a_flag(mmeval: Mmeval, quiz: Path) -> None:
    _with_hub_metric(quiz, "rouge")
    ended = mmeval("show", quiz)
    assert ended.code == 2
    assert "--trust_remote_code" in ended.err


LETTERS = """
import datasets
import evaluate

class Letters(evaluate.Metric):
    def _info(self):
        text = datasets.Value("string")
        return evaluate.MetricInfo("", "", features=datasets.Features({"predictions": text, "references": text}))

    def _compute(self, predictions, references):
        return {"letters": float(len(predictions[0])), "wanted": float(len(references[0]))}
"""


@pytest.mark.slow
def test_a_metric_of_the_library_evaluate(mmeval: Mmeval, quiz: Path) -> None:
    (quiz.parent / "letters").mkdir()
    (quiz.parent / "letters" / "letters.py").write_text(LETTERS, encoding="utf-8")
    _with_hub_metric(quiz, str(quiz.parent / "letters"))
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--trust_remote_code", "--output_path", "runs")
    assert ended.code == 0, ended.err
    (results,) = quiz.parent.glob("runs/**/results.json")
    row = json.loads(results.read_text(encoding="utf-8"))["results"]["quiz"]
    assert row["wanted,none"] == pytest.approx(8 / 3)  # yes, no, yes
