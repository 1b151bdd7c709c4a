"""The result table: one row per metric, in lm-eval's columns and those that say how sure a number is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mmeval.errors import UnknownNameError

Data: TypeAlias = Mapping[str, Any]
"""The content of `results.json`."""

_ARROWS = {True: "↑", False: "↓"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column. One that is `optional` is left out where all its cells are empty."""

    title: str
    right: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text, by row. `grey` are the numbers of rows that are not to be compared with the others."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    grey: frozenset[int] = frozenset()


_FIGURES = (
    Column("Filter"),
    Column("n-shot", right=True),
    Column("Metric"),
    Column(""),
    Column("Value", right=True),
    Column(""),
    Column("Stderr", right=True),
    Column("95 % interval", optional=True),
    Column("n", right=True),
    Column("Outcomes", optional=True),
    Column("Bounds", optional=True),
    Column("Variance: question + model", optional=True),
)
_RESULTS = (Column("Tasks"), Column("Version", right=True), *_FIGURES)


def results_table(data: Data) -> Table:
    """Groups with their tasks below them, each task with its baselines."""
    return compact(_RESULTS, [row for depth, name in _tree(data) for row in _named_rows(data, name, depth)])


def signature_lines(data: Data) -> list[str]:
    """By which rules libraries computed metrics: one line for each metric and signature, with the tasks it is of."""
    found: dict[tuple[str, str], list[str]] = {}
    for task, own in data["mmeval"]["tasks"].items():
        for metric, signature in own.get("details", {}).get("signatures", {}).items():
            found.setdefault((metric, signature), []).append(task)
    return [f"{metric} of {', '.join(tasks)}: {signature}" for (metric, signature), tasks in found.items()]


def slice_table(data: Data, key: str) -> Table:
    """The rows of every task that has the slice `key`, by its values. Raises UnknownNameError where none has."""
    columns = (Column("Tasks"), Column(key), *_FIGURES)
    rows = []
    for task, own in data["mmeval"]["tasks"].items():
        for value, parts in own.get("slices", {}).get(key, {}).items():
            rows += [(task, str(value), *_figures(part, data["n-shot"].get(task))) for part in _sorted(parts)]
            for variant, gain in own.get("gains", {}).items():
                parts = gain["slices"].get(key, {}).get(value, [])
                rows += [(_gain(variant), "", *_figures(part, None)) for part in _sorted(parts)]
    if not rows:
        raise UnknownNameError("slice", key, slice_keys(data), hint=f"this run has {_listed(slice_keys(data))}")
    return compact(columns, rows)


def slice_keys(data: Data) -> list[str]:
    """The keys by which the tasks of a run are broken down."""
    return sorted({key for own in data["mmeval"]["tasks"].values() for key in own.get("slices", {})})


def markdown(table: Table) -> str:
    """The table as Markdown, of a width that depends on its content alone."""
    titles = [column.title for column in table.columns]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in (titles, *table.rows)]
    widths = [max(3, *(len(row[place]) for row in cells)) for place in range(len(titles))]
    rights = [column.right for column in table.columns]
    rule = ["-" * (width - right) + ":" * right for width, right in zip(widths, rights, strict=True)]
    head, *body = ([_pad(*parts) for parts in zip(row, widths, rights, strict=True)] for row in cells)
    return "\n".join(f"|{'|'.join(row)}|" for row in (head, rule, *body))


def _pad(cell: str, width: int, right: bool) -> str:
    return cell.rjust(width) if right else cell.ljust(width)


