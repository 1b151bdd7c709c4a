"""A reporter: the metrics of a run as CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_csv(results: Mapping[str, Any], directory: Path) -> Sequence[Path]:
    """Write `results.csv`, a row per task and metric. `results` is the content of `results.json`."""
    path = directory / "results.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["task", "metric", "value", "stderr", "n"])
        for task, found in results["mmeval"]["tasks"].items():
            for row in found.get("metrics", ()):  # a task that could not be scored has none
                table.writerow([task, row["metric"], row["value"], row["stderr"], row["n"]])
    return [path]
