"""Benchmarks whose answers are run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.spec.task_spec import TaskSpec
from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval.yaml_task.task import YamlTask
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import ROOT

HUMANEVAL = {
    "task_id": "H/0",
    "prompt": 'def twice(x):\n    """Two of it."""\n',
    "entry_point": "twice",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n",
}
MBPP = {
    "task_id": 11,
    "text": "Add two numbers.",
    "code": "x = 1",
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
}


def _task(name: str, folder: Path, rows: Mapping[str, list[dict[str, Any]]], shots: int = 0) -> YamlTask:
    for split, listed in rows.items():
        lines = "".join(json.dumps(row) + "\n" for row in listed)
        (folder / f"{name}.{split}.jsonl").write_text(lines, encoding="utf-8")
    options = TaskOptions(data_dir=str(folder), offline=True, num_fewshot=shots, confirm_run_unsafe_code=True)
    return load_task(ROOT / "code" / f"{name}.yaml", options)


@pytest.mark.parametrize(
    ("completion", "wanted"), [("    return 2 * x", 1.0), ("    return x", 0.0), ("    return", 0.0)]
)
def test_a_completion_is_run_behind_its_prompt(tmp_path: Path, completion: str, wanted: float) -> None:
    task = _task("humaneval", tmp_path, {"test": [HUMANEVAL]})
    assert support.scores(task, lambda sample: completion) == {"pass_at_1": wanted}


def test_a_program_is_run_against_its_asserts(tmp_path: Path) -> None:
    task = _task("mbpp", tmp_path, {"test": [MBPP]})
    assert support.scores(task, lambda sample: "def add(a, b):\n    return a + b\n") == {"pass_at_1": 1.0}
    assert support.scores(task, lambda sample: "add = max") == {"pass_at_1": 0.0}


def test_the_three_examples_of_the_authors_are_shown(tmp_path: Path) -> None:
    pool = [{**MBPP, "task_id": number, "text": f"Problem {number}."} for number in range(1, 11)]
    task = _task("mbpp", tmp_path, {"test": [MBPP], "prompt": pool}, shots=3)
    (ask,) = task.requests(next(iter(task.samples())))
    shown = [line for line in ask.prompt.text.splitlines() if line.startswith("Problem: ")]
    assert shown == ["Problem: Problem 2.", "Problem: Problem 3.", "Problem: Problem 4.", "Problem: Add two numbers."]
    assert ask.prompt.text.endswith("[BEGIN]\n")
    assert "[BEGIN]\nx = 1\n[DONE]\n\nProblem: Problem 3." in ask.prompt.text


def test_the_two_have_a_mean() -> None:
    specs = [TaskSpec.from_file(ROOT / "code" / f"{name}.yaml") for name in support.members("specialized_code")]
    assert len({tuple(one.name for one in spec.filter_list or ()) for spec in specs}) == 1


def test_without_a_word_nothing_is_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="humaneval"):
        load_task(ROOT / "code" / "humaneval.yaml", TaskOptions(data_dir=str(tmp_path), offline=True))


@pytest.mark.parametrize(("middle", "passes"), [("    y = x\n", 1.0), ("    y = 0\n", 0.0)])
def test_a_middle_is_run_between_what_is_before_and_behind_it(tmp_path: Path, middle: str, passes: float) -> None:
    row = {
        "prompt": "def twice(x):\n",
        "suffix": "    return x + y\n",
        "entry_point": "twice",
        "test": "def check(candidate):\n    assert candidate(2) == 4\n",
    }
    task = _task("humaneval_single_line_infilling", tmp_path, {"test": [row]})
    assert task.requests(next(iter(task.samples())))[0].prompt.text == "    return x + y\n\n\ndef twice(x):\n"
    assert support.scores(task, lambda sample: middle)["pass_at_1"] == passes
