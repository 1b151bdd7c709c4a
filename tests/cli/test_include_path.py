"""Folders of task files, and the tasks of an installed lm-eval, by `--include_path`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Mmeval


@pytest.fixture
def lm_eval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of that name with one task, which must not be imported."""
    tasks = tmp_path / "site" / "lm_eval" / "tasks"
    tasks.mkdir(parents=True)
    (tasks.parent / "__init__.py").write_text("raise RuntimeError('imported')\n", encoding="utf-8")
    (tasks / "own.yaml").write_text("task: own_task\ntag: some_tag\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tasks


def test_the_tasks_of_the_installed_lm_eval(mmeval: Mmeval, lm_eval: Path) -> None:
    ended = mmeval("ls", "tasks", "own_task", "--include_path", "lm_eval:")
    assert (ended.code, ended.out.split()) == (0, ["own_task", "task", str(lm_eval / "own.yaml"), "some_tag"])


def test_without_lm_eval_its_tasks_are_a_missing_requirement(mmeval: Mmeval, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    ended = mmeval("ls", "tasks", "--include_path", "lm_eval:")
    assert ended.code == 3
    assert "pip install lm_eval==0.4.13" in ended.err


def test_a_broken_task_is_told_when_it_is_asked_for(mmeval: Mmeval, tmp_path: Path) -> None:
    (tmp_path / "torn.yaml").write_text("task: torn\nx: [\n", encoding="utf-8")
    ended = mmeval("--tasks", "torn", "--model", "dummy", "--include_path", tmp_path)
    assert ended.code == 2
    assert ended.err.count("torn.yaml:3: YAML") == 1
