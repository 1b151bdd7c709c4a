"""The pictures of a comparison, each with the numbers behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mmeval.report.compare import figures
from mmeval.report.compare.canvas import Drawing, rendered
from mmeval.report.compare.comparison import Comparison, runs_of
from mmeval.report.compare.domains import domain_scores
from mmeval.report.compare.rows import Row, Side
from mmeval.report.compare.speed import paces
from mmeval.report.compare.tables import LETTERS, names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLOTS = "matplotlib"


@dataclass(frozen=True)
class Picture:
    """`name` is for files; `rows` are what `figure` shows."""

    name: str
    title: str
    rows: Sequence[Mapping[str, Any]]
    figure: Callable[[], Figure | None]

    def drawn(self) -> Drawing | None:
        """The picture; None where none of its numbers can be drawn."""
        figure = self.figure()
        return rendered(figure, self.title) if figure else None


def can_draw() -> bool:
    """Whether what draws pictures is installed."""
    return find_spec(PLOTS) is not None


def pictures(comparisons: Sequence[Comparison]) -> list[Picture]:
    """All pictures that have something to show."""
    models = [f"{letter}: {name}" for letter, name in names(comparisons, paths=False)]
    drawn = [_scores(comparisons, models), *_changes(comparisons, models), _domains(comparisons, models)]
    drawn += [_speed(comparisons, models), *_reliability(comparisons, models)]
    return [picture for picture in drawn if picture.rows]


def is_of_picture(name: str) -> bool:
    """Whether a file's name is one that a picture of any comparison may have."""
    return re.fullmatch(r"(scores|domains|speed|change_[A-Z]|reliability_.*)\.(csv|svg|png)", name) is not None


def _scores(comparisons: Sequence[Comparison], models: Sequence[str]) -> Picture:
    shown = figures.scores(comparisons)
    baselines = dict.fromkeys(name for row, _ in shown.values() for name in row.baselines)
    rows = [
        {
            "run": letter,
            **key._asdict(),
            **_figures(side),
            "chance": row.chance,
            **{name: row.baselines.get(name) for name in baselines},
        }
        for key, (row, sides) in shown.items()
        for letter, side in zip(LETTERS, sides, strict=False)
        if side is not None
    ]
    return Picture("scores", "Scores by task", rows, partial(figures.bars, comparisons, models))


def _figures(side: Side) -> dict[str, float | None]:
    low, high = side.interval or (None, None)
    return {"value": side.value, "low": low, "high": high}


def _changes(comparisons: Sequence[Comparison], models: Sequence[str]) -> Iterator[Picture]:
    for number, comparison in enumerate(comparisons, start=1):
        yield Picture(
            f"change_{LETTERS[number]}",
            f"From A to {LETTERS[number]}: differences and verdicts",
            [_change(key, row) for key, row in figures.changes(comparison)],
            partial(figures.dumbbells, comparison, (models[0], models[number]), number),
        )


def _change(key: figures.Key, row: Row) -> dict[str, Any]:
    return {
        **key._asdict(),
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
    return Picture("domains", "Chance-adjusted scores by domain", rows, partial(figures.radar, comparisons, models))


def _speed(comparisons: Sequence[Comparison], models: Sequence[str]) -> Picture:
    """Needs two runs of which something is known."""
    found = paces(comparisons)
    known = [pace for pace in found if pace.tokens_per_s is not None or pace.memory is not None]
    rows = [{"run": letter, **asdict(pace)} for letter, pace in zip(LETTERS, found, strict=False)]
    draw = partial(figures.speed, found, models)
    return Picture("speed", "Mean chance-adjusted score against speed and memory", rows if len(known) > 1 else (), draw)


def _reliability(comparisons: Sequence[Comparison], models: Sequence[str]) -> Iterator[Picture]:
    """One for each task that says how sure answers were."""
    runs = runs_of(comparisons)
    for task in dict.fromkeys(row.task for comparison in comparisons for row in comparison.rows):
        bins = [(number, found) for number, run in enumerate(runs) if (found := run.reliability(task))]
        rows = [{"run": LETTERS[number], **_bin(each)} for number, of_run in bins for each in of_run]
        yield Picture(
            re.sub(r"[^\w.-]", "_", f"reliability_{task}"),
            f"Reliability of {task}: how often answers of a confidence are right",
            rows,
            partial(figures.reliabilities, bins, models),
        )


def _bin(found: Mapping[str, Any]) -> dict[str, Any]:
    low, high = found["edges"]
    return {"low": low, "high": high, **{name: found[name] for name in ("n", "confidence", "accuracy")}}
