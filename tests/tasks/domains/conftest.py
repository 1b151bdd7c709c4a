"""Fixtures of the domain benchmarks."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def folder(shared: Path) -> Path:
    """The sample rows."""
    return shared / "data" / "domains"
