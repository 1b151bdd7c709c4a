from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import MmevalError, SpecError, UsageError
from mmeval.report.compare.runs import read_run
from mmeval.types import Outcome

from .made import CONFIG, Made, changed


def test_what_a_run_says(tmp_path: Path) -> None:
    outcomes = [Outcome.SCORED, Outcome.UNPARSED]
    run = read_run(Made().task("quiz", [1.0, 0.0], outcomes=outcomes, clusters=["a", None]).write(tmp_path / "run"))
    answers = run.answers["quiz", "none"]
    assert list(answers.samples) == ["test:0", "test:1"]
    assert answers.samples["test:0"].metadata == {"cluster": "a"}
    assert [scores[0].values for scores in answers.scores.values()] == [{"acc": 1.0}, {"acc": 0.0}]
    assert (answers.unparsed, answers.repeats) == (0.5, 1)
    assert run.rows("quiz")[0]["value"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({}, "dummy"),
        ({"pretrained": "a/b"}, "a/b"),
        ({"pretrained": "a/b", "peft": "c"}, "c"),
        ({"seed": 3}, "dummy"),
    ],
)
def test_a_run_goes_by_its_model(tmp_path: Path, arguments: dict[str, Any], name: str) -> None:
    made = Made(config={**CONFIG, "model_args": arguments}).task("quiz", [1.0])
    assert read_run(made.write(tmp_path / "run")).model == name


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a scored run"):
        read_run(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"results": {}}'])
def test_other_results(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match="not the results of an mmeval run"):
        read_run(tmp_path)


def test_a_run_that_is_not_complete(tmp_path: Path) -> None:
    directory = Made().task("quiz", [1.0]).write(tmp_path / "run", complete=False)
    with pytest.raises(UsageError, match="is not complete") as caught:
        read_run(directory)
    assert caught.value.hint == f"go on with: mmeval resume {directory}"


@pytest.mark.parametrize("line", ["{", "[]", '{"task": "quiz", "pipeline": "none"}'])
def test_another_sample_log_says_which_line_and_what_to_do(tmp_path: Path, line: str) -> None:
    directory = Made().task("quiz", [1.0]).write(tmp_path / "run")
    with (directory / "samples.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(SpecError, match=r"samples.jsonl:2: not a line of this version's sample log") as caught:
        read_run(directory)
    assert caught.value.hint == f"write it anew: mmeval score {directory}"


@pytest.mark.parametrize(("kept", "task", "found"), [(0, "quiz", 0), (1, "quiz", 1), (2, "exam", 0)])
def test_a_sample_log_that_was_cut_off(tmp_path: Path, kept: int, task: str, found: int) -> None:
    directory = Made().task("quiz", [1.0, 0.0]).task("exam", [1.0, 0.0]).write(tmp_path / "run")
    path = directory / "samples.jsonl"
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:kept]), encoding="utf-8")
    with pytest.raises(SpecError, match=rf"samples\.jsonl: it has {found} of the 2 samples of task '{task}'") as caught:
        read_run(directory)
    assert caught.value.hint == f"write it anew: mmeval score {directory}"


@pytest.mark.parametrize("key", ["configs", "n-shot", "n-samples", "versions", "group_subtasks", "config"])
def test_results_without_a_part(tmp_path: Path, key: str) -> None:
    directory = Made().task("quiz", [1.0, 0.0]).write(tmp_path / "run")
    path = directory / "results.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    del data[key]
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(SpecError, match=rf"not the results of an mmeval run: it has no '{key}"):
        read_run(directory)


def test_an_outcome_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"samples\.jsonl:1"):
        read_run(changed(Made().task("quiz", [1.0]).write(tmp_path / "run"), outcome="fine"))


def test_no_sample_log(tmp_path: Path) -> None:
    directory = Made().task("quiz", [1.0]).write(tmp_path / "run")
    (directory / "samples.jsonl").unlink()
    with pytest.raises(MmevalError, match=r"has no samples\.jsonl"):
        read_run(directory)
