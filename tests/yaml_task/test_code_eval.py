"""What a model wrote runs in the sandbox, after a flag; a helper that would run it otherwise is refused."""

from __future__ import annotations

import functools
import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import SpecError, UsageError
from mmeval.task import Answered
from mmeval.types import Generation
from mmeval.yaml_task.code_eval import CodeEval, evaluate_module, runs_code_itself
from mmeval.yaml_task.options import TaskOptions
from tests.yaml_task.folders import make_task

GOOD, BAD = "def f(x):\n    return x + 1", "def f(x):\n    return x"
TESTS = "assert f(1) == 2"


def test_shares_of_candidates_that_pass() -> None:
    shares, results = CodeEval().compute(references=[TESTS, TESTS], predictions=[[GOOD, BAD], [BAD, BAD]], k=[1, 2, 3])
    assert shares == {"pass@1": 0.25, "pass@2": 0.5}
    assert [(place, result["passed"]) for place, result in results[0]] == [(0, True), (1, False)]
    assert results[1][0][1]["result"].startswith("raised: AssertionError")


@pytest.mark.parametrize(
    ("program", "ending"),
    [
        ("while True: pass", "timeout"),
        ("open('/etc/passwd')", "raised"),
        ("import subprocess", "raised"),
        ("def f(", "raised"),
        ("raise SystemExit(0)", "raised"),
    ],
)
def test_hostile_programs_do_not_pass(program: str, ending: str) -> None:
    shares, results = CodeEval().compute(references=["pass"], predictions=[[program]], k=[1], timeout=0.5)
    assert shares == {"pass@1": 0.0}
    assert results[0][0][1]["result"].startswith(ending)


def test_what_one_program_leaves_behind_does_not_reach_the_next() -> None:
    leaves = "import builtins\nbuiltins.f = lambda x: x + 1"
    shares, _ = CodeEval().compute(references=[TESTS] * 2, predictions=[[leaves], ["pass"]], k=[1])
    assert shares == {"pass@1": 0.5}


def test_no_other_metric_is_loaded() -> None:
    with pytest.raises(UsageError, match="may load code_eval, not 'bleu'"):
        evaluate_module().load("bleu")


HELPER = """
import evaluate

metric = evaluate.load("code_eval")

def pass_at_1(references, predictions):
    return metric.compute(references=references, predictions=[predictions], k=[1])[0]

def by_itself(references, predictions):
    return helper(predictions)

def helper(predictions):
    exec(predictions[0])
"""
KEYS = """\
doc_to_text: q
doc_to_target: "assert {{gold}} == 1"
unsafe_code: true
metric_list: [{metric: !function helper.NAME}]
"""


def test_a_task_that_runs_code(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    real = sys.modules.get("evaluate")
    task = make_task(tmp_path, KEYS.replace("NAME", "pass_at_1"), options=TaskOptions(confirm_run_unsafe_code=True))
    first, second = task.score_all([Answered(sample, [[Generation("x = 1")]]) for sample in task.samples()])
    assert (first.values, second.values) == ({"pass@1": 1.0}, {"pass@1": 0.0}), first.reason
    assert sys.modules.get("evaluate") is real


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("pass_at_1", TaskOptions(), "it runs code that a model wrote"),
        ("by_itself", TaskOptions(confirm_run_unsafe_code=True), r"outside the sandbox \(exec\)"),
        ("pass_at_1", TaskOptions(confirm_run_unsafe_code=True, no_task_code=True), "--no_task_code is set"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, options: TaskOptions, problem: str) -> None:
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    with pytest.raises(SpecError, match=problem):
        make_task(tmp_path, KEYS.replace("NAME", name), options=options)


def _evaluates(text: str) -> Any:
    return eval(text)


def _inner(text: str) -> Any:
    return [subprocess.run(word) for word in [text]]


def _outer(text: str) -> Any:
    return _inner(text)


def _forks() -> Any:
    return multiprocessing.Process()


@pytest.mark.parametrize(
    ("function", "by"),
    [
        (_evaluates, "eval"),
        (_outer, "subprocess"),
        (functools.partial(_outer, "x"), "subprocess"),
        (_forks, "multiprocessing"),
        (test_shares_of_candidates_that_pass, ""),
        (len, ""),
        (None, ""),
    ],
)
def test_functions_that_run_code_by_themselves(function: Callable[..., Any] | None, by: str) -> None:
    assert runs_code_itself(function) == by
