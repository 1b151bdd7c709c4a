"""What `mmeval new` writes works as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Mmeval, python


def install(folder: Path) -> None:
    """What `pip install -e` would tell the interpreter, without a network or an environment of its own."""
    info = folder / "mmeval_capitals-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mmeval-capitals\nVersion: 0.1.0\n", "utf-8")
    sections = (folder / "pyproject.toml").read_text(encoding="utf-8").split("[project.entry-points.")[1:]
    lines = []
    for section in sections:
        group, _, body = section.partition("]")
        entries = [line.replace('"', "") for line in body.partition("\n[")[0].splitlines() if " = " in line]
        lines += [f"[{group.strip(chr(34))}]", *entries]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.slow
def test_a_new_plugin_passes_its_own_tests_and_runs(mmeval: Mmeval, tmp_path: Path) -> None:
    ended = mmeval("new", "plugin", "capitals")
    assert ended.code == 0, ended.err
    folder = tmp_path / "mmeval-capitals"
    assert ended.out.splitlines()[0] == "mmeval-capitals/pyproject.toml"
    install(folder)
    tests = python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder), path=(folder,), cwd=folder)
    assert tests.returncode == 0, tests.stdout
    run = python("-m", "mmeval", "--tasks", "capitals", "--model", "dummy", path=(folder,), cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "capitals_match" in run.stdout


def test_a_new_task_runs_and_is_seen_by_a_model(mmeval: Mmeval) -> None:
    ended = mmeval("new", "task", "my-quiz", "--into", "tasks")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == ["tasks/my_quiz.yaml", "tasks/my_quiz.jsonl"]
    run = mmeval("--tasks", "tasks/my_quiz.yaml", "--model", "dummy")
    assert run.code == 0, run.err
    assert "4/4" in run.out
    assert "Question: What is the capital of France?\nAnswer:" in mmeval("show", "tasks/my_quiz.yaml").out


def test_nothing_is_overwritten(mmeval: Mmeval) -> None:
    Path("quiz.jsonl").write_text("mine", encoding="utf-8")
    ended = mmeval("new", "task", "quiz")
    assert ended.code == 2
    assert "quiz.jsonl is there already" in ended.err
    assert not Path("quiz.yaml").exists()


@pytest.mark.parametrize("name", ["", "-x", "My", "a--b", "1a", "a/b", "../a"])
def test_names_that_cannot_be_packages(mmeval: Mmeval, name: str) -> None:
    ended = mmeval("new", "plugin", "--", name)
    assert ended.code == 2
    assert "cannot be the name of a package" in ended.err


def test_a_folder_that_cannot_be_written(mmeval: Mmeval) -> None:
    Path("file").write_text("", encoding="utf-8")
    ended = mmeval("new", "task", "quiz", "--into", "file")
    assert ended.code == 2
    assert "cannot be written" in ended.err
