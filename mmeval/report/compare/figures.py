"""Pictures of a comparison, as SVG text. Whoever draws them needs the extra `report`."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.domains import domain_scores
from mmeval.report.compare.rows import Row, Side
from mmeval.report.compare.speed import Pace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's palette, told apart by all common kinds of sight; markers differ as well."""
MARKERS = "osD^vPX"
FEWEST_AXES = 3
_SPEED, _MEMORY = "tokens per second", "peak memory, GiB"
_STYLE = {
    "svg.hashsalt": "mmeval",
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_LEGEND: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 4, "frameon": False}
_LEGEND_ABOVE: dict[str, Any] = {"loc": "outside upper center", "ncols": 4, "frameon": False}


def bars(comparisons: Sequence[Comparison], names: Sequence[str]) -> str:
    """Scores from 0 to 1 by task with 95 % intervals; a dotted tick is chance, dashed ticks are baselines."""
    tasks = _by_task(comparisons)
    if not tasks:
        return ""
    figure, axes = _figure(0.5 + (0.25 * len(names) + 0.25) * len(tasks))
    for place, rows in enumerate(tasks.values()):
        sides = [next(row for row in rows if row is not None).one, *(row.other if row else None for row in rows)]
        for number, side in enumerate(sides):
            height = place + 0.8 * ((number + 0.5) / len(sides) - 0.5)
            _bar(axes, height, 0.8 / len(sides), side, number)
        _ticks(axes, place, next(row for row in rows if row is not None))
    axes.set_yticks(range(len(tasks)), map(_plain, tasks))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.legend(handles=[_patch(number, name) for number, name in enumerate(names)], **_LEGEND)
    return _svg(figure)


def _patch(number: int, name: str) -> Patch:
    from matplotlib.patches import Patch

    return Patch(color=_color(number), label=_plain(name))


def _bar(axes: Axes, height: float, thickness: float, side: Side | None, number: int) -> None:
    if side is None or side.value is None:
        return
    axes.barh(height, side.value, thickness * 0.9, color=_color(number), alpha=0.85)
    if side.interval is not None:
        axes.plot(side.interval, (height, height), color="black", linewidth=0.8)


def _ticks(axes: Axes, place: float, row: Row) -> None:
    levels = [("dotted", row.chance), *(("dashed", value) for value in row.baselines.values())]
    for style, level in levels:
        if level is not None:
            axes.vlines(level, place - 0.45, place + 0.45, colors="black", linestyles=style, linewidth=1.0)


