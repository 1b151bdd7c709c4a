"""The list of tasks. lm-eval lists its own 14,000, mmeval those that are installed."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Commands, Scenario


def make(_size: int, _cache: Path) -> Commands:
    """Warm: a run goes before."""
    return Commands(["ls", "tasks"], ["ls", "tasks"], ["ls", "tasks"], ["ls", "tasks"])


SCENARIO = Scenario("`ls tasks`, warm", 100, 1, 1, make)
