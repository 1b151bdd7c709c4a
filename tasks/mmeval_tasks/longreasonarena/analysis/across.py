"""The fit over all levels of one run: a plugin module that looks at a finished run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmeval.hookspecs import hookimpl
from mmeval_tasks.longreasonarena.analysis.fit import Row
from mmeval_tasks.longreasonarena.analysis.published import CAVEATS, MIDPOINTS, PUBLISHED
from mmeval_tasks.longreasonarena.analysis.report import ROWS_FILE, draw, regression

_FOLDER = "longreasonarena"


@hookimpl
def mmeval_run_end(directory: Path, results: Mapping[str, Any]) -> None:  # noqa: ARG001  the hook's signature
    """Write the fit over all levels where a run has at least two of them."""
    levels = _levels(directory)
    if len(levels) < 2:
        return
    records = [record for level in levels for record in level["rows"]]
    lines = regression([Row(math.log10(record["line"]), record["acc"], record["problem"]) for record in records])
    folder = directory / "tasks" / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(level["level"] for level in levels)
    sizes = {level["level"]: len(level["rows"]) for level in levels}
    content = {"levels": names, "sizes": sizes, "lines": lines, "unequal_sampling": len(set(sizes.values())) > 1}
    (folder / "analysis.json").write_text(json.dumps(content, indent=2), encoding="utf-8")
    draw(lines, records, folder / "accuracy.png", ", ".join(names))


@hookimpl
def mmeval_report_section(results: Mapping[str, Any], directory: Path) -> str | None:
    """The fit in words, with the authors' numbers beside it."""
    del results
    file = directory / "tasks" / _FOLDER / "analysis.json"
    if not file.is_file():
        return None
    content = json.loads(file.read_text(encoding="utf-8"))
    return "\n".join([_fit_line(content), "", *_published_table(content["levels"])])


def _levels(directory: Path) -> list[dict[str, Any]]:
    files = sorted(directory.glob(f"tasks/{_FOLDER}_*/{ROWS_FILE}"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def _fit_line(content: Mapping[str, Any]) -> str:
    levels, found = " + ".join(content["levels"]), content["lines"]["fit"]
    if found is None:
        return f"LongReasonArena, {levels}: too few bins for a fit"
    low, high = content["lines"]["band"]["slope"]
    r2 = "undefined" if found["r2"] is None else f"{found['r2']:.3f}"
    note = "; levels differ in size" if content["unequal_sampling"] else ""
    return (
        f"LongReasonArena, {levels}: {found['slope']:.1f} points per decade of executed lines "
        f"(95 % {low:.1f} to {high:.1f}), R² {r2}{note}"
    )


def _published_table(levels: list[str]) -> list[str]:
    """The authors' rows; only beside the published sets, with which alone they can be compared."""
    if any(level.startswith("generated") for level in levels):
        return ["Generated instances: not comparable with published numbers."]
    rows = [f"  {model:32}" + "".join(f"{score:7.1f}" for score in scores) for model, scores in PUBLISHED.items()]
    places = ", ".join(f"10^{place}" for place in MIDPOINTS)
    return [f"Published (R1; levels near {places} lines): {CAVEATS}", *rows]