def dumbbells(comparison: Comparison, names: tuple[str, str]) -> str:
    """Scores from 0 to 1 from the one run to the other, task by task, the largest difference first."""
    rows = sorted((row for row in comparison.rows if row.is_share and row.tested), key=_gain, reverse=True)
    if not rows:
        return ""
    figure, axes = _figure(0.6 + 0.3 * len(rows))
    for place, row in enumerate(rows):
        axes.plot((row.one.value, row.other.value), (place, place), color="grey", zorder=1)
    for number, name in enumerate(names):
        values = [(row.one, row.other)[number].value for row in rows]
        axes.scatter(
            values, range(len(rows)), color=_color(number), marker=MARKERS[number], label=_plain(name), zorder=2
        )
    axes.set_yticks(range(len(rows)), [_plain(f"{row.task} ({row.metric}): {row.verdict}") for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.legend(**_LEGEND)
    return _svg(figure)


def _gain(row: Row) -> float:
    return row.tested.difference if row.tested else 0.0


def radar(comparisons: Sequence[Comparison], names: Sequence[str]) -> str:
    """Mean chance-adjusted scores by domain, zero at the centre; empty for fewer than three domains."""
    scores = domain_scores(comparisons)
    if len(scores) < FEWEST_AXES:
        return ""
    figure, axes = _figure(3.6, polar=True)
    angles = [2 * math.pi * place / len(scores) for place in range(len(scores))]
    for number, name in enumerate(names):
        values = [max(0.0, of_runs[number]) for of_runs in scores.values()]
        closed = [*values, values[0]]
        axes.plot([*angles, angles[0]], closed, color=_color(number), marker=MARKERS[number % 7], label=_plain(name))
    axes.set_xticks(angles, map(_plain, scores))
    axes.set_ylim(0, 1)
    axes.set_theta_zero_location("N")
    axes.legend(**{**_LEGEND, "bbox_to_anchor": (0.5, 1.1)})
    return _svg(figure)


def speed(paces: Sequence[Pace], names: Sequence[str]) -> str:
    """Mean chance-adjusted score against tokens per second and against peak memory, one point for each run."""
    sides = [
        (title, [pace.tokens_per_second if title == _SPEED else pace.memory for pace in paces])
        for title in (_SPEED, _MEMORY)
    ]
    known = [(title, values) for title, values in sides if sum(value is not None for value in values) > 1]
    if not known:
        return ""
    figure, places = _figures(2.8, len(known))
    lowest = min(0.0, *(1.1 * pace.score for pace in paces))
    for axes, (title, values) in zip(places, known, strict=True):
        for number, (value, pace) in enumerate(zip(values, paces, strict=True)):
            if value is not None:
                axes.scatter(value, pace.score, color=_color(number), marker=MARKERS[number % 7])
        axes.set(xlabel=title, xlim=(0, 1.1 * max(value or 0.0 for value in values) or 1.0), ylim=(lowest, 1))
    places[0].set_ylabel("mean chance-adjusted score")
    figure.legend(handles=[_mark(number, name) for number, name in enumerate(names)], **_LEGEND_ABOVE)
    return _svg(figure)


def reliabilities(bins: Sequence[tuple[int, Sequence[Mapping[str, Any]]]], names: Sequence[str]) -> str:
    """Accuracy against confidence, a line for each run (by number) with its bins, which
    `mmeval.metrics.calibration.reliability` describes; on the dashed line both are the same.
    """
    if not bins:
        return ""
    figure, axes = _figure(3.4)
    axes.plot((0, 1), (0, 1), color="grey", linestyle="dashed", linewidth=0.8)
    for number, of_run in bins:
        places = [(each["confidence"], each["accuracy"]) for each in of_run]
        axes.plot(
            *zip(*places, strict=True), color=_color(number), marker=MARKERS[number % 7], label=_plain(names[number])
        )
        for each, place in zip(of_run, places, strict=True):
            axes.annotate(str(each["n"]), place, (3, 4), textcoords="offset points", size=7)
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(-0.03, 1.03), aspect="equal")
    axes.legend(**_LEGEND)
    return _svg(figure)


def _mark(number: int, name: str) -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=_color(number), marker=MARKERS[number % 7], linestyle="none", label=_plain(name))


def _by_task(comparisons: Sequence[Comparison]) -> dict[str, list[Row | None]]:
    """Per task and metric a row for each comparison, None where it was refused."""
    rows = [{f"{row.task} ({row.metric})": row for row in each.rows if row.is_share} for each in comparisons]
    return {label: [of.get(label) for of in rows] for label in dict.fromkeys(name for of in rows for name in of)}


def _plain(text: str) -> str:
    """Text between dollar signs would be set as a formula."""
    return text.replace("$", r"\$")


def _color(number: int) -> str:
    return COLORS[number % len(COLORS)]


def _figure(height: float, polar: bool = False) -> tuple[Figure, Any]:
    figure, (axes,) = _figures(height, 1, polar)
    return figure, axes


def _figures(height: float, count: int, polar: bool = False) -> tuple[Figure, list[Any]]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.0, max(1.2, height)), layout="constrained")
        kind = {"projection": "polar" if polar else None}
        return figure, list(figure.subplots(1, count, squeeze=False, sharey=True, subplot_kw=kind)[0])


def _svg(figure: Figure) -> str:
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]
