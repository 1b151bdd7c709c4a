"""The tables of a comparison as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.rows import Row
from mmeval.report.table import Column, Table

_AFTER, _EARLY = "95 % interval", ("Verdict", "p (Holm)")
_NOTES, _AGAINST = "Notes", "Not comparable with A"


@dataclass(frozen=True, slots=True)
class Line:
    """A row. `note` stands below its cells; a row in `grey` is not to be compared with those of the first run."""

    cells: Sequence[str]
    note: str = ""
    grey: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the page."""

    title: str
    columns: Sequence[Column]
    lines: Sequence[Line]


def sheets(tables: Sequence[tuple[str, Table]], comparisons: Sequence[Comparison]) -> list[Sheet]:
    """The tables of a comparison, of which the first is that of its rows."""
    rows = [row for comparison in comparisons for row in (*comparison.rows, *comparison.groups)]
    return [_plain(*each) if place else _rows(*each, rows) for place, each in enumerate(tables)]


def _plain(title: str, table: Table) -> Sheet:
    against = [place for place, column in enumerate(table.columns) if column.title == _AGAINST]
    return Sheet(title, table.columns, [Line(row, grey=any(row[place] for place in against)) for row in table.rows])


def _rows(title: str, table: Table, rows: Sequence[Row]) -> Sheet:
    """The verdict stands beside the difference, chance and every baseline have a column, and notes a line."""
    columns = list(zip(table.columns, zip(*table.rows, strict=True), strict=True))
    early = [each for heading in _EARLY for each in columns if each[0].title == heading]
    notes = next((cells for column, cells in columns if column.title == _NOTES), [""] * len(rows))
    arranged: list[tuple[Column, Sequence[str]]] = []
    for column, cells in columns:
        if column.title == "Baselines":
            arranged += _baselines(rows)
        elif column.title not in (*_EARLY, _NOTES):
            arranged.append((column, cells))
        if column.title == _AFTER:
            arranged += early
    cells_by_row = zip(*(cells for _, cells in arranged), strict=True)
    return Sheet(title, [column for column, _ in arranged], list(map(Line, cells_by_row, notes)))


def _baselines(rows: Sequence[Row]) -> list[tuple[Column, Sequence[str]]]:
    levels = [{**({} if row.chance is None else {"chance": row.chance}), **row.baselines} for row in rows]
    names = dict.fromkeys(name for each in levels for name in each)
    return [
        (
            Column(name.replace("_", " ").capitalize(), right=True),
            [f"{each[name]:.4f}" if name in each else "" for each in levels],
        )
        for name in names
    ]
