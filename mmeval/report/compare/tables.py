"""A comparison as tables of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.domains import DomainGain
from mmeval.report.compare.published import Beside
from mmeval.report.compare.rows import Row, Side
from mmeval.report.compare.runs import Run
from mmeval.report.compare.speed import against, weights
from mmeval.report.efficiency import COLUMNS, efficiency_rows
from mmeval.report.table import Column, Table, compact, span

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def names(comparisons: Sequence[Comparison], paths: bool = True) -> list[tuple[str, str]]:
    """A letter for each run with its model (and directory); the run that all are compared with is A."""
    runs = [comparisons[0].one, *(each.other for each in comparisons)]
    said = [f"{run.model} ({run.directory}){_card(run)}" if paths else run.model for run in runs]
    return list(zip(LETTERS, said, strict=False))


def _card(run: Run) -> str:
    made = " of ".join(filter(None, (run.card.get("specialisation"), run.card.get("base_model"))))
    said = [run.card.get("domain"), made, run.card.get("modular")]
    return f": {', '.join(filter(None, said))}" if any(said) else ""


def comparison_table(comparisons: Sequence[Comparison]) -> Table:
    """One row for each task or group and run: figures of both, their difference, its test and the verdict."""
    several = len(comparisons) > 1
    columns = (
        Column("Task"),
        Column("Metric"),
        Column("Run", optional=True),
        Column("n", right=True),
        Column("Baselines", optional=True),
        Column("A", right=True),
        Column("Other" if several else "B", right=True),
        Column("Difference" if several else "B − A", right=True),
        Column("95 % interval"),
        Column("Over chance", right=True, optional=True),
        Column("Lost, won", right=True, optional=True),
        Column("p", right=True),
        Column("p (Holm)", right=True),
        Column("Effect", right=True, optional=True),
        Column("Can show", right=True),
        Column("Verdict"),
        Column("Notes", optional=True),
    )
    rows = [
        (row.task, row.metric, LETTERS[place] if several else "", *_figures(row, LETTERS[place]))
        for place, comparison in enumerate(comparisons, start=1)
        for row in (*comparison.rows, *comparison.groups)
    ]
    return compact(columns, rows)


def _figures(row: Row, letter: str) -> tuple[str, ...]:
    tested = row.tested
    baselines = {**({} if row.chance is None else {"chance": row.chance}), **row.baselines}
    return (
        f"{row.n}/{row.total}",
        ", ".join(f"{name} {value:.4f}" for name, value in baselines.items()),
        _side(row.one),
        _side(row.other),
        f"{tested.difference:+.4f}" if tested else "",
        span(tested.interval) if tested else "",
        _over_chance(row),
        "{}, {}".format(*tested.discordant) if tested and tested.discordant else "",
        "" if tested is None or tested.p is None else _p(tested.p),
        "" if row.p_holm is None else _p(row.p_holm),
        f"{tested.effect} {tested.effect_size:+.2f}" if tested and tested.effect_size is not None else "",
        f"{tested.smallest:.4f}" if tested and tested.smallest else "",
        row.verdict,
        "; ".join(row.notes(("A", letter))),
    )


def _over_chance(row: Row) -> str:
    scores = [row.over_chance(side) for side in (row.one, row.other)]
    return ", ".join(f"{score:.4f}" for score in scores if score is not None)


def _side(side: Side) -> str:
    if side.value is None:
        return "N/A"
    half = "" if side.interval is None else f" ± {(side.interval[1] - side.interval[0]) / 2:.4f}"
    return f"{side.value:.4f}{half}"


def _p(value: float) -> str:
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def refusals(comparisons: Sequence[Comparison]) -> list[str]:
    """One line for each task that both runs have and that cannot be compared, with the reason."""
    return [
        f"task '{task}' of A and {letter}: {reason}"
        for letter, comparison in zip(LETTERS[1:], comparisons, strict=False)
        for task, reason in comparison.refused.items()
    ]


def alone(comparisons: Sequence[Comparison]) -> list[str]:
    """One line for the tasks that only one of two runs has."""
    return [
        f"only in {name}, not in {without}: {', '.join(tasks)}"
        for letter, comparison in zip(LETTERS[1:], comparisons, strict=False)
        for name, without, tasks in zip(("A", letter), (letter, "A"), comparison.alone, strict=True)
        if tasks
    ]


def domain_table(gains: Sequence[tuple[str, DomainGain]]) -> Table:
    """One row for each run (by letter) and domain."""
    columns = (Column("Run"), Column("Domain"), Column("Tasks", right=True), Column("Gain", right=True))
    rows = [
        (
            letter,
            gain.domain,
            str(len(gain.tasks)),
            f"{gain.gain:+.4f}",
            span(gain.interval),
            gain.verdict,
            "chance-adjusted" if gain.adjusted else "raw scores",
        )
        for letter, gain in gains
    ]
    return Table((*columns, Column("95 % interval"), Column("Verdict"), Column("Mean of")), tuple(rows))


def efficiency_table(comparisons: Sequence[Comparison]) -> Table:
    """What answering took in each run, and what stands against comparing it with the first: such rows are grey."""
    runs = [comparisons[0].one, *(each.other for each in comparisons)]
    columns = (
        Column("Run"),
        Column("Weights", optional=True),
        *COLUMNS,
        Column("Not comparable with A", optional=True),
    )
    rows = [
        (letter, weights(run), *cells, "; ".join(against(runs[0], run)))
        for letter, run in zip(LETTERS, runs, strict=False)
        for cells in efficiency_rows(run.data)
    ]
    return replace(compact(columns, rows), grey=frozenset(place for place, row in enumerate(rows) if row[-1]))


def published_table(entries: Sequence[Beside]) -> Table:
    """Published scores with the runs' own, in points of difference where nothing is known against comparing them."""
    runs = LETTERS[: len(entries[0].values)] if entries else ""
    columns = (
        *(Column(title) for title in ("Task", "Metric", "Published for")),
        Column("Value", right=True),
        Column("Setting"),
        *(Column(letter, right=True) for letter in runs),
        *(Column(f"{letter} against it") for letter in runs),
    )
    return Table(columns, tuple(_published(entry) for entry in entries))


def _published(entry: Beside) -> tuple[str, ...]:
    reference = entry.reference
    digits = 4 if reference.decimals is None else reference.decimals
    setting = (
        reference.setting,
        "" if reference.shots is None else f"{reference.shots}-shot",
        reference.scoring,
        "" if reference.n is None else f"n {reference.n}",
        f"{reference.source} [{reference.mark}]",
    )
    return (
        entry.task,
        reference.metric,
        reference.model,
        f"{reference.value:.{digits}f}",
        ", ".join(filter(None, setting)),
        *("" if value is None else f"{value:.4f}" for value in entry.values),
        *entry.notes,
    )
