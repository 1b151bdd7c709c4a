"""The drawings of a comparison, None where there is nothing to draw. They need the extra `report`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mmeval.metrics.calibration import SMALLEST
from mmeval.report.compare.canvas import (
    figure_with_axes,
    halo,
    keyed,
    look,
    mark,
    plain,
    point,
    short,
    styled,
    wrapped,
)
from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.domains import domain_scores
from mmeval.report.compare.rows import Row, Side
from mmeval.report.compare.speed import Pace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

FEWEST_AXES = 3
_WIDE, _SQUARE = 9.0, 5.6
_SPEED, _MEMORY = "tokens per second", "peak memory, GiB"
_BASELINES = (("dashed", "^"), ("dashdot", "D"), ((0, (6, 1, 1, 1, 1, 1)), "s"), ((0, (1, 3)), "P"))


class Key(NamedTuple):
    """What a score is of. `kind` is `task` or `group`."""

    kind: str
    task: str
    metric: str
    pipeline: str


def shares(comparison: Comparison) -> dict[Key, Row]:
    """The rows of tasks, then those of groups, whose scores lie between 0 and 1."""
    rows = [*(("task", row) for row in comparison.rows), *(("group", row) for row in comparison.groups)]
    return {Key(kind, row.task, row.metric, row.pipeline): row for kind, row in rows if row.is_share}


def changes(comparison: Comparison) -> list[tuple[Key, Row]]:
    """Those that are tested, the largest gain of the other run first."""
    tested = [(key, row, row.tested.difference) for key, row in shares(comparison).items() if row.tested]
    return [(key, row) for key, row, _ in sorted(tested, key=lambda each: each[2], reverse=True)]


def scores(comparisons: Sequence[Comparison]) -> dict[Key, tuple[Row, list[Side | None]]]:
    """Of each task, then of each group, a row and the scores of every run; None where its comparison was refused."""
    found = [shares(each) for each in comparisons]
    keys = sorted(dict.fromkeys(key for rows in found for key in rows), key=lambda key: key.kind == "group")
    return {key: _sides([rows.get(key) for rows in found]) for key in keys}


def _sides(rows: Sequence[Row | None]) -> tuple[Row, list[Side | None]]:
    first = next(row for row in rows if row is not None)
    return first, [first.one, *(row.other if row else None for row in rows)]


@styled
def bars(comparisons: Sequence[Comparison], names: Sequence[str]) -> Figure | None:
    """Scores from 0 to 1 by task and group, with 95 % intervals, chance and baselines."""
    tasks = scores(comparisons)
    if not tasks:
        return None
    labels = _labels(tasks)
    figure, (axes,) = figure_with_axes(_WIDE, 0.5 + max(0.19 * len(names) + 0.25, _tallest(labels)) * len(tasks))
    levels = _levels([row for row, _ in tasks.values()])
    for place, (row, sides) in enumerate(tasks.values()):
        for number, side in enumerate(sides):
            height = place + 0.8 * ((number + 0.5) / len(sides) - 0.5)
            _bar(axes, height, 0.8 / len(sides), side, number)
        _ticks(axes, place, row, levels)
    axes.set_yticks(range(len(tasks)), labels)
    axes.set(xlim=(0, 1), ylim=(len(tasks) - 0.5, -0.5), xlabel="score, with its 95 % interval")
    axes.grid(axis="x")
    handles = [_patch(number, name) for number, name in enumerate(names)]
    return keyed(figure, [*handles, *(_level(name, *style) for name, style in levels.items())])


def _labels(keys: Collection[Key]) -> list[str]:
    """Task and metric, and the pipeline where several read the same answers."""
    alike = Counter(key[:3] for key in keys)
    return [
        wrapped(f"group {key.task}" if key.kind == "group" else key.task)
        + plain(f"\n({key.metric}{f', {key.pipeline}' * (alike[key[:3]] > 1)})")
        for key in keys
    ]


def _tallest(labels: Sequence[str]) -> float:
    """The height in inches that every label has room in."""
    return 0.18 * (1 + max(label.count("\n") for label in labels))


def _patch(number: int, name: str) -> Patch:
    from matplotlib.patches import Patch

    return Patch(**_fill(number), label=short(name))


def _fill(number: int) -> dict[str, Any]:
    own = look(number)
    return {"facecolor": own.color, "hatch": own.hatch, "edgecolor": "white", "linewidth": 0.0}


def _bar(axes: Axes, height: float, thickness: float, side: Side | None, number: int) -> None:
    if side is None or side.value is None:
        return
    axes.barh(height, side.value, thickness * 0.9, **_fill(number))
    if side.value == 0.0:  # a bar without length would look like a run without a score
        axes.plot(0.0, height, color=look(number).color, marker="|", markersize=8, markeredgewidth=4, clip_on=False)
    if side.interval is not None:
        axes.plot(
            side.interval,
            (height, height),
            color="black",
            linewidth=0.9,
            marker="|",
            markersize=5,
            path_effects=halo(),
        )


def _levels(rows: Sequence[Row]) -> dict[str, tuple[Any, str]]:
    """The line and marker of chance, where a task declares it, and of every baseline."""
    chance = {"chance": ("dotted", "v")} if any(row.chance is not None for row in rows) else {}
    names = dict.fromkeys(name for row in rows for name in row.baselines)
    return {**chance, **{name: _BASELINES[place % len(_BASELINES)] for place, name in enumerate(names)}}


def _ticks(axes: Axes, place: float, row: Row, levels: Mapping[str, tuple[Any, str]]) -> None:
    """Chance has its marker at the upper end and baselines at the lower one, so that equal ones are both seen."""
    for name, (line, marker) in levels.items():
        level = row.chance if name == "chance" else row.baselines.get(name)
        if level is not None:
            ends, end = (place - 0.4, place + 0.4), [0 if name == "chance" else 1]
            style = {"linestyle": line, "linewidth": 1.2, "marker": marker, "markersize": 4, "markevery": end}
            axes.plot((level, level), ends, color="black", path_effects=halo(), clip_on=False, **style)


def _level(name: str, line: Any, marker: str) -> Any:
    from matplotlib.lines import Line2D

    said = {"dotted": " (dotted)", "dashed": " (dashed)"}.get(str(line), "")
    return Line2D([], [], color="black", linestyle=line, marker=marker, markersize=5, label=plain(name) + said)


@styled
def dumbbells(comparison: Comparison, names: tuple[str, str], number: int = 1) -> Figure | None:
    """Scores from 0 to 1 from the first run to another (by its number), each with its difference and verdict."""
    rows = changes(comparison)
    if not rows:
        return None
    labels = _labels([key for key, _ in rows])
    figure, (axes,) = figure_with_axes(_WIDE, 0.5 + _tallest(labels) * len(rows))
    for place, (_, row) in enumerate(rows):
        axes.plot((row.one.value, row.other.value), (place, place), color="grey", zorder=1)
        # the first run's marker is the larger one: it is seen below an equal score of the other
        for side, of_run, size in ((row.one, 0, 11), (row.other, number, 6)):
            axes.plot(side.value, place, **point(of_run), markersize=size, markeredgecolor="white", zorder=2)
        said = f"{row.tested.difference if row.tested else 0.0:+.4f}  {row.verdict}"
        axes.annotate(said, (1.01, place), xycoords=("axes fraction", "data"), va="center")
    axes.set_yticks(range(len(rows)), labels)
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="score")
    axes.grid(axis="x")
    return keyed(figure, [mark(of_run, short(name)) for of_run, name in zip((0, number), names, strict=True)])


@styled
def radar(comparisons: Sequence[Comparison], names: Sequence[str]) -> Figure | None:
    """Mean chance-adjusted scores by domain, zero at the centre; None for fewer than three domains."""
    domains = domain_scores(comparisons)
    if len(domains) < FEWEST_AXES:
        return None
    figure, (axes,) = figure_with_axes(_SQUARE, 4.4, polar=True)
    angles = [2 * math.pi * place / len(domains) for place in range(len(domains))]
    for number in range(len(names)):
        _outline(axes, angles, [of_runs[number] for of_runs in domains.values()], number)
    axes.set_xticks(angles, [""] * len(angles))
    for angle, domain in zip(angles, domains, strict=True):
        side = -round(math.sin(angle), 6)  # angles go round from the top to the left
        ha = "center" if side == 0 else "left" if side > 0 else "right"
        axes.text(angle, 1.08, wrapped(domain, 16), ha=ha, va="center")
    axes.set(ylim=(0, 1), yticks=(0.25, 0.5, 0.75))
    axes.set_theta_zero_location("N")
    axes.set_rlabel_position(180 / len(domains))
    axes.tick_params(axis="y", labelcolor="#666666", labelsize=7)
    below = any(score < 0 for of_runs in domains.values() for score in of_runs)
    notes = ["chance is at the centre, 1 at the rim; the area has no meaning"]
    axes.set_xlabel("\n".join(notes + ["hollow: below chance, drawn at the centre"] * below), labelpad=12)
    return keyed(figure, [mark(number, short(name), line=True) for number, name in enumerate(names)])


def _outline(axes: Axes, angles: Sequence[float], scores: Sequence[float], number: int) -> None:
    """A run's scores, closed to a ring; hollow markers at the centre stand for those below chance."""
    own, drawn = look(number), [max(0.0, score) for score in scores]
    axes.plot([*angles, angles[0]], [*drawn, drawn[0]], color=own.color, linestyle=own.line)
    for angle, score, place in zip(angles, scores, drawn, strict=True):
        axes.plot(angle, place, **point(number, hollow=score < 0))


