"""Every task file of the pack keeps mmeval's contract, and both run."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from mmeval.testing import ScriptedModel, TaskConformance
from mmeval.types import Ask, Loglikelihood
from mmeval.yaml_task.load import load_task

if TYPE_CHECKING:
    from mmeval.testing.pytest_plugin import MmevalRun

FOLDER = Path(str(files("mmeval_yaml_pack"))) / "capitals"


class TestCapitals(TaskConformance):
    def make(self):
        return load_task(FOLDER / "pack_capitals.yaml")


class TestCapitalsOpen(TaskConformance):
    def make(self):
        return load_task(FOLDER / "pack_capitals_open.yaml")


def always_paris(ask: Ask) -> str:
    if isinstance(ask, Loglikelihood):
        return next((each for each in ask.continuations if "Paris" in each), ask.continuations[0])
    return " Paris.\n"


def test_the_group_runs_by_name(mmeval_run: MmevalRun) -> None:
    results = mmeval_run("pack", ScriptedModel(always_paris))
    assert results.exit_code == 0
    assert results.tasks["pack_capitals"]["acc,none"] == 3 / 8  # Paris, and two that stand first
    assert results.tasks["pack_capitals_open"]["exact_match,none"] == 1 / 8
