"""`--help`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Commands, Scenario


def make(_size: int, _cache: Path) -> Commands:
    """The first thing that a user types."""
    return Commands(["--help"], ["--help"])


SCENARIO = Scenario("`--help`", 4, 1, 1, make)
