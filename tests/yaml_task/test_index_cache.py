"""An index is read from its cache until a file differs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mmeval.caches import user_cache
from mmeval.yaml_task import index_cache
from mmeval.yaml_task.index import scan
from mmeval.yaml_task.index_cache import indexed

COUNT = 6


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "_base_yaml").write_text("tag: even\n", encoding="utf-8")
    for number in range(COUNT):
        include = "include: _base_yaml\n" if number % 2 == 0 else ""
        (folder / f"t{number}.yaml").write_text(f"{include}task: t{number}\n", encoding="utf-8")
    return folder


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were really scanned."""
    seen: list[Path] = []

    def scanned(folder: Path) -> object:
        seen.append(folder)
        return scan(folder)

    monkeypatch.setattr(index_cache, "scan", scanned)
    return seen


def test_a_second_look_reads_the_cache(root: Path, tmp_path: Path, scans: list[Path]) -> None:
    first = indexed(root, tmp_path / "cache")
    assert [tuple(entry.tags) for entry in first].count(("even",)) == COUNT // 2
    assert indexed(root, tmp_path / "cache") == list(first)
    assert scans == [root]


def _touch(root: Path) -> None:
    os.utime(root / "t1.yaml", ns=(1, 1))


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "new.yaml").write_text("task: new\n", encoding="utf-8"),
        lambda root: (root / "t1.yaml").write_text("task: other\n", encoding="utf-8"),
        lambda root: (root / "t1.yaml").unlink(),
        lambda root: (root / "_base_yaml").write_text("tag: odd\n", encoding="utf-8"),
        lambda root: (root / "_base_yaml").unlink(),
        _touch,
    ],
    ids=["new", "changed", "gone", "include changed", "include gone", "touched"],
)
def test_a_change_is_seen(root: Path, tmp_path: Path, scans: list[Path], change: Callable[[Path], object]) -> None:
    indexed(root, tmp_path / "cache")
    change(root)
    assert list(indexed(root, tmp_path / "cache")) == list(scan(root).entries)
    assert scans == [root, root]


def test_an_include_that_appears_mends_its_file(root: Path, tmp_path: Path) -> None:
    (root / "late.yaml").write_text("include: late_yaml\ntask: late\n", encoding="utf-8")
    broken = {entry.name: entry.problem for entry in indexed(root, tmp_path / "cache")}
    assert "there is no file 'late_yaml'" in broken["late"]
    (root / "late_yaml").write_text("tag: x\n", encoding="utf-8")
    assert {entry.name: entry.problem for entry in indexed(root, tmp_path / "cache")}["late"] == ""


def test_an_include_that_is_mended_mends_its_file(root: Path, tmp_path: Path) -> None:
    (root / "_base_yaml").write_text("tag: [\n", encoding="utf-8")
    assert sum("_base_yaml" in entry.problem for entry in indexed(root, tmp_path / "cache")) == COUNT // 2
    (root / "_base_yaml").write_text("tag: x\n", encoding="utf-8")
    assert not any(entry.problem for entry in indexed(root, tmp_path / "cache"))


@pytest.mark.parametrize("torn", ["", "[]", "{", '{"format": 1}', '{"format": 0, "entries": []}'])
def test_a_torn_cache_is_made_anew(root: Path, tmp_path: Path, torn: str) -> None:
    wanted = list(indexed(root, tmp_path / "cache"))
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text(torn, encoding="utf-8")
    assert list(indexed(root, tmp_path / "cache")) == wanted
    assert len(kept.read_text(encoding="utf-8")) > 100


def test_a_cache_that_cannot_be_written_costs_only_time(root: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    assert len(indexed(root, tmp_path / "cache")) == COUNT


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"MMEVAL_CACHE": "/own"}, "/own"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/mmeval"),
        ({"HOME": "/h"}, "/h/.cache/mmeval"),
    ],
)
def test_the_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], folder: str) -> None:
    for name in ("MMEVAL_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert user_cache() == Path(folder)
