"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data; a test that needs it skips where it is absent, and fails where it is required."""
    folder = Path(os.environ.get("MMEVAL_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        message = f"no reference data at {folder} (set MMEVAL_SHARED)"
        if os.environ.get("MMEVAL_REQUIRE_SHARED") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder
