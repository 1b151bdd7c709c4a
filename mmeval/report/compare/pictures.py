"""The pictures of a comparison, each with the numbers behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from mmeval.report.compare import figures
from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.domains import domain_scores
from mmeval.report.compare.rows import Row, Side
from mmeval.report.compare.speed import paces
from mmeval.report.compare.tables import LETTERS, names

PLOTS = "matplotlib"


@dataclass(frozen=True)
class Picture:
    """`name` is for files; `rows` are what `draw` shows as SVG text."""

    name: str
    title: str
    rows: Sequence[Mapping[str, Any]]
    draw: Callable[[], str]


def can_draw() -> bool:
    """Whether what draws pictures is installed."""
    return find_spec(PLOTS) is not None


def pictures(comparisons: Sequence[Comparison]) -> list[Picture]:
    """All pictures that have something to show."""
    models = [f"{letter}: {name}" for letter, name in names(comparisons, paths=False)]
    drawn = [_scores(comparisons, models), *_changes(comparisons, models), _domains(comparisons, models)]
    drawn += [_speed(comparisons, models), *_reliability(comparisons, models)]
    return [picture for picture in drawn if picture.rows]


def _scores(comparisons: Sequence[Comparison], models: Sequence[str]) -> Picture:
    rows = [
        {"run": letter, "task": row.task, "metric": row.metric, **_figures(side), "chance": row.chance}
        for place, comparison in enumerate(comparisons, start=1)
        for row in comparison.rows
        if row.is_share
        for letter, side in (*((("A", row.one),) if place == 1 else ()), (LETTERS[place], row.other))
    ]
    title = "Scores by task, with chance (dotted) and baselines (dashed)"
    return Picture("scores", title, rows, partial(figures.bars, comparisons, models))


def _figures(side: Side) -> dict[str, float | None]:
    low, high = side.interval or (None, None)
    return {"value": side.value, "low": low, "high": high}


def _changes(comparisons: Sequence[Comparison], models: Sequence[str]) -> Iterator[Picture]:
    for letter, model, comparison in zip(LETTERS[1:], models[1:], comparisons, strict=False):
        shown = [row for row in comparison.rows if row.is_share and row.tested]
        yield Picture(
            f"change_{letter}",
            f"From A to {letter}",
            [_change(row) for row in shown],
            partial(figures.dumbbells, comparison, (models[0], model)),
        )


def _change(row: Row) -> dict[str, Any]:
    return {
        "task": row.task,
        "metric": row.metric,
        "A": row.one.value,
        "other": row.other.value,
        "difference": row.tested.difference if row.tested else None,
        "verdict": row.verdict,
    }


def _domains(comparisons: Sequence[Comparison], models: Sequence[str]) -> Picture:
    scores = domain_scores(comparisons)
    rows = [
        {"run": letter, "domain": domain, "over_chance": score}
        for domain, of_runs in scores.items()
        for letter, score in zip(LETTERS, of_runs, strict=False)
        if len(scores) >= figures.FEWEST_AXES
    ]
    title = "Chance-adjusted scores by domain; the area has no meaning"
    return Picture("domains", title, rows, partial(figures.radar, comparisons, models))


def _speed(comparisons: Sequence[Comparison], models: Sequence[str]) -> Picture:
    found = paces(comparisons)
    known = [pace for pace in found if pace.tokens_per_second is not None or pace.memory is not None]
    rows = [{"run": letter, **asdict(pace)} for letter, pace in zip(LETTERS, found, strict=False)]
    title = "Mean chance-adjusted score against speed and memory"
    return Picture("speed", title, rows if len(known) > 1 else (), partial(figures.speed, found, models))


def _reliability(comparisons: Sequence[Comparison], models: Sequence[str]) -> Iterator[Picture]:
    """One for each task that says how sure answers were."""
    runs = [comparisons[0].one, *(each.other for each in comparisons)]
    for task in dict.fromkeys(row.task for comparison in comparisons for row in comparison.rows):
        bins = [(number, found) for number, run in enumerate(runs) if (found := run.reliability(task))]
        rows = [{"run": LETTERS[number], **_bin(each)} for number, of_run in bins for each in of_run]
        yield Picture(
            re.sub(r"[^\w.-]", "_", f"reliability_{task}"),
            f"Reliability of {task}: how often answers of a confidence are right, and how many there are",
            rows,
            partial(figures.reliabilities, bins, models),
        )


def _bin(found: Mapping[str, Any]) -> dict[str, Any]:
    low, high = found["edges"]
    return {"low": low, "high": high, **{name: found[name] for name in ("n", "confidence", "accuracy")}}
