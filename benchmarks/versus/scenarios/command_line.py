"""From the command line to the table: imports, tasks, weights, answers, scores."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Commands, Scenario
from benchmarks.versus.task_files import options
from benchmarks.versus.world import TINY, checkpoint


def make(size: int, cache: Path) -> Commands:
    """A YAML task with four multi-token options a question."""
    model = ["hf", "--model_args", f"pretrained={checkpoint(cache, TINY)},dtype=float32", "--device", "cpu"]
    common = options(cache, size, *model)
    return Commands(["run", *common, "--batch_size", "16"], common)


SCENARIO = Scenario("command line to table", 4, 500, 5000, make)
