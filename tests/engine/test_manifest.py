from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mmeval.engine import manifest
from mmeval.errors import SpecError, UsageError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_directory_is_named_by_model_and_time(tmp_path: Path) -> None:
    made = [manifest.new_directory(str(tmp_path), "hf", {"pretrained": "org/name"}, NOW) for _ in range(2)]
    assert [path.relative_to(tmp_path).as_posix() for path in made] == [
        "org__name/2026-01-02T03-04-05Z",
        "org__name/2026-01-02T03-04-05Z-2",
    ]


def test_an_output_file_puts_the_run_beside_it(tmp_path: Path) -> None:
    made = manifest.new_directory(str(tmp_path / "out.json"), "dummy", {}, NOW)
    assert made == tmp_path / "dummy" / "2026-01-02T03-04-05Z"


@pytest.mark.parametrize("below", ["", "deeper"])
def test_an_output_path_that_is_a_file_is_one_clear_error(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="output path"):
        manifest.new_directory(str(tmp_path / "file" / below), "dummy", {}, NOW)


def test_a_manifest_comes_back(tmp_path: Path) -> None:
    manifest.write(tmp_path, {"config": {"tasks": ["ä"]}})
    assert manifest.read(tmp_path) == {"format": manifest.FORMAT, "config": {"tasks": ["ä"]}}
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a run directory"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", "{}"])
def test_a_broken_manifest_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(SpecError, match=r"run\.json: not a manifest"):
        manifest.read(tmp_path)


def test_a_run_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"format": 99, "environment": {"mmeval": "7.0"}}))
    with pytest.raises(SpecError, match=r"run format 99 of mmeval 7\.0; this mmeval reads format 1"):
        manifest.read(tmp_path)
