"""The table at the end of a run: lm-eval's columns, with intervals, counts, outcomes and baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_HEADER = ("Tasks", "Version", "Filter", "n-shot", "Metric", "", "Value", "Stderr", "95 % interval", "n", "Outcomes")
_ARROWS = {True: "↑", False: "↓", None: ""}


def render(data: Mapping[str, Any], by: str = "") -> str:
    """The table of `results.json` as aligned text; `by` adds the rows of one slice."""
    rows: list[tuple[str, ...]] = [_HEADER]
    for task, own in data["mmeval"]["tasks"].items():
        rows += _task_rows(task, own, data, by)
    for group, aggregated in data["mmeval"]["groups"].items():
        rows += [_cells(group, "", "", row) for row in aggregated]
    return _aligned(rows)


def _task_rows(task: str, own: Mapping[str, Any], data: Mapping[str, Any], by: str) -> Iterator[tuple[str, ...]]:
    if "failure" in own:
        yield (task, str(data["versions"][task]), "", "", "failed", "", "", "", "", "", own["failure"])
        return
    version, shots = str(data["versions"][task]), str(data["n-shot"][task])
    for row in own["metrics"]:
        yield _cells(task, version, shots, row)
    for name, baseline in own["baselines"].items():
        for row in baseline:
            yield _cells(f"  baseline {name}", "", "", row)
    for value, rows in own["slices"].get(by, {}).items():
        for row in rows:
            yield _cells(f"  {by}={value}", "", "", row)


def _cells(name: str, version: str, shots: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    interval = row["interval"]
    between = "" if interval is None else f"{_figure(interval[0])} to {_figure(interval[1])}"
    outcomes = ", ".join(f"{kind} {count}" for kind, count in row["outcomes"].items() if kind != "scored")
    if row["bounds"] is not None:
        outcomes += f" (bounds {_figure(row['bounds'][0])} to {_figure(row['bounds'][1])})"
    return (
        name,
        version,
        row["pipeline"],
        shots,
        row["metric"],
        _ARROWS[row["higher_is_better"]],
        _figure(row["value"]),
        f"± {_figure(row['stderr'])}",
        between,
        f"{row['n']}/{row['total']}",
        outcomes,
    )


def _figure(value: float | None) -> str:
    return "N/A" if value is None else f"{value:.4f}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = ["|" + "|".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + "|" for row in rows]
    rule = "|" + "|".join("-" * width for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
