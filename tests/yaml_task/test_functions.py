"""`!function` references, and the names of lm-eval that their modules may import."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import MissingRequirementError, SpecError
from mmeval.spec.task_spec import TaskSpec
from mmeval.spec.yaml import FunctionRef
from mmeval.yaml_task.functions import resolved


@pytest.fixture
def spec(tmp_path: Path) -> TaskSpec:
    (tmp_path / "t.yaml").write_text("task: t\nprocess_docs: !function helper.f\n", encoding="utf-8")
    return TaskSpec.from_file(tmp_path / "t.yaml")


def _resolve(spec: TaskSpec, target: str, code: str = "") -> Any:
    (spec.file.parent / "helper.py").write_text(code, encoding="utf-8")
    return resolved(FunctionRef(target, spec.file.parent), spec, "process_docs")


def test_an_attribute_of_the_file_beside(spec: TaskSpec) -> None:
    assert _resolve(spec, "helper.f", "f = 3\n") == 3


def test_dots_are_folders(spec: TaskSpec) -> None:
    (spec.file.parent / "sub").mkdir()
    (spec.file.parent / "sub" / "deep.py").write_text("f = 4\n", encoding="utf-8")
    assert resolved([{"x": FunctionRef("sub.deep.f", spec.file.parent)}], spec) == [{"x": 4}]


def test_an_importable_module(spec: TaskSpec) -> None:
    assert _resolve(spec, "os.path.join") is os.path.join


def test_a_file_is_one_module_until_it_changes(spec: TaskSpec) -> None:
    first = _resolve(spec, "helper.f", "f = object()\n")
    file = spec.file.parent / "helper.py"
    assert resolved(FunctionRef("helper.f", file.parent), spec) is first
    os.utime(file, ns=(1, 1))
    assert resolved(FunctionRef("helper.f", file.parent), spec) is not first


@pytest.mark.parametrize(
    ("target", "code", "problem"),
    [
        ("helper", "", "expected module.attribute"),
        ("helper.gone", "", "has no attribute 'gone'"),
        ("helper.f", "1 / 0\n", "ZeroDivisionError"),
        ("helper.f", "def\n", "SyntaxError"),
        ("helper.f", "raise SystemExit(3)\n", "its module exits on import"),
        ("nowhere.f", "", "there is no file"),
        ("helper.f", "raise ModuleNotFoundError('install it')\n", "install it"),
        ("helper.f", "from lm_eval.api.task import Task\n", "offers no 'lm_eval.api.task'"),
        ("helper.f", "from lm_eval.utils import nonsense\n", "cannot import name 'nonsense'"),
    ],
)
def test_problems_stand_at_the_key(spec: TaskSpec, target: str, code: str, problem: str) -> None:
    with pytest.raises(SpecError, match=rf"t\.yaml:2: task 't': !function {target}.*{problem}"):
        _resolve(spec, target, code)


@pytest.mark.parametrize("said", ["", "ImportError('get it')", "ModuleNotFoundError('get it')", "RuntimeError('no')"])
def test_a_package_that_is_missing_is_named(spec: TaskSpec, said: str) -> None:
    code = "import no_such_package_here.part\n"
    if said:
        code = f"try:\n    {code}except ImportError:\n    raise {said}\n"
    with pytest.raises(MissingRequirementError, match="needs the package no_such_package_here") as caught:
        _resolve(spec, "helper.f", code)
    assert caught.value.hint == "pip install no_such_package_here"


@pytest.mark.parametrize(
    ("code", "problem", "hint"),
    [
        ("import pytest.no_such_part\n", "the installed pytest does not have", "another version of pytest"),
        ("raise SystemExit('install\\nProlog')\n", "gave up: install Prolog", ""),
        ("import evaluate\nevaluate.load('./no_such_metric')\n", "needs something from a hub", "run it once"),
    ],
)
def test_what_a_module_lacks_is_told_from_mistakes(spec: TaskSpec, code: str, problem: str, hint: str) -> None:
    if "evaluate" in code:
        pytest.importorskip("evaluate")
    with pytest.raises(MissingRequirementError, match=problem) as caught:
        _resolve(spec, "helper.f", code)
    assert hint in caught.value.hint


def test_what_a_module_prints_is_no_result(spec: TaskSpec, capsys: pytest.CaptureFixture[str]) -> None:
    assert _resolve(spec, "helper.f", "f = 1\nprint('hello')\n") == 1
    assert capsys.readouterr() == ("", "hello\n")


LM_EVAL_HELPER = """
import lm_eval.utils
from lm_eval import utils
from lm_eval.api.filter import Filter
from lm_eval.api.metrics import mean, metric_max_over_ground_truths
from lm_eval.api.registry import register_filter, register_metric
from lm_eval.filters.extraction import RegexFilter
from lm_eval.tasks.pack.parts import PART
from lm_eval.utils import eval_logger, general_detokenize

@register_filter("second")
class Second(RegexFilter):
    def __init__(self):
        super().__init__(r"(\\d)-(\\d)|x", group_select=-1, fallback="none")

@register_metric(metric="m", aggregation="mean")
def f(items):
    return mean(items)
"""


def test_names_of_lm_eval_are_there_while_a_helper_is_loaded(spec: TaskSpec) -> None:
    parts = spec.file.parent / "pack" / "parts.py"
    parts.parent.mkdir()
    parts.write_text("PART = 5\n", encoding="utf-8")
    before = {name for name in sys.modules if name.startswith("lm_eval")}
    second = _resolve(spec, "helper.Second", LM_EVAL_HELPER)
    assert list(second().apply([["1-2 3-4", "x", "", None]], [{}])) == [["3", "none", "none", "none"]]
    assert resolved(FunctionRef("helper.PART", spec.file.parent), spec) == 5
    assert {name for name in sys.modules if name.startswith("lm_eval")} == before


def test_the_stand_ins_do_what_lm_eval_does(spec: TaskSpec) -> None:
    detokenize = _resolve(spec, "helper.general_detokenize", "from lm_eval.utils import general_detokenize\n")
    assert detokenize('it is n\'t ( so ) " quoted " .') == 'it isn\'t (so)"quoted".'
