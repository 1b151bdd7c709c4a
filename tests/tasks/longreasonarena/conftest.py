"""The reference data of the benchmark, read once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from mmeval_tasks.longreasonarena import Level1

Rows: TypeAlias = list[dict[str, Any]]
ReadRows: TypeAlias = Callable[[str], Rows]


@pytest.fixture(scope="session")
def folder(shared: Path) -> Path:
    """The folder of the reference data."""
    return shared / "data" / "longreasonarena"


@pytest.fixture(scope="session")
def read(folder: Path) -> ReadRows:
    """The rows of a reference file by name."""

    def rows(name: str) -> Rows:
        with (folder / f"{name}.jsonl").open(encoding="utf-8") as stream:
            return [json.loads(line) for line in stream]

    return rows


@pytest.fixture(scope="session")
def level1(folder: Path) -> Level1:
    """The published level 1."""
    return Level1(data_dir=str(folder))
