"""From the command line to the table where every response is in the response cache."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Commands, Scenario
from benchmarks.versus.task_files import options
from benchmarks.versus.world import TINY, checkpoint


def make(size: int, cache: Path) -> Commands:
    """The cache is filled by a run before."""
    model = ["hf", "--model_args", f"pretrained={checkpoint(cache, TINY)},dtype=float32", "--device", "cpu"]
    common = options(cache, size, *model)
    theirs = ["run", *common, "--batch_size", "16", "--use_cache", str(cache / "responses-lm-eval")]
    ours = [*common, "--use_cache", str(cache / "responses.db")]
    return Commands(theirs, ours, theirs, ours)


SCENARIO = Scenario("command line to table, all responses cached", None, 500, 5000, make)