@styled
def speed(paces: Sequence[Pace], names: Sequence[str], apart: Collection[int] = ()) -> Figure | None:
    """Mean score against tokens per second and against peak memory, one point for each run.

    Those `apart` (by number) are not to be compared with the first: they are hollow.
    """
    sides = [
        (title, [pace.tokens_per_second if title == _SPEED else pace.memory for pace in paces])
        for title in (_SPEED, _MEMORY)
    ]
    known = [(title, values) for title, values in sides if sum(value is not None for value in values) > 1]
    if not known:
        return None
    figure, places = figure_with_axes(_WIDE, 3.0, len(known))
    for axes, (title, values) in zip(places, known, strict=True):
        for number, (value, pace) in enumerate(zip(values, paces, strict=True)):
            if value is not None:
                axes.plot(value, pace.score, **point(number, number in apart), linestyle="none")
        axes.set(xlabel=title, xlim=(0, 1.1 * max(value or 0.0 for value in values) or 1.0), ylim=(0, 1))
        axes.grid()
    places[0].set_ylabel("mean score")
    said = [short(name) + "\n(not comparable with A)" * (number in apart) for number, name in enumerate(names)]
    return keyed(figure, [mark(number, label, number in apart) for number, label in enumerate(said)])


@styled
def reliabilities(bins: Sequence[tuple[int, Sequence[Mapping[str, Any]]]], names: Sequence[str]) -> Figure | None:
    """Accuracy against confidence, a line for each run (by number) with its bins, which
    `mmeval.metrics.calibration.reliability` describes. A run with too few answers for `ece` is hollow, and it is said.
    """
    from matplotlib.lines import Line2D

    if not bins:
        return None
    figure, (axes,) = figure_with_axes(_SQUARE, 4.8)
    handles = [Line2D([0, 1], [0, 1], color="grey", linestyle="dashed", linewidth=0.8, label="accuracy = confidence")]
    axes.plot((0, 1), (0, 1), color="grey", linestyle="dashed", linewidth=0.8)
    for number, of_run in bins:
        answers = sum(each["n"] for each in of_run)
        few = answers < SMALLEST
        places = [(each["confidence"], each["accuracy"]) for each in of_run]
        axes.plot(*zip(*places, strict=True), **point(number, few), linestyle=look(number).line)
        for each, place in zip(of_run, places, strict=True):
            axes.annotate(str(each["n"]), place, (4, 4), textcoords="offset points", size=7, color=look(number).color)
        caution = f"\n({answers} answers, fewer than {SMALLEST}: do not rely on it)" * few
        handles.append(mark(number, short(names[number]) + caution, few, line=True))
    axes.set(xlabel="confidence (small figures: answers)", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    return keyed(figure, handles)
