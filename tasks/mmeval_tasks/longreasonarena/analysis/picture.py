"""Three panels: accuracy against executed lines with its fit, against tokens spent, and by tag. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmeval_tasks.longreasonarena.analysis.groups import accuracy_by
from mmeval_tasks.longreasonarena.analysis.spending import accuracy_by_tokens


def save(lines: Mapping[str, Any], records: Sequence[Mapping[str, Any]], path: Path, title: str) -> None:
    """Write the picture as PNG. `lines` is the result of `regression`, `records` the scored answers."""
    figure = Figure(figsize=(15, 5), layout="constrained")
    FigureCanvasAgg(figure)
    by_lines, by_tokens, by_tag = figure.subplots(1, 3)
    _lines(by_lines, lines)
    _tokens(by_tokens, records)
    _groups(by_tag, records)
    figure.suptitle(f"{title} ({len(records)} answers)")
    figure.savefig(path, dpi=120)


def _lines(axes: Axes, lines: Mapping[str, Any]) -> None:
    points = lines["bins"]
    axes.errorbar(
        [point["x"] for point in points],
        [point["y"] for point in points],
        yerr=[1.96 * point["stderr"] for point in points],
        fmt="o",
        capsize=3,
    )
    fit, band = lines["fit"], lines["band"]
    if fit is not None and points:
        ends = [points[0]["x"], points[-1]["x"]]
        r2 = "-" if fit["r2"] is None else f"{fit['r2']:.2f}"
        label = f"{fit['slope']:.1f} points per decade, R² {r2}"
        axes.plot(ends, [fit["intercept"] + fit["slope"] * x for x in ends], label=label)
        axes.legend()
    if band is not None and points:
        inside = [row for row in band["line"] if points[0]["x"] - 0.5 <= row[0] <= points[-1]["x"] + 0.5]
        axes.fill_between(
            [x for x, _, _ in inside], [low for _, low, _ in inside], [high for *_, high in inside], alpha=0.2
        )
    axes.set(xlabel="log10(executed lines)", ylabel="accuracy (%)", ylim=(0, 100))


def _tokens(axes: Axes, records: Sequence[Mapping[str, Any]]) -> None:
    bins = accuracy_by_tokens(records)
    axes.plot([one["low"] for one in bins], [100 * one["acc"] for one in bins], "o-")
    axes.set(xlabel="tokens spent (lower edge of half decade)", ylabel="accuracy (%)", xscale="log", ylim=(0, 100))


def _groups(axes: Axes, records: Sequence[Mapping[str, Any]]) -> None:
    """Bars for the core groups, at the top, and for the tags, the most frequent first; each with its rows."""
    groups = [*accuracy_by(records, "core_group"), *accuracy_by(records, "tags")][::-1]
    labels = [f"{name} ({n})" for name, n, _ in groups]
    axes.barh(labels, [100 * acc for *_, acc in groups], height=0.7)
    axes.tick_params(axis="y", labelsize=7)
    axes.set(xlabel="accuracy (%)", xlim=(0, 100))
