"""What distributions offer is read again as soon as the import path differs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mmeval.metadata import Offer, offers

from .plugins.distributions import install

TASKS = {"mmeval.tasks": {"one": "x:y"}}
ONE = Offer("mmeval-one", "1.0", (("mmeval.tasks", "one", "x:y"),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An import path of one folder with one plugin, installed long ago."""
    install(tmp_path / "site", "mmeval-one", {**TASKS, "console_scripts": {"run": "x:y"}})
    install(tmp_path / "site", "other", {"console_scripts": {"run": "x:y"}})
    os.utime(tmp_path / "site", (1, 1))
    return tmp_path / "site"


def names(folder: Path, cache: Path) -> list[str]:
    return [offer.distribution for offer in offers([str(folder)], cache)]


def edit(folder: Path) -> None:
    """A change in place, which the folder does not show."""
    (folder / "mmeval_one-1.0.dist-info/METADATA").write_text("Name: edited\nVersion: 1.0\n", "utf-8")


def test_only_what_is_for_mmeval_is_offered(folder: Path, tmp_path: Path) -> None:
    [offer] = offers([str(folder)], tmp_path / "cache")
    assert (*offer[:2], tuple(map(tuple, offer.points)), offer.problem) == ONE


def test_a_second_look_reads_what_was_kept(folder: Path, tmp_path: Path) -> None:
    first = names(folder, tmp_path / "cache")
    edit(folder)
    assert names(folder, tmp_path / "cache") == first == ["mmeval-one"]
    assert names(folder, tmp_path / "another") == ["edited"]


def test_what_is_installed_or_removed_is_seen(folder: Path, tmp_path: Path) -> None:
    names(folder, tmp_path / "cache")
    install(folder, "mmeval-two", TASKS)
    assert set(names(folder, tmp_path / "cache")) == {"mmeval-one", "mmeval-two"}
    for file in (folder / "mmeval_two-1.0.dist-info").iterdir():
        file.unlink()
    (folder / "mmeval_two-1.0.dist-info").rmdir()
    assert names(folder, tmp_path / "cache") == ["mmeval-one"]


def test_a_further_folder_is_seen(folder: Path, tmp_path: Path) -> None:
    names(folder, tmp_path / "cache")
    install(tmp_path / "front", "mmeval-two", TASKS)
    found = offers([str(tmp_path / "front"), str(folder)], tmp_path / "cache")
    assert [offer.distribution for offer in found] == ["mmeval-two", "mmeval-one"]


def test_nothing_is_kept_in_the_midst_of_an_installation(folder: Path, tmp_path: Path) -> None:
    os.utime(folder)
    names(folder, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_problems_are_not_kept(folder: Path, tmp_path: Path) -> None:
    install(folder, "mmeval-broken", TASKS, metadata="")
    os.utime(folder, (1, 1))
    assert any(offer.problem for offer in offers([str(folder)], tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("torn", ["", "[]", "{", '{"stamp": []}'])
def test_a_torn_cache_is_made_anew(folder: Path, tmp_path: Path, torn: str) -> None:
    wanted = names(folder, tmp_path / "cache")
    (tmp_path / "cache/plugins.json").write_text(torn, "utf-8")
    assert names(folder, tmp_path / "cache") == wanted
    assert len((tmp_path / "cache/plugins.json").read_text("utf-8")) > 50