def compact(columns: Sequence[Column], rows: Sequence[tuple[str, ...]]) -> Table:
    """A table without its optional columns that are empty."""
    kept = [place for place, column in enumerate(columns) if not column.optional or any(row[place] for row in rows)]
    return Table(tuple(columns[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in rows))


def _tree(data: Data) -> Iterator[tuple[int, str]]:
    """Names with their depth: what holds the first task first, groups before members, variants after their task."""
    members: Mapping[str, Sequence[str]] = data["group_subtasks"]
    above = {member: group for group in reversed(list(members)) for member in members[group]}
    shown: set[str] = set()
    for name in data["results"]:
        yield from _below(_top(name, above), 0, data, shown)


def _top(name: str, above: Mapping[str, str]) -> str:
    """The outermost group that holds `name`; a variant `task@variant` goes with its task."""
    name = name.partition("@")[0]
    while name in above:
        name = above[name]
    return name


def _below(name: str, depth: int, data: Data, shown: set[str]) -> Iterator[tuple[int, str]]:
    for own in (each for each in data["results"] if each == name or each.startswith(f"{name}@")):
        if own not in shown:
            shown.add(own)
            yield depth, own
    for member in data["group_subtasks"].get(name, ()):
        yield from _below(member, depth + 1, data, shown)


def _named_rows(data: Data, name: str, depth: int) -> Iterator[tuple[str, ...]]:
    label = " " * depth + "- " * bool(depth) + data["results"][name].get("alias", name)
    version, shots = str(data["versions"].get(name, "")), data["n-shot"].get(name)
    own = data["mmeval"]["tasks"].get(name, {})
    rows = own.get("metrics") or data["mmeval"]["groups"].get(name, [])
    if not rows:
        outcome = f"not scored: {own['failure']}" if "failure" in own else ""
        yield (label, version, *_no_figures(outcome))
    for row in _sorted(rows):
        yield (label, version, *_figures(row, shots))
        label = version = ""
    label = f"{' ' * (depth + 2)}chance (baseline)"
    for metric, level in _chance(rows).items():
        yield (label, "", *_level(metric, level))
        label = ""
    for baseline, figured in own.get("baselines", {}).items():
        label = f"{' ' * (depth + 2)}{baseline} (baseline)"
        for row in _sorted(figured):
            yield (label, "", *_figures(row, None))
            label = ""
    for variant, gain in own.get("gains", {}).items():
        label = f"{' ' * depth}{_gain(variant)}"
        for row in _sorted(gain["metrics"]):
            yield (label, "", *_figures(row, None))
            label = ""


def _chance(rows: Sequence[Data]) -> dict[str, float]:
    """The declared levels by metric, each once: they are the same under all pipelines."""
    return {_metric(row): row["chance"] for row in _sorted(rows) if "chance" in row}


def _gain(variant: str) -> str:
    return f"  gain over {variant}"


def _sorted(rows: Sequence[Data]) -> list[Data]:
    return sorted(rows, key=lambda row: (row["metric"], row["pipeline"]))


def _figures(row: Data, shots: int | None) -> tuple[str, ...]:
    """The cells of `_FIGURES`."""
    return (
        row["pipeline"],
        "" if shots is None else str(shots),
        _metric(row),
        _ARROWS.get(row["higher_is_better"], ""),
        _number(row["value"]),
        "±",
        _number(row["stderr"]),
        span(row["interval"]),
        f"{row['n']}/{row['total']}",
        ", ".join(_remarks(row)),
        span(row["bounds"]),
        " + ".join(map(_number, row["variance"] or ())),
    )


def _metric(row: Data) -> str:
    """The metric; of a group's row also which mean it is, and of which tasks where not of all."""
    if "mean" not in row:
        return str(row["metric"])
    some, of = row["tasks"]
    own = len(row.get("instead", ()))
    notes = [
        row["mean"],
        f"{some} of {of} tasks" if some < of else "",
        f"{own} by their own metric" if own else "",
    ]
    return f"{row['metric']} ({', '.join(filter(None, notes))})"


def _remarks(row: Data) -> Iterator[str]:
    """Why there is no value, and the outcomes that are worth a word."""
    if "reason" in row:
        yield row["reason"]
    yield from (f"{name} {count}" for name, count in row["outcomes"].items() if count and name != "scored")


def _level(metric: str, value: float) -> tuple[str, ...]:
    cells = {"Metric": metric, "Value": _number(value)}
    return tuple(cells.get(column.title, "") for column in _FIGURES)


def _no_figures(outcome: str) -> tuple[str, ...]:
    return tuple(outcome if column.title == "Outcomes" else "" for column in _FIGURES)


def _number(value: float | None) -> str:
    return "N/A" if value is None else f"{value:.4f}"


def span(ends: Sequence[float | None] | None) -> str:
    """An interval as a cell."""
    return "" if ends is None else f"[{', '.join(_number(end) for end in ends)}]"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
