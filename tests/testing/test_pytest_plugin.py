"""The fixture works in a project of a stranger, and the plugin costs nothing where it is not used."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from mmeval.testing import ListTask, ScriptedModel
from mmeval.testing.pytest_plugin import MmevalRun

PAIRS = [("2 + 2 =", "4"), ("3 + 3 =", "6")]
HEAVY = ("numpy", "pydantic", "click", "torch", "hypothesis", "mmeval.run", "mmeval.catalog", "mmeval.testing.tasks")


def test_it_is_registered_with_pytest() -> None:
    (found,) = [point for point in entry_points(group="pytest11") if point.name == "mmeval"]
    assert found.value == "mmeval.testing.pytest_plugin"


def test_importing_it_loads_nothing_heavy() -> None:
    program = (
        f"import json, sys, mmeval.testing.pytest_plugin; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_tasks_and_models_are_objects_or_names(mmeval_run: MmevalRun, tmp_path: Path) -> None:
    by_object = mmeval_run(ListTask(PAIRS, name="sums"), ScriptedModel({"2 + 2 =": "4", "3 + 3 =": "7"}))
    assert by_object.tasks["sums"]["acc,none"] == 0.5
    assert by_object.directory.is_relative_to(tmp_path)
    several = mmeval_run([ListTask(PAIRS, name="one"), ListTask(PAIRS, name="two")], "dummy", limit=1)
    assert set(several.tasks) == {"one", "two"}
    assert several.exit_code == 0


def test_a_failing_request_shows_in_the_exit_code(mmeval_run: MmevalRun) -> None:
    results = mmeval_run(ListTask(PAIRS, name="unanswered"), ScriptedModel({}))
    assert results.exit_code == 1


def test_another_output_path_may_be_given(mmeval_run: MmevalRun, tmp_path: Path) -> None:
    results = mmeval_run(ListTask(PAIRS, name="sums"), "dummy", output_path=str(tmp_path / "elsewhere"))
    assert results.directory.is_relative_to(tmp_path / "elsewhere")
