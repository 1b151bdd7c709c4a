"""Requests built and answers scored, with models that answer at random."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Commands, Scenario
from benchmarks.versus.task_files import options


def make(size: int, cache: Path) -> Commands:
    """Both peers' `dummy`."""
    common = options(cache, size, "dummy")
    return Commands(["run", *common], common)


SCENARIO = Scenario("building and scoring alone (dummy)", None, 2000, 20_000, make)
