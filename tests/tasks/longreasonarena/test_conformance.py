"""The levels keep the contract of a task, and every task is found by its name."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from mmeval.catalog import Catalog
from mmeval.selection import select
from mmeval.spec.run_config import RunConfig
from mmeval.task import Task
from mmeval.testing import TaskConformance
from mmeval_tasks.longreasonarena import (
    GeneratedLevel2,
    GeneratedLevel3,
    Level1,
    Level3,
)
from mmeval_tasks.longreasonarena.levels import LevelTask


class _LevelConformance(TaskConformance):
    level: ClassVar[type[LevelTask]]

    @pytest.fixture(autouse=True)
    def _files(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> Task:
        return self.level(data_dir=str(self.folder))


class TestLevel1Conformance(_LevelConformance):
    level = Level1


class TestLevel3Conformance(_LevelConformance):
    """Rows of that length under the published name: its own file is not here."""

    level = Level3

    def make(self) -> Task:
        return Level3(dataset=str(self.folder / "generated_lvl3.jsonl"), data_dir=str(self.folder))


class TestGeneratedLevel2Conformance(_LevelConformance):
    level = GeneratedLevel2


class TestGeneratedLevel3Conformance(_LevelConformance):
    level = GeneratedLevel3


def test_tasks_are_found_by_name() -> None:
    entries = {entry.name: entry.kind for entry in Catalog().entries()}
    assert entries["longreasonarena"] == "group"
    levels = {f"longreasonarena_{name}" for name in ("lvl1", "lvl2", "lvl3", "gen", "gen_lvl1", "gen_lvl2", "gen_lvl3")}
    assert {entries[name] for name in levels | {"longreasonarena_retrieval", "longreasonarena_backtracking"}} == {
        "task"
    }


def test_generation_arguments_are_what_a_task_reckons_with(folder: Path) -> None:
    given = {"max_gen_toks": 8, "temperature": 0.0, "seed": 3}
    config = RunConfig.of(tasks="longreasonarena_lvl1", model="none", data_dir=str(folder), gen_kwargs=given)
    (task,) = select(Catalog(), config).tasks
    assert isinstance(task, LevelTask)
    assert (task.budget, task.config()["budget"], task.config()["temperature"]) == (8, 8, 0.0)
