"""The fit over all levels of one run: a plugin module that looks at a finished run.

Published and generated rows are never fitted together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from mmeval.hookspecs import hookimpl
from mmeval_tasks.longreasonarena.analysis.published import CAVEATS, PUBLISHED
from mmeval_tasks.longreasonarena.analysis.report import ROWS_FILE, draw, regression

_PUBLISHED = ("longreasonarena_lvl1", "longreasonarena_lvl2", "longreasonarena_lvl3")
_GENERATED = ("longreasonarena_gen_lvl1", "longreasonarena_gen_lvl2", "longreasonarena_gen_lvl3", "longreasonarena_gen")
_SETS: Mapping[str, Sequence[str]] = {"longreasonarena": _PUBLISHED, "longreasonarena_gen": _GENERATED}
"""The folder of an analysis, and the tasks whose rows it takes together."""
_FILE = "levels.json"


@hookimpl
def mmeval_run_end(directory: Path, results: Mapping[str, Any]) -> None:
    """Write the fit over all levels where a run has at least two of them."""
    for name, tasks in _SETS.items():
        levels = list(_levels(directory, [task for task in tasks if task in results["results"]]))
        if len(levels) > 1:
            _write(directory / "tasks" / name, levels)


@hookimpl
def mmeval_report_section(results: Mapping[str, Any], directory: Path) -> str | None:  # noqa: ARG001  the specification
    """The fits in words, with the authors' numbers beside those that can be compared."""
    files = [directory / "tasks" / name / _FILE for name in _SETS]
    return (
        "\n\n".join(_section(json.loads(file.read_text(encoding="utf-8"))) for file in files if file.is_file()) or None
    )


def _levels(directory: Path, tasks: Sequence[str]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        file = directory / "tasks" / task / ROWS_FILE
        if file.is_file():
            yield json.loads(file.read_text(encoding="utf-8"))


def _write(folder: Path, levels: Sequence[Mapping[str, Any]]) -> None:
    records = [record for level in levels for record in level["rows"]]
    names = [level["level"] for level in levels]
    sizes = {level["level"]: len(level["rows"]) for level in levels}
    content: dict[str, Any] = {
        "levels": names,
        "comparable": all(level["comparable"] for level in levels),
        "sizes": sizes,
        "acc": mean(record["acc"] for record in records) if records else None,
        "acc_mean_of_levels": _mean_of_levels(levels),
        "lines": regression(records),
        "unequal_sampling": len(set(sizes.values())) > 1,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    draw(content["lines"], records, folder / "accuracy.png", ", ".join(names))


def _mean_of_levels(levels: Sequence[Mapping[str, Any]]) -> float | None:
    values = [mean(record["acc"] for record in level["rows"]) for level in levels if level["rows"]]
    return mean(values) if values else None


def _section(content: Mapping[str, Any]) -> str:
    return "\n".join([_means_line(content), _fit_line(content), *_published_table(content["comparable"])])


def _means_line(content: Mapping[str, Any]) -> str:
    if content["acc"] is None:
        return "LongReasonArena: nothing was scored"
    return (
        f"LongReasonArena, {' + '.join(content['levels'])}: {100 * content['acc']:.1f} % of all rows, "
        f"{100 * content['acc_mean_of_levels']:.1f} % as the mean of levels"
    )


def _fit_line(content: Mapping[str, Any]) -> str:
    found = content["lines"]["fit"]
    if found is None:
        return "too few bins for a fit against executed lines"
    low, high = content["lines"]["band"]["slope"]
    r2 = "undefined" if found["r2"] is None else f"{found['r2']:.3f}"
    note = "; levels differ in size" if content["unequal_sampling"] else ""
    return f"{found['slope']:.1f} points per decade of executed lines (95 % {low:.1f} to {high:.1f}), R² {r2}{note}"


def _published_table(comparable: bool) -> list[str]:
    """The authors' rows; only beside the published sets, with which alone they can be compared."""
    if not comparable:
        return ["not the published rows: not comparable with published numbers"]
    rows = [f"  {model:32}" + "".join(f"{score:7.1f}" for score in scores) for model, scores in PUBLISHED.items()]
    return [f"Published. {CAVEATS}", f"  {'% correct':32}{'L1':>7}{'L2':>7}{'L3':>7}", *rows]
